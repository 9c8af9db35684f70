//! The thread of a record: every entry proved to be in one tree, and every signature checked.

use std::collections::BTreeMap;

use witnessmark_proto::{ProvedEntry, ThreadAnswer, ThreadRequest};
use witnessmark_verifier::{
    Charter, ConsistencyProof, Entry, EntryKind, InclusionProof, KeyChain, LeafHash, LeafIndex,
    OrgName, Origin, RecordId, TreeHead, TreeSize, VerifiedCheckpoint,
};

use crate::{Client, ClientError};

/// The records that a ledger shows as the thread of a record. Each is proved to be in the log, and signed by keys that
/// its organisation had. That they belong together is for whoever reads them to see; that none is missing is the
/// ledger's word.
#[derive(Debug, Clone)]
pub struct ProvedThread {
    /// The tree that the proofs are about.
    pub head: TreeHead,
    /// The proof that the tree of `head` is a beginning of the checkpoint's.
    pub consistency: ConsistencyProof,
    /// The latest checkpoint.
    pub checkpoint: VerifiedCheckpoint,
    /// The records, ascending by index, with the one that was asked for.
    pub records: Vec<ThreadRecord>,
    /// Whether the ledger says that more is linked than one answer may hold.
    pub more: bool,
}

/// A record of a thread.
#[derive(Debug, Clone)]
pub struct ThreadRecord {
    /// Its place in the log.
    pub index: LeafIndex,
    /// What its entry says.
    pub entry: Entry,
    /// The bytes of the entry.
    pub bytes: Vec<u8>,
    /// The proof that the entry is in the tree.
    pub inclusion: InclusionProof,
}

impl Client {
    /// The thread of a record as of `size`, or of the latest size if that is `None`.
    ///
    /// # Errors
    ///
    /// There is no such record below that size, the thread is too large, or the answer does not verify.
    pub async fn thread(
        &self,
        record: RecordId,
        size: Option<TreeSize>,
    ) -> Result<ProvedThread, ClientError> {
        let request = ThreadRequest { record, size };
        let answer = self
            .service
            .clone()
            .get_thread(witnessmark_proto::v1::GetThreadRequest::from(request))
            .await?
            .into_inner();
        let answer = ThreadAnswer::try_from(answer)?;
        let checkpoint = self.accept(&answer.checkpoint).await?;
        let asked = size.unwrap_or_else(|| checkpoint.head().size);
        if answer.head.size != asked {
            return Err(ClientError::not_verified(
                "the answer is about another tree",
            ));
        }
        verify(answer, checkpoint, &record)
    }
}

fn verify(
    answer: ThreadAnswer,
    checkpoint: VerifiedCheckpoint,
    record: &RecordId,
) -> Result<ProvedThread, ClientError> {
    let ThreadAnswer {
        head,
        consistency,
        charter,
        key_events,
        records,
        more,
        ..
    } = answer;
    consistency
        .verify(&head, checkpoint.head())
        .map_err(ClientError::not_verified)?;
    let charter = charter_of(&charter, &head, checkpoint.origin())?;
    let entries = records
        .into_iter()
        .map(|proved| in_tree(proved, &head))
        .collect::<Result<Vec<_>, _>>()?;
    in_order(&entries)?;
    if !entries.iter().any(|one| one.entry.record_id() == *record) {
        let problem = "the record that was asked for is not in its thread";
        return Err(ClientError::not_verified(problem));
    }
    check_signatures(&entries, &charter, &key_events)?;
    Ok(ProvedThread {
        head,
        consistency,
        checkpoint,
        records: entries,
        more,
    })
}

fn charter_of(
    proved: &ProvedEntry,
    head: &TreeHead,
    origin: &Origin,
) -> Result<Charter, ClientError> {
    let fail = |problem: &dyn std::fmt::Display| {
        ClientError::not_verified(format!("the charter: {problem}"))
    };
    if proved.index.get() != 0 {
        return Err(fail(&"it is not entry 0"));
    }
    proved
        .inclusion
        .verify(LeafHash::of(&proved.entry), proved.index, head)
        .map_err(|error| fail(&error))?;
    let entry = Entry::parse(&proved.entry).map_err(|error| fail(&error))?;
    let charter = Charter::verify_entry(&entry).map_err(|error| fail(&error))?;
    if charter.origin == *origin {
        Ok(charter)
    } else {
        Err(fail(&"it is another ledger's"))
    }
}

fn in_tree(proved: ProvedEntry, head: &TreeHead) -> Result<ThreadRecord, ClientError> {
    let ProvedEntry {
        index,
        entry: bytes,
        inclusion,
    } = proved;
    let fail = |problem: &dyn std::fmt::Display| {
        ClientError::not_verified(format!("entry {index}: {problem}"))
    };
    inclusion
        .verify(LeafHash::of(&bytes), index, head)
        .map_err(|error| fail(&error))?;
    let entry = Entry::parse(&bytes).map_err(|error| fail(&error))?;
    if entry.kind != EntryKind::Record {
        return Err(fail(&"it is not a record"));
    }
    Ok(ThreadRecord {
        index,
        entry,
        bytes,
        inclusion,
    })
}

/// Each entry once, in the order of the log, and the ledger's times with it.
fn in_order(records: &[ThreadRecord]) -> Result<(), ClientError> {
    if !records.is_sorted_by(|before, after| before.index < after.index) {
        return Err(ClientError::not_verified("the records are not ascending"));
    }
    if !records.is_sorted_by_key(|record| record.entry.registered_at) {
        let problem = "a later entry has an earlier time of registration";
        return Err(ClientError::not_verified(problem));
    }
    Ok(())
}

/// Replays the key chains, and checks every record against the state of the chain that its entry names.
fn check_signatures(
    records: &[ThreadRecord],
    charter: &Charter,
    key_events: &[Vec<u8>],
) -> Result<(), ClientError> {
    // By organisation and number of the last key event: which records rely on that state.
    let mut waiting: BTreeMap<(OrgName, u32), Vec<&ThreadRecord>> = BTreeMap::new();
    for record in records {
        let fail =
            || ClientError::not_verified(format!("entry {}: nobody signed it", record.index));
        let org = record.entry.org.clone().ok_or_else(fail)?;
        let state = (org, record.entry.org_key_seq);
        waiting.entry(state).or_default().push(record);
    }
    let mut chains: BTreeMap<OrgName, KeyChain> = BTreeMap::new();
    for bytes in key_events {
        let fail = |problem: &dyn std::fmt::Display| {
            ClientError::not_verified(format!("a key event: {problem}"))
        };
        let entry = Entry::parse(bytes).map_err(|error| fail(&error))?;
        let org = entry.org.clone().ok_or_else(|| fail(&"it is nobody's"))?;
        let chain = chains
            .entry(org.clone())
            .or_insert_with(|| KeyChain::new(org.clone()));
        chain
            .apply_entry(charter, &entry)
            .map_err(|error| fail(&error))?;
        for record in waiting.remove(&(org, chain.seq())).unwrap_or_default() {
            chain.check_record_entry(&record.entry).map_err(|error| {
                ClientError::not_verified(format!("entry {}: {error}", record.index))
            })?;
        }
    }
    match waiting.into_keys().next() {
        None => Ok(()),
        Some((org, seq)) => Err(ClientError::not_verified(format!(
            "the key chain of {} does not reach key event {seq}, which an entry relies on",
            org.as_str()
        ))),
    }
}
