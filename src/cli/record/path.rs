//! Paths of fields in the form that people write, such as `intercepted_shipment.parties[0].address`, and taking out
//! what they name.

use std::str::FromStr;

use serde_json::{Map, Value};
use witnessmark_record::may_withhold_item;

/// A field of a draft. Ordered so that of two items of a list the later one is greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FieldPath {
    steps: Vec<Step>,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Item(usize),
    Member(String),
}

/// Why a field cannot be taken out of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TakeError {
    /// There is nothing at this path.
    #[error("the draft holds no such field")]
    Absent,
    /// It holds nothing.
    #[error("the field is empty: there is nothing to protect")]
    Empty,
    /// Taking it out would give the items after it other numbers than their paths say, and its list holds no empty item.
    #[error(
        "items follow it in its list, and would take its number; no item of this list can stay there empty"
    )]
    NotLast,
}

impl FieldPath {
    /// The path as it is written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The first member of the path.
    pub(super) fn first(&self) -> &str {
        match self.steps.first() {
            Some(Step::Member(name)) => name,
            Some(Step::Item(_)) | None => "",
        }
    }

    /// Whether it is a member of the record itself.
    pub(super) fn is_top(&self) -> bool {
        self.steps.len() == 1
    }

    /// Whether one of the two lies within the other, or they are the same.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.steps.iter().zip(&other.steps).all(|(a, b)| a == b)
    }

    /// Whether this field lies in the one at `path`, which may leave out the numbers of items.
    pub(super) fn lies_in(&self, path: &str) -> bool {
        let Ok(other) = path.parse::<Self>() else {
            return false;
        };
        let members = |path: &Self| -> Vec<Step> {
            let steps = path.steps.iter();
            steps
                .filter(|step| matches!(step, Step::Member(_)))
                .cloned()
                .collect()
        };
        members(self).starts_with(&members(&other))
    }

    /// Takes the field out of a draft. What then is empty goes with it, but for `kept`, a member of the
    /// record itself. An item of a list that others follow stays as an empty one, so that these keep their numbers; its path
    /// is added to `emptied`.
    ///
    /// # Errors
    ///
    /// When it is not there, holds nothing, or stands before other items of a list; the draft may then have lost
    /// nothing but the field.
    pub(super) fn take(
        &self,
        draft: &mut Value,
        kept: &str,
        emptied: &mut Vec<String>,
    ) -> Result<Value, TakeError> {
        let taken = take(draft, &self.steps, kept, "", emptied)?;
        if is_empty(&taken) || taken.as_str().is_some_and(str::is_empty) {
            return Err(TakeError::Empty);
        }
        Ok(taken)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn take(
    value: &mut Value,
    steps: &[Step],
    kept: &str,
    path: &str,
    emptied: &mut Vec<String>,
) -> Result<Value, TakeError> {
    let (step, rest) = steps.split_first().ok_or(TakeError::Absent)?;
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => {
            if rest.is_empty() {
                return members.remove(name).ok_or(TakeError::Absent);
            }
            let inner = members.get_mut(name).ok_or(TakeError::Absent)?;
            let dot = if path.is_empty() { "" } else { "." };
            let taken = take(inner, rest, "", &format!("{path}{dot}{name}"), emptied)?;
            if is_empty(inner) && name != kept {
                members.remove(name);
            }
            Ok(taken)
        }
        (Step::Item(at), Value::Array(items)) => {
            let is_last = at.checked_add(1) == Some(items.len());
            let inner = items.get_mut(*at).ok_or(TakeError::Absent)?;
            let path = format!("{path}[{at}]");
            let taken = if rest.is_empty() {
                inner.take()
            } else {
                take(inner, rest, "", &path, emptied)?
            };
            if is_empty(inner) && is_last {
                items.pop();
            } else if is_empty(inner) {
                if !may_withhold_item(&path) {
                    return Err(TakeError::NotLast);
                }
                *inner = if taken.is_string() && rest.is_empty() {
                    Value::String(String::new())
                } else {
                    Value::Object(Map::new())
                };
                emptied.push(path);
            }
            Ok(taken)
        }
        _ => Err(TakeError::Absent),
    }
}

