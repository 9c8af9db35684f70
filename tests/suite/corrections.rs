//! Corrections on the real daemon: stale ones are refused, and threads show what a record says now.

use serde_json::{Value, json};

use crate::support::typed;
use crate::thread::{Linked, id, prints};

const THREAD: &str = "a3bb189e-8bf9-4888-9912-ace4e6543002";

/// A finding with a slip in the name of the place.
pub(crate) fn finding(thread: &str) -> Value {
    json!({
        "schema": "wreckage-finding/1", "thread_id": thread, "basis": "own_observation",
        "asserted_by": {"name": "Field Team", "type": "ngo"}, "language": "en",
        "titles": [{"lang": "en", "text": "Tail section"}], "documented": "2024-01-11",
        "place": {"country": "UA", "locality": "Kiev"}, "marking": {"tlp": "green"},
        "wreckage_finding": {
            "item_class": "ballistic_missile", "state": "fragment", "condition": "burnt",
            "identifications": [{"designation": "KN-23", "basis": "own_observation"}],
            "markings": [{"as_marked": "112"}, {"as_marked": "113"}]
        }
    })
}

/// A record about another, with the body `kind`.
pub(crate) fn about(thread: &str, kind: &str, title: &str, body: &Value) -> Value {
    json!({
        "schema": format!("{kind}/1"), "thread_id": thread, "basis": "own_observation",
        "asserted_by": {"name": "Field Team", "type": "ngo"}, "language": "en",
        "titles": [{"lang": "en", "text": title}], "marking": {"tlp": "green"},
        kind: body,
    })
}

/// A correction of `target`: path, was, now.
pub(crate) fn correction(target: &str, changes: &[(&str, &str, &str)]) -> Value {
    let changes = changes
        .iter()
        .map(|(path, was, now)| json!({"path": path, "was": was, "now": now}));
    let changes: Vec<Value> = changes.collect();
    let body = json!({"target": target, "changes": changes, "reason": "typo"});
    about(THREAD, "correction", "A slip", &body)
}

pub(crate) fn withdrawal(target: &str) -> Value {
    let body = json!({"target": target, "reason": "error"});
    about(THREAD, "withdrawal", "Taken back", &body)
}

const KIEV: &str = "\"Kiev\"";
const KYIV: &str = "\"Kyiv\"";

/// Every error that a submission was refused with: path and description.
#[track_caller]
fn errors(linked: &Linked, file: &str) -> String {
    let ran = linked.submit(file).exits(1);
    let errors = ran.json()["errors"].to_string();
    prints(&errors, "RECORD_INVALID");
    errors
}

#[test]
fn a_correction_that_does_not_start_from_the_current_value_is_refused() {
    let linked = Linked::start();
    let target = linked.sign_json("field-team", "target", &finding(THREAD));
    let of = |name: &str, changes: &[(&str, &str, &str)]| {
        linked.sign_json("field-team", name, &correction(&id(&target), changes))
    };
    linked.submit(&target).exits(0);

    // All that is stale is told at once, with the current values.
    let stale = of(
        "stale",
        &[
            ("place.locality", "\"Kharkiv\"", KYIV),
            ("note", "\"x\"", ""),
            ("wreckage_finding.markings[3]", "", "{\"as_marked\":\"9\"}"),
        ],
    );
    let told = errors(&linked, &stale);
    prints(&told, "E-CORRECT-STALE");
    prints(&told, "correction.changes[0].was");
    prints(&told, "The record's current value is \\\"Kiev\\\"");
    prints(&told, "The record's current value is nothing");
    prints(&told, "correction.changes[2].path");

    let good = of(
        "good",
        &[
            ("place.locality", KIEV, KYIV),
            (
                "wreckage_finding.markings[0]",
                "{\"as_marked\":\"112\"}",
                "",
            ),
            ("note", "", "\"as spelled by the state\""),
        ],
    );
    assert_eq!(linked.warned(&good), [""; 0]);
    // Sent together, in their order, the second starts from what the first writes; the third does not.
    let chain = [("\"A\"", "a"), ("\"B\"", "b"), ("\"C\"", "c")];
    let [first, second, third] = chain.map(|(now, name)| {
        let was = if name == "b" { "\"A\"" } else { "" };
        of(name, &[("place.region", was, now)])
    });
    let answer = linked
        .submit(&format!("{first} {second} {third}"))
        .exits(1)
        .json();
    assert_eq!(answer["submitted"].as_array().unwrap().len(), 2);
    prints(
        &answer["errors"].to_string(),
        "The record's current value is \\\"B\\\"",
    );
    // What the record said before is not what it says now.
    let late = of("late", &[("place.locality", KIEV, "\"Kyjiv\"")]);
    let told = errors(&linked, &late);
    prints(&told, "The record's current value is \\\"Kyiv\\\"");
    let next = of(
        "next",
        &[(
            "wreckage_finding.markings[0].as_marked",
            "\"113\"",
            "\"118\"",
        )],
    );
    assert_eq!(linked.warned(&next), [""; 0]);
}

