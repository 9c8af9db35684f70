//! Checks a whole proof file (C2SP tlog-proof): that these bytes are an entry of a log you trust, without a network.
//!
//! ```sh
//! cargo run -p witnessmark-verifier --example tlog_proof -- POLICY-FILE PROOF-FILE ENTRY-FILE
//! ```

use std::error::Error;
use std::{env, fs};

use witnessmark_verifier::{Entry, TlogProof, VerifiedEntry};

/// Where the entry is, once the policy accepts the checkpoint and the proof leads to it. The error says what is wrong.
fn check(policy: &str, proof: &str, entry: &[u8]) -> Result<VerifiedEntry, Box<dyn Error>> {
    let policy = witnessmark_policy::parse(policy)?;
    let proof = TlogProof::parse(proof)?;
    Ok(proof.verify(entry, &policy)?)
}

#[expect(clippy::print_stdout, reason = "a program for the command line")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [policy, proof, entry] = arguments.as_slice() else {
        return Err("give: POLICY-FILE PROOF-FILE ENTRY-FILE".into());
    };
    let (policy, proof) = (fs::read_to_string(policy)?, fs::read_to_string(proof)?);
    let entry = fs::read(entry)?;
    let verified = check(&policy, &proof, &entry)?;
    println!("log        {}", verified.checkpoint().origin());
    println!("index      {}", verified.index());
    // The log vouches for the bytes. What they say, and who signed it, is another question: see `record_signatures`.
    println!("record id  {}", Entry::parse(&entry)?.record_id());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use witnessmark_verifier::hex;

    use super::*;

    #[test]
    fn a_proof_file_is_for_one_entry_of_one_log() {
        let vectors: Value =
            serde_json::from_str(include_str!("../vectors/witnessmark-v1.json")).unwrap();
        let policy = vectors["policy"].as_str().unwrap();
        let proof = vectors["tlog_proof"].as_str().unwrap();
        let entry = |at: usize| hex::decode(vectors["entries"][at]["entry"].as_str().unwrap());
        let (good, other) = (entry(4).unwrap(), entry(3).unwrap());
        assert_eq!(check(policy, proof, &good).unwrap().index().get(), 4);
        let bad = [
            check(policy, proof, &other),
            check(policy, &proof.replace("index 4", "index 3"), &good),
            check(&policy.replace("\nquorum", "\n#quorum"), proof, &good),
            check(
                policy,
                &proof.replacen("/demo\n7\n", "/demo\n6\n", 1),
                &good,
            ),
        ];
        assert!(bad.iter().all(Result::is_err), "{bad:?}");
    }
}
