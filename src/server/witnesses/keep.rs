//! What is kept of the witnesses' cosignatures, in the ledger's folder.
//!
//! ```text
//! cosigned      the newest checkpoint that has its quorum: the note, then SHA-256 of it in hexadecimal. Replaced whole
//! witnessed     earlier ones: u32 length, the note, SHA-256 of it; appended
//! ```
//!
//! The second file is for the time: a record existed before the first checkpoint that covers it was witnessed. It gains some of them
//! in a second and not all, each the first of its size, and only when the log has grown. When it is full, every other one
//! is dropped of those that stand closer together than twice the distance that was kept before. Nothing in either file is
//! believed: what is read is judged by the rules as they are now.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use witnessmark_log::SignedCheckpoint;
use witnessmark_verifier::sha256;

use super::Witnessed;
use crate::ledger::WitnessRules;

const NEWEST_FILE: &str = "cosigned";
const EARLIER_FILE: &str = "witnessed";

/// The most bytes of the file of earlier checkpoints, of which each has some hundred.
const EARLIER_BYTES_MAX: u64 = 64 << 20;

/// The most bytes of one note in it: what a note may have at most is more than any quorum needs.
const NOTE_BYTES_MAX: usize = 64 * 1024;

const LENGTH_BYTES: usize = 4;
const SEAL_BYTES: usize = 32;

/// How many of the earlier ones are looked at for one that the present rules accept.
const LOOKED_AT_MAX: usize = 64;

/// A place in the file of earlier ones.
#[derive(Debug, Clone, Copy)]
struct Kept {
    size: u64,
    time_s: u64,
    start: u64,
    length: usize,
}

/// The two files.
#[derive(Debug)]
pub(super) struct Keep {
    dir: PathBuf,
    earlier: File,
    /// Ascending in size and in place.
    kept: Vec<Kept>,
    end: u64,
    /// The first one since the last of `kept`.
    first: Option<Witnessed>,
    /// The first one of the newest size.
    newest: Option<Witnessed>,
}

impl Keep {
    /// Opens the files, which need not be there, and reads the newest checkpoint.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written.
    pub(super) fn open(dir: &Path, rules: &WitnessRules) -> io::Result<(Self, Option<Witnessed>)> {
        let path = dir.join(EARLIER_FILE);
        let earlier = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        let mut keep = Self {
            dir: dir.to_owned(),
            earlier,
            kept: Vec::new(),
            end: 0,
            first: None,
            newest: None,
        };
        keep.read_earlier(&path)?;
        let newest = read_newest(&dir.join(NEWEST_FILE))?;
        let newest = newest.and_then(|note| Witnessed::judge(rules, note));
        keep.first = newest.clone().filter(|newest| keep.is_new(newest));
        keep.newest.clone_from(&newest);
        Ok((keep, newest))
    }

    /// Reads where everything is. What follows the last whole note is put aside, and new ones are written over it.
    fn read_earlier(&mut self, path: &Path) -> io::Result<()> {
        let bytes = fs::read(path)?;
        let mut rest = bytes.as_slice();
        while let Some((note, after)) = parse_frame(rest) {
            let length = note.len();
            if let Some((size, time_s)) = SignedCheckpoint::parse(note)
                .ok()
                .and_then(|note| Some((note.head().size.get(), earliest_time(&note)?)))
            {
                self.kept.push(Kept {
                    size,
                    time_s,
                    start: self.end.saturating_add(in_file(LENGTH_BYTES)),
                    length,
                });
            }
            self.end = self.end.saturating_add(in_file(frame_bytes(length)));
            rest = after;
        }
        if !rest.is_empty() {
            let aside = path.with_extension("damaged");
            fs::write(&aside, &bytes)?;
            let (lost, aside) = (rest.len(), aside.display());
            tracing::warn!(%lost, %aside, "the end of the file of witnessed checkpoints is damaged and not used");
            self.earlier.set_len(self.end)?;
        }
        Ok(())
    }

    /// Keeps a checkpoint that has its quorum as the newest, and what is due of the earlier ones.
    ///
    /// # Errors
    ///
    /// It cannot be written; what was there stands.
    pub(super) fn keep(&mut self, newest: &Witnessed) -> io::Result<()> {
        let note = newest.checkpoint.text();
        replace(
            &self.dir.join(NEWEST_FILE),
            format!("{note}{}\n", sha256(note.as_bytes())).as_bytes(),
        )?;
        if self
            .newest
            .as_ref()
            .is_none_or(|it| it.size() != newest.size())
        {
            self.newest = Some(newest.clone());
        }
        if self.first.is_none() {
            self.first = self.newest.clone().filter(|newest| self.is_new(newest));
        }
        let last_s = self.kept.last().map_or(0, |kept| kept.time_s);
        if newest.time_s > last_s
            && let Some(first) = self.first.take()
        {
            self.append(&first)?;
            self.first = self.newest.clone().filter(|newest| self.is_new(newest));
        }
        Ok(())
    }

    fn is_new(&self, witnessed: &Witnessed) -> bool {
        let last = self.kept.last().map_or(0, |kept| kept.size);
        witnessed.size() > last
    }

