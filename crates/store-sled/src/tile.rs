//! Tiles: 256 neighbouring hashes of one level, and the nodes above them inside the tile.
//!
//! Stored are the hashes of tree levels 0, 8, 16 ..., and with each full tile the 16 nodes half-way
//! up, so that a node of any level is made of at most 8 others that are there, and the nodes of a
//! proof in one tile are made of two times sixteen hashes. A tile above the first level is asked for
//! again and again, and kept with all its nodes. Only full tiles are
//! stored, once. The partial tiles at the right edge are in memory; after a start they are computed
//! again from the last entries and from the tiles below them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, node_hash};

/// Hashes in a full tile.
pub(crate) const TILE_HASHES: usize = 256;
/// The same as a number of nodes.
pub(crate) const TILE_WIDTH: u64 = 256;
/// Tree levels in one tile.
pub(crate) const TILE_HEIGHT: u8 = 8;
/// Tile levels of a tree below 2^64 entries.
pub(crate) const TILE_LEVELS: u8 = 8;
/// The height inside a tile whose nodes are kept too.
const MIDDLE_HEIGHT: u8 = 4;
/// How many hashes are below a node of that height.
const MIDDLE_WIDTH: usize = 16;
/// Bytes of a full tile as it is stored.
pub(crate) const TILE_BYTES: usize = 32 * (TILE_HASHES + TILE_HASHES / MIDDLE_WIDTH);

/// Which tile: hashes `index * 256 ..` of tree level `8 * level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TileId {
    pub(crate) level: u8,
    pub(crate) index: u64,
}

/// Where a node is: its tile, and height and position inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) tile: TileId,
    height: u8,
    position: u64,
}

impl Place {
    /// The place of a node.
    pub(crate) fn of(node: NodeId) -> Self {
        let height = node.level % TILE_HEIGHT;
        let width = TILE_WIDTH >> height;
        Self {
            tile: TileId {
                level: node.level / TILE_HEIGHT,
                index: node.index / width,
            },
            height,
            position: node.index % width,
        }
    }
}

/// Sixteen stored hashes of a tile, of which nodes of four heights are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sixteen {
    /// Neighbouring hashes of the tile's level, counted in sixteens.
    Bottom(u64),
    /// The nodes of the middle height.
    Middle,
}

impl Sixteen {
    /// Where they begin in a stored tile.
    pub(crate) fn at(self) -> u64 {
        match self {
            Self::Bottom(number) => number.saturating_mul(SIXTEEN_BYTES),
            Self::Middle => SIXTEEN_BYTES * TILE_WIDTH / 16,
        }
    }
}

/// Bytes of sixteen hashes.
pub(crate) const SIXTEEN_BYTES: u64 = 512;

impl Place {
    /// Of which hashes of its tile the node is made.
    pub(crate) fn sixteen(self) -> Sixteen {
        if self.height < MIDDLE_HEIGHT {
            Sixteen::Bottom((self.position << self.height) / 16)
        } else {
            Sixteen::Middle
        }
    }

    /// The node, of those hashes.
    pub(crate) fn node_of(self, sixteen: &[Hash]) -> Option<Hash> {
        let height = self.height % MIDDLE_HEIGHT;
        let start = usize::try_from((self.position << height) % 16).ok()?;
        let below = sixteen.get(start..start.checked_add(1 << height)?)?;
        Some(fold(below))
    }
}

/// A tile, full or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tile {
    /// By height the nodes that are known: all that are complete, or of a tile that was read those
    /// of height 0 and of the middle height.
    heights: [Vec<Hash>; 9],
}

