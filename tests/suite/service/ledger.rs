//! A ledger for one test: made by `init`, served by the real daemon, with one organisation and its
//! four keys.

use std::fs;
use std::path::Path;

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use tonic::transport::Channel;
use witnessmark_client::{Client, LoggedEntry, SignedPayload};
use witnessmark_proto::v1::ledger_service_client::LedgerServiceClient;
use witnessmark_record::{encode, from_json, v1};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    EntrySignature, Hash, KeyAction, KeyEvent, KeyId, KeyRole, OrgName, PAYLOAD_TYPE_KEY_EVENT,
    PAYLOAD_TYPE_RECORD, PublicKey, RevokeReason, TrustPolicy, base64, key_chain_head, pae, sha256,
};

use crate::support::{Daemon, run};

pub(super) const ORIGIN: &str = "ledger.test/service";
pub(super) const ORG: &str = "field-team";

/// The organisation's root; it signs key events only.
pub(super) fn root() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

/// A key with the role record.
pub(super) fn device() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

/// A key with the role countersign.
pub(super) fn countersigner() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

/// A key that had the role record and was revoked.
pub(super) fn revoked() -> SigningKey {
    SigningKey::from_bytes(&[4; 32])
}

/// A key of nobody.
pub(super) fn stranger() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

/// How many entries [`TestLedger::start`] makes: the charter and five key events.
pub(super) const SIZE: u64 = 6;

pub(super) struct TestLedger {
    pub(super) folder: tempfile::TempDir,
    pub(super) daemon: Daemon,
    pub(super) client: Client,
}

impl TestLedger {
    /// A ledger with its organisation admitted and its keys added and revoked.
    pub(super) async fn start() -> Self {
        Self::start_with("").await
    }

    /// The same, with more lines in its settings.
    pub(super) async fn start_with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("ledger");
        run(["init", "--origin", ORIGIN, "--dir", dir.to_str().unwrap()]).exits(0);
        let path = dir.join("ledger.toml");
        let text = fs::read_to_string(&path).unwrap() + settings;
        fs::write(&path, text).unwrap();
        let daemon = Daemon::start(&dir);
        let client = Client::connect(&daemon.url, policy(&dir)).await.unwrap();
        let ledger = Self {
            folder,
            daemon,
            client,
        };
        for event in key_events(&registrar(&dir)) {
            ledger.client.submit_key_event(event).await.unwrap();
        }
        ledger
    }

    /// A connection that verifies nothing.
    pub(super) async fn bare(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::connect(self.daemon.url.clone())
            .await
            .unwrap()
    }

    /// Logs a good record.
    pub(super) async fn log(&self, number: u64) -> LoggedEntry {
        self.client
            .submit_record(good_record(number))
            .await
            .unwrap()
    }
}

/// The policy that `init` wrote.
pub(super) fn policy(dir: &Path) -> TrustPolicy {
    witnessmark_policy::parse(&fs::read_to_string(dir.join("trust.policy")).unwrap()).unwrap()
}

/// The registrar's key that `init` made.
pub(super) fn registrar(dir: &Path) -> SigningKey {
    let pem = fs::read_to_string(dir.join("keys/registrar.key")).unwrap();
    let der = base64::decode(pem.lines().nth(1).unwrap()).unwrap();
    SigningKey::from_bytes(der[16..].try_into().unwrap())
}

/// The organisation's key events, each signed as it must be.
pub(super) fn key_events(registrar: &SigningKey) -> Vec<SignedPayload> {
    let mut chain = Chain::default();
    let add = |key: &SigningKey, role| KeyAction::Add {
        key: public(key),
        role,
        label: None,
    };
    let genesis = KeyAction::Genesis {
        threshold: 1,
        roots: vec![public(&root())],
    };
    let reason = RevokeReason::Lost;
    let key_id = key_id(&revoked());
    vec![
        chain.next(genesis, &[&root(), registrar]),
        chain.next(add(&device(), KeyRole::Record), &[&root(), &device()]),
        chain.next(
            add(&countersigner(), KeyRole::Countersign),
            &[&root(), &countersigner()],
        ),
        chain.next(add(&revoked(), KeyRole::Record), &[&root(), &revoked()]),
        chain.next(
            KeyAction::Revoke {
                key_id,
                reason,
                suspected_since: None,
            },
            &[&root()],
        ),
    ]
}

