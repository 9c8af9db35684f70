//! Tiles: 256 neighbouring hashes of one level in one value, and the nodes inside them.
//!
//! Only the hashes of tree levels 0, 8, 16 ... are stored. The seven levels between are recomputed
//! from a tile when it is read, and the tiles in use are kept with all their nodes. A partial tile
//! is rewritten as it grows; what it holds never changes, so a copy that is long enough is right.

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

/// A tile as it was read, with every perfect node inside it.
#[derive(Debug)]
pub(crate) struct Tile {
    /// Nodes of height 0 (the stored hashes) to 8 (of a full tile only).
    heights: Vec<Vec<Hash>>,
}

impl Tile {
    /// The tile that these stored bytes are, if they are one.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.is_empty() || hashes.len() > TILE_HASHES {
            return None;
        }
        let mut nodes = hashes
            .iter()
            .map(|hash| Hash::new(*hash))
            .collect::<Vec<_>>();
        let mut heights = Vec::with_capacity(usize::from(TILE_HEIGHT) + 1);
        while !nodes.is_empty() {
            let (pairs, _) = nodes.as_chunks::<2>();
            let above = pairs
                .iter()
                .map(|[left, right]| node_hash(left, right))
                .collect();
            heights.push(std::mem::replace(&mut nodes, above));
        }
        Some(Self { heights })
    }

    /// The stored hashes.
    pub(crate) fn hashes(&self) -> &[Hash] {
        self.heights.first().map_or(&[], Vec::as_slice)
    }

    /// The node over the whole tile, if it is full.
    pub(crate) fn root(&self) -> Option<Hash> {
        self.heights.get(usize::from(TILE_HEIGHT))?.first().copied()
    }

    /// The node at this place, if the tile is long enough.
    pub(crate) fn node(&self, place: Place) -> Option<Hash> {
        let position = usize::try_from(place.position).ok()?;
        self.heights
            .get(usize::from(place.height))?
            .get(position)
            .copied()
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

/// The partial tiles at the right edge of the tree, which the next batch completes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edge {
    /// For each tile level the hashes of its last tile; empty when that is full.
    partial: Vec<Vec<Hash>>,
}

/// A node came that is not the next of its level.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutOfOrder(pub(crate) NodeId);

impl Edge {
    /// The edge made of the hashes of each level's last, partial tile, from level 0.
    pub(crate) fn new(partial: Vec<Vec<Hash>>) -> Self {
        Self { partial }
    }

    /// Adds the nodes by which the tree grows from `old_size` to `new_size`, and returns the
    /// tiles to write. Nodes inside tiles are skipped; of the others none may be missing.
    pub(crate) fn extend(
        &mut self,
        old_size: u64,
        new_size: u64,
        nodes: &[(NodeId, Hash)],
    ) -> Result<Vec<(TileId, Vec<u8>)>, OutOfOrder> {
        let mut written = Vec::new();
        self.partial.resize(usize::from(TILE_LEVELS), Vec::new());
        for (level, hashes) in (0..TILE_LEVELS).zip(&mut self.partial) {
            let tree_level = level * TILE_HEIGHT;
            let mut next = old_size >> tree_level;
            let start = next;
            for (node, hash) in nodes.iter().filter(|(node, _)| node.level == tree_level) {
                if node.index != next {
                    return Err(OutOfOrder(*node));
                }
                hashes.push(*hash);
                if hashes.len() == TILE_HASHES {
                    written.push((
                        TileId {
                            level,
                            index: next / TILE_WIDTH,
                        },
                        encode(hashes),
                    ));
                    hashes.clear();
                }
                next = next.saturating_add(1);
            }
            if next != new_size >> tree_level {
                return Err(OutOfOrder(NodeId {
                    level: tree_level,
                    index: next,
                }));
            }
            if next > start && !hashes.is_empty() {
                written.push((
                    TileId {
                        level,
                        index: next / TILE_WIDTH,
                    },
                    encode(hashes),
                ));
            }
        }
        Ok(written)
    }
}

fn encode(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use witnessmark_merkle::Frontier;
    use witnessmark_verifier::LeafHash;

    use super::*;

    type Stored = HashMap<TileId, Vec<u8>>;

    fn grow(sizes: &[u64]) -> (Vec<(NodeId, Hash)>, Stored) {
        let (mut frontier, mut edge) = (Frontier::new(), Edge::default());
        let (mut all, mut stored) = (Vec::new(), Stored::new());
        let mut old = 0;
        for &size in sizes {
            let mut nodes = Vec::new();
            for index in old..size {
                let leaf = LeafHash::of(&index.to_be_bytes());
                frontier.push(leaf, &mut |node, hash| nodes.push((node, hash)));
            }
            stored.extend(edge.extend(old, size, &nodes).unwrap());
            all.extend(nodes);
            old = size;
        }
        (all, stored)
    }

    #[test]
    fn every_node_is_found_again_however_the_tree_grew() {
        let sizes = [1, 2, 5, 255, 256, 257, 700, 1024, 66_000];
        let (nodes, stored) = grow(&sizes);
        let tiles = stored
            .iter()
            .map(|(id, bytes)| (*id, Tile::parse(bytes).unwrap()))
            .collect::<HashMap<_, _>>();
        assert!(nodes.iter().any(|(node, _)| node.level == 16));
        for (node, hash) in nodes {
            let place = Place::of(node);
            assert_eq!(tiles[&place.tile].node(place), Some(hash), "{node:?}");
        }
        assert_eq!(stored, grow(&[66_000]).1);
    }

    #[test]
    fn a_missing_or_doubled_node_is_refused() {
        let (nodes, _) = grow(&[300]);
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
    fn bytes_that_are_no_tile_are_refused() {
        for length in [0, 31, 33, 257 * 32] {
            assert!(Tile::parse(&vec![0; length]).is_none());
        }
        assert!(Tile::parse(&[0; 255 * 32]).unwrap().root().is_none());
        assert!(Tile::parse(&[0; 256 * 32]).unwrap().root().is_some());
    }

    #[test]
    fn the_cache_drops_what_was_not_used_for_longest() {
        let cache = TileCache::new(2);
        let tile = |byte| Arc::new(Tile::parse(&[byte; 32]).unwrap());
        let place = |index| Place::of(NodeId { level: 0, index });
        cache.keep(place(0).tile, tile(0));
        cache.keep(place(256).tile, tile(1));
        assert!(cache.find(place(0)).is_some());
        cache.keep(place(512).tile, tile(2));
        assert!(cache.find(place(0)).is_some());
        assert!(cache.find(place(256)).is_none());
        assert!(
            cache.find(place(1)).is_none(),
            "a partial tile that is too short does not answer"
        );
    }
}
