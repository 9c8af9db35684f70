//! The audit of an export: the entries through the auditor, and every file against what they make it.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use witnessmark_tlog::{TILE_WIDTH, Tile, parse_entry_bundle};
use witnessmark_verifier::Hash;

use crate::escape::quote;
use crate::export::{CHECKPOINT, ENTRIES_BYTES_MAX, ExportReader};
use crate::limits::{PROBLEMS_MAX, STRAY_FILES_MAX};
use crate::tiles::{entry_tiles, tile_bytes};
use crate::verdict::{Checklist, Failure, Stopped, Subject, Verdict};

use super::history::History;
use super::prepare::Prepared;
use super::resume::Resume;
use super::workers::on_all_cores;
use super::{Running, WINDOW_BYTES, WINDOW_TILES, broke_off};

/// The largest signed note, so that a longer file is not read whole.
const CHECKPOINT_BYTES_MAX: usize = 1_000_000;

/// The bytes of a full tile.
const TILE_BYTES_MAX: usize = 256 * 32;

/// What an audit of an export looks at besides the export and the policy.
#[derive(Clone, Debug, Default)]
pub struct AuditOptions {
    /// Checkpoints that the auditor kept from before: files, and folders of files.
    pub since: Vec<PathBuf>,
    /// Where the audit writes what it has reached, and goes on from when it is there. It is believed, so it must be the
    /// auditor's own.
    pub state: Option<PathBuf>,
    /// Lists in the contents what was found of each record. Not together with a state.
    pub details: bool,
}

/// Judges the export in the folder `dir`. `progress` is told how many entries were read.
pub fn audit_export(dir: &Path, policy: &[u8], progress: &mut dyn FnMut(u64)) -> Verdict {
    let options = AuditOptions::default();
    audit_export_with(dir, policy, &options, &mut |read| {
        progress(read);
        ControlFlow::Continue(())
    })
}

