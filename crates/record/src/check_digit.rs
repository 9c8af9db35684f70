//! The shapes and check digits of identifiers, scheme by scheme.
//!
//! Pure functions. They judge a spelling, never a thing: a wrong check digit on a hull is evidence like any other.

use crate::country::is_country;
use crate::v1::IdentifierScheme as Scheme;

/// What a check digit says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The shape is that of the scheme, and the check digit fits, where there is one.
    Pass,
    /// The check digit does not fit; this would.
    Wrong {
        /// The check digit, or for a legal entity identifier the two as one number, that the rest of the text asks for.
        fitting: u32,
    },
    /// The text has not the shape of the scheme.
    Shape,
}

/// Judges an identifier in the spelling of its scheme. `None` for a scheme that has no rule.
///
/// # Examples
///
/// ```
/// use witnessmark_record::{check_digit::{self, Check}, v1::IdentifierScheme};
/// let check = |number| check_digit::check(IdentifierScheme::Container, number);
/// assert_eq!(check("CSQU3054383"), Some(Check::Pass));
/// assert_eq!(check("CSQU3054384"), Some(Check::Wrong { fitting: 3 }));
/// assert_eq!(check("CSQU 305438-3"), Some(Check::Shape));
/// ```
pub fn check(scheme: Scheme, text: &str) -> Option<Check> {
    Some(match scheme {
        Scheme::ImoShip => imo_ship(text),
        Scheme::Container => container(text),
        Scheme::AirWaybill => air_waybill(text),
        Scheme::Lei => lei(text),
        Scheme::Mmsi => shape(digits(text, 9)),
        Scheme::Hs => shape(heading(text)),
        Scheme::Locode => shape(locode(text)),
        Scheme::Icao24 => shape(icao24(text)),
        // The number of a company at the IMO has a rule of its own, and bills of lading have none in common.
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
        | Scheme::Other => return None,
    })
}

/// Judges an identifier as it was seen: spaces and signs, and the letters `IMO` before a ship's number, are passed over.
/// `None` for a scheme without a check digit.
pub fn check_seen(scheme: Scheme, as_seen: &str) -> Option<Check> {
    let keep: fn(char) -> bool = match scheme {
        Scheme::ImoShip | Scheme::AirWaybill => char::is_numeric,
        Scheme::Container | Scheme::Lei => char::is_alphanumeric,
        Scheme::Unspecified
        | Scheme::ImoCompany
        | Scheme::Mmsi
        | Scheme::CallSign
        | Scheme::Hs
        | Scheme::Locode
        | Scheme::BillOfLading
        | Scheme::AircraftRegistration
        | Scheme::Icao24
        | Scheme::Serial
        | Scheme::Lot
        | Scheme::PartNumber
        | Scheme::TaxNumber
        | Scheme::SanctionsEntry
        | Scheme::VehicleRegistration
        | Scheme::Other => return None,
    };
    let kept: String = as_seen.chars().filter(|c| keep(*c)).collect();
    check(scheme, &kept)
}

const fn shape(fits: bool) -> Check {
    if fits { Check::Pass } else { Check::Shape }
}

fn judge(fitting: u32, stated: Option<u32>) -> Check {
    if stated == Some(fitting) {
        Check::Pass
    } else {
        Check::Wrong { fitting }
    }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn last_digit(text: &str) -> Option<u32> {
    text.chars().last()?.to_digit(10)
}

/// IMO number of a ship: the last digit of the sum of the first six digits times 7 to 2 is the seventh.
fn imo_ship(text: &str) -> Check {
    if !digits(text, 7) {
        return Check::Shape;
    }
    let sum: u32 = text
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .zip((2..=7).rev())
        .map(|(digit, weight)| digit * weight)
        .sum();
    judge(sum % 10, last_digit(text))
}

/// ISO 6346: the sum of the values of ten characters times powers of two, by 11, by 10.
fn container(text: &str) -> Check {
    let fits = text.len() == 11
        && text.bytes().enumerate().all(|(at, byte)| match at {
            0..3 => byte.is_ascii_uppercase(),
            3 => matches!(byte, b'U' | b'J' | b'Z'),
            _ => byte.is_ascii_digit(),
        });
    if !fits {
        return Check::Shape;
    }
    let sum: u32 = text
        .chars()
        .take(10)
        .filter_map(container_value)
        .zip(0..)
        .map(|(value, power)| value << power)
        .sum();
    judge(sum % 11 % 10, last_digit(text))
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

/// Eleven digits: three of the airline, seven of the number, and the number's remainder by 7.
fn air_waybill(text: &str) -> Check {
    let number = text
        .get(3..10)
        .and_then(|number| number.parse::<u32>().ok());
    match number {
        Some(number) if digits(text, 11) => judge(number % 7, last_digit(text)),
        _ => Check::Shape,
    }
}

/// ISO 17442: letters become two digits, and the whole number leaves 1 by 97; the last two digits see to it.
fn lei(text: &str) -> Check {
    let fits = text.len() == 20
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| byte.is_ascii_digit() || at < 18 && byte.is_ascii_uppercase());
    if !fits {
        return Check::Shape;
    }
    let body = text.chars().take(18).filter_map(|c| c.to_digit(36));
    let rest = body.fold(0, |rest, value| {
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    });
    let stated = text.get(18..).and_then(|check| check.parse().ok());
    judge(98 - rest * 100 % 97, stated)
}

/// Six digits of the Harmonised System, of a chapter that it has: 01 to 97 without 77.
fn heading(text: &str) -> bool {
    let chapter = text.get(..2).and_then(|chapter| chapter.parse().ok());
    digits(text, 6) && chapter.is_some_and(|it: u8| (1..=97).contains(&it) && it != 77)
}

/// UN/LOCODE: a country, or `XZ` for the high seas, and three letters or digits from 2 to 9.
fn locode(text: &str) -> bool {
    let country = text.get(..2).unwrap_or_default();
    let place = text.get(2..).unwrap_or_default();
    (is_country(country) || country == "XZ")
        && place.len() == 3
        && place
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'9'))
}

