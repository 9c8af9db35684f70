//! Dates: what is written in EDTF as the earliest and the latest moment that it can mean.

use edtf_core::{Bound, Edtf};

use super::node::Node;

const DATE_TIME: &str = "xsd:dateTime";

/// The earliest and the latest moment of a date, as `xsd:dateTime`; empty where there is none. A day is one at the place,
/// whose zone is not known, so the moments state no zone; one that is written with its time of day is kept as it is.
pub(super) fn bounds(edtf: &str) -> (String, String) {
    let Ok(date) = Edtf::parse(edtf) else {
        return (String::new(), String::new());
    };
    if matches!(date, Edtf::DateTime(_)) && is_date_time(edtf) {
        return (edtf.to_owned(), edtf.to_owned());
    }
    let moment = |bound: Bound, time: &str| match bound {
        Bound::Date(day) if (1..=9_999).contains(&day.year) => format!("{day}T{time}"),
        // Open, unknown, or a year that the datatype does not have.
        Bound::Date(_) | Bound::NegativeInfinity | Bound::PositiveInfinity | Bound::Unknown => {
            String::new()
        }
    };
    let bounds = date.bounds();
    (
        moment(bounds.earliest, "00:00:00"),
        moment(bounds.latest, "23:59:59"),
    )
}

/// Whether a date with a time of day is written as `xsd:dateTime` writes it: EDTF also has zones of whole hours.
fn is_date_time(edtf: &str) -> bool {
    edtf.len() == 19 || edtf.ends_with('Z') || edtf.len() == 25
}

/// Adds a date in the properties of the ontology, `uco-core` or `uco-action`, and the words of the record beside it.
pub(super) fn span(node: Node, ontology: &str, edtf: &str) -> Node {
    let (earliest, latest) = bounds(edtf);
    node.typed(&format!("{ontology}:startTime"), DATE_TIME, earliest)
        .typed(&format!("{ontology}:endTime"), DATE_TIME, latest)
        .text("witnessmark:edtf", edtf)
}

/// Adds one of the record's dates in terms of our own.
pub(super) fn date(node: Node, name: &str, edtf: &str) -> Node {
    let (earliest, latest) = bounds(edtf);
    node.text(&format!("witnessmark:{name}Edtf"), edtf)
        .typed(&format!("witnessmark:{name}Earliest"), DATE_TIME, earliest)
        .typed(&format!("witnessmark:{name}Latest"), DATE_TIME, latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_the_bounds_that_it_can_mean_and_no_others() {
        for (edtf, earliest, latest) in [
            ("2024-01-02", "2024-01-02T00:00:00", "2024-01-02T23:59:59"),
            ("2024-02~", "2024-02-01T00:00:00", "2024-02-29T23:59:59"),
            (
                "[1986-12-13,1986-12-31]",
                "1986-12-13T00:00:00",
                "1986-12-31T23:59:59",
            ),
            ("../2023-07-16", "", "2023-07-16T23:59:59"),
            ("2013-07-10/", "2013-07-10T00:00:00", ""),
            (
                "2024-01-02T07:35:10Z",
                "2024-01-02T07:35:10Z",
                "2024-01-02T07:35:10Z",
            ),
            (
                "2024-01-02T07:35:10+02:00",
                "2024-01-02T07:35:10+02:00",
                "2024-01-02T07:35:10+02:00",
            ),
            (
                "2024-01-02T07:35:10+02",
                "2024-01-02T00:00:00",
                "2024-01-02T23:59:59",
            ),
            ("Y170000002", "", ""),
            ("-0001", "", ""),
            ("soon", "", ""),
            ("", "", ""),
        ] {
            let found = bounds(edtf);
            assert_eq!(
                (found.0.as_str(), found.1.as_str()),
                (earliest, latest),
                "{edtf}"
            );
        }
    }
}
