//! Tiles of C2SP tlog-tiles: the names of the files a log publishes, and bundles of entries.

use std::fmt;

use witnessmark_verifier::decimal;

/// How many hashes or entries a full tile has.
pub const TILE_WIDTH: u16 = 256;

const LEVEL_MAX: u8 = 63;

/// Why a path or a file is not one of a tiled log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TileError {
    /// The path does not name a tile, or not in its one spelling.
    Path,
    /// A bundle ends inside an entry.
    Cut,
    /// A bundle has more than 256 entries.
    TooManyEntries,
    /// An entry is longer than 65,535 bytes.
    EntryTooLong,
}

impl fmt::Display for TileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "the path does not name a tile",
            Self::Cut => "the entry bundle ends inside an entry",
            Self::TooManyEntries => "the entry bundle has more than 256 entries",
            Self::EntryTooLong => "an entry is longer than 65,535 bytes",
        })
    }
}

impl std::error::Error for TileError {}

/// The place of a tile, or of a bundle of entries (level 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// 0 for leaf hashes; each level above holds the roots of full tiles below. At most 63.
    pub level: u8,
    /// The place of the tile on its level, from 0.
    pub index: u64,
    /// How many hashes it has: 1 to 256; a partial tile has fewer than 256.
    pub width: u16,
}

impl Tile {
    /// The tile of hashes that `path` names, such as `tile/0/x001/x234/067.p/5`.
    ///
    /// # Errors
    ///
    /// When `path` is not what [`Tile::path`] gives for some tile.
    pub fn parse(path: &str) -> Result<Self, TileError> {
        let rest = path.strip_prefix("tile/").ok_or(TileError::Path)?;
        let (level, place) = rest.split_once('/').ok_or(TileError::Path)?;
        let level = decimal::parse(level).and_then(|level| u8::try_from(level).ok());
        let level = level
            .filter(|level| *level <= LEVEL_MAX)
            .ok_or(TileError::Path)?;
        let (index, width) = parse_place(place).ok_or(TileError::Path)?;
        let tile = Self {
            level,
            index,
            width,
        };
        if tile.path() == path {
            Ok(tile)
        } else {
            Err(TileError::Path)
        }
    }

    /// The bundle of entries that `path` names, such as `tile/entries/000.p/7`. Its level is 0.
    ///
    /// # Errors
    ///
    /// When `path` is not what [`Tile::entries_path`] gives for some bundle.
    pub fn parse_entries(path: &str) -> Result<Self, TileError> {
        let place = path.strip_prefix("tile/entries/").ok_or(TileError::Path)?;
        let (index, width) = parse_place(place).ok_or(TileError::Path)?;
        let tile = Self {
            level: 0,
            index,
            width,
        };
        if tile.entries_path() == path {
            Ok(tile)
        } else {
            Err(TileError::Path)
        }
    }

    /// Where the tile of hashes is.
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, self.place())
    }

    /// Where the bundle with the entries under this tile of level 0 is.
    pub fn entries_path(&self) -> String {
        format!("tile/entries/{}", self.place())
    }

    /// Groups of three digits, an `x` before all but the last, so that no folder has a file's name.
    fn place(&self) -> String {
        let last = format!("{:03}", self.index % 1000);
        let mut above = self.index / 1000;
        let mut place = last;
        while above > 0 {
            place = format!("x{:03}/{place}", above % 1000);
            above /= 1000;
        }
        if self.width < TILE_WIDTH {
            place = format!("{place}.p/{}", self.width);
        }
        place
    }
}

/// Index and width of a place. Lenient: the caller compares with the one spelling.
fn parse_place(place: &str) -> Option<(u64, u16)> {
    let (groups, width) = match place.split_once(".p/") {
        Some((groups, width)) => (groups, u16::try_from(decimal::parse(width)?).ok()?),
        None => (place, TILE_WIDTH),
    };
    if width == 0 || width > TILE_WIDTH {
        return None;
    }
    let digits: String = groups.chars().filter(char::is_ascii_digit).collect();
    Some((digits.parse().ok()?, width))
}

