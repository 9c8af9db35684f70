//! What somebody does who has every key: entries with faults, rightly signed and rightly logged.

use witnessmark_record::{Record, encode};
use witnessmark_verifier::base64;

use crate::document::{checkpoint_text, log_line, witness_line};
use crate::ledger::{Honest, Ledger, RawEntry, START, Signature, Tamper, WITNESS, sign};
use crate::mutate;
use crate::random::Random;
use crate::story::SUBJECT;

/// Where the fault is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Payload,
    Signers,
    Signature,
    Entry,
    Bytes,
}

/// A fault in one step, put in by chance.
pub(crate) struct Fault {
    random: Random,
    step: usize,
    stage: Stage,
}

impl Fault {
    /// A fault in what is signed in this step.
    pub(crate) fn in_payload(random: &mut Random, step: usize) -> Self {
        Self {
            random: Random::new(random.next()),
            step,
            stage: Stage::Payload,
        }
    }

    /// A fault in who signed one of the records, or in one of the signatures.
    pub(crate) fn in_signatures(random: &mut Random) -> Self {
        let stage = *random.pick(&[Stage::Signers, Stage::Signature]);
        Self {
            random: Random::new(random.next()),
            step: *random.pick(RECORDS),
            stage,
        }
    }

    pub(crate) fn new(random: &mut Random, steps: usize) -> Self {
        let stages = [Stage::Payload, Stage::Signers, Stage::Entry, Stage::Bytes];
        // Records have the most rules, and are the fewest.
        let step = if random.chance(45) {
            *random.pick(RECORDS)
        } else {
            random.below(steps)
        };
        // What is in payloads has the most rules.
        let stage = if random.chance(40) {
            Stage::Payload
        } else {
            *random.pick(&stages)
        };
        Self {
            random: Random::new(random.next()),
            step,
            stage,
        }
    }
}

/// The steps that are records, the subject twice.
const RECORDS: &[usize] = &[SUBJECT, SUBJECT, 8, 10];

/// Keys that have some part in the story, and one that has none.
const SEEDS: &[u8] = &[1, 2, 3, 10, 11, 12, 13, 14, 20, 21, 99];

impl Tamper for Fault {
    fn payload(&mut self, step: usize, payload: &mut Vec<u8>, signers: &mut Vec<u8>) {
        if step != self.step {
            return;
        }
        let random = &mut self.random;
        match self.stage {
            Stage::Payload => match String::from_utf8(payload.clone()) {
                Ok(mut text) if text.starts_with("witnessmark/") && !random.chance(10) => {
                    mutate::text(random, &mut text);
                    *payload = text.into_bytes();
                }
                _ if random.chance(3) => long(random, payload),
                _ if random.chance(50) => message(random, payload),
                _ => mutate::bytes(random, payload),
            },
            Stage::Signers => signers_of(random, signers),
            Stage::Signature | Stage::Entry | Stage::Bytes => {}
        }
    }

    fn entry(&mut self, step: usize, entry: &mut RawEntry) {
        if step != self.step {
            return;
        }
        if self.stage == Stage::Entry {
            members(&mut self.random, entry);
        }
        if self.stage == Stage::Signature {
            let at = self.random.below(entry.signatures.len());
            signature(&mut self.random, &mut entry.signatures[at]);
        }
    }

    fn bytes(&mut self, step: usize, bytes: &mut Vec<u8>) {
        if step == self.step && self.stage == Stage::Bytes {
            mutate::bytes(&mut self.random, bytes);
        }
    }
}

/// A note that makes the record, or its entry, as large as one may be, or larger.
fn long(random: &mut Random, payload: &mut Vec<u8>) {
    let Ok(record) = Record::decode(payload) else {
        return;
    };
    let mut record = record.into_message();
    let room = *random.pick(&[63_990, 63_999, 64_000, 64_001, 66_000]);
    "n".clone_into(&mut record.note);
    let length = room - encode(&record).len() - 1;
    record.note = "n".repeat(length);
    *payload = encode(&record);
}

