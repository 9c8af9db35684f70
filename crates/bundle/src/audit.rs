//! The audit of a whole log: every entry read once, in order, and every rule applied to it.
//!
//! The entries are hashed into a tree whose root must be the signed one; the charter and the key chains
//! are replayed; each record must be canonical, of this ledger, new, and signed by keys that were
//! active at that moment. A fault names the entry it is in.
//!
//! Entries are taken a window at a time. All cores hash and parse them; one goes through them in order, which is little
//! work; all cores check signatures and records. Of what is in memory only this grows with the log: some forty bytes for each
//! record, by which a doubled one is found, and what key chains there are. A log that is not in a folder takes another forty bytes
//! an entry, against which the checkpoints that signers had seen are held.

mod folder;
mod history;
mod kept;
mod numbers;
mod prepare;
mod problems;
mod replay;
mod resume;
mod seen;
mod state;
mod workers;

use std::path::PathBuf;

use witnessmark_tlog::{TILE_WIDTH, Tile};
use witnessmark_verifier::{Hash, TrustPolicy, VerifiedCheckpoint};

use crate::tiles::Tiler;
use crate::trust;
use crate::verdict::{Checklist, Failure, LedgerContents, Stopped, Subject, Verdict};

pub use folder::{AuditOptions, audit_export, audit_export_with};

use history::History;
use kept::Kept;
use prepare::Prepared;
use problems::Problems;
use replay::Replay;
use workers::on_all_cores;

/// Tiles of entries that are taken together: enough for every core, few enough for the memory.
const WINDOW_TILES: usize = 16;

/// Bytes of entries from which on a window is full.
const WINDOW_BYTES: u64 = 16 * 1024 * 1024;

/// Judges a log from its entries: give it all of them, from entry 0 on, and ask for the verdict.
#[derive(Debug)]
pub struct Auditor {
    list: Checklist,
    /// What the audit is against; `None` when the policy or the checkpoint has failed already.
    running: Option<Running>,
    /// Entries that were given and not yet taken, tile by tile.
    window: Vec<Raw>,
    window_bytes: u64,
}

/// The entries of one tile, as they were given.
#[derive(Debug, Default)]
struct Raw {
    start: u64,
    bytes: Vec<u8>,
    /// Where each entry ends.
    ends: Vec<usize>,
}

#[derive(Debug)]
struct Running {
    policy: TrustPolicy,
    checkpoint: VerifiedCheckpoint,
    tiler: Tiler,
    replay: Replay,
    history: History,
    problems: Problems,
    kept: Kept,
    remarks: Vec<String>,
    /// How many entries an earlier audit has read, whose state was believed.
    resumed_at: Option<u64>,
    /// Why the entries could not all be taken.
    cut: Option<Failure>,
}

impl Auditor {
    /// An audit against `checkpoint`, a signed note, under the reader's own policy.
    ///
    /// When either is refused, [`size`](Self::size) is `None`, entries are ignored, and
    /// [`finish`](Self::finish) says why.
    pub fn new(policy: &[u8], checkpoint: &[u8]) -> Self {
        let mut list = Checklist::new(Subject::Ledger);
        let running = Running::begin(&mut list, policy, checkpoint, |_| History::in_memory());
        Self {
            list,
            running,
            window: Vec::new(),
            window_bytes: 0,
        }
    }

    /// Compares with checkpoints that the auditor kept from before as well: the files `paths`, and all files in those
    /// that are folders. To be called before the first entry.
    #[must_use]
    pub fn since(mut self, paths: &[PathBuf]) -> Self {
        if let Some(running) = &mut self.running {
            running.keep(paths);
        }
        self
    }

    /// Lists in [`LedgerContents`] what was found of each record, which takes some two hundred bytes a record. To be called
    /// before the first entry.
    #[must_use]
    pub fn with_details(mut self) -> Self {
        if let Some(running) = &mut self.running {
            running.replay.keep_details();
        }
        self
    }

    /// How many entries the checkpoint speaks of, if there is anything to audit.
    pub fn size(&self) -> Option<u64> {
        self.running
            .as_ref()
            .map(|running| running.checkpoint.head().size.get())
    }

    /// Takes the next entry.
    pub fn push(&mut self, entry: &[u8]) {
        if self.running.is_none() {
            return;
        }
        let width = usize::from(TILE_WIDTH);
        let next = match self.window.last() {
            Some(raw) if raw.ends.len() < width => None,
            Some(raw) => Some(raw.start.saturating_add(u64::from(TILE_WIDTH))),
            None => Some(self.running.as_ref().map_or(0, |it| it.tiler.size())),
        };
        if let Some(start) = next {
            self.window.push(Raw {
                start,
                ..Raw::default()
            });
        }
        let Some(raw) = self.window.last_mut() else {
            return;
        };
        raw.bytes.extend_from_slice(entry);
        raw.ends.push(raw.bytes.len());
        let is_whole = raw.ends.len() == width;
        let length = u64::try_from(entry.len()).unwrap_or(u64::MAX);
        self.window_bytes = self.window_bytes.saturating_add(length);
        // Only whole tiles, so that the next one starts where a tile does.
        if is_whole && (self.window.len() >= WINDOW_TILES || self.window_bytes >= WINDOW_BYTES) {
            self.take_window();
        }
    }

