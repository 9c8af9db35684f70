//! Runs: the record ids of 16,384 neighbouring entries, sorted, in pieces of 128.
//!
//! Run `n` holds the record ids of the entries `16384 n ..` and is written once, with the commit
//! that completes it. A look-up reads one piece: where in the sorted run each piece begins is kept
//! in memory, and so is a filter of 20 bits for each record id, which tells in which of all runs a
//! record id may be. Both are stored beside the run, so that a start need not read the runs.

use witnessmark_verifier::RecordId;

use crate::files::{FileWrite, run_write};
use crate::filter::{Column, FILTER_BYTES};

/// Record ids in one run.
pub(crate) const RUN_IDS: usize = 16_384;
/// The same as a number of entries.
pub(crate) const RUN_WIDTH: u64 = 16_384;
/// Record ids in one piece of a run.
const PIECE_IDS: usize = 128;
/// Pieces of a run.
pub(crate) const RUN_PIECES: u8 = 128;
/// Bytes of the filter in one value.
const FILTER_PIECE_BYTES: usize = 10 * 1024;
/// Further pieces, of what is kept in memory of a run: where the others begin, and the filter.
pub(crate) const FILTER_PIECES: u8 = 5;
const ITEM_BYTES: usize = 34;
/// The bytes of each piece of a run without its seal: of those with record ids, of where they
/// begin, and of the filter.
pub(crate) const PIECE_BYTES: [usize; 133] = {
    let mut bytes = [PIECE_IDS * ITEM_BYTES; 133];
    bytes[128] = 8 * 128;
    let mut piece = 129;
    while piece < 133 {
        bytes[piece] = FILTER_PIECE_BYTES;
        piece += 1;
    }
    bytes
};

/// Where the pieces of a run begin: the first eight bytes of the first record id in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fences(Box<[u64]>);

/// A complete run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    number: u64,
    /// Ascending, each with its place among the entries of the run.
    sorted: Vec<(RecordId, u16)>,
}

impl Run {
    /// The run of these record ids, which are in the order of their entries.
    pub(crate) fn new(number: u64, ids: &[RecordId]) -> Self {
        let mut sorted: Vec<_> = ids.iter().copied().zip(0..=u16::MAX).collect();
        sorted.sort_unstable_by(|(left, _), (right, _)| left.as_bytes().cmp(right.as_bytes()));
        Self { number, sorted }
    }

    /// What is kept in memory of the run.
    pub(crate) fn fences(&self) -> Fences {
        let pieces = self.sorted.chunks(PIECE_IDS);
        Fences(
            pieces
                .filter_map(|piece| Some(prefix(&piece.first()?.0)))
                .collect(),
        )
    }

    /// The run's column of the filter.
    pub(crate) fn column(&self) -> Column {
        Column::of(self.sorted.iter().map(|(id, _)| id))
    }

    /// What to write for the run.
    pub(crate) fn write(&self) -> FileWrite {
        let mut pieces = Vec::new();
        for ids in self.sorted.chunks(PIECE_IDS) {
            let mut piece = Vec::with_capacity(ids.len().saturating_mul(ITEM_BYTES));
            for (id, place) in ids {
                piece.extend_from_slice(id.as_bytes());
                piece.extend_from_slice(&place.to_be_bytes());
            }
            pieces.push(piece);
        }
        let fences = self.fences().0;
        pieces.push(
            fences
                .iter()
                .flat_map(|fence| fence.to_be_bytes())
                .collect(),
        );
        let column = self.column();
        pieces.extend(
            column
                .bytes()
                .chunks(FILTER_PIECE_BYTES)
                .map(<[u8]>::to_vec),
        );
        run_write(self.number, pieces)
    }
}

