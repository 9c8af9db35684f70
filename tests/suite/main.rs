//! The one integration test binary: the real daemon and the real command line, and the rules of the house.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where its story does not go on, also in the functions it calls"
)]

mod bench;
mod cli;
mod corrections;
mod crash;
mod device;
mod fsck;
#[path = "../../crates/bundle/tests/suite/go.rs"]
mod go;
mod http;
mod keys;
mod link;
mod mirror;
mod misbehaviour;
mod monitor;
mod other_languages;
mod page;
mod published;
mod readme;
mod reject;
mod related;
mod restore;
mod service;
mod signers;
mod support;
mod synthetic;
mod tables;
mod thread;
mod tidy;
mod tiles;
mod vault;
mod walk;
mod witness;
mod witnesses;