fn signers_of(random: &mut Random, signers: &mut Vec<u8>) {
    let at = random.below(signers.len());
    match random.below(5) {
        0 => {
            signers.remove(at);
        }
        1 => signers.push(signers[at]),
        2 => signers.push(*random.pick(SEEDS)),
        3 => signers[at] = *random.pick(SEEDS),
        _ => signers.reverse(),
    }
}

fn members(random: &mut Random, entry: &mut RawEntry) {
    match random.below(12) {
        0 => entry.kind = u8::try_from(random.below(8)).unwrap(),
        1 => entry.registered_at = entry.registered_at.wrapping_add_signed(-5_000),
        2 => entry.registered_at = *random.pick(&[0, START, u64::MAX, 253_402_300_800_000]),
        3 => {
            let orgs = [
                "",
                "field-team",
                "court-registry",
                "Field",
                "-a",
                "a b",
                "nobody",
            ];
            entry.org = random.pick(&orgs).as_bytes().to_vec();
        }
        4 => entry.seq = *random.pick(&[0, 1, 2, 3, 4, 5, 6, u32::MAX]),
        5 => entry.head = vec![0; 32],
        6 => entry.head[random.below(32)] ^= 1,
        7 => mutate::bytes(random, &mut entry.payload_type),
        8 => entry.signatures = vec![entry.signatures[0].clone(); random.below(10)],
        9 => {
            let payload_type = String::from_utf8_lossy(&entry.payload_type).into_owned();
            let seed = *random.pick(SEEDS);
            entry
                .signatures
                .push(sign(seed, &payload_type, &entry.payload));
        }
        10 => entry.signatures.clear(),
        _ => {
            let at = random.below(entry.signatures.len());
            signature(random, &mut entry.signatures[at]);
        }
    }
}

/// The order of the group, in the form in which it is added to the second half of a signature.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn signature(random: &mut Random, signature: &mut Signature) {
    match random.below(5) {
        0 => signature.algorithm = random.byte(),
        1 => signature.key_id[random.below(32)] ^= 1,
        2 => mutate::bytes(random, &mut signature.bytes),
        3 => signature.bytes[..32].fill(0),
        _ => {
            let mut carry = 0;
            for (byte, order) in signature.bytes[32..].iter_mut().zip(ORDER) {
                let sum = u16::from(*byte) + u16::from(order) + carry;
                *byte = sum.to_be_bytes()[1];
                carry = sum >> 8;
            }
        }
    }
}

/// The fields of a message, each with its tag.
fn chunks(payload: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut chunks = Vec::new();
    let mut rest = payload;
    while !rest.is_empty() {
        let tag_length = rest.iter().position(|byte| *byte < 0x80)? + 1;
        let wire = rest[0] & 7;
        let value = &rest[tag_length..];
        let first_length = value.iter().position(|byte| *byte < 0x80)? + 1;
        let mut length = tag_length + first_length;
        if wire == 2 {
            let digits = value[..first_length].iter().rev();
            length += digits.fold(0, |sum, byte| (sum << 7) | usize::from(byte & 0x7f));
        }
        chunks.push(rest.get(..length)?.to_vec());
        rest = &rest[length..];
    }
    Some(chunks)
}

