//! One ledger that is followed: its copy, the audit of what is new, the rules, and what witnesses have.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use witnessmark_bundle::{
    AuditOptions, Contradiction, Misbehaviour, Verdict, VerdictWord, audit_export_with, utc,
};
use witnessmark_follow::{FollowError, Follower, Kept, Source, Tree, TreeError};
use witnessmark_tlog::TILE_WIDTH;

use super::alert::{Alert, Journal};
use super::metrics::Gauges;
use super::rules::Rules;
use super::settings::LedgerSettings;
use super::watch::Watch;
use super::witness::{Ahead, Witnesses};
use crate::cli::{FoundMisbehaviour, follow_failure, follower, write_replacing};
use crate::clock;
use crate::output::{Failure, Outcome, Trouble, io_failure};

/// How far a monitor has looked, in the file `position.json`. It is written after the alerts are on the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    /// The first entry that the rules have not seen.
    next: u64,
    /// When the last new entry was found, by the clock of this machine.
    grown_ms: u64,
    /// Whether silence since then was told.
    silence_told: bool,
    /// The checkpoint whose audit failed and was told, by its note.
    faulted: Option<String>,
}

/// A ledger that is followed.
#[derive(Debug)]
pub(crate) struct Watched {
    settings: LedgerSettings,
    /// The folder of what is kept of it.
    dir: PathBuf,
    follower: Follower,
    rules: Rules,
    /// Entries that the rules have seen since this process began.
    seen: u64,
    position: Position,
    witnesses: Witnesses,
    journal: Arc<Journal>,
    pub(crate) gauges: Arc<Gauges>,
}

/// How one look ended, and why if not well.
#[derive(Debug)]
pub(crate) struct Looked {
    /// The worst that was found.
    pub(crate) outcome: Outcome,
    /// What it was.
    pub(crate) troubles: Vec<Trouble>,
    /// How many entries are kept and audited.
    pub(crate) size: u64,
}

impl Looked {
    fn worse(&mut self, failure: Failure) {
        // The proof of misbehaviour counts most, then what is refused.
        let rank = |it: Outcome| match it {
            Outcome::Done => 0,
            Outcome::CannotTell | Outcome::Usage => 1,
            Outcome::Refused => 2,
            Outcome::Misbehaviour => 3,
        };
        if rank(failure.outcome) > rank(self.outcome) {
            self.outcome = failure.outcome;
        }
        self.troubles.extend(failure.troubles);
    }
}