#[test]
fn the_record_as_corrected_is_validated_as_a_whole() {
    let linked = Linked::start();
    let target = linked.sign_json("field-team", "target", &finding(THREAD));
    linked.submit(&target).exits(0);
    let wrong = correction(
        &id(&target),
        &[
            ("wreckage_finding.state", "\"fragment\"", ""),
            ("occurred", "", "\"2025\""),
        ],
    );
    // Each change is good by itself, so it can be signed offline.
    let told = errors(&linked, &linked.sign_json("field-team", "wrong", &wrong));
    prints(&told, "E-REQUIRED");
    prints(&told, "correction.changes[0]");
    prints(&told, "E-ORDER-TIME");
    prints(
        &told,
        "In the record as corrected it would stand at `wreckage_finding.state`",
    );

    // A warning travels with the answer.
    let future = correction(&id(&target), &[("reported", "", "\"2190\"")]);
    let future = linked.sign_json("field-team", "future", &future);
    let answer = linked.submit(&future).exits(0).json();
    let warnings = answer["submitted"][0]["warnings"].to_string();
    prints(&warnings, "W-TIME-FUTURE");
    prints(&warnings, "correction.changes[0].now");
}

#[test]
fn a_thread_shows_what_a_record_says_now_and_what_it_said() {
    let linked = Linked::start();
    let target = linked.sign_json("field-team", "target", &finding(THREAD));
    let of = |name: &str, changes: &[(&str, &str, &str)]| {
        linked.sign_json("field-team", name, &correction(&id(&target), changes))
    };
    // Nobody can judge the first yet: what it corrects is not there.
    let early = of("early", &[("place.locality", "\"Kharkiv\"", "\"X\"")]);
    assert_eq!(linked.warned(&early), ["W-LINK-TARGET correction"]);
    linked.submit(&target).exits(0);
    let first = of("first", &[("place.locality", KIEV, KYIV)]);
    let second = of("second", &[("place.locality", KYIV, "\"Kyjiv\"")]);
    linked.submit(&format!("{first} {second}")).exits(0);

    let which = id(&target);
    let thread = linked.thread(&which, "");
    let corrected = &thread["corrections"][0];
    assert_eq!(corrected["as_corrected"]["place"]["locality"], "Kyjiv");
    let effects = |thread: &Value| {
        let corrections = thread["corrections"][0]["corrections"].as_array().unwrap();
        let effects = corrections
            .iter()
            .map(|it| it["effect"].as_str().unwrap().to_owned());
        effects.collect::<Vec<_>>()
    };
    assert_eq!(effects(&thread), ["stale", "applied", "applied"]);
    // As signed, it stays what it was.
    let node = thread["records"].as_array().unwrap().iter();
    let node = node
        .clone()
        .find(|it| it["record_id"] == which.as_str())
        .unwrap();
    assert_eq!(node["record"]["place"]["locality"], "Kiev");
    let text = linked.thread_text(&which, "--full");
    for words in [
        "CORRECTIONS",
        "because of typo: has NO EFFECT, because it takes place.locality to be \"Kharkiv\", which was \"Kiev\" by then",
        "Place, locality (place.locality): it said \"Kiev\", it says now \"Kyiv\"",
        "Place, locality (place.locality): it said \"Kyiv\", it says now \"Kyjiv\"",
        "As corrected: Place, locality",
        "; CORRECTED by entries ",
        "it has NO EFFECT, because it does not start from what that entry said by then",
    ] {
        prints(&text, words);
    }

    assert_eq!(text.matches("As corrected").count(), 1, "{text}");

    // As of a size before the second correction, only the first counts.
    let by = corrected["corrections"][2]["by"].as_u64().unwrap();
    let before = linked.thread(&which, &format!("--at {by}"));
    assert_eq!(
        before["corrections"][0]["as_corrected"]["place"]["locality"],
        "Kyiv"
    );

    // The withdrawal of the first takes the second with it, and that is said beforehand.
    let taken_back = linked.sign_json("field-team", "taken-back", &withdrawal(&id(&first)));
    assert_eq!(linked.warned(&taken_back), ["W-CORRECT-UNDONE withdrawal"]);
    let after = linked.thread(&which, "");
    assert_eq!(effects(&after), ["stale", "withdrawn", "stale"]);
    assert_eq!(after["corrections"][0]["changed"], false);
    let text = linked.thread_text(&which, "");
    prints(&text, "no longer applies: entry ");
    assert!(!text.contains("As corrected"), "{text}");
    prints(&text, "; it was WITHDRAWN by entry ");
    // And the current value is that of the record as signed again.
    let again = of("again", &[("place.locality", KIEV, KYIV)]);
    assert_eq!(linked.warned(&again), [""; 0]);
}

