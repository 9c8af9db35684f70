//! The ledger that the comparison is made on: two organisations, keys that come and go, records about a record, protected
//! fields, and a file.

use std::collections::BTreeMap;
use std::io::{self, Read};

use serde_json::{Value as Json, json};
use witnessmark_bundle::FileSource;
use witnessmark_record::{DisclosedValue, Disclosure, encode, field_salt, v1};
use witnessmark_verifier::{KeyId, base64, pae, sha256};

use crate::document::{Chain, Document, FileName, Related, checkpoint, policy, proven};
use crate::ledger::{Ledger, ORIGIN, START, Step, TYPE_RECORD, Tamper, What, key, public_hex};

pub(crate) const TEAM: &str = "field-team";
pub(crate) const COURT: &str = "court-registry";
/// The place of the record that the bundle is about.
pub(crate) const SUBJECT: usize = 7;

/// A bundle, the policy to judge it by, and the files beside it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) bundle: Vec<u8>,
    pub(crate) policy: Vec<u8>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// The files beside a bundle.
pub(crate) struct Files<'a>(&'a BTreeMap<String, Vec<u8>>);

impl Files<'static> {
    /// No files at all.
    pub(crate) fn none() -> Self {
        static NONE: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        Self(&NONE)
    }
}

impl FileSource for Files<'_> {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        Ok(self
            .0
            .get(name)
            .map(|bytes| -> Box<dyn Read> { Box::new(bytes.as_slice()) }))
    }
}

impl Case {
    pub(crate) const fn source(&self) -> Files<'_> {
        Files(&self.files)
    }

    pub(crate) fn question(&self) -> Json {
        let files: serde_json::Map<_, _> = self
            .files
            .iter()
            .map(|(name, bytes)| (name.clone(), json!(base64::encode(bytes))))
            .collect();
        json!({
            "bundle": base64::encode(&self.bundle),
            "policy": base64::encode(&self.policy),
            "files": files,
        })
    }
}

/// A time as disclosures have it.
const START_I64: i64 = 1_767_225_600_000;

/// The disclosures of the protected fields of the subject.
pub(crate) fn disclosures() -> Vec<Vec<u8>> {
    let values = [
        ("place.detail", DisclosedValue::Text("bay 4".to_owned())),
        ("wreckage_finding.count", DisclosedValue::Integer(-3)),
        ("witness.is_known", DisclosedValue::Bool(true)),
        ("witness", DisclosedValue::Json("{\"a\":1}".to_owned())),
        ("found_at", DisclosedValue::Time(START_I64)),
        ("seen_at", DisclosedValue::Time(-1)),
        ("seal", DisclosedValue::Bytes(vec![0, 255])),
    ];
    values
        .into_iter()
        .map(|(name, value)| {
            let disclosure = Disclosure {
                salt: field_salt(&[7; 32], name).unwrap(),
                name: name.to_owned(),
                value,
            };
            disclosure.encode().unwrap()
        })
        .collect()
}

pub(crate) const PHOTO: &[u8] = b"a photograph";

pub(crate) fn message(org: &str, title: &str) -> v1::Record {
    v1::Record {
        org: org.to_owned(),
        signed_at_ms: START - 500,
        origin: ORIGIN.to_owned(),
        schema: "wreckage-finding/1".to_owned(),
        asserted_by: Some(v1::Asserter {
            name: "A Body".to_owned(),
            ..Default::default()
        }),
        titles: vec![v1::LangString {
            lang: "en".to_owned(),
            text: title.to_owned(),
        }],
        body: Some(v1::record::Body::WreckageFinding(
            v1::WreckageFinding::default(),
        )),
        ..Default::default()
    }
}

/// The record that the bundle is about, with the digests of these disclosures.
pub(crate) fn subject(disclosures: &[Vec<u8>]) -> v1::Record {
    let mut record = message(TEAM, "Tail section");
    let mut digests: Vec<Vec<u8>> = disclosures
        .iter()
        .map(|bytes| sha256(bytes).as_bytes().to_vec())
        .collect();
    digests.push(vec![0x55; 32]);
    digests.sort();
    digests.dedup();
    record.protected = digests;
    record.attachments = vec![v1::Attachment {
        sha256: sha256(PHOTO).as_bytes().to_vec(),
        size: u64::try_from(PHOTO.len()).unwrap(),
        name: "photo.jpg".to_owned(),
        ..Default::default()
    }];
    record
}

pub(crate) fn link(rel: v1::LinkRel, target: &[u8; 32]) -> v1::Link {
    v1::Link {
        rel: rel.into(),
        target: target.to_vec(),
        ..Default::default()
    }
}

pub(crate) fn event(org: &'static str, lines: &str, signers: &[u8]) -> Step {
    Step {
        org,
        what: What::Event(lines.to_owned()),
        signers: signers.to_vec(),
    }
}