impl Watched {
    /// Takes up what is kept in `dir`, or begins.
    ///
    /// # Errors
    ///
    /// The folder or a file in it cannot be used.
    pub(crate) fn open(
        settings: LedgerSettings,
        dir: PathBuf,
        watch: &Watch,
        journal: Arc<Journal>,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(&dir).map_err(|error| io_failure(&dir, &error))?;
        let follower = follower(&settings.url, settings.policy.clone(), &dir.join("log"))?;
        let path = dir.join("position.json");
        let position = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                let fix = "remove the file: then every entry is looked at again, and told again";
                Failure::cannot_tell(Trouble::new("STATE", path.display(), error).fix(fix))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Position {
                grown_ms: clock::now_ms(),
                ..Position::default()
            },
            Err(error) => return Err(io_failure(&path, &error)),
        };
        Ok(Self {
            rules: Rules::new(&settings.name, watch),
            witnesses: Witnesses::new(&settings.witnesses, follower.logs())?,
            gauges: Arc::new(Gauges::new(&settings.name)),
            seen: 0,
            settings,
            dir,
            follower,
            position,
            journal,
        })
    }

    /// Looks once: at the witnesses, then at the log, and then through everything that is new.
    pub(crate) async fn look(&mut self) -> Looked {
        let mut looked = Looked {
            outcome: Outcome::Done,
            troubles: Vec::new(),
            size: 0,
        };
        // Before the log, so that whatever they have the log has by then.
        let cosigned = self.witnesses.ask().await;
        for trouble in cosigned.troubles {
            looked.worse(Failure::cannot_tell(trouble));
        }
        if let Err(failure) = self.fetch().await {
            looked.worse(failure);
        }
        match self.follower.kept() {
            Ok(Some(kept)) => {
                for found in self.compare(&kept, &cosigned.checkpoints).await {
                    looked.worse(found);
                }
                match self.go_through(&kept).await {
                    Ok(()) => looked.size = kept.head().size.get(),
                    Err(failure) => looked.worse(failure),
                }
            }
            Ok(None) => {}
            Err(error) => {
                let trouble = Trouble::new("COPY_DAMAGED", self.dir.display(), error);
                looked.worse(Failure::cannot_tell(trouble));
            }
        }
        if let Err(failure) = self.silence() {
            looked.worse(failure);
        }
        self.gauges.looked(&looked, clock::now_ms());
        looked
    }

    async fn fetch(&mut self) -> Result<(), Failure> {
        match self.follower.pass(&mut |_, _| {}).await {
            Ok(passed) => {
                if passed.exported.new_entries > 0 {
                    self.position.grown_ms = clock::now_ms();
                    self.position.silence_told = false;
                }
                Ok(())
            }
            Err(FollowError::Misbehaviour(found)) => {
                Err(self.misbehaved(&found, "the log shows it"))
            }
            Err(error) => {
                let dir = self.dir.join("log");
                let failure = follow_failure(&error, &self.settings.url, &dir);
                if failure.outcome == Outcome::Refused {
                    // Told once for each thing that is wrong.
                    let words = format!("what the log shows does not verify: {error}");
                    self.tell_once("not_verified", words)?;
                }
                Err(failure)
            }
        }
    }

    /// What the witnesses have cosigned must be of the history that is kept.
    async fn compare(
        &mut self,
        kept: &Kept,
        cosigned: &[super::witness::Cosigned],
    ) -> Vec<Failure> {
        let mut failures = Vec::new();
        for it in cosigned {
            if it.checkpoint.head().size > kept.head().size {
                if self.witnesses.is_still_ahead(it, kept.head().size.get()) == Ahead::Still {
                    let words = format!(
                        "the witness {} has cosigned {} entries, and the log shows {}",
                        it.from,
                        it.checkpoint.head().size,
                        kept.head().size
                    );
                    let trouble = Trouble::new("WITNESS_AHEAD", &it.from, &words);
                    failures.push(Failure::refused(trouble));
                    failures.extend(self.tell_once("witness_ahead", words).err());
                }
                continue;
            }
            match kept.contradicted_by(&it.checkpoint).await {
                Ok(None) => {}
                Ok(Some(found)) => {
                    let where_from = format!("the witness {} has it", it.from);
                    failures.push(self.misbehaved(&found, &where_from));
                }
                Err(error) => failures.push(Failure::cannot_tell(Trouble::new(
                    "COPY_DAMAGED",
                    self.dir.display(),
                    error,
                ))),
            }
        }
        failures
    }

    /// Tells of two checkpoints that contradict each other, and writes them down. The alert comes first: a file that is there says
    /// that it was told.
    fn misbehaved(&self, found: &Misbehaviour, whence: &str) -> Failure {
        let folder = self.dir.join("misbehaviour");
        let place = FoundMisbehaviour::place_of(found, &folder);
        let is_told = place.as_ref().is_some_and(|path| path.exists());
        if !is_told {
            let is_proof = !matches!(found.shown_by, Contradiction::Unproved(_));
            let (rule, what) = if is_proof {
                ("misbehaviour", "the ledger has signed two histories")
            } else {
                (
                    "older_checkpoint",
                    "the ledger shows fewer entries than it had signed for",
                )
            };
            let file = place.map(|it| it.display().to_string()).unwrap_or_default();
            let words = format!("{what}; {whence}; both checkpoints are in {file}");
            let alert = Alert::of_ledger(&self.settings.name, rule, words);
            if let Err(failure) = self.tell(&[alert]) {
                return failure;
            }
        }
        FoundMisbehaviour::write(found, &folder).into_failure(&self.settings.url)
    }

    /// Audits what is new, and has the rules look at it.
    async fn go_through(&mut self, kept: &Kept) -> Result<(), Failure> {
        let size = kept.head().size.get();
        let verdict = self.audit().await?;
        if verdict.word == VerdictWord::NotVerified {
            let note = kept.checkpoint().note().to_owned();
            let failed = verdict.failed().map_or("", |check| check.detail.as_str());
            let words = format!("the audit of {size} entries fails: {failed}");
            if self.position.faulted.as_ref() != Some(&note) {
                let name = &self.settings.name;
                self.tell(&[Alert::of_ledger(name, "not_verified", words.clone())])?;
                self.position.faulted = Some(note);
                self.save()?;
            }
            return Err(Failure::refused(Trouble::new(
                "NOT_VERIFIED",
                &self.settings.url,
                words,
            )));
        }
        if verdict.word == VerdictWord::CannotTell {
            let failed = verdict.failed().map_or("", |check| check.detail.as_str());
            let trouble = Trouble::new("AUDIT", self.dir.display(), failed);
            return Err(Failure::cannot_tell(trouble));
        }
        self.apply_rules(kept).await
    }

    async fn audit(&self) -> Result<Verdict, Failure> {
        let (folder, policy) = (self.dir.join("log"), self.settings.policy_bytes.clone());
        let options = AuditOptions {
            since: Vec::new(),
            state: Some(self.dir.join("audit.state")),
            details: false,
        };
        let audited = tokio::task::spawn_blocking(move || {
            audit_export_with(&folder, &policy, &options, &mut |_| {
                ControlFlow::Continue(())
            })
        });
        audited
            .await
            .map_err(|error| Failure::cannot_tell(Trouble::new("INTERNAL", "", error)))
    }

    async fn apply_rules(&mut self, kept: &Kept) -> Result<(), Failure> {
        let size = kept.head().size.get();
        let damaged = |error: TreeError| {
            Failure::cannot_tell(Trouble::new("COPY_DAMAGED", self.dir.display(), error))
        };
        if self.seen < size {
            let source = Source::Folder(self.dir.join("log"));
            let mut tree = Tree::open(source, *kept.head()).await.map_err(damaged)?;
            while self.seen < size {
                let width = u64::from(TILE_WIDTH);
                let entries = tree.entries(self.seen / width).await;
                let entries = entries.map_err(|error| {
                    Failure::cannot_tell(Trouble::new("COPY_DAMAGED", self.dir.display(), error))
                })?;
                let skipped = usize::try_from(self.seen % width).unwrap_or(usize::MAX);
                self.take(entries.get(skipped..).unwrap_or_default())?;
            }
        }
        self.save()
    }

    /// The next entries. What was told by an earlier process is not told again.
    fn take(&mut self, entries: &[Vec<u8>]) -> Result<(), Failure> {
        let mut alerts = Vec::new();
        for entry in entries {
            let found = self.rules.look(self.seen, entry);
            if self.seen >= self.position.next {
                alerts.extend(found);
            }
            self.seen = self.seen.saturating_add(1);
        }
        self.tell(&alerts)?;
        if self.position.next < self.seen {
            self.position.next = self.seen;
            self.save()?;
        }
        Ok(())
    }

    fn silence(&mut self) -> Result<(), Failure> {
        let Some(limit_s) = self.settings.silence_s else {
            return Ok(());
        };
        let silent_ms = clock::now_ms().saturating_sub(self.position.grown_ms);
        if self.position.silence_told || silent_ms < limit_s.saturating_mul(1_000) {
            return Ok(());
        }
        let since = utc(self.position.grown_ms);
        let words = format!("no new entry since {since}, for more than {limit_s} s");
        self.tell(&[Alert::of_ledger(&self.settings.name, "silence", words)])?;
        self.position.silence_told = true;
        self.save()
    }

    /// The same words are told once in a run of this program.
    fn tell_once(&self, rule: &'static str, words: String) -> Result<(), Failure> {
        if self.gauges.is_first(rule, &words) {
            self.tell(&[Alert::of_ledger(&self.settings.name, rule, words)])?;
        }
        Ok(())
    }

    fn tell(&self, alerts: &[Alert]) -> Result<(), Failure> {
        self.gauges.told(alerts.len());
        let written = self.journal.append(alerts, clock::now_ms());
        written.map_err(|error| io_failure(Path::new("alerts.jsonl"), &error))
    }

    fn save(&self) -> Result<(), Failure> {
        let text = serde_json::to_vec(&self.position).unwrap_or_default();
        write_replacing(&self.dir.join("position.json"), &text)
    }

    /// The name of the ledger in alerts.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }
}
