//! The request file: something to be signed by several people, which travels from one to the next until all have signed.
//!
//! It is a DSSE envelope with three more members, so that who signs on a machine without a network can be shown what he signs
//! and who has not signed yet:
//!
//! ```text
//! { "format": "witnessmark-key-request/1",
//!   "payloadType": ..., "payload": ..., "signatures": [{"keyid": ..., "sig": ...}, ...],
//!   "charter": base64 of the ledger's entry 0, or null
//!   "chain": [base64 of the entry of the organisation's event 1, 2, ...] }
//! ```
//!
//! Nothing of it is signed but the payload, and nothing of it is believed: the entries are replayed.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use witnessmark_bundle::SignedRecord;
use witnessmark_verifier::{KeyEvent, OrgName, PAYLOAD_TYPE_KEY_EVENT, base64};

use super::state::View;
use crate::cli::files;
use crate::output::{Failure, Trouble};

const FORMAT: &str = "witnessmark-key-request/1";

/// The longest request: room for ten thousand events of a chain, as many as a bundle holds.
const REQUEST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What is to be signed, the signatures so far, and what it follows.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Request {
    /// What is signed, and the signatures so far.
    pub(in crate::cli) signed: SignedRecord,
    charter: Option<Vec<u8>>,
    chain: Vec<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
    charter: Option<String>,
    chain: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

impl Request {
    /// The longest file that is read as one, in bytes.
    pub(in crate::cli) const BYTES_MAX: u64 = REQUEST_BYTES_MAX;

    /// A request with what it follows, as far as that is known.
    pub(in crate::cli) fn new(signed: SignedRecord, view: Option<&View>) -> Self {
        Self {
            signed,
            charter: view.map(|view| view.charter_entry.clone()),
            chain: view.map(|view| view.events.clone()).unwrap_or_default(),
        }
    }

    /// Reads a file: a request, or a signed event without anything around it.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is neither.
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = files::read_bytes(path, REQUEST_BYTES_MAX)?;
        Self::parse(&bytes).map_err(|message| {
            Failure::refused(Trouble::new("NOT_A_REQUEST", path.display(), message).fix(
                "give a file that `witnessmark org ... --out` or `witnessmark init --charter-out` wrote, as it was written",
            ))
        })
    }

    /// Parses a request, or a signed event without anything around it.
    ///
    /// # Errors
    ///
    /// What it is not.
    pub(in crate::cli) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if let Ok(signed) = SignedRecord::parse(bytes) {
            return Ok(Self::new(signed, None));
        }
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| format!("the file is not a request: {error}"))?;
        if document.format != FORMAT {
            let format = document.format;
            return Err(format!(
                "the format {format:?} is not known; this version knows {FORMAT}"
            ));
        }
        let signatures: Vec<Value> = document
            .signatures
            .iter()
            .map(|it| json!({ "keyid": it.keyid, "sig": it.sig }))
            .collect();
        let envelope = json!({
            "payload": document.payload,
            "payloadType": document.payload_type,
            "signatures": signatures,
        });
        let signed = SignedRecord::parse(envelope.to_string().as_bytes())
            .map_err(|error| error.to_string())?;
        let decode = |member: &str, text: &str| {
            base64::decode(text).map_err(|_| format!("{member} is not strict base64"))
        };
        let charter = document.charter.map(|text| decode("charter", &text));
        let chain = document.chain.iter().map(|text| decode("chain", text));
        Ok(Self {
            signed,
            charter: charter.transpose()?,
            chain: chain.collect::<Result<_, _>>()?,
        })
    }

    /// The text of the file.
    pub(in crate::cli) fn encode(&self) -> String {
        let signatures = self.signed.signatures.iter().map(|it| Signature {
            keyid: it.key_id.to_string(),
            sig: base64::encode(&it.signature),
        });
        let document = Document {
            format: FORMAT.to_owned(),
            payload_type: self.signed.payload_type.clone(),
            payload: base64::encode(&self.signed.payload),
            signatures: signatures.collect(),
            charter: self.charter.as_deref().map(base64::encode),
            chain: self.chain.iter().map(|it| base64::encode(it)).collect(),
        };
        // Strings and lists of strings always serialise.
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Whose keys it changes; `None` when it is no key event.
    pub(super) fn org(&self) -> Option<OrgName> {
        if self.signed.payload_type != PAYLOAD_TYPE_KEY_EVENT {
            return None;
        }
        KeyEvent::parse(&self.signed.payload)
            .ok()
            .map(|event| event.org)
    }

    /// What the request says it follows, if it says so.
    ///
    /// # Errors
    ///
    /// When that is not the state of any ledger.
    pub(super) fn view(&self, org: &OrgName) -> Result<Option<View>, String> {
        let Some(charter) = &self.charter else {
            return Ok(None);
        };
        View::of_entries(org, charter.clone(), self.chain.clone()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let signed = SignedRecord {
            payload_type: "a".to_owned(),
            payload: vec![1, 2, 3],
            signatures: Vec::new(),
        };
        Request {
            signed,
            charter: Some(vec![7]),
            chain: vec![vec![8], vec![9]],
        }
    }

    #[test]
    fn a_request_is_read_back_as_it_was_written() {
        let text = request().encode();
        let back = Request::parse(text.as_bytes()).unwrap();
        assert_eq!(back.encode(), text);
        assert_eq!(back.signed, request().signed);
        // A signed event alone is a request that says nothing of what it follows.
        let alone = Request::parse(request().signed.encode().as_bytes()).unwrap();
        assert!(alone.charter.is_none() && alone.chain.is_empty());
    }

    #[test]
    fn what_is_unknown_doubled_or_loose_is_refused() {
        let text = request().encode();
        for (from, to) in [
            ("key-request/1", "key-request/2"),
            ("\"chain\":", "\"x\": 1, \"chain\":"),
            ("\"charter\":", "\"charter\": null, \"charter\":"),
            ("\"AQID\"", "\"AQI\""),
            ("\"Bw==\"", "\"Bx==\""),
            ("\"signatures\": [", "\"signatures\": [1"),
        ] {
            let bad = text.replacen(from, to, 1);
            assert_ne!(bad, text, "{from}");
            assert!(Request::parse(bad.as_bytes()).is_err(), "{to}");
        }
    }
}
