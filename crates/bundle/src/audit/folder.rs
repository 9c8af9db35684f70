//! The audit of an export: the entries through the auditor, and every file against what they make it.

use std::io;
use std::path::{Path, PathBuf};

use witnessmark_verifier::{Hash, TILE_WIDTH, Tile, parse_entry_bundle};

use crate::escape::quote;
use crate::export::{CHECKPOINT, ExportReader};
use crate::limits::STRAY_FILES_MAX;
use crate::tiles::{entry_tiles, tile_bytes};
use crate::verdict::{Checklist, Failure, Subject, Verdict};

use super::{Auditor, Running};

/// The largest signed note, so that a longer file is not read whole.
const CHECKPOINT_BYTES_MAX: usize = 1_000_000;

/// The largest bundle of entries: 256 entries of 65,535 bytes, each with its length.
const ENTRIES_BYTES_MAX: usize = 256 * (65_535 + 2);

/// The bytes of a full tile.
const TILE_BYTES_MAX: usize = 256 * 32;

/// What an audit of an export looks at besides the export and the policy.
#[derive(Clone, Debug, Default)]
pub struct AuditOptions {
    /// Checkpoints that the auditor kept from before: files, and folders of files.
    pub since: Vec<PathBuf>,
}

/// Judges the export in the folder `dir`. `progress` is told how many entries were read.
pub fn audit_export(dir: &Path, policy: &[u8], progress: &mut dyn FnMut(u64)) -> Verdict {
    audit_export_with(dir, policy, &AuditOptions::default(), progress)
}

/// Judges the export in the folder `dir` as [`audit_export`] does, with these options.
pub fn audit_export_with(
    dir: &Path,
    policy: &[u8],
    options: &AuditOptions,
    progress: &mut dyn FnMut(u64),
) -> Verdict {
    let mut list = Checklist::new(Subject::Export);
    let reader = ExportReader::new(dir);
    let Ok(checkpoint) = list.record("format", read_checkpoint(&reader, dir)) else {
        return list.into_verdict();
    };
    let mut auditor = Auditor::begin(list, policy, &checkpoint).since(&options.since);
    let mut tiles = Tiles::default();
    let cut = read_entries(&mut auditor, &reader, &mut tiles, progress).err();
    let Auditor { mut list, running } = auditor;
    if let Some(mut running) = running {
        if cut.is_none() {
            compare_rest(&mut running, &reader, &mut tiles);
        }
        tiles.report(&mut running);
        let size = running.checkpoint.head().size.get();
        running.finish(&mut list, cut);
        list.facts().remarks.extend(strays(&reader, size));
    }
    list.into_verdict()
}

fn read_checkpoint(reader: &ExportReader, dir: &Path) -> Result<(Vec<u8>, String), Failure> {
    if !dir.is_dir() {
        return Err(Failure::cannot_tell(
            "there is no such folder, or it cannot be read",
        ));
    }
    match reader.read(CHECKPOINT, CHECKPOINT_BYTES_MAX) {
        Ok(Some(bytes)) => Ok((bytes, "a folder with a checkpoint".to_owned())),
        Ok(None) if dir.join("tile").exists() => Err(Failure::not_verified(
            "incomplete: the file checkpoint is missing",
        )),
        Ok(None) => Err(Failure::cannot_tell(
            "this folder is not an export: it has no file checkpoint",
        )),
        Err(error) => Err(Failure::cannot_tell(format!("checkpoint: {error}"))),
    }
}

/// Reads the bundles of entries in order, up to the first that is missing or broken: beyond it no
/// entry has a certain place.
fn read_entries(
    auditor: &mut Auditor,
    reader: &ExportReader,
    tiles: &mut Tiles,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Failure> {
    let mut read = 0;
    for tile in entry_tiles(auditor.size().unwrap_or(0)) {
        let path = tile.entries_path();
        let bytes = match reader.read(&path, ENTRIES_BYTES_MAX) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                return Err(Failure::not_verified(format!(
                    "{path}: incomplete: the file is missing"
                )));
            }
            Err(error) => return Err(unreadable(&path, &error)),
        };
        let entries = parse_entry_bundle(&bytes)
            .map_err(|error| Failure::not_verified(format!("{path}: {error}")))?;
        if entries.len() != usize::from(tile.width) {
            let what = format!(
                "{path}: it holds {} entries instead of {}",
                entries.len(),
                tile.width
            );
            return Err(Failure::not_verified(what));
        }
        for entry in entries {
            auditor.push_into(entry, &mut |tile, hashes| {
                tiles.compare(reader, tile, hashes);
            });
            read += 1;
        }
        progress(read);
    }
    Ok(())
}

