//! What was erased or opened by a later record of the same organisation, and what others cannot say.

use witnessmark_bundle::{
    Bundle, BundleFiles, FileState, FolderFiles, Validity, Verdict, VerdictWord, verify_bundle,
};
use witnessmark_record::v1::{self, record::Body};
use witnessmark_record::{DisclosedValue, Disclosure, field_digest, field_salt};
use witnessmark_verifier::{Hash, RecordId, sha256};

use crate::mini_log::{COURT, MiniLog, TEAM, assert_fails, judge, link, why};

const PHOTO: &[u8] = b"photo";

fn field(name: &str) -> Disclosure {
    Disclosure {
        salt: field_salt(&[9; 32], name).unwrap(),
        name: name.to_owned(),
        value: DisclosedValue::Text(format!("value of {name}")),
    }
}

fn digest(name: &str) -> Hash {
    field_digest(&field(name)).unwrap()
}

/// A log with a record at 5 that protects two fields, holds a decoy and names a file.
fn protected() -> MiniLog {
    let mut log = MiniLog::usual();
    let mut message = log.message(TEAM, "Tail section");
    message.protected = [digest("a"), digest("b"), Hash::new([3; 32])]
        .map(|it| it.as_bytes().to_vec())
        .to_vec();
    message.protected.sort();
    message.attachments = vec![v1::Attachment {
        sha256: sha256(PHOTO).as_bytes().to_vec(),
        size: 5,
        media_type: "image/jpeg".to_owned(),
        name: "photo.jpg".to_owned(),
        ..v1::Attachment::default()
    }];
    assert_eq!(log.record(11, &message), 5);
    log
}

fn erasure(log: &MiniLog, name: &str, kind: v1::ErasureKind, digest: &Hash) -> v1::Record {
    let mut message = log.message(name, "Erasure");
    "erasure/1".clone_into(&mut message.schema);
    message.body = Some(Body::Erasure(v1::Erasure {
        targets: vec![v1::ErasureTarget {
            kind: kind.into(),
            digest: digest.as_bytes().to_vec(),
            record: log.id(5).as_bytes().to_vec(),
        }],
        authority: "Order \"7\"".to_owned(),
        date: "2026-03-01".to_owned(),
        remains: "the digest".to_owned(),
    }));
    message
}

fn disclosure(log: &MiniLog, name: &str, of: &RecordId) -> v1::Record {
    let mut message = log.message(name, "Disclosure");
    "disclosure/1".clone_into(&mut message.schema);
    message.body = Some(Body::Disclosure(v1::Disclosure {
        to: Some(v1::Party {
            name_as_written: "A Court".to_owned(),
            ..v1::Party::default()
        }),
        fields: vec![v1::OpenedFields {
            record: of.as_bytes().to_vec(),
            digests: vec![digest("a").as_bytes().to_vec()],
        }],
        when: "2026-02".to_owned(),
        authority: "Order 8".to_owned(),
        ..v1::Disclosure::default()
    }));
    message
}

