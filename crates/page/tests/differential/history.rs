//! What was said afterwards, over any number of steps: corrections, withdrawals, answers, erasures and disclosures, of the subject
//! and of each other, by whoever may and whoever may not.

use std::collections::BTreeMap;

use witnessmark_record::v1::record::Body;
use witnessmark_record::{Record, RecordKind, encode, speaks_of, v1};
use witnessmark_verifier::{hex, sha256};

use crate::document::{self, Document, Related};
use crate::ledger::{Honest, Ledger, Step, What};
use crate::random::Random;
use crate::story::{self, COURT, Case, PHOTO, SUBJECT, TEAM, add, case, disclosures, event, id_of};
use crate::story::{link, message, record, steps_and, subject};
use crate::{fields, revised};

type Id = [u8; 32];

/// The SHA-512 of the photograph.
const PHOTO_512: &str = "dabac8fdf57508d47d9dcc8522818ae5dca987b115ae5fa401d5f3f0872f40b836229b0a48dbbc7eaa9b03fad0a6411d1befbb51886e07f2eea665916e88a422";

/// What somebody says, who it is, and of which records.
struct Said {
    org: &'static str,
    record: v1::Record,
}

impl Said {
    fn step(&self) -> Step {
        let signer = if self.org == TEAM { 15 } else { 21 };
        record(self.org, &self.record, &[signer])
    }

    fn id(&self) -> Id {
        id_of(&encode(&self.record))
    }
}

fn said(org: &'static str, title: &str, schema: &str, body: Body) -> Said {
    let mut record = message(org, title);
    schema.clone_into(&mut record.schema);
    record.body = Some(body);
    Said { org, record }
}

fn attestation(org: &'static str, title: &str, target: &Id, stance: v1::Stance) -> Said {
    let body = v1::Attestation {
        target: target.to_vec(),
        stance: stance.into(),
        ..Default::default()
    };
    said(org, title, "attestation/1", Body::Attestation(body))
}

fn withdrawal(org: &'static str, title: &str, target: &Id) -> Said {
    let body = v1::Withdrawal {
        target: target.to_vec(),
        ..Default::default()
    };
    said(org, title, "withdrawal/1", Body::Withdrawal(body))
}

fn correction<T: AsRef<str>>(
    org: &'static str,
    title: &str,
    target: &Id,
    changes: &[[T; 3]],
) -> Said {
    let changes = changes.iter().map(|[path, was, now]| v1::FieldChange {
        path: path.as_ref().to_owned(),
        was: was.as_ref().to_owned(),
        now: now.as_ref().to_owned(),
    });
    let body = v1::Correction {
        target: target.to_vec(),
        changes: changes.collect(),
        reason: 1,
    };
    said(org, title, "correction/1", Body::Correction(body))
}

fn erasure(org: &'static str, title: &str, targets: &[(v1::ErasureKind, Vec<u8>, Id)]) -> Said {
    let targets = targets.iter().map(|(kind, digest, of)| v1::ErasureTarget {
        kind: (*kind).into(),
        digest: digest.clone(),
        record: of.to_vec(),
    });
    let body = v1::Erasure {
        targets: targets.collect(),
        authority: "Order \"7\"".to_owned(),
        date: "2026-03-01".to_owned(),
        remains: "the digest".to_owned(),
    };
    said(org, title, "erasure/1", Body::Erasure(body))
}

fn disclosure(org: &'static str, title: &str, digests: &[Vec<u8>], of: &Id) -> Said {
    let body = v1::Disclosure {
        to: Some(v1::Party {
            office: "Registrar".to_owned(),
            ..Default::default()
        }),
        fields: vec![v1::OpenedFields {
            record: of.to_vec(),
            digests: digests.to_vec(),
        }],
        when: "2026-04".to_owned(),
        authority: "Rule 9".to_owned(),
        ..Default::default()
    };
    said(org, title, "disclosure/1", Body::Disclosure(body))
}

