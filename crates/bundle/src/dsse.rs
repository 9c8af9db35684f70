//! A signed record in a file: DSSE's JSON envelope, which any DSSE tool can check.
//!
//! What is signed is the payload, never this file, so its layout is free: members in any order, any
//! white space. What each member holds has one spelling, and unknown or doubled members are refused.

use serde::{Deserialize, Serialize};
use witnessmark_verifier::{ENTRY_SIGNATURES_MAX, EntrySignature, KeyId, RecordId, base64};

use crate::limits::DSSE_BYTES_MAX;

/// A payload with its type and signatures. Nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRecord {
    /// What the payload is; signed together with it.
    pub payload_type: String,
    /// The bytes that were signed.
    pub payload: Vec<u8>,
    /// The signatures over PAE of type and payload.
    pub signatures: Vec<EntrySignature>,
}

/// Why a file is not a signed record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DsseError {
    /// The file is larger than any signed record.
    #[error("the file is larger than {DSSE_BYTES_MAX} bytes")]
    TooLarge,
    /// It is not a JSON document of DSSE's form.
    #[error(
        "the file is not a DSSE envelope: one JSON object of payload, payloadType and signatures (line {line}, column {column})"
    )]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The payload is not strict base64.
    #[error("payload is not strict base64")]
    Payload,
    /// A key id is not 64 lower-case hex digits.
    #[error("a keyid is not 64 lower-case hex digits")]
    KeyId,
    /// A signature is not 64 bytes in strict base64.
    #[error("a sig is not 64 bytes in strict base64")]
    Signature,
    /// There are more signatures than an entry holds.
    #[error("there are more than {ENTRY_SIGNATURES_MAX} signatures")]
    TooManySignatures,
}

impl SignedRecord {
    /// Reads an envelope.
    ///
    /// # Errors
    ///
    /// When `bytes` are not one envelope with members and values as this file's head says.
    pub fn parse(bytes: &[u8]) -> Result<Self, DsseError> {
        if bytes.len() > DSSE_BYTES_MAX {
            return Err(DsseError::TooLarge);
        }
        let envelope: Envelope =
            serde_json::from_slice(bytes).map_err(|e| DsseError::Malformed {
                line: e.line(),
                column: e.column(),
            })?;
        if envelope.signatures.len() > ENTRY_SIGNATURES_MAX {
            return Err(DsseError::TooManySignatures);
        }
        Ok(Self {
            payload: base64::decode(&envelope.payload).map_err(|_| DsseError::Payload)?,
            payload_type: envelope.payload_type,
            signatures: envelope
                .signatures
                .iter()
                .map(Signature::read)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The envelope, indented by two spaces and ended by a newline.
    pub fn encode(&self) -> String {
        // Strings and lists of strings always serialise.
        let mut text = serde_json::to_string_pretty(&self.envelope()).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The envelope in one line, without a newline.
    pub(crate) fn encode_line(&self) -> String {
        serde_json::to_string(&self.envelope()).unwrap_or_default()
    }

    fn envelope(&self) -> Envelope {
        Envelope {
            payload: base64::encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures: self.signatures.iter().map(Signature::of).collect(),
        }
    }

    /// The id of the record: the SHA-256 of what was signed.
    pub fn record_id(&self) -> RecordId {
        RecordId::of(&self.payload_type, &self.payload)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

impl Signature {
    fn of(signature: &EntrySignature) -> Self {
        Self {
            keyid: signature.key_id.to_string(),
            sig: base64::encode(&signature.signature),
        }
    }

    fn read(&self) -> Result<EntrySignature, DsseError> {
        let bytes = base64::decode(&self.sig).map_err(|_| DsseError::Signature)?;
        Ok(EntrySignature {
            key_id: KeyId::parse_hex(&self.keyid).map_err(|_| DsseError::KeyId)?,
            signature: bytes.try_into().map_err(|_| DsseError::Signature)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use witnessmark_verifier::PAYLOAD_TYPE_RECORD;

    use super::*;

    fn signed() -> SignedRecord {
        SignedRecord {
            payload_type: PAYLOAD_TYPE_RECORD.to_owned(),
            payload: vec![1, 2, 3, 4],
            signatures: vec![EntrySignature {
                key_id: KeyId::of(&[7; 32]),
                signature: [9; 64],
            }],
        }
    }

    #[test]
    fn an_envelope_reads_back_in_any_layout() {
        let text = signed().encode();
        assert_eq!(SignedRecord::parse(text.as_bytes()), Ok(signed()));
        let packed: String = text.split_whitespace().collect();
        assert_eq!(SignedRecord::parse(packed.as_bytes()), Ok(signed()));
    }

    #[test]
    fn what_is_unknown_doubled_or_loose_is_refused() {
        let text = signed().encode();
        for (from, to) in [
            ("\"payload\":", "\"Payload\":"),
            ("\"payload\":", "\"x\": 1, \"payload\":"),
            ("\"payload\":", "\"payload\": \"AQIDBA==\", \"payload\":"),
            ("AQIDBA==", "AQIDBA"),
            ("AQIDBA==", "AQIDBB=="),
            ("AQIDBA==", "AQID BA=="),
            ("CQkJ", "CQk"),
            ("\"keyid\": \"", "\"keyid\": \"A"),
        ] {
            let bad = text.replacen(from, to, 1);
            assert_ne!(bad, text, "{from}");
            assert!(SignedRecord::parse(bad.as_bytes()).is_err(), "{to}");
        }
        assert!(SignedRecord::parse(format!("{text}x").as_bytes()).is_err());
        assert_eq!(
            SignedRecord::parse(&vec![b' '; DSSE_BYTES_MAX + 1]),
            Err(DsseError::TooLarge)
        );
    }

    #[test]
    fn nine_signatures_are_refused() {
        let mut record = signed();
        record.signatures = vec![record.signatures[0].clone(); 9];
        assert_eq!(
            SignedRecord::parse(record.encode().as_bytes()),
            Err(DsseError::TooManySignatures)
        );
    }
}
