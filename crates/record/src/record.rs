//! A record as it was signed: strict decoding of canonical bytes, and their encoding.

use std::fmt;

use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use witnessmark_verifier::{Hash, RecordId};

use crate::{RecordKind, descriptor, target, v1, wire};
use v1::record::Body;

/// The longest payload. An entry has at most 65,535 bytes, and its frame with eight signatures takes less than 1,000.
pub const RECORD_BYTES_MAX: usize = 64_000;

/// The first and the last number of the fields that hold bodies, also of kinds that this version does not know.
const BODY_NUMBERS: std::ops::RangeInclusive<u32> = 40..=59;

/// A record that was decoded from its canonical bytes, every field of which is known.
///
/// Invariants: encoding [`Record::message`] gives the bytes it was decoded from; it has a body; its schema names the
/// body's kind; every enumeration holds a value of its own; every link names a relation and a record id, and so does whatever
/// else speaks of another record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    message: v1::Record,
    kind: RecordKind,
    links: Vec<(String, RecordId)>,
}

/// Why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// It has more than [`RECORD_BYTES_MAX`] bytes.
    TooLarge(usize),
    /// It is not a protobuf message of the schema.
    Malformed(String),
    /// A text is not UTF-8.
    Encoding(String),
    /// It holds fields that the schema does not have, by path and number.
    UnknownField(Vec<String>),
    /// It holds numbers that an enumeration does not have, by path.
    UnknownEnumValue(Vec<String>),
    /// It has no body, or one of a kind that this version does not know.
    UnknownKind {
        /// The schema that the record states.
        schema: String,
    },
    /// Its schema names another kind than its body is.
    KindMismatch {
        /// The schema that the record states.
        schema: String,
        /// The kind of the body.
        kind: RecordKind,
    },
    /// It is not the one spelling of what it says; the first differing byte.
    NotCanonical(usize),
    /// A link names no relation or no record id; its position.
    Link(usize),
    /// A body that speaks of another record names no record id; the path of the field.
    Target(String),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(bytes) => write!(
                f,
                "the record has {bytes} bytes, more than {RECORD_BYTES_MAX}"
            ),
            Self::Malformed(why) => write!(f, "not a record: {why}"),
            Self::Encoding(why) => write!(f, "a text is not UTF-8: {why}"),
            Self::UnknownField(paths) => write!(f, "unknown fields: {}", paths.join(", ")),
            Self::UnknownEnumValue(paths) => {
                write!(f, "unknown values of enumerations: {}", paths.join(", "))
            }
            Self::UnknownKind { schema } => write!(
                f,
                "unknown kind of record, schema {schema:?}; known are {}",
                RecordKind::known()
            ),
            Self::KindMismatch { schema, kind } => write!(
                f,
                "the schema {schema:?} does not name the body, which is {:?}",
                kind.schema()
            ),
            Self::NotCanonical(at) => write!(f, "not in canonical form from byte {at}"),
            Self::Link(at) => write!(f, "links[{at}] needs a relation and a target of 32 bytes"),
            Self::Target(path) => write!(f, "{path} needs a record id of 32 bytes"),
        }
    }
}

impl std::error::Error for RecordError {}

/// The canonical bytes of a record: what is signed.
pub fn encode(record: &v1::Record) -> Vec<u8> {
    record.encode_to_vec()
}

impl Record {
    /// The record that `payload` is the canonical encoding of.
    ///
    /// # Errors
    ///
    /// When `payload` is too large, is no record, holds anything that this version does not know, is of an unknown kind,
    /// or is another spelling than the canonical one.
    pub fn decode(payload: &[u8]) -> Result<Self, RecordError> {
        if payload.len() > RECORD_BYTES_MAX {
            return Err(RecordError::TooLarge(payload.len()));
        }
        let message = v1::Record::decode(payload).map_err(|error| malformed(&error))?;
        // Before unknown fields, because the body of an unknown kind is one.
        let Some(body) = &message.body else {
            return Err(without_body(&message, &dynamic(payload)?));
        };
        if !wire::is_all_known(payload) {
            unknown(payload)?;
        }
        let kind = RecordKind::of(body);
        if RecordKind::of_schema(&message.schema) != Some(kind) {
            let schema = message.schema;
            return Err(match RecordKind::of_schema(&schema) {
                Some(_) => RecordError::KindMismatch { schema, kind },
                None => RecordError::UnknownKind { schema },
            });
        }
        canonical(payload, &encode(&message))?;
        let mut links = links(&message)?;
        add_targets(body, &mut links)?;
        Ok(Self {
            message,
            kind,
            links,
        })
    }

    /// The decoded message.
    pub const fn message(&self) -> &v1::Record {
        &self.message
    }

    /// The decoded message, given away.
    pub fn into_message(self) -> v1::Record {
        self.message
    }

    /// The organisation that signs it.
    pub fn org(&self) -> &str {
        &self.message.org
    }

    /// The origin of the log it is for.
    pub fn origin(&self) -> &str {
        &self.message.origin
    }

    /// Its kind.
    pub const fn kind(&self) -> RecordKind {
        self.kind
    }

