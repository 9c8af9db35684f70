//! What the machine could do at most: the same signatures, checked in a bare loop on all cores; and a small write, synced.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use witnessmark_verifier::pae;

use super::broken;
use super::load::percentile;
use super::records::{Keys, Made};
use crate::output::Failure;

/// How many signatures are checked; a part of them is enough to know.
const CHECKED_MAX: usize = 20_000;

/// How many times a file is written and synced.
const SYNCS: usize = 300;

/// How much is written each time: a small entry with its place.
const SYNCED_BYTES: [u8; 1_024] = [0x77; 1_024];

/// How long a small write at the end of a file takes, with its sync.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sync {
    /// Half of them took this long at most.
    pub(super) p50: Duration,
    /// 99 of a hundred took this long at most.
    pub(super) p99: Duration,
}

/// Writes a file in `folder`, syncs it after each write, and removes it.
///
/// # Errors
///
/// When the folder cannot be written.
pub(super) fn syncs(folder: &Path) -> Result<Sync, Failure> {
    let path = folder.join(format!("witnessmark-bench-{}", std::process::id()));
    let waits = File::create_new(&path).and_then(|file| write_and_sync(&file));
    let removed = fs::remove_file(&path);
    let wrong = |error| broken(format_args!("{}: {error}", path.display()));
    let mut waits = waits.map_err(wrong)?;
    removed.map_err(wrong)?;
    waits.sort_unstable();
    Ok(Sync {
        p50: percentile(&waits, 500),
        p99: percentile(&waits, 990),
    })
}

fn write_and_sync(mut file: &File) -> std::io::Result<Vec<Duration>> {
    let mut waits = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begin = Instant::now();
        file.write_all(&SYNCED_BYTES)?;
        file.sync_data()?;
        waits.push(begin.elapsed());
    }
    Ok(waits)
}

/// How many signatures all cores of this machine check in a second.
///
/// # Errors
///
/// When a signature does not verify.
pub(super) fn verifications_a_second(made: &[Made], keys: &Keys) -> Result<f64, Failure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let some: Vec<_> = made.iter().take(CHECKED_MAX).collect();
    let begin = Instant::now();
    let checked: Result<Vec<usize>, Failure> = thread::scope(|scope| {
        let share = some.len().div_ceil(cores).max(1);
        let threads: Vec<_> = some
            .chunks(share)
            .map(|part| scope.spawn(|| check(part, keys)))
            .collect();
        threads
            .into_iter()
            .map(|it| it.join().map_err(|_| broken("a thread ended early"))?)
            .collect()
    });
    let count = u32::try_from(checked?.into_iter().sum::<usize>()).map_err(broken)?;
    Ok(f64::from(count) / begin.elapsed().as_secs_f64())
}

fn check(some: &[&Made], keys: &Keys) -> Result<usize, Failure> {
    let mut checked = 0_usize;
    for record in some {
        let payload = &record.payload;
        let message = pae(&payload.payload_type, &payload.payload);
        for signature in &payload.signatures {
            let key = keys
                .get(&signature.key_id)
                .ok_or_else(|| broken("a key is missing"))?;
            key.verify(&message, &signature.signature).map_err(broken)?;
            checked = checked.saturating_add(1);
        }
    }
    Ok(checked)
}
