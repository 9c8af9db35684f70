//! The newest checkpoint that the signer had seen: its form, and whether it is one of the ledger's.

use witnessmark_verifier::{Hash, hex};

use crate::calendar::instant;
use crate::{Problem, codes, v1};

/// The tree of a ledger at the size that a record names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenTree {
    /// Its root.
    pub root: Hash,
    /// When its last entry was registered, in milliseconds since 1970 by the ledger's clock.
    pub last_registered_at: u64,
}

pub(super) fn check(record: &v1::Record, problems: &mut Vec<Problem>) {
    let Some(seen) = &record.seen else {
        return;
    };
    if seen.size == 0 {
        let fix =
            "Leave `seen` out, or take the size from a checkpoint: `record sign --seen` does it";
        problems.push(codes::SEEN.at("seen.size", "0", fix));
    }
    if seen.root.len() != 32 {
        let fix =
            "Give the 64 hexadecimal digits of the checkpoint's root: `record sign --seen` does it";
        problems.push(codes::SEEN.at("seen.root", hex::encode(&seen.root), fix));
    }
}

/// What a record says of the checkpoint that its signer had seen, with all that the rules about it look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenClaim {
    /// Size and root.
    pub seen: v1::CheckpointSeen,
    /// When the record was signed, in milliseconds since 1970 by the clock of the device.
    pub signed_at_ms: u64,
    /// How far that clock may be off, in seconds.
    pub clock_uncertainty_s: u32,
}

impl SeenClaim {
    /// The claim of a record, if it makes one.
    pub fn of(record: &v1::Record) -> Option<Self> {
        Some(Self {
            seen: record.seen.clone()?,
            signed_at_ms: record.signed_at_ms,
            clock_uncertainty_s: record.clock_uncertainty_s,
        })
    }

    /// The warnings about it, as [`check_seen`] has them.
    pub fn check(&self, tree: Option<&SeenTree>) -> Vec<Problem> {
        if self.seen.root.len() == 32 {
            warnings(self, tree)
        } else {
            Vec::new()
        }
    }
}

/// The warnings about the checkpoint that the signer had seen, which only a ledger or an audit can give: `tree` is the
/// ledger's at that size, and `None` when the ledger has not so many entries.
///
/// Nothing about a record without such a checkpoint, or with one that has not the form of one.
pub fn check_seen(record: &v1::Record, tree: Option<&SeenTree>) -> Vec<Problem> {
    SeenClaim::of(record).map_or_else(Vec::new, |claim| claim.check(tree))
}

fn warnings(claim: &SeenClaim, tree: Option<&SeenTree>) -> Vec<Problem> {
    let seen = &claim.seen;
    let named = || format!("size {}, root {}", seen.size, hex::encode(&seen.root));
    let Some(tree) = tree else {
        let fix = "The ledger has fewer entries than that: the device was shown another history, or a later state than \
                   this ledger has. This is evidence of a fork: keep the checkpoint file of the device";
        return vec![codes::SEEN_CHECKPOINT.at("seen", named(), fix)];
    };
    if seen.root != tree.root.as_bytes() {
        let fix = format!(
            "At size {} this ledger has the root {}: the device was shown another history. This is evidence of a fork: \
             keep the checkpoint file of the device",
            seen.size, tree.root
        );
        return vec![codes::SEEN_CHECKPOINT.at("seen", named(), fix)];
    }
    let doubt = u64::from(claim.clock_uncertainty_s).saturating_mul(1_000);
    if claim.signed_at_ms.saturating_add(doubt) < tree.last_registered_at {
        let fix = format!(
            "It cannot have been signed before {}, by the ledger's clock: one of the two clocks is wrong",
            instant(tree.last_registered_at)
        );
        return vec![codes::SEEN_CLOCK.at("signed_at_ms", instant(claim.signed_at_ms), fix)];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: SeenTree = SeenTree {
        root: Hash::new([7; 32]),
        last_registered_at: 1_767_225_600_000,
    };

    fn record(root: u8, signed_at_ms: u64) -> v1::Record {
        v1::Record {
            signed_at_ms,
            clock_uncertainty_s: 2,
            seen: Some(v1::CheckpointSeen {
                size: 9,
                root: vec![root; 32],
            }),
            ..v1::Record::default()
        }
    }

    fn codes_of(record: &v1::Record, tree: Option<&SeenTree>) -> Vec<&'static str> {
        let problems = check_seen(record, tree);
        problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_checkpoint_of_another_history_is_told_from_one_of_this() {
        let good = record(7, TREE.last_registered_at);
        assert_eq!(codes_of(&good, Some(&TREE)), [""; 0]);
        assert_eq!(codes_of(&good, None), ["W-SEEN-CHECKPOINT"]);
        let other = record(8, TREE.last_registered_at);
        assert_eq!(codes_of(&other, Some(&TREE)), ["W-SEEN-CHECKPOINT"]);
        let problem = check_seen(&other, Some(&TREE)).pop().unwrap();
        assert!(problem.fix.contains("evidence of a fork"), "{problem}");
        assert_eq!(codes_of(&v1::Record::default(), None), [""; 0]);
    }

    #[test]
    fn a_clock_that_says_before_is_wrong_unless_it_says_how_far_it_may_be_off() {
        let within = record(7, TREE.last_registered_at - 2_000);
        assert_eq!(codes_of(&within, Some(&TREE)), [""; 0]);
        let before = record(7, TREE.last_registered_at - 2_001);
        assert_eq!(codes_of(&before, Some(&TREE)), ["W-SEEN-CLOCK"]);
    }
}
