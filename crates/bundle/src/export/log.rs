//! An export as a log to read: its checkpoint, and its entries in their order.

use std::ops::ControlFlow;
use std::path::Path;

use witnessmark_tlog::parse_entry_bundle;
use witnessmark_verifier::NOTE_BYTES_MAX;

use super::{CHECKPOINT, ENTRIES_BYTES_MAX, ExportError, ExportReader, io_error, read_checkpoint};
use crate::tiles::entry_tiles;

/// The log in the folder of an export. What is read is not judged: that is for an audit, or for who compares the root.
#[derive(Clone, Debug)]
pub struct ExportedLog {
    reader: ExportReader,
    checkpoint: String,
    size: u64,
}

impl ExportedLog {
    /// The log in the folder `dir`, as its checkpoint has it now.
    ///
    /// # Errors
    ///
    /// The folder has no checkpoint, or it cannot be read.
    pub fn open(dir: &Path) -> Result<Self, ExportError> {
        let reader = ExportReader::new(dir);
        let bytes = reader
            .read(CHECKPOINT, NOTE_BYTES_MAX)
            .map_err(|error| io_error(&dir.join(CHECKPOINT), error))?;
        let none = "the folder is not an export: it has no file checkpoint";
        let bytes = bytes.ok_or_else(|| ExportError::Checkpoint(none.to_owned()))?;
        let checkpoint = String::from_utf8(bytes)
            .map_err(|_| ExportError::Checkpoint("it is not UTF-8".to_owned()))?;
        let size = read_checkpoint(&checkpoint)?.head.size.get();
        Ok(Self {
            reader,
            checkpoint,
            size,
        })
    }

    /// The signed note, word for word.
    pub fn checkpoint(&self) -> &str {
        &self.checkpoint
    }

    /// Hands on the bytes of every entry with its index, from 0 on, until `take` wants no more.
    ///
    /// # Errors
    ///
    /// A file is missing, is not what it must be, or cannot be read.
    pub fn entries(
        &self,
        take: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), ExportError> {
        let mut index = 0_u64;
        for tile in entry_tiles(0, self.size) {
            let path = tile.entries_path();
            let damaged = |what: &str| ExportError::Damaged(format!("{path}: {what}"));
            let bytes = match self.reader.read(&path, ENTRIES_BYTES_MAX) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Err(damaged("the file is missing")),
                Err(error) => return Err(damaged(&error.to_string())),
            };
            let entries =
                parse_entry_bundle(&bytes).map_err(|error| damaged(&error.to_string()))?;
            if entries.len() != usize::from(tile.width) {
                return Err(damaged("it does not hold as many entries as it must"));
            }
            for entry in entries {
                if take(index, entry).is_break() {
                    return Ok(());
                }
                index = index.saturating_add(1);
            }
        }
        Ok(())
    }
}
