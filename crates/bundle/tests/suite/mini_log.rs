//! A small log in memory: a charter, organisations with keys, records, checkpoints and proofs.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_bundle::{
    Bundle, BundleFiles, BundleParts, LoggedEntry, NoFiles, ProvedLeaf, Verdict, verify_bundle,
};
use witnessmark_merkle::{ConsistencyPlan, Frontier, InclusionPlan, NodeId};
use witnessmark_record::{encode, v1};
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    Charter, Checkpoint, ConsistencyProof, Cosignature, Entry, EntryKind, EntrySignature, Hash,
    InclusionProof, KeyAction, KeyChain, KeyEvent, KeyRole, LeafHash, NoteAlgorithm, OrgName,
    Origin, PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD, PublicKey, RecordId,
    RevokeReason, VerifierKey, cosignature_message, pae,
};

pub(crate) const ORIGIN: &str = "ledger.example/mini";
pub(crate) const TEAM: &str = "demo-field-team";
pub(crate) const COURT: &str = "demo-court-registry";

/// The time of the charter; each later entry comes a second after the one before it.
pub(crate) const START: u64 = 1_767_225_600_000;

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn public(key: &SigningKey) -> PublicKey {
    PublicKey::admit(key.verifying_key().as_bytes()).unwrap()
}

pub(crate) fn sign(key: &SigningKey, payload_type: &str, payload: &[u8]) -> EntrySignature {
    EntrySignature {
        key_id: public(key).key_id(),
        signature: key.sign(&pae(payload_type, payload)).to_bytes(),
    }
}

pub(crate) fn org(name: &str) -> OrgName {
    OrgName::parse(name).unwrap()
}

#[derive(Clone)]
pub(crate) struct MiniLog {
    pub(crate) origin: String,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) chains: BTreeMap<OrgName, KeyChain>,
    pub(crate) log_key: SigningKey,
    pub(crate) now: u64,
    charter: Charter,
}

impl MiniLog {
    /// A log with its charter alone.
    pub(crate) fn new(origin: &str) -> Self {
        let registrar = key(1);
        let charter = Charter {
            origin: Origin::parse(origin).unwrap(),
            created: START,
            threshold: 1,
            registrars: vec![public(&registrar)],
        };
        let mut log = Self {
            origin: origin.to_owned(),
            entries: Vec::new(),
            chains: BTreeMap::new(),
            log_key: key(2),
            now: START,
            charter: charter.clone(),
        };
        let payload = charter.encode().into_bytes();
        let signatures = vec![sign(&registrar, PAYLOAD_TYPE_CHARTER, &payload)];
        log.push(Entry {
            kind: EntryKind::Charter,
            registered_at: START,
            org: None,
            org_key_seq: 0,
            org_key_head: Hash::new([0; 32]),
            payload_type: PAYLOAD_TYPE_CHARTER.to_owned(),
            payload,
            signatures,
        });
        log
    }

    /// The usual log: two organisations with a record key each, the team's second key (5) revoked.
    pub(crate) fn usual() -> Self {
        let mut log = Self::new(ORIGIN);
        log.admit(TEAM, 10, 11);
        log.admit(COURT, 20, 21);
        log
    }

    /// Appends an entry, whatever it is.
    pub(crate) fn push(&mut self, mut entry: Entry) -> u64 {
        entry.registered_at = self.now;
        self.now += 1_000;
        self.push_bytes(entry.encode().unwrap())
    }

    pub(crate) fn push_bytes(&mut self, bytes: Vec<u8>) -> u64 {
        self.entries.push(bytes);
        u64::try_from(self.entries.len()).unwrap() - 1
    }

    /// Genesis with root `root`, then the record key `device`.
    pub(crate) fn admit(&mut self, name: &str, root: u8, device: u8) {
        let genesis = KeyAction::Genesis {
            threshold: 1,
            roots: vec![public(&key(root))],
        };
        self.key_event(name, genesis, &[&key(root), &key(1)]);
        self.add_key(name, root, device, KeyRole::Record);
    }

    pub(crate) fn add_key(&mut self, name: &str, root: u8, device: u8, role: KeyRole) -> u64 {
        let add = KeyAction::Add {
            key: public(&key(device)),
            role,
            label: Some(format!("key {device}")),
        };
        self.key_event(name, add, &[&key(root), &key(device)])
    }

    /// A key whose label looks composed and is not, which an honest ledger refuses.
    pub(crate) fn add_decomposed(&mut self, name: &str, root: u8, device: u8) -> u64 {
        let add = KeyAction::Add {
            key: public(&key(device)),
            role: KeyRole::Record,
            label: Some("cam\u{65}\u{301}ra".to_owned()),
        };
        self.key_event(name, add, &[&key(root), &key(device)])
    }