fn compare_rest(running: &mut Running, reader: &ExportReader, tiles: &mut Tiles) {
    for (tile, hashes) in running.tiler.partial() {
        tiles.compare(reader, tile, hashes);
    }
}

/// A file that is there and cannot be read says nothing about the log.
fn unreadable(path: &str, error: &io::Error) -> Failure {
    Failure::cannot_tell(format!("{path}: {error}"))
}

/// Where the tiles of the folder differ from those that the entries make.
#[derive(Debug, Default)]
struct Tiles {
    faults: Vec<Fault>,
}

#[derive(Debug)]
struct Fault {
    path: String,
    /// The first entry whose leaf hash differs.
    index: Option<u64>,
    what: String,
}

impl Tiles {
    fn compare(&mut self, reader: &ExportReader, tile: Tile, hashes: &[Hash]) {
        let path = tile.path();
        let expected = tile_bytes(hashes);
        let (index, what) = match reader.read(&path, TILE_BYTES_MAX) {
            Ok(Some(bytes)) if bytes == expected => return,
            Ok(Some(bytes)) if bytes.len() != expected.len() => (
                None,
                format!("it has {} bytes instead of {}", bytes.len(), expected.len()),
            ),
            Ok(Some(bytes)) => differing(tile, &bytes, &expected),
            Ok(None) => (None, "incomplete: the file is missing".to_owned()),
            Err(error) => (None, error.to_string()),
        };
        self.faults.push(Fault { path, index, what });
    }

    /// When the entries make the signed root, a tile that differs is the tile's fault; otherwise it
    /// shows which entry is not the one that was logged.
    fn report(self, running: &mut Running) {
        let head = running.checkpoint.head();
        let entries_are_good =
            running.tiler.size() == head.size.get() && running.tiler.root() == head.root;
        for fault in self.faults {
            let check = if fault.index.is_some() && !entries_are_good {
                "entries"
            } else {
                "tiles"
            };
            running
                .problems
                .note(check, fault.index, Some(fault.path), fault.what);
        }
    }
}

fn differing(tile: Tile, bytes: &[u8], expected: &[u8]) -> (Option<u64>, String) {
    let place = bytes
        .chunks(32)
        .zip(expected.chunks(32))
        .position(|(a, b)| a != b)
        .unwrap_or(0);
    let place = u64::try_from(place).unwrap_or(u64::MAX);
    if tile.level > 0 {
        return (
            None,
            format!("hash {place} is not the one that the entries make"),
        );
    }
    let index = tile
        .index
        .saturating_mul(u64::from(TILE_WIDTH))
        .saturating_add(place);
    (
        Some(index),
        "its leaf hash in the tile is not the hash of the entry".to_owned(),
    )
}

/// Files that are not of the log were not checked, and the reader has to know.
fn strays(reader: &ExportReader, size: u64) -> Vec<String> {
    let known = |path: &str| {
        let is_of = |tile: Tile, count: u64| {
            let width = u64::from(TILE_WIDTH);
            let full = tile.width == TILE_WIDTH && tile.index < count / width;
            let last = tile.index == count / width && u64::from(tile.width) == count % width;
            full || last
        };
        path == CHECKPOINT
            || Tile::parse_entries(path).is_ok_and(|tile| is_of(tile, size))
            || Tile::parse(path).is_ok_and(|tile| {
                tile.level < 8 && is_of(tile, size >> (8 * u32::from(tile.level)))
            })
    };
    match reader.strays(&known, STRAY_FILES_MAX) {
        Ok(paths) => paths
            .iter()
            .map(|path| {
                format!(
                    "The file {} is not part of the log and was not checked.",
                    quote(path)
                )
            })
            .collect(),
        Err(_) => vec![
            "The folder could not be searched for files that are not part of the log.".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_leaves_the_answer_open() {
        let verdict = audit_export(Path::new("/nonexistent/export"), b"", &mut |_| {});
        assert_eq!(verdict.exit_code(), 2);
        assert_eq!(verdict.failed().unwrap().name, "format");
    }
}
