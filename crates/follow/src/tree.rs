//! The tree of a signed head, read tile by tile: no hash is handed out that does not lead up to the root.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use witnessmark_merkle::{ConsistencyPlan, NodeId, RootPlan};
use witnessmark_tlog::{TILE_WIDTH, Tile, parse_entry_bundle};
use witnessmark_verifier::{ConsistencyProof, Hash, LeafHash, TreeHead, empty_root, node_hash};

use crate::fetch::{FetchError, Fetcher};

/// The bytes of a full tile.
const TILE_BYTES_MAX: usize = 256 * 32;

/// The largest bundle of entries: 256 entries of 65,535 bytes, each with its length.
const ENTRIES_BYTES_MAX: usize = 256 * (65_535 + 2);

/// Leaves below a full tile are 2 to the power of this, for each level.
const TILE_HEIGHT: u8 = 8;

/// Where the files of a log are.
#[derive(Clone, Debug)]
pub enum Source {
    /// With a server.
    Http(Fetcher),
    /// In a folder.
    Folder(PathBuf),
}

/// Why a part of the tree cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// No answer that can be used.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The file is not there. A log that has grown may have removed a partial tile.
    #[error("{0}: the file is missing, and the checkpoint speaks of it")]
    Missing(String),
    /// The file is not what was signed.
    #[error("{path}: {why}")]
    NotSigned {
        /// Which file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// No node or proof was asked for that the tree has.
    #[error("the tree has no such part")]
    NoSuchPart,
}

impl Source {
    /// The bytes at `path`, at most `max`; `None` when there is no such file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is longer.
    pub async fn get(&self, path: &str, max: usize) -> Result<Option<Vec<u8>>, FetchError> {
        match self {
            Self::Http(fetcher) => fetcher.get(path, max).await,
            Self::Folder(dir) => read_file(dir, path, max),
        }
    }

    fn name(&self, path: &str) -> String {
        match self {
            Self::Http(fetcher) => format!("{}{path}", fetcher.address().as_str()),
            Self::Folder(dir) => dir.join(path).display().to_string(),
        }
    }
}

fn read_file(dir: &Path, path: &str, max: usize) -> Result<Option<Vec<u8>>, FetchError> {
    let place = dir.join(path);
    let url = place.display().to_string();
    let failed = |error: std::io::Error| FetchError::Unreachable {
        url: url.clone(),
        why: error.to_string(),
    };
    let file = match File::open(&place) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > max {
        return Err(FetchError::TooLong { url, max });
    }
    Ok(Some(bytes))
}

/// The tree of one signed head. Invariant: every hash in it leads up to the root of that head.
#[derive(Debug)]
pub struct Tree {
    source: Source,
    head: TreeHead,
    /// The tile of each level that is not full, the lowest first; empty where all are full.
    edge: Vec<Vec<Hash>>,
    /// Full tiles above the lowest level, which others are checked against: one for 65,536 leaves.
    above: BTreeMap<(u8, u64), Vec<Hash>>,
    /// Where files may be that an earlier pass has fetched.
    left: Option<PathBuf>,
}

impl Tree {
    /// The tree of `head`, from the tiles on its right edge, which must make its root.
    ///
    /// # Errors
    ///
    /// A tile cannot be had, or they make another root.
    pub async fn open(source: Source, head: TreeHead) -> Result<Self, TreeError> {
        let mut tree = Self {
            source,
            head,
            edge: Vec::new(),
            above: BTreeMap::new(),
            left: None,
        };
        for level in 0_u8.. {
            let Some((index, width)) = on_level(head.size.get(), level) else {
                break;
            };
            let tile = Tile {
                level,
                index,
                width,
            };
            let hashes = match width {
                0 => Vec::new(),
                _ => tree.edge_tile(tile).await?,
            };
            tree.edge.push(hashes);
        }
        if root_of_edge(&tree.edge) != head.root {
            let path = tree.source.name("tile");
            let why = format!(
                "the tiles on the right edge do not make the root that was signed for {} entries",
                head.size
            );
            return Err(TreeError::NotSigned { path, why });
        }
        Ok(tree)
    }

