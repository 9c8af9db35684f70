//! The tree of a whole log, built from its leaves in order: every tile, and the root.
//!
//! This is a third way to reach a root, next to the verifier's loops and the prover's plans; it holds
//! one unfinished tile of each level and nothing else.

use witnessmark_tlog::{TILE_WIDTH, Tile};
use witnessmark_verifier::{Hash, LeafHash, empty_root, node_hash};

/// The right edge of a tree, tile by tile.
#[derive(Debug, Default)]
pub(crate) struct Tiler {
    levels: Vec<Level>,
    size: u64,
}

#[derive(Debug, Default)]
struct Level {
    /// Full tiles behind this one.
    full: u64,
    /// The hashes of the unfinished tile, always fewer than 256.
    hashes: Vec<Hash>,
}

impl Tiler {
    /// Adds the next leaf and hands on every tile that it fills.
    pub(crate) fn push(&mut self, leaf: LeafHash, filled: &mut impl FnMut(Tile, &[Hash])) {
        self.size += 1;
        let mut hash = leaf.hash();
        for depth in 0_u8.. {
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
fn root_of(mut hashes: Vec<Hash>) -> Hash {
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

/// Every tile of hashes of a tree of `size` leaves, the full ones and the partial one of each level.
pub(crate) fn hash_tiles(size: u64) -> impl Iterator<Item = Tile> {
    (0_u8..8).flat_map(move |level| tiles_of(level, size >> (8 * u32::from(level))))
}

/// Every bundle of entries of a log of `size` entries.
pub(crate) fn entry_tiles(size: u64) -> impl Iterator<Item = Tile> {
    tiles_of(0, size)
}

fn tiles_of(level: u8, count: u64) -> impl Iterator<Item = Tile> {
    let width = u64::from(TILE_WIDTH);
    let full = (0..count / width).map(move |index| Tile {
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
    fn the_layout_names_the_tiles_that_are_filled_and_left() {
        for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 66_000] {
            let mut tiler = Tiler::default();
            let mut made = Vec::new();
            for index in 0..size {
                tiler.push(leaf(index), &mut |tile, _| made.push(tile));
            }
            made.extend(tiler.partial().map(|(tile, _)| tile));
            made.sort();
            let mut expected: Vec<_> = hash_tiles(size).collect();
            expected.sort();
            assert_eq!(made, expected, "size {size}");
        }
    }
}
