//! Identifiers: the check digits of their schemes. What was seen is never refused; what a clerk normalised is.

use crate::descriptor::join;
use crate::{Problem, codes, v1};
use v1::IdentifierScheme as Scheme;

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
    if identifier.scheme() == Scheme::Hs && identifier.edition.is_empty() {
        let fix = "Give the edition, such as 2012, 2017 or 2022";
        problems.push(codes::HS_EDITION.at(join(path, "edition"), "", fix));
    }
    if !identifier.normalised.is_empty() {
        check_normalised(identifier, &join(path, "normalised"), problems);
    }
    check_seen(identifier, &join(path, "as_seen"), problems);
}

fn check_normalised(identifier: &v1::Identifier, path: &str, problems: &mut Vec<Problem>) {
    let text = identifier.normalised.as_str();
    let empty = "Leave normalised empty if you cannot confirm it";
    let (valid, code, fix) = match identifier.scheme() {
        Scheme::ImoShip => (imo(text) == Check::Pass, &codes::IMO_NORMALISED, empty),
        Scheme::Container => (
            container(text) == Check::Pass,
            &codes::CONTAINER_NORMALISED,
            empty,
        ),
        Scheme::Mmsi => (
            digits(text, 9),
            &codes::IDENTIFIER_NORMALISED,
            "An MMSI has nine digits",
        ),
        Scheme::Hs => (
            digits(text, 6),
            &codes::IDENTIFIER_NORMALISED,
            "A heading has six digits",
        ),
        Scheme::Locode => (
            locode(text),
            &codes::IDENTIFIER_NORMALISED,
            "Write five characters, such as UAODS",
        ),
        Scheme::Icao24 => (
            text.len() == 6
                && text
                    .bytes()
                    .all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')),
            &codes::IDENTIFIER_NORMALISED,
            "Write six hexadecimal digits in lower case",
        ),
        Scheme::AirWaybill => (
            air_waybill(text),
            &codes::IDENTIFIER_NORMALISED,
            "Write eleven digits; the last is the remainder of the seven before it by 7",
        ),
        Scheme::Lei => (
            lei(text),
            &codes::IDENTIFIER_NORMALISED,
            "Write twenty capital letters and digits whose check digits fit ISO 17442",
        ),
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
        | Scheme::Other => return,
    };
    if !valid {
        problems.push(code.at(path, text, fix));
    }
}

fn check_seen(identifier: &v1::Identifier, path: &str, problems: &mut Vec<Problem>) {
    let text = identifier.as_seen.as_str();
    let (check, code) = if identifier.scheme() == Scheme::ImoShip {
        (imo(&only(text, char::is_numeric)), &codes::IMO_CHECK)
    } else if identifier.scheme() == Scheme::Container {
        let number = only(text, char::is_alphanumeric);
        (container(&number), &codes::CONTAINER_CHECK)
    } else {
        return;
    };
    if let Check::Digit(digit) = check {
        let fix = format!(
            "The check digit should be {digit}. Kept as seen. If this is your typing, correct it; if it is what the \
             item shows, set the status to observed and say so"
        );
        problems.push(code.at(path, text, fix));
    }
}

/// What a check digit says.
#[derive(Debug, PartialEq, Eq)]
enum Check {
    /// It fits.
    Pass,
    /// It does not fit; this one would.
    Digit(u32),
    /// The text has not the shape of the scheme.
    Shape,
}

fn only(text: &str, keep: fn(char) -> bool) -> String {
    text.chars().filter(|c| keep(*c)).collect()
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn judge(computed: u32, stated: Option<char>) -> Check {
    if stated.and_then(|digit| digit.to_digit(10)) == Some(computed) {
        Check::Pass
    } else {
        Check::Digit(computed)
    }
}

/// IMO number of a ship: the sum of the first six digits times 7 to 2; its last digit is the seventh.
fn imo(text: &str) -> Check {
    if !digits(text, 7) {
        return Check::Shape;
    }
    let sum: u32 = text
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .zip((2..=7).rev())
        .map(|(digit, weight)| digit * weight)
        .sum();
    judge(sum % 10, text.chars().last())
}

/// ISO 6346: the sum of the values of ten characters times powers of two, by 11, by 10.
fn container(text: &str) -> Check {
    let shape = text.len() == 11
        && text.bytes().enumerate().all(|(at, byte)| match at {
            0..3 => byte.is_ascii_uppercase(),
            3 => matches!(byte, b'U' | b'J' | b'Z'),
            _ => byte.is_ascii_digit(),
        });
    if !shape {
        return Check::Shape;
    }
    let sum: u32 = text
        .chars()
        .take(10)
        .filter_map(container_value)
        .zip(0..)
        .map(|(value, power)| value << power)
        .sum();
    judge(sum % 11 % 10, text.chars().last())
}

/// Letters count from 10 and leave out the multiples of 11.
fn container_value(c: char) -> Option<u32> {
    let value = c.to_digit(36)?;
    let skipped = match value {
        0..=10 => 0,
        11..=20 => 1,
        21..=30 => 2,
        _ => 3,
    };
    Some(value + skipped)
}

fn locode(text: &str) -> bool {
    text.len() == 5
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| byte.is_ascii_uppercase() || at > 1 && matches!(byte, b'2'..=b'9'))
}

/// Eleven digits: three of the airline, seven of the number, and the number's remainder by 7.
fn air_waybill(text: &str) -> bool {
    digits(text, 11)
        && text.get(3..10).is_some_and(|number| {
            let remainder = number.parse::<u32>().unwrap_or_default() % 7;
            text.ends_with(&remainder.to_string())
        })
}

/// ISO 17442: letters become two digits, and the whole number leaves 1 by 97.
fn lei(text: &str) -> bool {
    let shape = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let remainder = text
        .chars()
        .filter_map(|c| c.to_digit(36))
        .fold(0, |rest, value| {
            let shift = if value > 9 { 100 } else { 10 };
            (rest * shift + value) % 97
        });
    text.len() == 20 && text.bytes().all(shape) && remainder == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imo_numbers_of_real_ships_pass_and_a_wrong_digit_is_named() {
        for ship in ["9179842", "8517839", "9358010", "9161003", "7937317"] {
            assert_eq!(imo(ship), Check::Pass, "{ship}");
        }
        assert_eq!(imo("9179843"), Check::Digit(2));
        assert_eq!(imo("917984"), Check::Shape);
        assert_eq!(imo("917984a"), Check::Shape);
    }

    #[test]
    fn the_vectors_of_iso_6346_pass() {
        for number in ["ABCU1234560", "ECMU4657496", "CSQU3054383"] {
            assert_eq!(container(number), Check::Pass, "{number}");
        }
        assert_eq!(container("ECMU4657495"), Check::Digit(6));
        assert_eq!(container("ECMA4657496"), Check::Shape);
    }

    #[test]
    fn other_schemes_have_their_shapes() {
        assert!(locode("UAODS") && locode("UA2B9") && !locode("uaods") && !locode("UAOD"));
        assert!(air_waybill("02012345675") && !air_waybill("02012345676"));
        assert!(lei("5493001KJTIIGC8Y1R12") && !lei("5493001KJTIIGC8Y1R13"));
    }
}
