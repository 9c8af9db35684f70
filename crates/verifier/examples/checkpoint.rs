//! Checks a checkpoint against a policy: that a log you trust has signed it, and as many witnesses as you ask for.
//!
//! ```sh
//! cargo run -p witnessmark-verifier --example checkpoint -- POLICY-FILE CHECKPOINT-FILE
//! ```
//!
//! The policy is yours. One that comes with the evidence proves nothing.

use std::error::Error;
use std::{env, fs};

use witnessmark_verifier::{Note, VerifiedCheckpoint};

/// The checkpoint, once the policy accepts it. The error says what is wrong.
fn check(policy: &str, checkpoint: &str) -> Result<VerifiedCheckpoint, Box<dyn Error>> {
    let policy = witnessmark_policy::parse(policy)?;
    let note = Note::parse(checkpoint)?;
    Ok(policy.verify(&note)?)
}

#[expect(clippy::print_stdout, reason = "a program for the command line")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [policy, checkpoint] = arguments.as_slice() else {
        return Err("give: POLICY-FILE CHECKPOINT-FILE".into());
    };
    let verified = check(
        &fs::read_to_string(policy)?,
        &fs::read_to_string(checkpoint)?,
    )?;
    let head = verified.head();
    println!("log   {}", verified.origin());
    println!("size  {}", head.size);
    println!("root  {}", head.root);
    for witness in verified.cosigned() {
        println!(
            "cosigned by {} at {} s after 1970",
            witness.name, witness.time_s
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_checkpoint_is_accepted_as_it_was_signed_and_by_whom_the_policy_asks_for() {
        let vectors: Value =
            serde_json::from_str(include_str!("../vectors/witnessmark-v1.json")).unwrap();
        let policy = vectors["policy"].as_str().unwrap();
        let cosigned = vectors["checkpoint_cosigned"].as_str().unwrap();
        let size = check(policy, cosigned).unwrap().head().size;
        assert_eq!(size.get(), 7);
        // The same without the witness's line, of another size, under another log's name, cut.
        let alone = vectors["checkpoints"]["7"].as_str().unwrap();
        let bad = [
            check(policy, alone),
            check(policy, &cosigned.replacen("\n7\n", "\n8\n", 1)),
            check(policy, &cosigned.replace("ledger.example", "other.example")),
            check(policy, &cosigned[..cosigned.len() - 1]),
        ];
        assert!(bad.iter().all(Result::is_err), "{bad:?}");
    }
}