/// The entries of a bundle: each a length of two bytes and as many bytes.
///
/// # Errors
///
/// When the bytes end inside an entry, or there are more than 256 entries.
pub fn parse_entry_bundle(mut bytes: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        if entries.len() == usize::from(TILE_WIDTH) {
            return Err(TileError::TooManyEntries);
        }
        let (length, rest) = bytes.split_first_chunk().ok_or(TileError::Cut)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).ok_or(TileError::Cut)?;
        entries.push(entry);
        bytes = rest;
    }
    Ok(entries)
}

/// The bundle of these entries.
///
/// # Errors
///
/// When an entry is longer than 65,535 bytes, or there are more than 256.
pub fn encode_entry_bundle(entries: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, TileError> {
    if entries.len() > usize::from(TILE_WIDTH) {
        return Err(TileError::TooManyEntries);
    }
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong)?;
        bytes.extend(length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let paths = [
            (
                Tile {
                    level: 0,
                    index: 1_234_067,
                    width: 256,
                },
                "tile/0/x001/x234/067",
            ),
            (
                Tile {
                    level: 1,
                    index: 0,
                    width: 17,
                },
                "tile/1/000.p/17",
            ),
            (
                Tile {
                    level: 63,
                    index: 1000,
                    width: 255,
                },
                "tile/63/x001/000.p/255",
            ),
        ];
        for (tile, path) in paths {
            assert_eq!(tile.path(), path);
            assert_eq!(Tile::parse(path), Ok(tile));
        }
        let last = Tile {
            level: 0,
            index: u64::MAX,
            width: 256,
        };
        assert_eq!(Tile::parse(&last.path()), Ok(last));
        assert_eq!(
            last.entries_path(),
            "tile/entries/x018/x446/x744/x073/x709/x551/615"
        );
        assert_eq!(Tile::parse_entries(&last.entries_path()), Ok(last));
    }

    #[test]
    fn another_spelling_of_a_path_is_refused() {
        let paths = [
            "",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/x000/000",
            "tile/0/001/000",
            "tile/0/x001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/05",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/+1/000",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/00a",
            "tile/entries/000",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
        ];
        for path in paths {
            assert_eq!(Tile::parse(path), Err(TileError::Path), "{path}");
        }
        assert_eq!(Tile::parse_entries("tile/0/000"), Err(TileError::Path));
    }

    #[test]
    fn a_bundle_is_exactly_its_entries() {
        let entries: [&[u8]; 3] = [b"one", b"", b"three"];
        let bundle = encode_entry_bundle(&entries).unwrap();
        assert_eq!(bundle, b"\0\x03one\0\0\0\x05three");
        assert_eq!(parse_entry_bundle(&bundle).unwrap(), entries);
        for end in [1, 2, 4, 6, bundle.len() - 1] {
            assert_eq!(
                parse_entry_bundle(&bundle[..end]),
                Err(TileError::Cut),
                "{end}"
            );
        }
        assert_eq!(parse_entry_bundle(&[]).unwrap(), Vec::<&[u8]>::new());
    }

    #[test]
    fn a_bundle_has_its_limits() {
        assert!(parse_entry_bundle(&vec![0; 512]).is_ok());
        assert_eq!(
            parse_entry_bundle(&vec![0; 514]),
            Err(TileError::TooManyEntries)
        );
        assert_eq!(
            encode_entry_bundle(&[[0_u8; 0]; 257]),
            Err(TileError::TooManyEntries)
        );
        assert_eq!(
            encode_entry_bundle(&[vec![0; 65_536]]),
            Err(TileError::EntryTooLong)
        );
        assert!(encode_entry_bundle(&[vec![0; 65_535]]).is_ok());
    }
}