impl Tile {
    /// The full tile that these stored bytes are, if they are one.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (all, rest) = bytes.as_chunks::<32>();
        let (hashes, middle) = all.split_at_checked(TILE_HASHES)?;
        if !rest.is_empty() || middle.len() != TILE_HASHES / MIDDLE_WIDTH {
            return None;
        }
        let of = |hashes: &[[u8; 32]]| hashes.iter().map(|hash| Hash::new(*hash)).collect();
        let mut tile = Self::default();
        let [bottom, _, _, _, half, ..] = &mut tile.heights;
        (*bottom, *half) = (of(hashes), of(middle));
        Some(tile)
    }

    /// The tile with all its nodes, for one that is asked for often.
    pub(crate) fn with_all_nodes(&self) -> Self {
        let mut tile = Self::default();
        self.hashes().iter().for_each(|hash| tile.push(*hash));
        tile
    }

    /// A full tile as it is stored.
    fn encode(&self) -> Vec<u8> {
        let all = self.hashes().iter().chain(self.middle());
        all.flat_map(|hash| *hash.as_bytes()).collect()
    }

    /// Adds the next hash of the tile's level to a tile that has all its nodes.
    pub(crate) fn push(&mut self, hash: Hash) {
        let mut next = Some(hash);
        for nodes in &mut self.heights {
            let Some(hash) = next else {
                break;
            };
            nodes.push(hash);
            let (pairs, rest) = nodes.as_chunks::<2>();
            let last = pairs.last().filter(|_| rest.is_empty());
            next = last.map(|[left, right]| node_hash(left, right));
        }
    }

    /// The hashes of the tile's level.
    pub(crate) fn hashes(&self) -> &[Hash] {
        let [bottom, ..] = &self.heights;
        bottom
    }

    fn middle(&self) -> &[Hash] {
        let [_, _, _, _, half, ..] = &self.heights;
        half
    }

    /// Whether the nodes half-way up are those over the hashes.
    pub(crate) fn agrees_with_itself(&self) -> bool {
        self.with_all_nodes().middle() == self.middle()
    }

    /// The node over the whole tile, if it is full.
    pub(crate) fn root(&self) -> Option<Hash> {
        (self.hashes().len() == TILE_HASHES).then(|| fold(self.middle()))
    }

    /// The node at this place, if the tile is long enough.
    pub(crate) fn node(&self, place: Place) -> Option<Hash> {
        let position = usize::try_from(place.position).ok()?;
        let known = self.heights.get(usize::from(place.height))?.get(position);
        if let Some(hash) = known {
            return Some(*hash);
        }
        let (row, height) = match place.height.checked_sub(MIDDLE_HEIGHT) {
            Some(height) => (self.middle(), height),
            None => (self.hashes(), place.height),
        };
        let start = position << height;
        let below = row.get(start..start.checked_add(1 << height)?)?;
        Some(fold(below))
    }
}

/// The node over a whole tile, of the stored nodes of its middle height.
pub(crate) fn middle_root(bytes: &[u8]) -> Option<Hash> {
    let (middle, rest) = bytes.as_chunks::<32>();
    let middle: Vec<Hash> = middle.iter().map(|hash| Hash::new(*hash)).collect();
    (rest.is_empty() && middle.len() == TILE_HASHES / MIDDLE_WIDTH).then(|| fold(&middle))
}

/// The node over a number of hashes that is a power of two.
fn fold(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => witnessmark_verifier::empty_root(),
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&fold(left), &fold(right))
        }
    }
}

/// The tiles used last.
#[derive(Debug)]
pub(crate) struct TileCache {
    tiles_max: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    clock: u64,
    tiles: HashMap<TileId, (u64, Arc<Tile>)>,
}

impl TileCache {
    /// A cache of at most this many tiles, 16 KiB each.
    pub(crate) fn new(tiles_max: usize) -> Self {
        Self {
            tiles_max,
            used: Mutex::default(),
        }
    }

    /// The tile, if it is here and holds the node at `place`.
    pub(crate) fn find(&self, place: Place) -> Option<Hash> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.clock = used.clock.saturating_add(1);
        let now = used.clock;
        let (stamp, tile) = used.tiles.get_mut(&place.tile)?;
        *stamp = now;
        tile.node(place)
    }

    /// Keeps a tile, in place of the one not used for longest.
    pub(crate) fn keep(&self, id: TileId, tile: Arc<Tile>) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.tiles.len() >= self.tiles_max && !used.tiles.contains_key(&id) {
            let oldest = used
                .tiles
                .iter()
                .min_by_key(|(_, (stamp, _))| *stamp)
                .map(|(id, _)| *id);
            if let Some(oldest) = oldest {
                used.tiles.remove(&oldest);
            }
        }
        let now = used.clock;
        used.tiles.insert(id, (now, tile));
    }
}

/// Nodes inside the tiles of level 0 that were used lately: each is made of up to eight hashes that are read.
#[derive(Debug)]
pub(crate) struct NodeCache {
    nodes_max: usize,
    used: Mutex<Generations>,
}

