//! The guard: nothing is signed before the witnesses have said that nothing they saw is missing here.
//!
//! A whole folder that was put back to an older state looks in order from the inside. Who has cosigned a later state knows better.
//! So after a start the queue is held until so many witnesses have cosigned the newest checkpoint again that the others together
//! could not have made a quorum; or until the operator says that it is to go on without them, and why. A witness that has seen more,
//! or something else, closes the queue whenever it says so.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use witnessmark_verifier::TreeSize;

use super::Asked;
use crate::clock;
use crate::server::core::Core;

/// Where the operator's words are remembered, in the ledger's folder.
const WORDS_FILE: &str = "without-witnesses";

/// The most characters of a reason.
const REASON_MAX: usize = 500;

/// The operator's word that the ledger is to go on without asking its witnesses first, and why.
#[derive(Debug, Clone)]
pub(crate) struct Word(String);

impl Word {
    /// The word with this reason.
    ///
    /// # Errors
    ///
    /// It says nothing, or is not one line.
    pub(crate) fn parse(reason: &str) -> Result<Self, String> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_MAX {
            return Err(format!(
                "say in 1 to {REASON_MAX} characters why the ledger may sign without asking its witnesses"
            ));
        }
        if reason.chars().any(char::is_control) {
            return Err("a reason is one line without control characters".to_owned());
        }
        Ok(Self(reason.to_owned()))
    }

    /// Writes the word down in the ledger's folder, durably, and into the log.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(crate) fn remember(&self, dir: &Path) -> io::Result<()> {
        let path = dir.join(WORDS_FILE);
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        let time = witnessmark_bundle::utc(clock::now_ms());
        file.write_all(format!("{time} {}\n", self.0).as_bytes())?;
        file.sync_all()?;
        tracing::warn!(reason = %self.0, "the ledger signs without asking its witnesses first, by the operator's word");
        Ok(())
    }
}

/// What a witness has seen of the log and the ledger does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contradiction {
    /// More entries.
    Ahead {
        /// So many.
        seen: TreeSize,
        /// And so many are here.
        here: TreeSize,
    },
    /// Another tree of this size, or up to it.
    Other {
        /// The size.
        size: TreeSize,
    },
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead { seen, here } => {
                let missing = seen.get().saturating_sub(here.get());
                let last = seen.get().saturating_sub(1);
                write!(
                    f,
                    "has cosigned {seen} entries of this log, and {here} are here: entries {here} to {last} are missing, {missing} in all"
                )
            }
            Self::Other { size } => write!(
                f,
                "has cosigned another tree of {size} entries than the one that is here"
            ),
        }
    }
}

impl Contradiction {
    /// Why nothing is signed any more, and the way back.
    fn reason(self, witness: &str) -> String {
        let back = match self {
            Self::Ahead { seen, .. } => format!(
                "stop it, and rebuild it from a mirror or an export that has {seen} entries: witnessmark restore --from EXPORT --to \
                 NEW --anchor THIS"
            ),
            Self::Other { .. } => "one key has signed two histories, or the witness does not tell the truth: compare with what other \
                 witnesses, clients and mirrors have seen before anything is signed"
                .to_owned(),
        };
        format!(
            "the witness {witness} {self}. Nothing is signed; {back}. docs/WITNESSES.md says more"
        )
    }
}

/// Closes the queue because of what a witness has seen.
pub(super) fn contradicted(core: &Core, witness: &str, what: Contradiction) {
    let reason = what.reason(witness);
    if core.queue.contradicted(reason.clone()) {
        tracing::error!(%reason, "a witness contradicts the ledger");
    }
}

/// Opens the queue once enough witnesses have vouched.
pub(super) fn look(core: &Core, asked: &Asked) {
    if core.queue.is_held() && asked.book().is_vouched(&asked.rules) && core.queue.open() {
        tracing::info!(
            "the witnesses have seen nothing that is missing here; submissions are taken"
        );
    }
}

/// What a submission is told while the witnesses have not answered.
pub(super) fn waiting(asked: &Asked) -> String {
    let names: Vec<&str> = asked
        .rules
        .asked
        .iter()
        .map(|witness| witness.key().name().as_str())
        .collect();
    format!(
        "after its start the ledger has not yet heard from enough of its witnesses ({}) what it signed last, so it signs nothing; \
         the operator can say that it goes on without them: serve --without-witnesses REASON",
        names.join(", ")
    )
}