    fn append(&mut self, witnessed: &Witnessed) -> io::Result<()> {
        let note = witnessed.checkpoint.text();
        if note.len() > NOTE_BYTES_MAX {
            return Ok(());
        }
        if self.end > EARLIER_BYTES_MAX {
            self.thin()?;
        }
        self.earlier.write_all_at(&frame(note), self.end)?;
        self.earlier.sync_data()?;
        self.kept.push(Kept {
            size: witnessed.size(),
            time_s: witnessed.time_s,
            start: self.end.saturating_add(in_file(LENGTH_BYTES)),
            length: note.len(),
        });
        self.end = self.end.saturating_add(in_file(frame_bytes(note.len())));
        Ok(())
    }

    /// Writes the file anew with about half of what it has: what stands closest together goes.
    fn thin(&mut self) -> io::Result<()> {
        let mut gap_s = 2;
        let mut left = spaced(&self.kept, gap_s);
        while left.len() > self.kept.len() / 2 && gap_s < 1 << 40 {
            gap_s *= 2;
            left = spaced(&self.kept, gap_s);
        }
        let (mut bytes, mut kept) = (Vec::new(), Vec::with_capacity(left.len()));
        for place in left {
            let note = self.read(place)?;
            let start = in_file(bytes.len().saturating_add(LENGTH_BYTES));
            kept.push(Kept { start, ..place });
            bytes.extend_from_slice(&frame(&note));
        }
        let path = self.dir.join(EARLIER_FILE);
        replace(&path, &bytes)?;
        self.earlier = OpenOptions::new().read(true).write(true).open(&path)?;
        tracing::info!(
            before = self.kept.len(),
            now = kept.len(),
            gap_s,
            "witnessed checkpoints were thinned"
        );
        self.kept = kept;
        self.end = in_file(bytes.len());
        Ok(())
    }

    /// The earliest checkpoint that is kept and has at least so many entries.
    pub(super) fn first_of(&self, size: u64, rules: &WitnessRules) -> Option<Witnessed> {
        let from = self.kept.partition_point(|kept| kept.size < size);
        let kept = self.kept.get(from..).unwrap_or_default();
        let judge = |place: &Kept| {
            let note = self.read(*place).ok()?;
            Witnessed::judge(rules, SignedCheckpoint::parse(&note).ok()?)
        };
        let found = kept.iter().take(LOOKED_AT_MAX).find_map(judge);
        let has = |it: &Option<Witnessed>| it.clone().filter(|it| it.size() >= size);
        found
            .or_else(|| has(&self.first))
            .or_else(|| has(&self.newest))
    }

    /// The latest checkpoint that is kept and has at most so many entries.
    pub(super) fn last_of(&self, size: u64, rules: &WitnessRules) -> Option<Witnessed> {
        let to = self.kept.partition_point(|kept| kept.size <= size);
        let kept = self.kept.get(..to).unwrap_or_default();
        let judge = |place: &Kept| {
            let note = self.read(*place).ok()?;
            Witnessed::judge(rules, SignedCheckpoint::parse(&note).ok()?)
        };
        kept.iter().rev().take(LOOKED_AT_MAX).find_map(judge)
    }

    fn read(&self, place: Kept) -> io::Result<String> {
        let mut note = vec![0; place.length];
        self.earlier.read_exact_at(&mut note, place.start)?;
        String::from_utf8(note).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Those of the places of which each is at least so many seconds after the one before.
fn spaced(kept: &[Kept], gap_s: u64) -> Vec<Kept> {
    let mut left: Vec<Kept> = Vec::new();
    for place in kept {
        if left
            .last()
            .is_none_or(|it| place.time_s >= it.time_s.saturating_add(gap_s))
        {
            left.push(*place);
        }
    }
    left
}

/// The earliest time of all cosignatures of a note: no more than what orders it among others.
fn earliest_time(checkpoint: &SignedCheckpoint) -> Option<u64> {
    let note = witnessmark_verifier::Note::parse(checkpoint.text()).ok()?;
    let times = note
        .signatures()
        .iter()
        .filter_map(|line| Some(witnessmark_verifier::Cosignature::parse(&line.signature)?.time_s));
    times.min()
}

fn frame(note: &str) -> Vec<u8> {
    let length = u32::try_from(note.len()).unwrap_or(u32::MAX);
    let seal = sha256(note.as_bytes());
    [
        length.to_be_bytes().as_slice(),
        note.as_bytes(),
        seal.as_bytes(),
    ]
    .concat()
}

/// The first note and what follows it, if there is a whole one.
fn parse_frame(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (note, rest) = rest.split_at_checked(length)?;
    let (seal, rest) = rest.split_at_checked(SEAL_BYTES)?;
    (sha256(note).as_bytes() == seal).then_some(())?;
    Some((str::from_utf8(note).ok()?, rest))
}

const fn frame_bytes(note: usize) -> usize {
    note.saturating_add(LENGTH_BYTES + SEAL_BYTES)
}

fn in_file(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn read_newest(path: &Path) -> io::Result<Option<SignedCheckpoint>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(error),
    };
    let note = text
        .trim_end_matches('\n')
        .rsplit_once('\n')
        .and_then(|(note, seal)| {
            let note = format!("{note}\n");
            let is_whole = sha256(note.as_bytes()).to_string() == seal;
            is_whole.then(|| SignedCheckpoint::parse(&note).ok())?
        });
    if note.is_none() {
        tracing::warn!(path = %path.display(), "the newest witnessed checkpoint is damaged and not used");
    }
    Ok(note)
}

/// Replaces a file whole, and durably.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    let parent = path.parent().unwrap_or_else(|| Path::new("."));
    File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests;
