//! What the first entries of an exported log are: from its leaf hashes, which have to make the checkpoint that lies beside them.

use std::collections::HashMap;
use std::path::Path;

use witnessmark_merkle::{ConsistencyPlan, Frontier, NodeId};
use witnessmark_tlog::{TILE_WIDTH, Tile};
use witnessmark_verifier::{
    Hash, LeafHash, Note, TrustPolicy, VerifiedCheckpoint, VerifierKey, empty_root,
};

use super::Beginning;
use crate::cli::files;
use crate::output::{Failure, Trouble};

/// The bytes of a hash in a tile.
const HASH_BYTES: usize = 32;

/// The bytes of a full tile.
const TILE_BYTES_MAX: u64 = 256 * 32;

/// The largest note.
const NOTE_BYTES_MAX: u64 = 1_000_000;

/// The root of the first `size` entries of the export, and the proof that they are the beginning of its tree; nothing when it has
/// fewer.
///
/// # Errors
///
/// A file is missing or damaged, or the key has not signed its checkpoint.
pub(super) fn beginning(
    folder: &Path,
    key: &VerifierKey,
    size: u64,
) -> Result<Option<Beginning>, Failure> {
    let checkpoint = checkpoint(folder, key)?;
    let head = *checkpoint.head();
    let Ok(plan) = ConsistencyPlan::new(size, head.size.get()) else {
        return Ok(None);
    };
    let mut nodes: HashMap<NodeId, Hash> = HashMap::new();
    let mut frontier = Frontier::new();
    let mut root = empty_root();
    for_each_leaf(folder, head.size.get(), &mut |leaf| {
        frontier.push(leaf, &mut |id, hash| {
            if plan.nodes().contains(&id) {
                nodes.insert(id, hash);
            }
        });
        if frontier.size() == size {
            root = frontier.root();
        }
    })?;
    let hashes = plan.nodes().iter().map(|id| nodes.get(id).copied());
    let hashes: Vec<Hash> = hashes.collect::<Option<_>>().unwrap_or_default();
    let consistency = match plan.assemble(&hashes) {
        Ok(proof) if frontier.root() == head.root => proof,
        _ => {
            let message = "the hashes in tile/0 do not make the tree of the checkpoint";
            return Err(broken(folder, &message));
        }
    };
    Ok(Some(Beginning {
        root,
        consistency,
        head,
        note: checkpoint.note().to_owned(),
    }))
}

fn broken(place: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::cannot_tell(
        Trouble::new("EXPORT", place.display(), error)
            .fix("take a whole export; witnessmark audit checks one"),
    )
}

fn checkpoint(folder: &Path, key: &VerifierKey) -> Result<VerifiedCheckpoint, Failure> {
    let path = folder.join("checkpoint");
    let bytes = files::read_bytes(&path, NOTE_BYTES_MAX)?;
    let text = str::from_utf8(&bytes).map_err(|error| broken(&path, &error))?;
    let note = Note::parse(text).map_err(|error| broken(&path, &error))?;
    let policy = TrustPolicy::try_new(vec![key.clone()], Vec::new(), None);
    let policy = policy.map_err(|error| broken(&path, &error))?;
    policy.verify(&note).map_err(|error| broken(&path, &error))
}

fn for_each_leaf(folder: &Path, size: u64, take: &mut dyn FnMut(LeafHash)) -> Result<(), Failure> {
    let width = u64::from(TILE_WIDTH);
    for index in 0..size.div_ceil(width) {
        let left = size.saturating_sub(index.saturating_mul(width));
        let tile = Tile {
            level: 0,
            index,
            width: u16::try_from(left).unwrap_or(TILE_WIDTH).min(TILE_WIDTH),
        };
        let path = folder.join(tile.path());
        let bytes = files::read_bytes(&path, TILE_BYTES_MAX)?;
        let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
        if !rest.is_empty() || hashes.len() != usize::from(tile.width) {
            let message = format!("the tile has not {} hashes", tile.width);
            return Err(broken(&path, &message));
        }
        for hash in hashes {
            take(LeafHash::new(Hash::new(*hash)));
        }
    }
    Ok(())
}
