//! Shipments of the data.

use witnessmark_record::v1;

use super::shared::{bounds, edtf, exactly, maybe_word, party, quantity, word, written_place};
use super::source::{Fault, Object};

pub(super) fn read(mut from: Object) -> Result<v1::InterceptedShipment, Fault> {
    let (status, mode) = (from.text("status")?, from.text("mode")?);
    let origin = [
        from.text("origin_country")?,
        from.text("origin_country_claimed")?,
    ];
    let shipment = v1::InterceptedShipment {
        status: status_of(&status)?.into(),
        mode: maybe_word::<v1::TransportMode>("TRANSPORT_MODE", "mode", &mode)?.into(),
        conveyances: conveyances(&mut from)?,
        voyage: voyage(&mut from)?,
        cargo: cargo(&mut from)?,
        totals: totals(&mut from)?,
        documents: documents(&mut from)?,
        parties: parties(&mut from)?,
        transfers: from
            .object("transfer")?
            .map(transfer)
            .transpose()?
            .into_iter()
            .collect(),
        concealment: from.text("concealment")?,
        crew: quantity(&mut from, "crew")?,
        origin_country_claimed: origin.concat(),
        manufacture_country_claimed: from.text("manufacture_country_claimed")?,
        destination_country: from.text("destination_country")?,
        destination_claimed: from.text("destination_claimed")?,
        observation_method: from.text("method")?,
        limits_stated: from.texts("limits_stated")?,
        ..v1::InterceptedShipment::default()
    };
    from.finish()?;
    Ok(shipment)
}

/// What a title calls the shipment: its vessel, or what was said to be in it.
pub(super) fn name(shipment: &v1::InterceptedShipment) -> String {
    let vessels = shipment.conveyances.iter();
    let names: Vec<&str> = vessels
        .map(|it| {
            if it.name.is_empty() {
                &it.r#type
            } else {
                &it.name
            }
        })
        .map(String::as_str)
        .collect();
    if !names.is_empty() {
        return names.join(" and ");
    }
    shipment
        .cargo
        .first()
        .map_or_else(String::new, |goods| goods.declared.clone())
}

fn status_of(text: &str) -> Result<v1::ShipmentStatus, Fault> {
    Ok(match text {
        "observed_not_intercepted" => v1::ShipmentStatus::Observed,
        "listed_not_intercepted" => v1::ShipmentStatus::Listed,
        "detained" => v1::ShipmentStatus::Detained,
        "interdicted" => v1::ShipmentStatus::Interdicted,
        "seized" => v1::ShipmentStatus::Seized,
        "seized_in_transit" => v1::ShipmentStatus::SeizedInTransit,
        other => return Err(Fault::word("status", other)),
    })
}

fn conveyances(from: &mut Object) -> Result<Vec<v1::Conveyance>, Fault> {
    let mut all = from.objects("vessels", vessel)?;
    if let Some(only) = from.object("vessel")? {
        all.push(vessel(only)?);
    }
    if let Some(mut only) = from.object("aircraft")? {
        all.push(v1::Conveyance {
            kind: v1::ConveyanceKind::Aircraft.into(),
            r#type: only.text("type")?,
            ..v1::Conveyance::default()
        });
        only.finish()?;
    }
    Ok(all)
}

/// A vessel of a shipment or of a listing.
pub(super) fn vessel(mut from: Object) -> Result<v1::Conveyance, Fault> {
    let former = from.text("former_name")?;
    let owner = from.text("owner")?;
    let operator = from.text("operator")?;
    let company = |name: String, role| {
        (!name.is_empty()).then(|| party(name, v1::PartyType::Organisation, role))
    };
    let vessel = v1::Conveyance {
        kind: v1::ConveyanceKind::Vessel.into(),
        name: from.text("name")?,
        r#type: from.text("type")?,
        identifiers: identifiers(&mut from)?,
        flag_claimed: from.text("flag_claimed")?,
        flag_actual: from.text("flag_actual")?,
        owner: company(owner, v1::PartyRole::Owner),
        operator: company(operator, v1::PartyRole::Operator),
        former_names: if former.is_empty() {
            Vec::new()
        } else {
            vec![former]
        },
        disposition: from.text("disposition")?,
    };
    from.finish()?;
    Ok(vessel)
}

