//! What an audit shows of a whole ledger besides what is wrong with it: counts, devices, checkpoints that signers had seen.

use witnessmark_verifier::{Hash, KeyId, RecordId};

/// What a whole ledger holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerContents {
    /// Entries read.
    pub entries: u64,
    /// How many of them were read by an earlier audit, whose state was believed, and not again.
    pub read_before: u64,
    /// Records among them.
    pub records: u64,
    /// Key events among them.
    pub key_events: u64,
    /// Organisations with a key chain.
    pub organisations: u64,
    /// Signatures on records that were checked.
    pub signatures: u64,
    /// The ledger's time of the first and the last entry, in milliseconds.
    pub first_and_last: Option<(u64, u64)>,
    /// Records that name a checkpoint that their signer had seen.
    pub seen_count: u64,
    /// Those of them that name a checkpoint of this ledger.
    pub seen_of_log: u64,
    /// The checkpoints that signers had seen, in the order of the log; only when details were asked for.
    pub seen: Vec<SeenFacts>,
    /// The devices: every key that ever had the role `record`.
    pub devices: Vec<DeviceFacts>,
    /// The records that have a number on their device, in the order of the log; only when details were asked for.
    pub numbered: Vec<NumberedFacts>,
}

/// A key that signs records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceFacts {
    /// The key.
    pub key_id: KeyId,
    /// Whose it is.
    pub organisation: String,
    /// What the organisation calls it.
    pub label: Option<String>,
}

/// A record with the number that it has on its device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedFacts {
    /// The place of the record.
    pub index: u64,
    /// Its id.
    pub record_id: RecordId,
    /// The device: the key of the first signature by a key with the role `record`.
    pub key_id: KeyId,
    /// The number, from 1.
    pub seq: u64,
    /// The record before it on the device, if it names one.
    pub previous: Option<RecordId>,
    /// When it was signed by the signer's clock, in milliseconds.
    pub signed_at: u64,
    /// When it was registered by the ledger's clock, in milliseconds.
    pub registered_at: u64,
}

/// The checkpoint that the signer of a record had seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFacts {
    /// The place of the record.
    pub index: u64,
    /// How many entries the checkpoint speaks of.
    pub size: u64,
    /// When the record was signed by the signer's clock, in milliseconds.
    pub signed_at: u64,
    /// Before when it cannot have been signed, in milliseconds by the ledger's clock: its time of the checkpoint's last
    /// entry. `None` when the ledger never had such a tree.
    pub not_before: Option<u64>,
    /// What does not fit.
    pub problem: Option<String>,
}

/// Two checkpoints that the log's key signed and that cannot both be honest: the log does not begin with the tree of the
/// one that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradicted {
    /// The file of the one that was kept.
    pub file: String,
    /// How many entries it speaks of.
    pub size: u64,
    /// The root it has for them.
    pub kept_root: Hash,
    /// The root that as many entries from the start of the log have.
    pub found_root: Hash,
    /// The signed note that was kept.
    pub kept_note: String,
    /// The signed note that the log was audited against.
    pub checkpoint_note: String,
}