    fn take_window(&mut self) {
        let window = std::mem::take(&mut self.window);
        self.window_bytes = 0;
        if let Some(running) = &mut self.running {
            let prepared = on_all_cores(&window, 1, Raw::prepare);
            let prepared = prepared.into_iter().map(|it| it.ok_or_else(broke_off));
            running.take(prepared, &mut |_, _| {});
        }
    }

    /// The verdict over all entries.
    pub fn finish(mut self) -> Verdict {
        self.take_window();
        if let Some(running) = self.running.take() {
            running.finish(&mut self.list);
        }
        self.list.into_verdict()
    }
}

impl Raw {
    fn prepare(&self) -> Prepared {
        let mut entries = Vec::with_capacity(self.ends.len());
        let mut start = 0;
        for end in &self.ends {
            entries.push(self.bytes.get(start..*end).unwrap_or_default());
            start = *end;
        }
        Prepared::new(self.start, 0, &entries)
    }
}

/// A fault of this program is no fault of the ledger.
fn broke_off() -> Failure {
    Failure::cannot_tell("the reading of an entry broke off by a fault of this program")
}

fn trusted(
    list: &mut Checklist,
    policy: &[u8],
    checkpoint: &[u8],
) -> Result<(TrustPolicy, VerifiedCheckpoint), Stopped> {
    let policy = trust::policy(list, policy)?;
    let Ok(text) = std::str::from_utf8(checkpoint) else {
        return list.record(
            "checkpoint",
            Err(Failure::not_verified("the checkpoint is not UTF-8")),
        );
    };
    let checkpoint = trust::checkpoint(list, &policy, text)?;
    Ok((policy, checkpoint))
}

impl Running {
    /// Begins when the policy and the checkpoint are good. `history` is made for the size of the log.
    fn begin(
        list: &mut Checklist,
        policy: &[u8],
        checkpoint: &[u8],
        history: impl FnOnce(u64) -> History,
    ) -> Option<Self> {
        let (policy, checkpoint) = trusted(list, policy, checkpoint).ok()?;
        Some(Self {
            policy,
            tiler: Tiler::default(),
            replay: Replay::new(checkpoint.origin().clone()),
            history: history(checkpoint.head().size.get()),
            problems: Problems::default(),
            kept: Kept::default(),
            remarks: Vec::new(),
            resumed_at: None,
            cut: None,
            checkpoint,
        })
    }

    /// Takes up checkpoints from before, and compares those that speak of no more entries than were taken.
    fn keep(&mut self, paths: &[PathBuf]) {
        self.kept = Kept::read(paths, &self.policy, &self.checkpoint);
        while let Some(size) = self.kept.next_size().filter(|it| *it <= self.tiler.size()) {
            match self.history.root_at(&self.tiler, size) {
                Ok(root) => self.compare_kept(size, root),
                Err(_) => self.kept.skip_unreadable(size),
            }
        }
    }

    fn compare_kept(&mut self, size: u64, root: Hash) {
        self.kept
            .compare(size, root, &self.checkpoint, &mut self.problems);
    }

    /// Takes the next entries, in their order, up to the first tile that could not be prepared. Hands on each tile that is
    /// filled, but for whole ones of leaves.
    fn take(
        &mut self,
        window: impl Iterator<Item = Result<Prepared, Failure>>,
        filled: &mut dyn FnMut(Tile, &[Hash]),
    ) {
        for prepared in window {
            match prepared {
                Ok(_) if self.cut.is_some() => break,
                Ok(prepared) => self.take_tile(prepared, filled),
                Err(failure) => {
                    self.cut.get_or_insert(failure);
                }
            }
        }
        self.replay
            .flush(&mut self.history, &self.tiler, &mut self.problems);
    }

    fn take_tile(&mut self, prepared: Prepared, filled: &mut dyn FnMut(Tile, &[Hash])) {
        self.compare_kept_within(&prepared.leaves);
        self.history.push(&prepared);
        let start = self.tiler.size();
        let history = &mut self.history;
        let mut filled = |tile: Tile, hashes: &[Hash]| {
            history.push_tile(tile, hashes);
            filled(tile, hashes);
        };
        let width = u64::from(TILE_WIDTH);
        match prepared.root.filter(|_| start.is_multiple_of(width)) {
            Some(root) => {
                self.tiler.push_tile(root, &mut filled);
                let tile = Tile {
                    level: 0,
                    index: start / width,
                    width: TILE_WIDTH,
                };
                self.history.push_tile(tile, &prepared.leaves);
            }
            None => {
                for leaf in &prepared.leaves {
                    self.tiler.push_hash(*leaf, &mut filled);
                }
            }
        }
        for entry in prepared.entries {
            self.replay.push(entry, &mut self.problems);
        }
    }

