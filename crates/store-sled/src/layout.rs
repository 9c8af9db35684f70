//! The stored layout: which keys there are, and how a value that stands alone is sealed.
//!
//! One tree, one byte of prefix, integers big-endian so that keys sort as numbers do:
//!
//! | Key | Value |
//! |---|---|
//! | `h` | the head: epoch and signed checkpoint, sealed |
//! | `e` first index (8) piece (1) | entries, see `chunk` |
//! | `t` tile level (1) tile index (8) | 1 to 256 hashes of tree level 8 x tile level |
//! | `r` record id (32) | index (8) of the record's entry |

use witnessmark_log::{Latest, SignedCheckpoint};
use witnessmark_verifier::{RecordId, sha256};

/// The largest value under one key. Seventeen neighbours of this size stay far below the quarter
/// of a segment above which sled moves a leaf node into a file that it never syncs.
pub(crate) const VALUE_BYTES_MAX: usize = 16 * 1024;

/// The longest checkpoint the store takes, so that a head and an anchor slot fit in one value.
pub(crate) const CHECKPOINT_BYTES_MAX: usize = 12 * 1024;

/// The key of the head.
pub(crate) const HEAD_KEY: &[u8] = b"h";

const CHUNK_PREFIX: u8 = b'e';
const TILE_PREFIX: u8 = b't';
const RECORD_PREFIX: u8 = b'r';
const HEAD_MAGIC: &[u8] = b"witnessmark-head/1\n";
const SEAL_BYTES: usize = 32;

/// The key of one piece of the chunk whose first entry has this index.
pub(crate) fn chunk_key(first: u64, piece: u8) -> Vec<u8> {
    let mut key = vec![CHUNK_PREFIX];
    key.extend_from_slice(&first.to_be_bytes());
    key.push(piece);
    key
}

/// The first index and the piece that a chunk's key names.
pub(crate) fn parse_chunk_key(key: &[u8]) -> Option<(u64, u8)> {
    let (prefix, rest) = key.split_first()?;
    let (first, rest) = rest.split_first_chunk()?;
    match (*prefix, rest) {
        (CHUNK_PREFIX, &[piece]) => Some((u64::from_be_bytes(*first), piece)),
        _ => None,
    }
}

/// The key of a tile.
pub(crate) fn tile_key(level: u8, index: u64) -> Vec<u8> {
    let mut key = vec![TILE_PREFIX, level];
    key.extend_from_slice(&index.to_be_bytes());
    key
}

/// The key under which the index of a record's entry is found.
pub(crate) fn record_key(record: &RecordId) -> Vec<u8> {
    let mut key = vec![RECORD_PREFIX];
    key.extend_from_slice(record.as_bytes());
    key
}

/// `bytes` followed by their SHA-256.
pub(crate) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let seal = sha256(&bytes);
    bytes.extend_from_slice(seal.as_bytes());
    bytes
}

/// The bytes in front of the seal, if it is theirs.
pub(crate) fn unseal(sealed: &[u8]) -> Option<&[u8]> {
    let (bytes, seal) = sealed.split_at_checked(sealed.len().checked_sub(SEAL_BYTES)?)?;
    (sha256(bytes).as_bytes().as_slice() == seal).then_some(bytes)
}

/// The head as it is stored.
pub(crate) fn encode_head(epoch: u64, checkpoint: &SignedCheckpoint) -> Vec<u8> {
    let mut bytes = HEAD_MAGIC.to_vec();
    bytes.extend_from_slice(&epoch.to_be_bytes());
    bytes.extend_from_slice(checkpoint.text().as_bytes());
    seal(bytes)
}

/// The head that these bytes are, or why they are none.
pub(crate) fn parse_head(sealed: &[u8]) -> Result<Latest, &'static str> {
    let bytes = unseal(sealed).ok_or("the checksum of the head is wrong")?;
    let body = bytes
        .strip_prefix(HEAD_MAGIC)
        .ok_or("the head is of an unknown version")?;
    let (epoch, text) = body.split_first_chunk().ok_or("the head is too short")?;
    let text = str::from_utf8(text).map_err(|_| "the checkpoint of the head is not text")?;
    let checkpoint = SignedCheckpoint::parse(text)
        .map_err(|_| "the checkpoint of the head is not a signed checkpoint")?;
    Ok(Latest {
        epoch: u64::from_be_bytes(*epoch),
        checkpoint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_numbers_do() {
        assert!(chunk_key(255, 9) < chunk_key(256, 0));
        assert!(tile_key(0, u64::MAX) < tile_key(1, 0));
        assert_eq!(parse_chunk_key(&chunk_key(7, 3)), Some((7, 3)));
        assert_eq!(parse_chunk_key(&tile_key(0, 7)), None);
        assert_eq!(parse_chunk_key(b"e"), None);
    }

    #[test]
    fn a_seal_is_broken_by_every_change_of_one_bit() {
        let sealed = seal(b"some bytes".to_vec());
        assert_eq!(unseal(&sealed), Some(b"some bytes".as_slice()));
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut damaged = sealed.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(unseal(&damaged), None);
            }
        }
        assert_eq!(unseal(&sealed[..31]), None);
    }
}
