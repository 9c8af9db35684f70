//! A log that is followed over HTTP: honest, damaged, forked, set back, and slow.

mod forged;
mod log;
mod passes;
