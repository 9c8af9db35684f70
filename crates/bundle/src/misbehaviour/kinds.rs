//! What shows that two checkpoints cannot both be honest, and the contradiction itself.

use witnessmark_verifier::{ConsistencyProof, Hash, InclusionProof, LeafHash, LeafIndex, TreeHead};

/// What shows that two checkpoints cannot both be honest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// Both are of one size and have different roots.
    TwoRoots,
    /// The first entries of the newer tree, as many as the older one has, have another root than the older one.
    TwoBeginnings {
        /// The root of the first entries of the newer tree.
        root: Hash,
        /// The proof that the tree of the older size and this root is a beginning of the newer tree.
        consistency: ConsistencyProof,
    },
    /// At one index stand different leaves.
    TwoEntries {
        /// The index.
        index: LeafIndex,
        /// The leaf in the tree of the first and of the second checkpoint.
        leaves: [ProvedLeaf; 2],
    },
    /// Nothing shows it. The ledger did not show that it is otherwise, says whoever wrote the file.
    Unproved(Refused),
}

/// A leaf, and the proof that it is in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedLeaf {
    /// The leaf hash.
    pub leaf: LeafHash,
    /// The proof.
    pub inclusion: InclusionProof,
}

/// What a ledger did in place of showing that one checkpoint is a beginning of another. Nobody but the writer of
/// the file says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It said that it has fewer entries than it has signed for.
    FewerEntries,
    /// It gave a proof that does not hold.
    ProofFailed,
    /// It gave no proof.
    NoProof,
}

impl Refused {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FewerEntries => "fewer_entries",
            Self::ProofFailed => "proof_failed",
            Self::NoProof => "no_proof",
        }
    }

    /// What the ledger is said to have done, to be read after "the ledger".
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::FewerEntries => "showed fewer entries than it had signed for",
            Self::ProofFailed => "gave a proof of consistency that did not hold",
            Self::NoProof => "gave no proof of consistency",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        [Self::FewerEntries, Self::ProofFailed, Self::NoProof]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

impl Contradiction {
    /// The word in the file.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TwoRoots => "two-roots",
            Self::TwoBeginnings { .. } => "two-beginnings",
            Self::TwoEntries { .. } => "two-entries",
            Self::Unproved(_) => "unproved",
        }
    }

    /// Why the two trees, the smaller first, cannot both be of one append-only log. For nothing but a complaint `None`.
    ///
    /// # Errors
    ///
    /// What is not shown.
    pub(super) fn check(&self, [old, new]: [&TreeHead; 2]) -> Result<Option<String>, String> {
        if old == new {
            return Err("both notes name the same tree, which contradicts nothing".to_owned());
        }
        match self {
            Self::TwoRoots if old.size == new.size => {
                Ok(Some(format!("two roots for the size {}", old.size)))
            }
            Self::TwoRoots => Err(format!(
                "the sizes are {} and {}, so that two roots contradict nothing",
                old.size, new.size
            )),
            _ if old.size == new.size => {
                Err("the sizes are the same, so the kind is two-roots".to_owned())
            }
            Self::TwoBeginnings { root, consistency } => {
                two_beginnings(old, new, *root, consistency).map(Some)
            }
            Self::TwoEntries { index, leaves } => two_entries([old, new], *index, leaves).map(Some),
            Self::Unproved(_) => Ok(None),
        }
    }
}

/// The proof ties `root` to the newer root: no other root of that size leads there (SHA-256 being what it is). So a ledger whose older
/// checkpoint has another root signed for two histories.
fn two_beginnings(
    old: &TreeHead,
    new: &TreeHead,
    root: Hash,
    consistency: &ConsistencyProof,
) -> Result<String, String> {
    if root == old.root {
        return Err("the root of the beginning is that of the older checkpoint".to_owned());
    }
    let size = old.size;
    consistency
        .verify(&TreeHead { size, root }, new)
        .map_err(|error| {
            format!("the beginning is not shown to be one of the newer tree: {error}")
        })?;
    Ok(format!(
        "the first {size} entries of the newer tree have another root"
    ))
}

fn two_entries(
    heads: [&TreeHead; 2],
    index: LeafIndex,
    leaves: &[ProvedLeaf; 2],
) -> Result<String, String> {
    let [first, second] = leaves;
    if first.leaf == second.leaf {
        return Err("the two leaves are the same".to_owned());
    }
    for (proved, (head, which)) in leaves.iter().zip(heads.iter().zip(["first", "second"])) {
        let included = proved.inclusion.verify(proved.leaf, index, head);
        included.map_err(|error| format!("the leaf of the {which} checkpoint: {error}"))?;
    }
    Ok(format!("different entries at index {index}"))
}
