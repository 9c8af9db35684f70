//! Judging what a record says: every problem at once, each with path, value, rule and fix.
//!
//! One walk over all fields applies the format that each declares and the rules of the message it belongs to; then the
//! rules that look at several fields follow: the envelope's, the kind's, and the order of times.

mod about;
mod attachment;
mod bytes;
mod capture;
mod change;
mod envelope;
mod fits;
mod identifier;
mod kind;
mod laboratory;
mod mark;
mod party;
mod place;
mod quantity;
mod seen;
mod text;
mod time;
mod trace;
mod walk;

use std::cell::OnceCell;

use prost_reflect::DynamicMessage;

pub(crate) use change::{is_correctable, overlap};
pub use seen::{SeenClaim, SeenTree, check_seen};
pub use time::check_clock;

use crate::descriptor;
use crate::withheld::Excused;
use crate::{Problem, RECORD_BYTES_MAX, codes, encode, v1};

/// All problems of a record, in the order of its fields. A record without an error may be signed and is admitted.
///
/// # Examples
///
/// ```
/// let problems = witnessmark_record::validate(&witnessmark_record::v1::Record::default());
/// assert!(problems.iter().any(|problem| problem.code == "E-TITLE"));
/// ```
pub fn validate(record: &v1::Record) -> Vec<Problem> {
    let mut problems = Vec::new();
    let reflected = Reflected::new(record);
    let payload = encode(record);
    let bytes = payload.len();
    if bytes > RECORD_BYTES_MAX {
        problems.push(codes::SIZE.at("", bytes.to_string(), "Shorten texts, or split the record"));
    }
    envelope::check(record, &reflected, &mut problems);
    walk::walk_record(&payload, &mut problems);
    kind::check(record, &payload, &mut problems);
    time::check_order(record, &mut problems);
    mark::check_times(record, &mut problems);
    let excused = Excused::of(record, || reflected.message());
    problems.retain(|problem| !is_excused(problem, &excused) && !is_of_its_time(problem, record));
    problems
}

/// A record for reflection, made when it is asked for: few records have what needs it.
struct Reflected<'a> {
    record: &'a v1::Record,
    message: OnceCell<DynamicMessage>,
}

impl<'a> Reflected<'a> {
    const fn new(record: &'a v1::Record) -> Self {
        Self {
            record,
            message: OnceCell::new(),
        }
    }

    fn message(&self) -> &DynamicMessage {
        let make = || descriptor::dynamic(self.record);
        self.message.get_or_init(make)
    }
}

/// What the record withholds cannot say what it should.
fn is_excused(problem: &Problem, excused: &Excused) -> bool {
    excused.has_item(&problem.path)
        || problem.code == codes::PARTY_TYPE.code && excused.has_party(&problem.path)
}

/// A currency that was in use when the record says that it was.
fn is_of_its_time(problem: &Problem, record: &v1::Record) -> bool {
    problem.code == codes::UNIT_OLD.code && !text::is_out_of_time(record, &problem.value)
}
