//! Checks an inclusion proof: that an entry is at an index of the tree with a known size and root.
//!
//! ```sh
//! cargo run -p witnessmark-verifier --example inclusion -- ENTRY-FILE INDEX SIZE ROOT HASH...
//! ```
//!
//! Root and hashes are in base64, the hash beside the leaf first. Size and root have to come from a checkpoint that you have
//! verified: see the example `checkpoint`.

use std::error::Error;
use std::{env, fs};

use witnessmark_verifier::{
    Hash, InclusionProof, LeafHash, LeafIndex, TreeHead, TreeSize, decimal,
};

/// Whether the bytes of `entry` are the entry at `index`. The error says what is wrong.
fn check(
    entry: &[u8],
    index: &str,
    size: &str,
    root: &str,
    hashes: &[String],
) -> Result<(), Box<dyn Error>> {
    let number = |text| decimal::parse(text).ok_or("the index or the size is not a decimal number");
    let head = TreeHead {
        size: TreeSize::new(number(size)?),
        root: Hash::parse_base64(root)?,
    };
    let hashes = hashes.iter().map(|hash| Hash::parse_base64(hash));
    let proof = InclusionProof::new(hashes.collect::<Result<_, _>>()?);
    let index = LeafIndex::new(number(index)?);
    Ok(proof.verify(LeafHash::of(entry), index, &head)?)
}

#[expect(clippy::print_stdout, reason = "a program for the command line")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [file, index, size, root, hashes @ ..] = arguments.as_slice() else {
        return Err("give: ENTRY-FILE INDEX SIZE ROOT HASH...".into());
    };
    check(&fs::read(file)?, index, size, root, hashes)?;
    println!("the entry is at index {index} of the tree of size {size}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "gN33a1vWvFwNpKlv0UWVk/L799WeleCPq+0/+pGlH30=";

    #[test]
    fn a_proof_holds_for_its_entry_index_and_tree_alone() {
        let node = LeafHash::of(b"two").hash();
        let root = witnessmark_verifier::node_hash(&LeafHash::of(b"one").hash(), &node);
        let base64 = |hash: Hash| witnessmark_verifier::base64::encode(hash.as_bytes());
        let (root, beside) = (base64(root), [base64(node)]);
        assert!(check(b"one", "0", "2", &root, &beside).is_ok());
        let bad = [
            check(b"two", "0", "2", &root, &beside),
            check(b"one", "1", "2", &root, &beside),
            check(b"one", "0", "3", &root, &beside),
            check(b"one", "0", "2", ROOT, &beside),
            check(b"one", "0", "2", &root, &[]),
            check(b"one", "00", "2", &root, &beside),
        ];
        assert!(bad.iter().all(Result::is_err), "{bad:?}");
    }
}
