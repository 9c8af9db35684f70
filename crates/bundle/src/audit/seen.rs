//! The checkpoints that signers had seen, against the trees that the log has had.

use witnessmark_record::{Record, SeenTree, check_seen, v1};
use witnessmark_verifier::{Hash, LeafHash, node_hash};

use crate::limits::SEEN_REMARKS_MAX;
use crate::verdict::SeenFacts;

/// The tree at every size that the log has had: forty bytes for each entry.
#[derive(Debug, Default)]
pub(super) struct Trees {
    /// The perfect subtrees that cover the leaves, from left to right, each with its height.
    edge: Vec<(u8, Hash)>,
    trees: Vec<SeenTree>,
}

impl Trees {
    /// Takes the next leaf, and when it was registered.
    pub(super) fn push(&mut self, leaf: LeafHash, registered_at: u64) {
        let (mut height, mut hash) = (0, leaf.hash());
        while let Some((_, left)) = self.edge.pop_if(|(it, _)| *it == height) {
            hash = node_hash(&left, &hash);
            height += 1;
        }
        self.edge.push((height, hash));
        let subtrees = self.edge.iter().rev().map(|(_, hash)| *hash);
        let root = subtrees.reduce(|right, left| node_hash(&left, &right));
        self.trees.push(SeenTree {
            root: root.unwrap_or(hash),
            last_registered_at: registered_at,
        });
    }

    fn at(&self, size: u64) -> Option<&SeenTree> {
        let last = usize::try_from(size.checked_sub(1)?).ok()?;
        self.trees.get(last)
    }

    /// What is to be said of a claim. The entry at its index has been pushed, and no signer can have seen a tree with its
    /// own record in it.
    pub(super) fn judge(&self, claim: &Claim) -> Option<SeenFacts> {
        let seen = claim.about.seen.as_ref()?;
        let tree = self.at(seen.size).filter(|_| seen.size <= claim.index);
        let problem = check_seen(&claim.about, tree).pop();
        let is_of_log = tree.is_some_and(|tree| seen.root == tree.root.as_bytes());
        Some(SeenFacts {
            index: claim.index,
            size: seen.size,
            signed_at: claim.about.signed_at_ms,
            not_before: tree.filter(|_| is_of_log).map(|it| it.last_registered_at),
            problem: problem
                .map(|it| format!("{} = {}: {}. {}", it.path, it.value, it.rule, it.fix)),
        })
    }
}

/// What a record says of the checkpoint that its signer had seen.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) index: u64,
    /// A record with nothing but what the rules about it look at.
    about: Box<v1::Record>,
}

impl Claim {
    /// The claim of the record at `index`, if it makes one.
    pub(super) fn of(index: u64, record: &Record) -> Option<Self> {
        let whole = record.message();
        let seen = Some(whole.seen.clone()?);
        let about = Box::new(v1::Record {
            seen,
            signed_at_ms: whole.signed_at_ms,
            clock_uncertainty_s: whole.clock_uncertainty_s,
            ..v1::Record::default()
        });
        Some(Self { index, about })
    }
}

/// A remark for each claim that is not good, and how many more there are.
pub(super) fn remarks(seen: &[SeenFacts]) -> Vec<String> {
    let mut bad = seen
        .iter()
        .filter_map(|it| Some((it.index, it.problem.as_ref()?)));
    let mut remarks: Vec<String> = bad
        .by_ref()
        .take(SEEN_REMARKS_MAX)
        .map(|(index, problem)| format!("Entry {index}: {problem}."))
        .collect();
    let more = bad.count();
    if more > 0 {
        remarks.push(format!(
            "{more} more records name a checkpoint that does not fit, or have a clock that does not."
        ));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use witnessmark_merkle::Frontier;

    use super::*;

    #[test]
    fn the_trees_agree_with_the_prover_at_every_size() {
        let mut trees = Trees::default();
        let mut frontier = Frontier::new();
        for index in 0..600_u64 {
            let leaf = LeafHash::of(&index.to_be_bytes());
            trees.push(leaf, index);
            frontier.push(leaf, &mut |_, _| {});
            let expected = SeenTree {
                root: frontier.root(),
                last_registered_at: index,
            };
            assert_eq!(trees.at(index + 1), Some(&expected), "size {}", index + 1);
        }
        assert_eq!((trees.at(0), trees.at(601)), (None, None));
    }
}
