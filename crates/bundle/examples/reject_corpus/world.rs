//! The honest ledger that every case starts from, and the tools to spoil what it made.

use std::fs;
use std::path::Path;

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_bundle::{Bundle, BundleFiles, ExportWriter, ProvenEntry};
use witnessmark_record::{DisclosedValue, Disclosure, field_digest, field_salt, v1};
use witnessmark_tlog::{Encode as _, encode_proof, signature_line};
use witnessmark_verifier::{
    Cosignature, Entry, EntryKind, LeafIndex, base64, cosignature_message, sha256,
};

use super::mini_log::{COURT, MiniLog, TEAM, key, link, org, witness};
use super::{Corpus, Expected, misbehaviour};

/// The witness that the usual policy asks for.
pub(crate) const WITNESS: u8 = 30;

/// The file that travels beside a bundle.
pub(crate) const PHOTO: &[u8] = b"photo";

/// The record of the usual bundle.
pub(crate) const RECORD: u64 = 5;

/// A ledger of nine entries: the record at 5 has a protected field that is shown, and another organisation contradicts it at 6.
pub(crate) fn ledger() -> MiniLog {
    let mut log = MiniLog::usual();
    let mut message = log.message(TEAM, "Tail section");
    message.protected = vec![field_digest(&shown()).unwrap().as_bytes().to_vec()];
    log.record(11, &message);
    let mut second = log.message(COURT, "Not so");
    second.links = vec![link(v1::LinkRel::Contradicts, &log.id(RECORD))];
    log.record(21, &second);
    log.record(11, &log.message(TEAM, "Third"));
    log.record(11, &log.message(TEAM, "Fourth"));
    log
}

/// The protected field of the usual record.
pub(crate) fn shown() -> Disclosure {
    Disclosure {
        salt: field_salt(&[9; 32], "place.detail").unwrap(),
        name: "place.detail".to_owned(),
        value: DisclosedValue::Text("bay 4".to_owned()),
    }
}

/// The usual bundle: related entry, disclosure, a witness.
pub(crate) fn bundle(log: &MiniLog) -> Bundle {
    let mut parts = log.parts(RECORD, &[6]);
    parts.checkpoint = log.checkpoint(&[WITNESS]);
    parts.disclosures = vec![shown().encode().unwrap()];
    parts.assemble().unwrap()
}

/// The policy that trusts `log` and asks for the witness.
pub(crate) fn policy(log: &MiniLog) -> String {
    log.policy_with(WITNESS)
}

/// The usual bundle as text, with its policy.
pub(crate) fn usual() -> (String, String) {
    let log = ledger();
    (bundle(&log).encode().unwrap(), policy(&log))
}

/// A bundle that names one file, `photo-1.jpg`, with its policy.
pub(crate) fn with_photo() -> (Bundle, String) {
    named_photo("photo-1.jpg")
}

/// The same with another name for the file.
pub(crate) fn named_photo(name: &str) -> (Bundle, String) {
    let mut log = MiniLog::usual();
    let mut message = log.message(TEAM, "Tail section");
    message.attachments = vec![v1::Attachment {
        sha256: sha256(PHOTO).as_bytes().to_vec(),
        size: u64::try_from(PHOTO.len()).unwrap(),
        media_type: "image/jpeg".to_owned(),
        name: name.to_owned(),
        ..Default::default()
    }];
    let index = log.record(11, &message);
    let mut parts = log.parts(index, &[]);
    parts.checkpoint = log.checkpoint(&[WITNESS]);
    parts.files = BundleFiles::All;
    (parts.assemble().unwrap(), policy(&log))
}

/// The entry at `index` with its proof, against a checkpoint that the witness cosigned.
pub(crate) fn proven(log: &MiniLog, index: u64) -> ProvenEntry {
    let logged = log.logged(index);
    let checkpoint = log.checkpoint(&[WITNESS]);
    ProvenEntry {
        proof: encode_proof(LeafIndex::new(index), &logged.inclusion, &checkpoint),
        entry: logged.entry,
    }
}

/// The events of the organisation `name`, as they were logged.
pub(crate) fn events(log: &MiniLog, name: &str) -> Vec<Vec<u8>> {
    let is_event = |bytes: &&Vec<u8>| {
        Entry::parse(bytes)
            .is_ok_and(|it| it.kind == EntryKind::KeyEvent && it.org == Some(org(name)))
    };
    log.entries.iter().filter(is_event).cloned().collect()
}

/// A bundle on the entry at `index`, whatever it is, put together without a look at it.
pub(crate) fn blind(log: &MiniLog, index: u64, name: &str) -> Bundle {
    Bundle {
        record: proven(log, index),
        charter: proven(log, 0),
        key_chains: vec![witnessmark_bundle::BundledChain {
            org: org(name),
            events: events(log, name),
        }],
        related: Vec::new(),
        disclosures: Vec::new(),
        files: Vec::new(),
    }
}

