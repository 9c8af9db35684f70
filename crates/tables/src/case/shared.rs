//! What many records have in common: organisations, parties, markings, places, identifiers and files.

use serde_json::Value as Json;

use super::node::Node;
use super::record::{Maker, items, text, texts};
use crate::degrees;

/// The texts that are not empty, with commas between them.
pub(super) fn joined(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|it| !it.is_empty()).collect();
    parts.join(", ")
}

/// The name of an organisation that signs.
pub(super) fn org_name(org: &str) -> String {
    format!("org/{org}")
}

/// An organisation that signs, by its name in the ledger.
pub(super) fn org(org: &str) -> Node {
    Node::new(org_name(org), &["uco-identity:Organization"])
        .text("uco-core:name", org)
        .text(
            "uco-core:description",
            "An organisation that signs records, by the name under which the ledger knows it.",
        )
}

/// The party that makes the claim of a record.
pub(super) fn asserter(record: &Json) -> Option<Node> {
    let by = record.get("asserted_by")?;
    // The same party in two records is one node: its name is made of all that is said of it.
    Some(
        Node::new(format!("asserter/{by}"), &["uco-identity:Organization"])
            .text("uco-core:name", text(by, "name"))
            .text(
                "uco-core:description",
                "A party that records name as making a claim. Being named is no signature.",
            )
            .text("witnessmark:partyType", text(by, "type"))
            .text("witnessmark:country", text(by, "country"))
            .maybe_holds(
                "uco-core:externalReference",
                code(text(by, "code"), &format!("asserter/{by}")),
            ),
    )
}

fn code(code: &str, name: &str) -> Option<Node> {
    (!code.is_empty()).then(|| {
        Node::new(format!("{name}/code"), &["uco-core:ExternalReference"])
            .text("uco-core:definingContext", "code that the signer uses")
            .text("uco-core:externalIdentifier", code)
    })
}

/// The markings of a record, each a node that all records with the same marking share.
pub(super) fn markings(record: &Json) -> Vec<Node> {
    let Some(marking) = record.get("marking") else {
        return Vec::new();
    };
    let mut made = Vec::new();
    let tlp = text(marking, "tlp");
    if !tlp.is_empty() {
        let colour = tlp.to_ascii_uppercase().replace('_', "+");
        made.push(statement(&format!("TLP:{colour}")));
    }
    let until = text(marking, "embargo_until");
    if !until.is_empty() {
        made.push(statement(&format!(
            "Held back until {until}. A label, not a lock."
        )));
    }
    let flags = texts(marking, "content_flags").into_iter();
    made.extend(flags.map(|flag| statement(&format!("Content: {}", flag.replace('_', " ")))));
    let release = texts(marking, "release_to");
    if !release.is_empty() {
        let name = format!("marking/release/{}", Json::from(release.clone()));
        let model = Node::new(format!("{name}/model"), &["uco-marking:ReleaseToMarking"])
            .text("uco-marking:definitionType", "release-to");
        let model = release.into_iter().fold(model, |model, to| {
            model.text("uco-marking:authorizedIdentities", to)
        });
        made.push(definition(name, "release-to", model));
    }
    let terms = [
        ("Legal basis of keeping it", text(marking, "legal_basis")),
        (
            "Keeping it is to be reviewed by",
            text(marking, "review_by"),
        ),
    ];
    for (words, said) in terms.into_iter().filter(|(_, said)| !said.is_empty()) {
        let said = format!("{words}: {said}");
        let name = format!("marking/terms/{said}");
        let model = Node::new(format!("{name}/model"), &["uco-marking:TermsOfUseMarking"])
            .text("uco-marking:definitionType", "terms-of-use")
            .text("uco-marking:termsOfUse", said);
        made.push(definition(name, "terms-of-use", model));
    }
    made
}

fn statement(words: &str) -> Node {
    let name = format!("marking/statement/{words}");
    let model = Node::new(format!("{name}/model"), &["uco-marking:StatementMarking"])
        .text("uco-marking:definitionType", "statement")
        .text("uco-marking:statement", words);
    definition(name, "statement", model)
}

fn definition(name: String, kind: &str, model: Node) -> Node {
    Node::new(name, &["uco-marking:MarkingDefinition"])
        .text("uco-marking:definitionType", kind)
        .holds("uco-marking:definition", model)
}

/// A party.
pub(super) fn party(maker: &Maker<'_>, role: &str, party: &Json) -> Node {
    let kind = text(party, "type");
    let class = match kind {
        "person" => "uco-identity:Person",
        "organisation" | "state_body" => "uco-identity:Organization",
        "conveyance" | "store" => "uco-core:Item",
        _ => "uco-identity:Identity",
    };
    let name = joined(&[
        text(party, "name_as_written"),
        text(party, "transliteration"),
        text(party, "office"),
    ]);
    let node = maker
        .object(role, &[class])
        .text("uco-core:name", name)
        .text("uco-core:description", text(party, "address"))
        .text("witnessmark:partyType", kind)
        .text("witnessmark:partyRole", text(party, "role"))
        .text("witnessmark:country", text(party, "country"));
    identified(maker, node, role, items(party, "identifiers"))
}

