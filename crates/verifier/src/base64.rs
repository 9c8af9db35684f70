//! Base64 of RFC 4648 section 4 in its one accepted spelling: padded, no line breaks, zero trailing bits.

use alloc::{string::String, vec::Vec};

error! {
    /// Why a text is not the base64 that was asked for.
    Base64Error {
        /// The text is not whole groups of four characters, or not as long as the value is.
        Length => "wrong number of base64 characters",
        /// A character is not in the alphabet, or padding stands before the end.
        Character => "a character is not in the base64 alphabet",
        /// The bits that padding leaves over are not zero.
        TrailingBits => "the last base64 character has bits that belong to no byte",
    }
}

/// The base64 of `bytes`, padded.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for group in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|place| group.get(place).copied().unwrap_or(0));
        let sixes = [a >> 2, a << 4 | b >> 4, b << 2 | c >> 6, c];
        text.extend(sixes.map(symbol).iter().take(group.len().saturating_add(1)));
        text.extend("==".chars().skip(group.len().saturating_sub(1)));
    }
    text
}

/// The bytes that `text` spells.
///
/// # Errors
///
/// When `text` is not what [`encode`] gives for some bytes.
pub fn decode(text: &str) -> Result<Vec<u8>, Base64Error> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Base64Error::Length);
    }
    let mut bytes = Vec::with_capacity(groups.len().saturating_mul(3));
    let Some((last, front)) = groups.split_last() else {
        return Ok(bytes);
    };
    for group in front {
        bytes.extend(triple(*group)?);
    }
    // `A` stands for six zero bits, so what is left over shows in the byte after the last.
    let ([a, b, c], kept) = match *last {
        [a, b, b'=', b'='] => (triple([a, b, b'A', b'A'])?, 1),
        [a, b, c, b'='] => (triple([a, b, c, b'A'])?, 2),
        group => (triple(group)?, 3),
    };
    if (kept < 2 && b != 0) || (kept < 3 && c != 0) {
        return Err(Base64Error::TrailingBits);
    }
    bytes.extend([a, b, c].iter().take(kept));
    Ok(bytes)
}

fn triple(group: [u8; 4]) -> Result<[u8; 3], Base64Error> {
    let [a, b, c, d] = group;
    let [a, b, c, d] = [value(a)?, value(b)?, value(c)?, value(d)?];
    Ok([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d])
}

/// The character for the six low bits.
fn symbol(bits: u8) -> char {
    char::from(match bits & 63 {
        six @ 0..=25 => b'A'.wrapping_add(six),
        six @ 26..=51 => b'a'.wrapping_add(six).wrapping_sub(26),
        six @ 52..=61 => b'0'.wrapping_add(six).wrapping_sub(52),
        62 => b'+',
        _ => b'/',
    })
}

fn value(symbol: u8) -> Result<u8, Base64Error> {
    match symbol {
        b'A'..=b'Z' => Ok(symbol.wrapping_sub(b'A')),
        b'a'..=b'z' => Ok(symbol.wrapping_sub(b'a').wrapping_add(26)),
        b'0'..=b'9' => Ok(symbol.wrapping_sub(b'0').wrapping_add(52)),
        b'+' => Ok(62),
        b'/' => Ok(63),
        _ => Err(Base64Error::Character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_4648_hold() {
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (bytes, text) in examples {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Ok(bytes.as_bytes()));
        }
        assert_eq!(encode(&[0xfb, 0xff, 0xbf]), "+/+/");
    }

    #[test]
    fn what_is_accepted_is_what_encoding_gives() {
        let alphabet = "A/+09zZ=\n";
        for a in alphabet.chars() {
            for b in alphabet.chars() {
                for c in alphabet.chars() {
                    for d in alphabet.chars() {
                        let text = String::from_iter([a, b, c, d]);
                        if let Ok(bytes) = decode(&text) {
                            assert_eq!(encode(&bytes), text);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn another_spelling_is_refused() {
        for text in ["Zg", "Zg=", "Zm9vZ", "Zm9v\n"] {
            assert_eq!(decode(text), Err(Base64Error::Length), "{text:?}");
        }
        for text in ["Zg==Zg==", "Z===", "====", "Zm9-", "Zm9_", "Zm\n=", "Zg= "] {
            assert_eq!(decode(text), Err(Base64Error::Character), "{text:?}");
        }
        for text in ["Zh==", "Zm9=", "AB=="] {
            assert_eq!(decode(text), Err(Base64Error::TrailingBits), "{text:?}");
        }
    }
}
