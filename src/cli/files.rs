//! Reading and writing the files that commands are given: bounded reads, whole writes.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use witnessmark_verifier::TrustPolicy;
use zeroize::Zeroizing;

use crate::output::{Failure, Trouble, io_failure};

/// The longest text file a person writes: a record before it is signed, a policy, an event.
pub(crate) const TEXT_BYTES_MAX: u64 = 1024 * 1024;
/// Longer than any file of a passphrase or of identities; nothing larger is read.
const SECRET_BYTES_MAX: u64 = 64 * 1024;
/// The permission bits of a private file: its owner reads and writes it.
const PRIVATE_MODE: u32 = 0o600;
/// The permission bits that a private file must not have: anything for group or others.
const OTHERS_MASK: u32 = 0o077;
/// The longest bundle; the bundle's own parser has the same limit.
pub(crate) const BUNDLE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads a whole file, refusing one that is longer than `max` bytes.
///
/// # Errors
///
/// When it cannot be read, or is too long.
pub(crate) fn read_bytes(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let bytes = read_start(path, max)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max {
        let message = format!("longer than {max} bytes, the limit for such a file");
        return Err(Failure::cannot_tell(Trouble::new(
            "TOO_LARGE",
            path.display(),
            message,
        )));
    }
    Ok(bytes)
}

/// Reads the first `max` bytes of a file, and one more if there is one: enough to see that it is longer.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn read_start(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(max.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| io_failure(path, &error))?;
    Ok(bytes)
}

/// Reads a text file.
///
/// # Errors
///
/// When it cannot be read, is too long or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = read_bytes(path, TEXT_BYTES_MAX)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("not UTF-8: the byte at offset {at} does not belong to a text");
        Failure::refused(
            Trouble::new("INVALID_UTF8", path.display(), message)
                .fix("save the file as UTF-8 without a byte order mark"),
        )
    })
}

/// Reads a file that holds a secret text, and that nobody else may read.
///
/// # Errors
///
/// When others may use it, it cannot be read, is too long or is not UTF-8.
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error| io_failure(path, &error);
    let file = File::open(path).map_err(failed)?;
    // Asked of the open file, so that it cannot be exchanged in between.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & OTHERS_MASK != 0 {
        let message = format!("can be used by others (mode {mode:04o})");
        return Err(Failure::cannot_tell(
            Trouble::new("KEY_EXPOSED", path.display(), message).fix(format!(
                "chmod 600 {}; if others may have read it, take another one",
                path.display()
            )),
        ));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(SECRET_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(failed)?;
    Ok(text)
}

/// Reads and parses a trust policy.
///
/// # Errors
///
/// When it cannot be read or does not parse: without a policy nothing can be said.
pub(crate) fn read_policy(path: &Path) -> Result<TrustPolicy, Failure> {
    let bytes = read_bytes(path, TEXT_BYTES_MAX)?;
    let text = str::from_utf8(&bytes).map_err(|error| {
        Failure::cannot_tell(Trouble::new("POLICY_MALFORMED", path.display(), error))
    })?;
    witnessmark_policy::parse(text).map_err(|error| {
        Failure::cannot_tell(
            Trouble::new("POLICY_MALFORMED", path.display(), error)
                .fix("a policy has lines `log <verifier key>`, `witness ...`, `group ...`, and one `quorum ...`"),
        )
    })
}

/// Writes a file as a whole: beside its place first, made durable, then renamed.
///
/// # Errors
///
/// When it cannot be written; what was there before is then still there.
pub(crate) fn write_replacing(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes, write_durable)
}

/// The same, and only its owner may read the file.
///
/// # Errors
///
/// When it cannot be written; what was there before is then still there.
pub(crate) fn write_private_replacing(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes, write_private)
}

/// Writes a private file whose name nothing has yet.
///
/// # Errors
///
/// When something has that name, or it cannot be written.
pub(crate) fn write_private_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    // The name is taken first, so that of two writers only one goes on.
    match create_private(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(exists(path));
        }
        Err(error) => return Err(io_failure(path, &error)),
    }
    write_private_replacing(path, bytes).inspect_err(|_| {
        // Still the empty file made above: the first error is the one to report.
        drop(fs::remove_file(path));
    })
}

fn replace(
    path: &Path,
    bytes: &[u8],
    write: fn(&Path, &[u8]) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let aside = aside(path);
    let written = write(&aside, bytes).and_then(|()| fs::rename(&aside, path));
    written.and_then(|()| sync_folder(path)).map_err(|error| {
        // The first error is the one to report.
        drop(fs::remove_file(&aside));
        io_failure(path, &error)
    })
}

/// Writes a file that must not be there yet, except with the same bytes.
///
/// # Errors
///
/// When it cannot be written or other bytes are already there.
pub(crate) fn write_new_or_same(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    match fs::read(path) {
        Ok(there) if there == bytes => Ok(()),
        Ok(_) => Err(exists(path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => write_replacing(path, bytes),
        Err(error) => Err(io_failure(path, &error)),
    }
}

/// The refusal to overwrite a file.
pub(crate) fn exists(path: &Path) -> Failure {
    Failure::cannot_tell(
        Trouble::new(
            "FILE_EXISTS",
            path.display(),
            "is already there, and is never overwritten",
        )
        .fix("give another name, or move the old file away first"),
    )
}

/// Makes a folder and those above it.
///
/// # Errors
///
/// When that fails.
pub(crate) fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| io_failure(path, &error))
}

/// Writes many new files, each beside its place and then renamed, and makes the folder durable once for all of them.
/// `progress` is called after each.
///
/// # Errors
///
/// At the first that cannot be written.
pub(crate) fn write_many(
    folder: &Path,
    files: &[(&Path, &str)],
    progress: &dyn Fn(),
) -> Result<(), Failure> {
    for (path, text) in files {
        let aside = aside(path);
        let written = fs::write(&aside, text).and_then(|()| fs::rename(&aside, path));
        written.map_err(|error| {
            // The first error is the one to report.
            drop(fs::remove_file(&aside));
            io_failure(path, &error)
        })?;
        progress();
    }
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| io_failure(folder, &error))
}

/// The name under which a file is written before it gets its own.
pub(crate) fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

fn write_durable(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // Left by a process that was killed; the rights of a file that is there already would stay.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = create_private(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn create_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(PRIVATE_MODE)
        .open(path)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
