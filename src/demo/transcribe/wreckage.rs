//! Wreckage of the data.

use witnessmark_record::v1;

use super::shared::{bounds, edtf, identified, quantity, word, written_place};
use super::source::{Fault, Object};

pub(super) fn read(mut from: Object) -> Result<v1::WreckageFinding, Fault> {
    let class = from.text("item_class")?;
    let regions = from.texts("launch_regions_claimed")?;
    let inspectors = quantity(&mut from, "inspectors")?;
    let finding = v1::WreckageFinding {
        item_class: word::<v1::ItemClass>("ITEM_CLASS", "item_class", &class)?.into(),
        item_count: quantity(&mut from, "item_count")?,
        identifications: identified(from.text("identified_as")?),
        examined: inspectors.map(|inspectors| v1::Examination {
            inspectors: Some(inspectors),
            ..v1::Examination::default()
        }),
        measurements: from.objects("measurements", measurement)?,
        features: from.texts("identifying_features")?,
        parts_documented: from.texts("parts_documented")?,
        exclusions: from.texts("other_findings")?,
        limits_stated: from.texts("limits_stated")?,
        assessment: from.text("assessment")?,
        attack_dates_reported: from.texts("attack_dates_reported")?,
        launched_total_claimed: quantity(&mut from, "launched_total_claimed")?,
        launch_areas_claimed: regions.iter().map(|text| written_place(text)).collect(),
        brands_found: quantity(&mut from, "brands_found")?,
        report: from.object("report")?.map(report).transpose()?,
        ..v1::WreckageFinding::default()
    };
    from.finish()?;
    Ok(finding)
}

fn measurement(mut from: Object) -> Result<v1::Measurement, Fault> {
    let sign = from.text("sign")?;
    let measurement = v1::Measurement {
        quantity: from.text("quantity")?,
        value: Some(bounds(&mut from)?),
        comparison: match sign.as_str() {
            "larger" => v1::Comparison::Larger.into(),
            "smaller" => v1::Comparison::Smaller.into(),
            other => return Err(Fault::word("sign", other)),
        },
        method: String::new(),
    };
    from.finish()?;
    Ok(measurement)
}

fn report(mut from: Object) -> Result<v1::PublishedReport, Fault> {
    let report = v1::PublishedReport {
        date: edtf(&mut from, "date")?,
        pages: from.whole("pages")?,
        ..v1::PublishedReport::default()
    };
    from.finish()?;
    Ok(report)
}