/// Adds identifiers: what was seen, and what it is read as beside it.
pub(super) fn identified(
    maker: &Maker<'_>,
    node: Node,
    role: &str,
    identifiers: Vec<(String, &Json)>,
) -> Node {
    identifiers.into_iter().fold(node, |node, (place, one)| {
        let reference = identifier(maker, &format!("{role}/{place}"), one);
        node.holds("uco-core:externalReference", reference)
    })
}

/// An identifier as a reference to whoever gave it.
pub(super) fn identifier(maker: &Maker<'_>, role: &str, one: &Json) -> Node {
    let context = joined(&[
        text(one, "scheme"),
        text(one, "edition"),
        text(one, "issuer"),
    ]);
    let (seen, normalised) = (text(one, "as_seen"), text(one, "normalised"));
    let shown = if seen.is_empty() { normalised } else { seen };
    Node::new(maker.name(role), &["uco-core:ExternalReference"])
        .text("uco-core:definingContext", context)
        .text("uco-core:externalIdentifier", shown)
        .text("witnessmark:normalised", normalised)
        .text("witnessmark:identifierStatus", text(one, "status"))
}

/// A place: its parts as an address, its point with the radius in which the true place lies.
pub(super) fn place(maker: &Maker<'_>, role: &str, place: &Json) -> Node {
    let parts = ["detail", "locality", "admin1", "region", "country"];
    let name = joined(&parts.map(|part| text(place, part)));
    let address = Node::new(
        maker.name(&format!("{role}/address")),
        &["uco-location:SimpleAddressFacet"],
    )
    .text("uco-location:country", text(place, "country"))
    .text(
        "uco-location:region",
        joined(&[text(place, "admin1"), text(place, "region")]),
    )
    .text("uco-location:locality", text(place, "locality"))
    .text("witnessmark:detail", text(place, "detail"));
    let point = place
        .get("point")
        .map(|point| coordinates(maker, role, point));
    let node = maker
        .object(role, &["uco-location:Location"])
        .text("uco-core:name", name)
        .text("witnessmark:asWritten", text(place, "as_written"))
        .holds("uco-core:hasFacet", address)
        .maybe_holds("uco-core:hasFacet", point);
    items(place, "names")
        .into_iter()
        .fold(node, |node, (_, it)| {
            node.text("witnessmark:otherName", text(it, "name"))
        })
}

fn coordinates(maker: &Maker<'_>, role: &str, point: &Json) -> Node {
    // A coordinate of zero is a default, which the form of drafts leaves out.
    let units = |name: &str| point.get(name).and_then(Json::as_i64).unwrap_or(0);
    let shown = |name: &str| degrees::show(i32::try_from(units(name)).unwrap_or_default());
    Node::new(
        maker.name(&format!("{role}/point")),
        &["uco-location:LatLongCoordinatesFacet"],
    )
    .typed("uco-location:latitude", "xsd:decimal", shown("lat_e7"))
    .typed("uco-location:longitude", "xsd:decimal", shown("lon_e7"))
    .typed(
        "witnessmark:uncertaintyMetres",
        "xsd:nonNegativeInteger",
        units("uncertainty_m").to_string(),
    )
    .text("witnessmark:pointBasis", text(point, "basis"))
}

/// A file by its digests; the ledger has never held it.
pub(super) fn file(maker: &Maker<'_>, role: &str, file: &Json) -> Node {
    let size = file.get("size").and_then(Json::as_u64);
    let size = size.map(|size| size.to_string()).unwrap_or_default();
    let content = Node::new(
        maker.name(&format!("{role}/content")),
        &["uco-observable:ContentDataFacet"],
    )
    .text("uco-observable:mimeType", text(file, "media_type"))
    .typed("uco-observable:sizeInBytes", "xsd:integer", size.as_str())
    .maybe_holds(
        "uco-observable:hash",
        hash(maker, role, "SHA256", text(file, "sha256")),
    )
    .maybe_holds(
        "uco-observable:hash",
        hash(maker, role, "SHA512", text(file, "sha512")),
    );
    let facet = Node::new(
        maker.name(&format!("{role}/file")),
        &["uco-observable:FileFacet"],
    )
    .text("uco-observable:fileName", text(file, "name"))
    .typed("uco-observable:sizeInBytes", "xsd:integer", size);
    maker
        .object(role, &["uco-observable:File"])
        .text("uco-core:name", text(file, "name"))
        .text("witnessmark:fileRole", text(file, "role"))
        .holds("uco-core:hasFacet", facet)
        .holds("uco-core:hasFacet", content)
}

/// A digest in hexadecimal digits.
pub(super) fn hash(maker: &Maker<'_>, role: &str, method: &str, digits: &str) -> Option<Node> {
    (!digits.is_empty()).then(|| {
        Node::new(
            maker.name(&format!("{role}/{}", method.to_ascii_lowercase())),
            &["uco-types:Hash"],
        )
        .text("uco-types:hashMethod", method)
        .typed("uco-types:hashValue", "xsd:hexBinary", digits)
    })
}
