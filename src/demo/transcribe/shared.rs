//! What several kinds of the data have in common: words, quantities, places, parties, identifications.

use witnessmark_record::v1;

use super::source::{Fault, Object};

/// An enumeration of the schema, whose values are found by name.
pub(super) trait Word: Sized {
    /// The value with this name in the schema.
    fn named(name: &str) -> Option<Self>;
}

macro_rules! words {
    ($($name:ident),*) => {
        $(impl Word for v1::$name {
            fn named(name: &str) -> Option<Self> {
                Self::from_str_name(name)
            }
        })*
    };
}

words!(
    AsserterType,
    Basis,
    ComponentClass,
    ItemClass,
    LinkRel,
    PointBasis,
    StatementType,
    TransferType,
    TransportMode,
    WeaponClass
);

/// The value of an enumeration that a word of the data names.
pub(super) fn word<T: Word>(prefix: &str, member: &str, value: &str) -> Result<T, Fault> {
    let name = format!("{prefix}_{}", value.to_ascii_uppercase());
    T::named(&name).ok_or_else(|| Fault::word(member, value))
}

/// A word that may be absent.
pub(super) fn maybe_word<T: Word + Default>(
    prefix: &str,
    member: &str,
    value: &str,
) -> Result<T, Fault> {
    if value.is_empty() {
        return Ok(T::default());
    }
    word(prefix, member, value)
}

/// A date, as it stands.
pub(super) fn edtf(from: &mut Object, name: &str) -> Result<String, Fault> {
    from.text(name)
}

/// A quantity that may be absent.
pub(super) fn quantity(from: &mut Object, name: &str) -> Result<Option<v1::Quantity>, Fault> {
    let Some(mut inner) = from.object(name)? else {
        return Ok(None);
    };
    let quantity = bounds(&mut inner)?;
    inner.finish()?;
    Ok(Some(quantity))
}

/// Takes the bounds and the unit out of an object.
pub(super) fn bounds(from: &mut Object) -> Result<v1::Quantity, Fault> {
    let exact = [
        from.number("exact")?,
        from.number("value")?,
        from.number("amount")?,
    ];
    let min = [from.number("min")?, from.number("min_amount")?];
    let unit = [from.text("unit")?, from.text("currency")?];
    Ok(v1::Quantity {
        exact: exact.concat(),
        min: min.concat(),
        max: from.number("max")?,
        approx: from.number("approx")?,
        strict: false,
        unit: unit.concat(),
    })
}

/// An exact number with a unit.
pub(super) fn exactly(number: String, unit: &str) -> v1::Quantity {
    v1::Quantity {
        exact: number,
        unit: unit.to_owned(),
        ..v1::Quantity::default()
    }
}

/// A place of the data.
pub(super) fn place(mut from: Object) -> Result<v1::Place, Fault> {
    let place = v1::Place {
        country: from.text("country")?,
        region: from.text("region")?,
        admin1: from.text("admin1")?,
        locality: from.text("locality")?,
        detail: from.text("detail")?,
        point: from.object("point")?.map(point).transpose()?,
        ..v1::Place::default()
    };
    from.finish()?;
    Ok(place)
}

fn point(mut from: Object) -> Result<v1::Point, Fault> {
    let (lat, lon) = (from.number("lat")?, from.number("lon")?);
    let basis = from.text("basis")?;
    let point = v1::Point {
        lat_e7: e7(&lat).ok_or_else(|| Fault::word("lat", &lat))?,
        lon_e7: e7(&lon).ok_or_else(|| Fault::word("lon", &lon))?,
        uncertainty_m: from.whole("uncertainty_m")?,
        basis: word::<v1::PointBasis>("POINT_BASIS", "basis", &basis)?.into(),
    };
    from.finish()?;
    Ok(point)
}

/// Decimal degrees as a whole number of 1e-7 degree, without a float on the way.
pub(super) fn e7(degrees: &str) -> Option<i32> {
    let (whole, fraction) = degrees.split_once('.').unwrap_or((degrees, ""));
    if fraction.len() > 7 {
        return None;
    }
    format!("{whole}{fraction:0<7}").parse().ok()
}

/// `Belgorod region, RU` is a place in a country; a text without a country is a region.
pub(super) fn written_place(text: &str) -> v1::Place {
    match text.rsplit_once(", ") {
        Some((name, country)) if country.len() == 2 => v1::Place {
            country: country.to_owned(),
            locality: name.to_owned(),
            as_written: text.to_owned(),
            ..v1::Place::default()
        },
        _ => v1::Place {
            region: text.to_owned(),
            ..v1::Place::default()
        },
    }
}

/// A party by its name.
pub(super) fn party(name: String, kind: v1::PartyType, role: v1::PartyRole) -> v1::Party {
    v1::Party {
        name_as_written: name,
        r#type: kind.into(),
        role: role.into(),
        ..v1::Party::default()
    }
}

/// An identification by its designation; none when there is none.
pub(super) fn identified(designation: String) -> Vec<v1::Identification> {
    if designation.is_empty() {
        return Vec::new();
    }
    vec![v1::Identification {
        designation,
        ..v1::Identification::default()
    }]
}

/// The toll. Only what a source gives is there.
pub(super) fn casualties(from: &mut Object) -> Result<Option<v1::Casualties>, Fault> {
    let missing = quantity(from, "missing")?;
    let Some(mut inner) = from.object("casualties")? else {
        return Ok(missing.map(|missing| v1::Casualties {
            missing: Some(missing),
            ..v1::Casualties::default()
        }));
    };
    let toll = v1::Casualties {
        killed: quantity(&mut inner, "killed")?,
        injured: quantity(&mut inner, "injured")?,
        injured_children: quantity(&mut inner, "injured_children")?,
        missing,
        ..v1::Casualties::default()
    };
    inner.finish()?;
    Ok(Some(toll))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_keep_every_decimal() {
        assert_eq!(e7("47.8388"), Some(478_388_000));
        assert_eq!(e7("-1.24"), Some(-12_400_000));
        assert_eq!(e7("-0.5"), Some(-5_000_000));
        assert_eq!(e7("100"), Some(1_000_000_000));
        assert_eq!(e7("1.12345678"), None);
        assert_eq!(e7("east"), None);
    }
}
