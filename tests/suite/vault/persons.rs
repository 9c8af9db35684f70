//! Names of private persons and items inside of lists: protected in the field, merged by the officer, shown to the court.

use std::fs;

use crate::support::typed;

use super::story::{IDENTITY, Story, states};

const WITNESS: &str = "Planted Witness";
const SPEAKER: &str = "Planted Speaker";

impl Story {
    /// An invented example of a kind, with one more line.
    fn example(&self, kind: &str, line: &str) -> String {
        let path = self.world.path(&format!("{kind}.toml"));
        typed(&format!("record new {kind} --example --out {path}")).exits(0);
        let text = fs::read_to_string(&path).unwrap();
        // Instead of the line that gives the same member, if there is one.
        let member = line.split('=').next().unwrap();
        let kept: Vec<&str> = text.lines().filter(|it| !it.starts_with(member)).collect();
        fs::write(&path, format!("{}\n{line}\n", kept.join("\n"))).unwrap();
        path
    }

    fn submit(&self, name: &str) {
        let file = self.world.path(&format!("signed/{name}.signed.json"));
        let to = format!("--to {} --policy {}", self.daemon.url, self.world.policy());
        typed(&format!("submit {file} {to}")).exits(0);
    }

    fn merge(&self, from: &str, more: &str) -> crate::support::Ran {
        let id = self.world.path("team.id");
        let (into, key) = (self.vault(), self.identity());
        typed(&format!(
            "vault merge {into} {from} {key} --from-identity {id} {more}"
        ))
    }
}

/// The words of a page, wherever its lines were broken.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn persons_are_protected_by_the_device_and_shown_by_the_officer() {
    let mut story = Story::begin();
    let custody = story.example(
        "custody-transfer",
        &format!("witness = {{ name_as_written = \"{WITNESS}\", type = \"person\" }}"),
    );
    let statement = story.example(
        "statement",
        &format!(
            "speaker = {{ name_as_written = \"{SPEAKER}\", type = \"person\", address = \"Planted Street 1\" }}"
        ),
    );
    let strike = story.example("strike-event", "# Nobody is in it");
    let device = story.world.path("device.vault");
    let [id, key, out] = ["team.id", "device.key", "signed"].map(|name| story.world.path(name));
    typed(&format!("vault new --out {device} --identity {id}")).exits(0);
    let drafts = format!("{custody} {statement} {strike}");
    let who = format!(
        "--key {key} --org field-team --policy {} --out {out}",
        story.world.policy()
    );
    let clear = story.types(&format!("record sign {drafts} {who}")).exits(1);
    assert_eq!(
        clear.stderr.matches("E-PERSON-CLEAR").count(),
        2,
        "{}",
        clear.stderr
    );
    let line = format!(
        "record sign {drafts} {who} --vault {device} --vault-identity {id} --protect-persons --json"
    );
    let signed = story.types(&line).exits(0).json();
    let names = |at: usize| signed["signed"][at]["protected"].clone();
    assert_eq!(
        names(0),
        serde_json::json!(["custody_transfer.witness.name_as_written"])
    );
    let of_speaker = [
        "statement.speaker.address",
        "statement.speaker.name_as_written",
    ];
    assert_eq!(names(1), serde_json::json!(of_speaker));
    assert_eq!(names(2), serde_json::json!([]));
    assert!(
        !story.printed.contains("Planted W") && !story.printed.contains("Planted S"),
        "{}",
        story.printed
    );
    for name in ["custody-transfer", "statement", "strike-event"] {
        let text = typed(&format!("record show {out}/{name}.signed.json"))
            .exits(0)
            .stdout;
        assert!(!text.contains("Planted"), "{text}");
        story.submit(name);
    }
    signed["signed"][1]["record_id"]
        .as_str()
        .unwrap()
        .clone_into(&mut story.id);
    the_officer_takes_over(&mut story, &device);
}

