//! A run: the postings of neighbouring entries, sorted, in pieces of 128, in a file that is written once.
//!
//! ```text
//! pieces    of 128 postings, the last of fewer: key (8) || value (8), ascending; then a checksum (16)
//! fences    the first key of each piece (8 each)
//! filter    see `filter`
//! foot      magic (24) || level (1) || first entry (8) || end (8) || root of the log at the end (32)
//!           || postings (8) || SHA-256 of the fences (32) || SHA-256 of the filter (32) || SHA-256 of the foot so far (32)
//! ```
//!
//! Integers are big-endian. The checksum of a piece is one half of the SHA-256 of the root, the first entry, the number of the piece, and
//! the postings, so a piece in another place is as wrong as one that changed.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use witnessmark_verifier::{Hash, sha256};

use crate::filter::Filter;

/// Postings in one piece.
const PIECE: usize = 128;
const POSTING_BYTES: usize = 16;
const CHECK_BYTES: usize = 16;
const FENCE_BYTES: usize = 8;
const MAGIC: &[u8; 24] = b"witnessmark-postings/1\n\n";
const FOOT_BYTES: usize = 24 + 1 + 8 + 8 + 32 + 8 + 32 + 32 + 32;

/// A key and one of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    /// The key, whose bits look random.
    pub key: u64,
    /// The value.
    pub value: u64,
}

/// A run is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The file.
    pub path: PathBuf,
    /// The first entry that the run is made of.
    pub first: u64,
    /// What is wrong.
    pub what: String,
}

/// What a run is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// How often its postings were merged.
    pub(crate) level: u8,
    /// The first entry.
    pub(crate) first: u64,
    /// The entry after the last.
    pub(crate) end: u64,
}

impl Span {
    /// The name of the run's file.
    pub(crate) fn file_name(&self) -> String {
        let Self { level, first, end } = self;
        format!("{first:012}-{end:012}-{level}")
    }

    /// What the file with this name is a run of, if it is one.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let (first, end, level) = (parts.next()?, parts.next()?, parts.next()?);
        let span = Self {
            level: level.parse().ok()?,
            first: first.parse().ok()?,
            end: end.parse().ok()?,
        };
        (span.first < span.end && span.file_name() == name).then_some(span)
    }
}

/// What is kept in memory of a run, and its file.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) span: Span,
    /// The root that the log had at the end.
    pub(crate) root: Hash,
    /// How many postings there are.
    pub(crate) count: u64,
    path: PathBuf,
    file: File,
    fences: Box<[u64]>,
    filter: Filter,
}

impl Run {
    /// Opens the run in this file, if it is whole.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let start = length
            .checked_sub(offset(FOOT_BYTES))
            .ok_or_else(|| not_a_run("is too short"))?;
        let foot = read(&file, start, FOOT_BYTES)?;
        let foot = Foot::parse(&foot).ok_or_else(|| not_a_run("has no good foot"))?;
        let pieces = pieces_of(foot.count);
        let fence_bytes = pieces.saturating_mul(FENCE_BYTES);
        let filter_bytes = Filter::bytes_for(foot.count);
        let fences_at = piece_at(pieces, foot.count);
        let filter_at = fences_at.saturating_add(offset(fence_bytes));
        if filter_at.checked_add(offset(filter_bytes)) != Some(start) {
            return Err(not_a_run("is not as long as its foot says"));
        }
        let fences = read(&file, fences_at, fence_bytes)?;
        let filter = read(&file, filter_at, filter_bytes)?;
        if sha256(&fences) != foot.fences || sha256(&filter) != foot.filter {
            return Err(not_a_run("has a filter that is not what it was"));
        }
        let (fences, _) = fences.as_chunks::<FENCE_BYTES>();
        Ok(Self {
            span: foot.span,
            root: foot.root,
            count: foot.count,
            path: path.to_owned(),
            file,
            fences: fences
                .iter()
                .map(|fence| u64::from_be_bytes(*fence))
                .collect(),
            filter: Filter::of(filter),
        })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many pieces there are.
    pub(crate) fn pieces(&self) -> usize {
        self.fences.len()
    }

