//! Reads cases of public test corpora as JSON from standard input, and prints this crate's verdict on each.
//!
//! ```sh
//! cargo run --release -p witnessmark-verifier --example public_cases < ed25519vectors.json
//! cat testdata/inclusion/*/*.json | cargo run --release -p witnessmark-verifier --example public_cases
//! ```
//!
//! The input is any number of JSON documents, one behind the other. Each is a case, or a list of cases. Known are
//!
//! * a signature: `key`, `sig` (hex) and `msg` (text), as in C2SP/CCTV `ed25519`;
//! * an inclusion proof: `leafIdx`, `treeSize`, `root`, `leafHash`, `proof` (base64), as in transparency-dev/merkle;
//! * a consistency proof: `size1`, `size2`, `root1`, `root2`, `proof` (base64), likewise.
//!
//! A line for each case: `accepted`, `rejected` with the reason, or `unknown` for what is none of these; when a case says what
//! it expects (`wantErr`), `DIFFERS` stands behind a verdict that is another. The last line counts them. The exit code is
//! 1 when a verdict differs, and 2 when the input is not JSON or holds an unknown case.

use std::io::Read;
use std::process::ExitCode;

use serde_json::{Deserializer, Value};
use witnessmark_verifier::{
    ConsistencyProof, Hash, InclusionProof, LeafHash, LeafIndex, PublicKey, TreeHead, TreeSize,
    base64, hex,
};

/// What became of the cases.
#[derive(Default)]
struct Count {
    accepted: u64,
    rejected: u64,
    unknown: u64,
    differs: u64,
}

fn main() -> ExitCode {
    let mut text = String::new();
    if std::io::stdin().read_to_string(&mut text).is_err() {
        return ExitCode::from(2);
    }
    let mut count = Count::default();
    for document in Deserializer::from_str(&text).into_iter::<Value>() {
        match document {
            Ok(Value::Array(cases)) => cases.iter().for_each(|case| judge(case, &mut count)),
            Ok(case) => judge(&case, &mut count),
            Err(error) => {
                say(&format!("not JSON: {error}"));
                count.unknown = count.unknown.saturating_add(1);
                break;
            }
        }
    }
    let Count {
        accepted,
        rejected,
        unknown,
        differs,
    } = count;
    say(&format!(
        "{accepted} accepted, {rejected} rejected, {unknown} unknown, {differs} differ"
    ));
    match (unknown, differs) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(1),
        _ => ExitCode::from(2),
    }
}

#[expect(clippy::print_stdout, reason = "a program for a terminal")]
fn say(line: &str) {
    println!("{line}");
}

fn judge(case: &Value, count: &mut Count) {
    let name = ["desc", "number"]
        .iter()
        .find_map(|member| case.get(member))
        .map(Value::to_string)
        .unwrap_or_default();
    let has = |member: &str| case.get(member).is_some();
    let verdict = if has("sig") {
        signature(case)
    } else if has("leafIdx") && has("treeSize") {
        inclusion(case)
    } else if has("size1") {
        consistency(case)
    } else {
        count.unknown = count.unknown.saturating_add(1);
        return say(&format!("unknown   {name}"));
    };
    let wants_error = case.get("wantErr").and_then(Value::as_bool);
    let differs = wants_error.is_some_and(|wants| wants != verdict.is_err());
    count.differs = count.differs.saturating_add(u64::from(differs));
    let mark = if differs { "  DIFFERS" } else { "" };
    match verdict {
        Ok(()) => {
            count.accepted = count.accepted.saturating_add(1);
            say(&format!("accepted  {name}{mark}"));
        }
        Err(why) => {
            count.rejected = count.rejected.saturating_add(1);
            say(&format!("rejected  {name}: {why}{mark}"));
        }
    }
}

fn signature(case: &Value) -> Result<(), String> {
    let key = hex::decode_32(text(case, "key")?).map_err(said)?;
    let signature = hex::decode(text(case, "sig")?).map_err(said)?;
    let key = PublicKey::admit(&key).map_err(said)?;
    key.verify(text(case, "msg")?.as_bytes(), &signature)
        .map_err(said)
}

fn inclusion(case: &Value) -> Result<(), String> {
    let head = TreeHead {
        size: TreeSize::new(number(case, "treeSize")?),
        root: hash(case, "root")?,
    };
    let leaf = LeafHash::new(hash(case, "leafHash")?);
    let index = LeafIndex::new(number(case, "leafIdx")?);
    InclusionProof::new(hashes(case)?)
        .verify(leaf, index, &head)
        .map_err(said)
}

fn consistency(case: &Value) -> Result<(), String> {
    let head = |size, root| {
        Ok::<_, String>(TreeHead {
            size: TreeSize::new(number(case, size)?),
            root: hash(case, root)?,
        })
    };
    let (old, new) = (head("size1", "root1")?, head("size2", "root2")?);
    ConsistencyProof::new(hashes(case)?)
        .verify(&old, &new)
        .map_err(said)
}

fn text<'a>(case: &'a Value, member: &str) -> Result<&'a str, String> {
    let text = case.get(member).and_then(Value::as_str);
    text.ok_or_else(|| format!("no text `{member}`"))
}

fn number(case: &Value, member: &str) -> Result<u64, String> {
    let number = case.get(member).and_then(Value::as_u64);
    number.ok_or_else(|| format!("no whole number `{member}`"))
}

fn hash(case: &Value, member: &str) -> Result<Hash, String> {
    one_hash(text(case, member)?).map_err(|why| format!("`{member}`: {why}"))
}

fn one_hash(text: &str) -> Result<Hash, String> {
    let bytes = base64::decode(text).map_err(said)?;
    let bytes = <[u8; 32]>::try_from(bytes.as_slice());
    bytes
        .map(Hash::new)
        .map_err(|_| "a hash has 32 bytes".to_owned())
}

/// The hashes of the proof. An absent list, and `null`, are an empty proof; an empty text is no hash.
fn hashes(case: &Value) -> Result<Vec<Hash>, String> {
    let items = match case.get("proof") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(items) => items.as_array().ok_or("`proof` is not a list")?,
    };
    items
        .iter()
        .map(|item| one_hash(item.as_str().ok_or("a hash is a text")?))
        .collect()
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
