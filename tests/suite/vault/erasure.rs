//! The records that tell of an erasure and of a disclosure: drafted, signed, submitted, and read by everybody.

use std::fs;

use crate::support::{Ran, typed};

use super::story::{PATHS, PLANTED, Story, states};

const GROUNDS: [&str; 4] = ["--authority", "Order 7 of 2026", "--remains", "the digest"];

/// Types a line whose last words hold spaces.
fn with(line: &str, words: &[&str]) -> Ran {
    let mut all: Vec<&str> = line.split(' ').filter(|it| !it.is_empty()).collect();
    all.extend(words);
    crate::support::run(&all)
}

impl Story {
    fn erase(&self, fields: &str, draft: &str, words: &[&str]) -> Ran {
        let line = format!(
            "vault erase {} {} {} {fields} --draft {draft}",
            self.vault(),
            self.id,
            self.identity()
        );
        with(&line, words)
    }

    /// Checks, signs and submits a draft that a command wrote, as it is.
    fn log(&self, name: &str, draft: &str) {
        let checked = typed(&format!("record check {draft}")).exits(0);
        assert_eq!(checked.stderr, "");
        self.world.sign(draft, "device.key");
        let file = self.world.path(&format!("signed/{name}.signed.json"));
        let to = format!("--to {} --policy {}", self.daemon.url, self.world.policy());
        typed(&format!("submit {file} {to}")).exits(0);
    }