    /// Takes full tiles and bundles from this folder where they are there already and are what was signed. What is not is removed,
    /// so nothing that a checkpoint in the folder speaks of may be asked for.
    pub(crate) fn look_first_in(&mut self, dir: &Path) {
        self.left = Some(dir.to_owned());
    }

    /// Size and root.
    pub const fn head(&self) -> &TreeHead {
        &self.head
    }

    /// The root over the first `size` leaves.
    ///
    /// # Errors
    ///
    /// A tile cannot be had or is not what was signed, or the tree has fewer leaves.
    pub async fn root_at(&mut self, size: u64) -> Result<Hash, TreeError> {
        if size > self.head.size.get() {
            return Err(TreeError::NoSuchPart);
        }
        if size == 0 {
            return Ok(empty_root());
        }
        let plan = RootPlan::new(size);
        let hashes = self.nodes(plan.nodes()).await?;
        plan.assemble(&hashes).map_err(|_| TreeError::NoSuchPart)
    }

    /// The proof that the first `size` leaves are the beginning of this tree.
    ///
    /// # Errors
    ///
    /// A tile cannot be had or is not what was signed, or the tree has fewer leaves.
    pub async fn consistency_from(&mut self, size: u64) -> Result<ConsistencyProof, TreeError> {
        let plan = ConsistencyPlan::new(size, self.head.size.get());
        let plan = plan.map_err(|_| TreeError::NoSuchPart)?;
        let hashes = self.nodes(plan.nodes()).await?;
        plan.assemble(&hashes).map_err(|_| TreeError::NoSuchPart)
    }

    async fn nodes(&mut self, nodes: &[NodeId]) -> Result<Vec<Hash>, TreeError> {
        let mut hashes = Vec::new();
        for node in nodes {
            hashes.push(self.node(*node).await?);
        }
        Ok(hashes)
    }

    /// A perfect subtree is a run of hashes in one tile.
    async fn node(&mut self, node: NodeId) -> Result<Hash, TreeError> {
        let height = node.level % TILE_HEIGHT;
        let start = node.index.checked_shl(u32::from(height));
        let start = start.ok_or(TreeError::NoSuchPart)?;
        let width = u64::from(TILE_WIDTH);
        let hashes = self.tile(node.level / TILE_HEIGHT, start / width).await?;
        let from = usize::try_from(start % width).unwrap_or(usize::MAX);
        let run = hashes.get(from..from.saturating_add(1 << height));
        Ok(root_of(run.ok_or(TreeError::NoSuchPart)?.to_vec()))
    }

    /// The hashes of a tile.
    ///
    /// # Errors
    ///
    /// It cannot be had, or is not what was signed, or the tree does not reach so far.
    pub async fn tile(&mut self, level: u8, index: u64) -> Result<Vec<Hash>, TreeError> {
        if let Some(known) = self.known(level, index) {
            return Ok(known.to_vec());
        }
        // Up to a tile that is known, and down again, each against its parent.
        let mut way = vec![(level, index)];
        let (mut up, mut place) = (level, index);
        loop {
            (up, place) = (up.saturating_add(1), place / u64::from(TILE_WIDTH));
            if self.known(up, place).is_some() {
                break;
            }
            if usize::from(up) >= self.edge.len() {
                return Err(TreeError::NoSuchPart);
            }
            way.push((up, place));
        }
        let mut hashes = Vec::new();
        for (level, index) in way.into_iter().rev() {
            let in_parent = usize::try_from(index % u64::from(TILE_WIDTH)).unwrap_or(usize::MAX);
            let parent = self.known(level.saturating_add(1), index / u64::from(TILE_WIDTH));
            let expected = parent.and_then(|it| it.get(in_parent)).copied();
            let expected = expected.ok_or(TreeError::NoSuchPart)?;
            hashes = self.full_tile(level, index, expected).await?;
            if level > 0 {
                self.above.insert((level, index), hashes.clone());
            }
        }
        Ok(hashes)
    }

