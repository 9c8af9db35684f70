//! What a reader has to know although every check passed.

use witnessmark_verifier::{Entry, KeyChain};

use crate::time::utc;
use crate::verdict::{RecordFacts, SignerFacts};

use super::standing::Remarks;

/// What became of the keys that signed `entry`, as far as the bundle's key events go.
pub(super) fn signers(entry: &Entry, last: Option<&KeyChain>) -> Vec<SignerFacts> {
    entry
        .signatures
        .iter()
        .filter_map(|signature| last?.key(&signature.key_id))
        .map(|key| SignerFacts {
            key_id: key.key.key_id().to_string(),
            role: key.role.as_str(),
            label: key.label.clone(),
            added_seq: key.added_seq,
            revoked: key.revoked.map(|r| (r.seq, r.reason.as_str())),
            suspected_since: key.revoked.and_then(|r| r.suspected_since),
        })
        .collect()
}

/// The remarks, each one sentence.
pub(super) fn of(facts: &RecordFacts, index: u64, registered_at: u64) -> Vec<String> {
    let related = Remarks::on(index, &facts.related, &facts.corrections);
    let mut remarks = related.withdrawals();
    for signer in &facts.signers {
        // Revocation looks forward only, so this is a warning and never a failure.
        if let Some(since) = signer
            .suspected_since
            .filter(|since| *since <= registered_at)
        {
            remarks.push(format!(
                "The organisation later revoked key {} and says that it may have been in other hands since {}, \
                 which is before this record was registered.",
                signer.key_id,
                utc(since)
            ));
        }
    }
    remarks.extend(related.others());
    remarks.extend(super::erased::remarks(facts));
    if facts.withheld > 0 {
        remarks.push(format!(
            "{} protected field(s) were committed to and are withheld here; some may stand for no field at all.",
            facts.withheld
        ));
    }
    remarks
}
