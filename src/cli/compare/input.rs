//! What is compared: the signed checkpoint in a file, and the entries that a bundle proves to be under it.

use std::path::{Path, PathBuf};

use witnessmark_bundle::{Bundle, Misbehaviour, ProvedLeaf};
use witnessmark_verifier::{
    Checkpoint, LeafHash, LeafIndex, Note, TlogProof, TreeHead, TrustPolicy, VerifierKey,
};

use crate::cli::files::{self, BUNDLE_BYTES_MAX};
use crate::output::{Failure, Trouble};

/// A checkpoint that keys of the policy have signed. The leaves are not verified.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) note: String,
    keys: Vec<VerifierKey>,
    pub(super) head: TreeHead,
    pub(super) leaves: Vec<(LeafIndex, ProvedLeaf)>,
}

/// Reads two checkpoints, signed by one key of the policy, from two files or from one.
///
/// # Errors
///
/// They are not there, not signed, or of different ledgers or keys.
pub(super) fn read(
    paths: &[PathBuf],
    policy: &TrustPolicy,
) -> Result<(VerifierKey, [Statement; 2]), Failure> {
    let mut found = Vec::new();
    for path in paths {
        for (note, leaves) in notes(path)? {
            found.push(statement(path, note, leaves, policy)?);
        }
    }
    let Ok([one, two]) = <[Statement; 2]>::try_from(found) else {
        let message = "two checkpoints are compared, and there is another number of them";
        return Err(Failure::usage(Trouble::new("USAGE", "", message).fix(
            "name two checkpoints or bundles, or one file of misbehaviour",
        )));
    };
    if let Some(key) = one.keys.iter().find(|key| two.keys.contains(key)) {
        return Ok((key.clone(), [one, two]));
    }
    let first = |it: &Statement| it.keys.first().map(ToString::to_string);
    let message = format!(
        "the checkpoints were signed by different keys, {} and {}: what one key signed does not contradict what another one signed",
        first(&one).unwrap_or_default(),
        first(&two).unwrap_or_default()
    );
    Err(Failure::cannot_tell(Trouble::new("OTHER_KEY", "", message)))
}

type Unverified = (String, Vec<(LeafIndex, ProvedLeaf)>);

/// The notes in a file: one of a checkpoint or a bundle, two of a file of misbehaviour.
fn notes(path: &Path) -> Result<Vec<Unverified>, Failure> {
    let bytes = files::read_bytes(path, BUNDLE_BYTES_MAX)?;
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::refused(
            Trouble::new("NOT_A_CHECKPOINT", path.display(), error)
                .fix("give a signed checkpoint, a bundle or a file of misbehaviour"),
        )
    };
    if Misbehaviour::is_one(&bytes) {
        let file = Misbehaviour::parse(&bytes).map_err(|error| wrong(&error))?;
        return Ok(file.notes.map(|note| (note, Vec::new())).into());
    }
    if !bytes.starts_with(b"{") {
        let text = String::from_utf8(bytes).map_err(|error| wrong(&error))?;
        return Ok(vec![(text, Vec::new())]);
    }
    let bundle = Bundle::parse(&bytes).map_err(|error| wrong(&error))?;
    let mut leaves = Vec::new();
    let mut note = String::new();
    for proven in bundle.proven() {
        let proof = TlogProof::parse(&proven.proof).map_err(|error| wrong(&error))?;
        if note.is_empty() {
            proof.note.source().clone_into(&mut note);
        }
        // An entry under another checkpoint shows nothing of this one.
        if note == proof.note.source() {
            let leaf = ProvedLeaf {
                leaf: LeafHash::of(&proven.entry),
                inclusion: proof.inclusion.clone(),
            };
            leaves.push((proof.index, leaf));
        }
    }
    Ok(vec![(note, leaves)])
}

fn statement(
    path: &Path,
    note: String,
    leaves: Vec<(LeafIndex, ProvedLeaf)>,
    policy: &TrustPolicy,
) -> Result<Statement, Failure> {
    let refused = |error: &dyn std::fmt::Display| {
        Failure::refused(Trouble::new("NOT_VERIFIED", path.display(), error).fix(
            "check that the policy is this ledger's; if it is, the ledger has not signed this",
        ))
    };
    let parsed = Note::parse(&note).map_err(|error| refused(&error))?;
    let checkpoint = Checkpoint::parse(parsed.text()).map_err(|error| refused(&error))?;
    let origin = &checkpoint.origin;
    let named: Vec<_> = policy
        .logs()
        .iter()
        .filter(|key| key.name() == origin)
        .collect();
    if named.is_empty() {
        return Err(refused(&format!("the policy names no log {origin}")));
    }
    // Witnesses are not asked for: who signs two histories does not show both of them to witnesses.
    let keys: Vec<_> = named
        .into_iter()
        .filter(|key| parsed.is_signed_by(key))
        .cloned()
        .collect();
    if keys.is_empty() {
        return Err(refused(&format!(
            "no key that the policy gives for {origin} has signed it"
        )));
    }
    let head = checkpoint.head;
    Ok(Statement {
        note,
        keys,
        head,
        leaves,
    })
}
