//! What is about a record, over any number of steps: what the verifier takes for that, and what it says of it.

use witnessmark_bundle::{AssembleError, Bundle, VerdictWord};
use witnessmark_record::v1;
use witnessmark_record::v1::record::Body;
use witnessmark_verifier::RecordId;

use crate::mini_log::{COURT, MiniLog, TEAM, assert_fails, judge, link, why};

use v1::LinkRel as Rel;

/// The usual log with the team's record at 5.
fn found() -> MiniLog {
    let mut log = MiniLog::usual();
    let mut message = log.message(TEAM, "Tail section");
    "two".clone_into(&mut message.note);
    log.record(11, &message);
    log
}

/// Logs a record with links to entries.
fn add(log: &mut MiniLog, name: &str, title: &str, links: &[(Rel, u64)]) -> u64 {
    let mut message = log.message(name, title);
    let links = links.iter().map(|(rel, to)| link(*rel, &log.id(*to)));
    message.links = links.collect();
    log.record(if name == TEAM { 11 } else { 21 }, &message)
}

/// Logs a record whose body speaks of another.
fn say(log: &mut MiniLog, name: &str, title: &str, schema: &str, body: Body) -> u64 {
    let mut message = log.message(name, title);
    schema.clone_into(&mut message.schema);
    message.body = Some(body);
    log.record(if name == TEAM { 11 } else { 21 }, &message)
}

fn attest(log: &mut MiniLog, name: &str, to: u64) -> u64 {
    let body = v1::Attestation {
        target: bytes(&log.id(to)),
        stance: v1::Stance::Confirms.into(),
        scope: v1::AttestationScope::Whole.into(),
        ..Default::default()
    };
    say(
        log,
        name,
        "We saw it",
        "attestation/1",
        Body::Attestation(body),
    )
}

fn withdraw(log: &mut MiniLog, name: &str, to: u64) -> u64 {
    let body = v1::Withdrawal {
        target: bytes(&log.id(to)),
        reason: v1::WithdrawalReason::Error.into(),
        ..Default::default()
    };
    say(
        log,
        name,
        "Taken back",
        "withdrawal/1",
        Body::Withdrawal(body),
    )
}

fn correct(log: &mut MiniLog, name: &str, to: u64, changes: &[(&str, &str, &str)]) -> u64 {
    let changes = changes.iter().map(|(path, was, now)| v1::FieldChange {
        path: (*path).to_owned(),
        was: (*was).to_owned(),
        now: (*now).to_owned(),
    });
    let body = v1::Correction {
        target: bytes(&log.id(to)),
        changes: changes.collect(),
        reason: v1::CorrectionReason::Typo.into(),
    };
    say(log, name, "A slip", "correction/1", Body::Correction(body))
}

fn bytes(id: &RecordId) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// The remarks of the verdict on entry 5 with these related entries.
#[track_caller]
fn remarks(log: &MiniLog, related: &[u64]) -> Vec<String> {
    let verdict = judge(&log.bundle(5, related), &log.policy());
    assert_eq!(verdict.exit_code(), 0, "{}", why(&verdict));
    let has_remarks = verdict.word == VerdictWord::VerifiedWithRemarks;
    assert_eq!(has_remarks, !verdict.remarks.is_empty());
    verdict.remarks
}

#[test]
fn what_speaks_of_a_related_entry_is_related_over_any_number_of_steps() {
    let mut log = found();
    let attestation = attest(&mut log, COURT, 5);
    let denial = add(&mut log, COURT, "Not so", &[(Rel::Contradicts, 5)]);
    let withdrawal = withdraw(&mut log, COURT, attestation);
    let answer = add(&mut log, TEAM, "It is so", &[(Rel::RespondsTo, denial)]);
    let reply = add(
        &mut log,
        COURT,
        "No",
        &[(Rel::SameItemAs, denial), (Rel::Contradicts, answer)],
    );
    let bundle = log.bundle(5, &[6, 7, 8, 9, 10]);
    let relations: Vec<&str> = bundle
        .related
        .iter()
        .map(|it| it.relation.as_str())
        .collect();
    assert_eq!(
        relations,
        [
            "corroborates",
            "contradicts",
            "withdraws",
            "responds_to",
            "contradicts"
        ]
    );
    let verdict = judge(&bundle, &log.policy());
    assert_eq!(
        verdict.word,
        VerdictWord::VerifiedWithRemarks,
        "{}",
        why(&verdict)
    );
    let text = verdict.to_text();
    assert!(
        text.contains("entry 8 on entry 6, by demo-court-registry"),
        "{text}"
    );
    assert!(text.contains("WITHDRAWN by entry 8"), "{text}");
    let related = verdict.record.unwrap().related;
    let steps: Vec<_> = related
        .iter()
        .map(|it| (it.index, it.steps, it.about))
        .collect();
    assert_eq!(
        steps,
        [
            (attestation, 1, 5),
            (denial, 1, 5),
            (withdrawal, 2, attestation),
            (answer, 2, denial),
            (reply, 3, answer)
        ]
    );
    assert_eq!(
        verdict.remarks,
        [
            "Entry 6 by demo-court-registry corroborates this record, and no longer counts: its own organisation withdrew it \
             with entry 8: \"We saw it\"",
            "Entry 7 by demo-court-registry contradicts this record (answered in entry 9 by demo-field-team): \"Not so\"",
            "Entry 10 by demo-court-registry contradicts entry 9: \"No\"",
        ]
    );
}

