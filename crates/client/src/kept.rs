//! A checkpoint that is kept between runs, and the file it is kept in: replaced whole, under a lock, and never by chance.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use witnessmark_verifier::{Checkpoint, NOTE_BYTES_MAX, Note, TreeHead, VerifierKey, hex};

/// The last checkpoint that a key of a ledger has signed, as far as this user has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub(crate) key: VerifierKey,
    pub(crate) note: String,
    pub(crate) head: TreeHead,
}

impl Kept {
    /// The key that signed it.
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The signed note, word for word.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The tree that it names.
    pub const fn head(&self) -> &TreeHead {
        &self.head
    }

    /// The checkpoint in `text`, which the first of `keys` that can have done so has signed. What witnesses a policy asks for was
    /// looked at when it was kept; they may be others today.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to do.
    pub(crate) fn read<'k>(
        text: &str,
        keys: impl Iterator<Item = &'k VerifierKey>,
    ) -> Result<Self, String> {
        let advice = "if it is damaged, move it away: the next contact is then taken for the first";
        let unread = |error: &dyn std::fmt::Display| {
            format!("it is not a signed checkpoint ({error}); {advice}")
        };
        let note = Note::parse(text).map_err(|error| unread(&error))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|error| unread(&error))?;
        let mut is_named = false;
        for key in keys.filter(|key| *key.name() == checkpoint.origin) {
            is_named = true;
            if note.is_signed_by(key) {
                return Ok(Self {
                    key: key.clone(),
                    note: text.to_owned(),
                    head: checkpoint.head,
                });
            }
        }
        let origin = &checkpoint.origin;
        Err(if is_named {
            format!(
                "it is of the ledger {origin}, and no key that the policy names for it signed it; if the ledger has changed its \
                 key, keep this file and name another one"
            )
        } else {
            format!("it is of another ledger, {origin}; name another file")
        })
    }
}

/// The first eight hexadecimal digits by which a policy tells the keys of a ledger apart.
pub(crate) fn key_id(key: &VerifierKey) -> String {
    hex::encode(&key.key_id())
}

/// What became of a file that was to be replaced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Swap {
    /// It holds the new text.
    Written,
    /// It held something else than expected, and is as it was: this is in it, if there is such a file.
    Found(Option<String>),
}

/// The text in the file, if there is one.
///
/// # Errors
///
/// It cannot be read, is longer than any note, or is no text.
pub(crate) fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    let max = u64::try_from(NOTE_BYTES_MAX).unwrap_or(u64::MAX);
    file.take(max.saturating_add(1)).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Puts `new` in the place of `expected`. Of several processes one after the other does so, and each sees what the others
/// have written.
///
/// # Errors
///
/// The file or its folder cannot be read or written.
pub(crate) fn swap(path: &Path, expected: Option<&str>, new: &str) -> io::Result<Swap> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".", ".lock"))?;
    // Held until the file is closed, at the end of this function or of the process.
    lock.lock()?;
    let there = read(path)?;
    if there.as_deref() != expected {
        return Ok(Swap::Found(there));
    }
    let unfinished = beside(path, "", ".new");
    let mut file = File::create(&unfinished)?;
    file.write_all(new.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    Ok(Swap::Written)
}

fn beside(path: &Path, before: &str, after: &str) -> std::path::PathBuf {
    let mut name = std::ffi::OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_only_when_it_holds_what_was_expected() {
        let folder = std::env::temp_dir().join(format!("kept-{}", std::process::id()));
        let path = folder.join("a").join("b");
        assert_eq!(swap(&path, None, "one").unwrap(), Swap::Written);
        for expected in [None, Some("two")] {
            let found = swap(&path, expected, "three").unwrap();
            assert_eq!(found, Swap::Found(Some("one".to_owned())));
        }
        assert_eq!(swap(&path, Some("one"), "two").unwrap(), Swap::Written);
        assert_eq!(read(&path).unwrap().as_deref(), Some("two"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn of_many_that_replace_a_file_at_once_each_sees_the_one_before() {
        let folder = std::env::temp_dir().join(format!("kept-many-{}", std::process::id()));
        let path = folder.join("count");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let mut there = read(&path).unwrap();
                        loop {
                            let next: u32 = there.as_deref().unwrap_or("0").parse().unwrap();
                            let next = (next + 1).to_string();
                            match swap(&path, there.as_deref(), &next).unwrap() {
                                Swap::Written => break,
                                Swap::Found(found) => there = found,
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(read(&path).unwrap().as_deref(), Some("100"));
        fs::remove_dir_all(folder).unwrap();
    }
}
