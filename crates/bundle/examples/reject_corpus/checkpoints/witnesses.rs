//! Cosignatures: too few of them, the same ones again, and lines that are none.

use ed25519_dalek::Signer as _;
use witnessmark_verifier::cosignature_message;

use super::super::mini_log::{MiniLog, key, witness};
use super::super::world::{WITNESS, by_log, by_witness, checkpoint_text, ledger, line, policy};
use super::super::{Corpus, Expected};
use super::{key_id, noted, usual_witness};

use Expected::NotVerified;

pub(crate) fn write(corpus: &mut Corpus) {
    quorums(corpus);
    cosignatures(corpus);
}

/// A policy of five witnesses, of whom `rule` must cosign.
fn group_policy(log: &MiniLog, rule: &str) -> String {
    let witnesses: Vec<String> = (30..35)
        .map(|seed| format!("witness w{seed} {}\n", witness(seed)))
        .collect();
    let witnesses = witnesses.concat();
    format!("log {}\n{witnesses}{rule}", log.vkey())
}

/// Too few witnesses, however often each of them signed.
fn quorums(corpus: &mut Corpus) {
    let log = ledger();
    let text = checkpoint_text(&log);
    let ours = by_log(&log, &text);
    let of = |seeds: &[u8]| -> String {
        let lines = seeds
            .iter()
            .zip(1_u64..)
            .map(|(seed, time)| by_witness(*seed, 1_767_225_600 + time, &text));
        format!("{ours}{}", lines.collect::<String>())
    };
    let three = "group g 3 w30 w31 w32 w33 w34\nquorum g\n";
    let all = "group g all w30 w31 w32\nquorum g\n";
    let nested = "group a 2 w30 w31 w32\ngroup b any w33 w34\ngroup g all a b\nquorum g\n";
    let mut class = corpus.class(
        "N9",
        "too-few-witnesses",
        "Fewer different witnesses cosigned than the policy asks for, some of them several times.",
    );
    for (name, rule, seeds) in [
        ("nobody", three, &[][..]),
        ("two-of-three", three, &[30, 31]),
        ("one-three-times", three, &[30, 30, 30]),
        ("two-and-one-again", three, &[30, 31, 31]),
        ("one-ninety-times", three, &[30; 90]),
        ("two-and-strangers", three, &[30, 31, 40, 41, 42]),
        ("all-but-one", all, &[30, 31]),
        ("all-but-one-and-others", all, &[30, 31, 33, 34]),
        ("one-group-of-two", nested, &[30, 31, 32]),
        ("the-other-group", nested, &[33, 34]),
        ("one-of-each-group", nested, &[30, 33]),
        ("one-of-each-group-twice", nested, &[30, 30, 33, 33]),
    ] {
        let policy = group_policy(&log, rule);
        class.bundle(
            name,
            noted(&log, &text, &of(seeds)),
            &policy,
            NotVerified("quorum"),
        );
    }
    let policy = group_policy(&log, three);
    let same = by_witness(30, 1_767_225_601, &text);
    let lines = format!("{ours}{}", same.repeat(3));
    class.bundle(
        "the-same-line-three-times",
        noted(&log, &text, &lines),
        &policy,
        NotVerified("quorum"),
    );
    // One key under the names of three witnesses: only the one whose key it is counts, and the others are bad.
    let renamed: String = [30, 31, 32]
        .map(|seed| {
            let by = witness(seed);
            let message = cosignature_message(7, &text);
            let signature = key(30).sign(&message).to_bytes();
            let bytes = [7_u64.to_be_bytes().as_slice(), &signature].concat();
            line(by.name().as_str(), by.key_id(), &bytes)
        })
        .concat();
    let lines = format!("{ours}{renamed}");
    class.bundle(
        "one-key-under-three-names",
        noted(&log, &text, &lines),
        &policy,
        NotVerified("quorum"),
    );
    let own_ids: String = [31, 32]
        .map(|seed| {
            let name = witness(seed).name().to_string();
            let signature = key(30).sign(&cosignature_message(7, &text)).to_bytes();
            let bytes = [7_u64.to_be_bytes().as_slice(), &signature].concat();
            line(&name, key_id(&name, 4, &key(30)), &bytes)
        })
        .concat();
    let lines = format!("{ours}{same}{own_ids}");
    class.bundle(
        "one-key-with-three-key-ids",
        noted(&log, &text, &lines),
        &policy,
        NotVerified("quorum"),
    );
    let signed_twice = format!("{ours}{ours}{ours}");
    class.bundle(
        "the-ledger-three-times",
        noted(&log, &text, &signed_twice),
        &policy,
        NotVerified("quorum"),
    );
}