impl FromStr for FieldPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let advice = || {
            format!(
                "`{text}` is not the path of a field, such as place.detail or cargo[0].declared"
            )
        };
        let mut steps = Vec::new();
        for piece in text.split('.') {
            let (name, item) = match piece.split_once('[') {
                Some((name, rest)) => (name, Some(rest.strip_suffix(']').ok_or_else(advice)?)),
                None => (piece, None),
            };
            let is_name =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if name.is_empty() || !name.bytes().all(is_name) {
                return Err(advice());
            }
            steps.push(Step::Member(name.to_owned()));
            if let Some(digits) = item {
                let number: usize = digits.parse().map_err(|_| advice())?;
                // One spelling for each path: it is the name of the field for ever.
                if number.to_string() != digits {
                    return Err(advice());
                }
                steps.push(Step::Item(number));
            }
        }
        Ok(Self {
            steps,
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> FieldPath {
        text.parse().unwrap()
    }

    #[test]
    fn a_path_has_one_spelling() {
        for good in ["place", "place.detail", "a.parties[0].name", "a[10]"] {
            assert_eq!(path(good).as_str(), good);
        }
        for bad in [
            "", ".", "a.", "A", "a[00]", "a[-1]", "a[+1]", "a[0", "a[0]b", "a[0][1]", "[0]", "a b",
            "a[]",
        ] {
            assert!(bad.parse::<FieldPath>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_empty_afterwards_goes_too() {
        let mut draft = json!({ "place": { "detail": "bay" }, "b": { "parties": [{ "x": "1" }, { "y": "2" }] } });
        let mut emptied = Vec::new();
        let mut take = |text: &str| path(text).take(&mut draft, "b", &mut emptied);
        assert_eq!(take("place.detail"), Ok(json!("bay")));
        assert_eq!(take("b.parties[1].y"), Ok(json!("2")));
        assert_eq!(take("b.parties[0]"), Ok(json!({ "x": "1" })));
        assert_eq!(draft, json!({ "b": {} }));
        assert!(emptied.is_empty(), "{emptied:?}");
    }

    #[test]
    fn an_item_that_others_follow_stays_as_an_empty_one() {
        let party = |name: &str| json!({ "name_as_written": name });
        let mut draft = json!({
            "statement": { "joint_with": [party("A"), party("B"), party("C")] },
            "wreckage_finding": { "parts_documented": ["a", "b"] },
        });
        let mut emptied = Vec::new();
        let mut take = |text: &str| path(text).take(&mut draft, "", &mut emptied);
        assert_eq!(take("wreckage_finding.parts_documented[0]"), Ok(json!("a")));
        // From the last to the first, as a plan does.
        assert_eq!(take("statement.joint_with[2]"), Ok(party("C")));
        assert_eq!(
            take("statement.joint_with[0].name_as_written"),
            Ok(json!("A"))
        );
        let left = json!({
            "statement": { "joint_with": [{}, party("B")] },
            "wreckage_finding": { "parts_documented": ["", "b"] },
        });
        assert_eq!(draft, left);
        let expected = [
            "wreckage_finding.parts_documented[0]",
            "statement.joint_with[0]",
        ];
        assert_eq!(emptied, expected);
    }

    #[test]
    fn a_field_that_is_not_there_or_cannot_stay_empty_is_refused() {
        let draft = json!({ "links": [{ "note": "1" }, { "note": "2" }], "e": "", "n": "n" });
        for (text, error) in [
            ("b", TakeError::Absent),
            ("links[2]", TakeError::Absent),
            ("n.m", TakeError::Absent),
            ("n[0]", TakeError::Absent),
            ("links.note", TakeError::Absent),
            ("e", TakeError::Empty),
            ("links[0]", TakeError::NotLast),
            ("links[0].note", TakeError::NotLast),
        ] {
            assert_eq!(
                path(text).take(&mut draft.clone(), "", &mut Vec::new()),
                Err(error),
                "{text}"
            );
        }
    }

    #[test]
    fn fields_within_each_other_are_told() {
        assert!(path("place").overlaps(&path("place.detail")));
        assert!(!path("a[0].x").overlaps(&path("a[1].x")));
        assert!(path("a.b[0].c").lies_in("a.b"));
        assert!(!path("a.b").lies_in("a.b.c"));
        assert!(path("a[1]") > path("a[0]"));
    }
}
