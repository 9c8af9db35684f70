//! The book of a round: who has cosigned the checkpoint that is asked for now, and what is known of each witness.
//!
//! All witnesses are asked for the same checkpoint until it has its quorum, or all have answered. If each were asked for the newest
//! at its own moment, a log that grows all the time would never have two cosignatures of one tree.

use witnessmark_log::SignedCheckpoint;
use witnessmark_verifier::{Cosignature, Note, TreeSize, VerifierKey};
use witnessmark_witness::ask::Cosigned;

use super::Witnessed;
use crate::ledger::WitnessRules;

/// What is known of one witness.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The size of the last tree of this log that it has cosigned, as far as is known.
    pub(crate) size: Option<TreeSize>,
    /// When, in seconds since 1970, by its clock.
    pub(crate) time_s: Option<u64>,
    /// What went wrong the last time, if something did.
    pub(crate) error: Option<String>,
    /// Whether it has cosigned since this start, and so vouched that nothing it saw is missing here.
    pub(crate) vouched: bool,
    /// Whether it has forgotten what it had cosigned, as this ledger knows. Then it cannot vouch before another start.
    pub(crate) forgot: bool,
}

/// The checkpoint that is asked for now, and who has answered.
#[derive(Debug)]
struct Round {
    number: u64,
    checkpoint: SignedCheckpoint,
    cosigned: Vec<Option<Cosigned>>,
    failed: Vec<bool>,
}

/// What the witnesses have said.
#[derive(Debug)]
pub(super) struct Book {
    seen: Vec<Seen>,
    round: Option<Round>,
    rounds: u64,
}

impl Book {
    /// The book of a start, which finds `last` as the newest witnessed checkpoint of the run before.
    pub(super) fn open(rules: &WitnessRules, last: Option<&SignedCheckpoint>) -> Self {
        let of = |key: &VerifierKey| {
            let time_s = last.and_then(|last| time_of(last, key));
            Seen {
                size: last.filter(|_| time_s.is_some()).map(|it| it.head().size),
                time_s,
                ..Seen::default()
            }
        };
        Self {
            seen: rules.asked.iter().map(|it| of(it.key())).collect(),
            round: None,
            rounds: 0,
        }
    }

    /// Begins to ask for this checkpoint, which nobody has been asked for in this round.
    pub(super) fn begin(&mut self, checkpoint: SignedCheckpoint) -> u64 {
        self.rounds = self.rounds.saturating_add(1);
        self.round = Some(Round {
            number: self.rounds,
            checkpoint,
            cosigned: vec![None; self.seen.len()],
            failed: vec![false; self.seen.len()],
        });
        self.rounds
    }

    /// What is known of the witness at this place.
    pub(super) fn seen(&self, place: usize) -> Seen {
        self.seen.get(place).cloned().unwrap_or_default()
    }

    /// What is known of all of them.
    pub(super) fn all(&self) -> &[Seen] {
        &self.seen
    }

    /// The witness said which size it has cosigned last. True if that is less than it had cosigned.
    pub(super) fn named(&mut self, place: usize, size: TreeSize) -> bool {
        let Some(seen) = self.seen.get_mut(place) else {
            return false;
        };
        let forgot = seen.size.is_some_and(|known| size < known);
        seen.forgot |= forgot;
        seen.size = Some(size);
        forgot
    }

    /// The witness is to be asked from this size the next time, whatever it said.
    pub(super) fn asked_from(&mut self, place: usize, size: TreeSize) {
        if let Some(seen) = self.seen.get_mut(place) {
            seen.size = Some(size);
        }
    }

    /// The witness has cosigned the checkpoint of a round.
    pub(super) fn cosigned(&mut self, place: usize, number: u64, size: TreeSize, by: Cosigned) {
        if let Some(seen) = self.seen.get_mut(place) {
            seen.size = Some(size);
            seen.time_s = Some(by.time_s);
            seen.error = None;
            seen.vouched = !seen.forgot;
        }
        // What comes for a round that is over is late: its checkpoint has been passed by.
        if let Some(round) = self.round.as_mut().filter(|round| round.number == number)
            && let Some(there) = round.cosigned.get_mut(place)
        {
            *there = Some(by);
        }
    }

    /// The witness has not cosigned in this round, and why.
    pub(super) fn failed(&mut self, place: usize, number: u64, error: String) {
        if let Some(seen) = self.seen.get_mut(place) {
            seen.error = Some(error);
        }
        if let Some(round) = self.round.as_mut().filter(|round| round.number == number)
            && let Some(failed) = round.failed.get_mut(place)
        {
            *failed = true;
        }
    }

    /// Whether every witness has cosigned the checkpoint of the round, or failed to.
    pub(super) fn is_answered(&self) -> bool {
        self.round.as_ref().is_none_or(|round| {
            let mut both = round.cosigned.iter().zip(&round.failed);
            both.all(|(cosigned, failed)| cosigned.is_some() || *failed)
        })
    }

