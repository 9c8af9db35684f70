//! The judge of a whole log: from the store alone, by the plainest algorithm, trusting nothing.

use std::collections::HashSet;

use witnessmark_keychain::Keychain;
use witnessmark_merkle::{ConsistencyPlan, NodeId};
use witnessmark_verifier::{
    Entry, EntryKind, Hash, LeafHash, LeafIndex, TreeHead, VerifierKey, empty_root, node_hash,
};

use crate::checkpoint::SignedCheckpoint;
use crate::error::LogError;
use crate::store::Store;

/// Checks the log in `store` from its first entry on: hashes every entry and every node again and
/// compares what is stored, compares root and signature of the checkpoint, finds each record by its
/// id, and admits every charter, key event and record again, signatures included.
///
/// # Errors
///
/// [`LogError::Corrupt`] with the first thing that is wrong; [`LogError::Empty`] if there is no log;
/// or the store cannot be read.
pub fn check_log(store: &impl Store, vkey: &VerifierKey) -> Result<TreeHead, LogError> {
    let latest = store
        .latest()
        .map_err(LogError::of_read)?
        .ok_or(LogError::Empty)?;
    latest
        .checkpoint
        .verify(vkey)
        .map_err(|error| corrupt("the checkpoint", &error))?;
    let head = *latest.checkpoint.head();
    let entries = store
        .entries(0..head.size.get())
        .map_err(LogError::of_read)?;
    let leaves: Vec<Hash> = entries
        .iter()
        .map(|entry| LeafHash::of(entry).hash())
        .collect();
    check_nodes(store, &leaves)?;
    if u64::try_from(leaves.len()) != Ok(head.size.get()) || root(&leaves) != head.root {
        return Err(corrupt("the checkpoint", &"the entries have another root"));
    }
    let mut admission = Admission::default();
    for (index, bytes) in (0_u64..).zip(&entries) {
        let entry =
            Entry::parse(bytes).map_err(|error| corrupt(&format!("entry {index}"), &error))?;
        admission.admit(index, &entry)?;
        let found = store
            .index_of(&entry.record_id())
            .map_err(LogError::of_read)?;
        if found != Some(LeafIndex::new(index)) {
            return Err(corrupt(
                &format!("entry {index}"),
                &"its record id does not lead to it",
            ));
        }
    }
    if admission.keychain.charter().map(|charter| &charter.origin)
        != Some(latest.checkpoint.origin())
    {
        return Err(corrupt("the charter", &"it is of another log"));
    }
    Ok(head)
}

/// [`check_log`], and that each checkpoint `seen` before is signed and is a beginning of the log.
///
/// # Errors
///
/// As [`check_log`].
pub fn check_history(
    store: &impl Store,
    vkey: &VerifierKey,
    seen: &[SignedCheckpoint],
) -> Result<TreeHead, LogError> {
    let head = check_log(store, vkey)?;
    for checkpoint in seen {
        let old = checkpoint.head();
        let name = format!("the checkpoint of size {}", old.size);
        checkpoint
            .verify(vkey)
            .map_err(|error| corrupt(&name, &error))?;
        let plan = ConsistencyPlan::new(old.size.get(), head.size.get())
            .map_err(|error| corrupt(&name, &error))?;
        let hashes = store.nodes(plan.nodes()).map_err(LogError::of_read)?;
        let proof = plan
            .assemble(&hashes)
            .map_err(|error| corrupt(&name, &error))?;
        proof
            .verify(old, &head)
            .map_err(|error| corrupt(&name, &error))?;
    }
    Ok(head)
}

/// Compares every stored node, level by level, with the hash of the two below it.
fn check_nodes(store: &impl Store, leaves: &[Hash]) -> Result<(), LogError> {
    let mut hashes = leaves.to_vec();
    let mut level = 0;
    while !hashes.is_empty() {
        let ids: Vec<NodeId> = (0_u64..)
            .take(hashes.len())
            .map(|index| NodeId { level, index })
            .collect();
        let stored = store.nodes(&ids).map_err(LogError::of_read)?;
        if stored != hashes {
            let place = stored
                .iter()
                .zip(&hashes)
                .position(|(stored, hash)| stored != hash);
            let node = format!("node {} of level {level}", place.unwrap_or(stored.len()));
            return Err(corrupt(&node, &"it is not the hash of what it covers"));
        }
        hashes = hashes
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                _ => None,
            })
            .collect();
        level += 1;
    }
    Ok(())
}

/// The root by the definition of RFC 6962 section 2.1.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

/// What the entries so far say about the next one.
#[derive(Default)]
struct Admission {
    keychain: Keychain,
    registered_at: u64,
    records: HashSet<[u8; 32]>,
}

impl Admission {
    fn admit(&mut self, index: u64, entry: &Entry) -> Result<(), LogError> {
        let name = format!("entry {index}");
        if entry.registered_at < self.registered_at {
            return Err(corrupt(&name, &"it is registered before the one before it"));
        }
        self.registered_at = entry.registered_at;
        if !self.records.insert(*entry.record_id().as_bytes()) {
            return Err(corrupt(&name, &"its record is in the log twice"));
        }
        if entry.kind == EntryKind::Record {
            let chain = entry
                .org
                .as_ref()
                .and_then(|org| self.keychain.organisation(org));
            let chain = chain.ok_or_else(|| corrupt(&name, &"its organisation is unknown"))?;
            chain
                .check_record_entry(entry)
                .map_err(|error| corrupt(&name, &error))?;
        }
        self.keychain
            .replay(index, entry)
            .map_err(|error| corrupt(&name, &error))
    }
}

fn corrupt(what: &str, error: &dyn std::fmt::Display) -> LogError {
    LogError::Corrupt(format!("{what}: {error}"))
}
