//! The cases of the comparison: each is made from its number.

use std::sync::LazyLock;

use crate::document::{Document, log_key, policy, witness_key};
use crate::ledger::{Honest, Step};
use crate::mutate;
use crate::random::Random;
use crate::story::{Case, case, disclosures, files, steps, subject, told};
use crate::tamper::{self, Fault};

fn honest_document() -> Document {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
        let opened = disclosures();
        told(&subject(&opened), &opened, &mut Honest)
    });
    DOCUMENT.clone()
}

/// The honest bundle.
pub(crate) fn honest() -> Case {
    case(&honest_document())
}

fn honest_steps() -> Vec<Step> {
    steps(&subject(&disclosures()))
}

/// The case of this number, and what kind of change it is.
pub(crate) fn changed(number: u64) -> (Case, &'static str) {
    let mut random = Random::new(number);
    let (mut made, what) = match random.below(100) {
        0..20 => {
            let mut made = honest();
            text_of_bundle(&mut random, &mut made.bundle);
            (made, "the text of the bundle")
        }
        20..45 => {
            let mut document = honest_document();
            for _ in 0..=random.below(2) {
                mutate::document(&mut random, &mut document);
            }
            (case(&document), "members of the bundle")
        }
        45..75 => {
            let mut fault = Fault::new(&mut random, honest_steps().len());
            let opened = disclosures();
            let document = told(&subject(&opened), &opened, &mut fault);
            (case(&document), "an entry, signed and logged")
        }
        75..83 => (case(&with_checkpoint(&mut random)), "the signed checkpoint"),
        83..93 => {
            let mut made = honest();
            made.policy = policy_of(&mut random);
            (made, "the policy")
        }
        93..97 => (case(&with_disclosure(&mut random)), "a disclosure"),
        _ => {
            let mut made = honest();
            files_of(&mut random, &mut made);
            (made, "the files")
        }
    };
    // Two changes at once show which check comes first.
    if random.chance(8) {
        made.policy = policy_of(&mut random);
    }
    if random.chance(4) {
        text_of_bundle(&mut random, &mut made.bundle);
    }
    (made, what)
}

fn text_of_bundle(random: &mut Random, bundle: &mut Vec<u8>) {
    let swaps = [
        ("witnessmark-bundle/1", "witnessmark-bundle/2"),
        ("witnessmark-bundle/1", "witnessmark-bundle/"),
        (
            "  \"format\"",
            "  \"format\": \"witnessmark-bundle/1\",\n  \"format\"",
        ),
        ("\n  ", "\n    "),
        ("@v1\\nindex", "@v1\\nextra QUJD\\nindex"),
        ("\\n", "\\u000a"),
        ("\u{2014}", "\\u2014"),
        ("/", "\\/"),
        ("\"size\": 12", "\"size\": 12.0"),
        ("\"size\": 12", "\"size\": 1.2e1"),
        ("\"size\": 12", "\"size\": -0"),
        ("\"size\": 12", "\"size\": \"12\""),
        ("\"photo.jpg\"", "\"\\ud800\""),
        ("\"photo.jpg\"", "\"\\ud83d\\ude00\""),
        ("\"photo.jpg\"", "null"),
        ("\"contradicts\"", "\"contra\u{7f}dicts\""),
        ("\"contradicts\"", "\"contra\\bdicts\""),
        ("\"disclosures\": [", "\"disclosures\": {"),
    ];
    if random.chance(30) {
        let (from, to) = random.pick(&swaps);
        let text = String::from_utf8_lossy(bundle).into_owned();
        *bundle = text.replacen(from, to, 1 + random.below(3)).into_bytes();
    } else {
        mutate::bytes(random, bundle);
    }
}

fn with_checkpoint(random: &mut Random) -> Document {
    let mut document = honest_document();
    let checkpoint = tamper::checkpoint(random, &honest_steps());
    for proof in document.proofs() {
        let (head, _) = proof.split_once("\n\n").unwrap();
        *proof = format!("{head}\n\n{checkpoint}");
    }
    document
}

fn policy_of(random: &mut Random) -> Vec<u8> {
    let whole = [
        format!("log {}\nquorum none\n", log_key()),
        format!("log {}\nquorum none", log_key()),
        format!("log {}\r\nquorum none\r\n", log_key()),
        format!(" log\t{}  \n\tquorum  none \n", log_key()),
        format!("log {}\n # indented\nquorum none\n", log_key()),
        format!("quorum none\nlog {}\n", log_key()),
        format!(
            "log {}\nwitness w {}\nquorum w\n",
            log_key(),
            witness_key(99)
        ),
        format!(
            "log {}\nwitness none {}\nquorum none\n",
            log_key(),
            witness_key(30)
        ),
        format!(
            "log {0}\nlog {0}\nquorum none\n",
            log_key()
        ),
        format!(
            "log {}\nwitness w {}\nwitness x {}\ngroup g 02 w x\nquorum g\n",
            log_key(),
            witness_key(30),
            witness_key(31)
        ),
        format!(
            "log {}\nwitness w {}\ngroup a all w\ngroup b any a\ngroup c 1 b\nquorum c\n",
            log_key(),
            witness_key(30)
        ),
        format!(
            "log {}\nwitness w {}\ngroup a all w\ngroup b any w\nquorum a\n",
            log_key(),
            witness_key(30)
        ),
        format!("log {}\n", log_key()),
        "quorum none\n".to_owned(),
        String::new(),
        format!("log {}\nquorum none\n", witness_key(30)),
        "log other.example/log+c7da326f+BPxRzY5iGKGjjaR+0AIw8FgIFu0TujMDrF3rkRVIkIAl\nquorum none\n"
            .to_owned(),
    ];
    let mut text = if random.chance(40) {
        random.pick(&whole).clone()
    } else {
        policy()
    };
    for _ in 0..random.below(3) {
        mutate::text(random, &mut text);
    }
    let mut bytes = text.into_bytes();
    if random.chance(5) {
        mutate::bytes(random, &mut bytes);
    }
    bytes
}

/// A disclosure with a fault, whose digest the record holds.
fn with_disclosure(random: &mut Random) -> Document {
    let mut opened = disclosures();
    let at = random.below(opened.len());
    mutate::bytes(random, &mut opened[at]);
    told(&subject(&opened), &opened, &mut Honest)
}

fn files_of(random: &mut Random, made: &mut Case) {
    match random.below(4) {
        0 => made.files.clear(),
        1 => mutate::bytes(random, made.files.get_mut("photo.jpg").unwrap()),
        2 => {
            made.files.insert("other.jpg".to_owned(), vec![1]);
        }
        _ => {
            let photo = files()["photo.jpg"].repeat(1 + random.below(300_000));
            made.files.insert("photo.jpg".to_owned(), photo);
        }
    }
}
