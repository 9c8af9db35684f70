//! What comes with a record: opened fields, and files beside the bundle.

use std::collections::BTreeMap;
use std::io::{self, Read};

use witnessmark_bundle::{
    Bundle, BundleError, BundleFiles, FileFacts, FileSource, FileState, NoFiles, Verdict,
    VerdictWord, verify_bundle,
};
use witnessmark_record::{DisclosedValue, Disclosure, field_digest, field_salt, v1};
use witnessmark_verifier::{Hash, hex, sha256};

use crate::mini_log::{MiniLog, TEAM, assert_fails, judge, why};

#[test]
fn a_disclosure_must_be_one_that_the_record_commits_to() {
    let secret = [9; 32];
    let field = |name: &str, value: &str| Disclosure {
        salt: field_salt(&secret, name).unwrap(),
        name: name.to_owned(),
        value: DisclosedValue::Text(value.to_owned()),
    };
    let (witness, place) = (
        field("witness.name", "A. B."),
        field("place.detail", "bay 4"),
    );
    let mut digests = [
        field_digest(&witness).unwrap(),
        field_digest(&place).unwrap(),
    ];
    digests.sort();
    let mut log = MiniLog::usual();
    let mut message = log.message(TEAM, "Tail section");
    message.protected = digests
        .iter()
        .map(|digest| digest.as_bytes().to_vec())
        .collect();
    let index = log.record(11, &message);
    let with = |disclosures: &[&Disclosure]| {
        let mut bundle = log.bundle(index, &[]);
        bundle.disclosures = disclosures.iter().map(|d| d.encode().unwrap()).collect();
        judge(&bundle, &log.policy())
    };

    let all = with(&[&witness, &place]);
    assert_eq!(all.word, VerdictWord::Verified, "{}", why(&all));
    assert!(all.to_text().contains("\"witness.name\": \"A. B.\""));
    assert!(!all.to_text().contains("commitment"), "{}", all.to_text());
    let one = with(&[&witness]);
    let hidden = field_digest(&place).unwrap();
    let line = format!("withheld      commitment {hidden}");
    assert!(one.to_text().contains(&line), "{}", one.to_text());
    let json: serde_json::Value = serde_json::from_str(&one.to_json()).unwrap();
    let states = json["record"]["protected"].as_array().unwrap();
    for (state, digest) in states.iter().zip(digests) {
        let word = if digest == hidden {
            "withheld"
        } else {
            "shown"
        };
        assert_eq!(state["commitment"], digest.to_string());
        assert_eq!(state["state"], word);
    }
    assert_eq!(one.word, VerdictWord::VerifiedWithRemarks);
    assert_eq!(one.record.unwrap().withheld, 1);
    assert_eq!(with(&[]).word, VerdictWord::VerifiedWithRemarks);

    assert_fails(
        &with(&[&field("witness.name", "C. D.")]),
        1,
        "disclosures",
        "no digest",
    );
    assert_fails(&with(&[&witness, &witness]), 1, "disclosures", "twice");
    let mut cut = log.bundle(index, &[]);
    cut.disclosures = vec![witness.encode().unwrap()[1..].to_vec()];
    assert_fails(&judge(&cut, &log.policy()), 1, "disclosures", "");
}

/// Files in memory.
struct Folder(BTreeMap<String, &'static [u8]>);

impl FileSource for Folder {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        Ok(self
            .0
            .get(name)
            .map(|bytes| -> Box<dyn Read> { Box::new(*bytes) }))
    }
}

/// A bundle that names two files, the second without a name of its own, and its policy.
fn with_files() -> (Bundle, String) {
    let mut log = MiniLog::usual();
    let mut message = log.message(TEAM, "Tail section");
    let attachment = |bytes: &[u8], name: &str| v1::Attachment {
        sha256: sha256(bytes).as_bytes().to_vec(),
        size: u64::try_from(bytes.len()).unwrap(),
        media_type: "image/jpeg".to_owned(),
        name: name.to_owned(),
        ..Default::default()
    };
    message.attachments = vec![
        attachment(b"photo", "photo-1.jpg"),
        attachment(b"other", ""),
    ];
    let index = log.record(11, &message);
    let mut parts = log.parts(index, &[]);
    parts.files = BundleFiles::All;
    (parts.assemble().unwrap(), log.policy())
}

#[test]
fn a_file_must_be_there_and_be_the_one_that_was_signed() {
    let (bundle, policy) = with_files();
    let nameless = sha256(b"other").to_string();
    assert_eq!(bundle.files[1].name, nameless);
    let bytes = bundle.encode().unwrap();
    let with = |files: &[(&str, &'static [u8])]| -> Verdict {
        let files = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), *bytes))
            .collect();
        verify_bundle(bytes.as_bytes(), policy.as_bytes(), &Folder(files))
    };
    let good = with(&[("photo-1.jpg", b"photo"), (&nameless, b"other")]);
    assert_eq!(good.word, VerdictWord::Verified, "{}", why(&good));
    let matching = |file: &FileFacts| file.state == FileState::Matching;
    assert!(good.record.unwrap().files.iter().all(matching));

    assert_fails(
        &with(&[("photo-1.jpg", b"photo")]),
        2,
        "files",
        "not beside",
    );
    assert_fails(&with(&[]), 2, "files", "photo-1.jpg");
    let other = (nameless.as_str(), b"other".as_slice());
    assert_fails(
        &with(&[("photo-1.jpg", b"phot0"), other]),
        1,
        "files",
        "SHA-256",
    );
    assert_fails(
        &with(&[("photo-1.jpg", b"photo2"), other]),
        1,
        "files",
        "size",
    );
    assert_fails(
        &with(&[("photo-1.jpg", b"phot"), other]),
        1,
        "files",
        "size",
    );
    // An altered file outweighs a missing one.
    assert_fails(&with(&[(&nameless, b"0ther")]), 1, "files", "SHA-256");
    assert_fails(&judge(&bundle, &policy), 2, "files", "");
}

