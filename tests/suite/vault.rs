//! Protected fields from the draft to the court: signed, submitted, shown, altered, erased, and never leaked.

mod erasure;
mod persons;
mod refusals;
mod story;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use witnessmark_record::{DisclosedValue, Disclosure, field_digest};
use witnessmark_verifier::sha256;

use crate::support::{program, typed};

use story::{PATHS, PLANTED, Story, holding, states};

#[test]
fn a_protected_field_is_shown_withheld_altered_and_erased() {
    let mut story = Story::begin();
    let both = PLANTED.join(" ");
    for (number, path) in PATHS.iter().enumerate() {
        let shown = story.prove(path).exits(0);
        assert!(shown.stdout.contains(PLANTED[number]), "{}", shown.stdout);
        let verified = story.verify("").exits(0);
        assert!(verified.stdout.starts_with("VERIFIED WITH REMARKS"));
        let line = format!("\"{path}\": \"{}\"", PLANTED[number]);
        assert!(verified.stdout.contains(&line), "{}", verified.stdout);
        assert!(!verified.stdout.contains(PLANTED[1 - number]), "{both}");
        let expected = ["shown", "withheld", "withheld", "withheld", "withheld"];
        assert_eq!(states(&story.verify("--json")), expected);
    }
    every_altered_byte_of_a_disclosure_is_found(&story);
    // Where the schema wants the field, the record says why it is not there.
    let out = story.verify("").exits(0).stdout;
    assert!(
        out.contains("wreckage_finding.condition: withheld"),
        "{out}"
    );
    an_erased_field_is_gone_for_ever(&mut story);
}

fn every_altered_byte_of_a_disclosure_is_found(story: &Story) {
    let good = story.bundle();
    let length = good.disclosures[0].len();
    for place in [0, 21, 53, 55, length / 2, length - 1] {
        let mut bad = good.clone();
        bad.disclosures[0][place] ^= 1;
        story.write_bundle(&bad);
        let ran = story.verify("--json").exits(1);
        assert_eq!(ran.json()["failed"], "disclosures", "byte {place}");
        assert!(ran.json()["record"].is_null());
    }
    story.write_bundle(&good);
    story.verify("").exits(0);
}

