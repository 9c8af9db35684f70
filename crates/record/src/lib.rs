//! What evidence is: typed kinds, validation, canonical bytes, plain-language rendering.
//!
//! The schema in `proto/witnessmark/record/v1` is the manual of the evidence model; [`v1`] is generated from it.
//! [`Record::decode`] is strict: it accepts the canonical bytes of a record whose every field it knows, so what a
//! person is shown is all that was signed. [`validate()`] judges what the fields say, and reports all problems at once.
//! [`from_json`] and [`to_json`] are the form that people write and read; [`render()`] puts a record into plain words.
//!
//! [`date_code`], [`check_digit`] and [`aliases`] are what validation and searches derive from texts.
//!
//! Nothing in here reads a file, a clock or a random number.

pub mod aliases;
mod calendar;
pub mod check_digit;
mod codes;
mod country;
mod currency;
pub mod date_code;
mod descriptor;
mod disclosure;
mod erased;
mod escape;
mod figures;
mod json;
mod kind;
mod label;
mod language;
mod lists;
mod look_alike;
mod problem;
mod record;
mod relation;
mod render;
mod revise;
mod table;
mod target;
mod trace;
mod validate;
mod wire;
mod withheld;

pub use calendar::{instant, rfc3339};
pub use descriptor::{Format, descriptor_pool, word as enum_word};
pub use disclosure::{
    DisclosedValue, Disclosure, DisclosureError, TooLong, field_digest, field_salt,
};
pub use erased::{Erased, Opened, erased, opened, render_erased};
pub use escape::{escape, escape_json};
pub use figures::figures;
pub use json::{field_text, from_draft, from_json, to_json};
pub use kind::RecordKind;
pub use label::{LabelNotComposed, check_label};
pub use look_alike::mixed_alphabets;
pub use problem::{Level, Problem, ProblemCode, problem_codes, validation_document};
pub use record::{RECORD_BYTES_MAX, Record, RecordError, encode};
pub use relation::{STRUCTURAL_RELATIONS, speaks_of};
pub use render::{label_of, render};
pub use revise::{
    ChangeWords, Effect, Logged, Misfit, MisfitCause, Revised, Revision, Standing, change_words,
    correctable_values, new_problems, problem_of_correction, reason_words, revise,
};
pub use trace::trace_due;
pub use validate::{SeenClaim, SeenTree, check_clock, check_seen, validate};
pub use withheld::{may_withhold_item, private_persons};

/// The message types of records, generated from `proto/witnessmark/record/v1`.
#[expect(
    clippy::doc_markdown,
    clippy::large_enum_variant,
    reason = "generated: the words are the generator's, and a body is made once and not moved about"
)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/witnessmark.record.v1.rs"));
}
