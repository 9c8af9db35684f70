//! The tree of a batch computed a second time, from the root down and from the bytes that will be stored: a function of its arguments,
//! with no I/O.
//!
//! The frontier computes from the leaves up. Here the definition of RFC 6962 section 2.1 is followed as it stands, so that a bit of memory
//! that flipped in either is found when the two are compared. It costs one hash for each leaf and each node of the batch.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use witnessmark_merkle::NodeId;
use witnessmark_verifier::{Hash, LeafHash, empty_root, node_hash};

use crate::integrate::Integrated;

/// Compares the root and every node of a batch with those that are computed here: from the perfect subtrees of the tree before it,
/// `before`, from left to right, and from the bytes of its entries.
///
/// That `before` is the tree that was signed last, the consistency proof shows.
///
/// # Errors
///
/// What differs.
pub(crate) fn check(
    before: impl Iterator<Item = (NodeId, Hash)>,
    entries: &[Arc<[u8]>],
    made: &Integrated,
) -> Result<(), Differs> {
    let size = made.new.size.get();
    let mut again = Again {
        old: made.old.size.get(),
        before,
        entries: entries.iter(),
        made: made.nodes.iter(),
    };
    let root = if size == 0 {
        empty_root()
    } else {
        again.subtree(&(0..size))?
    };
    // Whatever is left over was not compared.
    if again.before.next().is_some() || again.entries.next().is_some() {
        return Err(Differs::Count);
    }
    if let Some((node, _)) = again.made.next() {
        return Err(Differs::Node(*node));
    }
    if root == made.new.root {
        Ok(())
    } else {
        Err(Differs::Root)
    }
}

/// What is not used yet, from left to right.
struct Again<'a, I> {
    /// The size of the tree before.
    old: u64,
    before: I,
    entries: std::slice::Iter<'a, Arc<[u8]>>,
    made: std::slice::Iter<'a, (NodeId, Hash)>,
}

impl<I: Iterator<Item = (NodeId, Hash)>> Again<'_, I> {
    /// The hash of the subtree over `leaves`, of which there is one at least.
    fn subtree(&mut self, leaves: &Range<u64>) -> Result<Hash, Differs> {
        let width = leaves.end.saturating_sub(leaves.start);
        let level = width.ilog2();
        let node = width.is_power_of_two().then(|| NodeId {
            // At most 63: `ilog2` of 64 bits.
            level: u8::try_from(level).unwrap_or(u8::MAX),
            index: leaves.start >> level,
        });
        if let Some(node) = node.filter(|_| leaves.end <= self.old) {
            let (found, hash) = self.before.next().ok_or(Differs::Count)?;
            return if found == node {
                Ok(hash)
            } else {
                Err(Differs::Node(node))
            };
        }
        let hash = if width == 1 {
            LeafHash::of(self.entries.next().ok_or(Differs::Count)?).hash()
        } else {
            let middle = leaves.start + (1 << (width - 1).ilog2());
            let left = self.subtree(&(leaves.start..middle))?;
            let right = self.subtree(&(middle..leaves.end))?;
            node_hash(&left, &right)
        };
        // A perfect subtree is stored, and proofs are made of it.
        match node {
            Some(node) if self.made.next() != Some(&(node, hash)) => Err(Differs::Node(node)),
            Some(_) | None => Ok(hash),
        }
    }
}

/// A batch in the tree is not what its entries make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Differs {
    /// There are more or fewer entries, or nodes before them, than the size says.
    Count,
    /// This node.
    Node(NodeId),
    /// The root, and no node below it.
    Root,
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("the tree is of another number of entries than the batch"),
            Self::Node(NodeId { level, index }) => write!(
                f,
                "node {index} of level {level} is another when it is computed again from the entries"
            ),
            Self::Root => {
                f.write_str("the root is another when it is computed again from the entries")
            }
        }
    }
}

impl std::error::Error for Differs {}

#[cfg(test)]
mod tests {
    use witnessmark_merkle::Frontier;
    use witnessmark_verifier::TreeSize;

    use super::*;
    use crate::integrate::integrate;
    use crate::integrate::tests::{entries, leaves};

