//! The texts of checkpoints, cosignatures and proof files, and the smallest policy.

use witnessmark_verifier::{
    Checkpoint, Cosignature, Hash, InclusionProof, LeafIndex, Origin, VerifierKey, base64,
};

use crate::Encode;

/// The text of the note that the log signs.
impl Encode for Checkpoint {
    type Encoded = String;

    fn encode(&self) -> String {
        let root = base64::encode(self.head.root.as_bytes());
        format!("{}\n{}\n{root}\n", self.origin, self.head.size)
    }
}

/// The bytes after the key id in a signature line.
impl Encode for Cosignature {
    type Encoded = Vec<u8>;

    fn encode(&self) -> Vec<u8> {
        [self.time_s.to_be_bytes().as_slice(), &self.signature].concat()
    }
}

/// A signature line of a note, with its newline.
pub fn signature_line(name: &Origin, key_id: [u8; 4], signature: &[u8]) -> String {
    let encoded = base64::encode(&[&key_id, signature].concat());
    format!("\u{2014} {name} {encoded}\n")
}

/// The text of a proof file without extra data. `checkpoint` is a note with its signatures.
pub fn encode_proof(index: LeafIndex, proof: &InclusionProof, checkpoint: &str) -> String {
    let hashes = hash_lines(proof.hashes());
    format!("c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}{checkpoint}")
}

/// The text of a policy that trusts one log and asks for no witness.
pub fn log_only_policy(log: &VerifierKey) -> String {
    format!("log {log}\nquorum none\n")
}

/// Hashes in base64, one a line, then an empty line.
pub(crate) fn hash_lines(hashes: &[Hash]) -> String {
    let mut lines: String = hashes
        .iter()
        .map(|hash| base64::encode(hash.as_bytes()) + "\n")
        .collect();
    lines.push('\n');
    lines
}
