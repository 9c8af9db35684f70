//! What is done beside the calls: postings that are to become a run are written, and runs are merged.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use witnessmark_verifier::Hash;

use crate::postings::Frozen;
use crate::run::{Damaged, Posting, Run, Span, Writer};

/// The name of a run that is being written.
pub(crate) const UNFINISHED: &str = "new";

/// Bytes of the disk that are left to others.
const SPARE_BYTES: u64 = 256 << 20;
/// Bytes on disk of a posting, with its part of checksums and filter: fewer than these.
const POSTING_BYTES: u64 = 20;

/// Something to be written. It needs no lock, and changes nothing that is read.
#[derive(Debug)]
pub struct Work {
    dir: PathBuf,
    from: Source,
    /// What is made instead if there is no room for that.
    instead: Option<Source>,
}

/// Of what a run is to be made.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Frozen(Arc<Frozen>),
    Runs(Vec<Arc<Run>>),
}

impl Source {
    /// How many postings there are.
    fn count(&self) -> u64 {
        match self {
            Self::Frozen(frozen) => u64::try_from(frozen.postings.len()).unwrap_or(u64::MAX),
            Self::Runs(runs) => runs.iter().map(|run| run.count).sum(),
        }
    }
}

/// What was written, to be given to [`Postings::finish`](crate::Postings::finish).
#[derive(Debug)]
pub struct Done {
    pub(crate) from: Source,
    pub(crate) outcome: Result<Run, Damaged>,
}

impl Work {
    pub(crate) fn new(dir: &Path, from: Source, instead: Option<Source>) -> Self {
        Self {
            dir: dir.to_owned(),
            from,
            instead,
        }
    }

    /// Does it, and waits until it is on the disk. Nothing, if `go_on` says no before it is done; it is asked now and then.
    ///
    /// # Errors
    ///
    /// It cannot be written. It can be tried again later, and until then nothing is lost.
    pub fn run(self, go_on: &dyn Fn() -> bool) -> io::Result<Option<Done>> {
        let Self { dir, from, instead } = self;
        if !dir.is_dir() {
            fs::create_dir_all(&dir)?;
        }
        let from = match (check_room(&dir, from.count()), instead) {
            (Ok(()), _) => from,
            (Err(_), Some(instead)) => {
                check_room(&dir, instead.count())?;
                instead
            }
            (Err(error), None) => return Err(error),
        };
        let new = dir.join(UNFINISHED);
        let span = match &from {
            Source::Frozen(frozen) => {
                let mut writer = Writer::create(&new, frozen.span, frozen.root, from.count())?;
                for posting in &frozen.postings {
                    writer.push(*posting)?;
                }
                writer.finish()?;
                frozen.span
            }
            Source::Runs(runs) => match merge(&new, runs, go_on)? {
                Ok(Some(span)) => span,
                Ok(None) => return Ok(None),
                Err(damaged) => {
                    let outcome = Err(damaged);
                    return Ok(Some(Done { from, outcome }));
                }
            },
        };
        let path = dir.join(span.file_name());
        fs::rename(new, &path)?;
        File::open(&dir)?.sync_all()?;
        let outcome = Ok(Run::open(&path)?);
        Ok(Some(Done { from, outcome }))
    }
}

/// Fails if a run of so many postings would leave too little of the disk to others: a view is never the reason that the log
/// itself meets a full disk.
fn check_room(dir: &Path, count: u64) -> io::Result<()> {
    let disk = rustix::fs::statvfs(dir)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let needed = count
        .saturating_mul(POSTING_BYTES)
        .saturating_add(SPARE_BYTES);
    if free < needed {
        let text = format!("{needed} bytes are to be free, and {free} are");
        return Err(io::Error::new(io::ErrorKind::StorageFull, text));
    }
    Ok(())
}

/// The run over all of these, which follow each other.
fn merge(
    new: &Path,
    runs: &[Arc<Run>],
    go_on: &dyn Fn() -> bool,
) -> io::Result<Result<Option<Span>, Damaged>> {
    let Some((span, root)) = span_of(runs).filter(|_| go_on()) else {
        return Ok(Ok(None));
    };
    let count = runs.iter().map(|run| run.count).sum();
    let mut writer = Writer::create(new, span, root, count)?;
    let mut readers = Vec::new();
    for run in runs {
        match Reading::start(run) {
            Ok(reading) => readers.push(reading),
            Err(damaged) => return Ok(Err(damaged)),
        }
    }
    // Few enough that looking at each of them is the quickest way to the least.
    while let Some(reading) = readers
        .iter_mut()
        .filter(|reading| reading.next.is_some())
        .min_by_key(|reading| reading.next)
    {
        let Some(posting) = reading.next else {
            break;
        };
        writer.push(posting)?;
        match reading.step() {
            Ok(false) => {}
            Ok(true) if go_on() => {}
            Ok(true) => return Ok(Ok(None)),
            Err(damaged) => return Ok(Err(damaged)),
        }
    }
    writer.finish()?;
    Ok(Ok(Some(span)))
}

fn span_of(runs: &[Arc<Run>]) -> Option<(Span, Hash)> {
    let (first, last) = (runs.first()?, runs.last()?);
    let span = Span {
        level: first.span.level.saturating_add(1),
        first: first.span.first,
        end: last.span.end,
    };
    Some((span, last.root))
}

/// A run that is read from its beginning to its end.
struct Reading<'a> {
    run: &'a Run,
    next: Option<Posting>,
    piece: vec::IntoIter<Posting>,
    number: usize,
}

impl<'a> Reading<'a> {
    fn start(run: &'a Run) -> Result<Self, Damaged> {
        let mut reading = Self {
            run,
            next: None,
            piece: Vec::new().into_iter(),
            number: 0,
        };
        reading.step()?;
        Ok(reading)
    }

    /// Goes to the next posting; true if another piece was read for it.
    fn step(&mut self) -> Result<bool, Damaged> {
        self.next = self.piece.next();
        if self.next.is_some() || self.number >= self.run.pieces() {
            return Ok(false);
        }
        self.piece = self.run.piece(self.number)?.into_iter();
        self.number = self.number.saturating_add(1);
        self.next = self.piece.next();
        Ok(true)
    }
}
