//! Records inside of the signatures: since the keys of the small log are known here, a record with edits is signed, logged and proved
//! anew, and vouched for only when it is a record.

use std::sync::OnceLock;

use witnessmark_bundle::{NoFiles, verify_bundle};
use witnessmark_record::{Record, encode, v1};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Entry, base64};

use crate::input::{self, Input};
use crate::keys;
use crate::mini_log::{MiniLog, TEAM};

/// The log before the record, and the entry of the record without edits.
struct Ready {
    log: MiniLog,
    entry: Entry,
    policy: String,
}

fn ready() -> &'static Ready {
    static READY: OnceLock<Ready> = OnceLock::new();
    READY.get_or_init(|| {
        let log = MiniLog::usual();
        let message: v1::Record = log.message(TEAM, "Tail section");
        Ready {
            entry: log.record_entry(&[11], &message),
            policy: log.policy(),
            log,
        }
    })
}

/// The payload that edits are made to.
pub fn seed() -> Vec<u8> {
    ready().entry.payload.clone()
}

/// Checks all that is said above on one input: as choices of edits, and as the payload itself.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    let good = &ready().entry.payload;
    proved(input::edited(good, &mut Input::new(data)));
    // What is no record at all is refused by the other target.
    if Record::decode(data).is_ok() {
        proved(data.to_vec());
    }
}

fn proved(payload: Vec<u8>) {
    let Ready { log, entry, policy } = ready();
    let (mut log, mut entry) = (log.clone(), entry.clone());
    let is_good = payload == entry.payload;
    entry.payload = payload;
    entry.signatures = vec![keys::sign(11, &entry.payload_type, &entry.payload)];
    let Ok(bytes) = entry.encode() else { return };
    let record = Record::decode(&entry.payload);
    let index = log.push_bytes(bytes.clone());
    let assembled = log.parts(index, &[]).assemble();
    let Ok(Ok(text)) = assembled.map(|bundle| bundle.encode()) else {
        assert!(!is_good, "the record as it is cannot be proved");
        return;
    };
    assert!(text.contains(&base64::encode(&bytes)));
    let verdict = verify_bundle(text.as_bytes(), policy.as_bytes(), &NoFiles);
    if !verdict.word.is_positive() {
        assert!(!is_good, "{}", verdict.to_text());
        return;
    }
    // It is canonical, for this log, and by this organisation.
    let record = record.unwrap_or_else(|error| panic!("{error}: {}", verdict.to_text()));
    assert_eq!(encode(record.message()), entry.payload);
    assert_eq!((record.origin(), record.org()), (log.origin.as_str(), TEAM));
}