    /// The values of a key, ascending. Reads as it goes.
    pub(crate) fn find(&self, key: u64) -> impl Iterator<Item = Result<u64, Damaged>> + '_ {
        let pieces = if self.filter.may_have(key) {
            let before = self.fences.partition_point(|fence| *fence < key);
            let after = self.fences.partition_point(|fence| *fence <= key);
            before.saturating_sub(1)..after
        } else {
            0..0
        };
        pieces.flat_map(move |number| match self.piece(number) {
            Ok(piece) => {
                let own = piece.into_iter().filter(|posting| posting.key == key);
                own.map(|posting| Ok(posting.value)).collect::<Vec<_>>()
            }
            Err(damaged) => vec![Err(damaged)],
        })
    }

    /// The postings of a piece.
    pub(crate) fn piece(&self, number: usize) -> Result<Vec<Posting>, Damaged> {
        let damaged = |what: String| Damaged {
            path: self.path.clone(),
            first: self.span.first,
            what: format!("piece {number} {what}"),
        };
        let length = piece_bytes(number, self.count);
        let bytes = read(&self.file, piece_at(number, self.count), length)
            .map_err(|error| damaged(format!("cannot be read: {error}")))?;
        let (bytes, check) = bytes
            .split_last_chunk::<CHECK_BYTES>()
            .ok_or_else(|| damaged("is empty".to_owned()))?;
        if *check != check_of(&self.root, self.span.first, number, bytes) {
            return Err(damaged("is not what it was".to_owned()));
        }
        let (postings, _) = bytes.as_chunks::<POSTING_BYTES>();
        Ok(postings.iter().map(parse_posting).collect())
    }
}

/// Writes a run to a new file.
#[derive(Debug)]
pub(crate) struct Writer {
    out: BufWriter<File>,
    foot: Foot,
    piece: Vec<u8>,
    /// How many postings were written.
    written: u64,
    fences: Vec<u8>,
    filter: Filter,
    number: usize,
}

impl Writer {
    /// Begins a run of `count` postings.
    pub(crate) fn create(path: &Path, span: Span, root: Hash, count: u64) -> io::Result<Self> {
        let none = sha256(&[]);
        Ok(Self {
            out: BufWriter::with_capacity(1 << 18, File::create(path)?),
            foot: Foot {
                span,
                root,
                count,
                fences: none,
                filter: none,
            },
            piece: Vec::with_capacity(PIECE * POSTING_BYTES),
            written: 0,
            fences: Vec::new(),
            filter: Filter::new(count),
            number: 0,
        })
    }

    /// Adds the next posting.
    pub(crate) fn push(&mut self, posting: Posting) -> io::Result<()> {
        if self.piece.is_empty() {
            self.fences.extend_from_slice(&posting.key.to_be_bytes());
        }
        self.piece.extend_from_slice(&posting.key.to_be_bytes());
        self.piece.extend_from_slice(&posting.value.to_be_bytes());
        self.filter.add(posting.key);
        self.written = self.written.saturating_add(1);
        if self.piece.len() == PIECE * POSTING_BYTES {
            self.end_piece()?;
        }
        Ok(())
    }

    fn end_piece(&mut self) -> io::Result<()> {
        let Foot { root, span, .. } = &self.foot;
        let check = check_of(root, span.first, self.number, &self.piece);
        self.out.write_all(&self.piece)?;
        self.out.write_all(&check)?;
        self.piece.clear();
        self.number = self.number.saturating_add(1);
        Ok(())
    }

    /// Ends the run, and waits until it is on the disk.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if !self.piece.is_empty() {
            self.end_piece()?;
        }
        if self.written != self.foot.count {
            return Err(not_a_run("was given another number of postings"));
        }
        self.foot.fences = sha256(&self.fences);
        self.foot.filter = sha256(self.filter.bytes());
        self.out.write_all(&self.fences)?;
        self.out.write_all(self.filter.bytes())?;
        self.out.write_all(&self.foot.encode())?;
        let file = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    }
}

/// The end of a run's file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Foot {
    span: Span,
    root: Hash,
    count: u64,
    fences: Hash,
    filter: Hash,
}

impl Foot {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(self.span.level);
        bytes.extend_from_slice(&self.span.first.to_be_bytes());
        bytes.extend_from_slice(&self.span.end.to_be_bytes());
        bytes.extend_from_slice(self.root.as_bytes());
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes.extend_from_slice(self.fences.as_bytes());
        bytes.extend_from_slice(self.filter.as_bytes());
        let seal = sha256(&bytes);
        bytes.extend_from_slice(seal.as_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC.as_slice())?;
        let (level, rest) = rest.split_first()?;
        let (first, rest) = rest.split_first_chunk()?;
        let (end, rest) = rest.split_first_chunk()?;
        let (root, rest) = rest.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let (fences, rest) = rest.split_first_chunk()?;
        let (filter, _) = rest.split_first_chunk()?;
        let foot = Self {
            span: Span {
                level: *level,
                first: u64::from_be_bytes(*first),
                end: u64::from_be_bytes(*end),
            },
            root: Hash::new(*root),
            count: u64::from_be_bytes(*count),
            fences: Hash::new(*fences),
            filter: Hash::new(*filter),
        };
        // The seal is in it.
        (foot.encode() == bytes).then_some(foot)
    }
}