    /// The checkpoint of the round with the cosignatures that there are; nothing while there is none.
    pub(super) fn note(&self) -> Option<SignedCheckpoint> {
        let round = self.round.as_ref()?;
        let lines = round.cosigned.iter().flatten().map(|it| it.line.as_str());
        let lines: String = lines.collect();
        if lines.is_empty() {
            return None;
        }
        SignedCheckpoint::parse(&format!("{}{lines}", round.checkpoint.text())).ok()
    }

    /// The same, if it has its quorum.
    pub(super) fn witnessed(&self, rules: &WitnessRules) -> Option<Witnessed> {
        Witnessed::judge(rules, self.note()?)
    }

    /// Whether so many have vouched since this start that the others together could not have made a quorum.
    pub(super) fn is_vouched(&self, rules: &WitnessRules) -> bool {
        let vouched = |key: &VerifierKey| {
            let mut both = rules.asked.iter().zip(&self.seen);
            both.any(|(witness, seen)| witness.key() == key && seen.vouched)
        };
        !rules.policy.is_quorum(|key| !vouched(key))
    }
}

/// When the witness with this key cosigned the checkpoint, if it did. Nothing is verified.
fn time_of(checkpoint: &SignedCheckpoint, key: &VerifierKey) -> Option<u64> {
    let note = Note::parse(checkpoint.text()).ok()?;
    let line = note.signatures().iter().find(|line| line.is_by(key))?;
    Some(Cosignature::parse(&line.signature)?.time_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::witnesses::testing::{cosigned, rules, signed, witness};

    #[test]
    fn a_round_is_over_with_its_quorum_or_when_all_have_answered() {
        let rules = rules(&[2, 3, 4], 2);
        let mut book = Book::open(&rules, None);
        let size = TreeSize::new(5);
        let first = book.begin(signed(5));
        assert!(book.note().is_none() && !book.is_answered());
        book.cosigned(0, first, size, cosigned(2, 5, 100));
        assert!(book.note().is_some() && book.witnessed(&rules).is_none());
        book.failed(1, first, "away".to_owned());
        book.failed(2, first, "away".to_owned());
        assert!(book.is_answered() && book.witnessed(&rules).is_none());
        // One that failed may still come in time.
        book.cosigned(2, first, size, cosigned(4, 5, 90));
        let found = book.witnessed(&rules).unwrap();
        assert_eq!((found.size(), found.time_s), (5, 100));
        // What is late counts for what is known of the witness, and not for the next round.
        let second = book.begin(signed(6));
        book.cosigned(1, first, size, cosigned(3, 5, 120));
        assert!(book.note().is_none() && book.seen(1).size == Some(size));
        for (place, seed) in [(0, 2), (1, 3)] {
            book.cosigned(place, second, TreeSize::new(6), cosigned(seed, 6, 130));
        }
        assert_eq!(book.witnessed(&rules).unwrap().size(), 6);
    }

    #[test]
    fn a_start_is_vouched_for_when_the_others_could_not_have_made_a_quorum() {
        for (threshold, needed) in [(1, 3), (2, 2), (3, 1)] {
            let rules = rules(&[2, 3, 4], threshold);
            let mut book = Book::open(&rules, None);
            let round = book.begin(signed(5));
            for place in 0..needed {
                assert!(!book.is_vouched(&rules), "{place} of {threshold}");
                let seed = [2, 3, 4][place];
                book.cosigned(place, round, TreeSize::new(5), cosigned(seed, 5, 100));
            }
            assert!(book.is_vouched(&rules), "{threshold}");
        }
    }

    #[test]
    fn what_a_witness_cosigned_before_the_start_is_known_and_does_not_vouch() {
        let rules = rules(&[2, 3], 1);
        let note = format!("{}{}", signed(5).text(), cosigned(2, 5, 100).line);
        let last = SignedCheckpoint::parse(&note).unwrap();
        let book = Book::open(&rules, Some(&last));
        let [known, unknown] = [book.seen(0), book.seen(1)];
        assert_eq!(
            (known.size, known.time_s),
            (Some(TreeSize::new(5)), Some(100))
        );
        assert_eq!((unknown.size, unknown.time_s), (None, None));
        assert!(!known.vouched && !book.is_vouched(&rules));
        assert_eq!(rules.asked[0].key(), &witness(2));
        // Who has forgotten it cosigns, and does not vouch.
        let mut book = book;
        let round = book.begin(signed(6));
        assert!(!book.named(1, TreeSize::new(0)) && book.named(0, TreeSize::new(0)));
        for (place, seed) in [(0, 2), (1, 3)] {
            book.cosigned(place, round, TreeSize::new(6), cosigned(seed, 6, 130));
        }
        assert!(book.witnessed(&rules).is_some());
        assert!(!book.seen(0).vouched && book.seen(1).vouched && !book.is_vouched(&rules));
    }
}