impl Fences {
    /// The stored fences that these bytes are, if they are.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (fences, rest) = bytes.as_chunks::<8>();
        let fences: Box<[u64]> = fences
            .iter()
            .map(|fence| u64::from_be_bytes(*fence))
            .collect();
        let whole =
            rest.is_empty() && fences.len() == usize::from(RUN_PIECES) && fences.is_sorted();
        whole.then_some(Self(fences))
    }

    /// The pieces in which this record id may be: one, unless prefixes are equal.
    pub(crate) fn pieces(&self, id: &RecordId) -> std::ops::RangeInclusive<u8> {
        let wanted = prefix(id);
        let after = self.0.partition_point(|fence| *fence <= wanted);
        let before = self.0.partition_point(|fence| *fence < wanted);
        let piece = |count: usize| u8::try_from(count.saturating_sub(1)).unwrap_or(RUN_PIECES);
        piece(before)..=piece(after)
    }
}

/// The column of the filter that these stored values are, in order, if they are one.
pub(crate) fn parse_column(values: &[Vec<u8>]) -> Option<Column> {
    let bytes = values.concat();
    (bytes.len() == FILTER_BYTES).then(|| Column::parse(&bytes))
}

/// The record ids and places that an unsealed piece holds, if it is one.
pub(crate) fn parse_piece(bytes: &[u8]) -> Option<Vec<(RecordId, u16)>> {
    let (items, rest) = bytes.as_chunks::<ITEM_BYTES>();
    if !rest.is_empty() || items.len() != PIECE_IDS {
        return None;
    }
    let parse = |item: &[u8; ITEM_BYTES]| {
        let (id, place) = item.split_first_chunk::<32>()?;
        let place = u16::from_be_bytes(*place.first_chunk()?);
        Some((RecordId::new(witnessmark_verifier::Hash::new(*id)), place))
    };
    items.iter().map(parse).collect()
}

/// The entry of the place `place` in run `number`.
pub(crate) fn index_in(number: u64, place: u16) -> u64 {
    number
        .saturating_mul(RUN_WIDTH)
        .saturating_add(u64::from(place))
}

/// The first eight bytes.
fn prefix(id: &RecordId) -> u64 {
    id.as_bytes()
        .first_chunk()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
pub(crate) mod tests {
    use witnessmark_verifier::sha256;

    use super::*;
    use crate::files::Files;

    pub(crate) fn id(number: u64) -> RecordId {
        RecordId::new(sha256(&number.to_be_bytes()))
    }

    #[test]
    fn every_record_id_is_in_the_piece_that_the_fences_name() {
        let ids: Vec<_> = (0..RUN_WIDTH).map(id).collect();
        let run = Run::new(3, &ids);
        let dir = tempfile::tempdir().unwrap();
        Files::create(dir.path()).unwrap();
        let files = Files::open(dir.path()).unwrap();
        files.write(&[run.write()]).unwrap();
        let (fences, column) = files.run_filter(3).unwrap();
        assert_eq!((&fences, &column), (&run.fences(), &run.column()));
        for (id, place) in ids.iter().zip(0..).step_by(7) {
            let found = fences.pieces(id).find_map(|piece| {
                let items = parse_piece(&files.run_piece(3, piece).unwrap()).unwrap();
                items.into_iter().find(|(item, _)| item == id)
            });
            assert_eq!(found, Some((*id, place)));
        }
        // Nothing is sealed for another place.
        assert!(files.run_piece(2, 0).is_err() && files.run_piece(4, 0).is_err());
        files.write(&[Run::new(2, &ids).write()]).unwrap();
        let length = Run::new(2, &ids).write().bytes.len();
        assert_eq!(run.write().at, 3 * u64::try_from(length).unwrap());
    }

    #[test]
    fn equal_prefixes_over_several_pieces_are_all_looked_at() {
        let mut ids: Vec<_> = (0..RUN_WIDTH).map(id).collect();
        for (id, number) in ids.iter_mut().zip(0..400_u64) {
            let mut bytes = *sha256(&number.to_be_bytes()).as_bytes();
            bytes[..8].fill(0x70);
            *id = RecordId::new(witnessmark_verifier::Hash::new(bytes));
        }
        let run = Run::new(0, &ids);
        for (id, place) in ids.iter().zip(0_u16..400) {
            let pieces = run.fences().pieces(id);
            let at = run
                .sorted
                .iter()
                .position(|item| *item == (*id, place))
                .unwrap();
            assert!(pieces.contains(&u8::try_from(at / PIECE_IDS).unwrap()));
        }
    }
}
