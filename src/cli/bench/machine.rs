//! What the machine could do at most: the same signatures, checked in a bare loop on all cores.

use std::thread;
use std::time::Instant;

use witnessmark_verifier::pae;

use super::broken;
use super::records::{Keys, Made};
use crate::output::Failure;

/// How many signatures are checked; a part of them is enough to know.
const CHECKED_MAX: usize = 20_000;

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