fn flat(verdict: &Verdict) -> String {
    verdict
        .to_text()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn state(verdict: &Verdict, name: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(&verdict.to_json()).unwrap();
    let fields = json["record"]["protected"].as_array().unwrap().clone();
    let wanted = digest(name).to_string();
    let field = fields.iter().find(|it| it["commitment"] == wanted.as_str());
    field.unwrap()["state"].as_str().unwrap().to_owned()
}

fn verified(bundle: &Bundle, log: &MiniLog) -> Verdict {
    let verdict = judge(bundle, &log.policy());
    assert_eq!(
        verdict.word,
        VerdictWord::VerifiedWithRemarks,
        "{}",
        why(&verdict)
    );
    verdict
}

#[test]
fn an_erased_field_is_said_to_be_erased_and_the_others_withheld() {
    let mut log = protected();
    let message = erasure(&log, TEAM, v1::ErasureKind::ProtectedField, &digest("a"));
    let index = log.record(11, &message);
    let before = verified(&log.bundle(5, &[]), &log);
    assert_eq!(
        (state(&before, "a"), before.record.unwrap().withheld),
        ("withheld".to_owned(), 3)
    );
    let verdict = verified(&log.bundle(5, &[index]), &log);
    assert_eq!(
        (state(&verdict, "a"), state(&verdict, "b")),
        ("erased".to_owned(), "withheld".to_owned())
    );
    let text = flat(&verdict);
    let words = format!(
        "erased on 2026-03-01 by authority of \"Order \\u{{22}}7\\u{{22}}\" (entry {index})"
    );
    let line = format!("erased commitment {}: {words}", digest("a"));
    assert!(text.contains(&line), "{text}");
    assert!(
        text.contains(&format!("(commitment {}) was {words}.", digest("a"))),
        "{text}"
    );
    assert!(text.contains("What remains: \"the digest\"."), "{text}");
    assert!(text.contains("0 shown, 2 withheld, 1 erased"), "{text}");
    assert_eq!(verdict.record.unwrap().withheld, 2);
}

#[test]
fn a_field_that_is_shown_although_it_was_erased_is_verified_and_remarked() {
    let mut log = protected();
    let message = erasure(&log, TEAM, v1::ErasureKind::ProtectedField, &digest("a"));
    let index = log.record(11, &message);
    let mut parts = log.parts(5, &[index]);
    parts.disclosures = vec![field("a").encode().unwrap()];
    let verdict = verified(&parts.assemble().unwrap(), &log);
    assert_eq!(state(&verdict, "a"), "shown");
    let text = flat(&verdict);
    assert!(text.contains("The protected field \"a\" is shown here, and is what the record committed to, although it was erased on"), "{text}");
    assert!(
        text.contains("and reported as erased on 2026-03-01"),
        "{text}"
    );
}

#[test]
fn only_the_record_s_own_organisation_erases_and_what_it_withdrew_does_not_count() {
    let mut log = protected();
    let message = erasure(&log, COURT, v1::ErasureKind::ProtectedField, &digest("a"));
    let foreign = log.record(21, &message);
    let verdict = verified(&log.bundle(5, &[foreign]), &log);
    assert_eq!(state(&verdict, "a"), "withheld");
    assert!(flat(&verdict).contains(&format!("Entry {foreign} by \"{COURT}\" says that something of this record was erased; it has no effect, because only the organisation")));
    assert_eq!(
        verdict.record.unwrap().erasures[0].validity,
        Validity::OtherOrganisation
    );

    let message = erasure(&log, TEAM, v1::ErasureKind::ProtectedField, &digest("b"));
    let own = log.record(11, &message);
    let mut withdrawal = log.message(TEAM, "Not erased after all");
    withdrawal.links = vec![
        link(v1::LinkRel::Withdraws, &log.id(own)),
        link(v1::LinkRel::About, &log.id(5)),
    ];
    let by = log.record(11, &withdrawal);
    let verdict = verified(&log.bundle(5, &[own, by]), &log);
    assert_eq!(state(&verdict, "b"), "withheld");
    assert!(flat(&verdict).contains(&format!("it was withdrawn by entry {by}")));
}

#[test]
fn an_erasure_of_something_else_changes_nothing_and_is_said_to() {
    for (kind, digest) in [
        (v1::ErasureKind::ProtectedField, Hash::new([8; 32])),
        (v1::ErasureKind::Attachment, digest("a")),
        (v1::ErasureKind::ProtectedField, sha256(PHOTO)),
        (v1::ErasureKind::Unspecified, digest("a")),
    ] {
        let mut log = protected();
        let message = erasure(&log, TEAM, kind, &digest);
        let index = log.record(11, &message);
        let verdict = verified(&log.bundle(5, &[index]), &log);
        assert_eq!(state(&verdict, "a"), "withheld");
        assert!(
            flat(&verdict).contains("this record holds no such digest"),
            "{kind:?}"
        );
        assert_eq!(verdict.record.unwrap().withheld, 3);
    }
}

#[test]
fn an_erased_file_may_be_missing_and_is_said_to_be_erased() {
    let mut log = protected();
    let message = erasure(&log, TEAM, v1::ErasureKind::Attachment, &sha256(PHOTO));
    let index = log.record(11, &message);
    let words = "was erased on 2026-03-01 by authority";
    let verdict = verified(&log.bundle(5, &[index]), &log);
    assert!(flat(&verdict).contains(&format!("The file \"photo.jpg\" {words}")));
    assert_eq!(verdict.files[0].state, FileState::NotNamed);
    assert_eq!(verdict.files[0].erased.as_ref().unwrap().index, index);

    let mut parts = log.parts(5, &[index]);
    parts.files = BundleFiles::All;
    let bundle = parts.assemble().unwrap();
    let verdict = verified(&bundle, &log);
    assert_eq!(verdict.files[0].state, FileState::Erased);
    assert!(
        flat(&verdict)
            .contains("not here, because it was erased; reported as erased on 2026-03-01")
    );
    // Another organisation's word does not make up for it.
    let mut log = protected();
    let message = erasure(&log, COURT, v1::ErasureKind::Attachment, &sha256(PHOTO));
    let index = log.record(21, &message);
    let mut parts = log.parts(5, &[index]);
    parts.files = BundleFiles::All;
    assert_fails(
        &judge(&parts.assemble().unwrap(), &log.policy()),
        2,
        "files",
        "photo.jpg",
    );
}

#[test]
fn an_erased_file_that_is_here_is_compared_and_remarked() {
    let mut log = protected();
    let message = erasure(&log, TEAM, v1::ErasureKind::Attachment, &sha256(PHOTO));
    let index = log.record(11, &message);
    let mut parts = log.parts(5, &[index]);
    parts.files = BundleFiles::All;
    let bundle = parts.assemble().unwrap().encode().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("photo.jpg");
    std::fs::write(&photo, PHOTO).unwrap();
    let beside = FolderFiles::new(folder.path());
    let verify = || verify_bundle(bundle.as_bytes(), log.policy().as_bytes(), &beside);
    let verdict = verify();
    assert_eq!(
        verdict.files[0].state,
        FileState::Matching,
        "{}",
        why(&verdict)
    );
    assert!(flat(&verdict).contains("is here, the same bytes, although it was erased on"));
    std::fs::write(&photo, b"ph0to").unwrap();
    assert_fails(&verify(), 1, "files", "SHA-256");
}

#[test]
fn a_disclosure_is_remarked_and_another_organisation_s_counts_for_nothing() {
    let mut log = protected();
    let own = log.record(11, &disclosure(&log, TEAM, &log.id(5)));
    let foreign = log.record(21, &disclosure(&log, COURT, &log.id(5)));
    let verdict = verified(&log.bundle(5, &[own, foreign]), &log);
    let text = flat(&verdict);
    let said = format!(
        "1 protected field(s) of this record were opened to \"A Court\" on 2026-02 by authority of \"Order 8\" (entry {own})."
    );
    assert!(text.contains(&said), "{text}");
    assert!(
        text.contains(&format!(
            "Entry {foreign} by \"{COURT}\" says that protected fields of this record were opened"
        )),
        "{text}"
    );
    assert_eq!(state(&verdict, "a"), "withheld");
    let json: serde_json::Value = serde_json::from_str(&verdict.to_json()).unwrap();
    assert_eq!(json["record"]["openings"][0]["to"], "A Court");
    assert_eq!(
        json["record"]["openings"][1]["validity"],
        "other_organisation"
    );
}
