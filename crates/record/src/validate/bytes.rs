//! Ids and digests: fixed lengths.

use prost_reflect::FieldDescriptor;
use witnessmark_verifier::hex;

use crate::{Format, Problem, codes, descriptor};

pub(super) fn check(
    field: &FieldDescriptor,
    bytes: &[u8],
    path: &str,
    problems: &mut Vec<Problem>,
) {
    // These have codes of their own.
    let message = field.parent_message();
    if matches!(
        (message.name(), field.name()),
        ("Record", "protected" | "thread_id") | ("Link", "target") | ("CheckpointSeen", "root")
    ) {
        return;
    }
    let format = descriptor::format(field);
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