/// The subject with a photograph that has a SHA-512 too.
fn subject_512(opened: &[Vec<u8>]) -> v1::Record {
    let mut record = subject(opened);
    let photo = record.attachments.first_mut().unwrap();
    photo.sha512 = hex::decode(PHOTO_512).unwrap();
    record
}

/// Everything once, with effect where it can have one: the document, and what the bundle is to say of it.
pub(crate) fn told() -> Document {
    let opened = disclosures();
    let subject = subject_512(&opened);
    let id = id_of(&encode(&subject));
    let field = sha256(opened.first().unwrap()).as_bytes().to_vec();
    let gone = vec![0x55; 32];
    let photo = sha256(PHOTO).as_bytes().to_vec();
    let attested = attestation(COURT, "Seen", &id, v1::Stance::Confirms);
    let taken_back = withdrawal(COURT, "Not seen", &attested.id());
    let note = |was: &str, now: &str| correction(TEAM, now, &id, &[["note", was, now]]);
    let protected = v1::ErasureKind::ProtectedField;
    let mut answer = message(TEAM, "We stand by it");
    answer.links = vec![link(v1::LinkRel::RespondsTo, &taken_back.id())];
    let answer = Said {
        org: TEAM,
        record: answer,
    };
    let corrected = note("", "\"first\"");
    let undone = withdrawal(TEAM, "No correction", &corrected.id());
    let second_thought = withdrawal(TEAM, "No longer so", &id);
    let third_thought = withdrawal(TEAM, "So after all", &second_thought.id());
    let mut all = vec![
        second_thought,
        third_thought,
        taken_back,
        attested,
        note("", "\"second\""),
        note("\"other\"", "\"third\""),
        correction(COURT, "By a stranger", &id, &[["note", "", "\"x\""]]),
        corrected,
        undone,
        withdrawal(COURT, "By a stranger", &id),
        erasure(
            TEAM,
            "Erased",
            &[
                (protected, gone, id),
                (protected, field.clone(), id),
                (v1::ErasureKind::Attachment, photo, id),
                (protected, vec![1; 32], id),
            ],
        ),
        erasure(
            COURT,
            "Erased by a stranger",
            &[(protected, field.clone(), id)],
        ),
        disclosure(TEAM, "Opened", &[field], &id),
        answer,
    ];
    let attested = all.iter().find(|it| it.record.schema == "attestation/1");
    let attested = attested.unwrap().id();
    all.extend(by_every_relation(&id, &attested));
    document_of(&subject, &opened, &all, speaks_of)
}

/// An entry for each relation. One that speaks is over two steps, by way of the attestation. The others hang together with the
/// subject, and somebody contradicts all of them, which is nothing to remark on the subject.
fn by_every_relation(subject: &Id, attested: &Id) -> Vec<Said> {
    let mut against = message(COURT, "Against all parts");
    let mut all = Vec::new();
    for rel in (1..).map_while(|number| v1::LinkRel::try_from(number).ok()) {
        let word = rel.as_str_name().replace("LINK_REL_", "").to_lowercase();
        let mut one = message(COURT, &word);
        one.links = vec![link(rel, if speaks_of(&word) { attested } else { subject })];
        let one = Said {
            org: COURT,
            record: one,
        };
        if !speaks_of(&word) {
            let contradicts = v1::LinkRel::Contradicts;
            against.links.push(link(contradicts, &one.id()));
        }
        all.push(one);
    }
    all.push(Said {
        org: COURT,
        record: against,
    });
    all
}

