//! The rule of a policy that says which sets of witnesses are enough.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Invariant: a group's members stand before it, so one pass in order evaluates all without recursion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quorum {
    pub(super) members: Vec<Member>,
    pub(super) required: Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Required {
    /// No cosignature is asked for.
    Nothing,
    /// The member at this place has to be met.
    Member(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) kind: MemberKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MemberKind {
    /// The place among the policy's witnesses.
    Witness(usize),
    /// At least `threshold` of the members at these places.
    Group {
        threshold: usize,
        members: Vec<usize>,
    },
}

impl Quorum {
    /// Whether the witnesses for which `has_cosigned` holds are enough.
    pub(super) fn is_met(&self, has_cosigned: &[bool]) -> bool {
        let mut met: Vec<bool> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let is_met = match &member.kind {
                MemberKind::Witness(place) => is_set(has_cosigned, *place),
                MemberKind::Group { threshold, members } => {
                    members.iter().filter(|place| is_set(&met, **place)).count() >= *threshold
                }
            };
            met.push(is_met);
        }
        match self.required {
            Required::Nothing => true,
            Required::Member(place) => is_set(&met, place),
        }
    }

    /// For each witness, whether it counts towards the quorum.
    pub(super) fn counted(&self, witnesses: usize) -> Vec<bool> {
        let mut counted = vec![false; witnesses];
        let mut wanted = vec![false; self.members.len()];
        if let Required::Member(place) = self.required {
            set(&mut wanted, place);
        }
        for (place, member) in self.members.iter().enumerate().rev() {
            if !is_set(&wanted, place) {
                continue;
            }
            match &member.kind {
                MemberKind::Witness(witness) => set(&mut counted, *witness),
                MemberKind::Group { members, .. } => {
                    for member in members {
                        set(&mut wanted, *member);
                    }
                }
            }
        }
        counted
    }

    /// What is asked for, in words; `None` when nothing is.
    pub(super) fn describe(&self) -> Option<String> {
        let Required::Member(place) = self.required else {
            return None;
        };
        let member = self.members.get(place)?;
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

fn is_set(flags: &[bool], place: usize) -> bool {
    flags.get(place) == Some(&true)
}

fn set(flags: &mut [bool], place: usize) {
    if let Some(flag) = flags.get_mut(place) {
        *flag = true;
    }
}