#[test]
fn what_a_correction_changes_cannot_be_protected() {
    let linked = Linked::start();
    let draft = linked.world.path("draft.json");
    let change = correction(&"11".repeat(32), &[("note", "", "\"x\"")]);
    std::fs::write(&draft, change.to_string()).unwrap();
    let (key, policy, vault) = (
        linked.world.path("device.key"),
        linked.world.policy(),
        linked.world.path("a.vault"),
    );
    let out = linked.world.path("signed");
    let ran = typed(&format!(
        "record sign {draft} --key {key} --org field-team --policy {policy} --out {out} --vault {vault} --protect \
         correction.changes[0].now"
    ));
    assert_ne!(ran.code, 0);
    prints(&ran.stderr, "cannot be protected");
}

#[test]
fn a_form_for_a_correction_shows_the_current_values() {
    let linked = Linked::start();
    let target = linked.sign_json("field-team", "target", &finding(THREAD));
    let change = ("place.locality", KIEV, KYIV);
    let first = linked.sign_json("field-team", "first", &correction(&id(&target), &[change]));
    linked.submit(&format!("{target} {first}")).exits(0);
    let (url, policy, form) = (
        &linked.daemon.url,
        linked.world.policy(),
        linked.world.path("slip.toml"),
    );
    let of = format!("--of {} --from {url} --policy {policy}", id(&target));
    typed(&format!("record new correction {of} --out {form}")).exits(0);
    let mut text = std::fs::read_to_string(&form).unwrap();
    prints(&text, &format!("thread_id = \"{THREAD}\""));
    prints(&text, "#   place.locality  \"Kyiv\"");
    prints(&text, "#   wreckage_finding.markings[1].as_marked  \"113\"");
    assert!(!text.contains("#   org "), "{text}");
    // Filled in, it is good.
    let target = format!("\ntarget = \"{}\"", id(&target));
    prints(&text, &target);
    for line in [
        "titles = ",
        "asserted_by = ",
        "basis = \"own_observation\"",
        "language = ",
        "marking = ",
        "reason = ",
    ] {
        text = text.replace(&format!("\n#{line}"), &format!("\n{line}"));
    }
    text.push_str(
        "changes = [{ path = \"place.locality\", was = '\"Kyiv\"', now = '\"Kyjiv\"' }]\n",
    );
    std::fs::write(&form, text).unwrap();
    linked.world.sign(&form, "device.key");
    assert_eq!(
        linked.warned(&linked.world.path("signed/slip.signed.json")),
        [""; 0]
    );

    typed(&format!("record new withdrawal {of}")).exits(0);
    typed(&format!("record new statement {of}")).exits(64);
    typed("record new correction --of 5").exits(64);
}
