//! What a field asks of the quantity or the identifier that stands in it: a count is no mass, a container no ship.

use super::walk::typed;
use crate::descriptor::join;
use crate::table::{Field, Message};
use crate::{Problem, codes, v1};

/// What a quantity is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Things,
    Mass,
    Distance,
}

/// What the field is for, when it is for one sort of quantity only.
fn quantity_of(message: &str, field: &str) -> Option<Of> {
    match (message, field) {
        ("Casualties", _)
        | ("StrikeEvent", "munition_count" | "impacts")
        | ("WreckageFinding", "item_count" | "launched_total_claimed" | "brands_found")
        | ("Examination", "inspectors")
        | ("ComponentObservation" | "Identification", "count")
        | ("Aggregate", "brand_count")
        | ("CargoItem", "packages")
        | ("Voyage", "trips" | "round_trips" | "group_trips")
        | ("InterceptedShipment", "crew") => Some(Of::Things),
        ("CargoItem", "mass") => Some(Of::Mass),
        ("OnwardLeg", "distance_to_border") => Some(Of::Distance),
        _ => None,
    }
}

/// Checks what stands in `field`, somewhere in a record: a message, and its bytes.
pub(super) fn check(
    field: &Field,
    (message, bytes): (&Message, &[u8]),
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let place = (field.message.as_str(), field.name.as_str());
    match message.name.as_str() {
        "Quantity" => {
            if let Some(of) = quantity_of(place.0, place.1) {
                check_quantity(of, &typed(bytes), path, problems);
            }
        }
        "ShipmentTotal" => check_total(&typed(bytes), path, problems),
        "Identifier" => {
            let wanted = match place {
                ("InterceptedShipment", "containers") => v1::IdentifierScheme::Container,
                (_, "hs_code") => v1::IdentifierScheme::Hs,
                _ => return,
            };
            check_scheme(wanted, &typed(bytes), path, problems);
        }
        _ => {}
    }
}

fn check_total(total: &v1::ShipmentTotal, path: &str, problems: &mut Vec<Problem>) {
    let of = match total.kind() {
        v1::TotalKind::Unspecified => return,
        v1::TotalKind::ContainersFound
        | v1::TotalKind::ContainersSeen
        | v1::TotalKind::ContainersClaimed => Of::Things,
        v1::TotalKind::ArmsMass => Of::Mass,
    };
    if let Some(value) = &total.value {
        check_quantity(of, value, &join(path, "value"), problems);
    }
}

fn check_quantity(of: Of, quantity: &v1::Quantity, path: &str, problems: &mut Vec<Problem>) {
    let (units, fix): (&[&str], _) = match of {
        Of::Things => (&[""], "It counts things: leave the unit out"),
        Of::Mass => (&["g", "kg", "t"], "It is a mass: give g, kg or t"),
        Of::Distance => (&["mm", "m", "km"], "It is a distance: give mm, m or km"),
    };
    if !units.contains(&quantity.unit.as_str()) {
        problems.push(codes::UNIT_FIELD.at(join(path, "unit"), &quantity.unit, fix));
    }
    let numbers = [
        ("exact", &quantity.exact),
        ("min", &quantity.min),
        ("max", &quantity.max),
        ("approx", &quantity.approx),
    ];
    for (name, number) in numbers {
        if number.starts_with('-') || of == Of::Things && number.contains('.') {
            let fix = "Write what was counted or measured: never less than zero, and things in whole numbers";
            problems.push(codes::UNIT_FIELD.at(join(path, name), number, fix));
        }
    }
}

fn check_scheme(
    wanted: v1::IdentifierScheme,
    identifier: &v1::Identifier,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    let scheme = identifier.scheme();
    // A missing scheme is told already.
    if scheme == wanted || scheme == v1::IdentifierScheme::Unspecified {
        return;
    }
    let word = |scheme: v1::IdentifierScheme| {
        let name = scheme.as_str_name();
        let name = name.strip_prefix("IDENTIFIER_SCHEME_").unwrap_or(name);
        name.to_ascii_lowercase()
    };
    let fix = format!(
        "Write {}, also for a number that is wrong or of no such list; it stands in as_seen as it was seen",
        word(wanted)
    );
    problems.push(codes::IDENTIFIER_SCHEME.at(join(path, "scheme"), word(scheme), fix));
}
