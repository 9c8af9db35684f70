//! What somebody says: statements, questions and answers, and what organisations say of records.

use serde_json::Value as Json;

use super::{ACTION, ANNOTATION, ASSERTION, INVESTIGATIVE, ITEM, goods};
use crate::case::node::Node;
use crate::case::record::{Maker, items, record_name, subject_name, text, texts};
use crate::case::shared::{identifier, joined};
use crate::case::when::span;

/// A statement: an assertion in its words.
pub(super) fn statement(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    if let Some(speaker) = maker.party("speaker", body.get("speaker")) {
        let role = "speaker/relationship";
        maker.relate(role, (&subject, "spoken_by", &speaker));
    }
    for (list, kind) in [("joint_with", "made_with"), ("designated", "designates")] {
        for (role, party) in items(&body, list) {
            if let Some(name) = maker.party(&role, Some(party)) {
                maker.relate(&format!("{role}/relationship"), (&subject, kind, &name));
            }
        }
    }
    for (role, one) in items(&body, "conveyances") {
        let name = goods::conveyance(maker, &role, one);
        maker.relate(&format!("{role}/relationship"), (&subject, "names", &name));
    }
    let node = maker
        .subject(&[ASSERTION, "witnessmark:Statement"])
        .text("witnessmark:statementType", text(&body, "statement_type"))
        .text("witnessmark:fidelity", text(&body, "fidelity"))
        .text("witnessmark:forum", text(&body, "forum"));
    said(node, &body)
}

/// What was said, once in each language.
fn said(node: Node, body: &Json) -> Node {
    items(body, "texts")
        .into_iter()
        .fold(node, |node, (_, it)| {
            node.text("uco-core:statement", text(it, "text"))
        })
}

/// A request to trace a part: an action that takes part with whoever is asked.
pub(super) fn trace_request(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let addressee = maker.party("addressee", body.get("addressee"));
    let mut objects = maker.targets("traces");
    for (at, words) in texts(&body, "items").into_iter().enumerate() {
        let node = maker
            .object(&format!("items[{at}]"), &[ITEM])
            .text("uco-core:name", words);
        objects.push(maker.keep(node));
    }
    for (role, one) in items(&body, "identifiers") {
        let reference = identifier(maker, &format!("{role}/number"), one);
        let node = maker
            .object(&role, &[ITEM])
            .holds("uco-core:externalReference", reference);
        objects.push(maker.keep(node));
    }
    let node = maker
        .subject(&[INVESTIGATIVE, "witnessmark:TraceRequest"])
        .refers_all("uco-action:participant", addressee)
        .refers_all("uco-action:object", objects);
    span(node, "uco-action", text(&body, "sent"))
}

/// The answer to a trace request: an assertion of the respondent.
pub(super) fn trace_response(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    for (role, kind) in [("respondent", "answered_by"), ("sold_to", "sold_to")] {
        if let Some(name) = maker.party(role, body.get(role)) {
            maker.relate(&format!("{role}/relationship"), (&subject, kind, &name));
        }
    }
    let outcome = text(&body, "outcome");
    let node = maker
        .subject(&[ASSERTION, "witnessmark:TraceResponse"])
        .text("uco-core:statement", format!("Outcome: {outcome}"))
        .text("witnessmark:permission", text(&body, "permission"))
        .text("witnessmark:edtf", text(&body, "answered"));
    said(node, &body)
}

/// What an organisation says of a record.
pub(super) fn attestation(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let words = joined(&[
        &text(&body, "stance").replace('_', " "),
        &texts(&body, "paths").join(", "),
        text(&body, "basis"),
    ]);
    about(maker, "witnessmark:Attestation")
        .text("uco-core:statement", format!("Attestation: {words}"))
        .text("witnessmark:stance", text(&body, "stance"))
        .text(
            "witnessmark:inspectedOriginal",
            text(&body, "inspected_original"),
        )
}

/// A correction: the record it corrects stays as it is.
pub(super) fn correction(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let shown = |value: &str| match value {
        "" => "absent".to_owned(),
        value => value.to_owned(),
    };
    let node =
        about(maker, "witnessmark:Correction").text("witnessmark:reason", text(&body, "reason"));
    items(&body, "changes")
        .into_iter()
        .fold(node, |node, (_, change)| {
            let (was, now) = (shown(text(change, "was")), shown(text(change, "now")));
            let words = format!("{}: was {was}, now {now}", text(change, "path"));
            node.text("uco-core:statement", words)
        })
}

/// A withdrawal: the record it withdraws stays, and is marked as deprecated.
pub(super) fn withdrawal(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let reason = text(&body, "reason");
    let remains = text(&body, "in_favour_of");
    about(maker, "witnessmark:Withdrawal")
        .text("uco-core:statement", format!("Withdrawn: {reason}"))
        .text("witnessmark:reason", reason)
        .refers_all(
            "witnessmark:inFavourOf",
            (!remains.is_empty()).then(|| record_name(remains)),
        )
}

/// An annotation of the record that the body names, and of what that record is about.
fn about(maker: &Maker<'_>, class: &str) -> Node {
    let target = text(&maker.body, "target");
    maker
        .subject(&[ANNOTATION, class])
        .refers("uco-core:object", record_name(target))
        .refers("uco-core:object", subject_name(target))
}

/// An erasure outside of the ledger: an action on what records name by digest.
pub(super) fn erasure(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    maker.authorise(text(&body, "authority"), &subject);
    let targets = items(&body, "targets");
    let records = targets.iter().map(|(_, it)| text(it, "record"));
    let node = maker.subject(&[ACTION, "witnessmark:Erasure"]).refers_all(
        "uco-action:object",
        records.filter(|id| !id.is_empty()).map(record_name),
    );
    let node = targets.iter().fold(node, |node, (_, it)| {
        node.typed("witnessmark:digest", "xsd:hexBinary", text(it, "digest"))
    });
    span(node, "uco-action", text(&body, "date"))
}

/// That protected fields were opened to somebody: an action, without what was shown.
pub(super) fn disclosure(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    let to = maker.party("to", body.get("to"));
    maker.authorise(text(&body, "authority"), &subject);
    let fields = items(&body, "fields");
    let records = fields.iter().map(|(_, it)| text(it, "record"));
    let node = maker
        .subject(&[ACTION, "witnessmark:Disclosure"])
        .refers_all("uco-action:participant", to)
        .refers_all(
            "uco-action:object",
            records.filter(|id| !id.is_empty()).map(record_name),
        );
    let digests = fields.iter().flat_map(|(_, it)| texts(it, "digests"));
    let node = digests.fold(node, |node, digest| {
        node.typed("witnessmark:digest", "xsd:hexBinary", digest)
    });
    span(node, "uco-action", text(&body, "when"))
}
