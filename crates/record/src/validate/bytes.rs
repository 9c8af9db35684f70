//! Ids and digests: fixed lengths.

use witnessmark_verifier::hex;

use crate::table::Field;
use crate::{Format, Problem, codes};

pub(super) fn check(field: &Field, bytes: &[u8], path: &str, problems: &mut Vec<Problem>) {
    // These have codes of their own.
    if matches!(
        (field.message.as_str(), field.name.as_str()),
        ("Record", "protected" | "thread_id") | ("Link", "target") | ("CheckpointSeen", "root")
    ) {
        return;
    }
    let format = field.format;
    let length = if format == Format::Uuid {
        16
    } else if format == Format::Sha512 {
        64
    } else {
        // A field of bytes declares one of four formats; a test of the schema says so.
        32
    };
    if bytes.len() != length {
        let fix = format!("Give {} hexadecimal digits", length * 2);
        problems.push(codes::BYTES.at(path, hex::encode(bytes), fix));
    }
}
