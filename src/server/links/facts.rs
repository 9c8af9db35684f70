//! What the links keep of a record: postings, each a key that is a part of a hash, and the place of the record.

use witnessmark_postings::Posting;
use witnessmark_record::v1::LinkRel;
use witnessmark_record::{Record, speaks_of};
use witnessmark_thread::Link;
use witnessmark_thread::devices::Numbered;
use witnessmark_verifier::{KeyId, RecordId, sha256};

/// The record speaks of the other, rather than of how two things hang together.
pub(super) const SPEAKS: u64 = 1;
/// It corrects or withdraws the other.
pub(super) const CHANGES: u64 = 2;
/// It says that the other is a part of it.
pub(super) const HAS_PART: u64 = 4;
/// Bits of a value below the place.
const MARK_BITS: u32 = 8;

/// Numbers are also kept in blocks of 16, of 16 times 16 and so on, so that the next lower number of a device is found.
pub(super) const BLOCK_BITS: u32 = 4;
/// Blocks of this level are half of all numbers or less, and have no block above them.
pub(super) const BLOCK_LEVELS: u32 = 15;

/// What records have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact<'a> {
    /// They link to this record.
    LinksTo(&'a RecordId),
    /// They have this thread id.
    Thread(&'a [u8]),
    /// They have this number on this device.
    Number(&'a KeyId, u64),
    /// They have a number in this block on this device: the level of the block, and its number among those of its level.
    Block(&'a KeyId, u32, u64),
    /// They follow this record on this device.
    Follows(&'a KeyId, &'a RecordId),
    /// It is the record at this place, and there is something to be said because of the earlier ones of its device.
    Finding(u64),
}

impl Fact<'_> {
    /// The key of its postings. Two facts may have one key: whoever looks one up looks into the entries.
    pub(super) fn key(self) -> u64 {
        let mut bytes = Vec::with_capacity(80);
        match self {
            Self::LinksTo(record) => {
                bytes.push(b'l');
                bytes.extend_from_slice(record.as_bytes());
            }
            Self::Thread(id) => {
                bytes.push(b't');
                bytes.extend_from_slice(id);
            }
            Self::Number(device, seq) => {
                bytes.push(b'n');
                bytes.extend_from_slice(device.as_bytes());
                bytes.extend_from_slice(&seq.to_be_bytes());
            }
            Self::Block(device, level, block) => {
                bytes.push(b'b');
                bytes.extend_from_slice(device.as_bytes());
                bytes.extend_from_slice(&level.to_be_bytes());
                bytes.extend_from_slice(&block.to_be_bytes());
            }
            Self::Follows(device, record) => {
                bytes.push(b'f');
                bytes.extend_from_slice(device.as_bytes());
                bytes.extend_from_slice(record.as_bytes());
            }
            Self::Finding(index) => {
                bytes.push(b'w');
                bytes.extend_from_slice(&index.to_be_bytes());
            }
        }
        let hash = sha256(&bytes);
        let start = hash.as_bytes().first_chunk();
        start.map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// The posting that says it of the record at `index`.
    pub(super) fn at(self, index: u64, marks: u64) -> Posting {
        posting(self.key(), index, marks)
    }
}

/// The posting with this key of the record at `index`.
pub(super) const fn posting(key: u64, index: u64, marks: u64) -> Posting {
    let value = index << MARK_BITS | marks;
    Posting { key, value }
}

/// The place in a value.
pub(super) const fn place(value: u64) -> u64 {
    value >> MARK_BITS
}

/// Whether a value has all of these marks.
pub(super) const fn has(value: u64, marks: u64) -> bool {
    value & marks == marks
}

/// How a record links to another one; nothing if it does not.
pub(super) fn marks(record: &Record, target: &RecordId) -> Option<u64> {
    let words = record.links().filter(|(_, to)| to == target);
    let mut marks = None;
    for (word, _) in words {
        let speaks = if speaks_of(word) { SPEAKS } else { 0 };
        let changes = if matches!(word, "corrects" | "withdraws") {
            CHANGES
        } else {
            0
        };
        marks = Some(marks.unwrap_or(0) | speaks | changes);
    }
    let is_part = |rel, to| rel == LinkRel::HasPart && to == *target;
    let mut links = Link::of(record).into_iter();
    let has_part = links.any(|link| is_part(link.rel, link.target));
    marks.map(|marks| if has_part { marks | HAS_PART } else { marks })
}

/// What is kept of a record for its thread and its links, wherever it is: keys and marks.
pub(super) fn of_record(record: &Record) -> Vec<(u64, u64)> {
    let mut facts = vec![(Fact::Thread(&record.message().thread_id).key(), 0)];
    let mut targets: Vec<RecordId> = record.links().map(|(_, target)| target).collect();
    targets.sort_unstable();
    targets.dedup();
    for target in targets {
        let marks = marks(record, &target).unwrap_or(0);
        facts.push((Fact::LinksTo(&target).key(), marks));
    }
    facts
}

/// What is kept of a numbered record. `below` is the next lower number that the device had before.
pub(super) fn of_device(record: &Numbered, below: Option<u64>) -> Vec<Posting> {
    let (device, index, seq) = (&record.key, record.index, record.seq);
    let mut postings = vec![Fact::Number(device, seq).at(index, 0)];
    if let Some(previous) = &record.previous {
        postings.push(Fact::Follows(device, previous).at(index, 0));
    }
    for level in 1..=BLOCK_LEVELS {
        let block = seq >> (level * BLOCK_BITS);
        // The first block of each level is not kept: it is looked into always. Blocks that hold `below` are there.
        if block == 0 || below.is_some_and(|below| below >> (level * BLOCK_BITS) == block) {
            break;
        }
        postings.push(Fact::Block(device, level, block).at(index, 0));
    }
    postings
}
