//! The tree of a whole log, built from its leaves in order: every tile, and the root.
//!
//! This is a third way to reach a root, next to the verifier's loops and the prover's plans; it holds
//! one unfinished tile of each level and nothing else.

use witnessmark_tlog::{TILE_WIDTH, Tile};
use witnessmark_verifier::{Hash, LeafHash, empty_root, node_hash};

/// The right edge of a tree, tile by tile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tiler {
    levels: Vec<Level>,
    size: u64,
}

#[derive(Clone, Debug, Default)]
struct Level {
    /// Full tiles behind this one.
    full: u64,
    /// The hashes of the unfinished tile, always fewer than 256.
    hashes: Vec<Hash>,
}

impl Tiler {
    /// The edge of a tree of `size` leaves from the unfinished tile of each level, the lowest first; nothing when these are
    /// not as many hashes as such a tree has.
    pub(crate) fn from_edge(size: u64, levels: Vec<Vec<Hash>>) -> Option<Self> {
        let mut tiler = Self {
            size,
            levels: Vec::new(),
        };
        for (depth, hashes) in levels.into_iter().enumerate() {
            let (full, width) = on_level(size, depth)?;
            if usize::from(width) != hashes.len() {
                return None;
            }
            tiler.levels.push(Level { full, hashes });
        }
        on_level(size, tiler.levels.len())
            .is_none()
            .then_some(tiler)
    }

    /// The edge of a tree of `size` leaves, whose unfinished tiles `tile` gives.
    pub(crate) fn of_edge<E>(
        size: u64,
        mut tile: impl FnMut(Tile) -> Result<Vec<Hash>, E>,
    ) -> Result<Self, E> {
        let mut levels = Vec::new();
        for level in 0_u8..8 {
            let Some((index, width)) = on_level(size, usize::from(level)) else {
                break;
            };
            let hashes = match width {
                0 => Vec::new(),
                width => tile(Tile {
                    level,
                    index,
                    width,
                })?,
            };
            levels.push(Level {
                full: index,
                hashes,
            });
        }
        Ok(Self { levels, size })
    }

    /// Adds the next leaf and hands on every tile that it fills.
    pub(crate) fn push(&mut self, leaf: LeafHash, filled: &mut impl FnMut(Tile, &[Hash])) {
        self.push_hash(leaf.hash(), filled);
    }

    /// Adds the next leaf by its hash, and hands on every tile that it fills.
    pub(crate) fn push_hash(&mut self, leaf: Hash, filled: &mut impl FnMut(Tile, &[Hash])) {
        self.size += 1;
        self.carry(0, leaf, filled);
    }

    /// Adds a whole tile of leaves, whose root is `root`, to a tree that ends where a tile does. Hands on every tile above it
    /// that it fills.
    pub(crate) fn push_tile(&mut self, root: Hash, filled: &mut impl FnMut(Tile, &[Hash])) {
        self.size += u64::from(TILE_WIDTH);
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        if let Some(level) = self.levels.first_mut() {
            level.full += 1;
        }
        self.carry(1, root, filled);
    }

    fn carry(&mut self, from: u8, mut hash: Hash, filled: &mut impl FnMut(Tile, &[Hash])) {
        for depth in from.. {
            let place = usize::from(depth);
            if self.levels.len() == place {
                self.levels.push(Level::default());
            }
            let Some(level) = self.levels.get_mut(place) else {
                return;
            };
            level.hashes.push(hash);
            if level.hashes.len() < usize::from(TILE_WIDTH) {
                return;
            }
            filled(
                Tile {
                    level: depth,
                    index: level.full,
                    width: TILE_WIDTH,
                },
                &level.hashes,
            );
            level.full += 1;
            hash = root_of(std::mem::take(&mut level.hashes));
        }
    }

    /// The unfinished tile of each level, the lowest first.
    pub(crate) fn edge(&self) -> impl Iterator<Item = &[Hash]> {
        self.levels.iter().map(|level| level.hashes.as_slice())
    }

    /// How many tiles of a level are full, and the hashes of the next.
    pub(crate) fn level(&self, level: u8) -> Option<(u64, &[Hash])> {
        let level = self.levels.get(usize::from(level))?;
        Some((level.full, &level.hashes))
    }

    /// The unfinished tiles, those that have a hash at all.
    pub(crate) fn partial(&self) -> impl Iterator<Item = (Tile, &[Hash])> {
        (0_u8..)
            .zip(&self.levels)
            .filter(|(_, level)| !level.hashes.is_empty())
            .map(|(depth, level)| {
                let width = u16::try_from(level.hashes.len()).unwrap_or(TILE_WIDTH);
                (
                    Tile {
                        level: depth,
                        index: level.full,
                        width,
                    },
                    level.hashes.as_slice(),
                )
            })
    }

    /// How many leaves there are.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves. The subtree of what a level has unfinished is the last, incomplete
    /// node of the level above, as RFC 6962, section 2.1 splits every tree.
    pub(crate) fn root(&self) -> Hash {
        let mut below: Option<Hash> = None;
        for level in &self.levels {
            let hashes: Vec<Hash> = level.hashes.iter().copied().chain(below).collect();
            if !hashes.is_empty() {
                below = Some(root_of(hashes));
            }
        }
        below.unwrap_or_else(empty_root)
    }
}

/// The root over nodes of one level: pairs are joined, and an odd last one moves up as it is.
pub(crate) fn root_of(mut hashes: Vec<Hash>) -> Hash {
    while hashes.len() > 1 {
        hashes = hashes
            .chunks(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                other => other.first().copied(),
            })
            .collect();
    }
    hashes.first().copied().unwrap_or_else(empty_root)
}