pub(crate) fn record(org: &'static str, record: &v1::Record, signers: &[u8]) -> Step {
    Step {
        org,
        what: What::Record(encode(record)),
        signers: signers.to_vec(),
    }
}

pub(crate) fn add(seed: u8, role: &str) -> String {
    format!(
        "do add\nkey {} {role}\nlabel key {seed}\n",
        public_hex(seed)
    )
}

/// The id of a record with this payload.
pub(crate) fn id_of(payload: &[u8]) -> [u8; 32] {
    *sha256(&pae(TYPE_RECORD, payload)).as_bytes()
}

/// What happened in the ledger, and then these steps.
pub(crate) fn steps_and(subject: &v1::Record, more: Vec<Step>) -> Vec<Step> {
    let mut steps = steps(subject);
    steps.extend(more);
    steps
}

/// What happened in the ledger, when this record is its subject.
pub(crate) fn steps(subject: &v1::Record) -> Vec<Step> {
    let id = id_of(&encode(subject));
    let mut contradicts = message(COURT, "Not so");
    // The relation of the first link is the one that counts.
    contradicts.links = vec![
        link(v1::LinkRel::Contradicts, &id),
        link(v1::LinkRel::About, &id),
    ];
    let mut attests = message(COURT, "We looked at it");
    "attestation/1".clone_into(&mut attests.schema);
    attests.body = Some(v1::record::Body::Attestation(v1::Attestation {
        target: id.to_vec(),
        stance: v1::Stance::Confirms.into(),
        ..Default::default()
    }));
    let mut roots = [public_hex(10), public_hex(12)];
    roots.sort();
    let [first, second] = roots;
    let genesis = format!("do genesis\nthreshold 1\nroot {first}\nroot {second}\n");
    let court = format!("do genesis\nthreshold 1\nroot {}\n", public_hex(20));
    let rotate = format!("do rotate-root\nthreshold 1\nroot {}\n", public_hex(14));
    let device = key_id_hex(11);
    let revoke = format!(
        "do revoke\nkey-id {device}\nreason compromised\nsuspected-since {}\n",
        START + 100
    );
    vec![
        Step {
            org: "",
            what: What::Charter,
            signers: vec![1, 3],
        },
        event(TEAM, &genesis, &[10, 1, 3]),
        event(TEAM, &add(11, "record"), &[12, 11]),
        event(COURT, &court, &[20, 1, 3]),
        event(COURT, &add(21, "record"), &[20, 21]),
        event(TEAM, &add(13, "countersign"), &[10, 13]),
        event(TEAM, &rotate, &[10, 12]),
        record(TEAM, subject, &[11, 13]),
        record(COURT, &contradicts, &[21]),
        event(TEAM, &revoke, &[14]),
        record(COURT, &attests, &[21]),
    ]
}

/// The key id of a test key, in hexadecimal digits.
pub(crate) fn key_id_hex(seed: u8) -> String {
    KeyId::of(key(seed).verifying_key().as_bytes()).to_string()
}

/// The honest document about the subject of a ledger.
pub(crate) fn document(ledger: &Ledger, disclosures: &[Vec<u8>]) -> Document {
    let checkpoint = checkpoint(ledger);
    let related = |relation: &str, index: usize| {
        let proven = proven(ledger, index, &checkpoint);
        Related {
            relation: relation.to_owned(),
            entry: proven.entry,
            proof: proven.proof,
        }
    };
    let chain = |org: &str| Chain {
        org: org.to_owned(),
        events: ledger.events[org]
            .iter()
            .map(|at| base64::encode(&ledger.entries[*at]))
            .collect(),
    };
    Document {
        format: "witnessmark-bundle/1".to_owned(),
        record: proven(ledger, SUBJECT, &checkpoint),
        charter: proven(ledger, 0, &checkpoint),
        key_chains: vec![chain(COURT), chain(TEAM)],
        related: vec![related("contradicts", 8), related("corroborates", 10)],
        disclosures: disclosures.iter().map(|it| base64::encode(it)).collect(),
        files: vec![FileName {
            name: "photo.jpg".to_owned(),
            sha256: sha256(PHOTO).to_string(),
            size: u64::try_from(PHOTO.len()).unwrap(),
        }],
    }
}

/// The files beside the honest bundle.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    [("photo.jpg".to_owned(), PHOTO.to_vec())].into()
}

/// The whole story with changes by somebody who has the keys.
pub(crate) fn told(
    subject: &v1::Record,
    disclosures: &[Vec<u8>],
    tamper: &mut impl Tamper,
) -> Document {
    let ledger = Ledger::build(&steps(subject), tamper);
    document(&ledger, disclosures)
}

/// The document as a case.
pub(crate) fn case(document: &Document) -> Case {
    Case {
        bundle: document.text().into_bytes(),
        policy: policy().into_bytes(),
        files: files(),
    }
}
