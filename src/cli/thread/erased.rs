//! What of a record of the thread was erased, by the words of its own organisation.

use serde_json::{Value, json};
use witnessmark_record::v1::{ErasureKind, LinkRel};
use witnessmark_record::{Erased, erased};
use witnessmark_thread::Node;
use witnessmark_verifier::hex;

use super::view::View;

/// What the record's organisation says was erased of it and has not withdrawn, each with the place of the erasure.
pub(super) fn of(view: &View, node: &Node) -> Vec<(u64, Erased)> {
    let own = view.records.iter().filter(|it| it.org == node.org);
    own.filter(|it| !is_withdrawn(view, it.index))
        .flat_map(|it| {
            erased(&it.record, &node.id)
                .into_iter()
                .map(|one| (it.index, one))
        })
        .collect()
}

fn is_withdrawn(view: &View, index: u64) -> bool {
    let mut notices = view.notices.iter();
    notices.any(|it| it.on == index && it.valid && it.link.rel == LinkRel::Withdraws)
}

/// Each thing that was erased, for programs.
pub(super) fn objects(view: &View, node: &Node) -> Vec<Value> {
    of(view, node)
        .into_iter()
        .map(|(by, one)| {
            json!({
                "by": by,
                "kind": match one.kind {
                    ErasureKind::ProtectedField => "protected_field",
                    ErasureKind::Attachment => "attachment",
                    ErasureKind::Unspecified => "",
                },
                "digest": hex::encode(&one.digest),
                "date": one.date,
                "authority": one.authority,
                "remains": one.remains,
            })
        })
        .collect()
}
