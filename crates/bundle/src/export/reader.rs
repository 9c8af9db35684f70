//! The files of an export, read: none outside its folder, and none longer than it may be.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use witnessmark_tlog::{TILE_WIDTH, Tile};
use witnessmark_verifier::Hash;

use crate::tiles::tile_hashes;

/// Reads the files of an export. Only regular files inside the folder are read.
#[derive(Clone, Debug)]
pub(crate) struct ExportReader {
    dir: PathBuf,
}

impl ExportReader {
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The bytes of a file, `None` when there is no such file. Never more than `max` and one byte.
    pub(crate) fn read(&self, path: &str, max: usize) -> io::Result<Option<Vec<u8>>> {
        let place = self.dir.join(path);
        self.check_folders(path)?;
        match fs::symlink_metadata(&place) {
            Ok(meta) if meta.is_file() => {}
            Ok(_) => return Err(invalid("not a regular file")),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let max = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        File::open(place)?.take(max).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// The length of a file; 0 when it cannot be told.
    pub(crate) fn length(&self, path: &str) -> u64 {
        fs::symlink_metadata(self.dir.join(path)).map_or(0, |meta| meta.len())
    }

    /// The hashes of a tile on the right edge of some tree, from a folder with `size` entries, where it may hold more. The error
    /// names the file.
    pub(crate) fn edge_tile(&self, tile: Tile, size: u64) -> Result<Vec<Hash>, (String, String)> {
        let width = u64::from(TILE_WIDTH);
        let there = size.checked_shr(8 * u32::from(tile.level)).unwrap_or(0);
        let there = there.saturating_sub(tile.index.saturating_mul(width));
        let there = Tile {
            width: u16::try_from(there.min(width)).unwrap_or(TILE_WIDTH),
            ..tile
        };
        let path = there.path();
        let hashes = match self.read(&path, usize::from(TILE_WIDTH) * 32) {
            Ok(Some(bytes)) => tile_hashes(&bytes),
            Ok(None) => return Err((path, "incomplete: the file is missing".to_owned())),
            Err(error) => return Err((path, error.to_string())),
        };
        let hashes = hashes.filter(|it| it.len() == usize::from(there.width));
        let edge = hashes
            .as_deref()
            .and_then(|it| it.get(..usize::from(tile.width)));
        match edge {
            Some(edge) => Ok(edge.to_vec()),
            None => Err((path, "it is not of the length that it must have".to_owned())),
        }
    }

    /// A link in the place of a folder would lead out of the export.
    fn check_folders(&self, path: &str) -> io::Result<()> {
        let mut place = self.dir.clone();
        for folder in Path::new(path).parent().into_iter().flatten() {
            place.push(folder);
            // What is not there is found out when the file is looked for.
            if fs::symlink_metadata(&place).is_ok_and(|meta| meta.is_symlink()) {
                return Err(invalid("a link in the place of its folder"));
            }
        }
        Ok(())
    }

    /// Files of the folder that are not in `known`, as paths inside it; no more than `max`.
    pub(crate) fn strays(
        &self,
        known: &dyn Fn(&str) -> bool,
        max: usize,
    ) -> io::Result<Vec<String>> {
        let mut strays = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for item in fs::read_dir(self.dir.join(&folder))? {
                let item = item?;
                let name = item.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                if item.file_type()?.is_dir() {
                    folders.push(path);
                } else if !known(&path) {
                    strays.push(path);
                    if strays.len() >= max {
                        return Ok(strays);
                    }
                }
            }
        }
        strays.sort();
        Ok(strays)
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, what)
}
