//! Chunks: several entries in one value, and a large entry in several.
//!
//! A chunk is a run of `u16 length || entry`, at most 16 KiB long, under the index of its first
//! entry. An entry that does not fit is a chunk of its own, cut into pieces of 16 KiB. Few keys
//! matter because sled keeps about 35 bytes of memory for each key, always. So a batch extends the
//! last chunk while that is small, which rewrites at most 4 KiB; every other chunk never changes.

use std::sync::Arc;

use crate::layout::{VALUE_BYTES_MAX, chunk_key};

/// A last chunk of at most this length is extended; a longer one is left alone.
const EXTEND_BYTES_MAX: usize = 4 * 1024;

/// Entries that are stored together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    first: u64,
    count: u64,
    bytes: Vec<u8>,
}

/// An entry is longer than its two bytes of length can say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Chunk {
    /// A chunk without entries that begins at `first`.
    pub(crate) fn new(first: u64) -> Self {
        Self {
            first,
            count: 0,
            bytes: Vec::new(),
        }
    }

    /// The chunk that these stored bytes are, if they are one.
    pub(crate) fn parse(first: u64, bytes: Vec<u8>) -> Option<Self> {
        let mut count = 0_u64;
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            (_, rest) = split_entry(rest)?;
            count = count.checked_add(1)?;
        }
        let whole = count == 1 || (count > 1 && bytes.len() <= VALUE_BYTES_MAX);
        (whole && first.checked_add(count).is_some()).then_some(Self {
            first,
            count,
            bytes,
        })
    }

    /// The index after the last entry.
    pub(crate) fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }

    /// The entries with their indexes.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let mut rest = self.bytes.as_slice();
        (self.first..self.end()).map_while(move |index| {
            let (entry, after) = split_entry(rest)?;
            rest = after;
            Some((index, entry))
        })
    }

    /// Keys and values of the chunk's pieces.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (Vec<u8>, &[u8])> {
        (0..=u8::MAX)
            .zip(self.bytes.chunks(VALUE_BYTES_MAX))
            .map(|(piece, value)| (chunk_key(self.first, piece), value))
    }

    fn has_room_for(&self, entry: &[u8]) -> bool {
        let grown = self
            .bytes
            .len()
            .saturating_add(2)
            .saturating_add(entry.len());
        self.count == 0 || grown <= VALUE_BYTES_MAX
    }

    fn push(&mut self, entry: &[u8]) -> Result<(), TooLong> {
        let length = u16::try_from(entry.len()).map_err(|_| TooLong)?;
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(entry);
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

/// The chunks to write when `entries` follow the chunk `last`, in order. The last of them is the
/// new last chunk; without entries that is `last` itself.
pub(crate) fn pack(last: &Chunk, entries: &[Arc<[u8]>]) -> Result<Vec<Chunk>, TooLong> {
    let mut open = if last.bytes.len() <= EXTEND_BYTES_MAX {
        last.clone()
    } else {
        Chunk::new(last.end())
    };
    let mut chunks = Vec::new();
    if entries.is_empty() {
        return Ok(vec![last.clone()]);
    }
    for entry in entries {
        if !open.has_room_for(entry) {
            let next = Chunk::new(open.end());
            chunks.push(std::mem::replace(&mut open, next));
        }
        open.push(entry)?;
    }
    chunks.push(open);
    Ok(chunks)
}

fn split_entry(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(length: usize) -> Arc<[u8]> {
        vec![7; length].into()
    }

    fn lengths(chunk: &Chunk) -> Vec<usize> {
        chunk.entries().map(|(_, entry)| entry.len()).collect()
    }

    #[test]
    fn small_entries_share_a_chunk_until_it_is_full() {
        let chunks = pack(&Chunk::new(0), &vec![entry(1000); 40]).unwrap();
        assert_eq!(
            chunks.iter().map(|chunk| chunk.count).collect::<Vec<_>>(),
            [16, 16, 8]
        );
        assert!(
            chunks
                .iter()
                .all(|chunk| chunk.bytes.len() <= VALUE_BYTES_MAX)
        );
        assert_eq!(chunks[2].end(), 40);
    }

    #[test]
    fn the_longest_entry_is_cut_into_pieces_and_put_together_again() {
        let chunks = pack(&Chunk::new(5), &[entry(10), entry(65_535), entry(20)]).unwrap();
        assert_eq!(
            chunks.iter().map(lengths).collect::<Vec<_>>(),
            [vec![10], vec![65_535], vec![20]]
        );
        let pieces = chunks[1].pieces().collect::<Vec<_>>();
        assert_eq!(pieces.len(), 5);
        assert_eq!(pieces[4].0, chunk_key(6, 4));
        assert!(
            pieces
                .iter()
                .all(|(_, value)| value.len() <= VALUE_BYTES_MAX)
        );
        let bytes = pieces
            .iter()
            .flat_map(|(_, value)| value.to_vec())
            .collect();
        assert_eq!(Chunk::parse(6, bytes).unwrap(), chunks[1]);
    }

    #[test]
    fn an_entry_too_long_for_its_length_is_refused() {
        assert_eq!(pack(&Chunk::new(0), &[entry(65_536)]), Err(TooLong));
    }

    #[test]
    fn a_small_last_chunk_is_extended_and_a_large_one_is_not() {
        let small = pack(&Chunk::new(0), &[entry(4000)]).unwrap().pop().unwrap();
        let extended = pack(&small, &[entry(1), entry(0)]).unwrap();
        assert_eq!(lengths(&extended[0]), [4000, 1, 0]);
        assert_eq!(extended.len(), 1);
        let large = pack(&small, &[entry(500)]).unwrap().pop().unwrap();
        let added = pack(&large, &[entry(1)]).unwrap();
        assert_eq!((added.len(), added[0].first), (1, 2));
    }

    #[test]
    fn bytes_that_are_cut_are_no_chunk() {
        let chunk = pack(&Chunk::new(0), &[entry(3), entry(4)])
            .unwrap()
            .pop()
            .unwrap();
        for length in 0..chunk.bytes.len() {
            let parsed = Chunk::parse(0, chunk.bytes[..length].to_vec());
            assert_eq!(parsed.is_some(), length == 5, "{length} bytes");
        }
    }
}
