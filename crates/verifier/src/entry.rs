//! The entry: the exact bytes that one leaf of the tree commits to.
//!
//! ```text
//! "WMK1" | u8 kind | u64 registered_at | u8 len, org | u32 org_key_seq | org_key_head[32]
//!        | u16 len, payload type | u32 len, payload
//!        | u8 count, count x ( u8 alg | key_id[32] | u16 len, signature )
//! ```
//!
//! Integers are big-endian. Signatures are part of the entry, so none can be stripped or exchanged
//! without another leaf hash.

use alloc::{string::String, vec::Vec};

use crate::{
    Hash, KeyId, OrgName, PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_KEY_EVENT, PAYLOAD_TYPE_RECORD,
    RecordId, reader::Reader,
};

/// The most bytes an entry has: an entry bundle of a tiled log gives its length in a `u16`.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// The most signatures an entry has, so that checking one is bounded work.
pub const ENTRY_SIGNATURES_MAX: usize = 8;

const MAGIC: [u8; 4] = *b"WMK1";
const ALGORITHM_ED25519: u8 = 1;

spelling! {
    /// What an entry holds.
    EntryKind: code -> u8, of_code {
        /// A record signed by an organisation.
        Record = 1,
        /// A change of an organisation's keys.
        KeyEvent = 2,
        /// The charter of the ledger: entry 0 and no other.
        Charter = 3,
        /// An outside proof of time over a checkpoint.
        TimeAnchor = 4,
        /// What remains of a payload that had to be erased.
        Tombstone = 5,
        /// The ledger hashed again with another function.
        Rehash = 6,
    }
}

impl EntryKind {
    /// Whether entries of this kind belong to an organisation and carry the state of its key chain.
    const fn has_organisation(self) -> bool {
        matches!(self, Self::Record | Self::KeyEvent | Self::Tombstone)
    }

    /// The one payload type of this kind, where the format knows one.
    const fn payload_type(self) -> Option<&'static str> {
        match self {
            Self::Record => Some(PAYLOAD_TYPE_RECORD),
            Self::KeyEvent => Some(PAYLOAD_TYPE_KEY_EVENT),
            Self::Charter => Some(PAYLOAD_TYPE_CHARTER),
            Self::TimeAnchor | Self::Tombstone | Self::Rehash => None,
        }
    }
}

/// One Ed25519 signature over the PAE of the payload, with the key it claims to be by.
///
/// The key id is a hint for finding the key, never a reason to trust it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntrySignature {
    /// Thumbprint of the signer's key.
    pub key_id: KeyId,
    /// The signature as received.
    pub signature: [u8; 64],
}

/// A parsed entry. Its form is right; no signature has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the payload is.
    pub kind: EntryKind,
    /// When the ledger admitted it, in milliseconds since 1970 by the ledger's own clock.
    pub registered_at: u64,
    /// The organisation it belongs to; `None` for charters, time anchors and rehashes.
    pub org: Option<OrgName>,
    /// How many events the organisation's key chain had (for a key event, this one included).
    pub org_key_seq: u32,
    /// The head of the organisation's key chain after `org_key_seq` events.
    pub org_key_head: Hash,
    /// The payload type of the signed envelope.
    pub payload_type: String,
    /// The signed bytes, exactly as received.
    pub payload: Vec<u8>,
    /// Signatures over the PAE of type and payload.
    pub signatures: Vec<EntrySignature>,
}

