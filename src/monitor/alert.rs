//! Alerts, and the file in which each stands before anybody is told of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use tokio::sync::watch;
use witnessmark_bundle::utc;
use witnessmark_verifier::sha256;

/// Something that somebody is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alert {
    /// The ledger, by its name in the configuration.
    pub(crate) ledger: String,
    /// Why: the word of a rule.
    pub(crate) rule: &'static str,
    /// The entry that it is about.
    pub(crate) index: Option<u64>,
    /// The record that it is about, by its id.
    pub(crate) record: Option<String>,
    /// What a person reads.
    pub(crate) words: String,
}

impl Alert {
    /// An alert about a ledger as a whole.
    pub(crate) fn of_ledger(ledger: &str, rule: &'static str, words: String) -> Self {
        Self {
            ledger: ledger.to_owned(),
            rule,
            index: None,
            record: None,
            words,
        }
    }

    /// One line of JSON. Its `id` is the same whenever the same is told again.
    fn line(&self, now_ms: u64) -> String {
        let what = json!([self.ledger, self.rule, self.index, self.record, self.words]);
        let id = sha256(what.to_string().as_bytes()).to_string();
        let line = json!({
            "id": id.get(..24),
            "at": utc(now_ms),
            "ledger": self.ledger,
            "rule": self.rule,
            "index": self.index,
            "record": self.record,
            "words": self.words,
        });
        format!("{line}\n")
    }
}

/// All alerts, one a line, in the file `alerts.jsonl`. Whoever is to be told reads them from there.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    length: watch::Sender<u64>,
}

impl Journal {
    /// Opens the file in `dir`. A line that was not written to its end is removed: it is written again, because what it is about
    /// does not count as seen until it stands there.
    ///
    /// # Errors
    ///
    /// It cannot be read or written.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join("alerts.jsonl");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)?;
        let length = whole_lines(&mut file)?;
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(Self {
            path,
            file: Mutex::new(file),
            length: watch::Sender::new(length),
        })
    }

    /// Writes alerts, and returns when they are on the disk.
    ///
    /// # Errors
    ///
    /// They are not.
    pub(crate) fn append(&self, alerts: &[Alert], now_ms: u64) -> io::Result<()> {
        if alerts.is_empty() {
            return Ok(());
        }
        let lines: String = alerts.iter().map(|alert| alert.line(now_ms)).collect();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let start = *self.length.borrow();
        let written = file
            .write_all(lines.as_bytes())
            .and_then(|()| file.sync_data());
        if let Err(error) = written {
            // The next one begins where this one did.
            file.set_len(start)?;
            file.seek(SeekFrom::Start(start))?;
            return Err(error);
        }
        let added = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.length.send_replace(start.saturating_add(added));
        Ok(())
    }

    /// How long the file is, now and whenever it grows.
    pub(crate) fn length(&self) -> watch::Receiver<u64> {
        self.length.subscribe()
    }

    /// The line that begins at `start`, with its newline; nothing at the end.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(crate) fn line_at(&self, start: u64) -> io::Result<Option<Vec<u8>>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut line = Vec::new();
        io::BufRead::read_until(&mut io::BufReader::new(file), b'\n', &mut line)?;
        Ok(Some(line).filter(|line| line.ends_with(b"\n")))
    }
}

/// The length of the file up to its last newline.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(1 << 20);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let last = end.iter().rposition(|byte| *byte == b'\n');
    let kept = last.map_or(0, |at| at.saturating_add(1));
    Ok(start.saturating_add(u64::try_from(kept).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_is_removed_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let alert = |words: &str| Alert::of_ledger("main", "silence", words.to_owned());
        let journal = Journal::open(folder.path()).unwrap();
        journal.append(&[alert("one"), alert("two")], 0).unwrap();
        drop(journal);
        let path = folder.path().join("alerts.jsonl");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole[..], b"{\"id\":\"ab"].concat()).unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.append(&[alert("three")], 0).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 3);
        assert!(text.as_bytes().starts_with(&whole));
        assert_eq!(
            journal.line_at(0).unwrap().unwrap(),
            text.lines()
                .next()
                .unwrap()
                .to_owned()
                .into_bytes()
                .into_iter()
                .chain([b'\n'])
                .collect::<Vec<_>>()
        );
        assert_eq!(journal.line_at(*journal.length().borrow()).unwrap(), None);
    }
}
