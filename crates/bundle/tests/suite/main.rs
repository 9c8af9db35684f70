//! Bundles and exports of a small real log: signed with real keys, proved from a real tree.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod beside;
mod bundles;
mod bytes;
mod erased;
mod exports;
mod go;
mod kept;
mod killed;
mod ledgers;
mod mini_log;
mod misbehaviour;
mod other_clients;
mod related;
mod resumed;
mod since;
mod words;
