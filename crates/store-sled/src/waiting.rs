//! The entries that do not fill a chunk yet: at most 255, in memory and in values of sled.
//!
//! The values together are a run of `u16 length || entry`, cut anywhere into 16 KiB and less, so
//! the largest entries need nothing special. Each commit adds values; the commit that fills a chunk
//! begins again with the first.

use std::sync::Arc;

use crate::db::Writes;
use crate::layout::{VALUE_BYTES_MAX, waiting_entries_key};

/// Entries in one chunk.
pub(crate) const CHUNK_ENTRIES: usize = 256;
/// The same as a number of entries.
pub(crate) const CHUNK_WIDTH: u64 = 256;

/// An entry is longer than its two bytes of length can say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// The entries after the last full chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    entries: Vec<Arc<[u8]>>,
    values: u16,
}

/// What the next entries bring.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grown {
    /// The chunks that they fill.
    pub(crate) chunks: Vec<Vec<Arc<[u8]>>>,
    /// What to write to sled.
    pub(crate) writes: Writes,
    /// What then waits.
    pub(crate) waiting: Waiting,
}

impl Waiting {
    /// The entries in these values, if they are some.
    pub(crate) fn parse(values: &[Vec<u8>]) -> Option<Self> {
        let bytes = values.concat();
        let (mut entries, mut rest) = (Vec::new(), bytes.as_slice());
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk()?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (entry, after) = after.split_at_checked(length)?;
            entries.push(entry.into());
            rest = after;
        }
        let values = u16::try_from(values.len()).ok()?;
        (entries.len() < CHUNK_ENTRIES).then_some(Self { entries, values })
    }

    /// The entries.
    pub(crate) fn entries(&self) -> &[Arc<[u8]>] {
        &self.entries
    }

    /// How many values hold them.
    pub(crate) fn values(&self) -> u16 {
        self.values
    }

    /// What comes of it when `entries` follow.
    pub(crate) fn extend(&self, entries: &[Arc<[u8]>]) -> Result<Grown, TooLong> {
        let all = [self.entries.as_slice(), entries].concat();
        let full = all.len() / CHUNK_ENTRIES * CHUNK_ENTRIES;
        let (full, rest) = all.split_at_checked(full).unwrap_or((&all, &[]));
        let (new, number) = if full.is_empty() {
            (entries, self.values)
        } else {
            (rest, 0)
        };
        let mut bytes = Vec::new();
        for entry in new {
            let length = u16::try_from(entry.len()).map_err(|_| TooLong)?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(entry);
        }
        let writes: Writes = (number..)
            .zip(bytes.chunks(VALUE_BYTES_MAX))
            .map(|(number, value)| (waiting_entries_key(number), value.to_vec()))
            .collect();
        let written = u16::try_from(writes.len()).map_err(|_| TooLong)?;
        Ok(Grown {
            chunks: full.chunks(CHUNK_ENTRIES).map(<[_]>::to_vec).collect(),
            writes,
            waiting: Self {
                entries: rest.to_vec(),
                values: number.saturating_add(written),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn entry(length: usize) -> Arc<[u8]> {
        (0..=u8::MAX).cycle().skip(length).take(length).collect()
    }

    fn grow(batches: &[&[usize]]) {
        let (mut stored, mut waiting) = (BTreeMap::new(), Waiting::default());
        let mut all: Vec<Arc<[u8]>> = Vec::new();
        let mut full: Vec<Arc<[u8]>> = Vec::new();
        for batch in batches {
            let entries: Vec<_> = batch.iter().map(|length| entry(*length)).collect();
            let grown = waiting.extend(&entries).unwrap();
            for (key, value) in grown.writes {
                assert!(value.len() <= VALUE_BYTES_MAX);
                stored.insert(key, value);
            }
            assert!(
                grown
                    .chunks
                    .iter()
                    .all(|chunk| chunk.len() == CHUNK_ENTRIES)
            );
            full.extend(grown.chunks.concat());
            waiting = grown.waiting;
            all.extend(entries);
            assert_eq!([full.as_slice(), waiting.entries()].concat(), all);

            let values: Vec<_> = (0..waiting.values())
                .map(|number| stored[&waiting_entries_key(number)].clone())
                .collect();
            assert_eq!(Waiting::parse(&values), Some(waiting.clone()));
        }
    }

    #[test]
    fn however_entries_come_a_start_finds_them_again() {
        grow(&[[1000].as_slice(); 600]);
        grow(&[[0].as_slice(); 300]);
        grow(&[
            &[300; 255],
            &[],
            &[7],
            &[],
            &[1; 1],
            &[65_535; 254],
            &[3, 4],
            &[20; 1_024],
        ]);
        grow(&[&[16_382, 16_383, 16_384, 0, 0], &[65_535], &[5; 700]]);
    }

    #[test]
    fn an_entry_too_long_for_its_length_is_refused() {
        assert_eq!(Waiting::default().extend(&[entry(65_536)]), Err(TooLong));
    }

    #[test]
    fn values_that_are_cut_are_refused() {
        let grown = Waiting::default().extend(&[entry(3), entry(4)]).unwrap();
        let value = &grown.writes[0].1;
        for length in 1..value.len() {
            let parsed = Waiting::parse(&[value[..length].to_vec()]);
            assert_eq!(parsed.is_some(), length == 5, "{length} bytes");
        }
        assert_eq!(
            Waiting::parse(&[vec![0; 512]]),
            None,
            "256 entries fill a chunk"
        );
    }
}
