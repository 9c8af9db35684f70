//! A synthetic log of any size: sixteen devices of two organisations, numbered records that name a checkpoint.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use witnessmark_bundle::ExportWriter;
use witnessmark_merkle::Frontier;
use witnessmark_record::v1;
use witnessmark_tlog::{TILE_WIDTH, Tile, parse_entry_bundle};
use witnessmark_verifier::{Entry, EntryKind, KeyId, KeyRole, LeafHash, PublicKey, TreeHead, pae};

use crate::mini_log::{COURT, MiniLog, ORIGIN, TEAM, key, public};

/// The seeds of the devices of the two organisations; the first of each is there from the start.
const DEVICES: [(&str, u8); 16] = [
    (TEAM, 11),
    (TEAM, 101),
    (TEAM, 102),
    (TEAM, 103),
    (TEAM, 104),
    (TEAM, 105),
    (TEAM, 106),
    (TEAM, 107),
    (COURT, 21),
    (COURT, 111),
    (COURT, 112),
    (COURT, 113),
    (COURT, 114),
    (COURT, 115),
    (COURT, 116),
    (COURT, 117),
];

/// Writes the policy and the export of a log with `entries` entries.
pub(crate) fn write(folder: &Path, entries: u64) {
    let mut log = MiniLog::new(ORIGIN);
    log.admit(TEAM, 10, 11);
    log.admit(COURT, 20, 21);
    for (org, device) in DEVICES {
        if device > 100 {
            let root = if org == TEAM { 10 } else { 20 };
            log.add_key(org, root, device, KeyRole::Record);
        }
    }
    let mut frontier = Frontier::new();
    let mut pushed = 0;
    let mut seen: Option<TreeHead> = None;
    let mut last: BTreeMap<u8, (u64, Vec<u8>)> = BTreeMap::new();
    let mut number: usize = 0;
    while u64::try_from(log.entries.len()).unwrap() < entries {
        for entry in log.entries.iter().skip(pushed) {
            frontier.push(LeafHash::of(entry), &mut |_, _| {});
        }
        pushed = log.entries.len();
        if number.is_multiple_of(100) {
            seen = Some(frontier.head());
        }
        let (org, device) = DEVICES[number % DEVICES.len()];
        let mut message = log.message(org, &format!("Wreckage of a kind, number {number}"));
        if let Some(head) = seen {
            message.seen = Some(v1::CheckpointSeen {
                size: head.size.get(),
                root: head.root.as_bytes().to_vec(),
            });
        }
        let before = last.get(&device).cloned().unwrap_or_default();
        message.device_seq = before.0 + 1;
        message.previous = before.1;
        message.summaries = vec![v1::LangString {
            lang: "en".to_owned(),
            text: "Found on open ground; parts were photographed where they lay, then collected."
                .to_owned(),
        }];
        let index = log.record(device, &message);
        last.insert(
            device,
            (message.device_seq, log.id(index).as_bytes().to_vec()),
        );
        number += 1;
    }
    let mut writer = ExportWriter::create(folder.join("export"), &log.checkpoint(&[])).unwrap();
    for entry in &log.entries {
        writer.push(entry).unwrap();
    }
    writer.finish().unwrap();
    fs::write(folder.join("trust.policy"), log.policy()).unwrap();
}

/// A signature on a record, ready to be verified.
pub(crate) struct Signed {
    device: usize,
    message: Vec<u8>,
    signature: [u8; 64],
}

/// Every signature on a record of the export.
pub(crate) fn signatures(folder: &Path) -> Vec<Signed> {
    let devices = DEVICES.iter().enumerate();
    let devices: BTreeMap<KeyId, usize> = devices
        .map(|(place, (_, seed))| (public(&key(*seed)).key_id(), place))
        .collect();
    let mut checks = Vec::new();
    let mut take = |bytes: &[u8]| {
        for entry in parse_entry_bundle(bytes).unwrap() {
            let entry = Entry::parse(entry).unwrap();
            if entry.kind == EntryKind::Record {
                for it in &entry.signatures {
                    checks.push(Signed {
                        device: devices[&it.key_id],
                        message: pae(&entry.payload_type, &entry.payload),
                        signature: it.signature,
                    });
                }
            }
        }
    };
    for index in 0.. {
        let tile = |width| Tile {
            level: 0,
            index,
            width,
        };
        let at = |width| folder.join("export").join(tile(width).entries_path());
        if let Ok(bytes) = fs::read(at(TILE_WIDTH)) {
            take(&bytes);
        } else {
            let mut widths = 1..TILE_WIDTH;
            if let Some(bytes) = widths.find_map(|width| fs::read(at(width)).ok()) {
                take(&bytes);
            }
            return checks;
        }
    }
    checks
}

/// Verifies all of them, on `cores` cores.
pub(crate) fn verify_all(checks: &[Signed], cores: usize) {
    let keys: &Vec<PublicKey> = &DEVICES
        .iter()
        .map(|(_, seed)| public(&key(*seed)))
        .collect();
    let share = checks.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        for share in checks.chunks(share) {
            scope.spawn(move || {
                for it in share {
                    keys[it.device].verify(&it.message, &it.signature).unwrap();
                }
            });
        }
    });
}
