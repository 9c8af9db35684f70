//! In which runs a record id may be: one Bloom filter for each run, side by side in memory.
//!
//! Sixty-four runs share a block. Row `i` of a block holds bit `i` of the filters of all its runs,
//! so a look-up reads ten rows, or as many as it takes until no run is left, for a million entries
//! at once. 20 bits and ten positions for each record id leave one false answer in ten thousand for
//! each run; a false answer costs the reading of one piece, and never a wrong result.

use witnessmark_verifier::RecordId;

use crate::run::RUN_IDS;

/// Bits of one run's filter.
const FILTER_BITS: usize = RUN_IDS * 20;
/// The same in bytes.
pub(crate) const FILTER_BYTES: usize = FILTER_BITS / 8;
/// Bits of a record id.
const POSITIONS: usize = 10;
/// Runs in one block.
const BLOCK_RUNS: usize = 64;

/// The filter of one run, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column(Vec<u8>);

impl Column {
    /// The filter of these record ids.
    pub(crate) fn of<'a>(ids: impl Iterator<Item = &'a RecordId>) -> Self {
        let mut bytes = vec![0_u8; FILTER_BYTES];
        for position in ids.flat_map(positions) {
            if let Some(byte) = bytes.get_mut(position / 8) {
                *byte |= 1 << (position % 8);
            }
        }
        Self(bytes)
    }

    /// The filter of these stored bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The filter as it is stored.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The filters of all runs.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    runs: usize,
    blocks: Vec<Box<[u64]>>,
}

impl Filter {
    /// Adds the filters of the next runs.
    pub(crate) fn extend(&mut self, mut columns: &[Column]) {
        while let Some((column, rest)) = columns.split_first() {
            match columns.split_first_chunk() {
                Some((eight, rest)) if self.runs.is_multiple_of(8) => {
                    self.push_eight(eight);
                    columns = rest;
                }
                _ => {
                    self.push(column);
                    columns = rest;
                }
            }
        }
    }

    /// Adds the filters of eight runs, the first of which has a number that is a multiple of eight: a byte of each row
    /// at once, which takes a fraction of the time.
    fn push_eight(&mut self, columns: &[Column; 8]) {
        let number = self.runs % BLOCK_RUNS;
        if number == 0 {
            self.blocks.push(vec![0; FILTER_BITS].into_boxed_slice());
        }
        if let Some(block) = self.blocks.last_mut() {
            for (position, rows) in block.chunks_mut(8).enumerate() {
                let mut bytes = columns
                    .each_ref()
                    .map(|column| column.0.get(position).copied().unwrap_or(0));
                // The last byte is that of the first column: it is the lowest bit of each row.
                bytes.reverse();
                let turned = turned(u64::from_be_bytes(bytes)).to_be_bytes();
                for (row, bits) in rows.iter_mut().zip(turned.iter().rev()) {
                    *row |= u64::from(*bits) << number;
                }
            }
        }
        self.runs = self.runs.saturating_add(8);
    }

    /// Adds the filter of the next run.
    fn push(&mut self, column: &Column) {
        let number = self.runs % BLOCK_RUNS;
        if number == 0 {
            self.blocks.push(vec![0; FILTER_BITS].into_boxed_slice());
        }
        if let Some(block) = self.blocks.last_mut() {
            for (rows, byte) in block.chunks_mut(8).zip(&column.0) {
                for (bit, row) in rows.iter_mut().enumerate() {
                    *row |= u64::from((byte >> bit) & 1) << number;
                }
            }
        }
        self.runs = self.runs.saturating_add(1);
    }

    /// The runs in which this record id may be, ascending. In the others it is not.
    pub(crate) fn candidates(&self, id: &RecordId) -> Vec<u64> {
        let mut found = Vec::new();
        for (block, first) in self.blocks.iter().zip((0_u64..).step_by(BLOCK_RUNS)) {
            let mut left = u64::MAX;
            for position in positions(id) {
                left &= block.get(position).copied().unwrap_or(u64::MAX);
                if left == 0 {
                    break;
                }
            }
            found.extend(
                (0..64_u64)
                    .filter(|bit| left & (1 << bit) != 0)
                    .map(|bit| first + bit),
            );
        }
        found
    }
}

/// The eight by eight bits of a number with rows and columns exchanged (Hacker's Delight, 7-3).
const fn turned(square: u64) -> u64 {
    let swap = (square ^ (square >> 7)) & 0x00AA_00AA_00AA_00AA;
    let square = square ^ swap ^ (swap << 7);
    let swap = (square ^ (square >> 14)) & 0x0000_CCCC_0000_CCCC;
    let square = square ^ swap ^ (swap << 14);
    let swap = (square ^ (square >> 28)) & 0x0000_0000_F0F0_F0F0;
    square ^ swap ^ (swap << 28)
}

/// The bits of a record id. It is a hash already, so its own bytes are as good as any.
fn positions(id: &RecordId) -> impl Iterator<Item = usize> {
    let half = |at: usize| {
        let bytes = id.as_bytes().get(at..at.saturating_add(8));
        bytes
            .and_then(|bytes| bytes.first_chunk())
            .map_or(0, |bytes| u64::from_be_bytes(*bytes))
    };
    let (first, step) = (half(8), half(16) | 1);
    (0..POSITIONS).scan(first, move |at, _| {
        let bits = u64::try_from(FILTER_BITS).unwrap_or(u64::MAX);
        let position = usize::try_from(*at % bits).unwrap_or(0);
        *at = at.wrapping_add(step);
        Some(position)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::id;
    use crate::run::{RUN_WIDTH, Run};

    #[test]
    fn however_columns_are_added_the_rows_are_the_same() {
        let columns: Vec<Column> = (0..67_u64)
            .map(|run| {
                Column::of(
                    (run * 1_000..run * 1_000 + 300)
                        .map(id)
                        .collect::<Vec<_>>()
                        .iter(),
                )
            })
            .collect();
        let mut one_by_one = Filter::default();
        for column in &columns {
            one_by_one.push(column);
        }
        for first in [0, 3, 8] {
            let mut filter = Filter::default();
            filter.extend(&columns[..first]);
            filter.extend(&columns[first..]);
            assert_eq!(filter.runs, 67);
            assert!(filter.blocks == one_by_one.blocks);
        }
    }

    #[test]
    fn no_record_id_is_overlooked_and_few_are_taken_for_others() {
        let mut filter = Filter::default();
        let few = |run: u64| (run * RUN_WIDTH..run * RUN_WIDTH + 50).map(id);
        for run in 0..66 {
            // Two whole runs, one in each block.
            let count = if run % 65 == 3 { RUN_WIDTH } else { 50 };
            let ids: Vec<_> = (run * RUN_WIDTH..run * RUN_WIDTH + count).map(id).collect();
            filter.push(&Run::new(run, &ids).column());
        }
        for run in 0..66 {
            for id in few(run) {
                assert!(filter.candidates(&id).contains(&run));
            }
        }
        let absent = (1 << 40..(1 << 40) + 40_000).map(id);
        let read: usize = absent.map(|id| filter.candidates(&id).len()).sum();
        // One in ten thousand, for a whole run.
        assert!((1..20).contains(&read), "{read} false answers");
    }
}