fn the_officer_takes_over(story: &mut Story, device: &str) {
    let name = "statement.speaker.name_as_written";
    story.prove(name).exits(1);
    let before = fs::read(device).unwrap();
    let merged = story.merge(device, "--json").exits(0).json();
    assert_eq!(merged["added"].as_array().unwrap().len(), 2);
    story.prove(name).exits(0);
    let shown = flat(&story.verify("").exits(0).stdout);
    assert!(
        shown.contains(&format!("\"{name}\": \"{SPEAKER}\"")),
        "{shown}"
    );
    assert!(
        shown.contains("statement.speaker.name_as_written: withheld"),
        "{shown}"
    );
    assert_eq!(states(&story.verify("--json")), ["shown", "withheld"]);
    let list = format!("vault list {device} {} --json", story.identity());
    assert_eq!(
        typed(&list).exits(0).json()["records"],
        serde_json::json!([])
    );
    // As if it had broken off before the device's vault was written.
    fs::write(device, &before).unwrap();
    let again = story.merge(device, "--json").exits(0).json();
    assert_eq!(again["already_there"].as_array().unwrap().len(), 2);
    // What was erased does not come back.
    fs::write(device, &before).unwrap();
    let erase = format!(
        "vault erase {} {} {} --field {name}",
        story.vault(),
        story.id,
        story.identity()
    );
    typed(&erase).exits(0);
    let refused = story.merge(device, "").exits(1);
    assert!(
        refused.stderr.contains("VAULT_CONFLICT"),
        "{}",
        refused.stderr
    );
    assert_eq!(fs::read(device).unwrap(), before);
    let itself = story.vault();
    story.merge(&itself, "").exits(64);
}

#[test]
fn vaults_of_two_organisations_are_not_merged() {
    let mut story = Story::begin();
    let draft = story.draft("third");
    let [key, out, id, other] =
        ["device.key", "elsewhere", "team.id", "other.vault"].map(|it| story.world.path(it));
    assert!(IDENTITY.starts_with("AGE-SECRET-KEY"));
    typed(&format!("vault new --out {other} --identity {id}")).exits(0);
    typed(&format!(
        "record sign {draft} --key {key} --org other-team --origin x.test --out {out} --vault {other} --vault-identity {id} \
         --protect place.detail"
    ))
    .exits(0);
    let refused = story.merge(&other, "").exits(1);
    assert!(
        refused.stderr.contains("VAULT_OTHER_ORGANISATION"),
        "{}",
        refused.stderr
    );
    // With --keep, into one that is nobody's yet.
    let fresh = story.world.path("fresh.vault");
    typed(&format!("vault new --out {fresh} --identity {id}")).exits(0);
    let line =
        format!("vault merge {fresh} {other} --identity {id} --from-identity {id} --keep --json");
    assert_eq!(story.types(&line).exits(0).json()["kept"], true);
    for vault in [fresh, other] {
        let listed = typed(&format!("vault list {vault} --identity {id} --json"))
            .exits(0)
            .json();
        assert_eq!(listed["organisation"], "other-team");
        assert_eq!(listed["records"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn an_item_in_the_middle_of_a_list_is_protected_and_the_others_keep_their_numbers() {
    let mut story = Story::begin();
    let party = |name: &str| format!("{{ name_as_written = \"{name}\", type = \"organisation\" }}");
    let parties = ["First", "Planted Second", "Third"].map(party).join(", ");
    let draft = story.example("intercepted-shipment", &format!("parties = [{parties}]"));
    let second = "intercepted_shipment.parties[1]";
    for (paths, code) in [("titles[0]", 1), ("intercepted_shipment.parties[3]", 1)] {
        story.sign(&draft, paths, "").exits(code);
    }
    let signed = story.sign(&draft, second, "--json").exits(0).json();
    signed["signed"][0]["record_id"]
        .as_str()
        .unwrap()
        .clone_into(&mut story.id);
    assert!(!story.printed.contains("Planted Second"));
    story.submit("intercepted-shipment");
    story.prove(second).exits(0);
    let shown = flat(&story.verify("").exits(0).stdout);
    assert!(shown.starts_with("VERIFIED This record"), "{shown}");
    assert!(
        shown.contains("Planted Second") && shown.contains(&format!("{second}: withheld")),
        "{shown}"
    );
    let json = story.verify("--json").json();
    let fields = json["record"]["fields"].as_array().unwrap().clone();
    let third = fields.iter().find(|it| it["value"] == "Third").unwrap();
    assert!(third["name"].as_str().unwrap().contains('3'), "{third}");
}
