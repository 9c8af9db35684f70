//! `GeoJSON` of RFC 7946: a feature for each record, its point as longitude and latitude, null where there is none.

use crate::degrees;
use crate::export::{ExportRow, Value};

/// What comes before the features.
pub(crate) const BEGIN: &str = "{\"type\":\"FeatureCollection\",\"features\":[\n";
/// What comes after them.
pub(crate) const END: &str = "\n]}\n";

/// One record as a feature. Numbers are written as the decimals they are, never through floats.
pub(crate) fn feature(row: &ExportRow, properties: &[(String, Value)], is_first: bool) -> String {
    let point = row.record.place.as_ref().and_then(|place| place.point);
    let geometry = point.map_or_else(
        || "null".to_owned(),
        |point| {
            let (lon, lat) = (degrees::show(point.lon_e7), degrees::show(point.lat_e7));
            format!("{{\"type\":\"Point\",\"coordinates\":[{lon},{lat}]}}")
        },
    );
    let comma = if is_first { "" } else { ",\n" };
    let id = quoted(&row.record_id);
    let properties = object(properties);
    format!(
        "{comma}{{\"type\":\"Feature\",\"id\":{id},\"geometry\":{geometry},\"properties\":{properties}}}"
    )
}

/// Values as an object of JSON.
pub(crate) fn object(members: &[(String, Value)]) -> String {
    let members = members.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => quoted(text),
            Value::Number(number) => number.clone(),
        };
        format!("{}:{value}", quoted(name))
    });
    let members: Vec<String> = members.collect();
    format!("{{{}}}", members.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
