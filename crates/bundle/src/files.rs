//! The files that travel beside a bundle: what a plain name is, and where the bytes come from.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256, Sha512};
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

/// What is computed from the bytes of a file.
pub(crate) struct Digests {
    pub(crate) sha256: Hash,
    pub(crate) sha512: [u8; 64],
    pub(crate) size: u64,
}

/// The digests and the size of all that `bytes` gives, but no more than one byte beyond `size_max`.
pub(crate) fn digests(bytes: impl Read, size_max: u64) -> io::Result<Digests> {
    let mut bytes = bytes.take(size_max.saturating_add(1));
    let mut sha256 = Sha256::new();
    let mut sha512 = Sha512::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0_u64;
    loop {
        let read = match bytes.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let part = buffer.get(..read).unwrap_or_default();
        sha256.update(part);
        sha512.update(part);
        size = size.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    Ok(Digests {
        sha256: Hash::new(sha256.finalize().into()),
        sha512: sha512.finalize().into(),
        size,
    })
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
        let found = digests(&b"abc"[..], 3).unwrap();
        assert_eq!(found.size, 3);
        assert_eq!(found.sha256, witnessmark_verifier::sha256(b"abc"));
        // The first bytes of the SHA-512 of FIPS 180-4, appendix C.1.
        assert_eq!(found.sha512[..4], [0xdd, 0xaf, 0x35, 0xa1]);
        assert_eq!(digests(io::repeat(7), 10).unwrap().size, 11);
    }
}