fn parse_posting(bytes: &[u8; POSTING_BYTES]) -> Posting {
    let all = u128::from_be_bytes(*bytes);
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(u64::MAX);
    Posting {
        key: half(all >> 64),
        value: half(all),
    }
}

fn check_of(root: &Hash, first: u64, number: usize, bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let mut all = Vec::with_capacity(48_usize.saturating_add(bytes.len()));
    all.extend_from_slice(root.as_bytes());
    all.extend_from_slice(&first.to_be_bytes());
    all.extend_from_slice(&offset(number).to_be_bytes());
    all.extend_from_slice(bytes);
    let hash = sha256(&all);
    hash.as_bytes()
        .first_chunk()
        .copied()
        .unwrap_or([0; CHECK_BYTES])
}

/// How many pieces a run of this many postings has.
fn pieces_of(count: u64) -> usize {
    usize::try_from(count.div_ceil(offset(PIECE))).unwrap_or(usize::MAX)
}

/// Where a piece begins; where the pieces end, for the one after the last.
fn piece_at(number: usize, count: u64) -> u64 {
    let postings = offset(number).saturating_mul(offset(PIECE)).min(count);
    let checks = offset(number).saturating_mul(offset(CHECK_BYTES));
    postings
        .saturating_mul(offset(POSTING_BYTES))
        .saturating_add(checks)
}

fn piece_bytes(number: usize, count: u64) -> usize {
    let end = piece_at(number.saturating_add(1), count);
    usize::try_from(end.saturating_sub(piece_at(number, count))).unwrap_or(0)
}

fn read(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

fn not_a_run(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn offset(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn key(number: u64) -> u64 {
        let hash = sha256(&number.to_be_bytes());
        u64::from_be_bytes(*hash.as_bytes().first_chunk().unwrap())
    }

    fn write(path: &Path, postings: &[Posting]) {
        let span = Span {
            level: 2,
            first: 7,
            end: 70_000,
        };
        let count = u64::try_from(postings.len()).unwrap();
        let mut writer = Writer::create(path, span, sha256(b"root"), count).unwrap();
        for posting in postings {
            writer.push(*posting).unwrap();
        }
        writer.finish().unwrap();
    }

    fn postings(count: u64) -> Vec<Posting> {
        let mut all: Vec<_> = (0..count)
            .map(|number| Posting {
                // Some keys have several values, and one has those of two pieces.
                key: key(if number < 200 { 0 } else { number / 3 }),
                value: number,
            })
            .collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn every_value_is_found_again_and_others_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run");
        for count in [0, 1, 127, 128, 129, 5_000] {
            let all = postings(count);
            write(&path, &all);
            let run = Run::open(&path).unwrap();
            assert_eq!(
                (run.span.first, run.span.end, run.count),
                (7, 70_000, count)
            );
            for number in 0..count / 3 + 5 {
                let key = key(number);
                let found: Vec<_> = run.find(key).map(Result::unwrap).collect();
                let own = all.iter().filter(|it| it.key == key);
                assert_eq!(found, own.map(|it| it.value).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn every_change_of_one_bit_and_every_cut_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run");
        let all = postings(300);
        write(&path, &all);
        let sound = std::fs::read(&path).unwrap();
        let whole = |run: &Run| (0..run.pieces()).all(|number| run.piece(number).is_ok());
        assert!(whole(&Run::open(&path).unwrap()));
        for at in (0..sound.len()).step_by(3) {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << (at % 8);
            std::fs::write(&path, &bytes).unwrap();
            assert!(!Run::open(&path).is_ok_and(|run| whole(&run)), "byte {at}");
            std::fs::write(&path, &sound[..at]).unwrap();
            assert!(Run::open(&path).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_name_says_what_a_run_is_made_of() {
        let span = Span {
            level: 3,
            first: 16_384,
            end: 32_768,
        };
        assert_eq!(Span::parse(&span.file_name()), Some(span));
        for wrong in ["", "new", "1-2-3", "000000000002-000000000002-0", "a-b-c"] {
            assert_eq!(Span::parse(wrong), None, "{wrong}");
        }
    }
}
