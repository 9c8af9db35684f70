//! The cases of the comparison: each is made from its number.

use std::sync::LazyLock;

use witnessmark_record::{RecordKind, encode, v1};
use witnessmark_verifier::base64;

use crate::document::{self, Document, Related, log_key, policy, witness_key};
use crate::ledger::{Honest, Ledger, Step, What};
use crate::random::Random;
use crate::story::{self, COURT, Case, SUBJECT, case, disclosures, files, id_of, steps, steps_and};
use crate::story::{subject, told};
use crate::tamper::{self, Fault};
use crate::{extra, fields, history, mutate};

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
        0..9 => {
            let mut made = honest();
            text_of_bundle(&mut random, &mut made.bundle);
            (made, "the text of the bundle")
        }
        9..23 => {
            let mut document = honest_document();
            for _ in 0..=random.below(2) {
                mutate::document(&mut random, &mut document);
            }
            (case(&document), "members of the bundle")
        }
        23..42 => {
            let fault = Fault::new(&mut random, honest_steps().len());
            (with_fault(fault), "an entry, signed and logged")
        }
        42..47 => (
            with_fault(Fault::in_signatures(&mut random)),
            "who signed a record",
        ),
        47..51 => (case(&with_proof(&mut random)), "a proof"),
        51..55 => (case(&with_any_record(&mut random)), "a record of any kind"),
        55..59 => (
            case(&quiet(&mut random)),
            "a record of which nobody said anything",
        ),
        59..63 => (case(&with_more(&mut random)), "what happened afterwards"),
        63..79 => (history::by_chance(&mut random), "what was said afterwards"),
        79..87 => (case(&with_checkpoint(&mut random)), "the signed checkpoint"),
        87..93 => {
            let mut made = honest();
            made.policy = policy_of(&mut random);
            (made, "the policy")
        }
        93..96 => (case(&with_disclosure(&mut random)), "a disclosure"),
        _ => {
            let mut made = honest();
            files_of(&mut random, &mut made);
            (made, "the files")
        }
    };
    // Two changes at once show which check comes first.
    if random.chance(4) {
        made.policy = policy_of(&mut random);
    }
    if random.chance(2) {
        text_of_bundle(&mut random, &mut made.bundle);
    }
    (made, what)
}

fn with_fault(mut fault: Fault) -> Case {
    let opened = disclosures();
    case(&told(&subject(&opened), &opened, &mut fault))
}

/// A proof that is well-formed and leads somewhere else, or an entry that is not the one that is proved.
fn with_proof(random: &mut Random) -> Document {
    let mut document = honest_document();
    let other = document.related[random.below(2)].clone();
    let at = random.below(4);
    let proven = match at {
        0 | 1 => (&mut document.record.entry, &mut document.record.proof),
        2 => (&mut document.charter.entry, &mut document.charter.proof),
        _ => {
            let first = document.related.first_mut().unwrap();
            (&mut first.entry, &mut first.proof)
        }
    };
    let (head, checkpoint) = proven.1.split_once("\n\n").unwrap();
    let mut lines: Vec<String> = head.split('\n').map(str::to_owned).collect();
    let hash = 2 + random.below(lines.len() - 2);
    match random.below(7) {
        0 => {
            lines.remove(hash);
        }
        1 => lines.insert(hash, lines[hash].clone()),
        2 => lines.swap(2, hash),
        3 => lines[hash] = base64::encode(&[random.byte(); 32]),
        4 if at != 2 => lines[1] = format!("index {}", random.below(13)),
        5 => *proven.0 = other.entry,
        _ => {
            let mut entry = base64::decode(proven.0).unwrap();
            let at = random.below(entry.len());
            entry[at] ^= 1 << random.below(8);
            *proven.0 = base64::encode(&entry);
        }
    }
    *proven.1 = format!("{}\n\n{checkpoint}", lines.join("\n"));
    document
}

/// A good bundle of a record of any kind, with nothing to remark.
fn quiet(random: &mut Random) -> Document {
    let kind = *random.pick(&RecordKind::ALL);
    let mut record = fields::record(random, kind);
    record.protected.clear();
    let mut document = told(&record, &[], &mut Honest);
    document.files.clear();
    document.related.clear();
    document.key_chains.retain(|chain| chain.org != COURT);
    // The last event says that the key may have been in other hands.
    for chain in &mut document.key_chains {
        chain.events.pop();
    }
    document
}