/// An aircraft's address: six hexadecimal digits in lower case, not all zero and not all ones, which no aircraft has.
fn icao24(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    text.len() == 6 && text.bytes().all(digit) && text != "000000" && text != "ffffff"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imo_numbers_of_real_ships_pass_and_a_wrong_digit_is_named() {
        for ship in ["9179842", "8517839", "9358010", "9161003", "7937317"] {
            assert_eq!(imo_ship(ship), Check::Pass, "{ship}");
        }
        assert_eq!(imo_ship("9179843"), Check::Wrong { fitting: 2 });
        assert_eq!(imo_ship("917984"), Check::Shape);
        assert_eq!(imo_ship("917984a"), Check::Shape);
        let seen = |text| check_seen(Scheme::ImoShip, text);
        assert_eq!(seen("IMO 9179842"), Some(Check::Pass));
        assert_eq!(seen("IMO 91798"), Some(Check::Shape));
    }

    #[test]
    fn the_vectors_of_iso_6346_pass() {
        for number in ["ABCU1234560", "ECMU4657496", "CSQU3054383"] {
            assert_eq!(container(number), Check::Pass, "{number}");
        }
        assert_eq!(container("ECMU4657495"), Check::Wrong { fitting: 6 });
        assert_eq!(container("ECMA4657496"), Check::Shape);
        assert_eq!(container("ecmu4657496"), Check::Shape);
        let seen = check_seen(Scheme::Container, "ECMU 465749 [6]");
        assert_eq!(seen, Some(Check::Pass));
    }

    #[test]
    fn the_values_of_letters_skip_the_multiples_of_eleven() {
        let values: Vec<u32> = ('A'..='Z').filter_map(container_value).collect();
        let mut expected: Vec<u32> = (10..=38).collect();
        expected.retain(|value| value % 11 != 0);
        assert_eq!(values, expected);
    }

    #[test]
    fn every_single_wrong_digit_of_a_ship_a_waybill_or_a_legal_entity_is_noticed() {
        for (scheme, good) in [
            (Scheme::ImoShip, "9074729"),
            (Scheme::AirWaybill, "02012345675"),
            (Scheme::Lei, "5493001KJTIIGC8Y1R12"),
        ] {
            assert_eq!(check(scheme, good), Some(Check::Pass));
            let last = good.len() - 1;
            for digit in '0'..='9' {
                let mut text = good.to_owned();
                text.replace_range(last.., &digit.to_string());
                assert_eq!(check(scheme, &text) == Some(Check::Pass), text == good);
            }
        }
        let waybill = air_waybill("02012345676");
        assert_eq!(waybill, Check::Wrong { fitting: 5 });
        assert_eq!(lei("5493001KJTIIGC8Y1R13"), Check::Wrong { fitting: 12 });
        let seen = check_seen(Scheme::AirWaybill, "020-1234 5675");
        assert_eq!(seen, Some(Check::Pass));
    }

    #[test]
    fn other_schemes_have_their_shapes() {
        assert!(locode("UAODS") && locode("UA2B9") && locode("XZABC"));
        assert!(!locode("uaods") && !locode("UAOD") && !locode("QQODS") && !locode("UAOD1"));
        assert!(heading("854231") && heading("010121") && heading("970600"));
        assert!(!heading("8542") && !heading("000000") && !heading("770000"));
        assert!(!heading("980000") && !heading("8542.3"));
        assert!(icao24("4b1805") && !icao24("4B1805") && !icao24("000000") && !icao24("4b180"));
        assert_eq!(check(Scheme::Mmsi, "273355000"), Some(Check::Pass));
        assert_eq!(check(Scheme::Mmsi, "27335500"), Some(Check::Shape));
        assert_eq!(check(Scheme::ImoCompany, "1234567"), None);
        assert_eq!(check_seen(Scheme::Mmsi, "1"), None);
        // Not cut inside a letter of several bytes.
        for text in [
            "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
            "12\u{e9}345678901",
            "",
        ] {
            for scheme in [Scheme::Locode, Scheme::Hs, Scheme::AirWaybill, Scheme::Lei] {
                assert_eq!(check(scheme, text), Some(Check::Shape));
            }
        }
    }
}
