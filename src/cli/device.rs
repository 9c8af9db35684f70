//! What a signing device remembers between two records: how many it signed, and the last one's id.
//!
//! Each record carries both, so that the organisation can show later that the ledger dropped a record, or that the
//! device lost one. The memory is a text file beside the private key, `NAME.state`, locked while records are
//! signed. It is written before the signed file is: a crash in between leaves a gap in the numbers, which is visible and
//! honest, and never two records with one number.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use witnessmark_verifier::RecordId;

use crate::output::{Failure, Trouble, io_failure};

/// The memory of one device, locked for this process.
#[derive(Debug)]
pub(crate) struct DeviceState {
    path: PathBuf,
    file: File,
    seq: u64,
    previous: Option<RecordId>,
}

impl DeviceState {
    /// Opens and locks the memory of the device whose private key is in `key`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or locked, or does not hold what this program writes.
    pub(crate) fn open(key: &Path) -> Result<Self, Failure> {
        let mut name = key.as_os_str().to_owned();
        name.push(".state");
        Self::open_file(Path::new(&name))
    }

    /// Opens and locks the memory of a device in the file `path`.
    ///
    /// # Errors
    ///
    /// As [`DeviceState::open`].
    pub(crate) fn open_file(path: &Path) -> Result<Self, Failure> {
        let path = path.to_owned();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| io_failure(&path, &error))?;
        file.lock().map_err(|error| io_failure(&path, &error))?;
        let mut text = String::new();
        file.read_to_string(&mut text)
            .map_err(|error| io_failure(&path, &error))?;
        let (seq, previous) = parse(&text).ok_or_else(|| {
            let message =
                "not a device state: expected `device-seq <n>` and `previous <record id>`";
            Failure::cannot_tell(Trouble::new("STATE_MALFORMED", path.display(), message).fix(
                "write the number and the id of the last record that this key signed, a line each",
            ))
        })?;
        Ok(Self {
            path,
            file,
            seq,
            previous,
        })
    }

    /// The number of the next record.
    pub(crate) const fn next_seq(&self) -> u64 {
        self.seq.saturating_add(1)
    }

    /// The id of the record before it.
    pub(crate) const fn previous(&self) -> Option<&RecordId> {
        self.previous.as_ref()
    }

    /// Remembers that one more record was signed.
    ///
    /// # Errors
    ///
    /// When that cannot be made durable; the record must then not be used.
    pub(crate) fn advance(&mut self, signed: RecordId) -> Result<(), Failure> {
        self.advance_to(self.next_seq(), signed)
    }

    /// Remembers that the record with the number `seq` was signed last.
    ///
    /// # Errors
    ///
    /// When that cannot be made durable; the records must then not be used.
    pub(super) fn advance_to(&mut self, seq: u64, signed: RecordId) -> Result<(), Failure> {
        let text = format!("device-seq {seq:020}\nprevious {signed}\n");
        // Every state has the same length, so one write at the start replaces the one before; a
        // state that a person wrote may be longer.
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.file
            .rewind()
            .and_then(|()| self.file.write_all(text.as_bytes()))
            .and_then(|()| self.file.set_len(length))
            .and_then(|()| self.file.sync_data())
            .map_err(|error| io_failure(&self.path, &error))?;
        self.seq = seq;
        self.previous = Some(signed);
        Ok(())
    }
}

fn parse(text: &str) -> Option<(u64, Option<RecordId>)> {
    if text.is_empty() {
        return Some((0, None));
    }
    let (first, rest) = text.split_once('\n')?;
    let seq = first.strip_prefix("device-seq ")?;
    if !seq.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let previous = rest.strip_suffix('\n')?.strip_prefix("previous ")?;
    Some((seq.parse().ok()?, Some(RecordId::parse_hex(previous).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_counts_on_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("device.key");
        let first = RecordId::of("a", b"1");
        let mut state = DeviceState::open(&key).unwrap();
        assert_eq!((state.next_seq(), state.previous()), (1, None));
        state.advance(first).unwrap();
        drop(state);
        let state = DeviceState::open(&key).unwrap();
        assert_eq!((state.next_seq(), state.previous()), (2, Some(&first)));
    }

    #[test]
    fn a_state_that_was_cut_short_is_refused_and_not_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("device.key");
        std::fs::write(folder.path().join("device.key.state"), "device-seq 4\nprev").unwrap();
        assert!(DeviceState::open(&key).is_err());
    }
}
