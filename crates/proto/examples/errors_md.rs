//! Writes `docs/ERRORS.md` from the list of reasons.

use std::io;

use witnessmark_proto::Reason;

fn main() -> io::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ERRORS.md");
    std::fs::write(path, Reason::document())
}
