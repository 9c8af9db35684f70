//! A log that is followed over HTTP: honest, damaged, forked, set back, and slow.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its story does not go on, also in the functions it calls"
)]

mod forged;
mod log;
mod passes;