    fn known(&self, level: u8, index: u64) -> Option<&[Hash]> {
        if let Some(hashes) = self.above.get(&(level, index)) {
            return Some(hashes);
        }
        let (edge, width) = on_level(self.head.size.get(), level)?;
        let hashes = self.edge.get(usize::from(level))?;
        (edge == index && width > 0).then_some(hashes)
    }

    async fn full_tile(
        &self,
        level: u8,
        index: u64,
        expected: Hash,
    ) -> Result<Vec<Hash>, TreeError> {
        let tile = Tile {
            level,
            index,
            width: TILE_WIDTH,
        };
        let path = tile.path();
        let good = |bytes: &[u8]| {
            let hashes = hashes_of(bytes, TILE_WIDTH)?;
            (root_of(hashes.clone()) == expected).then_some(hashes)
        };
        if let Some(hashes) = self.left_over(&path, TILE_BYTES_MAX, good) {
            return Ok(hashes);
        }
        let bytes = self.source.get(&path, TILE_BYTES_MAX).await?;
        let bytes = bytes.ok_or_else(|| TreeError::Missing(self.source.name(&path)))?;
        good(&bytes).ok_or_else(|| {
            let why = "the tile does not hash to what its parent in the signed tree says";
            self.not_signed(&path, why)
        })
    }

    /// A partial tile, or the beginning of the full one where that is there instead. Its hashes are not checked.
    async fn edge_tile(&self, tile: Tile) -> Result<Vec<Hash>, TreeError> {
        let path = tile.path();
        if let Some(bytes) = self.source.get(&path, TILE_BYTES_MAX).await? {
            let hashes = hashes_of(&bytes, tile.width);
            let why = "the tile has not the length that its name says";
            return hashes.ok_or_else(|| self.not_signed(&path, why));
        }
        let full = full_of(tile).path();
        let bytes = self.source.get(&full, TILE_BYTES_MAX).await?;
        let bytes = bytes.ok_or_else(|| TreeError::Missing(self.source.name(&path)))?;
        let hashes = hashes_of(&bytes, TILE_WIDTH);
        let why = "the tile has not the length of a full one";
        let mut hashes = hashes.ok_or_else(|| self.not_signed(&full, why))?;
        hashes.truncate(usize::from(tile.width));
        Ok(hashes)
    }

    /// The entries under a tile of the lowest level, each of which hashes to its leaf.
    ///
    /// # Errors
    ///
    /// They cannot be had, or are not what was signed, or the tree does not reach so far.
    pub async fn entries(&mut self, index: u64) -> Result<Vec<Vec<u8>>, TreeError> {
        let leaves = self.tile(0, index).await?;
        let width = u16::try_from(leaves.len()).map_err(|_| TreeError::NoSuchPart)?;
        let tile = Tile {
            level: 0,
            index,
            width,
        };
        let path = tile.entries_path();
        let good = |bytes: &[u8]| check_entries(bytes, &leaves, index).ok();
        if let Some(entries) = self.left_over(&path, ENTRIES_BYTES_MAX, good) {
            return Ok(entries);
        }
        let (path, bytes) = match self.source.get(&path, ENTRIES_BYTES_MAX).await? {
            Some(bytes) => (path, bytes),
            None if width < TILE_WIDTH => {
                let full = full_of(tile).entries_path();
                let bytes = self.source.get(&full, ENTRIES_BYTES_MAX).await?;
                let bytes = bytes.ok_or_else(|| TreeError::Missing(self.source.name(&path)))?;
                let first = first_entries(&bytes, width);
                let first = first.ok_or_else(|| {
                    self.not_signed(&full, "the bundle has not as many entries as a full one")
                })?;
                (full, first)
            }
            None => return Err(TreeError::Missing(self.source.name(&path))),
        };
        check_entries(&bytes, &leaves, index).map_err(|why| self.not_signed(&path, &why))
    }

