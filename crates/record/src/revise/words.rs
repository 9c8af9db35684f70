//! A change in plain words: the field as reports call it, and both values as reports show them.

use serde_json::Value as Json;

use crate::descriptor;
use crate::escape::escape;
use crate::json::{read_field, text_at, to_json};
use crate::render::{label_of_path, words_of};
use crate::v1;
use crate::validate::is_correctable;

/// One change in plain words, safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeWords {
    /// The field, such as `Place, locality`, with its path.
    pub field: String,
    /// What stood there; `None` when the field was absent.
    pub was: Option<String>,
    /// What stands there now; `None` when the field was taken away.
    pub now: Option<String>,
}

/// The change in plain words. What cannot be read is shown as it stands, escaped.
///
/// # Examples
///
/// ```
/// let change = witnessmark_record::v1::FieldChange {
///     path: "place.locality".to_owned(),
///     was: "\"Kiev\"".to_owned(),
///     now: "\"Kyiv\"".to_owned(),
/// };
/// let words = witnessmark_record::change_words(&change);
/// assert_eq!(words.field, "Place, locality (place.locality)");
/// assert_eq!((words.was.as_deref(), words.now.as_deref()), (Some("Kiev"), Some("Kyiv")));
/// ```
pub fn change_words(change: &v1::FieldChange) -> ChangeWords {
    let value = |text: &str| match text {
        "" => None,
        text => Some(value_words(&change.path, text).unwrap_or_else(|| escape(text))),
    };
    let path = escape(&change.path);
    ChangeWords {
        field: match label_of_path(&change.path) {
            Some(label) => format!("{label} ({path})"),
            None => path,
        },
        was: value(&change.was),
        now: value(&change.now),
    }
}

/// Why a record was corrected, as a word such as `new information`.
pub fn reason_words(reason: v1::CorrectionReason) -> String {
    let name = reason.as_str_name();
    let word = name.strip_prefix("CORRECTION_REASON_").unwrap_or(name);
    word.to_ascii_lowercase().replace('_', " ")
}

/// Every single value of a record that a correction may change, by its path, as `was` must have it.
///
/// # Examples
///
/// ```
/// let record = witnessmark_record::v1::Record {
///     org: "team".to_owned(),
///     note: "two".to_owned(),
///     ..Default::default()
/// };
/// let values = witnessmark_record::correctable_values(&record);
/// assert_eq!(values, [("note".to_owned(), "\"two\"".to_owned())]);
/// ```
pub fn correctable_values(record: &v1::Record) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    leaves("", &to_json(record), &mut paths);
    let message = descriptor::dynamic(record);
    let paths = paths.into_iter().filter(|path| is_correctable(path));
    paths
        .filter_map(|path| {
            let place = descriptor::place(&path)?;
            let text = text_at(&message, &path, &place)?;
            Some((path, text))
        })
        .collect()
}

fn leaves(path: &str, json: &Json, found: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            for (name, member) in members {
                leaves(&descriptor::join(path, name), member, found);
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                leaves(&format!("{path}[{at}]"), item, found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            found.push(path.to_owned());
        }
    }
}

fn value_words(path: &str, text: &str) -> Option<String> {
    let place = descriptor::place(path)?;
    let value = read_field(&place, text, "").ok()?;
    let words = words_of(&place.field, place.is_item, &value);
    (!words.is_empty()).then_some(words)
}
