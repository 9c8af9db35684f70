//! What is said of the witnesses of a checkpoint that was verified. A quorum that was not asked for is not left unsaid.

use serde_json::{Value, json};
use witnessmark_bundle::utc;
use witnessmark_verifier::VerifiedCheckpoint;

/// The words of a policy that asks for none.
pub(super) const NONE: &str =
    "the policy asks for no witness, so the ledger could show others another history";

/// One line for people.
pub(super) fn words(checkpoint: &VerifiedCheckpoint) -> String {
    match (checkpoint.quorum(), checkpoint.witnessed_s()) {
        (Some(quorum), Some(time_s)) => format!(
            "witnessed not after {}, by {quorum}",
            utc(time_s.saturating_mul(1_000))
        ),
        _ => NONE.to_owned(),
    }
}

/// For programs: the quorum, when it was met, and who cosigned.
pub(super) fn to_json(checkpoint: &VerifiedCheckpoint) -> [(&'static str, Value); 3] {
    let cosigned: Vec<Value> = checkpoint
        .cosigned()
        .iter()
        .map(|cosigned| json!({ "name": cosigned.name.as_str(), "time_s": cosigned.time_s }))
        .collect();
    [
        ("quorum", json!(checkpoint.quorum())),
        ("witnessed_s", json!(checkpoint.witnessed_s())),
        ("cosigned", Value::Array(cosigned)),
    ]
}

/// The same, added to an object.
pub(super) fn add(to: &mut Value, checkpoint: &VerifiedCheckpoint) {
    if let Value::Object(members) = to {
        let new = to_json(checkpoint).map(|(name, value)| (name.to_owned(), value));
        members.extend(new);
    }
}
