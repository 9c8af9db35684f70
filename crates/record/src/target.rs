//! Which other records a body speaks of, and what it says of each.

use crate::v1::record::Body;
use crate::v1::{LinkRel, Stance};

/// One record that a body speaks of.
pub(crate) struct Target<'a> {
    /// What the body says of it, in the word of a link that says the same.
    pub(crate) rel: LinkRel,
    /// The field that names it, by its path from the record.
    pub(crate) path: String,
    /// Its id, as it stands in the field: not yet known to have 32 bytes.
    pub(crate) id: &'a [u8],
}

/// The records that `body` speaks of, in the order of its fields. A field that may be absent and is gives none.
pub(crate) fn of(body: &Body) -> Vec<Target<'_>> {
    match body {
        Body::Attestation(it) => {
            let rel = of_stance(it.stance());
            vec![target(rel, "attestation.target", &it.target)]
        }
        Body::Correction(it) => vec![target(LinkRel::Corrects, "correction.target", &it.target)],
        Body::Withdrawal(it) => {
            let mut targets = vec![target(LinkRel::Withdraws, "withdrawal.target", &it.target)];
            let other = target(LinkRel::About, "withdrawal.in_favour_of", &it.in_favour_of);
            targets.extend(given(other));
            targets
        }
        Body::LabAnalysis(it) => {
            let custody = target(
                LinkRel::About,
                "lab_analysis.sample_custody",
                &it.sample_custody,
            );
            given(custody).into_iter().collect()
        }
        Body::Erasure(it) => numbered(&it.targets, "erasure.targets", |item| &item.record)
            .filter_map(given)
            .collect(),
        Body::Disclosure(it) => {
            numbered(&it.fields, "disclosure.fields", |item| &item.record).collect()
        }
        Body::StrikeEvent(_)
        | Body::WreckageFinding(_)
        | Body::ComponentObservation(_)
        | Body::InterceptedShipment(_)
        | Body::CustodyTransfer(_)
        | Body::Statement(_)
        | Body::MediaCapture(_)
        | Body::TraceRequest(_)
        | Body::TraceResponse(_) => Vec::new(),
    }
}

/// The relation that a stance amounts to. Whether a corroboration is independent is never taken from the claim.
const fn of_stance(stance: Stance) -> LinkRel {
    match stance {
        Stance::Confirms | Stance::CorroboratesIndependently => LinkRel::Corroborates,
        Stance::Contradicts => LinkRel::Contradicts,
        Stance::Unspecified
        | Stance::ConsistentWith
        | Stance::CannotConfirm
        | Stance::ReceivedOnly => LinkRel::About,
    }
}

fn target<'a>(rel: LinkRel, path: &str, id: &'a [u8]) -> Target<'a> {
    let path = path.to_owned();
    Target { rel, path, id }
}

fn given(target: Target<'_>) -> Option<Target<'_>> {
    (!target.id.is_empty()).then_some(target)
}

fn numbered<'a, T>(
    items: &'a [T],
    path: &'a str,
    id: fn(&T) -> &Vec<u8>,
) -> impl Iterator<Item = Target<'a>> {
    items.iter().enumerate().map(move |(at, item)| Target {
        rel: LinkRel::About,
        path: format!("{path}[{at}].record"),
        id: id(item),
    })
}
