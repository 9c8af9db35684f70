//! The audit of a whole log: every entry read once, in order, and every rule applied to it.
//!
//! The entries are hashed into a tree whose root must be the signed one; the charter and the key chains
//! are replayed; each record must be canonical, of this ledger, new, and signed by keys that were
//! active at that moment. A fault names the entry it is in. Memory does not grow with the log, but for
//! sixteen bytes and a number for each record, by which a doubled one is found, forty bytes for each entry, against which
//! the checkpoints that signers had seen are held, and the number of each record on its device.

mod folder;
mod kept;
mod problems;
mod replay;
mod seen;

use std::path::PathBuf;

use witnessmark_verifier::{LeafHash, Tile, TrustPolicy, VerifiedCheckpoint};

use crate::tiles::Tiler;
use crate::trust;
use crate::verdict::{Checklist, Failure, LedgerContents, Stopped, Subject, Verdict};

pub use folder::{AuditOptions, audit_export, audit_export_with};

use kept::Kept;
use problems::Problems;
use replay::Replay;

/// Judges a log from its entries: give it all of them, from entry 0 on, and ask for the verdict.
#[derive(Debug)]
pub struct Auditor {
    list: Checklist,
    /// What the audit is against; `None` when the policy or the checkpoint has failed already.
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    policy: TrustPolicy,
    checkpoint: VerifiedCheckpoint,
    tiler: Tiler,
    replay: Replay,
    problems: Problems,
    kept: Kept,
}

impl Auditor {
    /// An audit against `checkpoint`, a signed note, under the reader's own policy.
    ///
    /// When either is refused, [`size`](Self::size) is `None`, entries are ignored, and
    /// [`finish`](Self::finish) says why.
    pub fn new(policy: &[u8], checkpoint: &[u8]) -> Self {
        Self::begin(Checklist::new(Subject::Ledger), policy, checkpoint)
    }

    fn begin(mut list: Checklist, policy: &[u8], checkpoint: &[u8]) -> Self {
        let running = trusted(&mut list, policy, checkpoint)
            .ok()
            .map(|(policy, checkpoint)| Running {
                policy,
                kept: Kept::default(),
                tiler: Tiler::default(),
                replay: Replay::new(checkpoint.origin().clone()),
                problems: Problems::default(),
                checkpoint,
            });
        Self { list, running }
    }

    /// Compares with checkpoints that the auditor kept from before as well: the files `paths`, and all files in those
    /// that are folders. To be called before the first entry.
    #[must_use]
    pub fn since(mut self, paths: &[PathBuf]) -> Self {
        if let Some(running) = &mut self.running {
            running.kept = Kept::read(paths, &running.policy, &running.checkpoint);
            running
                .kept
                .compare_empty(&running.checkpoint, &mut running.problems);
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
        self.push_into(entry, &mut |_, _| {});
    }

    /// Takes the next entry, and hands on each tile that it fills.
    fn push_into(
        &mut self,
        entry: &[u8],
        filled: &mut impl FnMut(Tile, &[witnessmark_verifier::Hash]),
    ) {
        if let Some(running) = &mut self.running {
            let index = running.tiler.size();
            let leaf = LeafHash::of(entry);
            running.tiler.push(leaf, filled);
            running
                .replay
                .push((index, leaf), entry, &mut running.problems);
            running.compare_kept();
        }
    }

    /// The verdict over all entries.
    pub fn finish(mut self) -> Verdict {
        if let Some(running) = self.running.take() {
            running.finish(&mut self.list, None);
        }
        self.list.into_verdict()
    }
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
    fn compare_kept(&mut self) {
        let size = self.tiler.size();
        if self.kept.next_size() == Some(size) {
            let root = self.tiler.root();
            self.kept
                .compare(size, root, &self.checkpoint, &mut self.problems);
        }
    }

    /// Writes how each check ended. `cut` says why the entries could not all be read.
    fn finish(mut self, list: &mut Checklist, cut: Option<Failure>) {
        self.replay.flush(&mut self.problems);
        let head = *self.checkpoint.head();
        let given = self.tiler.size();
        let is_complete = cut.is_none() && given == head.size.get();
        if cut.is_none() && !is_complete {
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
        let contents = self.replay.take_contents();
        let kept_failure = self.kept.take_failure();
        self.record(list, &contents, is_complete, cut, kept_failure);
        let verdict = list.facts();
        verdict.remarks.extend(seen::remarks(&contents.seen));
        verdict.contents = Some(contents);
        verdict.contradictions = self.kept.take_contradictions();
        verdict.problem_count = self.problems.count();
        verdict.problems = self.problems.into_list(verdict.subject);
    }

    /// What an unread rest could still change is neither passed nor failed.
    fn record(
        &self,
        list: &mut Checklist,
        contents: &LedgerContents,
        is_complete: bool,
        mut cut: Option<Failure>,
        mut kept_failure: Option<Failure>,
    ) {
        let names = list
            .facts()
            .subject
            .checks()
            .iter()
            .skip_while(|name| **name != "entries");
        for name in names {
            let found = match self.problems.first(name) {
                Some(what) => Err(Failure::not_verified(what)),
                None if *name == "entries" && cut.is_some() => {
                    Err(cut.take().unwrap_or_else(|| Failure::cannot_tell("")))
                }
                None if *name == "kept" && kept_failure.is_some() => Err(kept_failure
                    .take()
                    .unwrap_or_else(|| Failure::cannot_tell(""))),
                None if *name == "kept" && is_complete => Ok(((), self.kept.passed())),
                None if is_complete => Ok(((), passed(name, contents, &self.checkpoint))),
                None => continue,
            };
            // All checks of a log are reported, whatever the earlier ones said.
            match list.record(name, found) {
                Ok(()) | Err(Stopped) => {}
            }
        }
    }
}

fn passed(name: &str, contents: &LedgerContents, checkpoint: &VerifiedCheckpoint) -> String {
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
            checkpoint.head().root
        ),
        _ => "every file is what the entries make it".to_owned(),
    }
}