#[test]
fn what_is_only_joined_to_a_related_entry_is_not_related() {
    let mut log = found();
    let part = add(&mut log, TEAM, "Bolt", &[(Rel::PartOf, 5)]);
    for rel in [
        Rel::PartOf,
        Rel::HasPart,
        Rel::RecoveredFrom,
        Rel::FoundInShipment,
        Rel::SameItemAs,
        Rel::SameEventAs,
        Rel::SameTypeAs,
        Rel::DerivedFrom,
        Rel::Traces,
    ] {
        let joined = add(&mut log, TEAM, "Thread of the bolt", &[(rel, part)]);
        let refused = log.parts(5, &[part, joined]).assemble();
        assert_eq!(refused, Err(AssembleError::NotRelated(joined)), "{rel:?}");
        // Put in all the same, it is refused.
        let mut planted = log.bundle(5, &[part]);
        planted.related.extend(log.bundle(part, &[joined]).related);
        assert_fails(
            &judge(&planted, &log.policy()),
            1,
            "related",
            "related entry 1: no link of it leads to the record",
        );
    }
    // What is said of a part is shown, and is no remark on the whole.
    let denial = add(&mut log, COURT, "No bolt", &[(Rel::Contradicts, part)]);
    assert_eq!(remarks(&log, &[part, denial]), [""; 0]);
    let both = add(
        &mut log,
        COURT,
        "Neither",
        &[(Rel::PartOf, 5), (Rel::Contradicts, 5)],
    );
    assert_eq!(
        remarks(&log, &[part, denial, both]),
        ["Entry 17 by demo-court-registry contradicts this record: \"Neither\""]
    );
}

#[test]
fn entries_that_only_speak_of_each_other_are_refused() {
    let mut log = found();
    let other = add(&mut log, TEAM, "Another find", &[]);
    let denial = add(&mut log, COURT, "Not so", &[(Rel::Contradicts, other)]);
    let refused = log.parts(5, &[denial]).assemble();
    assert_eq!(refused, Err(AssembleError::NotRelated(denial)));
    let of_other = log.bundle(other, &[denial]);
    let mut planted = log.bundle(5, &[]);
    planted.key_chains = of_other.key_chains.clone();
    planted.related = of_other.related;
    assert_fails(
        &judge(&planted, &log.policy()),
        1,
        "related",
        "related entry 0: no link",
    );
    // Together with what it is about: an island.
    let mut stranger = planted.related[0].clone();
    stranger.proven = of_other.record;
    "about".clone_into(&mut stranger.relation);
    planted.related.insert(0, stranger);
    assert_fails(
        &judge(&planted, &log.policy()),
        1,
        "related",
        "related entry 0: no link",
    );
}

#[test]
fn the_relation_is_that_of_the_first_link() {
    let mut log = found();
    let first = add(&mut log, COURT, "Not so", &[(Rel::Contradicts, 5)]);
    let links = [
        (Rel::SameItemAs, first),
        (Rel::RespondsTo, first),
        (Rel::About, first),
    ];
    let second = add(&mut log, TEAM, "Yes", &links);
    let good = log.bundle(5, &[first, second]);
    assert_eq!(good.related[1].relation, "responds_to");
    for word in ["about", "same_item_as", "responds-to", ""] {
        let mut other = good.clone();
        word.clone_into(&mut other.related[1].relation);
        assert_fails(
            &judge(&other, &log.policy()),
            1,
            "related",
            "another relation",
        );
    }
    // A link to the record itself comes before all others.
    let links = [(Rel::RespondsTo, first), (Rel::PartOf, 5)];
    let both = add(&mut log, TEAM, "Both", &links);
    assert_eq!(log.bundle(5, &[first, both]).related[1].relation, "part_of");
    // Without what it answers, an answer is about nothing here.
    let mut cut: Bundle = good;
    cut.related.remove(0);
    cut.key_chains.remove(0);
    assert_fails(
        &judge(&cut, &log.policy()),
        1,
        "related",
        "no link of it leads",
    );
}