    pub(crate) fn revoke(&mut self, name: &str, root: u8, device: u8, since: Option<u64>) -> u64 {
        let revoke = KeyAction::Revoke {
            key_id: public(&key(device)).key_id(),
            reason: RevokeReason::Compromised,
            suspected_since: since,
        };
        self.key_event(name, revoke, &[&key(root)])
    }

    pub(crate) fn key_event(&mut self, name: &str, action: KeyAction, by: &[&SigningKey]) -> u64 {
        let name = org(name);
        let fresh = || KeyChain::new(name.clone());
        let chain = self.chains.entry(name.clone()).or_insert_with(fresh);
        let event = KeyEvent {
            org: name.clone(),
            seq: chain.seq() + 1,
            prev: chain.head(),
            time: self.now,
            action,
        };
        let payload = event.encode().into_bytes();
        let signatures: Vec<_> = by
            .iter()
            .map(|key| sign(key, PAYLOAD_TYPE_KEY_EVENT, &payload))
            .collect();
        chain.apply(&self.charter, &payload, &signatures).unwrap();
        let (org_key_seq, org_key_head) = (chain.seq(), chain.head());
        self.push(Entry {
            kind: EntryKind::KeyEvent,
            registered_at: 0,
            org: Some(name),
            org_key_seq,
            org_key_head,
            payload_type: PAYLOAD_TYPE_KEY_EVENT.to_owned(),
            payload,
            signatures,
        })
    }

