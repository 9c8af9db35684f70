//! What a running ledger found damaged, kept in its folder until `fsck` finds nothing wrong: a start alone would not see it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The file: a line for each thing that was found.
const FILE: &str = "damaged";
/// More than what the first places take.
const BYTES_MAX: u64 = 16_384;

/// Where the file of the ledger in `dir` is.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// What was found in the ledger in `dir`, if anything was.
///
/// # Errors
///
/// The file is there and cannot be read.
pub(crate) fn read(dir: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path(dir)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.lines().collect::<Vec<_>>().join("; ")))
}

/// Adds what was found.
///
/// # Errors
///
/// The disk does not take it.
pub(crate) fn note(dir: &Path, what: &str) -> io::Result<()> {
    let path = path(dir);
    let mut file = File::options().create(true).append(true).open(&path)?;
    writeln!(file, "{}", what.replace('\n', " "))?;
    file.sync_all()?;
    File::open(dir)?.sync_all()
}

/// Takes the file away. False if there is none.
///
/// # Errors
///
/// It is there and stays.
pub(crate) fn clear(dir: &Path) -> io::Result<bool> {
    match fs::remove_file(path(dir)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_kept_until_it_is_cleared() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), None);
        note(dir.path(), "entry 7").unwrap();
        note(dir.path(), "entry\n9").unwrap();
        assert_eq!(
            read(dir.path()).unwrap().as_deref(),
            Some("entry 7; entry 9")
        );
        assert!(clear(dir.path()).unwrap());
        assert!(!clear(dir.path()).unwrap());
        assert_eq!(read(dir.path()).unwrap(), None);
    }
}
