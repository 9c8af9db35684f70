//! Strikes of the data.

use witnessmark_record::v1;

use super::shared::{casualties, identified, quantity, word, written_place};
use super::source::{Fault, Object};

pub(super) fn read(mut from: Object, country: &str) -> Result<v1::StrikeEvent, Fault> {
    let class = from.text("weapon_class")?;
    let class: v1::WeaponClass = word("WEAPON_CLASS", "weapon_class", &class)?;
    let effect = from.text("effect")?;
    let target = from.text("target_type")?;
    let strike = v1::StrikeEvent {
        // The data know missiles only; another class of weapon would have no word here.
        event_class: v1::EventClass::Missile.into(),
        weapon_class: class.into(),
        weapon_claims: claims(&mut from)?,
        munition_count: quantity(&mut from, "munition_count")?,
        impacts: quantity(&mut from, "impacts")?,
        local_time: local_time(from.text("local_time_approx")?),
        launch_areas_claimed: areas(&from.text("launch_area_claimed")?),
        target_type: target_type(&target)?.into(),
        target_description: if target.contains(' ') {
            target
        } else {
            String::new()
        },
        locations_hit: locations(from.texts("locations_hit")?, country),
        interception: interception(&effect).into(),
        effect,
        damage: from.text("damage")?,
        casualties: casualties(&mut from)?,
        legal_status: from.text("legal_status")?,
        actor_claimed: None,
    };
    from.finish()?;
    Ok(strike)
}

fn claims(from: &mut Object) -> Result<Vec<v1::Identification>, Fault> {
    let mut claims = identified(from.text("weapon_designation_claimed")?);
    if let Some(claim) = claims.first_mut() {
        claim.claimed_by = from.text("designation_source")?;
        claim.count = quantity(from, "munition_count_of_designation")?;
    }
    Ok(claims)
}

fn local_time(time: String) -> Option<v1::LocalTime> {
    (!time.is_empty()).then_some(v1::LocalTime {
        time,
        approximate: true,
    })
}

fn areas(text: &str) -> Vec<v1::Place> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![written_place(text)]
}

fn locations(names: Vec<String>, country: &str) -> Vec<v1::Place> {
    let place = |locality| v1::Place {
        country: country.to_owned(),
        locality,
        ..v1::Place::default()
    };
    names.into_iter().map(place).collect()
}

fn target_type(text: &str) -> Result<v1::TargetType, Fault> {
    match text {
        "" => Ok(v1::TargetType::Unspecified),
        "residential" => Ok(v1::TargetType::Residential),
        "industrial" => Ok(v1::TargetType::Industrial),
        text if text.starts_with("civilian objects") => Ok(v1::TargetType::Civilian),
        other => Err(Fault::word("target_type", other)),
    }
}

fn interception(effect: &str) -> v1::Interception {
    if effect == "shot down" {
        v1::Interception::Intercepted
    } else {
        v1::Interception::Unspecified
    }
}