    /// Its first title, or an empty text.
    pub fn title(&self) -> &str {
        self.message
            .titles
            .first()
            .map_or("", |title| title.text.as_str())
    }

    /// Its links: the relation as a word, such as `part_of`, and the record it points to. The records that the body speaks of,
    /// such as the one that a correction corrects, follow its own links as if they were linked to.
    pub fn links(&self) -> impl Iterator<Item = (&str, RecordId)> {
        self.links
            .iter()
            .map(|(rel, target)| (rel.as_str(), *target))
    }

    /// The files that belong to it, by digest.
    pub fn attachments(&self) -> &[v1::Attachment] {
        &self.message.attachments
    }

    /// The digests of its protected fields.
    pub fn protected(&self) -> &[Vec<u8>] {
        &self.message.protected
    }
}

fn malformed(error: &prost::DecodeError) -> RecordError {
    let why = error.to_string();
    let why = why
        .strip_prefix("failed to decode Protobuf message: ")
        .unwrap_or(&why)
        .to_owned();
    if why.contains("UTF-8") {
        RecordError::Encoding(why)
    } else {
        RecordError::Malformed(why)
    }
}

/// A record without a body that we know: of an unknown kind if there is nothing else wrong with its fields.
fn without_body(message: &v1::Record, dynamic: &DynamicMessage) -> RecordError {
    let mut unknown = Unknown::default();
    unknown.collect(dynamic, "");
    let has_body = dynamic
        .unknown_fields()
        .any(|field| BODY_NUMBERS.contains(&field.number()));
    if has_body || unknown.fields.is_empty() {
        let schema = message.schema.clone();
        return RecordError::UnknownKind { schema };
    }
    RecordError::UnknownField(unknown.fields)
}

fn canonical(payload: &[u8], again: &[u8]) -> Result<(), RecordError> {
    if payload == again {
        return Ok(());
    }
    let same = payload.iter().zip(again).take_while(|(a, b)| a == b);
    Err(RecordError::NotCanonical(same.count()))
}

fn links(message: &v1::Record) -> Result<Vec<(String, RecordId)>, RecordError> {
    let mut links = Vec::with_capacity(message.links.len());
    for (at, link) in message.links.iter().enumerate() {
        let target = <[u8; 32]>::try_from(link.target.as_slice());
        match (link.rel(), target) {
            (v1::LinkRel::Unspecified, _) | (_, Err(_)) => return Err(RecordError::Link(at)),
            (rel, Ok(target)) => links.push((rel_word(rel), RecordId::new(Hash::new(target)))),
        }
    }
    Ok(links)
}

/// What the body says of other records counts as a link, once.
fn add_targets(body: &Body, links: &mut Vec<(String, RecordId)>) -> Result<(), RecordError> {
    for target in target::of(body) {
        let Ok(id) = <[u8; 32]>::try_from(target.id) else {
            return Err(RecordError::Target(target.path));
        };
        let link = (rel_word(target.rel), RecordId::new(Hash::new(id)));
        if !links.contains(&link) {
            links.push(link);
        }
    }
    Ok(())
}

fn rel_word(rel: v1::LinkRel) -> String {
    let name = rel.as_str_name();
    name.strip_prefix("LINK_REL_")
        .unwrap_or(name)
        .to_ascii_lowercase()
}

fn dynamic(payload: &[u8]) -> Result<DynamicMessage, RecordError> {
    DynamicMessage::decode(descriptor::record(), payload).map_err(|error| malformed(&error))
}

/// Refuses a payload that holds what the schema does not have, and names it.
pub(crate) fn unknown(payload: &[u8]) -> Result<(), RecordError> {
    let mut unknown = Unknown::default();
    unknown.collect(&dynamic(payload)?, "");
    unknown.refuse()
}

/// What a record holds that the schema does not have.
#[derive(Default)]
struct Unknown {
    fields: Vec<String>,
    values: Vec<String>,
}

impl Unknown {
    fn refuse(self) -> Result<(), RecordError> {
        if !self.fields.is_empty() {
            return Err(RecordError::UnknownField(self.fields));
        }
        if !self.values.is_empty() {
            return Err(RecordError::UnknownEnumValue(self.values));
        }
        Ok(())
    }

    fn collect(&mut self, message: &DynamicMessage, path: &str) {
        for field in message.unknown_fields() {
            let name = format!("{} (field {})", message.descriptor().name(), field.number());
            self.fields.push(descriptor::join(path, &name));
        }
        for (field, value) in message.fields() {
            let path = descriptor::join(path, field.name());
            let Some(items) = value.as_list() else {
                self.value(&field, value, &path);
                continue;
            };
            for (at, item) in items.iter().enumerate() {
                self.value(&field, item, &format!("{path}[{at}]"));
            }
        }
    }

    fn value(&mut self, field: &prost_reflect::FieldDescriptor, value: &Value, path: &str) {
        if let Value::Message(inner) = value {
            self.collect(inner, path);
        }
        if let (Value::EnumNumber(number), Some(enumeration)) = (value, field.kind().as_enum())
            && enumeration.get_value(*number).is_none()
        {
            self.values.push(format!("{path} = {number}"));
        }
    }
}
