//! Exports whose entries are not what was signed, or should never have been taken in.

use std::fs;

use witnessmark_record::encode;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{
    Checkpoint, Entry, EntryKind, Hash, KeyRole, LeafHash, Origin, TreeHead, TreeSize, node_hash,
};

use super::mini_log::{COURT, MiniLog, ORIGIN, TEAM, key, sign};
use super::world::{
    WITNESS, checkpoint_text, copy, export, export_under, ledger, policy, signed, stranger, swap,
};
use super::{Corpus, Expected};

use Expected::{CannotTell, NotVerified};

pub(crate) fn write(corpus: &mut Corpus) {
    nothing(corpus);
    states(corpus);
    sizes(corpus);
    others(corpus);
    taken_in(corpus);
}

fn nothing(corpus: &mut Corpus) {
    let policy = policy(&ledger());
    let mut class = corpus.class(
        "N1",
        "empty-export",
        "A folder in which there is no ledger.",
    );
    class.export("no-file", &policy, CannotTell("format"), |_| {});
    class.export("no-folder", &policy, CannotTell("format"), |folder| {
        fs::remove_dir(folder).unwrap();
    });
    class.export("a-file", &policy, CannotTell("format"), |folder| {
        fs::remove_dir(folder).unwrap();
        fs::write(folder, b"VERIFIED").unwrap();
    });
    class.export("tiles-alone", &policy, NotVerified("format"), |folder| {
        fs::create_dir(folder.join("tile")).unwrap();
    });
    class.export(
        "an-empty-checkpoint",
        &policy,
        NotVerified("checkpoint"),
        |folder| {
            fs::write(folder.join("checkpoint"), b"").unwrap();
        },
    );
    let mut empty = ledger();
    empty.entries.clear();
    class.export(
        "no-entries-and-signed",
        &policy,
        NotVerified("charter"),
        |folder| {
            fs::write(folder.join("checkpoint"), empty.checkpoint(&[WITNESS])).unwrap();
        },
    );
}

/// Checkpoints of other moments and of other histories.
fn states(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let mut older = ledger();
    older.entries.truncate(8);
    let mut forked = ledger();
    forked.entries.truncate(8);
    forked.record(21, &forked.message(COURT, "Another history"));
    let mut class = corpus.class(
        "N14",
        "another-moment",
        "The checkpoint and the files of the export are of different moments.",
    );
    class.export(
        "older-checkpoint",
        &policy,
        NotVerified("entries"),
        |folder| {
            export(&log, folder);
            fs::write(folder.join("checkpoint"), older.checkpoint(&[WITNESS])).unwrap();
        },
    );
    class.export("older-files", &policy, NotVerified("entries"), |folder| {
        export(&older, folder);
        fs::write(folder.join("checkpoint"), log.checkpoint(&[WITNESS])).unwrap();
    });
    class.export("of-a-fork", &policy, NotVerified("root"), |folder| {
        export(&forked, folder);
        fs::write(folder.join("checkpoint"), log.checkpoint(&[WITNESS])).unwrap();
    });
    class.export(
        "a-fork-in-the-tiles",
        &policy,
        NotVerified("tiles"),
        |folder| {
            export(&log, folder);
            let other = folder.join("fork");
            export(&forked, &other);
            fs::copy(other.join("tile/0/000.p/9"), folder.join("tile/0/000.p/9")).unwrap();
            fs::remove_dir_all(other).unwrap();
        },
    );
}