#[test]
fn a_withdrawal_of_the_record_is_told_first_and_only_its_own_counts() {
    let mut log = found();
    let denial = add(&mut log, COURT, "Not so", &[(Rel::Contradicts, 5)]);
    let foreign = withdraw(&mut log, COURT, 5);
    let links = [(Rel::About, 5), (Rel::Withdraws, 5)];
    let own = add(&mut log, TEAM, "We were wrong", &links);
    let told = remarks(&log, &[denial, foreign, own]);
    assert_eq!(
        told,
        [
            "Entry 8 by demo-field-team withdraws this record: \"We were wrong\"",
            "Entry 6 by demo-court-registry contradicts this record: \"Not so\"",
            "Entry 7 by demo-court-registry withdraws this record, which has no effect: another organisation signed this \
             record: \"Taken back\"",
        ]
    );
    // A withdrawal that was taken back does not count.
    let again = withdraw(&mut log, TEAM, own);
    let told = remarks(&log, &[own, again]);
    assert_eq!(
        told,
        [
            "Entry 8 by demo-field-team speaks of this record, and no longer counts: its own organisation withdrew it with \
             entry 9: \"We were wrong\""
        ]
    );
    let verdict = judge(&log.bundle(5, &[own, again]), &log.policy());
    assert_eq!(verdict.record.unwrap().withdrawn_by, None);
}

#[test]
fn a_correction_is_told_with_what_it_changes() {
    let mut log = found();
    let changes = [
        ("note", "\"two\"", "\"three\""),
        ("place", "", "{\"country\":\"UA\"}"),
    ];
    let first = correct(&mut log, TEAM, 5, &changes);
    let stale = correct(&mut log, TEAM, 5, &[("note", "\"two\"", "")]);
    let foreign = correct(&mut log, COURT, 5, &[("note", "\"three\"", "")]);
    let all = [first, stale, foreign];
    assert_eq!(
        remarks(&log, &all),
        [
            "Entry 6 by demo-field-team corrects this record (typo): Note (note): said \"two\", says now \"three\"; Place \
             (place): said nothing, says now \"country: UA\": \"A slip\"",
            "Entry 7 by demo-field-team would correct this record (typo), which has no effect: it takes note to be \"two\", \
             which was \"three\" by then: \"A slip\"",
            "Entry 8 by demo-court-registry would correct this record (typo), which has no effect: another organisation \
             signed this record: \"A slip\"",
        ]
    );
    let json = judge(&log.bundle(5, &all), &log.policy()).to_json();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let effects = json["record"]["corrections"].as_array().unwrap().iter();
    let effects: Vec<_> = effects.map(|it| it["effect"].as_str().unwrap()).collect();
    assert_eq!(effects, ["applied", "stale", "foreign"]);
    assert_eq!(
        json["record"]["corrections"][0]["changes"][0]["now"],
        "three"
    );
    // Once the first is withdrawn, the second starts from what the record says.
    let back = withdraw(&mut log, TEAM, first);
    let told = remarks(&log, &[first, stale, back]);
    assert!(told[0].contains("no longer counts"), "{told:?}");
    assert!(
        told[1].contains("said \"two\", says now nothing"),
        "{told:?}"
    );
}

#[test]
fn a_corrected_attestation_is_told_too() {
    let mut log = found();
    let attestation = attest(&mut log, COURT, 5);
    let change = ("attestation.stance", "\"confirms\"", "\"contradicts\"");
    let correction = correct(&mut log, COURT, attestation, &[change]);
    assert_eq!(
        remarks(&log, &[attestation, correction]),
        [
            "Entry 7 by demo-court-registry corrects entry 6 (typo): Stance (attestation.stance): said \"confirms\", says now \
             \"contradicts\": \"A slip\""
        ]
    );
}