fn an_erased_field_is_gone_for_ever(story: &mut Story) {
    let (vault, id, key) = (story.vault(), story.id.clone(), story.identity());
    let copy = story.world.path("copy.vault");
    let erase = format!("vault erase {vault} {id} {key}");
    story.types(&erase).exits(64);
    story
        .types(&format!("{erase} --field place.detial"))
        .exits(1);
    story
        .types(&format!(
            "vault erase {vault} {} {key} --all",
            "00".repeat(32)
        ))
        .exits(1);
    fs::copy(&vault, &copy).unwrap();
    let erased = story
        .types(&format!("{erase} --field place.detail"))
        .exits(0);
    for said in ["cannot be undone", "copy and backup", "still verifies"] {
        assert!(erased.stdout.contains(said), "{}", erased.stdout);
    }
    assert_eq!(
        fs::metadata(&vault).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let refused = story.prove("place.detail").exits(1);
    assert!(
        refused.stderr.contains("VAULT_ERASED"),
        "{}",
        refused.stderr
    );
    // The other field can still be shown, and the record without any still verifies.
    story.prove("wreckage_finding.condition").exits(0);
    story.verify("").exits(0);
    story.types(&format!("{erase} --all")).exits(0);
    story.types(&format!("{erase} --all")).exits(1);
    story.prove("wreckage_finding.condition").exits(1);
    let plain = story.prove("").exits(0);
    assert!(plain.stdout.starts_with("VERIFIED WITH REMARKS"));
    assert_eq!(states(&story.verify("--json")), ["withheld"; 5]);
    let listed = story
        .types(&format!("vault list {vault} {key} --json"))
        .exits(0);
    assert_eq!(
        listed.json()["records"][0]["erased"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(
        listed.json()["records"][0]["held"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    // An old copy still shows it: this is what the warning is about.
    fs::rename(&copy, &vault).unwrap();
    story.prove("place.detail").exits(0);
}

#[test]
fn nothing_protected_leaves_the_vault_and_guessing_finds_nothing() {
    let mut story = Story::begin();
    story.prove(&PATHS.join(",")).exits(0);
    assert_eq!(states(&story.verify("--json"))[..2], ["shown", "shown"]);
    let disclosures: Vec<Disclosure> = story
        .bundle()
        .disclosures
        .iter()
        .map(|bytes| Disclosure::parse(bytes).unwrap())
        .collect();
    let [export, signed] = ["export", "signed/secret.signed.json"].map(|it| story.world.path(it));
    let from = format!(
        "--from {} --policy {}",
        story.daemon.url,
        story.world.policy()
    );
    let list = format!("vault list {} {}", story.vault(), story.identity());
    for line in [
        format!("export {from} --out {export}"),
        list,
        format!("record show {signed}"),
    ] {
        story.types(&line).exits(0);
    }
    nothing_protected_is_anywhere(&story, &disclosures);
    a_dictionary_finds_nothing(&story, &disclosures);
}

fn nothing_protected_is_anywhere(story: &Story, disclosures: &[Disclosure]) {
    let planted = PLANTED.iter().map(|word| word.as_bytes().to_vec());
    let salts = disclosures.iter().map(|shown| shown.salt.to_vec());
    let words: Vec<Vec<u8>> = planted.chain(salts).collect();
    let printed = &story.printed;
    assert!(
        !PLANTED.iter().any(|word| printed.contains(word)),
        "{printed}"
    );
    // Everything a server can log is in there, also what it was asked for.
    let log = fs::read_to_string(story.world.path("log/server.log")).unwrap();
    assert!(log.len() > 1_000, "{log}");
    for folder in ["ledger", "export", "signed", "log"] {
        let found = holding(Path::new(&story.world.path(folder)), &words);
        assert!(found.is_empty(), "{folder}: {found:?}");
    }
    let sealed = fs::read(story.vault()).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1"));
    let leaks = |word: &Vec<u8>| sealed.windows(word.len()).any(|part| part == word);
    assert!(!words.iter().any(leaks));
}

/// Whoever knows the name, the format and a dictionary that holds the very value, but no salt.
fn a_dictionary_finds_nothing(story: &Story, disclosures: &[Disclosure]) {
    let guess = |salt: [u8; 32], name: &str, value: &str| {
        let disclosure = Disclosure {
            salt,
            name: name.to_owned(),
            value: DisclosedValue::Text(value.to_owned()),
        };
        field_digest(&disclosure).unwrap().as_bytes().to_vec()
    };
    let mut digests = Vec::new();
    for (name, value) in PATHS.iter().zip(PLANTED) {
        let of = |text: &str| *sha256(text.as_bytes()).as_bytes();
        digests.push(of(value).to_vec());
        for salt in [[0; 32], of(value), of(name), of(&story.id)] {
            digests.push(guess(salt, name, value));
        }
    }
    let export = story.world.path("export");
    let found = holding(Path::new(&export), &digests);
    assert!(found.is_empty(), "{found:?}");
    // With the salt the same guess is found: the search can find.
    for (shown, (name, value)) in disclosures.iter().zip(PATHS.iter().zip(PLANTED)) {
        let right = [guess(shown.salt, name, value)];
        assert!(!holding(Path::new(&export), &right).is_empty(), "{name}");
    }
}

#[test]
fn devices_that_sign_at_once_lose_nothing_of_each_other() {
    let mut story = Story::begin();
    let devices = 8;
    let [out, id] = ["signed", "team.id"].map(|name| story.world.path(name));
    let lines: Vec<String> = (0..devices)
        .map(|number| {
            let key = story.world.path(&format!("device-{number}.key"));
            typed(&format!("key new --out {key}")).exits(0);
            let draft = story.draft(&format!("draft-{number}"));
            format!(
                "record sign {draft} --key {key} --org field-team --origin x.test --out {out} --vault {} \
                 --vault-identity {id} --protect place.detail",
                story.vault()
            )
        })
        .collect();
    // Everything is there before the first begins, so that they do meet.
    let children: Vec<_> = lines
        .iter()
        .map(|line| program().args(line.split(' ')).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let list = format!("vault list {} {} --json", story.vault(), story.identity());
    let listed = story.types(&list).exits(0).json();
    assert_eq!(listed["records"].as_array().unwrap().len(), devices + 1);
}