fn identifiers(from: &mut Object) -> Result<Vec<v1::Identifier>, Fault> {
    let mut all = declared(v1::IdentifierScheme::ImoShip, from.number("imo")?);
    all.extend(declared(v1::IdentifierScheme::Mmsi, from.text("mmsi")?));
    let listed = from.text("imo_as_listed")?;
    match listed.as_str() {
        "" => {}
        "Does not exist" => all.push(v1::Identifier {
            scheme: v1::IdentifierScheme::ImoShip.into(),
            as_seen: listed,
            status: v1::IdentifierStatus::NotAssigned.into(),
            ..v1::Identifier::default()
        }),
        other => return Err(Fault::word("imo_as_listed", other)),
    }
    Ok(all)
}

/// A number that a document or a list declares; what was written is also its normal form.
fn declared(scheme: v1::IdentifierScheme, number: String) -> Vec<v1::Identifier> {
    if number.is_empty() {
        return Vec::new();
    }
    vec![v1::Identifier {
        scheme: scheme.into(),
        as_seen: number.clone(),
        normalised: number,
        status: v1::IdentifierStatus::Declared.into(),
        ..v1::Identifier::default()
    }]
}

fn voyage(from: &mut Object) -> Result<Option<v1::Voyage>, Fault> {
    let signals = v1::PositionSignals {
        gap_reported: from.yes("ais_gap")?,
        last_received: edtf(from, "ais_last")?,
        gaps: Vec::new(),
    };
    let voyage = v1::Voyage {
        port_calls: port_calls(from)?,
        position_signals: (signals != v1::PositionSignals::default()).then_some(signals),
        trips: quantity(from, "trips")?,
        round_trips: quantity(from, "round_trips")?,
        group_trips: quantity(from, "group_trips_with_other_three_vessels")?,
        onward: from.object("onward")?.map(onward).transpose()?,
        ..v1::Voyage::default()
    };
    Ok((voyage != v1::Voyage::default()).then_some(voyage))
}

fn port_calls(from: &mut Object) -> Result<Vec<v1::PortCall>, Fault> {
    let mut calls = Vec::new();
    for (member, role) in [
        ("departed", v1::PortCallRole::Departure),
        ("load_port", v1::PortCallRole::Load),
        ("discharge_port", v1::PortCallRole::Discharge),
    ] {
        if let Some(port) = from.object(member)? {
            calls.push(port_call(port, role)?);
        }
    }
    for text in from.texts("route")? {
        calls.push(v1::PortCall {
            role: v1::PortCallRole::Waypoint.into(),
            place: Some(written_place(&text)),
            date: String::new(),
        });
    }
    Ok(calls)
}

fn port_call(mut from: Object, role: v1::PortCallRole) -> Result<v1::PortCall, Fault> {
    let alias = |name| v1::PlaceName {
        name,
        script: String::new(),
    };
    let call = v1::PortCall {
        role: role.into(),
        place: Some(v1::Place {
            country: from.text("country")?,
            locality: [from.text("name")?, from.text("port")?].concat(),
            names: from.texts("aliases")?.into_iter().map(alias).collect(),
            ..v1::Place::default()
        }),
        date: edtf(&mut from, "date")?,
    };
    from.finish()?;
    Ok(call)
}

fn onward(mut from: Object) -> Result<v1::OnwardLeg, Fault> {
    let mode = from.text("mode")?;
    let leg = v1::OnwardLeg {
        mode: word::<v1::TransportMode>("TRANSPORT_MODE", "mode", &mode)?.into(),
        to: from.text("to")?,
        distance_to_border: Some(exactly(from.number("distance_to_border_km")?, "km")),
    };
    from.finish()?;
    Ok(leg)
}

/// Declared, found and merely claimed goods are items of their own: the sources do not say which belongs to which.
fn cargo(from: &mut Object) -> Result<Vec<v1::CargoItem>, Fault> {
    let mut items = Vec::new();
    let declared = from.text("declared_cargo")?;
    if !declared.is_empty() {
        items.push(v1::CargoItem {
            declared,
            packages: quantity(from, "packages")?,
            ..v1::CargoItem::default()
        });
    }
    if let Some(mut cover) = from.object("declared_or_cover_cargo")? {
        items.push(v1::CargoItem {
            declared: cover.text("description")?,
            may_be_cover: true,
            mass: quantity(&mut cover, "weight")?,
            ..v1::CargoItem::default()
        });
        cover.finish()?;
    }
    let mut actual = from.objects("actual_cargo", found)?;
    let origins = (from.text("declared_origin")?, from.text("actual_origin")?);
    match actual.as_mut_slice() {
        [only] => (only.origin_declared, only.origin_actual) = origins,
        _ if origins.0.is_empty() && origins.1.is_empty() => {}
        _ => return Err(Fault::word("declared_origin", &origins.0)),
    }
    items.append(&mut actual);
    let claimed = from.text("cargo_claimed")?;
    if !claimed.is_empty() {
        items.push(v1::CargoItem {
            claimed,
            ..v1::CargoItem::default()
        });
    }
    Ok(items)
}

