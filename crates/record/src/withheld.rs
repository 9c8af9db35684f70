//! What a record may withhold inside of lists and parties, and which names of private persons it holds in clear.

use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, Value};

use crate::descriptor::{self, join, typed};
use crate::v1;

/// Lists whose items a record cannot do without: links and targets say which records it speaks of, attachments which files
/// belong to it, a title what it is called.
const NEVER: &[&str] = &[
    "protected",
    "titles",
    "links",
    "attachments",
    "missing",
    "attestation",
    "correction",
    "withdrawal",
    "erasure",
    "disclosure",
];

/// The fields of a party by which it is known.
const KNOWN_BY: [&str; 5] = [
    "name_as_written",
    "transliteration",
    "office",
    "address",
    "identifiers",
];

/// Whether the item of a list that `path` names may be withheld while others follow it: it then stays as an empty item, and
/// `missing` names its path with the reason withheld. True for lists of messages and of texts but those by which a record
/// speaks of other records and of its files, and its titles.
///
/// # Examples
///
/// ```
/// use witnessmark_record::may_withhold_item;
/// assert!(may_withhold_item("intercepted_shipment.parties[0]"));
/// assert!(!may_withhold_item("links[0]"));
/// assert!(!may_withhold_item("marking.content_flags[0]"));
/// ```
pub fn may_withhold_item(path: &str) -> bool {
    let root = path.split(['.', '[']).next().unwrap_or_default();
    descriptor::place(path).is_some_and(|place| {
        let kind = place.field.kind();
        place.is_item
            && !NEVER.contains(&root)
            && (kind.as_message().is_some() || matches!(kind, Kind::String))
    })
}

/// The paths that `missing` explains with the reason withheld, and that explain why something else says nothing: items of
/// lists that are empty, and parties.
#[derive(Debug, Default)]
pub(crate) struct Excused {
    items: Vec<String>,
    parties: Vec<String>,
}

impl Excused {
    /// What `record` withholds. `message` is it for reflection, asked for when it withholds anything.
    pub(crate) fn of<'a>(record: &v1::Record, message: impl Fn() -> &'a DynamicMessage) -> Self {
        let mut excused = Self::default();
        let withheld = record
            .missing
            .iter()
            .filter(|it| it.reason() == v1::MissingReason::Withheld);
        for missing in withheld {
            let path = &missing.path;
            if may_withhold_item(path) && descriptor::is_empty_item(message(), path) {
                excused.items.push(path.clone());
            }
            if let Some((party, field)) = path.rsplit_once('.')
                && KNOWN_BY.contains(&field)
            {
                excused.parties.push(party.to_owned());
            }
        }
        excused
    }

    /// Whether the item at `path`, or the one in which `path` lies, is empty because it is withheld.
    pub(crate) fn has_item(&self, path: &str) -> bool {
        self.items.iter().any(|item| {
            path.strip_prefix(item.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Whether the party at `path` withholds what it is known by.
    pub(crate) fn has_party(&self, path: &str) -> bool {
        self.parties.iter().any(|party| party == path)
    }
}

/// The paths of every name, address and list of identifiers of a private person that the record holds in clear. A private person
/// is a party of type `person` that is neither a public official nor publicly listed.
pub fn private_persons(record: &v1::Record) -> Vec<String> {
    let mut paths = Vec::new();
    persons(&descriptor::dynamic(record), "", &mut paths);
    paths
}

fn persons(message: &DynamicMessage, path: &str, paths: &mut Vec<String>) {
    if message.descriptor().name() == "Party" {
        return party(&typed(message), path, paths);
    }
    for (field, value) in message.fields() {
        let path = join(path, field.name());
        if let Some(inner) = value.as_message() {
            persons(inner, &path, paths);
        }
        let items = value.as_list().unwrap_or_default().iter();
        for (at, inner) in items.map(Value::as_message).enumerate() {
            if let Some(inner) = inner {
                persons(inner, &format!("{path}[{at}]"), paths);
            }
        }
    }
}

fn party(party: &v1::Party, path: &str, paths: &mut Vec<String>) {
    let is_public = party.public_official || party.publicly_listed;
    if party.r#type() != v1::PartyType::Person || is_public {
        return;
    }
    let given = [
        ("name_as_written", !party.name_as_written.is_empty()),
        ("transliteration", !party.transliteration.is_empty()),
        ("address", !party.address.is_empty()),
        ("identifiers", !party.identifiers.is_empty()),
    ];
    let given = given.into_iter().filter(|(_, given)| *given);
    paths.extend(given.map(|(field, _)| join(path, field)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> v1::Party {
        v1::Party {
            name_as_written: name.to_owned(),
            r#type: v1::PartyType::Person.into(),
            ..v1::Party::default()
        }
    }

    #[test]
    fn private_persons_are_found_wherever_they_stand() {
        let official = v1::Party {
            public_official: true,
            ..person("An Official")
        };
        let known = v1::Party {
            transliteration: "B".to_owned(),
            address: "Street 1".to_owned(),
            identifiers: vec![v1::Identifier::default()],
            ..person("B")
        };
        let statement = v1::Statement {
            speaker: Some(person("A")),
            joint_with: vec![official, known],
            ..v1::Statement::default()
        };
        let record = v1::Record {
            body: Some(v1::record::Body::Statement(statement)),
            ..v1::Record::default()
        };
        let expected = [
            "statement.speaker.name_as_written",
            "statement.joint_with[1].name_as_written",
            "statement.joint_with[1].transliteration",
            "statement.joint_with[1].address",
            "statement.joint_with[1].identifiers",
        ];
        assert_eq!(private_persons(&record), expected);
    }

    #[test]
    fn items_that_say_what_a_record_speaks_of_are_never_withheld() {
        for path in [
            "sources[1]",
            "refs[0]",
            "summaries[2]",
            "statement.joint_with[0]",
        ] {
            assert!(may_withhold_item(path), "{path}");
        }
        for path in [
            "sources",
            "titles[0]",
            "attachments[0]",
            "erasure.targets[0]",
            "disclosure.fields[0].digests[0]",
            "protected[0]",
            "nothing[0]",
            "sources[0].url",
        ] {
            assert!(!may_withhold_item(path), "{path}");
        }
    }
}