/// Fields that do not belong into a record, or not so.
const STRANGE: &[&[u8]] = &[
    // Unknown fields of each type: number, eight bytes, bytes, group, four bytes.
    &[0xf0, 0x01, 0x01],
    &[0xf1, 0x01, 1, 2, 3, 4, 5, 6, 7, 8],
    &[0xf2, 0x01, 0x00],
    &[0xf3, 0x01, 0xf4, 0x01],
    &[0xf5, 0x01, 1, 2, 3, 4],
    // A body of a kind that nobody knows yet.
    &[0xba, 0x03, 0x00],
    // A second body.
    &[0x82, 0x03, 0x00],
    // Default values, an enumeration without such a value, a number that is too large, one that is too long.
    &[0x10, 0x00],
    &[0x48, 0x7f],
    &[
        0x50, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
    ],
    &[0x50, 0x81, 0x80, 0x00],
    &[0xea, 0x01, 0x00],
    &[0xea, 0x01, 0x01, 0xff],
    // A link without a target, and one to no record.
    &[0xca, 0x01, 0x02, 0x08, 0x01],
    &[0xca, 0x01, 0x05, 0x08, 0x01, 0x12, 0x01, 0x00],
    // A digest that is none, and a file without one.
    &[0x2a, 0x01, 0x00],
    &[0x2a, 0x00],
    &[0xd2, 0x01, 0x02, 0x18, 0x01],
    // Field zero, and a tag of five bytes too many.
    &[0x00, 0x00],
    &[0xf8, 0xff, 0xff, 0xff, 0xff, 0x01, 0x01],
];

/// One change to the fields of a message.
fn message(random: &mut Random, payload: &mut Vec<u8>) {
    let Some(mut fields) = chunks(payload) else {
        return;
    };
    let (at, other) = (random.below(fields.len()), random.below(fields.len()));
    match random.below(6) {
        0 => {
            fields.remove(at);
        }
        1 => fields.insert(other, fields[at].clone()),
        2 => fields.swap(at, other),
        3 => fields.push(random.pick(STRANGE).to_vec()),
        4 => fields.insert(at, random.pick(STRANGE).to_vec()),
        _ => mutate::bytes(random, &mut fields[at]),
    }
    *payload = fields.concat();
}

/// The checkpoint of an honest ledger, changed and then signed by whoever may sign it.
pub(crate) fn checkpoint(random: &mut Random, steps: &[crate::ledger::Step]) -> String {
    let ledger = Ledger::build(steps, &mut Honest);
    let mut text = checkpoint_text(ledger.entries.len(), &ledger.root());
    let mut time_s = START / 1_000 + 60;
    match random.below(14) {
        0 | 1 => mutate::text(random, &mut text),
        2 => text.push_str("extension\n"),
        3 => text = checkpoint_text(ledger.entries.len() + 1, &ledger.root()),
        4 => time_s = *random.pick(&[0, u64::MAX, 1 << 63, (1 << 63) - 1]),
        _ => {}
    }
    let mut lines = vec![log_line(&text), witness_line(WITNESS, &text, time_s)];
    for _ in 0..=random.below(2) {
        signature_line(random, &text, &mut lines);
    }
    format!("{text}\n{}", lines.concat())
}

fn signature_line(random: &mut Random, text: &str, lines: &mut Vec<String>) {
    if lines.is_empty() {
        return;
    }
    // The log's line is the first.
    let at = (random.below(3) + 1).min(lines.len()) - 1;
    let at = if at == 0 && random.chance(60) {
        lines.len() - 1
    } else {
        at
    };
    match random.below(9) {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(at, lines[at].clone()),
        2 => lines.reverse(),
        3 => lines.push(witness_line(31, text, START / 1_000 + 90)),
        4 => lines.push(witness_line(WITNESS, text, START / 1_000 + 90)),
        5 => lines.push(witness_line(99, text, START / 1_000 + 90)),
        6 => lines[at] = lines[at].replace("\u{2014} ledger", "\u{2014} edger"),
        7 => {
            let strange = ["AAAA", "AAAAAA==", "AAAAAAA=", "", "*", "AAAAAB=="];
            let value = *random.pick(&strange);
            lines.push(format!("\u{2014} nobody.example {value}\n"));
        }
        _ => {
            if let Some((name, value)) = lines[at].trim_end().rsplit_once(' ') {
                let mut bytes = base64::decode(value).unwrap_or_default();
                mutate::bytes(random, &mut bytes);
                lines[at] = format!("{name} {}\n", base64::encode(&bytes));
            }
        }
    }
}
