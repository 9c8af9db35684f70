//! What an audit has reached, in a file, so that the same audit or that of a grown log goes on there.
//!
//! ```text
//! witnessmark-audit-state/1 LF
//! policy digest (32 bytes), size (8), levels (1), for each: hashes (2), the hashes (32 each)
//! what the replay knows: see replay/saved.rs
//! SHA-256 of all bytes before (32 bytes)
//! ```
//!
//! Numbers are big-endian. The digest at the end finds damage; it proves nothing about who wrote the file.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use witnessmark_verifier::{Hash, Origin};

use crate::tiles::Tiler;

use super::replay::Replay;

/// How a state of this version begins.
const FORMAT: &[u8] = b"witnessmark-audit-state/1\n";

/// The longest text or entry in it.
const BYTES_MAX: usize = 1 << 20;

/// What an audit has reached. Everything before has passed.
#[derive(Debug)]
pub(super) struct State {
    pub(super) policy_sha256: Hash,
    pub(super) tiler: Tiler,
    pub(super) replay: Replay,
}

/// Writes the state, beside its place first.
pub(super) fn save(
    path: &Path,
    policy_sha256: Hash,
    tiler: &Tiler,
    replay: &Replay,
) -> io::Result<()> {
    let aside = aside(path);
    let mut out = Writer {
        file: BufWriter::new(File::create(&aside)?),
        digest: Sha256::new(),
    };
    out.raw(FORMAT)?;
    out.hash(&policy_sha256)?;
    out.u64(tiler.size())?;
    let levels: Vec<&[Hash]> = tiler.edge().collect();
    out.u64(count(levels.len()))?;
    for hashes in levels {
        out.u64(count(hashes.len()))?;
        for hash in hashes {
            out.hash(hash)?;
        }
    }
    replay.save(&mut out)?;
    let digest: [u8; 32] = out.digest.finalize().into();
    out.file.write_all(&digest)?;
    let file = out
        .file
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    fs::rename(&aside, path)
}

fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    path.with_file_name(name)
}

/// Reads a state; nothing when there is none. The error says why the file is not one.
pub(super) fn load(path: &Path) -> Result<Option<State>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    read(file).map(Some).map_err(|error| {
        let kind = error.kind();
        if kind == ErrorKind::UnexpectedEof {
            "it is damaged: it ends too early".to_owned()
        } else if kind == ErrorKind::InvalidData {
            error.to_string()
        } else {
            format!("it cannot be read: {error}")
        }
    })
}

fn read(file: File) -> io::Result<State> {
    let mut reader = Reader {
        file: BufReader::new(file),
        digest: Sha256::new(),
    };
    let mut format = [0; FORMAT.len()];
    reader.fill(&mut format)?;
    if format != FORMAT {
        return Err(damaged(
            "it is not the state of an audit, or of another version",
        ));
    }
    let policy_sha256 = reader.hash()?;
    let size = reader.u64()?;
    let mut levels = Vec::new();
    for _ in 0..reader.count(8)? {
        let mut hashes = Vec::new();
        for _ in 0..reader.count(255)? {
            hashes.push(reader.hash()?);
        }
        levels.push(hashes);
    }
    let tiler = Tiler::from_edge(size, levels);
    let tiler = tiler.ok_or_else(|| damaged("it is damaged: its tree is not one"))?;
    let replay = Replay::restore(&mut reader)?;
    let digest: [u8; 32] = reader.digest.finalize().into();
    let mut found = Vec::new();
    reader.file.take(33).read_to_end(&mut found)?;
    if found != digest {
        return Err(damaged(
            "it is damaged: its digest is not that of its bytes",
        ));
    }
    Ok(State {
        policy_sha256,
        tiler,
        replay,
    })
}

/// The file is not what was written.
pub(super) fn damaged(what: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what.into())
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Writes values one after the other.
pub(super) struct Writer {
    file: BufWriter<File>,
    digest: Sha256,
}

impl Writer {
    fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.file.write_all(bytes)
    }

    pub(super) fn u64(&mut self, value: u64) -> io::Result<()> {
        self.raw(&value.to_be_bytes())
    }

    pub(super) fn u32(&mut self, value: u32) -> io::Result<()> {
        self.raw(&value.to_be_bytes())
    }

    /// A number of things that follow.
    pub(super) fn count(&mut self, length: usize) -> io::Result<()> {
        self.u64(count(length))
    }

    pub(super) fn array<const N: usize>(&mut self, bytes: &[u8; N]) -> io::Result<()> {
        self.raw(bytes)
    }

    pub(super) fn hash(&mut self, hash: &Hash) -> io::Result<()> {
        self.raw(hash.as_bytes())
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.count(bytes.len())?;
        self.raw(bytes)
    }

    pub(super) fn origin(&mut self, origin: &Origin) -> io::Result<()> {
        self.bytes(origin.as_str().as_bytes())
    }
}

/// Reads values one after the other.
pub(super) struct Reader {
    file: BufReader<File>,
    digest: Sha256,
}

impl Reader {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact(bytes)?;
        self.digest.update(&*bytes);
        Ok(())
    }

    pub(super) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u64(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A number of things that follow, at most `max`.
    pub(super) fn count(&mut self, max: u64) -> io::Result<u64> {
        let count = self.u64()?;
        if count > max {
            return Err(damaged("it is damaged: a number in it is too large"));
        }
        Ok(count)
    }

    pub(super) fn hash(&mut self) -> io::Result<Hash> {
        self.array().map(Hash::new)
    }

    pub(super) fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let length = self.count(count(BYTES_MAX))?;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> io::Result<String> {
        String::from_utf8(self.bytes()?).map_err(|_| damaged("it is damaged: a text is not UTF-8"))
    }
}
