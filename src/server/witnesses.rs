//! Witnesses: their cosignatures of what the log has signed, and which checkpoints are shown.
//!
//! The log signs and commits without them. One task hands the newest signed checkpoint to all witnesses at once (`collect`), the
//! book says what each has answered (`book`), and what has its quorum is kept (`keep`) before anybody sees it. After a start nothing is
//! signed before the witnesses have said that nothing they saw is missing here (`guard`).

mod book;
mod collect;
mod followed;
mod guard;
mod health;
mod keep;
#[cfg(test)]
mod testing;

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use witnessmark_log::SignedCheckpoint;
use witnessmark_proto::{CheckpointChoice, Reason, Refusal};
use witnessmark_verifier::Note;

use self::book::Book;
pub(crate) use self::collect::begin;
use self::followed::Followed;
pub(crate) use self::guard::Word;
pub(crate) use self::health::report as report_health;
use self::keep::Keep;
use crate::ledger::{Publish, WitnessRules};

/// A checkpoint that has its quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Witnessed {
    /// With its cosignatures.
    pub(crate) checkpoint: SignedCheckpoint,
    /// By when it had the quorum, in seconds since 1970 by the clocks of the witnesses.
    pub(crate) time_s: u64,
}

impl Witnessed {
    /// The checkpoint, if the rules accept it as one that has its quorum.
    fn judge(rules: &WitnessRules, checkpoint: SignedCheckpoint) -> Option<Self> {
        let note = Note::parse(checkpoint.text()).ok()?;
        let time_s = rules.policy.verify(&note).ok()?.witnessed_s()?;
        Some(Self { checkpoint, time_s })
    }

    /// How many entries it has.
    pub(crate) fn size(&self) -> u64 {
        self.checkpoint.head().size.get()
    }
}

/// What is to be cosigned now.
#[derive(Debug, Clone)]
struct Target {
    round: u64,
    checkpoint: SignedCheckpoint,
}

/// The witnesses of a ledger.
#[derive(Debug)]
pub(crate) struct Asked {
    rules: WitnessRules,
    /// The newest that has its quorum and is kept.
    witnessed: watch::Sender<Option<Witnessed>>,
    book: Mutex<Book>,
    keep: Mutex<Keep>,
    /// What those see who follow the log.
    followed: Followed,
    target: watch::Sender<Option<Target>>,
    /// Changes whenever the book does.
    told: watch::Sender<()>,
}

/// Which checkpoints are shown.
#[derive(Debug)]
pub(crate) struct Witnesses {
    /// The newest that is signed and durable.
    signed: watch::Receiver<SignedCheckpoint>,
    /// None if nobody is asked.
    asked: Option<Asked>,
}

impl Witnesses {
    /// The witnesses of the ledger in `dir`, of which `signed` tells the newest checkpoint.
    ///
    /// # Errors
    ///
    /// What is kept of them cannot be read.
    pub(crate) fn open(
        dir: &Path,
        rules: Option<WitnessRules>,
        signed: watch::Receiver<SignedCheckpoint>,
    ) -> io::Result<Self> {
        let Some(rules) = rules else {
            return Ok(Self {
                signed,
                asked: None,
            });
        };
        let (keep, newest) = Keep::open(dir, &rules)?;
        let size = signed.borrow().head().size.get();
        // Of a folder that lacks what it had, only what it still has is shown; the guard says what is missing.
        let shown = match &newest {
            Some(newest) if newest.size() > size => keep.last_of(size, &rules),
            other => other.clone(),
        };
        let asked = Asked {
            book: Mutex::new(Book::open(&rules, newest.as_ref().map(|it| &it.checkpoint))),
            keep: Mutex::new(keep),
            witnessed: watch::Sender::new(shown),
            followed: Followed::default(),
            target: watch::Sender::new(None),
            told: watch::Sender::new(()),
            rules,
        };
        Ok(Self {
            signed,
            asked: Some(asked),
        })
    }

    /// Whether nothing is shown before it has its quorum.
    pub(crate) fn come_first(&self) -> bool {
        let asked = self.asked.as_ref();
        asked.is_some_and(|asked| asked.rules.publish == Publish::Witnessed)
    }

    /// The checkpoint that an answer is relative to. For [`CheckpointChoice::FirstWitnessed`], the first that has `size` entries.
    ///
    /// # Errors
    ///
    /// `NO_WITNESSES`, or `NOT_WITNESSED`.
    pub(crate) fn shown(
        &self,
        choice: CheckpointChoice,
        size: u64,
    ) -> Result<SignedCheckpoint, Refusal> {
        let Some(asked) = &self.asked else {
            return match choice {
                CheckpointChoice::Newest => Ok(self.signed.borrow().clone()),
                CheckpointChoice::Witnessed | CheckpointChoice::FirstWitnessed => {
                    Err(no_witnesses())
                }
            };
        };
        match choice {
            CheckpointChoice::Newest if !self.come_first() => {
                Ok(asked.dressed(self.signed.borrow().clone()))
            }
            CheckpointChoice::Newest | CheckpointChoice::Witnessed => asked.newest(size),
            CheckpointChoice::FirstWitnessed => {
                let first = asked.keep().first_of(size, &asked.rules);
                match first {
                    Some(first) => Ok(first.checkpoint),
                    None => asked.newest(size),
                }
            }
        }
    }

