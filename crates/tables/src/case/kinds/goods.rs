//! What moves from hand to hand: shipments, items in custody, and files that were captured.

use serde_json::Value as Json;

use super::{EVENT, INVESTIGATIVE, ITEM};
use crate::case::node::Node;
use crate::case::record::{Maker, items, subject_name, text};
use crate::case::shared::{identified, identifier, joined};
use crate::case::when::span;

/// A shipment: the event in which it was seen or stopped, with the goods, the papers and what carried them around it.
pub(super) fn shipment(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    let mut context: Vec<String> = maker.own_place().into_iter().collect();
    for (role, conveyance) in items(&body, "conveyances") {
        context.push(self::conveyance(maker, &role, conveyance));
    }
    for (role, goods) in items(&body, "cargo") {
        context.push(cargo(maker, &role, goods));
    }
    for (role, number) in items(&body, "containers") {
        let node = maker
            .object(&role, &[ITEM, "witnessmark:Container"])
            .text("uco-core:name", text(number, "as_seen"));
        let reference = identifier(maker, &format!("{role}/number"), number);
        let node = node.holds("uco-core:externalReference", reference);
        context.push(maker.keep(node));
    }
    for (role, paper) in items(&body, "documents") {
        context.push(document(maker, &role, paper));
    }
    for (role, call) in items(&body, "voyage/port_calls") {
        let Some(place) = maker.place(&role, call.get("place")) else {
            continue;
        };
        let kind = format!("port_call_{}", text(call, "role"));
        maker.relate(&format!("{role}/relationship"), (&subject, &kind, &place));
    }
    for (role, transfer) in items(&body, "transfers") {
        if let Some(other) = transfer.get("counterpart") {
            context.push(conveyance(maker, &format!("{role}/counterpart"), other));
        }
    }
    for (role, party) in items(&body, "parties") {
        let kind = text(party, "role").to_owned();
        involved(maker, &role, Some(party), &kind);
    }
    involved(maker, "authority", body.get("authority"), "intercepted_by");
    maker.authorise(text(&body, "legal_basis"), &subject);
    let kind = format!("shipment: {}", text(&body, "status"));
    let node = maker
        .subject(&[EVENT, "witnessmark:Shipment"])
        .text("uco-core:eventType", kind.replace('_', " "))
        .refers_all("uco-core:eventContext", context);
    span(node, "uco-core", text(&maker.json, "occurred"))
}

/// A party and its part in the shipment.
fn involved(maker: &mut Maker<'_>, role: &str, party: Option<&Json>, kind: &str) {
    let subject = maker.name("subject");
    if let Some(name) = maker.party(role, party) {
        let kind = if kind.is_empty() { "involves" } else { kind };
        maker.relate(&format!("{role}/relationship"), (&subject, kind, &name));
    }
}

/// A vessel, an aircraft, a vehicle or a train, with its identifiers, and who owns and operates it.
pub(super) fn conveyance(maker: &mut Maker<'_>, role: &str, one: &Json) -> String {
    let node = maker
        .object(role, &[ITEM, "witnessmark:Conveyance"])
        .text(
            "uco-core:name",
            joined(&[text(one, "name"), text(one, "type")]),
        )
        .text("witnessmark:conveyanceKind", text(one, "kind"))
        .text("witnessmark:flagClaimed", text(one, "flag_claimed"))
        .text("witnessmark:flagActual", text(one, "flag_actual"));
    let node = identified(maker, node, role, items(one, "identifiers"));
    let name = maker.keep(node);
    for (part, kind) in [("owner", "owned_by"), ("operator", "operated_by")] {
        let place = format!("{role}/{part}");
        if let Some(party) = maker.party(&place, one.get(part)) {
            maker.relate(&format!("{place}/relationship"), (&name, kind, &party));
        }
    }
    name
}

/// Goods: what the papers say, what was found and what is claimed are three different things.
fn cargo(maker: &mut Maker<'_>, role: &str, goods: &Json) -> String {
    let node = maker
        .object(role, &[ITEM, "witnessmark:Cargo"])
        .text("witnessmark:declared", text(goods, "declared"))
        .text("witnessmark:actual", text(goods, "actual"))
        .text("witnessmark:claimed", text(goods, "claimed"))
        .text("witnessmark:originDeclared", text(goods, "origin_declared"))
        .text("witnessmark:originActual", text(goods, "origin_actual"));
    let code = goods
        .get("hs_code")
        .map(|code| identifier(maker, &format!("{role}/hs_code"), code));
    let node = node.maybe_holds("uco-core:externalReference", code);
    maker.keep(node)
}

