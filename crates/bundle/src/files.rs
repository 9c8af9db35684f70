//! The files that travel beside a bundle: what a plain name is, and where the bytes come from.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};
use witnessmark_verifier::Hash;

use crate::limits::FILE_NAME_BYTES_MAX;

/// Where the files named in a bundle are found.
pub trait FileSource {
    /// The bytes of the file with this plain name, or `None` when there is no such file.
    ///
    /// # Errors
    ///
    /// When the file may be there and cannot be read. That is never taken for a verdict on the file.
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>>;
}

/// No files at all: for a bundle that came alone.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl FileSource for NoFiles {
    fn open(&self, _name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        Ok(None)
    }
}

/// The files of one folder. Links are not followed, so a bundle reads nothing outside it.
#[derive(Clone, Debug)]
pub struct FolderFiles {
    folder: PathBuf,
}

impl FolderFiles {
    /// The files that lie directly in `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }
}

impl FileSource for FolderFiles {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        if !is_plain_name(name) {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "not a plain file name",
            ));
        }
        let path = self.folder.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_file() => Ok(Some(Box::new(File::open(path)?))),
            Ok(_) => Err(io::Error::new(
                ErrorKind::InvalidInput,
                "not a regular file",
            )),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether `name` names one file in a folder and nothing else: no separator of any system, no
/// relative part, no control character, no drive letter or stream.
pub fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= FILE_NAME_BYTES_MAX
        && name != "."
        && name != ".."
        && !name
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'))
}

/// The digest and the size of all that `bytes` gives, but no more than one byte beyond `size_max`.
pub(crate) fn digest(bytes: impl Read, size_max: u64) -> io::Result<(Hash, u64)> {
    let mut bytes = bytes.take(size_max.saturating_add(1));
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0_u64;
    loop {
        let read = match bytes.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(buffer.get(..read).unwrap_or_default());
        size = size.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    Ok((Hash::new(hasher.finalize().into()), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_elsewhere_is_not_plain() {
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "/etc/passwd",
            "..\\b",
            "C:x",
            "a\nb",
            "\u{0}",
            "\u{9b}",
        ] {
            assert!(!is_plain_name(name), "{name:?}");
        }
        assert!(is_plain_name("photo-1.jpg"));
        assert!(is_plain_name("..photo"));
        assert!(!is_plain_name(&"x".repeat(256)));
    }

    #[test]
    fn a_digest_stops_one_byte_beyond_what_was_promised() {
        let (hash, size) = digest(&b"abc"[..], 3).unwrap();
        assert_eq!(size, 3);
        assert_eq!(hash, witnessmark_verifier::sha256(b"abc"));
        let (_, size) = digest(io::repeat(7), 10).unwrap();
        assert_eq!(size, 11);
    }
}
