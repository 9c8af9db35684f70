//! What was found and examined: wreckage, parts, and what a laboratory did with a sample.

use serde_json::Value as Json;

use super::{ANNOTATION, ASSERTION, INVESTIGATIVE, ITEM};
use crate::case::node::Node;
use crate::case::record::{Maker, items, text, texts};
use crate::case::shared::{identified, identifier, joined};
use crate::case::when::span;

/// Wreckage: an item, found and examined by actions.
pub(super) fn wreckage(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    let recovery = body.get("recovered").map(|recovered| {
        let by = maker.party("recovered/by", recovered.get("by"));
        let place = maker.place("recovered/place", recovered.get("place"));
        let node = maker
            .object("recovered", &[INVESTIGATIVE])
            .text("uco-core:name", "recovery")
            .refers("uco-action:object", &subject)
            .refers_all("uco-action:performer", by)
            .refers_all("uco-action:location", place);
        let node = span(node, "uco-action", text(recovered, "date"));
        maker.keep(node)
    });
    let examined = body.get("examined");
    let by = maker.party("examined/by", examined.and_then(|it| it.get("by")));
    let place = examined.and_then(|it| it.get("place"));
    let place = maker.place("examined/place", place);
    examination(maker, "examination", by, place, recovery);
    let custodian = body.get("present_custodian");
    if let Some(holder) = maker.party("present_custodian", custodian) {
        let role = "present_custodian/relationship";
        maker.relate(role, (&subject, "held_by", &holder));
    }
    identifications(maker, "identifications", &subject);
    marks(maker, &subject);
    maker
        .subject(&[ITEM, "witnessmark:Wreckage"])
        .text("witnessmark:itemClass", text(&body, "item_class"))
}

/// The action by which an item was examined, at the record's own place unless it says otherwise.
fn examination(
    maker: &mut Maker<'_>,
    word: &str,
    by: Option<String>,
    place: Option<String>,
    after: Option<String>,
) {
    let own = maker.own_place();
    let node = maker
        .object("examination", &[INVESTIGATIVE])
        .text("uco-core:name", word)
        .refers("uco-action:object", maker.name("subject"))
        .refers_all("uco-action:performer", by)
        .refers_all("uco-action:location", place.or(own))
        .refers_all("case-investigation:wasInformedBy", after);
    let node = span(node, "uco-action", text(&maker.json, "documented"));
    maker.keep(node);
}

/// A part: a device, unless the record is about a set of parts, or about a part of the structure or a mark on it.
pub(super) fn component(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    let class = text(&body, "component_class");
    let types: &[&str] = if body.get("aggregate").is_some() {
        &[ITEM, "witnessmark:ComponentSet"]
    } else if class.starts_with("structural_") {
        &[ITEM, "witnessmark:Component"]
    } else {
        &["uco-observable:Device", "witnessmark:Component"]
    };
    let is_device = types.contains(&"uco-observable:Device");
    examination(maker, "observation", None, None, None);
    identifications(maker, "identifications", &subject);
    marks(maker, &subject);
    date_codes(maker, &subject);
    let facet = Node::new(maker.name("device"), &["uco-observable:DeviceFacet"])
        .text("uco-observable:deviceType", class)
        .text(
            "uco-observable:model",
            identifier_text(&body, "part_number"),
        )
        .text(
            "uco-observable:serialNumber",
            identifier_text(&body, "serial"),
        );
    // The brand is what is marked on the part. The ontology's word for it would say who made it.
    let node = maker
        .subject(types)
        .text("witnessmark:componentClass", class)
        .text("witnessmark:brandMarked", text(&body, "brand_marked"))
        .text("witnessmark:brandAbsence", text(&body, "brand_absence"))
        .text("witnessmark:authenticity", text(&body, "authenticity"))
        .maybe_holds("uco-core:hasFacet", is_device.then_some(facet));
    let node = match body.get("hs_code") {
        Some(code) => node.holds(
            "uco-core:externalReference",
            identifier(maker, "hs_code", code),
        ),
        None => node,
    };
    identified(maker, node, "subject", items(&body, "identifiers"))
}

/// The first identifier of a scheme, as it was seen.
fn identifier_text<'a>(body: &'a Json, scheme: &str) -> &'a str {
    let mut all = items(body, "identifiers").into_iter();
    let one = all.find(|(_, one)| text(one, "scheme") == scheme);
    one.map_or("", |(_, one)| match text(one, "as_seen") {
        "" => text(one, "normalised"),
        seen => seen,
    })
}

/// What something was concluded to be: each a claim beside the others, about the item, never a property of it.
pub(super) fn identifications(maker: &mut Maker<'_>, list: &str, subject: &str) {
    for (role, claim) in items(&maker.body.clone(), list) {
        let said = joined(&[
            text(claim, "designation"),
            text(claim, "scheme"),
            text(claim, "family"),
        ]);
        let by = text(claim, "claimed_by");
        let by = if by.is_empty() {
            String::new()
        } else {
            format!("; claimed by {by}")
        };
        let node = maker
            .object(&role, &[ANNOTATION, "witnessmark:Identification"])
            .text("uco-core:statement", format!("Identified as {said}{by}"))
            .text("witnessmark:restsOn", text(claim, "basis"))
            .refers("uco-core:object", subject)
            .maybe_holds("uco-core:hasFacet", maker.confidence(&role, claim));
        maker.keep(node);
    }
}