/// Signed sizes and roots that the entries do not make.
fn sizes(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let leaves: Vec<Hash> = log
        .entries
        .iter()
        .map(|it| LeafHash::of(it).hash())
        .collect();
    let mut class = corpus.class(
        "N21",
        "export-of-another-size",
        "The ledger and the witness signed the root under another size.",
    );
    for size in [1, 8, 10, 256, 1 << 40, u64::MAX] {
        let text = swap(&checkpoint_text(&log), "\n9\n", &format!("\n{size}\n"));
        let expected = NotVerified("entries");
        class.export(&size.to_string(), &policy, expected, |folder| {
            export(&log, folder);
            fs::write(folder.join("checkpoint"), signed(&log, &text)).unwrap();
        });
    }
    let text = swap(&checkpoint_text(&log), "\n9\n", "\n8\n");
    class.export("8-with-8-entries", &policy, NotVerified("root"), |folder| {
        let mut shorter = ledger();
        shorter.entries.truncate(8);
        export(&shorter, folder);
        fs::write(folder.join("checkpoint"), signed(&log, &text)).unwrap();
    });
    let mut class = corpus.class(
        "N20",
        "export-with-a-doubled-entry",
        "The last entry of the export is there twice.",
    );
    let mut doubled = ledger();
    doubled.push_bytes(doubled.entries[8].clone());
    class.export("and-signed", &policy, NotVerified("records"), |folder| {
        export(&doubled, folder);
    });
    let last = leaves[8];
    let right = node_hash(&last, &last);
    let right = node_hash(&right, &right);
    let right = node_hash(&right, &right);
    let left: Vec<Hash> = leaves[..8]
        .chunks(2)
        .map(|it| node_hash(&it[0], &it[1]))
        .collect();
    let left = node_hash(
        &node_hash(&left[0], &left[1]),
        &node_hash(&left[2], &left[3]),
    );
    let root = node_hash(&left, &right);
    for (name, size, log) in [("root-of-9", 9, &log), ("root-of-10", 10, &doubled)] {
        let head = TreeHead {
            size: TreeSize::new(size),
            root,
        };
        let origin = Origin::parse(ORIGIN).unwrap();
        let text = Checkpoint { origin, head }.encode();
        let check = if size == 9 { "root" } else { "records" };
        class.export(name, &policy, NotVerified(check), |folder| {
            export(log, folder);
            fs::write(folder.join("checkpoint"), signed(log, &text)).unwrap();
        });
    }
}

/// Exports of ledgers that are not the one of the policy.
fn others(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let mut class = corpus.class(
        "N11",
        "export-of-a-stranger",
        "A whole ledger of a stranger, consistent in itself.",
    );
    let mut named_so = ledger();
    named_so.log_key = stranger();
    class.export(
        "of-the-same-name",
        &policy,
        NotVerified("checkpoint"),
        |folder| {
            export(&named_so, folder);
        },
    );
    let mut other = MiniLog::new("ledger.example/other");
    other.admit(TEAM, 10, 11);
    class.export(
        "of-another-name",
        &policy,
        CannotTell("checkpoint"),
        |folder| {
            export(&other, folder);
        },
    );
    let mut class = corpus.class(
        "N12",
        "export-of-two-ledgers",
        "The policy trusts two ledgers, and the checkpoint of one is put over the entries of the other.",
    );
    let mut second = MiniLog::new("ledger.example/second");
    second.log_key = key(3);
    second.entries.clone_from(&log.entries);
    let both = format!("log {}\nlog {}\nquorum none\n", log.vkey(), second.vkey());
    class.export(
        "checkpoint-of-the-other",
        &both,
        NotVerified("charter"),
        |folder| {
            export(&second, folder);
        },
    );
}

