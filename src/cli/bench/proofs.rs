//! Questions for proofs, all over the log.

use witnessmark_client::EntrySelector;
use witnessmark_proto::v1::{self, get_inclusion_proof_request::Entry};
use witnessmark_verifier::{LeafIndex, TreeSize};

use super::load::{Calls, Requests};
use super::{Arguments, Prepared, SAMPLES, broken};
use crate::output::Failure;

/// Two to the 64th by the golden ratio: its multiples are spread evenly, whatever they are divided by.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// As many questions as are asked for, about a tree of this size.
///
/// # Errors
///
/// When the log is empty.
pub(super) fn questions(arguments: &Arguments, size: TreeSize) -> Result<Prepared, Failure> {
    let size = size.get();
    let places = (1..=u64::from(arguments.records.get()))
        .map(|number| number.wrapping_mul(SPREAD).checked_rem(size))
        .collect::<Option<Vec<u64>>>()
        .ok_or_else(|| broken("the log has no entry to prove"))?;
    let samples = places.iter().take(SAMPLES);
    let samples = samples.map(|place| EntrySelector::Index(LeafIndex::new(*place)));
    let samples = samples.collect();
    let requests = if arguments.calls == Calls::Inclusion {
        let question = |place| v1::GetInclusionProofRequest {
            entry: Some(Entry::Index(place)),
            size,
        };
        Requests::Inclusion(places.into_iter().map(question).collect())
    } else {
        let question = |place: u64| v1::GetConsistencyProofRequest {
            old_size: place.saturating_add(1),
            new_size: size,
        };
        Requests::Consistency(places.into_iter().map(question).collect())
    };
    Ok(Prepared {
        requests,
        samples,
        greedy: None,
        verifications_a_second: None,
    })
}