    /// Tells of every checkpoint that becomes the newest one shown.
    ///
    /// # Errors
    ///
    /// `NO_WITNESSES`.
    pub(crate) fn watch(&self, choice: CheckpointChoice) -> Result<Watched, Refusal> {
        let is_newest = choice == CheckpointChoice::Newest;
        match &self.asked {
            Some(asked) if self.come_first() || !is_newest => {
                Ok(Watched::Witnessed(asked.witnessed.subscribe()))
            }
            None if !is_newest => Err(no_witnesses()),
            _ => Ok(Watched::Signed(self.signed.clone())),
        }
    }

    /// Waits until the entry at `index` is in a checkpoint that has its quorum.
    ///
    /// # Errors
    ///
    /// `NO_WITNESSES`, or `NOT_WITNESSED` at the deadline: the entry is logged, and that is said.
    pub(crate) async fn until_witnessed(
        &self,
        index: u64,
        deadline: Instant,
    ) -> Result<(), Refusal> {
        let asked = self.asked.as_ref().ok_or_else(no_witnesses)?;
        let mut witnessed = asked.witnessed.subscribe();
        let covers = |it: &Option<Witnessed>| it.as_ref().is_some_and(|it| it.size() > index);
        let waited = timeout_at(deadline, witnessed.wait_for(covers)).await;
        if let Ok(Ok(_)) = waited {
            return Ok(());
        }
        let message = format!(
            "it is logged, at index {index}, and not yet cosigned by {}; submit it again to wait on",
            asked.quorum()
        );
        Err(Refusal::new(Reason::NotWitnessed, message))
    }

    /// What submissions are told until the witnesses have answered after a start; nothing when none is asked.
    pub(crate) fn waiting(&self) -> Option<String> {
        self.asked.as_ref().map(guard::waiting)
    }

    /// What is known of each witness, for `/status`; null when none is asked.
    pub(crate) fn state(&self) -> Value {
        let Some(asked) = &self.asked else {
            return Value::Null;
        };
        let book = asked.book();
        let both = asked.rules.asked.iter().zip(book.all());
        let each: Vec<Value> = both
            .map(|(witness, seen)| {
                json!({
                    "name": witness.key().name().as_str(),
                    "url": witness.url(),
                    "last_size": seen.size.map(witnessmark_verifier::TreeSize::get),
                    "last_cosigned_s": seen.time_s,
                    "error": seen.error,
                })
            })
            .collect();
        drop(book);
        let newest = asked.witnessed.borrow();
        json!({
            "quorum": asked.quorum(),
            "publish": match asked.rules.publish {
                Publish::AtOnce => "at-once",
                Publish::Witnessed => "witnessed",
            },
            "witnessed_size": newest.as_ref().map(Witnessed::size),
            "witnessed_s": newest.as_ref().map(|newest| newest.time_s),
            "each": each,
        })
    }
}

/// What tells of checkpoints.
#[derive(Debug)]
pub(crate) enum Watched {
    /// As soon as they are signed.
    Signed(watch::Receiver<SignedCheckpoint>),
    /// When they have their quorum.
    Witnessed(watch::Receiver<Option<Witnessed>>),
}

impl Watched {
    /// Waits for the next; false when there is none to come.
    pub(crate) async fn changed(&mut self) -> bool {
        match self {
            Self::Signed(signed) => signed.changed().await.is_ok(),
            Self::Witnessed(witnessed) => witnessed.changed().await.is_ok(),
        }
    }

    /// Takes the present one as seen.
    pub(crate) fn mark_seen(&mut self) {
        match self {
            Self::Signed(signed) => signed.mark_unchanged(),
            Self::Witnessed(witnessed) => witnessed.mark_unchanged(),
        }
    }
}

impl Asked {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self) -> MutexGuard<'_, Keep> {
        self.keep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn quorum(&self) -> String {
        self.rules.policy.quorum().unwrap_or_default()
    }

    /// The newest that has its quorum, if it has `size` entries.
    fn newest(&self, size: u64) -> Result<SignedCheckpoint, Refusal> {
        let newest = self.witnessed.borrow();
        let has = newest.as_ref().map_or(0, Witnessed::size);
        if let Some(newest) = newest.as_ref().filter(|newest| newest.size() >= size) {
            return Ok(newest.checkpoint.clone());
        }
        let message = if has == 0 {
            format!("no checkpoint is cosigned by {} yet", self.quorum())
        } else {
            format!(
                "the newest checkpoint cosigned by {} has {has} entries, and {size} are asked for",
                self.quorum()
            )
        };
        Err(Refusal::new(Reason::NotWitnessed, message))
    }

    /// The checkpoint with whatever cosignatures it has.
    fn dressed(&self, bare: SignedCheckpoint) -> SignedCheckpoint {
        let of_same = |it: &SignedCheckpoint| it.head() == bare.head();
        let witnessed = self.witnessed.borrow().clone();
        let witnessed = witnessed.map(|it| it.checkpoint).filter(of_same);
        let some = || self.book().note().filter(of_same);
        witnessed.or_else(some).unwrap_or(bare)
    }
}

fn no_witnesses() -> Refusal {
    Refusal::new(Reason::NoWitnesses, "this ledger asks no witness")
}
