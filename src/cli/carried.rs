//! What carries signed records: a file for each, or a batch of many, of which whatever is whole is used.

use std::path::{Path, PathBuf};

use witnessmark_bundle::{BATCH_BYTES_MAX, Batch, BatchError, SignedRecord};

use super::files;
use super::org::Request;
use super::submit::parse_signed;
use crate::output::{Failure, Outcome, Trouble};

/// A signed record and where it comes from: its file, or the batch and its id.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) place: String,
    pub(super) signed: SignedRecord,
}

/// All that some files carry.
#[derive(Debug, Default)]
pub(super) struct Cargo {
    /// In the order of the files, and within a batch in its own.
    pub(super) items: Vec<Carried>,
    /// What is wrong with batches that can be used in part.
    pub(super) damage: Vec<Trouble>,
}

impl Cargo {
    /// The damage as a failure, if there is any: the files have to be copied again.
    pub(super) fn failure(&mut self) -> Option<Failure> {
        let troubles = std::mem::take(&mut self.damage);
        Failure::unless_empty(Outcome::CannotTell, troubles).err()
    }
}

/// Reads all files, or tells every problem of all of them. A batch that was cut short or altered is used as far as it is
/// whole.
///
/// # Errors
///
/// When a file cannot be read, or carries nothing that can be used.
pub(super) fn read(paths: &[PathBuf]) -> Result<Cargo, Failure> {
    let mut cargo = Cargo::default();
    let mut troubles = Vec::new();
    let mut outcome = Outcome::Refused;
    for path in paths {
        if let Err(failure) = read_one(path, &mut cargo) {
            outcome = outcome.max(failure.outcome);
            troubles.extend(failure.troubles);
        }
    }
    Failure::unless_empty(outcome, troubles)?;
    Ok(cargo)
}

fn read_one(path: &Path, cargo: &mut Cargo) -> Result<(), Failure> {
    let max = u64::try_from(BATCH_BYTES_MAX).unwrap_or(u64::MAX);
    let bytes = files::read_bytes(path, max)?;
    let place = path.display().to_string();
    if !Batch::is_batch(&bytes) {
        // The limit of a single file, with its own words.
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > Request::BYTES_MAX {
            files::read_bytes(path, Request::BYTES_MAX)?;
        }
        let signed = parse_signed(path, &bytes)?;
        cargo.items.push(Carried { place, signed });
        return Ok(());
    }
    let batch = Batch::parse(&bytes).map_err(|error| unusable(&place, &error))?;
    let whole = batch.to_string();
    for fault in &batch.faults {
        let message = format!("{fault}; {whole}");
        cargo.damage.push(
            Trouble::new("BATCH_DAMAGED", &place, message)
                .fix("copy the file again from where it was made; what is whole was used"),
        );
    }
    for id in &batch.missing {
        let place = format!("{place}: record {id}");
        let message = "the batch names it, and it is not there whole";
        cargo
            .damage
            .push(Trouble::new("RECORD_MISSING", place, message));
    }
    cargo.items.extend(batch.signed.into_iter().map(|signed| {
        let place = format!("{place}: record {}", signed.record_id());
        Carried { place, signed }
    }));
    Ok(())
}

fn unusable(place: &str, error: &BatchError) -> Failure {
    Failure::refused(Trouble::new("BATCH_MALFORMED", place, error).fix(
        "copy the file again from where it was made; each line below the first is a signed record of its own",
    ))
}
