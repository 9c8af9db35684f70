//! What each kind of record is in the ontology.

mod findings;
mod goods;
mod says;

use witnessmark_record::RecordKind;

use super::node::Node;
use super::record::{Maker, text};
use super::when::span;

const EVENT: &str = "uco-core:Event";
const ITEM: &str = "uco-core:Item";
const ACTION: &str = "uco-action:Action";
const INVESTIGATIVE: &str = "case-investigation:InvestigativeAction";
const ASSERTION: &str = "uco-core:Assertion";
const ANNOTATION: &str = "uco-core:Annotation";

/// What the record is about. What else it tells of is kept in the maker.
pub(super) fn subject(maker: &mut Maker<'_>) -> Node {
    use RecordKind as Kind;
    match maker.kind {
        Some(Kind::StrikeEvent) => strike(maker),
        Some(Kind::WreckageFinding) => findings::wreckage(maker),
        Some(Kind::ComponentObservation) => findings::component(maker),
        Some(Kind::LabAnalysis) => findings::laboratory(maker),
        Some(Kind::InterceptedShipment) => goods::shipment(maker),
        Some(Kind::CustodyTransfer) => goods::custody(maker),
        Some(Kind::MediaCapture) => goods::capture(maker),
        Some(Kind::Statement) => says::statement(maker),
        Some(Kind::TraceRequest) => says::trace_request(maker),
        Some(Kind::TraceResponse) => says::trace_response(maker),
        Some(Kind::Attestation) => says::attestation(maker),
        Some(Kind::Correction) => says::correction(maker),
        Some(Kind::Withdrawal) => says::withdrawal(maker),
        Some(Kind::Erasure) => says::erasure(maker),
        Some(Kind::Disclosure) => says::disclosure(maker),
        // A kind that this version does not map yet: what it says stands in words and in the record itself.
        Some(_) | None => maker.subject(&["uco-core:UcoObject"]),
    }
}

/// An attack: an event, never an action, for the ontology keeps the two apart and nobody here says who acted.
fn strike(maker: &mut Maker<'_>) -> Node {
    let body = maker.body.clone();
    let subject = maker.name("subject");
    let mut context: Vec<String> = maker.own_place().into_iter().collect();
    for list in ["locations_hit", "launch_areas_claimed"] {
        for (role, place) in super::record::items(&body, list) {
            let Some(name) = maker.place(&role, Some(place)) else {
                continue;
            };
            if list == "locations_hit" {
                context.push(name);
            } else {
                let role = format!("{role}/relationship");
                maker.relate(&role, (&subject, "launched_from_claimed", &name));
            }
        }
    }
    if let Some(actor) = maker.party("actor_claimed", body.get("actor_claimed")) {
        let role = "actor_claimed/relationship";
        maker.relate(role, (&subject, "carried_out_by_claimed", &actor));
    }
    findings::identifications(maker, "weapon_claims", &subject);
    let kind = format!("strike: {}", text(&body, "event_class"));
    let node = maker
        .subject(&[EVENT, "witnessmark:Strike"])
        .text("uco-core:eventType", kind.replace('_', " "))
        .refers_all("uco-core:eventContext", context);
    span(node, "uco-core", text(&maker.json, "occurred"))
}
