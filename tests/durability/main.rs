//! Nothing acknowledged is lost, and no two histories are signed: the real daemon, killed, starved and cut off from power.
//!
//! Each test is a harness: a load, a fault, an ordinary start, and a judge that compares what the ledger now shows with what it
//! had acknowledged, which is kept outside of it. How much is done is set by the environment, so that the short run of every
//! change and the long run before a release are the same program:
//!
//! | Variable | Means | Short |
//! |---|---|---|
//! | `WITNESSMARK_KILLS` | kills of the daemon under load | 12 |
//! | `WITNESSMARK_POINTS` | calls of the system at which the daemon is killed; `all` for every one | 30 |
//! | `WITNESSMARK_IMAGES` | images of a disk that lost power | 30 |
//! | `WITNESSMARK_BITS` | stored files that are damaged | 24 |
//! | `WITNESSMARK_BITS_RECORDS` | records of the ledger they are of | 300 |
//! | `WITNESSMARK_SEED` | what is drawn at random; printed by each test | another one each time |
//!
//! What needs root, strace, faketime or qemu is not run by a plain `cargo test`:
//!
//! ```text
//! cargo test --test durability                            # kills, damaged files
//! cargo test --test durability -- --include-ignored       # everything: as root on Linux, with strace, faketime, e2fsprogs and qemu-system-common
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test ends where its story does not go on, is steered by the environment, and reports what it did"
)]

mod bits;
mod disk;
mod faults;
mod judge;
mod kill;
mod load;
mod power;
mod random;
mod sweep;
mod world;
