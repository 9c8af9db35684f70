//! The rule of a policy that says which sets of witnesses are enough.

use alloc::{collections::BTreeSet, format, string::String, vec::Vec};

use super::TrustPolicyError;
use crate::VerifierKey;

/// Somebody whose cosignature a policy may ask for, or a group of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyMember {
    /// What the policy calls it; it means nothing elsewhere.
    pub name: String,
    /// Who it is.
    pub kind: MemberKind,
}

/// Who a member of a policy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberKind {
    /// A witness, met when it has cosigned.
    Witness(VerifierKey),
    /// A group, met when enough of its members are.
    Group {
        /// How many are enough, from 1 to their number.
        threshold: usize,
        /// The places of the members in the policy, all before the group's own.
        members: Vec<usize>,
    },
}

impl PolicyMember {
    /// The key of a witness; groups have none.
    pub const fn key(&self) -> Option<&VerifierKey> {
        match &self.kind {
            MemberKind::Witness(key) => Some(key),
            MemberKind::Group { .. } => None,
        }
    }
}

/// Invariant: the one of [`Quorum::check`]. A group's members stand before it, so one pass in order evaluates all without recursion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quorum {
    pub(super) members: Vec<PolicyMember>,
    /// The place of the member that has to be met; `None` when no cosignature is asked for.
    pub(super) required: Option<usize>,
}

impl Quorum {
    /// Every place is one of a member, those of a group before its own and in no other group; every threshold can be met and not by nobody.
    pub(super) fn check(&self) -> Result<(), TrustPolicyError> {
        let mut grouped = BTreeSet::new();
        for (place, member) in self.members.iter().enumerate() {
            if let MemberKind::Group { threshold, members } = &member.kind {
                if !members.iter().all(|it| *it < place && grouped.insert(it)) {
                    return Err(TrustPolicyError::Place);
                }
                if !(1..=members.len()).contains(threshold) {
                    return Err(TrustPolicyError::Threshold);
                }
            }
        }
        match self.required {
            Some(place) if place >= self.members.len() => Err(TrustPolicyError::Place),
            _ => Ok(()),
        }
    }

    /// By when the witnesses at the places that have a time of cosignature were enough: the least time at which those up to it are.
    /// `None` when all of them are not enough, and when none is asked for.
    pub(super) fn met_at(&self, times: &[Option<u64>]) -> Option<u64> {
        let mut met: Vec<Option<u64>> = Vec::with_capacity(self.members.len());
        for (member, time) in self.members.iter().zip(times) {
            let at = match &member.kind {
                MemberKind::Witness(_) => *time,
                MemberKind::Group { threshold, members } => {
                    let of = |place: &usize| met.get(*place).copied().flatten();
                    let mut met: Vec<u64> = members.iter().filter_map(of).collect();
                    met.sort_unstable();
                    met.get(threshold.saturating_sub(1)).copied()
                }
            };
            met.push(at);
        }
        met.get(self.required?).copied().flatten()
    }

    /// The key names of the witnesses that count and have no time of cosignature, with commas.
    pub(super) fn missing(&self, times: &[Option<u64>]) -> String {
        let mut wanted: BTreeSet<usize> = self.required.into_iter().collect();
        let mut missing = Vec::new();
        // The last first: a group's members stand before it.
        while let Some(place) = wanted.pop_last() {
            match self.members.get(place).map(|member| &member.kind) {
                Some(MemberKind::Group { members, .. }) => wanted.extend(members),
                Some(MemberKind::Witness(key)) if times.get(place) == Some(&None) => {
                    missing.push(key.name().as_str());
                }
                _ => {}
            }
        }
        missing.reverse();
        missing.join(", ")
    }

    /// What is asked for, in words; `None` when nothing is.
    pub(super) fn describe(&self) -> Option<String> {
        let member = self.members.get(self.required?)?;
        Some(match &member.kind {
            MemberKind::Witness(_) => format!("witness {}", member.name),
            MemberKind::Group { threshold, members } => {
                let names = members.iter().filter_map(|place| self.members.get(*place));
                let names: Vec<&str> = names.map(|member| member.name.as_str()).collect();
                let (all, names) = (names.len(), names.join(", "));
                format!("{threshold} of {all} in group {}: {names}", member.name)
            }
        })
    }
}
