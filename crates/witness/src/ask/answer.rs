//! Reading what a witness answers.
//!
//! | Status | Body | What it means |
//! |---|---|---|
//! | 200 | cosignature lines | it has cosigned, if a line is a good cosignature by its key |
//! | 409 | a size, as `text/x.tlog.size` | the size of what it cosigned last is another one |
//! | 409, without the type | anything | the same size and another root; so some witnesses say it |
//! | 422 | anything | the proof does not lead from its tree to ours: another history, as long as our proofs are good |
//! | 400, 403, 404, others | anything | it does not judge the checkpoint |

use witnessmark_tlog::signature_line;
use witnessmark_verifier::{Cosignature, Note, TreeSize, VerifierKey, decimal};

/// How far the clock of a witness may be ahead of ours, in seconds.
const CLOCK_AHEAD_S_MAX: u64 = 3_600;

/// How much of what a witness says in words is repeated.
const WORDS_MAX: usize = 200;

/// What a witness said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has cosigned the checkpoint.
    Cosigned(Cosigned),
    /// It has cosigned last a tree of this size, and not of the size that was asked from. When that is larger than the
    /// checkpoint's, the witness has seen more of the log than whoever asks.
    LastSize(TreeSize),
    /// It has seen another tree: another root of the same size, or one that ours does not begin with.
    Conflict,
}

/// A cosignature that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// The signature line, with its newline.
    pub line: String,
    /// When, in seconds since 1970, by the clock of the witness.
    pub time_s: u64,
}

/// Why an answer of a witness cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// There is no answer, or it broke off.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is longer than any honest one.
    #[error("its answer is longer than 16,384 bytes")]
    TooLong,
    /// It does not know this log (404).
    #[error("it does not know this log (404): its operator has to add the log's key{0}")]
    UnknownLog(String),
    /// It does not accept the log's signature (403).
    #[error(
        "it does not accept the log's signature (403): it may have another key for this log{0}"
    )]
    NotSigned(String),
    /// Another status than the standard has for what was asked.
    #[error("it answered with status {status}{words}")]
    Status {
        /// The status of HTTP.
        status: u16,
        /// What it says besides, after a colon; may be empty.
        words: String,
    },
    /// It names a size that it was asked from, or something that is no size.
    #[error("it answered 409 without another size than the one it was asked from")]
    NoSize,
    /// It answered 200 without a cosignature by its key.
    #[error("its answer has no cosignature by its key {0}")]
    NoCosignature(String),
    /// A line names its key, and is not a cosignature of this checkpoint by it.
    #[error("its cosignature is not good: it is not by its key {0}, or not over this checkpoint")]
    BadCosignature(String),
    /// The time of the cosignature is before that of its last one.
    #[error(
        "its clock went back: it signed the time {time_s} after {last_s}, in seconds since 1970"
    )]
    TimeBack {
        /// The time that it signed.
        time_s: u64,
        /// The time that it signed before.
        last_s: u64,
    },
    /// The time of the cosignature is far ahead.
    #[error("its clock is {ahead_s} seconds ahead of this machine's, and may be 3,600")]
    TimeAhead {
        /// By how many seconds.
        ahead_s: u64,
    },
}

/// What the answer is held against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The key of the witness.
    pub key: &'a VerifierKey,
    /// The size it was asked from.
    pub old: TreeSize,
    /// The checkpoint it was asked to cosign, as a note.
    pub checkpoint: &'a str,
    /// When it cosigned last for this log, in seconds since 1970.
    pub last_time_s: Option<u64>,
    /// The time now.
    pub now_s: u64,
}

impl Expected<'_> {
    /// What the answer says. `is_size` says that it has the content type of a size.
    ///
    /// # Errors
    ///
    /// It says nothing that can be used.
    pub fn read(&self, status: u16, is_size: bool, body: &[u8]) -> Result<Answer, AskError> {
        let words = || words(body);
        match status {
            200 => self.cosigned(body).map(Answer::Cosigned),
            409 if is_size => self.last_size(body),
            409 | 422 => Ok(Answer::Conflict),
            403 => Err(AskError::NotSigned(words())),
            404 => Err(AskError::UnknownLog(words())),
            status => Err(AskError::Status {
                status,
                words: words(),
            }),
        }
    }

    fn last_size(&self, body: &[u8]) -> Result<Answer, AskError> {
        let text = str::from_utf8(body).map_err(|_| AskError::NoSize)?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let size = decimal::parse(text).ok_or(AskError::NoSize)?;
        let size = TreeSize::new(size);
        if size != self.old {
            return Ok(Answer::LastSize(size));
        }
        // The same size and still a conflict: the root is another one, if there is one to compare with at all.
        let is_same = Note::parse(self.checkpoint)
            .ok()
            .and_then(|note| witnessmark_verifier::Checkpoint::parse(note.text()).ok())
            .is_some_and(|checkpoint| checkpoint.head.size == size);
        if is_same {
            Ok(Answer::Conflict)
        } else {
            Err(AskError::NoSize)
        }
    }

    fn cosigned(&self, body: &[u8]) -> Result<Cosigned, AskError> {
        let name = || self.key.name().to_string();
        let missing = || AskError::NoCosignature(name());
        let lines = str::from_utf8(body).map_err(|_| missing())?;
        let whole = format!("{}{lines}", self.checkpoint);
        let asked = Note::parse(self.checkpoint).map_err(|_| missing())?;
        let note = Note::parse(&whole).map_err(|_| missing())?;
        if note.text() != asked.text() {
            return Err(missing());
        }
        let own = note.signatures().iter().skip(asked.signatures().len());
        let mut found: Option<Cosigned> = None;
        for line in own.filter(|line| line.is_by(self.key)) {
            let bad = || AskError::BadCosignature(name());
            let cosignature = Cosignature::parse(&line.signature).ok_or_else(bad)?;
            let verified = cosignature.verify(self.key, asked.text());
            verified.map_err(|_| bad())?;
            let time_s = cosignature.time_s;
            self.check_time(time_s)?;
            if found.as_ref().is_none_or(|found| time_s < found.time_s) {
                let line = signature_line(self.key.name(), self.key.key_id(), &line.signature);
                found = Some(Cosigned { line, time_s });
            }
        }
        found.ok_or_else(missing)
    }

    fn check_time(&self, time_s: u64) -> Result<(), AskError> {
        if let Some(last_s) = self.last_time_s.filter(|last_s| time_s < *last_s) {
            return Err(AskError::TimeBack { time_s, last_s });
        }
        let ahead_s = time_s.saturating_sub(self.now_s);
        if ahead_s > CLOCK_AHEAD_S_MAX {
            return Err(AskError::TimeAhead { ahead_s });
        }
        Ok(())
    }
}

/// The first words of an answer, on one line and in plain characters, after a colon.
fn words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let plain = text.trim().chars().take(WORDS_MAX).map(|it| {
        if it.is_ascii_graphic() || it == ' ' {
            it
        } else {
            '?'
        }
    });
    let plain: String = plain.collect();
    if plain.is_empty() {
        plain
    } else {
        format!(": {plain:?}")
    }
}

#[cfg(test)]
mod tests;
