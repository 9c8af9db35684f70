//! An audit that goes on from the state of an earlier one.

use std::path::Path;

use witnessmark_verifier::{Hash, sha256};

use crate::escape::quote;
use crate::export::ExportReader;
use crate::tiles::Tiler;
use crate::verdict::Failure;

use super::Running;
use super::state::{self, State};

/// Entries after which the state is written, at least. It is written when as many were read as an eighth of all before, so
/// that writing costs a small share of reading, however large the log is.
const ENTRIES_MIN: u64 = 32_768;

/// Where the state is, and how far it is.
#[derive(Debug)]
pub(super) struct Resume<'a> {
    path: Option<&'a Path>,
    policy_sha256: Hash,
    saved: u64,
}

impl<'a> Resume<'a> {
    pub(super) fn new(path: Option<&'a Path>, policy: &[u8]) -> Self {
        Self {
            path,
            policy_sha256: sha256(policy),
            saved: 0,
        }
    }

    /// Takes up the state, if there is one. It must be of this ledger and policy, and the log must begin with the tree that it
    /// has reached.
    pub(super) fn load(
        &mut self,
        running: &mut Running,
        reader: &ExportReader,
    ) -> Result<(), Failure> {
        let Some(path) = self.path else {
            return Ok(());
        };
        running.replay.keep_key_entries();
        let name = quote(&path.to_string_lossy());
        let refused = |why: &str| {
            Failure::cannot_tell(format!(
                "{name}, the state of an earlier audit: {why}; name another file, or remove it to begin anew"
            ))
        };
        let Some(state) = state::load(path).map_err(|why| refused(&why))? else {
            return Ok(());
        };
        let origin = state.replay.origin();
        if origin != running.checkpoint.origin() {
            let origin = quote(origin.as_str());
            return Err(refused(&format!("it is of another ledger, {origin}")));
        }
        if state.policy_sha256 != self.policy_sha256 {
            let policy = state.policy_sha256;
            return Err(refused(&format!(
                "it was made under another policy, SHA-256 {policy}"
            )));
        }
        let (reached, size) = (state.tiler.size(), running.checkpoint.head().size.get());
        if reached > size {
            return Err(Failure::not_verified(format!(
                "{name}: an earlier audit has read {reached} entries, and the checkpoint here speaks of {size}: entries \
                 that were signed are missing, because the ledger or this copy of it was set back, or is an old copy"
            )));
        }
        check_prefix(&state, size, reader)
            .map_err(|what| Failure::not_verified(format!("{name}: {what}")))?;
        let State { tiler, replay, .. } = state;
        running.tiler = tiler;
        running.replay = replay;
        running.resumed_at = Some(reached);
        self.saved = reached;
        Ok(())
    }

    /// Writes the state when enough was read since it was written, or `is_stopped`. Only as long as nothing is wrong, so that
    /// what is wrong is found again.
    pub(super) fn save_now_and_then(&mut self, running: &mut Running, is_stopped: bool) {
        let size = running.tiler.size();
        let is_due = size.saturating_sub(self.saved) >= ENTRIES_MIN.max(size / 8);
        if (is_due || is_stopped) && running.cut.is_none() && running.problems.count() == 0 {
            self.save(running);
        }
    }

    /// Writes the state. That it cannot be written changes nothing about the log.
    pub(super) fn save(&mut self, running: &mut Running) {
        let size = running.tiler.size();
        let Some(path) = self.path.filter(|_| self.saved < size) else {
            return;
        };
        self.saved = size;
        let saved = state::save(path, self.policy_sha256, &running.tiler, &running.replay);
        if let Err(error) = saved {
            self.path = None;
            running.remarks.push(format!(
                "The state could not be written to {}: {error}.",
                quote(&path.to_string_lossy())
            ));
        }
    }
}

/// Whether the tiles of the folder begin with the tree that the state has reached.
fn check_prefix(state: &State, size: u64, reader: &ExportReader) -> Result<(), String> {
    let reached = state.tiler.size();
    let here = Tiler::of_edge(reached, |tile| reader.edge_tile(tile, size))
        .map_err(|(path, why)| format!("{path}: {why}"))?;
    if here.root() == state.tiler.root() {
        return Ok(());
    }
    Err(format!(
        "an earlier audit has found the root {} for {reached} entries, and the tiles here make it {}: this is not the \
         history that was read then",
        state.tiler.root(),
        here.root()
    ))
}