fn document(maker: &mut Maker<'_>, role: &str, paper: &Json) -> String {
    let node = maker
        .object(role, &[ITEM, "witnessmark:Document"])
        .text("uco-core:name", text(paper, "type").replace('_', " "))
        .text("uco-core:description", text(paper, "description"))
        .text("witnessmark:issuer", text(paper, "issuer"))
        .text("witnessmark:edtf", text(paper, "date"));
    let node = crate::case::record::texts(paper, "false_in")
        .into_iter()
        .fold(node, |node, what| node.text("witnessmark:falseIn", what));
    let number = paper
        .get("number")
        .map(|number| identifier(maker, &format!("{role}/number"), number));
    let node = node.maybe_holds("uco-core:externalReference", number);
    maker.keep(node)
}

/// A step of custody: an action that is informed by the step before it.
pub(super) fn custody(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    let from = maker.party("from", body.get("from"));
    let to = maker.party("to", body.get("to"));
    let witness = maker.party("witness", body.get("witness"));
    let place = maker.own_place();
    let mut objects = maker.targets("custody_of");
    if objects.is_empty() {
        let node = maker
            .object("item", &[ITEM, "witnessmark:CustodyItem"])
            .text("uco-core:name", text(&body, "item"));
        objects.push(maker.keep(node));
    }
    let (mut steps, mut before) = (Vec::new(), None);
    for (role, step) in items(&body, "steps") {
        let node = maker
            .object(&role, &[INVESTIGATIVE])
            .text("uco-core:name", action_name(text(step, "event")))
            .text("uco-core:description", text(step, "description"))
            .refers_all("uco-action:object", objects.clone())
            .refers_all("case-investigation:wasInformedBy", before.take());
        let name = maker.keep(span(node, "uco-action", text(step, "date")));
        before = Some(name.clone());
        steps.push(name);
    }
    maker.authorise(text(&body, "authority"), &subject);
    let earlier = maker.row.standing.custody_after.iter();
    let earlier: Vec<String> = earlier.map(|id| subject_name(id)).collect();
    // The one who takes the item acts; who gives it takes part.
    let node = maker
        .subject(&[INVESTIGATIVE, "witnessmark:CustodyStep"])
        .text("witnessmark:action", action_name(text(&body, "event")))
        .refers_all("uco-action:performer", to)
        .refers_all("uco-action:participant", from)
        .refers_all("uco-action:participant", witness)
        .refers_all("uco-action:location", place)
        .refers_all("uco-action:object", objects)
        .refers_all("uco-action:subaction", steps)
        .refers_all("case-investigation:wasInformedBy", earlier);
    let node = [
        ("witnessmark:sha256Before", "sha256_before"),
        ("witnessmark:sha256After", "sha256_after"),
    ]
    .into_iter()
    .fold(node, |node, (property, field)| {
        node.typed(property, "xsd:hexBinary", text(&body, field))
    });
    span(node, "uco-action", text(&maker.json, "occurred"))
}

fn action_name(event: &str) -> String {
    match event {
        "" => "custody".to_owned(),
        event => format!("custody-{event}"),
    }
}

/// A capture: the action that turned an address, or what stood before a camera, into files.
pub(super) fn capture(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let place = maker.own_place();
    let url = text(&body, "captured_url");
    let source = (!url.is_empty()).then(|| {
        let facet = Node::new(maker.name("url/facet"), &["uco-observable:URLFacet"])
            .text("uco-observable:fullValue", url);
        let node = maker
            .object("url", &["uco-observable:URL"])
            .holds("uco-core:hasFacet", facet);
        maker.keep(node)
    });
    let tool = text(&body, "tool");
    let tool = (!tool.is_empty()).then(|| {
        let node = maker
            .object("tool", &["uco-tool:Tool"])
            .text("uco-core:name", tool)
            .text("uco-tool:version", text(&body, "tool_version"));
        maker.keep(node)
    });
    let post = body.get("original_post");
    let author = maker.party(
        "original_post/author",
        post.and_then(|post| post.get("author")),
    );
    if let (Some(author), Some(source)) = (&author, &source) {
        let role = "original_post/relationship";
        maker.relate(role, (source, "published_by", author));
    }
    let captured = crate::case::record::texts(&body, "files");
    let files = items(&maker.json, "attachments").into_iter();
    let files: Vec<String> = files
        .filter(|(_, file)| captured.contains(&text(file, "sha256")))
        .map(|(role, _)| maker.name(&role))
        .collect();
    let node = maker
        .subject(&[INVESTIGATIVE, "witnessmark:Capture"])
        .text("witnessmark:method", text(&body, "method"))
        .refers_all("uco-action:object", source)
        .refers_all("uco-action:instrument", tool)
        .refers_all("uco-action:location", place)
        .refers_all("uco-action:result", files);
    span(node, "uco-action", text(&body, "retrieved_at"))
}
