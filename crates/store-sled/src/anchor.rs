//! The anchor: the last signed checkpoint, kept outside sled, because damage can make sled open
//! an older state without a word and nothing inside it can notice that.
//!
//! The file has two slots of 16 KiB, written in turn and synced, so a write that is torn leaves
//! the checkpoint before it. A slot is
//! `magic || u64 turn || u64 epoch || u32 length || checkpoint || SHA-256 of all that`; with
//! length 0 it says that nothing was committed yet. A store is created with such a slot, so that
//! an anchor that is missing always means that somebody removed it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use witnessmark_log::SignedCheckpoint;

use crate::layout::{seal, unseal};

const MAGIC: &[u8] = b"witnessmark-anchor/1\n";
const SLOT_BYTES: usize = 16 * 1024;
const SLOT_STARTS: [u64; 2] = [0, 16 * 1024];

/// What the anchor says when the store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Anchored {
    /// There is no file.
    Missing,
    /// Neither slot is whole.
    Unreadable,
    /// Nothing has been committed.
    Nothing,
    /// This was committed last.
    Commit {
        epoch: u64,
        checkpoint: SignedCheckpoint,
    },
}

/// The anchor's file, opened for writing.
#[derive(Debug)]
pub(crate) struct Anchor {
    file: File,
    turn: u64,
}

impl Anchor {
    /// Makes the file of a store without a commit. The caller syncs the folder.
    pub(crate) fn create(path: &Path) -> io::Result<()> {
        let unfinished = path.with_extension("new");
        let file = File::create(&unfinished)?;
        file.write_all_at(&encode_slot(0, 0, ""), 0)?;
        file.sync_all()?;
        fs::rename(unfinished, path)
    }

    /// Reads the anchor. The file is `None` if it must not be written.
    pub(crate) fn open(path: &Path) -> io::Result<(Option<Self>, Anchored)> {
        let file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((None, Anchored::Missing));
            }
            Err(error) => return Err(error),
        };
        Ok(match newest_slot(&file)? {
            Some((turn, anchored)) => (Some(Self { file, turn }), anchored),
            None => (None, Anchored::Unreadable),
        })
    }

    /// Reads the anchor of a folder that nothing is written to.
    pub(crate) fn read(path: &Path) -> io::Result<Anchored> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Anchored::Missing),
            Err(error) => return Err(error),
        };
        Ok(newest_slot(&file)?.map_or(Anchored::Unreadable, |(_, anchored)| anchored))
    }

    /// Writes the next slot and syncs it. After an error the slot before it still stands.
    pub(crate) fn write(&mut self, epoch: u64, checkpoint: &SignedCheckpoint) -> io::Result<()> {
        let turn = self.turn.saturating_add(1);
        let [even, odd] = SLOT_STARTS;
        let start = if turn.is_multiple_of(2) { even } else { odd };
        self.file
            .write_all_at(&encode_slot(turn, epoch, checkpoint.text()), start)?;
        self.file.sync_data()?;
        self.turn = turn;
        Ok(())
    }

    /// Makes every later write fail.
    #[cfg(test)]
    pub(crate) fn break_for_test(&mut self, path: &Path) {
        self.file = File::open(path).unwrap();
    }
}

/// The whole slot that was written last, with its turn.
fn newest_slot(file: &File) -> io::Result<Option<(u64, Anchored)>> {
    let mut newest: Option<(u64, Anchored)> = None;
    for start in SLOT_STARTS {
        let found = parse_slot(&read_slot(file, start)?);
        if let Some((turn, anchored)) = found
            && newest.as_ref().is_none_or(|(newest, _)| turn > *newest)
        {
            newest = Some((turn, anchored));
        }
    }
    Ok(newest)
}

fn read_slot(file: &File, start: u64) -> io::Result<Vec<u8>> {
    let mut slot = vec![0; SLOT_BYTES];
    let mut filled = 0;
    while let Some(rest) = slot.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let at = start.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
        match file.read_at(rest, at) {
            Ok(0) => break,
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    slot.truncate(filled);
    Ok(slot)
}

fn encode_slot(turn: u64, epoch: u64, text: &str) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&turn.to_be_bytes());
    bytes.extend_from_slice(&epoch.to_be_bytes());
    // A checkpoint longer than the store takes was refused before it came here.
    bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    seal(b"", bytes)
}

fn parse_slot(slot: &[u8]) -> Option<(u64, Anchored)> {
    let rest = slot.strip_prefix(MAGIC)?;
    let (turn, rest) = rest.split_first_chunk()?;
    let (epoch, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let (_, rest) = rest.split_at_checked(32)?;
    unseal(b"", slot.get(..slot.len().checked_sub(rest.len())?)?)?;
    let (turn, epoch) = (u64::from_be_bytes(*turn), u64::from_be_bytes(*epoch));
    if text.is_empty() {
        return Some((turn, Anchored::Nothing));
    }
    let checkpoint = SignedCheckpoint::parse(str::from_utf8(text).ok()?).ok()?;
    Some((turn, Anchored::Commit { epoch, checkpoint }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(size: u64) -> SignedCheckpoint {
        let root = witnessmark_verifier::base64::encode(&[7; 32]);
        let text = format!(
            "log.example\n{size}\n{root}\n\n\u{2014} log.example {}\n",
            "AQID".repeat(24)
        );
        SignedCheckpoint::parse(&text).unwrap()
    }

    #[test]
    fn the_slots_take_turns_and_any_damaged_bit_leaves_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("anchor");
        assert_eq!(Anchor::open(&path).unwrap().1, Anchored::Missing);
        Anchor::create(&path).unwrap();
        let mut before = Anchored::Nothing;
        for size in 1..6 {
            let (anchor, anchored) = Anchor::open(&path).unwrap();
            assert_eq!(anchored, before);
            anchor.unwrap().write(size + 9, &checkpoint(size)).unwrap();
            let now = Anchored::Commit {
                epoch: size + 9,
                checkpoint: checkpoint(size),
            };
            let whole = fs::read(&path).unwrap();
            let start = usize::from(size % 2 == 1) * SLOT_BYTES;
            let length = encode_slot(size, size + 9, checkpoint(size).text()).len();
            for at in (start..start + length).step_by(3) {
                let mut damaged = whole.clone();
                damaged[at] ^= 1;
                fs::write(&path, damaged).unwrap();
                assert_eq!(Anchor::open(&path).unwrap().1, before, "byte {at}");
            }
            fs::write(&path, whole).unwrap();
            before = now;
        }
        fs::write(&path, "").unwrap();
        assert_eq!(Anchor::open(&path).unwrap().1, Anchored::Unreadable);
    }
}
