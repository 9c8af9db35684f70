//! The bytes of an entry.

use witnessmark_verifier::{ENTRY_BYTES_MAX, ENTRY_SIGNATURES_MAX, Entry, EntryError, OrgName};

use crate::Encode;

const MAGIC: &[u8; 4] = b"WMK1";
const ALGORITHM_ED25519: u8 = 1;
const SIGNATURE_BYTES: u16 = 64;

/// The bytes whose leaf hash is the entry's. An error when the entry breaks a rule of its kind, or is too
/// large to be written.
impl Encode for Entry {
    type Encoded = Result<Vec<u8>, EntryError>;

    fn encode(&self) -> Result<Vec<u8>, EntryError> {
        self.check()?;
        if self.signatures.len() > ENTRY_SIGNATURES_MAX {
            return Err(EntryError::TooManySignatures);
        }
        let org = self.org.as_ref().map_or("", OrgName::as_str);
        let org_len = u8::try_from(org.len()).map_err(|_| EntryError::TooLong)?;
        let type_len = u16::try_from(self.payload_type.len()).map_err(|_| EntryError::TooLong)?;
        let payload_len = u32::try_from(self.payload.len()).map_err(|_| EntryError::TooLong)?;
        let count =
            u8::try_from(self.signatures.len()).map_err(|_| EntryError::TooManySignatures)?;
        let mut bytes = Vec::from(MAGIC);
        bytes.push(self.kind.code());
        bytes.extend(self.registered_at.to_be_bytes());
        bytes.push(org_len);
        bytes.extend(org.as_bytes());
        bytes.extend(self.org_key_seq.to_be_bytes());
        bytes.extend(self.org_key_head.as_bytes());
        bytes.extend(type_len.to_be_bytes());
        bytes.extend(self.payload_type.as_bytes());
        bytes.extend(payload_len.to_be_bytes());
        bytes.extend(&self.payload);
        bytes.push(count);
        for signature in &self.signatures {
            bytes.push(ALGORITHM_ED25519);
            bytes.extend(signature.key_id.as_bytes());
            bytes.extend(SIGNATURE_BYTES.to_be_bytes());
            bytes.extend(signature.signature);
        }
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong);
        }
        Ok(bytes)
    }
}
