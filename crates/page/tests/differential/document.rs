//! A bundle as a document whose members can have any value, and the notes that stand in it.

use serde::Serialize;
use witnessmark_tlog::signature_line;
use witnessmark_verifier::{
    Hash, NoteAlgorithm, Origin, PublicKey, VerifierKey, base64, cosignature_message,
};

use crate::ledger::{LOG, Ledger, ORIGIN, START, WITNESS, key, signature};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Document {
    pub(crate) format: String,
    pub(crate) record: Proven,
    pub(crate) charter: Proven,
    pub(crate) key_chains: Vec<Chain>,
    pub(crate) related: Vec<Related>,
    pub(crate) disclosures: Vec<String>,
    pub(crate) files: Vec<FileName>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Proven {
    pub(crate) entry: String,
    pub(crate) proof: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Chain {
    pub(crate) org: String,
    pub(crate) events: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Related {
    pub(crate) relation: String,
    pub(crate) entry: String,
    pub(crate) proof: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileName {
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) size: u64,
}

impl Document {
    /// The one spelling of this document.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap()
    }

    /// Every text in it.
    pub(crate) fn texts(&mut self) -> Vec<&mut String> {
        let mut texts = vec![
            &mut self.format,
            &mut self.record.entry,
            &mut self.record.proof,
            &mut self.charter.entry,
            &mut self.charter.proof,
        ];
        for chain in &mut self.key_chains {
            texts.push(&mut chain.org);
            texts.extend(&mut chain.events);
        }
        for related in &mut self.related {
            texts.extend([
                &mut related.relation,
                &mut related.entry,
                &mut related.proof,
            ]);
        }
        texts.extend(&mut self.disclosures);
        for file in &mut self.files {
            texts.extend([&mut file.name, &mut file.sha256]);
        }
        texts
    }

    /// Every entry in it, as base64.
    pub(crate) fn entries(&mut self) -> Vec<&mut String> {
        let mut entries = vec![&mut self.record.entry, &mut self.charter.entry];
        entries.extend(self.key_chains.iter_mut().flat_map(|it| &mut it.events));
        entries.extend(self.related.iter_mut().map(|it| &mut it.entry));
        entries.extend(&mut self.disclosures);
        entries
    }

    /// Every proof in it.
    pub(crate) fn proofs(&mut self) -> Vec<&mut String> {
        let mut proofs = vec![&mut self.record.proof, &mut self.charter.proof];
        proofs.extend(self.related.iter_mut().map(|it| &mut it.proof));
        proofs
    }
}

pub(crate) fn log_key() -> VerifierKey {
    let public = PublicKey::admit(key(LOG).verifying_key().as_bytes()).unwrap();
    VerifierKey::new(
        Origin::parse(ORIGIN).unwrap(),
        NoteAlgorithm::Ed25519,
        public,
    )
}

pub(crate) fn witness_key(seed: u8) -> VerifierKey {
    let name = Origin::parse(&format!("witness.example/{seed}")).unwrap();
    let public = PublicKey::admit(key(seed).verifying_key().as_bytes()).unwrap();
    VerifierKey::new(name, NoteAlgorithm::CosignatureEd25519, public)
}

/// The text of a checkpoint.
pub(crate) fn checkpoint_text(size: usize, root: &Hash) -> String {
    format!("{ORIGIN}\n{size}\n{}\n", base64::encode(root.as_bytes()))
}

/// The line by which the log signs a text.
pub(crate) fn log_line(text: &str) -> String {
    let signature = signature(LOG, text.as_bytes().to_vec());
    signature_line(log_key().name(), log_key().key_id(), &signature)
}

/// The line by which a witness signs a text, at a time in seconds.
pub(crate) fn witness_line(seed: u8, text: &str, time_s: u64) -> String {
    let vkey = witness_key(seed);
    let mut bytes = time_s.to_be_bytes().to_vec();
    bytes.extend(signature(seed, cosignature_message(time_s, text)));
    signature_line(vkey.name(), vkey.key_id(), &bytes)
}

/// The policy of somebody who trusts the log and asks for the witness.
pub(crate) fn policy() -> String {
    format!(
        "# whom I trust\nlog {} https://ledger.example\n\nwitness w {}\nwitness x {}\ngroup g any w x\nquorum g\n",
        log_key(),
        witness_key(WITNESS),
        witness_key(31)
    )
}

/// The signed and cosigned checkpoint of a ledger.
pub(crate) fn checkpoint(ledger: &Ledger) -> String {
    let text = checkpoint_text(ledger.entries.len(), &ledger.root());
    // The other one earlier, so that it matters how many of them are asked for.
    format!(
        "{text}\n{}{}{}",
        log_line(&text),
        witness_line(WITNESS, &text, START / 1_000 + 60),
        witness_line(31, &text, START / 1_000 + 40)
    )
}

pub(crate) fn proof(ledger: &Ledger, index: usize, checkpoint: &str) -> String {
    let hashes: Vec<String> = ledger
        .proof(index)
        .iter()
        .map(|hash| base64::encode(hash.as_bytes()))
        .collect();
    let lines = [vec![format!("index {index}")], hashes].concat().join("\n");
    format!("c2sp.org/tlog-proof@v1\n{lines}\n\n{checkpoint}")
}

pub(crate) fn proven(ledger: &Ledger, index: usize, checkpoint: &str) -> Proven {
    Proven {
        entry: base64::encode(&ledger.entries[index]),
        proof: proof(ledger, index, checkpoint),
    }
}
