//! Corrections of small records: what applies, what does not, and what is left when one is withdrawn.

use serde_json::{Value as Json, json};
use witnessmark_verifier::{PAYLOAD_TYPE_RECORD, RecordId};

use super::*;
use crate::{encode, from_json};

/// A logged record that owns what it says.
struct Held {
    index: u64,
    org: &'static str,
    id: RecordId,
    record: Record,
}

impl Held {
    fn of(index: u64, org: &'static str, mut json: Json) -> Self {
        json["org"] = json!(org);
        json["device_seq"] = json!(index);
        let bytes = encode(&from_json(&json).unwrap());
        Self {
            index,
            org,
            id: RecordId::of(PAYLOAD_TYPE_RECORD, &bytes),
            record: Record::decode(&bytes).unwrap(),
        }
    }

    /// A correction of `target`: path, was, now.
    fn correction(index: u64, target: &Self, changes: &[(&str, &str, &str)]) -> Self {
        Self::correction_by(index, "team", target, changes)
    }

    fn correction_by(
        index: u64,
        org: &'static str,
        target: &Self,
        changes: &[(&str, &str, &str)],
    ) -> Self {
        let changes = changes
            .iter()
            .map(|(path, was, now)| json!({"path": path, "was": was, "now": now}));
        Self::of(
            index,
            org,
            json!({
                "schema": "correction/1",
                "correction": {
                    "target": target.id.to_string(), "reason": "typo",
                    "changes": changes.collect::<Vec<_>>(),
                }
            }),
        )
    }

    fn withdrawal(index: u64, org: &'static str, target: &Self) -> Self {
        let body = json!({"target": target.id.to_string(), "reason": "error"});
        let json = json!({"schema": "withdrawal/1", "withdrawal": body});
        Self::of(index, org, json)
    }

    fn logged(&self) -> Logged<'_> {
        Logged {
            index: self.index,
            id: self.id,
            org: self.org,
            record: &self.record,
        }
    }
}

fn finding() -> Held {
    Held::of(
        1,
        "team",
        json!({
            "schema": "wreckage-finding/1", "note": "two",
            "place": {"country": "UA", "locality": "Kiev"},
            "links": [
                {"rel": "about", "target": "11".repeat(32)},
                {"rel": "about", "target": "22".repeat(32)},
                {"rel": "about", "target": "33".repeat(32)},
            ],
            "missing": [{"path": "occurred", "reason": "withheld"}],
            "wreckage_finding": {"markings": [{"as_marked": "112"}, {"as_marked": "113"}]}
        }),
    )
}

fn revised(target: &Held, others: &[&Held]) -> Revised {
    let all: Vec<Logged<'_>> = others.iter().map(|held| held.logged()).collect();
    revise(&target.logged(), &all)
}

fn effects(revised: &Revised) -> Vec<(u64, &Effect)> {
    let revisions = revised.revisions.iter();
    revisions.map(|it| (it.by, &it.effect)).collect()
}

/// Why the one change of a correction does not fit.
#[track_caller]
fn cause(path: &str, was: &str, now: &str) -> MisfitCause {
    let target = finding();
    let correction = Held::correction(2, &target, &[(path, was, now)]);
    let revised = revised(&target, &[&correction]);
    assert_eq!(revised.record, *target.record.message());
    let effect = revised.revisions.into_iter().next().unwrap().effect;
    let Effect::Stale(misfits) = effect else {
        panic!("{path}: {effect:?}");
    };
    misfits.into_iter().next().unwrap().cause
}

