//! A ledger in which everything can be wrong: it is built step by step by the formulas of FORMAT alone, and a fault can be put
//! in before something is signed, after it, or into the bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, Mutex};

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_merkle::{Frontier, InclusionPlan, NodeId};
use witnessmark_verifier::{Hash, KeyId, LeafHash, hex, pae, sha256};

pub(crate) const ORIGIN: &str = "ledger.example/two";
pub(crate) const START: u64 = 1_767_225_600_000;
const TYPE_CHARTER: &str = "application/vnd.witnessmark.charter.v1+text";
const TYPE_EVENT: &str = "application/vnd.witnessmark.key-event.v1+text";
pub(crate) const TYPE_RECORD: &str = "application/vnd.witnessmark.record.v1+protobuf";

/// The key of the log.
pub(crate) const LOG: u8 = 2;
/// The key of the witness.
pub(crate) const WITNESS: u8 = 30;

pub(crate) fn key(seed: u8) -> &'static SigningKey {
    static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
        (0..=u8::MAX)
            .map(|seed| SigningKey::from_bytes(&[seed; 32]))
            .collect()
    });
    &KEYS[usize::from(seed)]
}

pub(crate) fn public_hex(seed: u8) -> String {
    hex::encode(key(seed).verifying_key().as_bytes())
}

fn key_id(seed: u8) -> [u8; 32] {
    *KeyId::of(key(seed).verifying_key().as_bytes()).as_bytes()
}

/// One signature as it stands in an entry.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) algorithm: u8,
    pub(crate) key_id: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// The members of an entry, each of any value.
#[derive(Clone, Debug)]
pub(crate) struct RawEntry {
    pub(crate) kind: u8,
    pub(crate) registered_at: u64,
    pub(crate) org: Vec<u8>,
    pub(crate) seq: u32,
    pub(crate) head: Vec<u8>,
    pub(crate) payload_type: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) signatures: Vec<Signature>,
}

impl RawEntry {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = b"WMK1".to_vec();
        bytes.push(self.kind);
        bytes.extend(self.registered_at.to_be_bytes());
        bytes.push(u8::try_from(self.org.len()).unwrap_or(u8::MAX));
        bytes.extend(&self.org);
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(&self.head);
        bytes.extend(
            u16::try_from(self.payload_type.len())
                .unwrap()
                .to_be_bytes(),
        );
        bytes.extend(&self.payload_type);
        bytes.extend(u32::try_from(self.payload.len()).unwrap().to_be_bytes());
        bytes.extend(&self.payload);
        bytes.push(u8::try_from(self.signatures.len()).unwrap());
        for signature in &self.signatures {
            bytes.push(signature.algorithm);
            bytes.extend(&signature.key_id);
            bytes.extend(u16::try_from(signature.bytes.len()).unwrap().to_be_bytes());
            bytes.extend(&signature.bytes);
        }
        bytes
    }
}

/// What is appended in one step.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Charter,
    /// A key event: the lines from `do` on.
    Event(String),
    /// A record's payload.
    Record(Vec<u8>),
}

impl What {
    const fn payload_type(&self) -> &'static str {
        match self {
            Self::Charter => TYPE_CHARTER,
            Self::Event(_) => TYPE_EVENT,
            Self::Record(_) => TYPE_RECORD,
        }
    }
}

/// One step, and who signs it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) org: &'static str,
    pub(crate) what: What,
    pub(crate) signers: Vec<u8>,
}

/// Changes that somebody with the keys makes to one step.
pub(crate) trait Tamper {
    /// Before it is signed: the payload, and who signs.
    fn payload(&mut self, _step: usize, _payload: &mut Vec<u8>, _signers: &mut Vec<u8>) {}
    /// After it is signed.
    fn entry(&mut self, _step: usize, _entry: &mut RawEntry) {}
    /// The bytes.
    fn bytes(&mut self, _step: usize, _bytes: &mut Vec<u8>) {}
}

/// Nothing is changed.
pub(crate) struct Honest;

impl Tamper for Honest {}

/// The entries of a ledger, and for each organisation the places of its key events.
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) events: BTreeMap<&'static str, Vec<usize>>,
    pub(crate) ids: Vec<[u8; 32]>,
    frontier: Frontier,
    nodes: BTreeMap<NodeId, Hash>,
}

/// What a chain is at: the number of its events, and its head.
type Chain = (u32, [u8; 32]);

