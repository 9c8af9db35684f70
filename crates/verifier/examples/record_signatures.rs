//! Checks who signed a record: the charter by its registrars, the organisation's key events one after another, then the record
//! by the keys that were active.
//!
//! ```sh
//! cargo run -p witnessmark-verifier --example record_signatures -- CHARTER-ENTRY KEY-EVENT-ENTRY... RECORD-ENTRY
//! ```
//!
//! That these entries are in a log, and that the charter is the one of a log you trust, is for the example `tlog_proof` to say.

use std::error::Error;
use std::{env, fs};

use witnessmark_verifier::{Charter, Entry, KeyChain};

/// The keys of the organisation when the record was admitted. The error says what is wrong.
fn check(charter: &[u8], events: &[Vec<u8>], record: &[u8]) -> Result<KeyChain, Box<dyn Error>> {
    let charter = Charter::verify_entry(&Entry::parse(charter)?)?;
    let record = Entry::parse(record)?;
    let org = record.org.clone();
    let mut chain = KeyChain::new(org.ok_or("the entry is of no organisation")?);
    for event in events {
        chain.apply_entry(&charter, &Entry::parse(event)?)?;
    }
    chain.check_record_entry(&record)?;
    Ok(chain)
}

#[expect(clippy::print_stdout, reason = "a program for the command line")]
fn main() -> Result<(), Box<dyn Error>> {
    let files: Result<Vec<Vec<u8>>, _> = env::args().skip(1).map(fs::read).collect();
    let files = files?;
    let [charter, events @ .., record] = files.as_slice() else {
        return Err("give: CHARTER-ENTRY KEY-EVENT-ENTRY... RECORD-ENTRY".into());
    };
    let chain = check(charter, events, record)?;
    println!(
        "signed by {} after {} key events, with",
        chain.org().as_str(),
        chain.seq()
    );
    for signature in Entry::parse(record)?.signatures {
        println!("  {}", signature.key_id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use witnessmark_verifier::hex;

    use super::*;

    #[test]
    fn a_record_needs_the_charter_every_event_and_its_own_signatures() {
        let vectors: Value =
            serde_json::from_str(include_str!("../vectors/witnessmark-v1.json")).unwrap();
        let entries = vectors["entries"].as_array().unwrap().iter();
        let entries: Vec<Vec<u8>> = entries
            .map(|entry| hex::decode(entry["entry"].as_str().unwrap()).unwrap())
            .collect();
        let (charter, events, record) = (&entries[0], &entries[1..4], &entries[4]);
        assert_eq!(check(charter, events, record).unwrap().seq(), 3);
        let mut changed = record.clone();
        *changed.last_mut().unwrap() ^= 1;
        let swapped = [events[1].clone(), events[0].clone(), events[2].clone()];
        let bad = [
            check(charter, events, &changed),
            check(charter, &events[..2], record),
            check(charter, &swapped, record),
            check(record, events, record),
            check(charter, events, &events[2]),
        ];
        assert!(bad.iter().all(Result::is_err), "{bad:?}");
    }
}