impl Entry {
    /// Reads an entry. Every length is checked before it is read.
    ///
    /// # Errors
    ///
    /// If the bytes are not exactly one entry in its one spelling.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong);
        }
        let mut reader = Reader(bytes);
        let entry = Self::read(&mut reader)?;
        if !reader.0.is_empty() {
            return Err(EntryError::TrailingBytes);
        }
        entry.check()?;
        Ok(entry)
    }

    /// The SHA-256 of the PAE of type and payload: what links and retries refer to.
    pub fn record_id(&self) -> RecordId {
        RecordId::of(&self.payload_type, &self.payload)
    }

    /// The fields in their order.
    fn read(reader: &mut Reader<'_>) -> Result<Self, EntryError> {
        if reader.array()? != MAGIC {
            return Err(EntryError::Magic);
        }
        let kind = EntryKind::of_code(u8::from_be_bytes(reader.array()?));
        let kind = kind.ok_or(EntryError::Kind)?;
        let registered_at = u64::from_be_bytes(reader.array()?);
        let org = read_org(reader.tiny()?)?;
        let org_key_seq = u32::from_be_bytes(reader.array()?);
        let org_key_head = Hash::new(reader.array()?);
        let payload_type = reader.short()?;
        let payload_type = str::from_utf8(payload_type).map_err(|_| EntryError::PayloadType)?;
        let payload = reader.long()?.to_vec();
        let count = usize::from(u8::from_be_bytes(reader.array()?));
        if count > ENTRY_SIGNATURES_MAX {
            return Err(EntryError::TooManySignatures);
        }
        let mut signatures = Vec::with_capacity(count);
        for _ in 0..count {
            if reader.array()? != [ALGORITHM_ED25519] {
                return Err(EntryError::Algorithm);
            }
            let key_id = KeyId::new(Hash::new(reader.array()?));
            let signature = reader.short()?.try_into();
            let signature = signature.map_err(|_| EntryError::SignatureLength)?;
            signatures.push(EntrySignature { key_id, signature });
        }
        Ok(Self {
            kind,
            registered_at,
            org,
            org_key_seq,
            org_key_head,
            payload_type: payload_type.into(),
            payload,
            signatures,
        })
    }

    /// The rules that tie the other fields to the kind.
    ///
    /// # Errors
    ///
    /// When the entry breaks one.
    pub fn check(&self) -> Result<(), EntryError> {
        if self.kind.has_organisation() != self.org.is_some() {
            return Err(EntryError::Organisation);
        }
        let zero = self.org_key_seq == 0 && self.org_key_head == Hash::new([0; 32]);
        if self.org.is_none() && !zero {
            return Err(EntryError::KeyChain);
        }
        match self.kind.payload_type() {
            Some(expected) if self.payload_type != expected => Err(EntryError::PayloadType),
            _ => Ok(()),
        }
    }
}

fn read_org(bytes: &[u8]) -> Result<Option<OrgName>, EntryError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let name = str::from_utf8(bytes).map_err(|_| EntryError::Organisation)?;
    let name = OrgName::parse(name).map_err(|_| EntryError::Organisation);
    name.map(Some)
}

error! {
    /// Why bytes are not an entry, or an entry has no bytes.
    EntryError {
        /// More than [`ENTRY_BYTES_MAX`] bytes.
        TooLong => "the entry is longer than 65535 bytes",
        /// The bytes end inside a field.
        Truncated => "the entry ends inside a field",
        /// Something follows the last signature.
        TrailingBytes => "bytes follow the end of the entry",
        /// The first four bytes are not `WMK1`.
        Magic => "the entry does not begin with WMK1",
        /// No kind has this number.
        Kind => "the entry is of an unknown kind",
        /// The organisation is no valid name, is missing, or stands where there is none.
        Organisation => "the entry's organisation is not as its kind requires",
        /// A kind without an organisation carries the state of a key chain.
        KeyChain => "an entry without organisation carries a key chain",
        /// The payload type is not the one of this kind.
        PayloadType => "the payload type is not the one of the entry's kind",
        /// More than [`ENTRY_SIGNATURES_MAX`] signatures.
        TooManySignatures => "the entry has more than 8 signatures",
        /// A signature is of an unknown algorithm.
        Algorithm => "a signature of the entry is of an unknown algorithm",
        /// A signature does not have 64 bytes.
        SignatureLength => "a signature of the entry does not have 64 bytes",
    }
}
