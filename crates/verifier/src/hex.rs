//! Hexadecimal in its one accepted spelling: lower-case, two digits a byte.

use alloc::{string::String, vec::Vec};

error! {
    /// Why a text is not the hexadecimal that was asked for.
    HexError {
        /// The number of digits is odd, or not the number that the value has.
        Length => "wrong number of hexadecimal digits",
        /// A character is none of `0-9a-f`.
        Character => "a character is not a lower-case hexadecimal digit",
    }
}

/// The lower-case hexadecimal of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16));
    digits.collect()
}

/// The bytes that `text` spells.
///
/// # Errors
///
/// When `text` is not what [`encode`] gives for some bytes.
pub fn decode(text: &str) -> Result<Vec<u8>, HexError> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(HexError::Length);
    }
    let byte = |[high, low]: &[u8; 2]| Ok(value(*high)? << 4 | value(*low)?);
    pairs.iter().map(byte).collect()
}

/// The 32 bytes that `text` spells.
///
/// # Errors
///
/// When `text` is not 64 lower-case hexadecimal digits.
pub fn decode_32(text: &str) -> Result<[u8; 32], HexError> {
    if text.len() != 64 {
        return Err(HexError::Length);
    }
    decode(text)?.try_into().map_err(|_| HexError::Length)
}

fn value(digit: u8) -> Result<u8, HexError> {
    match digit {
        b'0'..=b'9' => Ok(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Ok(digit.wrapping_sub(b'a').wrapping_add(10)),
        _ => Err(HexError::Character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_round_trip() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = encode(&bytes);
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));
        assert_eq!(decode(&text), Ok(bytes));
    }

    #[test]
    fn another_spelling_is_refused() {
        assert_eq!(decode("0"), Err(HexError::Length));
        for text in ["0A", "0g", "+1", " 1", "0x", "\u{e9}"] {
            assert_eq!(decode(text), Err(HexError::Character), "{text}");
        }
        assert_eq!(decode_32("00"), Err(HexError::Length));
        assert_eq!(decode_32("0g"), Err(HexError::Length));
        assert_eq!(decode_32(&encode(&[7; 32])), Ok([7; 32]));
        assert_eq!(decode_32(&encode(&[7; 33])), Err(HexError::Length));
    }
}
