//! What comes with a record: opened fields, and files beside the bundle.

use std::collections::BTreeMap;
use std::io::{self, Read};

use witnessmark_bundle::{
    Bundle, BundleError, BundleFiles, FileSource, NoFiles, Verdict, VerdictWord, verify_bundle,
};
use witnessmark_record::v1;
use witnessmark_verifier::{DisclosedValue, Disclosure, Hash, field_salt, sha256};

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
    let mut digests = [witness.digest().unwrap(), place.digest().unwrap()];
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
    let hidden = place.digest().unwrap();
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
    assert!(good.record.unwrap().files.iter().all(|file| file.beside));

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