fn found(mut from: Object) -> Result<v1::CargoItem, Fault> {
    let item = v1::CargoItem {
        actual: from.text("description")?,
        quantity: quantity(&mut from, "quantity")?,
        packages: quantity(&mut from, "packages")?,
        mass: quantity(&mut from, "weight")?,
        value: quantity(&mut from, "value")?,
        ..v1::CargoItem::default()
    };
    from.finish()?;
    Ok(item)
}

fn totals(from: &mut Object) -> Result<Vec<v1::ShipmentTotal>, Fault> {
    let mut totals = Vec::new();
    for (member, kind) in [
        ("containers", v1::TotalKind::ContainersFound),
        ("containers_seen", v1::TotalKind::ContainersSeen),
        ("containers_total_claimed", v1::TotalKind::ContainersClaimed),
        ("arms_weight", v1::TotalKind::ArmsMass),
    ] {
        if let Some(mut total) = from.object(member)? {
            totals.push(v1::ShipmentTotal {
                kind: kind.into(),
                value: Some(bounds(&mut total)?),
                when: edtf(&mut total, "when")?,
                stated_by: total.text("by")?,
            });
            total.finish()?;
        }
    }
    Ok(totals)
}

fn documents(from: &mut Object) -> Result<Vec<v1::ShipmentDocument>, Fault> {
    let mut documents = from.texts("routing_documents")?;
    documents.push(from.text("document")?);
    documents.retain(|text| !text.is_empty());
    documents.into_iter().map(document).collect()
}

fn document(description: String) -> Result<v1::ShipmentDocument, Fault> {
    let kind = if description == "bill of lading" {
        v1::DocumentType::BillOfLading
    } else if description.starts_with("flight plan") {
        v1::DocumentType::FlightPlan
    } else {
        return Err(Fault::word("document", &description));
    };
    Ok(v1::ShipmentDocument {
        r#type: kind.into(),
        description,
        ..v1::ShipmentDocument::default()
    })
}

fn parties(from: &mut Object) -> Result<Vec<v1::Party>, Fault> {
    let mut parties = Vec::new();
    for (member, role) in [
        ("shipper", v1::PartyRole::Shipper),
        ("consignee", v1::PartyRole::Consignee),
    ] {
        if let Some(company) = from.object(member)? {
            parties.push(trader(company, role)?);
        }
    }
    for (member, role) in [
        ("consignee_reported", v1::PartyRole::Consignee),
        ("end_user_reported", v1::PartyRole::EndUser),
    ] {
        let name = from.text(member)?;
        if !name.is_empty() {
            parties.push(party(name, v1::PartyType::StateBody, role));
        }
    }
    Ok(parties)
}

fn trader(mut from: Object, role: v1::PartyRole) -> Result<v1::Party, Fault> {
    let name = from.text("name")?;
    let address = [from.text("place")?, from.text("address_note")?].concat();
    let country = written_place(&address).country;
    from.finish()?;
    let kind = if name.is_empty() {
        v1::PartyType::Unknown
    } else {
        v1::PartyType::Organisation
    };
    Ok(v1::Party {
        country,
        address,
        ..party(name, kind, role)
    })
}

fn transfer(mut from: Object) -> Result<v1::CargoTransfer, Fault> {
    let kind = from.text("type")?;
    let counterpart = v1::Conveyance {
        kind: v1::ConveyanceKind::Vessel.into(),
        name: from.text("counterpart")?,
        identifiers: declared(
            v1::IdentifierScheme::ImoShip,
            from.number("counterpart_imo")?,
        ),
        flag_claimed: from.text("counterpart_flag")?,
        ..v1::Conveyance::default()
    };
    let transfer = v1::CargoTransfer {
        r#type: word::<v1::TransferType>("TRANSFER_TYPE", "type", &kind)?.into(),
        counterpart: Some(counterpart),
        cargo: from.text("cargo")?,
        value: quantity(&mut from, "value")?,
        date: String::new(),
    };
    from.finish()?;
    Ok(transfer)
}