    fn thread(&self, more: &str) -> Ran {
        let from = format!(
            "--from {} --policy {}",
            self.daemon.url,
            self.world.policy()
        );
        typed(&format!("thread {} {from} {more}", self.id)).exits(0)
    }
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_erasure_is_drafted_before_anything_is_destroyed_and_then_told_to_everybody() {
    let mut story = Story::begin();
    let draft = story.world.path("erasure.toml");
    let before = fs::read(story.vault()).unwrap();
    // Not a good record, or nowhere to write it: nothing is destroyed.
    for (draft, words, code) in [
        ("nowhere/erasure.toml", GROUNDS.to_vec(), 2),
        (
            "erasure.toml",
            [GROUNDS.as_slice(), &["--date", "soon"]].concat(),
            1,
        ),
        (
            "erasure.toml",
            [GROUNDS.as_slice(), &["--asserter-type", "team"]].concat(),
            1,
        ),
        ("erasure.toml", GROUNDS[..2].to_vec(), 64),
    ] {
        let path = story.world.path(draft);
        let ran = story.erase("--field place.detail", &path, &words);
        assert_eq!(ran.code, code, "{draft}: {}", ran.stderr);
        assert_eq!(fs::read(story.vault()).unwrap(), before, "{draft}");
        assert!(!fs::exists(path).unwrap(), "{draft}");
    }
    let erased = story
        .erase("--field place.detail", &draft, &GROUNDS)
        .exits(0);
    assert!(
        erased.stdout.contains("cannot be undone"),
        "{}",
        erased.stdout
    );
    let text = fs::read_to_string(&draft).unwrap();
    assert!(
        !PLANTED.iter().chain(&PATHS).any(|word| text.contains(word)),
        "{text}"
    );
    // As if it had broken off before the vault was written: the same again, and the same draft.
    fs::write(story.vault(), &before).unwrap();
    let again = story
        .erase("--field place.detail", &draft, &GROUNDS)
        .exits(0);
    assert!(again.stdout.contains("cannot be undone"));
    let last = story
        .erase("--field place.detail", &draft, &GROUNDS)
        .exits(0);
    assert!(
        last.stdout.contains("nothing was left to erase"),
        "{}",
        last.stdout
    );
    assert_eq!(fs::read_to_string(&draft).unwrap(), text);
    story.prove("place.detail").exits(1);
    // Another file of that name is not written over, and nothing is destroyed.
    let other = story.erase("--all", &draft, &GROUNDS).exits(1);
    assert!(other.stderr.contains("FILE_EXISTS"), "{}", other.stderr);
    story.prove("wreckage_finding.condition").exits(0);

    the_verdict_says_so(&mut story, &draft);
}

fn the_verdict_says_so(story: &mut Story, draft: &str) {
    story.log("erasure", draft);
    story.prove("").exits(0);
    let verified = story.verify("").exits(0);
    let text = flat(&verified.stdout);
    assert!(
        text.contains("by authority of \"Order 7 of 2026\" (entry 4)"),
        "{text}"
    );
    assert!(text.contains("What remains: \"the digest\"."), "{text}");
    let expected = ["erased", "withheld", "withheld", "withheld", "withheld"];
    assert_eq!(states(&story.verify("--json")), expected);
    let offline = story.verify("--json").json();
    let digest = offline["record"]["erasures"][0]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    everybody_is_told(story, &digest);
}

fn everybody_is_told(story: &Story, digest: &str) {
    let words = "by authority of Order 7 of 2026";
    for more in ["", "--full", "--whole-log"] {
        let text = story.thread(more).stdout;
        assert!(text.contains(words), "{more}: {text}");
        assert!(text.contains(digest), "{more}: {text}");
    }
    let json = story.thread("--json").json();
    let record = &json["records"][0];
    assert_eq!(record["record_id"], story.id);
    assert_eq!(record["erased"][0]["digest"], digest);
    let [one, two] =
        ["secret", "erasure"].map(|it| story.world.path(&format!("signed/{it}.signed.json")));
    let alone = typed(&format!("record show {one}")).exits(0).stdout;
    assert!(
        alone.contains(&format!("withheld (commitment {digest})")),
        "{alone}"
    );
    let both = typed(&format!("record show {one} {two}")).exits(0).stdout;
    assert!(
        !both.contains(&format!("withheld (commitment {digest})")),
        "{both}"
    );
    assert!(both.contains(words), "{both}");
}

#[test]
fn what_was_erased_untold_can_be_told_later() {
    let mut story = Story::begin();
    let line = format!(
        "vault erase {} {} {} --all",
        story.vault(),
        story.id,
        story.identity()
    );
    let erased = story.types(&line).exits(0);
    assert!(
        flat(&erased.stdout).contains("Nothing in the ledger tells of this yet"),
        "{}",
        erased.stdout
    );
    assert!(story.types(&line).exits(1).stderr.contains("--draft"));
    let draft = story.world.path("erasure.json");
    let told = story.erase("--all", &draft, &GROUNDS).exits(0);
    assert!(told.stdout.contains("2 digest(s)"), "{}", told.stdout);
    story.log("erasure", &draft);
    story.prove("").exits(0);
    let expected = ["erased", "erased", "withheld", "withheld", "withheld"];
    assert_eq!(states(&story.verify("--json")), expected);
}

#[test]
fn a_disclosure_is_drafted_with_the_bundle_and_becomes_a_remark() {
    let mut story = Story::begin();
    let draft = story.world.path("shown.toml");
    let (bundle, vault, id) = (
        story.world.path("bundle.json"),
        story.vault(),
        story.world.path("team.id"),
    );
    let (url, policy) = (story.daemon.url.clone(), story.world.policy());
    let line = format!(
        "prove {} --from {url} --policy {policy} --out {bundle} --vault {vault} --vault-identity {id} --show place.detail \
         --disclosure-draft {draft} --to-type state_body",
        story.id
    );
    let words = [
        "--to-whom",
        "Example Court",
        "--authority",
        "Order 8 of 2026",
    ];
    with(&line, &words[..2]).exits(64);
    with(&line, &[words.as_slice(), &["--date", "2026-13"]].concat()).exits(1);
    assert!(!fs::exists(&bundle).unwrap() && !fs::exists(&draft).unwrap());
    with(&line, &words).exits(0);
    with(&line, &words).exits(0);
    let other = [
        "--to-whom",
        "Another Court",
        "--authority",
        "Order 8 of 2026",
    ];
    assert!(with(&line, &other).exits(1).stderr.contains("FILE_EXISTS"));
    let text = fs::read_to_string(&draft).unwrap();
    assert!(
        !PLANTED.iter().chain(&PATHS).any(|word| text.contains(word)),
        "{text}"
    );
    story.log("shown", &draft);
    story.prove("").exits(0);
    let verified = story.verify("").exits(0);
    let text = flat(&verified.stdout);
    assert!(
        text.contains("were opened to \"Example Court\" on "),
        "{text}"
    );
    assert!(
        text.contains("by authority of \"Order 8 of 2026\" (entry 4)"),
        "{text}"
    );
}