/// Anything that can be said of anything, named rightly or wrongly in the bundle.
pub(crate) fn by_chance(random: &mut Random) -> Case {
    let opened = disclosures();
    let mut subject = if random.chance(50) {
        subject_512(&opened)
    } else {
        subject(&opened)
    };
    if random.chance(50) {
        says_anything(random, &mut subject);
    }
    if random.chance(10) {
        let photo = subject.attachments.first_mut().unwrap();
        photo.sha512 = vec![7; *random.pick(&[1, 32, 64])];
    }
    let story: Vec<Id> = story::steps(&subject)
        .iter()
        .filter_map(id_of_step)
        .collect();
    let mut ids = story;
    ids.push([9; 32]);
    let mut all: Vec<Said> = Vec::new();
    for number in 0..2 + random.below(9) {
        let one = any(random, number, &ids, &subject, &all);
        ids.push(one.id());
        all.push(one);
    }
    // Records are made offline and arrive in any order.
    if random.chance(40) {
        let (at, other) = (random.below(all.len()), random.below(all.len()));
        all.swap(at, other);
    }
    // Some bundles hold what only hangs together with a related entry, and are refused.
    let follows = if random.chance(10) {
        |_: &str| true
    } else {
        speaks_of
    };
    let mut document = document_of(&subject, &opened, &all, follows);
    if random.chance(20) {
        let at = random.below(document.related.len());
        if random.chance(50) {
            document.related.remove(at);
        } else {
            let relation = ["about", "corrects", "withdraws", "part_of", "updates"];
            String::from(*random.pick(&relation)).clone_into(&mut document.related[at].relation);
        }
    }
    if random.chance(30) {
        document.disclosures.truncate(random.below(8));
    }
    let mut made = case(&document);
    match random.below(8) {
        0 | 1 => made.files.clear(),
        2 => drop(
            made.files
                .insert("photo.jpg".to_owned(), b"another".to_vec()),
        ),
        _ => {}
    }
    made
}

/// A subject of any kind that says anything, and has the same files and digests. What it withholds is not always named.
fn says_anything(random: &mut Random, subject: &mut v1::Record) {
    let kind = *random.pick(&RecordKind::ALL);
    let any = fields::record(random, kind);
    *subject = v1::Record {
        attachments: std::mem::take(&mut subject.attachments),
        protected: std::mem::take(&mut subject.protected),
        ..any
    };
}

fn id_of_step(step: &Step) -> Option<Id> {
    match &step.what {
        What::Record(payload) => Some(id_of(payload)),
        What::Charter | What::Event(_) => None,
    }
}

fn any(
    random: &mut Random,
    number: usize,
    ids: &[Id],
    subject: &v1::Record,
    said_before: &[Said],
) -> Said {
    let titles = [
        "Said",
        "S\u{430}id",
        "\u{202e}said\"",
        "\u{1b}[2J\n\u{39f}k",
    ];
    let title = format!("{} {number}", random.pick(&titles));
    let title = title.as_str();
    let org = *random.pick(&[TEAM, TEAM, COURT]);
    // The subject is the first; what was said last is the most likely to be answered.
    let target = if random.chance(45) {
        *ids.first().unwrap()
    } else {
        *random.pick(ids)
    };
    let mut one = match random.below(8) {
        0 => {
            let stance = v1::Stance::try_from(i32::try_from(random.below(7)).unwrap());
            attestation(org, title, &target, stance.unwrap_or_default())
        }
        1 => withdrawal(org, title, &target),
        2 | 3 => {
            let before = changes_before(said_before, &target);
            let before_it = said_before.iter().find(|it| it.id() == target);
            let record = if target == *ids.first().unwrap() {
                Some(subject)
            } else {
                before_it.map(|it| &it.record)
            };
            let changes = revised::changes(random, record, &before);
            correction(org, title, &target, &changes)
        }
        4 => {
            let kinds = [
                v1::ErasureKind::ProtectedField,
                v1::ErasureKind::Attachment,
                v1::ErasureKind::Unspecified,
            ];
            let targets: Vec<_> = (0..=random.below(3))
                .map(|_| (*random.pick(&kinds), digest(random, subject), target))
                .collect();
            erasure(org, title, &targets)
        }
        5 => disclosure(org, title, &[digest(random, subject), vec![3; 31]], &target),
        _ => Said {
            org,
            record: message(org, title),
        },
    };
    if let Some(Body::Erasure(erasure)) = one.record.body.as_mut() {
        let dates = ["", "2026-03-01", "2026~", "in \"March\"", "\u{202e}2026"];
        erasure.date = String::from(*random.pick(&dates));
    }
    for _ in 0..random.below(3) {
        let mut more = link(v1::LinkRel::About, random.pick(ids));
        more.rel = i32::try_from(1 + random.below(18)).unwrap();
        one.record.links.push(more);
    }
    one
}