    /// A hash with one of its bits flipped, another one each time.
    fn flip(hash: Hash, number: usize) -> Hash {
        let mut bytes = *hash.as_bytes();
        bytes[number * 7 % 32] ^= 1 << (number % 8);
        Hash::new(bytes)
    }

    #[test]
    fn a_batch_of_any_size_on_a_tree_of_any_size_is_computed_again() {
        let all = entries(70);
        for old in 0..35 {
            let before = integrate(&Frontier::new(), &leaves(&all[..old])).unwrap();
            for new in old..=70 {
                let batch = &all[old..new];
                let made = integrate(&before.frontier, &leaves(batch)).unwrap();
                assert_eq!(check(before.frontier.nodes(), batch, &made), Ok(()));
            }
        }
    }

    #[test]
    fn a_bit_that_flips_anywhere_is_caught() {
        let all = entries(23);
        let before = integrate(&Frontier::new(), &leaves(&all[..9])).unwrap();
        let batch = &all[9..];
        let made = || integrate(&before.frontier, &leaves(batch)).unwrap();
        let old = || before.frontier.nodes();
        for place in 0..batch.len() {
            // In the bytes, after they were hashed.
            let mut flipped = batch.to_vec();
            flipped[place] = Arc::from([batch[place][0] ^ 4].as_slice());
            check(old(), &flipped, &made()).unwrap_err();
            // In the leaf hash, before it came into the tree.
            let mut flipped = leaves(batch);
            flipped[place] = LeafHash::new(flip(flipped[place].hash(), place));
            let wrong = integrate(&before.frontier, &flipped).unwrap();
            check(old(), batch, &wrong).unwrap_err();
        }
        // In a node that will be stored, which the root need not show.
        for place in 0..made().nodes.len() {
            let mut wrong = made();
            let (node, hash) = wrong.nodes[place];
            wrong.nodes[place] = (node, flip(hash, place));
            assert_eq!(check(old(), batch, &wrong), Err(Differs::Node(node)));
        }
        // In the tree before, on the way to here or to the frontier.
        let nodes: Vec<(NodeId, Hash)> = old().collect();
        for place in 0..nodes.len() {
            let mut flipped = nodes.clone();
            flipped[place].1 = flip(flipped[place].1, place);
            check(flipped.iter().copied(), batch, &made()).unwrap_err();
            let hashes = flipped.iter().map(|(_, hash)| *hash).collect();
            let wrong = Frontier::from_nodes(9, hashes).unwrap();
            let wrong = integrate(&wrong, &leaves(batch)).unwrap();
            check(old(), batch, &wrong).unwrap_err();
        }
        // In the root.
        for number in 0..256 {
            let mut wrong = made();
            wrong.new.root = flip(wrong.new.root, number);
            assert_eq!(check(old(), batch, &wrong), Err(Differs::Root));
        }
    }

    #[test]
    fn what_is_missing_or_left_over_is_caught() {
        let all = entries(11);
        let before = integrate(&Frontier::new(), &leaves(&all[..5])).unwrap();
        let batch = &all[5..];
        let made = || integrate(&before.frontier, &leaves(batch)).unwrap();
        let old = || before.frontier.nodes();
        let cut = &batch[..batch.len() - 1];
        assert_eq!(check(old(), cut, &made()), Err(Differs::Count));
        let longer = [batch, &all[..1]].concat();
        assert_eq!(check(old(), &longer, &made()), Err(Differs::Count));
        assert!(check(old().skip(1), batch, &made()).is_err());
        let more = old().chain([(NodeId::leaf(5), empty_root())]);
        assert_eq!(check(more, batch, &made()), Err(Differs::Count));
        let mut fewer = made();
        let last = fewer.nodes.pop().unwrap().0;
        assert_eq!(check(old(), batch, &fewer), Err(Differs::Node(last)));
        let mut more = made();
        more.nodes.push((NodeId::leaf(11), empty_root()));
        let left = Differs::Node(NodeId::leaf(11));
        assert_eq!(check(old(), batch, &more), Err(left));
        let mut longer = made();
        longer.new.size = TreeSize::new(12);
        assert!(check(old(), batch, &longer).is_err());
    }
}