/// Judges the export in the folder `dir` as [`audit_export`] does, with these options. `progress` can end the audit, which
/// then cannot tell; its state is kept.
pub fn audit_export_with(
    dir: &Path,
    policy: &[u8],
    options: &AuditOptions,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Verdict {
    let mut list = Checklist::new(Subject::Export);
    let reader = ExportReader::new(dir);
    let Ok(checkpoint) = list.record("format", read_checkpoint(&reader, dir)) else {
        return list.into_verdict();
    };
    let history = |size| History::in_folder(reader.clone(), size);
    let Some(mut running) = Running::begin(&mut list, policy, &checkpoint, history) else {
        return list.into_verdict();
    };
    if options.details {
        running.replay.keep_details();
    }
    let mut resume = Resume::new(options.state.as_deref(), policy);
    if let Err(failure) = resume.load(&mut running, &reader) {
        return match list.record::<()>("kept", Err(failure)) {
            Ok(()) | Err(Stopped) => list.into_verdict(),
        };
    }
    running.keep(&options.since);
    let mut tiles = Tiles::default();
    read_entries(&mut running, &reader, &mut tiles, &mut resume, progress);
    if running.cut.is_none() {
        compare_rest(&running, &reader, &mut tiles);
    }
    tiles.report(&mut running);
    if running.is_good() {
        resume.save(&mut running);
    }
    let size = running.checkpoint.head().size.get();
    running.finish(&mut list);
    list.facts().remarks.extend(strays(&reader, size));
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
    running: &mut Running,
    reader: &ExportReader,
    tiles: &mut Tiles,
    resume: &mut Resume<'_>,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) {
    let start = running.tiler.size();
    let size = running.checkpoint.head().size.get();
    let mut rest = entry_tiles(start, size).peekable();
    while running.cut.is_none() && rest.peek().is_some() {
        let mut window = Vec::new();
        let mut bytes = 0_u64;
        while window.len() < WINDOW_TILES && bytes < WINDOW_BYTES {
            let Some(tile) = rest.next() else {
                break;
            };
            bytes = bytes.saturating_add(reader.length(&tile.entries_path()));
            window.push(tile);
        }
        let read = on_all_cores(&window, 1, |tile| read_tile(reader, *tile, start));
        let mut faults = Vec::new();
        let edge = running.tiler.edge().next().map(<[Hash]>::to_vec);
        let prepared = read.into_iter().map(|read| {
            let (prepared, fault) = read.ok_or_else(broke_off)??;
            faults.extend(fault);
            Ok(prepared)
        });
        let prepared: Vec<_> = prepared.collect();
        if let Some(Ok(first)) = prepared.first()
            && let Some(at) = differs_before(&first.before, edge.as_deref().unwrap_or_default())
        {
            let index = (start / u64::from(TILE_WIDTH)) * u64::from(TILE_WIDTH) + at;
            let what = "it is not the entry that the earlier audit has read";
            running
                .problems
                .note("kept", Some(index), None, what.to_owned());
        }
        running.take(prepared.into_iter(), &mut |tile, hashes| {
            // Those of leaves were compared as they were read.
            if tile.level > 0 {
                tiles.compare(reader, tile, hashes);
            }
        });
        for fault in faults {
            tiles.add(fault);
        }
        let is_stopped = progress(running.tiler.size()).is_break();
        if tiles.is_good() {
            resume.save_now_and_then(running, is_stopped);
        }
        if is_stopped && rest.peek().is_some() {
            let what = format!(
                "the audit was stopped after {} entries",
                running.tiler.size()
            );
            running
                .cut
                .get_or_insert_with(|| Failure::cannot_tell(what));
        }
    }
}

/// The place of the first leaf that is not as it was, when an audit goes on inside a tile.
fn differs_before(before: &[Hash], edge: &[Hash]) -> Option<u64> {
    let at = before.iter().zip(edge).position(|(a, b)| a != b)?;
    u64::try_from(at).ok()
}

/// Reads and prepares the entries under a tile from entry `from` on, and compares the tile when it is full.
fn read_tile(
    reader: &ExportReader,
    tile: Tile,
    from: u64,
) -> Result<(Prepared, Option<Fault>), Failure> {
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
    let start = tile.index.saturating_mul(u64::from(TILE_WIDTH));
    let skip = usize::try_from(from.saturating_sub(start)).unwrap_or(usize::MAX);
    let prepared = Prepared::new(start, skip, &entries);
    let fault = (tile.width == TILE_WIDTH)
        .then(|| {
            let leaves = [prepared.before.as_slice(), &prepared.leaves].concat();
            compare(reader, tile, &leaves)
        })
        .flatten();
    Ok((prepared, fault))
}

fn compare_rest(running: &Running, reader: &ExportReader, tiles: &mut Tiles) {
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
    /// The first ones.
    faults: Vec<Fault>,
    /// How many more there are.
    more: u64,
}

#[derive(Debug)]
struct Fault {
    path: String,
    /// The first entry whose leaf hash differs.
    index: Option<u64>,
    what: String,
}

/// What is wrong with the file of a tile, if anything.
fn compare(reader: &ExportReader, tile: Tile, hashes: &[Hash]) -> Option<Fault> {
    let path = tile.path();
    let expected = tile_bytes(hashes);
    let (index, what) = match reader.read(&path, TILE_BYTES_MAX) {
        Ok(Some(bytes)) if bytes == expected => return None,
        Ok(Some(bytes)) if bytes.len() != expected.len() => (
            None,
            format!("it has {} bytes instead of {}", bytes.len(), expected.len()),
        ),
        Ok(Some(bytes)) => differing(tile, &bytes, &expected),
        Ok(None) => (None, "incomplete: the file is missing".to_owned()),
        Err(error) => (None, error.to_string()),
    };
    Some(Fault { path, index, what })
}

impl Tiles {
    fn compare(&mut self, reader: &ExportReader, tile: Tile, hashes: &[Hash]) {
        if let Some(fault) = compare(reader, tile, hashes) {
            self.add(fault);
        }
    }

    fn add(&mut self, fault: Fault) {
        if self.faults.len() < PROBLEMS_MAX {
            self.faults.push(fault);
        } else {
            self.more += 1;
        }
    }

    const fn is_good(&self) -> bool {
        self.faults.is_empty()
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
        if self.more > 0 {
            let what = format!("{} more tiles differ", self.more);
            running.problems.note("tiles", None, None, what);
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
