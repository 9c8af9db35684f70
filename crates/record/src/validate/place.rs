//! Places and points: a country or a region, and a point only with an honest radius.

use crate::descriptor::join;
use crate::{Problem, codes, v1};

const LAT_E7_MAX: u32 = 900_000_000;
const LON_E7_MAX: u32 = 1_800_000_000;
/// The middle of a named place is hardly ever nearer to the true place.
const CENTROID_M_MIN: u32 = 500;

pub(super) fn check(place: &v1::Place, path: &str, problems: &mut Vec<Problem>) {
    if place.country.is_empty() && place.region.is_empty() {
        let fix = "Give country, or region where no country is meant, such as the high seas";
        problems.push(codes::PLACE.at(path, "", fix));
    }
}

pub(super) fn check_point(point: &v1::Point, path: &str, problems: &mut Vec<Problem>) {
    let swapped = point.lon_e7.unsigned_abs() <= LAT_E7_MAX;
    if point.lat_e7.unsigned_abs() > LAT_E7_MAX {
        let fix = if swapped {
            "Latitude and longitude look swapped (GeoJSON order is lon, lat)"
        } else {
            "Write degrees times 10,000,000"
        };
        let value = degrees(point.lat_e7);
        problems.push(codes::COORD_RANGE.at(join(path, "lat_e7"), value, fix));
    }
    if point.lon_e7.unsigned_abs() > LON_E7_MAX {
        let value = degrees(point.lon_e7);
        let fix = "Write degrees times 10,000,000";
        problems.push(codes::COORD_RANGE.at(join(path, "lon_e7"), value, fix));
    }
    let centroid = point.basis() == v1::PointBasis::LocalityCentroid;
    let metres = point.uncertainty_m;
    if metres == 0 {
        let fix =
            "Use 10 (exact), 100 (same block) or 1000 (same village), or your device's figure";
        problems.push(codes::COORD_UNCERTAINTY.at(join(path, "uncertainty_m"), "0", fix));
    } else if centroid && metres < CENTROID_M_MIN {
        let fix = "Give the radius of the place, or the true basis of the point";
        let path = join(path, "uncertainty_m");
        problems.push(codes::COORD_CENTROID.at(path, metres.to_string(), fix));
    }
    if point.basis() == v1::PointBasis::Unspecified {
        let fix = "Say where the point comes from, such as gnss_device or locality_centroid";
        problems.push(codes::POINT_BASIS.at(join(path, "basis"), "", fix));
    }
}

/// Degrees with seven decimals, beside the whole number that is signed.
fn degrees(e7: i32) -> String {
    format!("{e7} ({})", crate::render::degrees(e7))
}