    /// Compares the kept checkpoints whose last entry is among these.
    fn compare_kept_within(&mut self, leaves: &[Hash]) {
        let start = self.tiler.size();
        let end = start.saturating_add(u64::try_from(leaves.len()).unwrap_or(u64::MAX));
        let mut leaves = leaves.iter();
        let mut edge: Option<Tiler> = None;
        while let Some(size) = self.kept.next_size().filter(|size| *size <= end) {
            let edge = edge.get_or_insert_with(|| self.tiler.clone());
            while let Some(leaf) = (edge.size() < size).then(|| leaves.next()).flatten() {
                edge.push_hash(*leaf, &mut |_, _| {});
            }
            let root = edge.root();
            self.compare_kept(size, root);
        }
    }

    /// Whether everything was taken and makes the signed tree, and nothing is wrong so far.
    fn is_good(&self) -> bool {
        let head = self.checkpoint.head();
        self.cut.is_none()
            && self.problems.count() == 0
            && self.tiler.size() == head.size.get()
            && self.tiler.root() == head.root
    }

    /// Writes how each check ended.
    fn finish(mut self, list: &mut Checklist) {
        let head = *self.checkpoint.head();
        let given = self.tiler.size();
        let is_complete = self.cut.is_none() && given == head.size.get();
        if self.cut.is_none() && !is_complete {
            let what = format!(
                "{given} entries were given, the checkpoint speaks of {}",
                head.size.get()
            );
            self.problems.note("entries", None, None, what);
        }
        if is_complete && given == 0 {
            let what = "the ledger has no entry, so nothing says who admits organisations";
            self.problems.note("charter", None, None, what.to_owned());
        }
        if is_complete && self.tiler.root() != head.root {
            let what = "the entries hash to another root than the one that was signed";
            self.problems.note("root", None, None, what.to_owned());
        }
        self.kept.note_larger(&self.checkpoint, &mut self.problems);
        let (mut contents, remarks) = self.replay.take_contents();
        contents.read_before = self.resumed_at.unwrap_or(0);
        self.record(list, &contents, is_complete);
        let verdict = list.facts();
        verdict.remarks.extend(remarks);
        verdict.remarks.extend(self.remarks);
        verdict.contents = Some(contents);
        verdict.contradictions = self.kept.take_contradictions();
        verdict.problem_count = self.problems.count();
        verdict.problems = self.problems.into_list(verdict.subject);
    }

    /// What an unread rest could still change is neither passed nor failed.
    fn record(&mut self, list: &mut Checklist, contents: &LedgerContents, is_complete: bool) {
        let names = list
            .facts()
            .subject
            .checks()
            .iter()
            .skip_while(|name| **name != "entries");
        for name in names {
            let failure = match *name {
                "entries" => self.cut.take(),
                "kept" => self.kept.take_failure(),
                _ => None,
            };
            let found = match (self.problems.first(name), failure) {
                (Some(what), _) => Err(Failure::not_verified(what)),
                (None, Some(failure)) => Err(failure),
                (None, None) if is_complete => Ok(((), self.passed(name, contents))),
                (None, None) => continue,
            };
            // All checks of a log are reported, whatever the earlier ones said.
            match list.record(name, found) {
                Ok(()) | Err(Stopped) => {}
            }
        }
    }

    fn passed(&self, name: &str, contents: &LedgerContents) -> String {
        let found = self.found(name, contents);
        match self.resumed_at {
            Some(size) if matches!(name, "entries" | "kept" | "tiles") => format!(
                "{found}; the first {size} entries were read by an earlier audit, whose state was believed"
            ),
            _ => found,
        }
    }

    fn found(&self, name: &str, contents: &LedgerContents) -> String {
        match name {
            "entries" => format!("{} read, times never go back", contents.entries),
            "charter" => "entry 0, signed by its registrars".to_owned(),
            "key_chains" => format!(
                "{} of organisations, {} key events, each signed as the charter and the chain demand",
                contents.organisations, contents.key_events
            ),
            "signatures" => format!(
                "{} on records, each by a key active at that entry",
                contents.signatures
            ),
            "records" => format!(
                "{}, canonical, of this ledger, none twice",
                contents.records
            ),
            "root" => format!(
                "the entries hash to the signed root {}",
                self.checkpoint.head().root
            ),
            "kept" => self.kept.passed(),
            _ => "every file is what the entries make it".to_owned(),
        }
    }
}