    /// What an earlier pass has left, if it is good. If not, it stands in the way of what is.
    fn left_over<T>(
        &self,
        path: &str,
        max: usize,
        good: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let dir = self.left.as_deref()?;
        let bytes = read_file(dir, path, max).ok()??;
        let found = good(&bytes);
        if found.is_none() {
            // If it stays, the file that is to be written there is refused, and says so.
            fs::remove_file(dir.join(path)).unwrap_or_default();
        }
        found
    }

    fn not_signed(&self, path: &str, why: &str) -> TreeError {
        TreeError::NotSigned {
            path: self.source.name(path),
            why: why.to_owned(),
        }
    }
}

const fn full_of(tile: Tile) -> Tile {
    Tile {
        width: TILE_WIDTH,
        ..tile
    }
}

/// How many tiles of a level are full in a tree of `size` leaves, and how many hashes are in the next; nothing when the tree is
/// not that high.
fn on_level(size: u64, level: u8) -> Option<(u64, u16)> {
    let shift = u32::from(level).checked_mul(u32::from(TILE_HEIGHT))?;
    let count = size.checked_shr(shift).filter(|count| *count > 0)?;
    let width = u64::from(TILE_WIDTH);
    Some((count / width, u16::try_from(count % width).ok()?))
}

fn hashes_of(bytes: &[u8], width: u16) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let is_whole = rest.is_empty() && hashes.len() == usize::from(width);
    is_whole.then(|| hashes.iter().map(|hash| Hash::new(*hash)).collect())
}

/// The root over nodes of one level: pairs are joined, and an odd last one moves up as it is (RFC 6962, section 2.1).
fn root_of(mut hashes: Vec<Hash>) -> Hash {
    while hashes.len() > 1 {
        let pairs = hashes.chunks(2);
        let joined = pairs.filter_map(|pair| match pair {
            [left, right] => Some(node_hash(left, right)),
            other => other.first().copied(),
        });
        hashes = joined.collect();
    }
    hashes.first().copied().unwrap_or_else(empty_root)
}

/// What a level has unfinished is the last, incomplete node of the level above.
fn root_of_edge(edge: &[Vec<Hash>]) -> Hash {
    let mut below = None;
    for level in edge {
        let hashes: Vec<Hash> = level.iter().copied().chain(below).collect();
        if !hashes.is_empty() {
            below = Some(root_of(hashes));
        }
    }
    below.unwrap_or_else(empty_root)
}

fn check_entries(bytes: &[u8], leaves: &[Hash], index: u64) -> Result<Vec<Vec<u8>>, String> {
    let entries = parse_entry_bundle(bytes).map_err(|error| error.to_string())?;
    if entries.len() != leaves.len() {
        let (has, must) = (entries.len(), leaves.len());
        return Err(format!("the bundle has {has} entries in place of {must}"));
    }
    let first = index.saturating_mul(u64::from(TILE_WIDTH));
    for (place, (entry, leaf)) in (first..).zip(entries.iter().zip(leaves)) {
        if LeafHash::of(entry).hash() != *leaf {
            return Err(format!("entry {place} is not the one in the signed tree"));
        }
    }
    Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
}

/// The bytes of the first entries of a full bundle; nothing when it is not one.
fn first_entries(bytes: &[u8], width: u16) -> Option<Vec<u8>> {
    let entries = parse_entry_bundle(bytes).ok()?;
    let first = entries.get(..usize::from(width))?;
    let is_full = entries.len() == usize::from(TILE_WIDTH);
    let length = first
        .iter()
        .map(|entry| entry.len().saturating_add(2))
        .sum();
    bytes.get(..length).filter(|_| is_full).map(<[u8]>::to_vec)
}
