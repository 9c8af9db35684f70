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

use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage as _, Value};

pub(crate) use change::{is_correctable, overlap};
pub use seen::{SeenClaim, SeenTree, check_seen};
pub use time::check_clock;

use crate::descriptor::{self, join, typed};
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
    let message = descriptor::dynamic(record);
    let bytes = encode(record).len();
    if bytes > RECORD_BYTES_MAX {
        problems.push(codes::SIZE.at("", bytes.to_string(), "Shorten texts, or split the record"));
    }
    envelope::check(record, &message, &mut problems);
    walk(&message, "", &mut problems);
    kind::check(record, &message, &mut problems);
    time::check_order(record, &mut problems);
    mark::check_times(record, &mut problems);
    let excused = Excused::of(record, &message);
    problems.retain(|problem| !is_excused(problem, &excused) && !is_of_its_time(problem, record));
    problems
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

/// Applies formats and message rules to one value that stands for the field, or for an item of it, somewhere else.
fn check_given(field: &FieldDescriptor, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let Some(items) = value.as_list() else {
        return check_value(field, value, path, problems);
    };
    for (at, item) in items.iter().enumerate() {
        let path = format!("{path}[{at}]");
        check_item(item, &path, problems);
        check_value(field, item, &path, problems);
    }
}

/// Applies formats and message rules to everything inside `message`.
fn walk(message: &DynamicMessage, path: &str, problems: &mut Vec<Problem>) {
    for (field, value) in message.fields() {
        let path = join(path, field.name());
        check_given(&field, value, &path, problems);
    }
}

/// An item of a list may not be a default value: it would say nothing and still be signed.
fn check_item(item: &Value, path: &str, problems: &mut Vec<Problem>) {
    let text = item.as_str().is_some_and(str::is_empty);
    let word = item.as_enum_number() == Some(0);
    if text || word {
        problems.push(codes::EMPTY.at(path, "", "Fill it, or leave it out"));
    }
}

fn check_value(field: &FieldDescriptor, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    if let Some(text) = value.as_str() {
        text::check(field, text, path, problems);
    } else if let Some(bytes) = value.as_bytes() {
        bytes::check(field, bytes, path, problems);
    } else if let Some(number) = value.as_enum_number() {
        check_enum(field, number, path, problems);
    } else if let Some(inner) = value.as_message() {
        check_message(inner, path, problems);
        fits::check(field, inner, path, problems);
        walk(inner, path, problems);
    }
}

fn check_enum(field: &FieldDescriptor, number: i32, path: &str, problems: &mut Vec<Problem>) {
    let known = field
        .kind()
        .as_enum()
        .is_some_and(|enumeration| enumeration.get_value(number).is_some());
    if !known {
        let fix = "Use a value of the schema";
        problems.push(codes::FORMAT.at(path, number.to_string(), fix));
    }
}

/// The rules of one message, wherever in a record it stands.
fn check_message(message: &DynamicMessage, path: &str, problems: &mut Vec<Problem>) {
    let descriptor = message.descriptor();
    let name = descriptor.name();
    // The presence of an aggregate says that the record describes a set, and a body's rules have their own codes.
    let may_be_empty = name == "Aggregate" || !path.contains(['.', '[']) && is_body(path);
    if message.fields().next().is_none() && !may_be_empty {
        problems.push(codes::EMPTY.at(path, "", "Fill it, or leave it out"));
        return;
    }
    match name {
        "Quantity" => quantity::check(&typed(message), path, problems),
        "Share" => quantity::check_share(&typed(message), path, problems),
        "Confidence" => quantity::check_confidence(&typed(message), path, problems),
        "Place" => place::check(&typed(message), path, problems),
        "Point" => place::check_point(&typed(message), path, problems),
        "Identifier" => identifier::check(&typed(message), path, problems),
        "DateCode" => mark::check_date_code(&typed(message), path, problems),
        "SeenMark" => mark::check_seen(&typed(message), path, problems),
        "Party" => party::check(&typed(message), path, problems),
        "Attachment" => attachment::check(&typed(message), path, problems),
        "LangString" => text::check_lang_string(&typed(message), path, problems),
        "LabResult" => laboratory::check_result(&typed(message), path, problems),
        "TraceQuestion" => trace::check_question(&typed(message), path, problems),
        _ => check_type(message, path, problems),
    }
}

/// Messages whose first field says what they are: it may not be left out.
fn check_type(message: &DynamicMessage, path: &str, problems: &mut Vec<Problem>) {
    let field = match message.descriptor().name() {
        "PortCall" => "role",
        "ShipmentDocument" | "CargoTransfer" => "type",
        "Conveyance" | "ShipmentTotal" | "ErasureTarget" => "kind",
        "Identification" => "designation",
        "Measurement" => "quantity",
        "Figure" => "what",
        "PlaceName" => "name",
        _ => return,
    };
    let present = message
        .descriptor()
        .get_field_by_name(field)
        .is_some_and(|field| message.has_field(&field));
    if !present {
        let fix = format!("Give `{field}`");
        problems.push(codes::TYPE_REQUIRED.at(join(path, field), "", fix));
    }
}

fn is_body(path: &str) -> bool {
    crate::RecordKind::ALL
        .iter()
        .any(|kind| kind.field() == path)
}