/// Makes key events that follow each other.
pub(super) struct Chain {
    pub(super) seq: u32,
    pub(super) head: Hash,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            seq: 0,
            head: Hash::new([0; 32]),
        }
    }
}

impl Chain {
    pub(super) fn next(&mut self, action: KeyAction, keys: &[&SigningKey]) -> SignedPayload {
        self.next_of(ORG, action, keys)
    }

    pub(super) fn next_of(
        &mut self,
        org: &str,
        action: KeyAction,
        keys: &[&SigningKey],
    ) -> SignedPayload {
        self.seq += 1;
        let name = OrgName::parse(org).unwrap();
        let event = KeyEvent {
            org: name,
            seq: self.seq,
            prev: self.head,
            time: 1_700_000_000_000,
            action,
        };
        let text = event.encode().into_bytes();
        self.head = key_chain_head(&self.head, &sha256(&pae(PAYLOAD_TYPE_KEY_EVENT, &text)));
        signed_as(org, PAYLOAD_TYPE_KEY_EVENT, text, keys)
    }
}

/// A record without a fault, another one for each number.
pub(super) fn record(number: u64) -> v1::Record {
    let document = json!({
        "org": ORG,
        "device_seq": number,
        "signed_at_ms": 1_704_500_000_000_u64,
        "origin": ORIGIN,
        "schema": "statement/1",
        "thread_id": "a3bb189e-8bf9-4888-9912-ace4e6543002",
        "titles": [{ "lang": "en", "text": format!("Statement number {number}") }],
        "asserted_by": { "name": "Example Field Team", "type": "ngo", "country": "CH" },
        "basis": "own_observation",
        "language": "en",
        "occurred": "2024-01-02",
        "reported": "2024-01-04",
        "place": { "country": "UA", "locality": "Kyiv" },
        "marking": { "tlp": "clear" },
        "statement": {
            "statement_type": "press",
            "texts": [{ "lang": "en", "text": "We have examined the part." }],
            "fidelity": "exact",
            "language": "en",
            "forum": "Press conference",
            "first_hand": "yes",
        },
    });
    from_json(&document).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The record, signed by the device.
pub(super) fn good_record(number: u64) -> SignedPayload {
    signed_record(&record(number), &[&device()])
}

pub(super) fn signed_record(record: &v1::Record, keys: &[&SigningKey]) -> SignedPayload {
    signed(PAYLOAD_TYPE_RECORD, encode(record), keys)
}

pub(super) fn signed(payload_type: &str, payload: Vec<u8>, keys: &[&SigningKey]) -> SignedPayload {
    signed_as(ORG, payload_type, payload, keys)
}

pub(super) fn signed_as(
    org: &str,
    payload_type: &str,
    payload: Vec<u8>,
    keys: &[&SigningKey],
) -> SignedPayload {
    let message = pae(payload_type, &payload);
    let signatures = keys
        .iter()
        .map(|key| EntrySignature {
            key_id: key_id(key),
            signature: key.sign(&message).to_bytes(),
        })
        .collect();
    let org = OrgName::parse(org).unwrap();
    SignedPayload {
        org,
        payload_type: payload_type.to_owned(),
        payload,
        signatures,
    }
}

pub(super) fn public(key: &SigningKey) -> PublicKey {
    PublicKey::admit(key.verifying_key().as_bytes()).unwrap()
}

pub(super) fn key_id(key: &SigningKey) -> KeyId {
    KeyId::of(key.verifying_key().as_bytes())
}