/// A list of the document that is none.
fn no_list(random: &mut Random) -> Vec<u8> {
    let mut document = honest_document();
    document.files.clear();
    let other = *random.pick(&["{}", "\"\"", "null", "0", "[[]]", "[null]", "[{}]", "false"]);
    let text = document
        .text()
        .replace("\"files\": []", &format!("\"files\": {other}"));
    text.into_bytes()
}

/// More of something than there may be.
fn too_many(random: &mut Random) -> Vec<u8> {
    let mut document = honest_document();
    match random.below(4) {
        0 => document.files = vec![document.files[0].clone(); 1_025],
        1 => document.disclosures = vec![document.disclosures[0].clone(); 1_025],
        2 => {
            let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
            let more = hash.repeat(*random.pick(&[58, 60, 63, 64]));
            let proof = &mut document.record.proof;
            *proof = proof.replacen("\n\n", &format!("\n{more}\n"), 1);
        }
        _ => {
            let more = "\u{2014} nobody.example AAAAAAA=\n".repeat(*random.pick(&[98, 99]));
            for proof in document.proofs() {
                proof.push_str(&more);
            }
        }
    }
    document.text().into_bytes()
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
        ("\"witnessmark-bundle/1\"", "1"),
        ("\"witnessmark-bundle/1\"", "[\"witnessmark-bundle/2\"]"),
        ("\"witnessmark-bundle/1\"", "null"),
        ("\"relation\": \"contradicts\"", "\"relation\": 1"),
    ];
    match random.below(100) {
        0..3 => *bundle = no_list(random),
        3..6 => *bundle = too_many(random),
        6..34 => {
            let (from, to) = random.pick(&swaps);
            let text = String::from_utf8_lossy(bundle).into_owned();
            *bundle = text.replacen(from, to, 1 + random.below(3)).into_bytes();
        }
        _ => mutate::bytes(random, bundle),
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
            "log {}\nwitness w {}\nquorum w\n",
            log_key(),
            witness_key(30)
        ),
        format!(
            "log {}\nwitness w {}\nwitness x {}\ngroup g 2 w x\nquorum g\n",
            log_key(),
            witness_key(30),
            witness_key(31)
        ),
        format!("log {}\ngroup g any\nquorum none\n", log_key()),
        format!("log {}\nquorum none\n# {}\n", log_key(), "#".repeat(100_000)),
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
    if random.chance(2) {
        bytes.extend(b"# \xff\n");
    }
    bytes
}

/// A subject of any kind that says anything at all, with a fault in it or without.
fn with_any_record(random: &mut Random) -> Document {
    let kind = *random.pick(&RecordKind::ALL);
    let mut record = fields::record(random, kind);
    match random.below(12) {
        0 => record.protected.insert(0, vec![1; 31]),
        1 => record.protected.push(vec![0; 32]),
        2 => record.protected = vec![vec![9; 32]; 2],
        3 => record.attachments.push(v1::Attachment::default()),
        4 => COURT.clone_into(&mut record.org),
        5 => "ledger.example/three".clone_into(&mut record.origin),
        6 => "trace-request/1".clone_into(&mut record.schema),
        7 => record.body = None,
        _ => {}
    }
    if random.chance(50) {
        let mut document = told(&record, &[], &mut Honest);
        document.files.clear();
        return document;
    }
    let mut document = told(&record, &[], &mut Fault::in_payload(random, SUBJECT));
    document.files.clear();
    document
}

/// More steps, and more related records whose relation is right or wrong.
fn with_more(random: &mut Random) -> Document {
    let opened = disclosures();
    let subject = subject(&opened);
    let id = id_of(&encode(&subject));
    let steps = steps_and(&subject, extra::steps(random, &id));
    let ledger = Ledger::build(&steps, &mut Honest);
    let mut document = story::document(&ledger, &opened);
    let checkpoint = document::checkpoint(&ledger);
    for (at, step) in steps.iter().enumerate().skip(honest_steps().len()) {
        if matches!(step.what, What::Record(_)) {
            let proven = document::proven(&ledger, at, &checkpoint);
            document.related.push(Related {
                relation: extra::relation(random).to_owned(),
                entry: proven.entry,
                proof: proven.proof,
            });
        }
    }
    document
}

/// A disclosure with a fault, whose digest the record holds.
fn with_disclosure(random: &mut Random) -> Document {
    let mut opened = disclosures();
    let at = random.below(opened.len());
    if random.chance(30) {
        *opened[at].last_mut().unwrap() |= 0x80;
    } else {
        mutate::bytes(random, &mut opened[at]);
    }
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
