//! Identifiers: the shapes and check digits of their schemes. What was seen is never refused; what a clerk normalised is.

use crate::check_digit::{self, Check};
use crate::descriptor::join;
use crate::{Problem, ProblemCode, codes, v1};
use v1::IdentifierScheme as Scheme;

/// The editions of the Harmonised System, with the one that is to come.
const HS_EDITIONS: &[&str] = &[
    "1988", "1992", "1996", "2002", "2007", "2012", "2017", "2022", "2028",
];

pub(super) fn check(identifier: &v1::Identifier, path: &str, problems: &mut Vec<Problem>) {
    if identifier.scheme() == Scheme::Unspecified {
        let fix = "Name the scheme, such as imo_ship or serial";
        problems.push(codes::IDENTIFIER.at(join(path, "scheme"), "", fix));
    }
    let none = matches!(
        identifier.status(),
        v1::IdentifierStatus::NotAssigned | v1::IdentifierStatus::Unknown
    );
    let absent = identifier.legibility() == v1::Legibility::Absent;
    if identifier.as_seen.is_empty() && identifier.normalised.is_empty() && !none && !absent {
        let fix = "Give as_seen, or the status not_assigned or unknown";
        problems.push(codes::IDENTIFIER.at(path, "", fix));
    }
    if none && !identifier.normalised.is_empty() {
        let fix = "Leave normalised empty, or correct the status";
        let path = join(path, "normalised");
        problems.push(codes::IDENTIFIER.at(path, &identifier.normalised, fix));
    }
    let edition = identifier.edition.as_str();
    if identifier.scheme() == Scheme::Hs && !HS_EDITIONS.contains(&edition) {
        let fix = "Give the edition, such as 2012, 2017 or 2022";
        problems.push(codes::HS_EDITION.at(join(path, "edition"), edition, fix));
    }
    check_normalised(identifier, &join(path, "normalised"), problems);
    check_seen(identifier, &join(path, "as_seen"), problems);
}

fn check_normalised(identifier: &v1::Identifier, path: &str, problems: &mut Vec<Problem>) {
    let (scheme, text) = (identifier.scheme(), identifier.normalised.as_str());
    if text.is_empty() {
        return;
    }
    let fix = match check_digit::check(scheme, text) {
        None | Some(Check::Pass) => return,
        Some(Check::Wrong { .. }) => "Leave normalised empty if you cannot confirm it".to_owned(),
        Some(Check::Shape) => format!(
            "Write {}, or leave normalised empty if you cannot confirm it",
            spelling(scheme)
        ),
    };
    problems.push(normalised_code(scheme).at(path, text, fix));
}

const fn normalised_code(scheme: Scheme) -> &'static ProblemCode {
    if matches!(scheme, Scheme::ImoShip) {
        &codes::IMO_NORMALISED
    } else if matches!(scheme, Scheme::Container) {
        &codes::CONTAINER_NORMALISED
    } else {
        &codes::IDENTIFIER_NORMALISED
    }
}

/// The spelling of a scheme that has one, in words.
const fn spelling(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::ImoShip => "seven digits",
        Scheme::Container => "four capital letters, the last of them U, J or Z, and seven digits",
        Scheme::AirWaybill => "eleven digits",
        Scheme::Lei => "eighteen capital letters and digits, and two digits",
        Scheme::Mmsi => "nine digits",
        Scheme::Hs => "six digits of a chapter from 01 to 97",
        Scheme::Locode => "a country and three letters or digits from 2 to 9, such as UAODS",
        Scheme::Icao24 => "six hexadecimal digits in lower case, such as 4b1805",
        Scheme::Unspecified
        | Scheme::ImoCompany
        | Scheme::CallSign
        | Scheme::BillOfLading
        | Scheme::AircraftRegistration
        | Scheme::Serial
        | Scheme::Lot
        | Scheme::PartNumber
        | Scheme::TaxNumber
        | Scheme::SanctionsEntry
        | Scheme::VehicleRegistration
        | Scheme::Other => "the spelling of the scheme",
    }
}

fn check_seen(identifier: &v1::Identifier, path: &str, problems: &mut Vec<Problem>) {
    let (scheme, text) = (identifier.scheme(), identifier.as_seen.as_str());
    // Something else than a number, such as "does not exist", has no check digit.
    let Some(Check::Wrong { fitting }) = check_digit::check_seen(scheme, text) else {
        return;
    };
    let code = if scheme == Scheme::ImoShip {
        &codes::IMO_CHECK
    } else if scheme == Scheme::Container {
        &codes::CONTAINER_CHECK
    } else {
        &codes::IDENTIFIER_CHECK
    };
    let width = if scheme == Scheme::Lei { 2 } else { 1 };
    let fix = format!(
        "The check digit should be {fitting:0width$}. Kept as seen. If this is your typing, correct it; if it is what \
         can be seen, set the status to observed and say so"
    );
    problems.push(code.at(path, text, fix));
}
