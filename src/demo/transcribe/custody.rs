//! Changes of custody of the data.

use witnessmark_record::v1;

use super::shared::{edtf, party};
use super::source::{Fault, Object};

pub(super) fn read(mut from: Object) -> Result<v1::CustodyTransfer, Fault> {
    let custody = v1::CustodyTransfer {
        item: from.text("item")?,
        from: holder(from.text("from")?, v1::PartyRole::Giver),
        to: holder(from.text("to")?, v1::PartyRole::Taker),
        reason: from.text("reason")?,
        steps: from.objects("steps", step)?,
        ..v1::CustodyTransfer::default()
    };
    from.finish()?;
    Ok(custody)
}

/// A holder of the data is a vessel or a state's authorities.
fn holder(name: String, role: v1::PartyRole) -> Option<v1::Party> {
    let kind = if name.starts_with("vessel ") {
        v1::PartyType::Conveyance
    } else {
        v1::PartyType::StateBody
    };
    (!name.is_empty()).then(|| party(name, kind, role))
}

fn step(mut from: Object) -> Result<v1::CustodyStep, Fault> {
    let description = from.text("event")?;
    let event = if description.starts_with("seized") {
        v1::CustodyEvent::Seized
    } else if description == "judgment of forfeiture" {
        v1::CustodyEvent::Forfeited
    } else {
        v1::CustodyEvent::Unspecified
    };
    let step = v1::CustodyStep {
        date: edtf(&mut from, "date")?,
        event: event.into(),
        description,
    };
    from.finish()?;
    Ok(step)
}
