//! The stored layout: what is in sled under which key, what is in plain files at which place, and
//! how a value that stands alone is sealed. Integers are big-endian.
//!
//! sled holds the head and what does not fill a place in a file yet. These values are used again
//! and again, so sled stays small however long the log is:
//!
//! | Key | Value |
//! |---|---|
//! | `h` | the head: `magic || epoch (8) || entry values (2) || id values (2) || signed checkpoint`, sealed |
//! | `p` number (2) | the entries after the last full chunk: `(length (2) || entry)*`, cut into values of 16 KiB and less |
//! | `q` number (2) | the record ids after the last full run: `first index (8) || record id (32)*`, sealed |
//!
//! The head says how many values of each kind there are; those with higher numbers are left from
//! before and mean nothing.
//!
//! What is full is in the files of the folder `log`, each place of which is written once:
//!
//! | File | Content |
//! |---|---|
//! | `chunks` | one chunk after another: `lengths of 256 entries (2 each) || tile of level 0 || the entries` |
//! | `tiles-1` | for each 256 chunks `where each begins in chunks (8 each) || tile of level 1` |
//! | `tiles-2` to `tiles-7` | one tile of that level after another |
//! | `runs` | for each 16,384 entries a run: 128 pieces of `(record id (32) || place in the run (2))*`, ascending; then where the pieces begin, and the filter; each sealed. See `run` |
//!
//! A tile is 256 hashes of tree level 8 x tile level, and the 16 hashes four levels above them.
//! How many chunks, tiles and runs there are follows from the size of the log. What a file holds
//! beyond them was written for a commit that was never made; the next commit writes over it.
//!
//! A seal is the SHA-256 of the key (in `runs`: of run and piece) and the value before it, at the
//! end of the value, so a value in another place is as wrong as one that changed. Entries and tiles
//! have none: their hashes are in the tree.

use witnessmark_log::{Latest, SignedCheckpoint};
use witnessmark_verifier::sha256;

/// The largest value under one key. Seventeen neighbours of this size stay far below the quarter
/// of a segment above which sled moves a leaf node into a file that it never syncs.
pub(crate) const VALUE_BYTES_MAX: usize = 16 * 1024;

/// The longest checkpoint the store takes, so that a head and an anchor slot fit in one value.
pub(crate) const CHECKPOINT_BYTES_MAX: usize = 12 * 1024;

/// The key of the head.
pub(crate) const HEAD_KEY: &[u8] = b"h";

const ENTRIES_PREFIX: u8 = b'p';
const IDS_PREFIX: u8 = b'q';
const HEAD_MAGIC: &[u8] = b"witnessmark-head/2\n";
const HEAD_MAGIC_BEFORE: &[u8] = b"witnessmark-head/1\n";
const SEAL_BYTES: usize = 32;

/// The key of a value of entries that wait for their chunk.
pub(crate) fn waiting_entries_key(number: u16) -> Vec<u8> {
    number_key(ENTRIES_PREFIX, number)
}

/// The key of a value of record ids that wait for their run.
pub(crate) fn waiting_ids_key(number: u16) -> Vec<u8> {
    number_key(IDS_PREFIX, number)
}

fn number_key(prefix: u8, number: u16) -> Vec<u8> {
    let [high, low] = number.to_be_bytes();
    vec![prefix, high, low]
}

/// `bytes` followed by the SHA-256 of `key` and them.
pub(crate) fn seal(key: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
    let seal = sha256(&[key, &bytes].concat());
    bytes.extend_from_slice(seal.as_bytes());
    bytes
}

/// The bytes in front of the seal, if it is that of this key and them.
pub(crate) fn unseal<'a>(key: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
    let (bytes, seal) = sealed.split_at_checked(sealed.len().checked_sub(SEAL_BYTES)?)?;
    (sha256(&[key, bytes].concat()).as_bytes().as_slice() == seal).then_some(bytes)
}

/// The state that a commit leaves, as the head says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) latest: Latest,
    pub(crate) ends: Ends,
}

/// How many values hold what is not in a file yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    /// Those of the entries after the last full chunk.
    pub(crate) entry_values: u16,
    /// Those of the record ids after the last full run.
    pub(crate) id_values: u16,
}

/// Why a head cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadError {
    /// The store has the layout of the version before this one.
    Before,
    /// It is damaged, and how.
    Damaged(&'static str),
}

/// The head as it is stored.
pub(crate) fn encode_head(epoch: u64, ends: Ends, checkpoint: &SignedCheckpoint) -> Vec<u8> {
    let mut bytes = HEAD_MAGIC.to_vec();
    bytes.extend_from_slice(&epoch.to_be_bytes());
    bytes.extend_from_slice(&ends.entry_values.to_be_bytes());
    bytes.extend_from_slice(&ends.id_values.to_be_bytes());
    bytes.extend_from_slice(checkpoint.text().as_bytes());
    seal(HEAD_KEY, bytes)
}

/// The head that these bytes are, or why they are none.
pub(crate) fn parse_head(sealed: &[u8]) -> Result<Head, HeadError> {
    if sealed.starts_with(HEAD_MAGIC_BEFORE) {
        return Err(HeadError::Before);
    }
    let damaged = |what| move || HeadError::Damaged(what);
    let bytes =
        unseal(HEAD_KEY, sealed).ok_or_else(damaged("the checksum of the head is wrong"))?;
    let body = bytes
        .strip_prefix(HEAD_MAGIC)
        .ok_or_else(damaged("the head is of an unknown version"))?;
    let (epoch, ends, text) = split_head(body).ok_or_else(damaged("the head is too short"))?;
    let text = str::from_utf8(text)
        .map_err(|_| HeadError::Damaged("the checkpoint of the head is not text"))?;
    let checkpoint = SignedCheckpoint::parse(text)
        .map_err(|_| HeadError::Damaged("the checkpoint of the head is not a signed checkpoint"))?;
    let latest = Latest { epoch, checkpoint };
    Ok(Head { latest, ends })
}

fn split_head(body: &[u8]) -> Option<(u64, Ends, &[u8])> {
    let (epoch, rest) = body.split_first_chunk()?;
    let (entry_values, rest) = rest.split_first_chunk()?;
    let (id_values, rest) = rest.split_first_chunk()?;
    let ends = Ends {
        entry_values: u16::from_be_bytes(*entry_values),
        id_values: u16::from_be_bytes(*id_values),
    };
    Some((u64::from_be_bytes(*epoch), ends, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_broken_by_every_change_of_one_bit_and_by_another_key() {
        let sealed = seal(b"key", b"some bytes".to_vec());
        assert_eq!(unseal(b"key", &sealed), Some(b"some bytes".as_slice()));
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut damaged = sealed.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(unseal(b"key", &damaged), None);
            }
        }
        assert_eq!(unseal(b"key", &sealed[..31]), None);
        assert_eq!(unseal(b"kez", &sealed), None);
    }
}
