//! Records for the tests of this crate.

use witnessmark_record::{Record, RecordKind, encode, v1};
use witnessmark_verifier::{
    Entry, EntryKind, EntrySignature, Hash, KeyId, OrgName, PAYLOAD_TYPE_RECORD, RecordId,
};

use crate::{Node, Records};

pub(crate) use v1::LinkRel as Rel;

/// A draft of a record, changed before it is put at a place.
pub(crate) struct Draft {
    pub(crate) org: &'static str,
    pub(crate) key: u8,
    pub(crate) message: v1::Record,
}

/// A statement about a subject of its own, by a party of its own, with a source of its own.
pub(crate) fn draft(number: u8) -> Draft {
    let message = v1::Record {
        org: "org-a".to_owned(),
        device_seq: u64::from(number) + 1,
        thread_id: vec![number + 1; 16],
        asserted_by: Some(v1::Asserter {
            name: format!("Party {number}"),
            ..v1::Asserter::default()
        }),
        titles: vec![v1::LangString {
            lang: "en".to_owned(),
            text: format!("Record {number}"),
        }],
        sources: vec![v1::Source {
            url: format!("https://source-{number}.example/page"),
            ..v1::Source::default()
        }],
        body: Some(v1::record::Body::Statement(v1::Statement {
            forum: "press".to_owned(),
            ..v1::Statement::default()
        })),
        ..v1::Record::default()
    };
    Draft {
        org: "org-a",
        key: number,
        message,
    }
}

impl Draft {
    pub(crate) fn by(mut self, org: &'static str) -> Self {
        self.org = org;
        self
    }

    pub(crate) fn link(mut self, rel: Rel, target: RecordId) -> Self {
        self.message.links.push(v1::Link {
            rel: rel.into(),
            target: target.as_bytes().to_vec(),
            ..v1::Link::default()
        });
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut v1::Record)) -> Self {
        change(&mut self.message);
        self
    }

    pub(crate) fn record(&self) -> Record {
        let mut message = self.message.clone();
        message.org = self.org.to_owned();
        let body = message.body.as_ref().unwrap();
        message.schema = RecordKind::of(body).schema().to_owned();
        Record::decode(&encode(&message)).unwrap()
    }

    pub(crate) fn at(self, index: u64) -> Node {
        let entry = Entry {
            kind: EntryKind::Record,
            registered_at: 1_700_000_000_000 + index,
            org: Some(OrgName::parse(self.org).unwrap()),
            org_key_seq: 2,
            org_key_head: Hash::new([0; 32]),
            payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
            payload: encode(self.record().message()),
            signatures: vec![EntrySignature {
                key_id: KeyId::new(Hash::new([self.key; 32])),
                signature: [0; 64],
            }],
        };
        Node::of(index, &entry).unwrap()
    }
}

/// The id of a record that nobody has.
pub(crate) fn nobody() -> RecordId {
    RecordId::new(Hash::new([0xee; 32]))
}

pub(crate) fn records<const N: usize>(nodes: [&Node; N]) -> Records {
    nodes.into_iter().cloned().collect()
}
