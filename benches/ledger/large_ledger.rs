//! Fills a ledger with many records, to measure how it starts and works when it is large.
//!
//! ```text
//! cargo run --release --example large_ledger -- DIR ORG KEY.pub COUNT
//! ```
//!
//! DIR is a ledger that is stopped, in which ORG is admitted. The records have the form of real ones: each has a number on its
//! device, the record before it, and a thread of its own, and every fourth is about an earlier one. Their signatures are by KEY and
//! are not good: neither a store nor a start looks. The program then says `ready` and waits to be killed.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use witnessmark_log::testing::{commit_of, first_checkpoint};
use witnessmark_log::{CheckpointSigner, Commit, Log, Store};
use witnessmark_merkle::Frontier;
use witnessmark_record::{RecordKind, encode, v1};
use witnessmark_store_sled::{SledStore, StoreOptions};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Entry, EntryKind, EntrySignature, KeyId, LeafIndex, OrgName, PAYLOAD_TYPE_RECORD, RecordId,
    base64, hex, sha256,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Records in one commit.
const BATCH: u64 = 1_024;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [dir, org, key, count] = words.as_slice() else {
        return Err("DIR ORG KEY.pub COUNT".into());
    };
    let (dir, org) = (Path::new(dir), OrgName::parse(org)?);
    let key: [u8; 32] = hex::decode_32(fs::read_to_string(key)?.trim_end())?;
    fill(dir, &org, KeyId::of(&key), count.parse()?)?;
    say("ready")?;
    loop {
        std::thread::park();
    }
}

fn fill(dir: &Path, org: &OrgName, key: KeyId, count: u64) -> Outcome<()> {
    let store = Arc::new(SledStore::open(dir, &StoreOptions::default())?);
    let latest = store.latest()?.ok_or("there is no log")?;
    let origin = latest.checkpoint.origin().clone();
    let signer = CheckpointSigner::new(origin.clone(), log_key(dir)?);
    let log = Log::open(
        Arc::clone(&store),
        CheckpointSigner::new(origin.clone(), log_key(dir)?),
        &mut |_, _| {},
    )?;
    let epoch = store.latest()?.ok_or("there is a log")?.epoch;
    let published = log.reader().published();
    let chain = published
        .keychain
        .organisation(org)
        .ok_or("the organisation is not admitted")?;
    let last = published
        .size()
        .checked_sub(1)
        .ok_or("there is no charter")?;
    let last = Entry::parse(&log.reader().entry(LeafIndex::new(last))?)?;
    let mut maker = Maker {
        template: Entry {
            kind: EntryKind::Record,
            registered_at: last.registered_at,
            org_key_seq: chain.seq(),
            org_key_head: chain.head(),
            org: Some(org.clone()),
            payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
            payload: Vec::new(),
            signatures: vec![EntrySignature {
                key_id: key,
                signature: [0; 64],
            }],
        },
        record: v1::Record {
            org: org.as_str().to_owned(),
            origin: origin.as_str().to_owned(),
            schema: RecordKind::Statement.schema().to_owned(),
            body: Some(v1::record::Body::Statement(v1::Statement::default())),
            ..v1::Record::default()
        },
        earlier: Vec::new(),
    };
    let mut frontier = log.reader().frontier(published.size())?;
    drop((published, log));
    let mut bytes = 0;
    while frontier.size() < count {
        let room = BATCH.min(count - frontier.size());
        let commit = maker.grow(&mut frontier, &signer, (epoch, room))?;
        bytes += commit
            .entries
            .iter()
            .map(|entry| entry.len())
            .sum::<usize>();
        store.commit(&commit)?;
        if frontier.size() % (count / 10).max(1) < BATCH {
            say(&format!(
                "{} entries, {} MB",
                frontier.size(),
                bytes / 1_000_000
            ))?;
        }
    }
    // Not closed, so that the next start is one after a crash.
    std::mem::forget(store);
    Ok(())
}

/// What makes one record after the other.
struct Maker {
    template: Entry,
    record: v1::Record,
    /// Some of those that were made.
    earlier: Vec<RecordId>,
}

impl Maker {
    fn next(&mut self) -> Outcome<(Arc<[u8]>, RecordId)> {
        let number = self.record.device_seq + 1;
        self.record.device_seq = number;
        let hash = sha256(&number.to_be_bytes());
        self.record.thread_id = hash.as_bytes().get(..16).unwrap_or_default().to_vec();
        self.record.links.clear();
        if number.is_multiple_of(4)
            && let Some(target) = self.earlier.get(usize::try_from(number % 977)?)
        {
            self.record.links.push(v1::Link {
                rel: v1::LinkRel::About.into(),
                target: target.as_bytes().to_vec(),
                ..v1::Link::default()
            });
        }
        self.template.payload = encode(&self.record);
        let id = self.template.record_id();
        self.record.previous = id.as_bytes().to_vec();
        if self.earlier.len() < 977 {
            self.earlier.push(id);
        } else if let Some(place) = self.earlier.get_mut(usize::try_from(number % 977)?) {
            *place = id;
        }
        Ok((self.template.encode()?.into(), id))
    }

    /// The commit of the next records.
    fn grow(
        &mut self,
        frontier: &mut Frontier,
        signer: &CheckpointSigner,
        (epoch, count): (u64, u64),
    ) -> Outcome<Commit> {
        let (mut entries, mut record_ids) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (bytes, id) = self.next()?;
            record_ids.push(id);
            entries.push(bytes);
        }
        let sign = |head| first_checkpoint(signer, head);
        Ok(commit_of(frontier, epoch, (entries, record_ids), sign)?)
    }
}

/// The log's key, as `init` wrote it.
fn log_key(dir: &Path) -> Outcome<SigningKey> {
    let pem = fs::read_to_string(dir.join("keys/log.key"))?;
    let body = base64::decode(pem.lines().nth(1).ok_or("there is no key")?)?;
    let (_, seed) = body.split_last_chunk::<32>().ok_or("there is no key")?;
    Ok(SigningKey::from_bytes(seed))
}

fn say(line: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
