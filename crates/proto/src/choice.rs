//! Which checkpoint an answer is relative to: a header that every reading call takes.

use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

use crate::Refusal;

/// The name of the header.
pub const CHECKPOINT_HEADER: &str = "witnessmark-checkpoint";

/// Which checkpoint an answer is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CheckpointChoice {
    /// The newest that is published, with whatever cosignatures it has. What a call without the header gets.
    #[default]
    Newest,
    /// The newest that has the quorum of the ledger's witnesses.
    Witnessed,
    /// The first that the ledger has kept of those that have the quorum and cover the answer; in bundles and entries only, and
    /// elsewhere the newest of these. It shows the earliest time.
    FirstWitnessed,
}

impl CheckpointChoice {
    const ALL: [Self; 3] = [Self::Newest, Self::Witnessed, Self::FirstWitnessed];

    /// The same for an answer that is about the newest state in any case.
    #[must_use]
    pub const fn newest(self) -> Self {
        match self {
            Self::Newest => Self::Newest,
            Self::Witnessed | Self::FirstWitnessed => Self::Witnessed,
        }
    }

    /// The value of the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Witnessed => "witnessed",
            Self::FirstWitnessed => "first-witnessed",
        }
    }

    /// What the headers of a call ask for.
    ///
    /// # Errors
    ///
    /// `REQUEST_MALFORMED`: they ask for something else, or twice.
    pub fn of(headers: &MetadataMap) -> Result<Self, Refusal> {
        let mut given = headers.get_all(CHECKPOINT_HEADER).iter();
        let Some(first) = given.next() else {
            return Ok(Self::default());
        };
        let choice = Self::ALL
            .into_iter()
            .find(|choice| first.as_bytes() == choice.name().as_bytes());
        choice.filter(|_| given.next().is_none()).ok_or_else(|| {
            let rule = "CHECKPOINT_CHOICE: the header is newest, witnessed or first-witnessed. Give one of them.";
            Refusal::field(CHECKPOINT_HEADER, rule)
        })
    }

    /// Asks for it in the headers of a call that do not ask yet.
    pub fn ask(self, headers: &mut MetadataMap) {
        if self != Self::Newest && !headers.contains_key(CHECKPOINT_HEADER) {
            let value: MetadataValue<Ascii> = MetadataValue::from_static(self.name());
            headers.insert(CHECKPOINT_HEADER, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_and_nothing_else() {
        for choice in CheckpointChoice::ALL {
            let mut headers = MetadataMap::new();
            choice.ask(&mut headers);
            CheckpointChoice::FirstWitnessed.ask(&mut headers);
            let expected = match choice {
                CheckpointChoice::Newest => CheckpointChoice::FirstWitnessed,
                other @ (CheckpointChoice::Witnessed | CheckpointChoice::FirstWitnessed) => other,
            };
            assert_eq!(CheckpointChoice::of(&headers), Ok(expected));
        }
        let mut headers = MetadataMap::new();
        assert_eq!(CheckpointChoice::of(&headers), Ok(CheckpointChoice::Newest));
        headers.append(CHECKPOINT_HEADER, MetadataValue::from_static("newest"));
        assert_eq!(CheckpointChoice::of(&headers), Ok(CheckpointChoice::Newest));
        headers.append(CHECKPOINT_HEADER, MetadataValue::from_static("newest"));
        assert!(CheckpointChoice::of(&headers).is_err());
        let mut headers = MetadataMap::new();
        headers.insert(CHECKPOINT_HEADER, MetadataValue::from_static("Witnessed"));
        assert!(CheckpointChoice::of(&headers).is_err());
    }
}