fn cosignatures(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let text = checkpoint_text(&log);
    let ours = by_log(&log, &text);
    let by = witness(WITNESS);
    let time = 1_767_225_613_u64;
    let bytes = |time: u64, message: &[u8]| -> Vec<u8> {
        let signature = key(WITNESS).sign(message).to_bytes();
        [time.to_be_bytes().as_slice(), &signature].concat()
    };
    let good = bytes(time, &cosignature_message(time, &text));
    let mut older = ledger();
    older.entries.truncate(8);
    let mut class = corpus.class(
        "N10",
        "cosignature-time",
        "The time of the cosignature is not the one that was signed, or none that can be.",
    );
    for (name, bytes) in [
        (
            "a-second-later",
            [&(time + 1).to_be_bytes(), &good[8..]].concat(),
        ),
        ("zero", [&[0; 8], &good[8..]].concat()),
        (
            "bytes-turned-round",
            [&time.swap_bytes().to_be_bytes(), &good[8..]].concat(),
        ),
        (
            "2-to-63-and-signed",
            bytes(1 << 63, &cosignature_message(1 << 63, &text)),
        ),
        (
            "the-last-and-signed",
            bytes(u64::MAX, &cosignature_message(u64::MAX, &text)),
        ),
    ] {
        let lines = format!("{ours}{}", line(by.name().as_str(), by.key_id(), &bytes));
        class.bundle(
            name,
            noted(&log, &text, &lines),
            &policy,
            NotVerified("quorum"),
        );
    }
    let mut class = corpus.class(
        "N9",
        "cosignature-that-is-none",
        "The witness's line is not a cosignature of this checkpoint.",
    );
    let header = |header: &str| format!("{header}\ntime {time}\n{text}").into_bytes();
    for (name, bytes) in [
        (
            "of-an-older-checkpoint",
            bytes(time, &cosignature_message(time, &checkpoint_text(&older))),
        ),
        ("without-the-header", bytes(time, text.as_bytes())),
        ("of-version-0", bytes(time, &header("cosignature/v0"))),
        ("of-version-2", bytes(time, &header("cosignature/v2"))),
        (
            "without-the-time",
            bytes(time, format!("cosignature/v1\n{text}").as_bytes()),
        ),
        (
            "of-the-whole-note",
            bytes(time, &cosignature_message(time, &format!("{text}\n{ours}"))),
        ),
        ("the-time-alone", time.to_be_bytes().to_vec()),
        ("a-byte-less", good[..71].to_vec()),
        ("a-byte-more", [good.as_slice(), &[0]].concat()),
        ("the-signature-alone", good[8..].to_vec()),
    ] {
        let lines = format!("{ours}{}", line(by.name().as_str(), by.key_id(), &bytes));
        class.bundle(
            name,
            noted(&log, &text, &lines),
            &policy,
            NotVerified("quorum"),
        );
        let name = format!("{name}-beside-a-good-one");
        let lines = format!("{lines}{}", usual_witness(&text));
        class.bundle(
            &name,
            noted(&log, &text, &lines),
            &policy,
            NotVerified("quorum"),
        );
    }
}