/// The bytes of a tile file.
pub(crate) fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(Hash::as_bytes).copied().collect()
}

/// The hashes of a tile file; nothing when its length is not that of whole hashes.
pub(crate) fn tile_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty()
        .then(|| hashes.iter().map(|hash| Hash::new(*hash)).collect())
}

/// How many tiles of a level are full in a tree of `size` leaves, and how many hashes are in the next; nothing when the tree is
/// not that high.
fn on_level(size: u64, level: usize) -> Option<(u64, u16)> {
    let shift = u32::try_from(level).ok()?.checked_mul(8)?;
    let count = size.checked_shr(shift).filter(|count| *count > 0)?;
    let width = u64::from(TILE_WIDTH);
    Some((count / width, u16::try_from(count % width).ok()?))
}

/// The tiles that are not full in a tree of `size` leaves, the lowest first.
pub(crate) fn edge_tiles(size: u64) -> impl Iterator<Item = Tile> {
    (0_u8..8).filter_map(move |level| {
        let (index, width) = on_level(size, usize::from(level))?;
        let tile = Tile {
            level,
            index,
            width,
        };
        (width > 0).then_some(tile)
    })
}

/// The bundles of entries of a log of `size` entries, from the one on that holds or would hold entry `from`.
pub(crate) fn entry_tiles(from: u64, size: u64) -> impl Iterator<Item = Tile> {
    tiles_of(0, from / u64::from(TILE_WIDTH), size)
}

fn tiles_of(level: u8, first: u64, count: u64) -> impl Iterator<Item = Tile> {
    let width = u64::from(TILE_WIDTH);
    let full = (first..count / width).map(move |index| Tile {
        level,
        index,
        width: TILE_WIDTH,
    });
    let partial = u16::try_from(count % width).ok().filter(|width| *width > 0);
    full.chain(partial.map(move |width| Tile {
        level,
        index: count / u64::from(TILE_WIDTH),
        width,
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use witnessmark_merkle::Frontier;

    use super::*;

    fn leaf(index: u64) -> LeafHash {
        LeafHash::of(&index.to_be_bytes())
    }

    #[test]
    fn roots_and_tiles_agree_with_the_prover_at_every_size() {
        let mut tiler = Tiler::default();
        let mut frontier = Frontier::new();
        let mut nodes = BTreeMap::new();
        let mut full = 0;
        assert_eq!(tiler.root(), empty_root());
        for index in 0..70_000_u64 {
            tiler.push(leaf(index), &mut |_, hashes| {
                assert_eq!(hashes.len(), 256);
                full += 1;
            });
            frontier.push(leaf(index), &mut |id, hash| {
                nodes.insert((id.level, id.index), hash);
            });
            if index < 600 || index % 997 == 0 || index > 69_900 || index % 256 < 2 {
                assert_eq!(tiler.root(), frontier.root(), "size {}", index + 1);
            }
        }
        assert_eq!(full, 273 + 1);
        for (tile, hashes) in tiler.partial() {
            for (place, hash) in (0_u64..).zip(hashes) {
                assert_eq!(*hash, nodes[&(tile.level * 8, tile.index * 256 + place)]);
            }
        }
    }

    #[test]
    fn an_edge_goes_on_as_the_tree_it_was_taken_from() {
        let mut tiler = Tiler::default();
        let mut by_tile = Tiler::default();
        let mut leaves = Vec::new();
        for index in 0..66_000_u64 {
            tiler.push(leaf(index), &mut |_, _| {});
            leaves.push(leaf(index).hash());
            if leaves.len() == 256 {
                by_tile.push_tile(root_of(std::mem::take(&mut leaves)), &mut |_, _| {});
                assert_eq!(by_tile.root(), tiler.root());
            }
            if index % 1_009 == 0 || index > 65_500 && index % 7 == 0 {
                let levels: Vec<Vec<Hash>> = tiler.edge().map(<[Hash]>::to_vec).collect();
                let again = Tiler::from_edge(tiler.size(), levels.clone()).unwrap();
                assert_eq!(again.root(), tiler.root());
                assert!(Tiler::from_edge(tiler.size() + 1, levels.clone()).is_none());
                assert!(Tiler::from_edge(tiler.size() << 8, levels).is_none());
                let given = Tiler::of_edge(tiler.size(), |tile| {
                    let (full, hashes) = tiler.level(tile.level).unwrap();
                    assert_eq!((full, hashes.len()), (tile.index, usize::from(tile.width)));
                    Ok::<_, ()>(hashes.to_vec())
                });
                assert_eq!(given.unwrap().root(), tiler.root());
            }
        }
    }

    #[test]
    fn the_layout_names_the_tiles_that_are_filled_and_left() {
        for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 66_000] {
            let mut tiler = Tiler::default();
            let mut made = Vec::new();
            for index in 0..size {
                tiler.push(leaf(index), &mut |tile, _| made.push(tile));
            }
            made.extend(tiler.partial().map(|(tile, _)| tile));
            made.sort();
            let mut expected: Vec<_> = (0_u8..8)
                .flat_map(|level| tiles_of(level, 0, size >> (8 * u32::from(level))))
                .collect();
            let edge: Vec<_> = tiler.partial().map(|(tile, _)| tile).collect();
            assert_eq!(edge, edge_tiles(size).collect::<Vec<_>>(), "size {size}");
            expected.sort();
            assert_eq!(made, expected, "size {size}");
        }
    }
}