/// What was used since the last change of generations, and what was used in the one before.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<NodeId, Hash>,
    old: HashMap<NodeId, Hash>,
}

impl NodeCache {
    /// A cache of at most this many nodes, 64 bytes each.
    pub(crate) fn new(nodes_max: usize) -> Self {
        Self {
            nodes_max,
            used: Mutex::default(),
        }
    }

    /// The node, if it is here.
    pub(crate) fn find(&self, id: NodeId) -> Option<Hash> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hash) = used.young.get(&id) {
            return Some(*hash);
        }
        let hash = used.old.get(&id).copied()?;
        self.add(&mut used, id, hash);
        Some(hash)
    }

    /// Keeps a node.
    pub(crate) fn keep(&self, id: NodeId, hash: Hash) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.add(&mut used, id, hash);
    }

    fn add(&self, used: &mut Generations, id: NodeId, hash: Hash) {
        if used.young.len() >= self.nodes_max / 2 {
            used.old = std::mem::take(&mut used.young);
        }
        used.young.insert(id, hash);
    }
}

/// The partial tiles at the right edge of the tree, which the next batch completes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edge {
    /// The last tile of each tile level; without hashes when it has just been completed.
    partial: Vec<Arc<Tile>>,
}

/// Tiles that are full, as they are stored.
pub(crate) type FullTiles = Vec<(TileId, Vec<u8>)>;

/// A node came that is not the next of its level.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutOfOrder(pub(crate) NodeId);

impl Edge {
    /// The edge made of each level's last tile, from level 0.
    pub(crate) fn new(partial: Vec<Tile>) -> Self {
        Self {
            partial: partial.into_iter().map(Arc::new).collect(),
        }
    }

    /// The node at this place in the last tile of its level.
    pub(crate) fn node(&self, place: Place) -> Option<Hash> {
        self.partial.get(usize::from(place.tile.level))?.node(place)
    }

    /// The hashes of level 0 that are not in a full tile.
    pub(crate) fn leaves(&self) -> &[Hash] {
        self.partial.first().map_or(&[], |tile| tile.hashes())
    }

    /// The edge after the tree grew from `old_size` to `new_size` by these nodes, and the tiles to
    /// write. Nodes inside tiles are skipped; of the others none may be missing.
    pub(crate) fn extend(
        &self,
        old_size: u64,
        new_size: u64,
        nodes: &[(NodeId, Hash)],
    ) -> Result<(FullTiles, Self), OutOfOrder> {
        let (mut written, mut edge) = (Vec::new(), self.clone());
        edge.partial
            .resize_with(usize::from(TILE_LEVELS), Arc::default);
        for (level, tile) in (0..TILE_LEVELS).zip(&mut edge.partial) {
            let tree_level = level * TILE_HEIGHT;
            let mut next = old_size >> tree_level;
            for (node, hash) in nodes.iter().filter(|(node, _)| node.level == tree_level) {
                if node.index != next {
                    return Err(OutOfOrder(*node));
                }
                let tile = Arc::make_mut(tile);
                tile.push(*hash);
                if tile.hashes().len() == TILE_HASHES {
                    let index = next / TILE_WIDTH;
                    written.push((TileId { level, index }, tile.encode()));
                    *tile = Tile::default();
                }
                next = next.saturating_add(1);
            }
            if next != new_size >> tree_level {
                return Err(OutOfOrder(NodeId {
                    level: tree_level,
                    index: next,
                }));
            }
        }
        Ok((written, edge))
    }
}

/// The tile that is not full at this level of a tree of `size` leaves, though it may be empty.
pub(crate) fn last_tile(level: u8, size: u64) -> TileId {
    let index = (size >> (level * TILE_HEIGHT)) / TILE_WIDTH;
    TileId { level, index }
}

#[cfg(test)]
mod tests {
    use witnessmark_merkle::Frontier;
    use witnessmark_verifier::LeafHash;

    use super::*;

    type Stored = HashMap<TileId, Vec<u8>>;

