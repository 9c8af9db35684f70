//! Components of the data.

use witnessmark_record::v1;

use super::shared::{edtf, exactly, identified, quantity, word};
use super::source::{Fault, Object};

pub(super) fn read(mut from: Object, note: &str) -> Result<v1::ComponentObservation, Fault> {
    let class = from.text("component_class")?;
    let brand_marked = from.text("brand_marked")?;
    let claim = from.text("related_claim")?;
    let is_set = from.yes("aggregate")?;
    let component = v1::ComponentObservation {
        component_class: word::<v1::ComponentClass>("COMPONENT_CLASS", "component_class", &class)?
            .into(),
        function: from.text("function")?,
        brand_absence: brand_absence(&brand_marked, note).into(),
        brand_marked,
        brand_hq_country: from.text("brand_hq_country")?,
        brand_is_not_supplier_claim: from.yes("brand_is_not_supplier_claim")?,
        markings: markings(&mut from)?,
        count: quantity(&mut from, "count")?,
        seen_on: from.texts("seen_on")?,
        found_in: identified(from.text("found_in")?),
        limits_stated: from.texts("limits_stated")?,
        set_date_span: edtf(&mut from, "set_date_span")?,
        aggregate: if is_set {
            Some(aggregate(&mut from)?)
        } else {
            None
        },
        related_claims: if claim.is_empty() {
            Vec::new()
        } else {
            vec![claim]
        },
        ..v1::ComponentObservation::default()
    };
    from.finish()?;
    Ok(component)
}

/// What a title calls the component.
pub(super) fn name(component: &v1::ComponentObservation) -> String {
    let class = component.component_class().as_str_name();
    let class = class.strip_prefix("COMPONENT_CLASS_").unwrap_or(class);
    let class = class.to_ascii_lowercase().replace('_', " ");
    if component.brand_marked.is_empty() {
        class
    } else {
        format!("{class} marked {}", component.brand_marked)
    }
}

/// The note of a line says when its source withheld the brands.
fn brand_absence(brand: &str, note: &str) -> v1::BrandAbsence {
    if !brand.is_empty() {
        v1::BrandAbsence::Unspecified
    } else if note.contains("Brand names were withheld") {
        v1::BrandAbsence::Withheld
    } else {
        v1::BrandAbsence::NotStated
    }
}

/// The interpretations of a line are rival readings of its one mark.
fn markings(from: &mut Object) -> Result<Vec<v1::SeenMark>, Fault> {
    let mut markings = from.objects("markings", marking)?;
    let readings = from.objects("interpretations", reading)?;
    match markings.as_mut_slice() {
        [only] => only.readings = readings,
        _ if readings.is_empty() => {}
        _ => return Err(Fault::word("interpretations", "of several marks")),
    }
    Ok(markings)
}

fn marking(mut from: Object) -> Result<v1::SeenMark, Fault> {
    let kind = from.text("kind")?;
    let (method, content) = match kind.as_str() {
        "handwritten_label" => (
            v1::MarkMethod::HandwrittenLabel,
            v1::MarkContent::Unspecified,
        ),
        "numeric" => (v1::MarkMethod::Unspecified, v1::MarkContent::Numeric),
        other => return Err(Fault::word("kind", other)),
    };
    let mark = v1::SeenMark {
        as_marked: from.text("as_marked")?,
        script: from.text("script")?,
        method: method.into(),
        content: content.into(),
        ..v1::SeenMark::default()
    };
    from.finish()?;
    Ok(mark)
}

fn reading(mut from: Object) -> Result<v1::Reading, Fault> {
    let reading = v1::Reading {
        value: from.text("reading")?,
        as_edtf: edtf(&mut from, "as_edtf")?,
        ..v1::Reading::default()
    };
    from.finish()?;
    Ok(reading)
}

fn aggregate(from: &mut Object) -> Result<v1::Aggregate, Fault> {
    Ok(v1::Aggregate {
        brand_count: quantity(from, "brand_count")?,
        brand_hq_countries: from.texts("brand_hq_countries")?,
        brand_hq_shares: country_shares(from)?,
        with_date_code: coded_share(from.text("with_date_code_share")?)?,
        date_code_shares: date_code_shares(from)?,
        date_code_span: edtf(from, "date_code_span")?,
        terminus_post_quem: edtf(from, "terminus_post_quem")?,
        statement_on_brands: from.text("statement_on_brands")?,
    })
}

fn country_shares(from: &mut Object) -> Result<Vec<v1::Share>, Fault> {
    let Some(mut shares) = from.object("brand_hq_share_bp")? else {
        return Ok(Vec::new());
    };
    let mut list = Vec::new();
    for country in shares.names() {
        let share = shares.number(&country)?;
        list.push(v1::Share {
            country,
            share: Some(exactly(share, "bp")),
            denominator: "components of the set".to_owned(),
            ..v1::Share::default()
        });
    }
    shares.finish()?;
    Ok(list)
}

fn coded_share(text: String) -> Result<Option<v1::Share>, Fault> {
    let approx = match text.as_str() {
        "" => return Ok(None),
        "about half" => "5000",
        other => return Err(Fault::word("with_date_code_share", other)),
    };
    Ok(Some(v1::Share {
        share: Some(v1::Quantity {
            approx: approx.to_owned(),
            unit: "bp".to_owned(),
            ..v1::Quantity::default()
        }),
        as_written: text,
        denominator: "components of the set".to_owned(),
        ..v1::Share::default()
    }))
}

fn date_code_shares(from: &mut Object) -> Result<Vec<v1::Share>, Fault> {
    let Some(mut share) = from.object("date_codes_2021_2023_share")? else {
        return Ok(Vec::new());
    };
    let percent = share.whole("min_percent_of_coded")?;
    share.finish()?;
    Ok(vec![v1::Share {
        date_codes: "2021/2023".to_owned(),
        share: Some(v1::Quantity {
            min: percent.saturating_mul(100).to_string(),
            unit: "bp".to_owned(),
            ..v1::Quantity::default()
        }),
        denominator: "components of the set with a date code".to_owned(),
        ..v1::Share::default()
    }])
}