    /// A plain record by `name`.
    pub(crate) fn message(&self, name: &str, title: &str) -> v1::Record {
        v1::Record {
            org: name.to_owned(),
            signed_at_ms: self.now - 500,
            origin: self.origin.clone(),
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

    pub(crate) fn record(&mut self, device: u8, message: &v1::Record) -> u64 {
        let entry = self.record_entry(&[device], message);
        self.push(entry)
    }

    /// The entry of a record, not yet in the log.
    pub(crate) fn record_entry(&self, devices: &[u8], message: &v1::Record) -> Entry {
        let payload = encode(message);
        let chain = &self.chains[&org(&message.org)];
        Entry {
            kind: EntryKind::Record,
            registered_at: self.now,
            org: Some(org(&message.org)),
            org_key_seq: chain.seq(),
            org_key_head: chain.head(),
            payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
            signatures: devices
                .iter()
                .map(|d| sign(&key(*d), PAYLOAD_TYPE_RECORD, &payload))
                .collect(),
            payload,
        }
    }

    pub(crate) fn id(&self, index: u64) -> RecordId {
        self.entry(index).record_id()
    }

    pub(crate) fn entry(&self, index: u64) -> Entry {
        Entry::parse(&self.entries[usize::try_from(index).unwrap()]).unwrap()
    }

    pub(crate) fn vkey(&self) -> VerifierKey {
        let name = Origin::parse(&self.origin).unwrap();
        VerifierKey::new(name, NoteAlgorithm::Ed25519, public(&self.log_key))
    }

    /// A policy that trusts this log alone.
    pub(crate) fn policy(&self) -> String {
        format!("log {}\nquorum none\n", self.vkey())
    }

    /// A policy that asks for the witness with key `seed` as well.
    pub(crate) fn policy_with(&self, seed: u8) -> String {
        format!(
            "log {}\nwitness w {}\nquorum w\n",
            self.vkey(),
            witness(seed)
        )
    }

    pub(crate) fn frontier(&self) -> (Frontier, BTreeMap<NodeId, Hash>) {
        let mut frontier = Frontier::new();
        let mut nodes = BTreeMap::new();
        for entry in &self.entries {
            frontier.push(LeafHash::of(entry), &mut |id, hash| {
                nodes.insert(id, hash);
            });
        }
        (frontier, nodes)
    }

    /// The signed checkpoint of all entries, cosigned by the witnesses with these keys.
    pub(crate) fn checkpoint(&self, witnesses: &[u8]) -> String {
        let head = self.frontier().0.head();
        let origin = Origin::parse(&self.origin).unwrap();
        let text = Checkpoint {
            origin: origin.clone(),
            head,
        }
        .encode();
        let signature = self.log_key.sign(text.as_bytes()).to_bytes();
        let mut note = format!("{text}\n");
        note.push_str(&signature_line(&origin, self.vkey().key_id(), &signature));
        for seed in witnesses {
            let time_s = self.now / 1_000 + 7 + u64::from(seed.saturating_sub(30));
            let signature = key(*seed)
                .sign(&cosignature_message(time_s, &text))
                .to_bytes();
            let bytes = Cosignature { time_s, signature }.encode();
            note.push_str(&signature_line(
                witness(*seed).name(),
                witness(*seed).key_id(),
                &bytes,
            ));
        }
        note
    }

    pub(crate) fn proof(&self, index: u64) -> InclusionProof {
        let (frontier, nodes) = self.frontier();
        let plan = InclusionPlan::new(index, frontier.size()).unwrap();
        let hashes: Vec<Hash> = plan.nodes().iter().map(|id| nodes[id]).collect();
        plan.assemble(&hashes).unwrap()
    }

    /// The leaf at `index`, and the proof that it is in the tree.
    pub(crate) fn leaf(&self, index: u64) -> ProvedLeaf {
        ProvedLeaf {
            leaf: LeafHash::of(&self.entries[usize::try_from(index).unwrap()]),
            inclusion: self.proof(index),
        }
    }

    /// The root of the first `size` entries, and the proof that they are the beginning of all of them.
    pub(crate) fn beginning(&self, size: u64) -> (Hash, ConsistencyProof) {
        let (frontier, nodes) = self.frontier();
        let mut first = Frontier::new();
        for entry in &self.entries[..usize::try_from(size).unwrap()] {
            first.push(LeafHash::of(entry), &mut |_, _| {});
        }
        let plan = ConsistencyPlan::new(size, frontier.size()).unwrap();
        let hashes: Vec<Hash> = plan.nodes().iter().map(|id| nodes[id]).collect();
        (first.root(), plan.assemble(&hashes).unwrap())
    }

    pub(crate) fn logged(&self, index: u64) -> LoggedEntry {
        LoggedEntry {
            index,
            entry: self.entries[usize::try_from(index).unwrap()].clone(),
            inclusion: self.proof(index),
        }
    }

    pub(crate) fn parts(&self, record: u64, related: &[u64]) -> BundleParts {
        BundleParts {
            checkpoint: self.checkpoint(&[]),
            charter: self.logged(0),
            record: self.logged(record),
            related: related.iter().map(|index| self.logged(*index)).collect(),
            key_events: self
                .entries
                .iter()
                .filter(|bytes| Entry::parse(bytes).is_ok_and(|e| e.kind == EntryKind::KeyEvent))
                .cloned()
                .collect(),
            disclosures: Vec::new(),
            files: BundleFiles::None,
        }
    }

    pub(crate) fn bundle(&self, record: u64, related: &[u64]) -> Bundle {
        self.parts(record, related).assemble().unwrap()
    }
}

pub(crate) fn witness(seed: u8) -> VerifierKey {
    let name = Origin::parse(&format!("witness.example/{seed}")).unwrap();
    VerifierKey::new(name, NoteAlgorithm::CosignatureEd25519, public(&key(seed)))
}

/// The verdict on a bundle under a policy, with no files beside it.
pub(crate) fn judge(bundle: &Bundle, policy: &str) -> Verdict {
    verify_bundle(
        bundle.encode().unwrap().as_bytes(),
        policy.as_bytes(),
        &NoFiles,
    )
}

pub(crate) fn link(rel: v1::LinkRel, target: &RecordId) -> v1::Link {
    v1::Link {
        rel: rel.into(),
        target: target.as_bytes().to_vec(),
        ..Default::default()
    }
}

/// Why a verdict is what it is, for the message of a failed test.
pub(crate) fn why(verdict: &Verdict) -> String {
    verdict.failed().map_or_else(
        || verdict.word.as_str().to_owned(),
        |check| {
            format!(
                "{}: {}: {}",
                verdict.word.as_str(),
                check.name,
                check.detail
            )
        },
    )
}

/// Asserts that the verdict is negative, by this check and with these words in its detail.
#[track_caller]
pub(crate) fn assert_fails(verdict: &Verdict, exit_code: u8, check: &str, detail: &str) {
    let why = why(verdict);
    assert_eq!(verdict.exit_code(), exit_code, "{why}");
    assert_eq!(verdict.failed().unwrap().name, check, "{why}");
    assert!(why.contains(detail), "{why}");
    assert_no_positive_word(verdict);
}

/// A failing verdict must not hold a word that a hasty reader takes for an approval.
#[track_caller]
pub(crate) fn assert_no_positive_word(verdict: &Verdict) {
    let text = verdict.to_text().replace("NOT VERIFIED", "");
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let word = word.to_lowercase();
        assert!(
            !["verified", "valid", "ok", "success", "true"].contains(&word.as_str()),
            "{text}"
        );
    }
    let json = verdict.to_json();
    assert!(
        !json.contains("\"verified\"") && !json.contains("verified_with_remarks"),
        "{json}"
    );
    assert!(json.contains("\"record\": null"), "{json}");
}