    fn grow(sizes: &[u64]) -> (Vec<(NodeId, Hash)>, Stored, Edge) {
        let (mut frontier, mut edge) = (Frontier::new(), Edge::default());
        let (mut all, mut stored) = (Vec::new(), Stored::new());
        let mut old = 0;
        for &size in sizes {
            let mut nodes = Vec::new();
            for index in old..size {
                let leaf = LeafHash::of(&index.to_be_bytes());
                frontier.push(leaf, &mut |node, hash| nodes.push((node, hash)));
            }
            let (written, next) = edge.extend(old, size, &nodes).unwrap();
            for (id, bytes) in written {
                assert_eq!(stored.insert(id, bytes), None, "a tile was written twice");
            }
            edge = next;
            all.extend(nodes);
            old = size;
        }
        (all, stored, edge)
    }

    #[test]
    fn every_node_is_found_again_however_the_tree_grew() {
        let sizes = [1, 2, 5, 255, 256, 257, 700, 1024, 66_000];
        let (nodes, stored, edge) = grow(&sizes);
        let tiles = stored
            .iter()
            .map(|(id, bytes)| (*id, Tile::parse(bytes).unwrap()))
            .collect::<HashMap<_, _>>();
        assert!(tiles.values().all(Tile::agrees_with_itself));
        assert!(nodes.iter().any(|(node, _)| node.level == 16));
        for (number, (node, hash)) in nodes.into_iter().enumerate() {
            let place = Place::of(node);
            let found = if place.tile == last_tile(place.tile.level, 66_000) {
                edge.node(place)
            } else {
                let tile = &tiles[&place.tile];
                if number % 997 == 0 {
                    assert_eq!(tile.with_all_nodes().node(place), Some(hash));
                }
                let at = usize::try_from(place.sixteen().at()).unwrap();
                let (sixteen, _) = stored[&place.tile][at..at + 512].as_chunks::<32>();
                let sixteen: Vec<Hash> = sixteen.iter().map(|hash| Hash::new(*hash)).collect();
                assert_eq!(place.node_of(&sixteen), Some(hash));
                tile.node(place)
            };
            assert_eq!(found, Some(hash), "{node:?}");
        }
        let (_, again, other) = grow(&[66_000]);
        assert_eq!((stored, edge.leaves()), (again, other.leaves()));
    }

    #[test]
    fn a_missing_or_doubled_node_is_refused() {
        let (nodes, _, _) = grow(&[300]);
        for at in 0..nodes.len() {
            if !nodes[at].0.level.is_multiple_of(TILE_HEIGHT) {
                continue;
            }
            let mut missing = nodes.clone();
            missing.remove(at);
            assert!(Edge::default().extend(0, 300, &missing).is_err());
            let mut doubled = nodes.clone();
            doubled.insert(at, nodes[at]);
            assert!(Edge::default().extend(0, 300, &doubled).is_err());
        }
    }

    #[test]
    fn bytes_that_are_no_full_tile_are_refused() {
        for length in [0, 31, 256 * 32, 271 * 32, 272 * 32 + 1, 273 * 32] {
            assert!(Tile::parse(&vec![0; length]).is_none());
        }
        let tile = Tile::parse(&[0; 272 * 32]).unwrap();
        assert!(tile.root().is_some());
        assert!(!tile.agrees_with_itself());
    }

    #[test]
    fn nodes_that_are_used_stay_and_others_go() {
        let cache = NodeCache::new(8);
        let (node, hash) = (|index| NodeId { level: 3, index }, Hash::new([7; 32]));
        for index in 0..100 {
            cache.keep(node(index), hash);
            assert_eq!(cache.find(node(0)), Some(hash));
        }
        assert_eq!(cache.find(node(50)), None);
        let used = cache.used.lock().unwrap();
        assert!(used.young.len() + used.old.len() <= 8);
    }

    #[test]
    fn the_cache_drops_what_was_not_used_for_longest() {
        let cache = TileCache::new(2);
        let tile = |byte| Arc::new(Tile::parse(&[byte; 272 * 32]).unwrap());
        let place = |index| Place::of(NodeId { level: 0, index });
        cache.keep(place(0).tile, tile(0));
        cache.keep(place(256).tile, tile(1));
        assert!(cache.find(place(0)).is_some());
        cache.keep(place(512).tile, tile(2));
        assert!(cache.find(place(0)).is_some());
        assert!(cache.find(place(256)).is_none());
    }
}