/// The changes that were said of a record so far.
fn changes_before(said: &[Said], target: &Id) -> Vec<[String; 3]> {
    let bodies = said.iter().filter_map(|it| it.record.body.as_ref());
    let of_target = bodies.filter_map(|body| {
        let Body::Correction(it) = body else {
            return None;
        };
        (it.target == target).then_some(&it.changes)
    });
    of_target
        .flatten()
        .map(|it| [it.path.clone(), it.was.clone(), it.now.clone()])
        .collect()
}

fn digest(random: &mut Random, subject: &v1::Record) -> Vec<u8> {
    match random.below(6) {
        0 | 1 => sha256(PHOTO).as_bytes().to_vec(),
        2 => vec![4; *random.pick(&[31, 32])],
        _ => random.pick(&subject.protected).clone(),
    }
}

/// The bundle about the subject after all this was said: what links to it, and what speaks of that, by FORMAT section 13.
fn document_of(
    subject: &v1::Record,
    opened: &[Vec<u8>],
    all: &[Said],
    follows: fn(&str) -> bool,
) -> Document {
    let mut more = vec![event(TEAM, &add(15, "record"), &[14, 15])];
    more.extend(all.iter().map(Said::step));
    let steps = steps_and(subject, more);
    let ledger = Ledger::build(&steps, &mut Honest);
    let checkpoint = document::checkpoint(&ledger);
    let mut document = story::document(&ledger, opened);
    document.related = relations(&steps, follows)
        .into_iter()
        .map(|(at, relation)| {
            let proven = document::proven(&ledger, at, &checkpoint);
            Related {
                relation,
                entry: proven.entry,
                proof: proven.proof,
            }
        })
        .collect();
    document
}

type Links = Vec<(String, Id)>;

/// The places of the related entries, each with its relation. `follows` says which relations count over more than one step.
fn relations(steps: &[Step], follows: fn(&str) -> bool) -> BTreeMap<usize, String> {
    let mut records: BTreeMap<usize, (Id, Links)> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        if let What::Record(payload) = &step.what {
            let links = Record::decode(payload).unwrap();
            let links = links.links();
            let links = links.map(|(relation, to)| (relation.to_owned(), *to.as_bytes()));
            records.insert(at, (id_of(payload), links.collect()));
        }
    }
    let (subject, _) = records.remove(&SUBJECT).unwrap();
    let direct = |links: &Links| links.iter().find(|(_, to)| *to == subject).cloned();
    let mut found: BTreeMap<usize, Id> = records
        .iter()
        .filter(|(_, (_, links))| direct(links).is_some())
        .map(|(at, (id, _))| (*at, *id))
        .collect();
    loop {
        let ids: Vec<Id> = found.values().copied().collect();
        let speaks = |links: &Links| {
            let mut links = links.iter();
            links.any(|(relation, to)| follows(relation) && ids.contains(to))
        };
        let more = records.iter().filter(|(_, (_, links))| speaks(links));
        let more: BTreeMap<usize, Id> = more.map(|(at, (id, _))| (*at, *id)).collect();
        let before = found.len();
        found.extend(more);
        if found.len() == before {
            break;
        }
    }
    let ids: Vec<Id> = found.values().copied().collect();
    found
        .keys()
        .map(|at| {
            let (_, links) = &records[at];
            let speaking = links
                .iter()
                .find(|(relation, to)| follows(relation) && ids.contains(to));
            let link = direct(links).or_else(|| speaking.cloned());
            (*at, link.unwrap().0)
        })
        .collect()
}