/// Entries that an honest ledger refuses, taken in and signed for.
fn taken_in(corpus: &mut Corpus) {
    type Make = fn(&mut MiniLog) -> Vec<u8>;
    let faults: [(&str, &str, &'static str, Make); 14] = [
        ("N4", "another-organisations-key", "signatures", |log| {
            let entry = log.record_entry(&[21], &log.message(TEAM, "x"));
            entry.encode().unwrap()
        }),
        ("N4", "a-flipped-bit-in-a-signature", "signatures", |log| {
            let mut entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            entry.signatures[0].signature[40] ^= 1;
            entry.encode().unwrap()
        }),
        ("N4", "another-payload", "signatures", |log| {
            let mut entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            entry.payload = encode(&log.message(TEAM, "y"));
            entry.encode().unwrap()
        }),
        ("N10", "after-revocation", "signatures", |log| {
            log.revoke(TEAM, 10, 11, None);
            let entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            entry.encode().unwrap()
        }),
        ("N10", "before-activation", "signatures", |log| {
            let entry = log.record_entry(&[12], &log.message(TEAM, "x"));
            entry.encode().unwrap()
        }),
        ("N10", "a-countersigner-alone", "signatures", |log| {
            log.add_key(TEAM, 10, 12, KeyRole::Countersign);
            let entry = log.record_entry(&[12], &log.message(TEAM, "x"));
            entry.encode().unwrap()
        }),
        ("N10", "an-older-state-of-the-chain", "key_chains", |log| {
            let entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            log.revoke(TEAM, 10, 11, None);
            entry.encode().unwrap()
        }),
        ("N6", "a-time-anchor", "records", |log| {
            of_kind(log, EntryKind::TimeAnchor)
        }),
        ("N6", "a-rehash", "records", |log| {
            of_kind(log, EntryKind::Rehash)
        }),
        ("N6", "a-second-charter", "charter", |log| {
            let mut entry = log.entry(0);
            entry.registered_at = log.now;
            entry.encode().unwrap()
        }),
        ("N6", "no-entry-at-all", "entries", |_| b"VERIFIED".to_vec()),
        ("N6", "no-bytes", "entries", |_| Vec::new()),
        ("N12", "a-record-for-another-ledger", "records", |log| {
            let mut message = log.message(TEAM, "x");
            "ledger.example/other".clone_into(&mut message.origin);
            log.record_entry(&[11], &message).encode().unwrap()
        }),
        ("N8", "not-canonical", "records", |log| {
            let mut entry = log.record_entry(&[11], &log.message(TEAM, "x"));
            entry.payload.extend([0x10, 0x00]);
            entry.signatures = vec![sign(&key(11), &entry.payload_type, &entry.payload)];
            entry.encode().unwrap()
        }),
    ];
    for (number, name, check, make) in faults {
        let mut log = ledger();
        let entry = make(&mut log);
        log.push_bytes(entry);
        let policy = policy(&log);
        let what = "The ledger took in and signed for an entry that it should have refused.";
        let mut class = corpus.class(number, "export-with-a-bad-entry", what);
        class.export(name, &policy, NotVerified(check), |folder| {
            export(&log, folder);
        });
    }
    order(corpus);
}

fn of_kind(log: &MiniLog, kind: EntryKind) -> Vec<u8> {
    let entry = Entry {
        kind,
        registered_at: log.now,
        org: None,
        org_key_seq: 0,
        org_key_head: Hash::new([0; 32]),
        payload_type: "text/plain".to_owned(),
        payload: b"VERIFIED".to_vec(),
        signatures: Vec::new(),
    };
    entry.encode().unwrap()
}

/// Entries in another order, or without the first.
fn order(corpus: &mut Corpus) {
    type Change = fn(&mut MiniLog);
    let policy = policy(&ledger());
    let mut class = corpus.class(
        "N8",
        "export-in-another-order",
        "The entries of the export are in another order, and the ledger signed for it.",
    );
    let changes: [(&str, &'static str, Change); 4] = [
        ("records-swapped", "entries", |log| log.entries.swap(7, 8)),
        ("events-swapped", "entries", |log| log.entries.swap(1, 2)),
        ("charter-last", "entries", |log| log.entries.rotate_left(1)),
        ("without-the-charter", "charter", |log| {
            drop(log.entries.remove(0));
        }),
    ];
    for (name, check, change) in changes {
        let mut log = ledger();
        change(&mut log);
        class.export(name, &policy, NotVerified(check), |folder| {
            export(&log, folder);
        });
        // With the honest checkpoint over them, it is no longer what was signed.
        let honest = ledger();
        let name = format!("{name}-under-the-honest-checkpoint");
        let check = if check == "charter" { "entries" } else { check };
        class.export(&name, &policy, NotVerified(check), |folder| {
            let own = folder.join("own");
            export_under(&log, &own, &log.checkpoint(&[WITNESS]));
            copy(&own, folder);
            fs::remove_dir_all(own).unwrap();
            fs::write(folder.join("checkpoint"), honest.checkpoint(&[WITNESS])).unwrap();
        });
    }
}