fn markings(record: &v1::Record) -> Vec<&str> {
    match &record.body {
        Some(Body::WreckageFinding(finding)) => {
            let markings = finding.markings.iter();
            markings.map(|mark| mark.as_marked.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

fn targets(record: &v1::Record) -> Vec<u8> {
    let links = record.links.iter();
    links.map(|link| link.target[0]).collect()
}

#[test]
fn fields_are_changed_added_and_taken_away() {
    let target = finding();
    let changes = [
        ("note", "\"two\"", ""),
        ("language", "", "\"en\""),
        ("place.locality", "\"Kiev\"", "\"Kyiv\""),
        ("confidence.word", "", "\"high\""),
        (
            "wreckage_finding.markings[1].as_marked",
            "\"113\"",
            "\"118\"",
        ),
    ];
    let correction = Held::correction(2, &target, &changes);
    let revised = revised(&target, &[&correction]);
    assert!(revised.is_changed());
    let record = &revised.record;
    assert_eq!((record.note.as_str(), record.language.as_str()), ("", "en"));
    assert_eq!(record.place.as_ref().unwrap().locality, "Kyiv");
    assert_eq!(
        record.confidence.as_ref().unwrap().word(),
        v1::ConfidenceWord::High
    );
    assert_eq!(markings(record), ["112", "118"]);
    // The record as signed stays what it is.
    assert_eq!(target.record.message().note, "two");
}

#[test]
fn positions_in_a_list_are_those_before_the_correction() {
    let target = finding();
    let link = |byte: &str| format!("{{\"rel\":\"about\",\"target\":\"{}\"}}", byte.repeat(32));
    let [one, two, four, five] = ["11", "22", "44", "55"].map(link);
    // Listed out of order: two at the end, the first and the second away, the third changed.
    let changes = [
        ("links[4]", "", five.as_str()),
        ("links[0]", one.as_str(), ""),
        ("links[3]", "", four.as_str()),
        ("links[1]", two.as_str(), ""),
        ("links[2].note", "", "\"same site\""),
        (
            "wreckage_finding.markings[0]",
            "{\"as_marked\":\"112\"}",
            "",
        ),
    ];
    let correction = Held::correction(2, &target, &changes);
    let revised = revised(&target, &[&correction]);
    assert_eq!(effects(&revised), [(2, &Effect::Applied)]);
    assert_eq!(targets(&revised.record), [0x33, 0x44, 0x55]);
    assert_eq!(revised.record.links[0].note, "same site");
    assert_eq!(markings(&revised.record), ["113"]);
    // A later correction counts from what is there by then.
    let later = Held::correction(3, &target, &[("links[0].note", "\"same site\"", "")]);
    let again = revise(&target.logged(), &[later.logged(), correction.logged()]);
    assert_eq!(again.record.links[0].note, "");
    assert_eq!(targets(&again.record), [0x33, 0x44, 0x55]);
}

#[test]
fn what_does_not_fit_is_told_and_changes_nothing() {
    use MisfitCause::{Differs, NoField, NoPlace, NoValue, OtherKind, Withheld};
    let differs = |there: &str| Differs(Some(there.to_owned()));
    assert_eq!(cause("note", "\"one\"", "\"x\""), differs("\"two\""));
    assert_eq!(cause("note", "", "\"x\""), differs("\"two\""));
    assert_eq!(cause("language", "\"en\"", ""), Differs(None));
    assert_eq!(cause("occurred", "\"2024\"", "\"2025\""), Withheld);
    let link = format!("{{\"rel\":\"about\",\"target\":\"{}\"}}", "44".repeat(32));
    assert_eq!(cause("links[4]", "", &link), NoPlace);
    assert_eq!(cause("links[7].note", "", "\"x\""), NoPlace);
    assert_eq!(cause("statement.forum", "", "\"press\""), OtherKind);
    assert_eq!(cause("org", "\"team\"", "\"other\""), NoField);
    assert_eq!(cause("no_field", "", "\"x\""), NoField);
    assert_eq!(cause("place.country", "\"UA\"", "7"), NoValue);
    assert_eq!(cause("note", "\"two\"", "\"two\""), NoValue);
    // Nobody can compare what is withheld, and a value in clear may be written there.
    let target = finding();
    let clear = Held::correction(2, &target, &[("occurred", "", "\"2024\"")]);
    assert!(revised(&target, &[&clear]).is_changed());
}

#[test]
fn a_correction_applies_whole_or_not_at_all() {
    let target = finding();
    let changes = [
        ("place.locality", "\"Kiev\"", "\"Kyiv\""),
        ("note", "\"one\"", "\"three\""),
        ("language", "\"en\"", ""),
        ("place.locality", "\"Kiev\"", "\"Kiyv\""),
    ];
    let correction = Held::correction(2, &target, &changes);
    let revised = revised(&target, &[&correction]);
    assert_eq!(revised.record, *target.record.message());
    let Effect::Stale(misfits) = &revised.revisions[0].effect else {
        panic!("{revised:?}");
    };
    let found: Vec<_> = misfits.iter().map(|it| (it.change, it.member())).collect();
    assert_eq!(found, [(1, "was"), (2, "was"), (3, "path")]);
    assert_eq!(
        misfits[0].to_string(),
        "it takes note to be \"one\", which was \"two\" by then"
    );
    assert!(
        misfits[0]
            .fix()
            .starts_with("The record's current value is \"two\".")
    );
}

#[test]
fn of_two_that_raced_the_first_applies_and_others_organisations_have_no_say() {
    let target = finding();
    let foreign = Held::correction_by(2, "other", &target, &[("note", "\"two\"", "\"zero\"")]);
    let first = Held::correction(3, &target, &[("note", "\"two\"", "\"three\"")]);
    let second = Held::correction(4, &target, &[("note", "\"two\"", "\"four\"")]);
    let third = Held::correction(5, &target, &[("note", "\"three\"", "\"five\"")]);
    let revised = revised(&target, &[&third, &second, &foreign, &first]);
    assert_eq!(revised.record.note, "five");
    let there = MisfitCause::Differs(Some("\"three\"".to_owned()));
    match effects(&revised).as_slice() {
        [
            (2, Effect::Foreign),
            (3, Effect::Applied),
            (4, Effect::Stale(stale)),
            (5, Effect::Applied),
        ] => {
            assert_eq!(stale[0].cause, there);
        }
        effects => panic!("{effects:?}"),
    }
}

#[test]
fn a_withdrawn_correction_is_as_if_never_made() {
    let target = finding();
    let first = Held::correction(2, &target, &[("note", "\"two\"", "\"three\"")]);
    let second = Held::correction(3, &target, &[("note", "\"three\"", "\"four\"")]);
    let foreign = Held::withdrawal(4, "other", &first);
    let own = Held::withdrawal(5, "team", &first);
    let again = Held::withdrawal(6, "team", &own);
    let note = |others: &[&Held]| revised(&target, others).record.note;
    assert_eq!(note(&[&first, &second, &foreign]), "four");
    // What was built on it no longer fits.
    let undone = revised(&target, &[&first, &second, &foreign, &own]);
    assert_eq!(undone.record.note, "two");
    assert_eq!(undone.revisions[0].effect, Effect::Withdrawn(5));
    assert!(matches!(undone.revisions[1].effect, Effect::Stale(_)));
    // A withdrawal that was withdrawn does not stand.
    assert_eq!(note(&[&first, &second, &own, &again]), "four");
    let all = [&first, &own, &again].map(Held::logged);
    let standing = Standing::of(&all);
    assert_eq!(standing.withdrawn_by(&own.id), Some(6));
    assert_eq!(standing.withdrawn_by(&first.id), None);
}

#[test]
fn a_long_chain_of_withdrawals_is_judged_without_depth() {
    let target = finding();
    let mut chain = vec![Held::correction(
        2,
        &target,
        &[("note", "\"two\"", "\"three\"")],
    )];
    for index in 3..2_003 {
        let next = Held::withdrawal(index, "team", chain.last().unwrap());
        chain.push(next);
    }
    let all: Vec<_> = chain.iter().map(Held::logged).collect();
    // An even number of withdrawals: the correction stands.
    assert_eq!(withdrawn(&all).len(), 1_000);
    assert!(revise(&target.logged(), &all).is_changed());
    let odd = &all[..all.len() - 1];
    assert_eq!(
        revise(&target.logged(), odd).revisions[0].effect,
        Effect::Withdrawn(3)
    );
}

#[test]
fn only_rules_that_the_correction_breaks_are_told_with_the_change_that_breaks_them() {
    let before = from_json(&json!({
        "schema": "intercepted-shipment/1", "occurred": "2024-01-02", "place": {"country": "UA"},
        "links": [{"rel": "about", "target": "11".repeat(32)}],
        "intercepted_shipment": {"status": "seized", "parties": [
            {"name_as_written": "Demo Trading", "type": "organisation", "role": "shipper"}
        ]}
    }))
    .unwrap();
    let change = |path: &str, now: &str| v1::FieldChange {
        path: path.to_owned(),
        was: String::new(),
        now: now.to_owned(),
    };
    let changes = [
        change("intercepted_shipment.parties[0].type", "\"person\""),
        change("place", "{\"country\":\"ZZ\"}"),
        change("occurred", "\"2025\""),
    ];
    let mut after = before.clone();
    "ZZ".clone_into(&mut after.place.as_mut().unwrap().country);
    "2025".clone_into(&mut after.occurred);
    "2024".clone_into(&mut after.reported);
    if let Some(Body::InterceptedShipment(shipment)) = &mut after.body {
        shipment.parties[0].set_type(v1::PartyType::Person);
    }
    let found = new_problems(&before, &after).into_iter();
    let found: Vec<_> = found
        .map(|it| problem_of_correction(it, &changes))
        .collect();
    let found: Vec<_> = found.iter().map(|it| (it.code, it.path.as_str())).collect();
    // The order of times is broken by no change alone; what was wrong before is not told again.
    for expected in [
        ("E-PERSON-CLEAR", "correction.changes[0].now"),
        ("E-ISO3166", "correction.changes[1].now.country"),
        ("E-ORDER-TIME", "correction.changes"),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(new_problems(&before, &before), []);
}