impl Ledger {
    pub(crate) fn build(steps: &[Step], tamper: &mut impl Tamper) -> Self {
        let mut ledger = Self {
            entries: Vec::new(),
            events: BTreeMap::new(),
            ids: Vec::new(),
            frontier: Frontier::new(),
            nodes: BTreeMap::new(),
        };
        let mut chains: BTreeMap<&str, Chain> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            let chain = chains.entry(step.org).or_insert((0, [0; 32]));
            let mut payload = payload_of(step, *chain, at);
            let mut signers = step.signers.clone();
            tamper.payload(at, &mut payload, &mut signers);
            let id = *sha256(&pae(step.what.payload_type(), &payload)).as_bytes();
            if matches!(step.what, What::Event(_)) {
                *chain = (chain.0 + 1, head_after(chain.1, id));
                ledger.events.entry(step.org).or_default().push(at);
            }
            let mut entry = entry_of(step, *chain, at, payload, &signers);
            tamper.entry(at, &mut entry);
            let mut bytes = entry.encode();
            tamper.bytes(at, &mut bytes);
            ledger.ids.push(id);
            ledger.push(bytes);
        }
        ledger
    }

    fn push(&mut self, bytes: Vec<u8>) {
        let nodes = &mut self.nodes;
        self.frontier.push(LeafHash::of(&bytes), &mut |id, hash| {
            nodes.insert(id, hash);
        });
        self.entries.push(bytes);
    }

    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The hashes that lead from the entry at `index` to the root.
    pub(crate) fn proof(&self, index: usize) -> Vec<Hash> {
        let size = u64::try_from(self.entries.len()).unwrap();
        let plan = InclusionPlan::new(u64::try_from(index).unwrap(), size).unwrap();
        let stored: Vec<Hash> = plan.nodes().iter().map(|id| self.nodes[id]).collect();
        plan.assemble(&stored).unwrap().hashes().to_vec()
    }
}

fn payload_of(step: &Step, chain: Chain, at: usize) -> Vec<u8> {
    match &step.what {
        What::Charter => charter().into_bytes(),
        What::Event(rest) => {
            let text = format!(
                "witnessmark/key-event/v1\norg {}\nseq {}\nprev {}\ntime {}\n{rest}",
                step.org,
                chain.0 + 1,
                hex::encode(&chain.1),
                time(at)
            );
            text.into_bytes()
        }
        What::Record(payload) => payload.clone(),
    }
}

fn time(at: usize) -> u64 {
    START + 1_000 * u64::try_from(at).unwrap()
}

fn charter() -> String {
    let mut registrars = [public_hex(1), public_hex(3)];
    registrars.sort();
    format!(
        "witnessmark/charter/v1\norigin {ORIGIN}\ncreated {START}\nhash rfc6962-sha256\ned25519 strict-torsion-free/1\n\
         entry-bytes-max 65535\nthreshold 2\nregistrar {}\nregistrar {}\n",
        registrars[0], registrars[1]
    )
}

fn head_after(head: [u8; 32], id: [u8; 32]) -> [u8; 32] {
    let mut bytes = b"witnessmark/key-chain/v1\n".to_vec();
    bytes.extend(head);
    bytes.extend(id);
    *sha256(&bytes).as_bytes()
}

fn entry_of(step: &Step, chain: Chain, at: usize, payload: Vec<u8>, signers: &[u8]) -> RawEntry {
    let payload_type = step.what.payload_type();
    let kind = match step.what {
        What::Record(_) => 1,
        What::Event(_) => 2,
        What::Charter => 3,
    };
    RawEntry {
        kind,
        registered_at: time(at),
        org: step.org.as_bytes().to_vec(),
        seq: chain.0,
        head: chain.1.to_vec(),
        payload_type: payload_type.as_bytes().to_vec(),
        signatures: signers
            .iter()
            .map(|seed| sign(*seed, payload_type, &payload))
            .collect(),
        payload,
    }
}

pub(crate) fn sign(seed: u8, payload_type: &str, payload: &[u8]) -> Signature {
    Signature {
        algorithm: 1,
        key_id: key_id(seed).to_vec(),
        bytes: signature(seed, pae(payload_type, payload)).to_vec(),
    }
}

/// A signature; most are asked for again and again.
pub(crate) fn signature(seed: u8, message: Vec<u8>) -> [u8; 64] {
    type Known = HashMap<(u8, Vec<u8>), [u8; 64]>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    const KNOWN_MAX: usize = 10_000;
    let at = (seed, message);
    if let Some(signature) = KNOWN.lock().unwrap().get(&at) {
        return *signature;
    }
    let signature = key(seed).sign(&at.1).to_bytes();
    let mut known = KNOWN.lock().unwrap();
    if known.len() < KNOWN_MAX {
        known.insert(at, signature);
    }
    signature
}
