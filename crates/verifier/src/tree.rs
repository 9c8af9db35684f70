//! Places in the tree, sizes of it, and the tree head that says which tree is meant.

use crate::Hash;

/// The place of an entry in the log, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafIndex(u64);

impl LeafIndex {
    /// The place with this number.
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The number of the place.
    pub const fn get(self) -> u64 {
        self.0
    }
}

shown!(LeafIndex: Display, index => index.0);

/// A number of entries. The entry at `index` is in the tree when `index < size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeSize(u64);

impl TreeSize {
    /// The size of this many entries.
    pub const fn new(size: u64) -> Self {
        Self(size)
    }

    /// The number of entries.
    pub const fn get(self) -> u64 {
        self.0
    }
}

shown!(TreeSize: Display, size => size.0);

/// The size and the root of one tree. They travel together: a root says nothing without its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHead {
    /// How many entries the tree has.
    pub size: TreeSize,
    /// The root hash over them.
    pub root: Hash,
}