/// Marks as they were seen, and each reading of them beside the others.
fn marks(maker: &mut Maker<'_>, subject: &str) {
    for (role, mark) in items(&maker.body.clone(), "markings") {
        let seen = match text(mark, "as_marked") {
            "" => text(mark, "legibility"),
            seen => seen,
        };
        let node = maker
            .object(&role, &[ANNOTATION, "witnessmark:MarkSeen"])
            .text("uco-core:statement", format!("Mark as seen: {seen}"))
            .text("witnessmark:asMarked", text(mark, "as_marked"))
            .text("witnessmark:script", text(mark, "script"))
            .text("witnessmark:position", text(mark, "position"))
            .text("witnessmark:method", text(mark, "method"))
            .refers("uco-core:object", subject)
            .refers_all("uco-core:object", photo(maker, text(mark, "photo")));
        let name = maker.keep(node);
        for (place, reading) in items(mark, "readings") {
            let role = format!("{role}/{place}");
            let read = joined(&[
                text(reading, "value"),
                text(reading, "as_edtf"),
                text(reading, "basis"),
            ]);
            let node = maker
                .object(&role, &[ANNOTATION, "witnessmark:Reading"])
                .text("uco-core:statement", format!("Read as {read}"))
                .refers("uco-core:object", &name)
                .maybe_holds("uco-core:hasFacet", maker.confidence(&role, reading));
            maker.keep(node);
        }
    }
}

/// The attached file with this digest.
fn photo(maker: &Maker<'_>, sha256: &str) -> Option<String> {
    let mut files = items(&maker.json, "attachments").into_iter();
    let file = files.find(|(_, file)| text(file, "sha256") == sha256)?;
    Some(maker.name(&file.0))
}

/// Date codes: the code, the scheme it is taken for, and the others that it fits.
fn date_codes(maker: &mut Maker<'_>, subject: &str) {
    for (role, code) in items(&maker.body.clone(), "date_codes") {
        let mut said = vec![reading(code)];
        said.extend(
            items(code, "alternatives")
                .iter()
                .map(|(_, it)| reading(it)),
        );
        let marked = text(code, "as_marked");
        let node = maker
            .object(&role, &[ANNOTATION, "witnessmark:DateCode"])
            .text(
                "uco-core:statement",
                format!("Date code {marked}: {}", said.join("; or ")),
            )
            .text("witnessmark:asMarked", marked)
            .text("witnessmark:edtf", text(code, "derived"))
            .refers("uco-core:object", subject);
        maker.keep(node);
    }
}

fn reading(code: &Json) -> String {
    let scheme = match text(code, "scheme") {
        "" => "of an unknown scheme",
        scheme => scheme,
    };
    joined(&[scheme, text(code, "derived")])
}

/// An analysis: an action with its instruments; each result an assertion.
pub(super) fn laboratory(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let laboratory = maker.party("laboratory", body.get("laboratory"));
    let operator = maker.party("operator", body.get("operator"));
    let place = maker.own_place();
    let mut instruments = Vec::new();
    for (at, instrument) in texts(&body, "instruments").into_iter().enumerate() {
        let node = maker
            .object(&format!("instruments[{at}]"), &["uco-tool:Tool"])
            .text("uco-core:name", instrument);
        instruments.push(maker.keep(node));
    }
    let mut results = Vec::new();
    for (role, result) in items(&body, "results") {
        let figure = |name: &str| result.get(name).map(amount).unwrap_or_default();
        let uncertainty = match figure("uncertainty") {
            none if none.is_empty() => none,
            some => format!("within {some} to either side"),
        };
        let said = joined(&[
            text(result, "quantity"),
            &figure("value"),
            &uncertainty,
            text(result, "coverage"),
            text(result, "finding"),
        ]);
        let node = maker
            .object(&role, &[ASSERTION, "witnessmark:LabResult"])
            .text("uco-core:statement", said);
        results.push(maker.keep(node));
    }
    let custody = text(&body, "sample_custody");
    let custody = (!custody.is_empty()).then(|| crate::case::record::subject_name(custody));
    let sample = (!text(&body, "sample").is_empty()).then(|| {
        let node = maker
            .object("sample", &[ITEM, "witnessmark:Sample"])
            .text("uco-core:name", text(&body, "sample"));
        maker.keep(node)
    });
    let objects = maker.targets("about");
    let node = maker
        .subject(&[INVESTIGATIVE, "uco-analysis:Analysis"])
        .refers_all("uco-action:performer", laboratory)
        .refers_all("uco-action:participant", operator)
        .refers_all("uco-action:location", place)
        .refers_all("uco-action:instrument", instruments)
        .refers_all("uco-action:object", objects)
        .refers_all("uco-action:object", sample)
        .refers_all("uco-action:result", results)
        .refers_all("case-investigation:wasInformedBy", custody);
    span(node, "uco-action", text(&maker.json, "documented"))
}

/// A quantity in a few words.
fn amount(quantity: &Json) -> String {
    let bound = |name: &str, words: &str| match text(quantity, name) {
        "" => String::new(),
        number => format!("{words}{number}"),
    };
    let said = joined(&[
        &bound("exact", ""),
        &bound("approx", "about "),
        &bound("min", "at least "),
        &bound("max", "at most "),
    ]);
    format!("{said} {}", text(quantity, "unit"))
        .trim_end()
        .to_owned()
}
