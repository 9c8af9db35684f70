//! Results of a laboratory: a value with an honest uncertainty, or a finding in words.

use crate::descriptor::join;
use crate::{Problem, codes, v1};

pub(super) fn check_result(result: &v1::LabResult, path: &str, problems: &mut Vec<Problem>) {
    if result.quantity.is_empty() {
        let fix = "Give `quantity`";
        problems.push(codes::TYPE_REQUIRED.at(join(path, "quantity"), "", fix));
    }
    if result.value.is_none() && result.finding.is_empty() {
        problems.push(codes::RESULT.at(path, &result.quantity, "Give value or finding"));
    }
    let Some(uncertainty) = &result.uncertainty else {
        return;
    };
    let path = join(path, "uncertainty");
    let Some(value) = &result.value else {
        let fix = "Leave it out: there is no value";
        problems.push(codes::RESULT.at(path, "", fix));
        return;
    };
    if uncertainty.unit != value.unit {
        let fix = format!("Write it in the unit of the value, {:?}", value.unit);
        problems.push(codes::RESULT.at(join(&path, "unit"), &uncertainty.unit, fix));
    }
    let bounded = !uncertainty.min.is_empty() || !uncertainty.max.is_empty();
    let negative = [&uncertainty.exact, &uncertainty.approx]
        .iter()
        .any(|number| number.starts_with('-'));
    if bounded || negative {
        let fix = "Write one number, exact or approx, which is not negative";
        problems.push(codes::RESULT.at(path, &uncertainty.exact, fix));
    }
}