#[test]
fn only_files_of_the_record_are_named_and_each_once() {
    type Change = fn(&mut Bundle);
    let changes: [Change; 5] = [
        |b| b.files[0].name = "photo-2.jpg".to_owned(),
        |b| b.files[0].size += 1,
        |b| b.files[0].sha256 = Hash::new([0; 32]),
        |b| b.files.push(b.files[0].clone()),
        |b| b.files[0].sha256 = b.files[1].sha256,
    ];
    let (bundle, policy) = with_files();
    for change in changes {
        let mut other = bundle.clone();
        change(&mut other);
        assert_fails(&judge(&other, &policy), 1, "files", "");
    }
}

#[test]
fn a_name_that_leads_out_of_the_folder_is_refused() {
    let (bundle, policy) = with_files();
    let mut outside = bundle.clone();
    outside.files[0].name = "../photo-1.jpg".to_owned();
    assert!(matches!(outside.encode(), Err(BundleError::Value(_))));
    for name in ["../../etc/passwd", "/etc/passwd", "..", "a\\b"] {
        let text = bundle.encode().unwrap().replace("photo-1.jpg", name);
        let verdict = verify_bundle(text.as_bytes(), policy.as_bytes(), &NoFiles);
        assert_fails(&verdict, 1, "format", "plain");
    }
}

/// A bundle that names three of four files, and its policy. The first has a SHA-512, which is `sha512`.
fn four_files(sha512: &[u8]) -> (Bundle, String) {
    let mut log = MiniLog::usual();
    let mut message = log.message(TEAM, "Tail section");
    let attachment = |name: &str| v1::Attachment {
        sha256: sha256(name.as_bytes()).as_bytes().to_vec(),
        size: u64::try_from(name.len()).unwrap(),
        media_type: "image/jpeg".to_owned(),
        name: name.to_owned(),
        ..Default::default()
    };
    message.attachments = ["a", "b", "c", "d"].map(attachment).to_vec();
    message.attachments[0].sha512 = sha512.to_vec();
    let index = log.record(11, &message);
    let mut parts = log.parts(index, &[]);
    parts.files = BundleFiles::Named(["a", "b", "c"].map(str::to_owned).into());
    (parts.assemble().unwrap(), log.policy())
}

/// The SHA-512 of `a`.
const SHA512_A: &str = "1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75";

#[test]
fn every_file_is_reported_whatever_becomes_of_the_others() {
    let right = hex::decode(SHA512_A).unwrap();
    let with = |sha512: &[u8], files: &[(&str, &'static [u8])]| -> (Verdict, Vec<String>) {
        let (bundle, policy) = four_files(sha512);
        let files = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), *bytes));
        let folder = Folder(files.collect());
        let bytes = bundle.encode().unwrap();
        let verdict = verify_bundle(bytes.as_bytes(), policy.as_bytes(), &folder);
        let json: serde_json::Value = serde_json::from_str(&verdict.to_json()).unwrap();
        let states = json["files"].as_array().unwrap().iter();
        let states = states
            .map(|file| file["state"].as_str().unwrap().to_owned())
            .collect();
        (verdict, states)
    };
    let all: [(&str, &'static [u8]); 3] = [("a", b"a"), ("b", b"b"), ("c", b"c")];
    let (good, states) = with(&right, &all);
    assert_eq!(good.word, VerdictWord::Verified, "{}", why(&good));
    assert_eq!(states, ["matching", "matching", "matching", "not_named"]);
    assert!(good.to_text().contains(SHA512_A));

    let (bad, states) = with(&right, &[("a", b"x"), ("b", b"b"), ("c", b"cc")]);
    assert_fails(
        &bad,
        1,
        "files",
        "\"a\" has not the SHA-256 and the SHA-512 that was signed, and so for 1 more",
    );
    assert_eq!(states, ["different", "matching", "different", "not_named"]);
    let text = bad
        .to_text()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for words in [
        "here, and DIFFERENT: it has not the SHA-256 and the SHA-512 that was signed",
        "here, and DIFFERENT: it has not the size and the SHA-256 that was signed",
        "here, the same bytes",
        "not named to travel with this bundle, and not looked for",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }

    // An altered file outweighs a missing one, and both are reported.
    let (bad, states) = with(&right, &[("b", b"x"), ("c", b"c")]);
    assert_fails(&bad, 1, "files", "\"b\"");
    assert_eq!(states, ["missing", "different", "matching", "not_named"]);
    let (bad, states) = with(&right, &[("c", b"c")]);
    assert_fails(
        &bad,
        2,
        "files",
        "\"a\" is not beside the bundle, and so for 1 more",
    );
    assert_eq!(states, ["missing", "missing", "matching", "not_named"]);

    // The SHA-512 counts by itself, also one that is none.
    for wrong in [[7; 64].as_slice(), &[7; 3]] {
        let (bad, states) = with(wrong, &all);
        assert_fails(
            &bad,
            1,
            "files",
            "\"a\" has not the SHA-512 that was signed",
        );
        assert_eq!(states[0], "different");
    }
}