/// The text of a bundle on `entry`, which a ledger that looks at nothing has logged.
pub(crate) fn taken_in(mut log: MiniLog, entry: Vec<u8>) -> String {
    let index = log.push_bytes(entry);
    log.record(21, &log.message(COURT, "After it"));
    blind(&log, index, TEAM).encode().unwrap()
}

/// The checkpoint of a bundle, with its signatures.
pub(crate) fn checkpoint_of(bundle: &Bundle) -> String {
    let (_, checkpoint) = bundle.record.proof.split_once("\n\n").unwrap();
    checkpoint.to_owned()
}

/// The bundle with every proof changed by `change`.
pub(crate) fn reproven(bundle: &Bundle, change: &dyn Fn(&str) -> String) -> Bundle {
    let mut bundle = bundle.clone();
    for proof in [&mut bundle.record.proof, &mut bundle.charter.proof] {
        *proof = change(proof);
    }
    for related in &mut bundle.related {
        related.proven.proof = change(&related.proven.proof);
    }
    bundle
}

/// The bundle with `checkpoint` in every proof.
pub(crate) fn under_checkpoint(bundle: &Bundle, checkpoint: &str) -> Bundle {
    reproven(bundle, &|proof| {
        let (before, _) = proof.split_once("\n\n").unwrap();
        format!("{before}\n\n{checkpoint}")
    })
}

/// A line of a note: name, key id and signature as they are given.
pub(crate) fn line(name: &str, key_id: [u8; 4], signature: &[u8]) -> String {
    let bytes = [&key_id, signature].concat();
    format!("\u{2014} {name} {}\n", base64::encode(&bytes))
}

/// The ledger's signature line on `text`.
pub(crate) fn by_log(log: &MiniLog, text: &str) -> String {
    let key = log.vkey();
    let signature = log.log_key.sign(text.as_bytes()).to_bytes();
    signature_line(key.name(), key.key_id(), &signature)
}

/// The line of the witness with key `seed` on `text`, at `time_s`.
pub(crate) fn by_witness(seed: u8, time_s: u64, text: &str) -> String {
    let message = cosignature_message(time_s, text);
    let signature = key(seed).sign(&message).to_bytes();
    let bytes = Cosignature { time_s, signature }.encode();
    signature_line(witness(seed).name(), witness(seed).key_id(), &bytes)
}

/// The text that the usual checkpoint of `log` has, without its signatures.
pub(crate) fn checkpoint_text(log: &MiniLog) -> String {
    let note = log.checkpoint(&[]);
    let (text, _) = note.split_once("\n\n").unwrap();
    format!("{text}\n")
}

/// A note with `text`, signed by the ledger and cosigned by the witness.
pub(crate) fn signed(log: &MiniLog, text: &str) -> String {
    let time_s = log.now / 1_000 + 7;
    let lines = [by_log(log, text), by_witness(WITNESS, time_s, text)];
    format!("{text}\n{}", lines.concat())
}

/// A key that nobody knows.
pub(crate) fn stranger() -> SigningKey {
    key(66)
}

/// The text with the first `from` that is there changed into `to`.
pub(crate) fn swap(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in the text");
    text.replacen(from, to, 1)
}

/// Writes the export of `log` into `folder`.
pub(crate) fn export(log: &MiniLog, folder: &Path) {
    export_under(log, folder, &log.checkpoint(&[WITNESS]));
}

/// The same under this checkpoint, which the entries must make.
pub(crate) fn export_under(log: &MiniLog, folder: &Path, checkpoint: &str) {
    let mut writer = ExportWriter::create(folder, checkpoint).unwrap();
    for entry in &log.entries {
        writer.push(entry).unwrap();
    }
    writer.finish().unwrap();
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let place = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &place);
        } else {
            fs::copy(item.path(), place).unwrap();
        }
    }
}

/// The honest evidence itself.
pub(crate) fn honest(corpus: &mut Corpus) {
    let log = ledger();
    let (text, policy) = usual();
    let (photo, photo_policy) = with_photo();
    let photo = photo.encode().unwrap();
    let mut class = corpus.class("honest", "evidence", "Nothing is wrong.");
    class.bundle("bundle", text, &policy, Expected::Shown);
    class.beside(
        "with-a-file",
        (&photo, &photo_policy),
        Expected::Shown,
        |folder| {
            fs::write(folder.join("photo-1.jpg"), PHOTO).unwrap();
        },
    );
    class.export("export", &policy, Expected::Shown, |folder| {
        export(&log, folder);
    });
    misbehaviour::convicting(&mut class);
}
