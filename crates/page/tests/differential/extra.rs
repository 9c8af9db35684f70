//! What may happen in the ledger after the story: more keys, more records about the subject, and all that must not be.

use witnessmark_record::v1;
use witnessmark_record::v1::record::Body;

use crate::ledger::{START, Step, public_hex};
use crate::random::Random;
use crate::story::{COURT, TEAM, add, event, key_id_hex, link, message, record};

/// Steps that are appended, some of which no honest ledger would take in.
pub(crate) fn steps(random: &mut Random, subject: &[u8; 32]) -> Vec<Step> {
    let count = 1 + random.below(2);
    (0..count).map(|_| step(random, subject)).collect()
}

fn step(random: &mut Random, subject: &[u8; 32]) -> Step {
    if random.chance(60) {
        about(random, subject)
    } else {
        key_event(random)
    }
}

fn key_event(random: &mut Random) -> Step {
    let seed = *random.pick(&[11, 13, 14, 15, 20, 21, 99]);
    let (org, root) = *random.pick(&[(TEAM, 14), (TEAM, 10), (COURT, 20)]);
    let revoke =
        |reason: &str| format!("do revoke\nkey-id {}\nreason {reason}\n", key_id_hex(seed));
    let (lines, signers) = match random.below(8) {
        0 => (add(seed, "record"), vec![root, seed]),
        1 => (add(seed, "countersign"), vec![root, seed]),
        2 => (add(seed, "record"), vec![root]),
        3 => {
            let reasons = ["superseded", "lost", "compromised", "ceased", "other", ""];
            (revoke(random.pick::<&str>(&reasons)), vec![root])
        }
        4 => (
            revoke("lost") + &format!("suspected-since {}\n", START + 7_000),
            vec![root],
        ),
        5 => (
            format!("do genesis\nthreshold 1\nroot {}\n", public_hex(root)),
            vec![root, 1, 3],
        ),
        6 => (
            format!("do rotate-root\nthreshold 1\nroot {}\n", public_hex(15)),
            vec![root, 15],
        ),
        _ => (
            format!("do rotate-root\nthreshold 2\nroot {}\n", public_hex(15)),
            vec![root],
        ),
    };
    event(org, &lines, &signers)
}

/// The id of the subject, or something that is no id of it.
fn target(random: &mut Random, subject: &[u8; 32]) -> Vec<u8> {
    match random.below(10) {
        0 => Vec::new(),
        1 => subject[1..].to_vec(),
        2 => vec![0; 32],
        _ => subject.to_vec(),
    }
}

/// A record that speaks of the subject in its body, its links, or both.
fn about(random: &mut Random, subject: &[u8; 32]) -> Step {
    let (org, signer) = *random.pick(&[(COURT, 21), (COURT, 21), (TEAM, 13), (TEAM, 11)]);
    let mut about = message(org, "More about it");
    let id = target(random, subject);
    let other = target(random, subject);
    let (schema, body) = body(random, id, other);
    schema.clone_into(&mut about.schema);
    about.body = Some(body);
    for _ in 0..random.below(3) {
        let mut more = link(v1::LinkRel::About, subject);
        more.rel = i32::try_from(random.below(20)).unwrap();
        more.target = target(random, subject);
        about.links.push(more);
    }
    record(org, &about, &[signer])
}

fn body(random: &mut Random, id: Vec<u8>, other: Vec<u8>) -> (&'static str, Body) {
    match random.below(7) {
        0 => {
            let stance = i32::try_from(random.below(8)).unwrap();
            let it = v1::Attestation {
                target: id,
                stance,
                ..Default::default()
            };
            ("attestation/1", Body::Attestation(it))
        }
        1 => {
            let it = v1::Correction {
                target: id,
                ..Default::default()
            };
            ("correction/1", Body::Correction(it))
        }
        2 => {
            let it = v1::Withdrawal {
                target: id,
                in_favour_of: other,
                ..Default::default()
            };
            ("withdrawal/1", Body::Withdrawal(it))
        }
        3 => {
            let it = v1::LabAnalysis {
                sample_custody: id,
                ..Default::default()
            };
            ("lab-analysis/1", Body::LabAnalysis(it))
        }
        4 => {
            let targets = [id, other].map(|record| v1::ErasureTarget {
                record,
                ..Default::default()
            });
            let it = v1::Erasure {
                targets: targets.into(),
                ..Default::default()
            };
            ("erasure/1", Body::Erasure(it))
        }
        5 => {
            let fields = [id, other].map(|record| v1::OpenedFields {
                record,
                ..Default::default()
            });
            let it = v1::Disclosure {
                fields: fields.into(),
                ..Default::default()
            };
            ("disclosure/1", Body::Disclosure(it))
        }
        _ => {
            let it = v1::WreckageFinding::default();
            ("wreckage-finding/1", Body::WreckageFinding(it))
        }
    }
}

/// A relation for the bundle to name.
pub(crate) fn relation(random: &mut Random) -> &'static str {
    let relations: [&str; 8] = [
        "about",
        "corrects",
        "withdraws",
        "corroborates",
        "contradicts",
        "part_of",
        "traces",
        "unspecified",
    ];
    random.pick::<&str>(&relations)
}
