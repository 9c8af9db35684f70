//! Where the next start may begin to read: a small file that is written now and then.
//!
//! ```text
//! witnessmark-start/1
//! SIZE
//! ROOT              of the first SIZE entries, in base64
//! PLACE             of the charter and of each key event, one a line
//! SHA-256           of the lines before, in hexadecimal
//! ```
//!
//! Without it, and when it is not of this log, a start reads the whole log. It says nothing that the
//! log does not say, and whoever can write to the folder can write the log's key, too.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use witnessmark_log::{Published, StartPoint};
use witnessmark_verifier::{Hash, TreeHead, TreeSize, base64, sha256};

const FILE: &str = "start";
const MAGIC: &str = "witnessmark-start/1";
/// How many entries a start after a crash reads at most: about half a second's worth.
const ENTRIES_MAX: u64 = 32_768;

/// The file, and up to where it was written last.
#[derive(Debug)]
pub(crate) struct StartFile {
    path: PathBuf,
    size: u64,
}

impl StartFile {
    /// The file of the ledger in `dir`, and what it says, if it is whole.
    pub(crate) fn read(dir: &Path) -> (Self, Option<StartPoint>) {
        let path = dir.join(FILE);
        let point = fs::read_to_string(&path).ok().and_then(|text| parse(&text));
        let size = point.as_ref().map_or(0, |point| point.head.size.get());
        (Self { path, size }, point)
    }

    /// Writes the file if much was logged since.
    pub(crate) fn save_when_due(&mut self, published: &Published) {
        if published.size().saturating_sub(self.size) >= ENTRIES_MAX {
            self.save(published);
        }
    }

    /// Writes the file. If that fails, the next start only takes longer.
    pub(crate) fn save(&mut self, published: &Published) {
        if published.size() == self.size {
            return;
        }
        // Not tried again at once, either.
        self.size = published.size();
        if let Err(error) = write(&self.path, &encode(&published.start_point())) {
            tracing::warn!(%error, path = %self.path.display(), "where to start was not written");
        }
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path)
}

fn encode(point: &StartPoint) -> String {
    let root = base64::encode(point.head.root.as_bytes());
    let mut text = format!("{MAGIC}\n{}\n{root}\n", point.head.size);
    for place in &point.key_entries {
        text.push_str(&place.to_string());
        text.push('\n');
    }
    let seal = sha256(text.as_bytes());
    format!("{text}{seal}\n")
}

fn parse(text: &str) -> Option<StartPoint> {
    let body = text.strip_suffix('\n')?;
    let (body, _) = body.rsplit_once('\n')?;
    let mut lines = body.lines();
    if lines.next()? != MAGIC {
        return None;
    }
    let size = TreeSize::new(lines.next()?.parse().ok()?);
    let root = Hash::new(base64::decode(lines.next()?).ok()?.try_into().ok()?);
    let key_entries = lines.map(|line| line.parse().ok()).collect::<Option<_>>()?;
    let point = StartPoint {
        head: TreeHead { size, root },
        key_entries,
    };
    // The seal is in it.
    (encode(&point) == text).then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let point = StartPoint {
            head: TreeHead {
                size: TreeSize::new(70_000),
                root: Hash::new([9; 32]),
            },
            key_entries: vec![0, 1, 70],
        };
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(StartFile::read(dir.path()).1, None);
        let text = encode(&point);
        write(&dir.path().join(FILE), &text).unwrap();
        let (file, read) = StartFile::read(dir.path());
        assert_eq!((file.size, read), (70_000, Some(point)));
        for at in 0..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[at] ^= 1;
            assert_eq!(parse(&String::from_utf8_lossy(&damaged)), None, "byte {at}");
            assert_eq!(parse(&text[..at]), None);
        }
    }
}
