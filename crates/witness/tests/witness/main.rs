//! A witness on a real folder: what it cosigns, what it refuses, and what it remembers.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where its story does not go on, also in the functions it calls"
)]

mod log;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use ed25519_dalek::SigningKey;
use tempfile::TempDir;
use witnessmark_tlog::signature_line;
use witnessmark_verifier::{
    ConsistencyError, Cosignature, Note, NoteAlgorithm, Origin, TreeSize, sha256,
};
use witnessmark_witness::{Folder, Malformed, OpenError, Refused, StateError, Watched, Witness};

use log::{Log, ORIGIN, body, no_proof, size, vkey};

const NAME: &str = "witness.example/w1";
const NOW: u64 = 1_800_000_000;

/// A folder in which the log is remembered, with nothing cosigned.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    Folder::take(dir.path()).unwrap().begin(ORIGIN).unwrap();
    dir
}

fn try_open(dir: &Path) -> Result<Witness, OpenError> {
    let watched = Watched {
        origin: ORIGIN.to_owned(),
        keys: [1, 2]
            .map(|seed| vkey(ORIGIN, seed, NoteAlgorithm::Ed25519))
            .to_vec(),
    };
    let name = Origin::parse(NAME).unwrap();
    let key = SigningKey::from_bytes(&[9; 32]);
    Witness::open(Folder::take(dir).unwrap(), name, key, vec![watched])
}

fn open(dir: &Path) -> Witness {
    try_open(dir).unwrap()
}

fn hash() -> String {
    sha256(ORIGIN.as_bytes()).to_string()
}

fn state_file(dir: &Path) -> PathBuf {
    dir.join("logs").join(hash())
}

/// The time of a cosignature, after a look at it with the witness's key.
fn time(witness: &Witness, text: &str, line: &str) -> u64 {
    let note = format!("{text}\n{line}");
    let note = Note::parse(&note).unwrap();
    let [signature] = note.signatures() else {
        panic!("not one line: {line}");
    };
    assert!(signature.is_by(witness.vkey()));
    let cosignature = Cosignature::parse(&signature.signature).unwrap();
    cosignature.verify(witness.vkey(), text).unwrap();
    cosignature.time_s
}

#[test]
fn a_log_that_grows_is_cosigned_step_by_step_and_after_a_start_too() {
    let dir = folder();
    let log = Log::new("abcdefghijklmnopqrstuvwxyz");
    let mut old = 0;
    assert_eq!(open(dir.path()).latest(&hash()), None);
    for (now, new) in (NOW..).zip([1, 1, 2, 7, 7, 8, 26]) {
        let witness = open(dir.path());
        let line = witness.add_checkpoint(&log.request(old, new), now).unwrap();
        assert_eq!(time(&witness, &log.text(new), &line), now);
        let expected = log.sign(&log.text(new)) + &line;
        assert_eq!(witness.latest(&hash()).as_deref(), Some(&*expected));
        assert_eq!(witness.latest(ORIGIN), None);
        drop(witness);
        let witness = open(dir.path());
        assert_eq!(witness.latest(&hash()).as_deref(), Some(&*expected));
        old = new;
    }
}

#[test]
fn an_empty_log_is_cosigned_and_only_with_its_one_root() {
    let dir = folder();
    let witness = open(dir.path());
    let log = Log::new("abc");
    let other = log.text(1).replace("\n1\n", "\n0\n");
    let refused = witness.add_checkpoint(&body(0, no_proof(), &log.sign(&other)), NOW);
    assert_eq!(
        refused,
        Err(Refused::Inconsistent(ConsistencyError::NewRoot))
    );
    witness.add_checkpoint(&log.request(0, 0), NOW).unwrap();
    witness.add_checkpoint(&log.request(0, 3), NOW).unwrap();
}

#[test]
fn every_refusal_leaves_everything_as_it_was() {
    let dir = folder();
    let witness = open(dir.path());
    let log = Log::new("abcdefgh");
    let line = witness.add_checkpoint(&log.request(0, 5), NOW).unwrap();
    let shown = witness.latest(&hash()).unwrap();
    let kept = fs::read(state_file(dir.path())).unwrap();

    let fork = Log::new("abcdXfgh");
    let stranger = Log {
        seed: 3,
        ..Log::new("abcdefgh")
    };
    let other_log = log.request(5, 8);
    let other_log = String::from_utf8(other_log)
        .unwrap()
        .replace(ORIGIN, "log.example/two");
    // A key of the log that has signed, and beside it a line that names the other key and is not by it.
    let other_key = vkey(ORIGIN, 2, NoteAlgorithm::Ed25519);
    let forged = signature_line(other_key.name(), other_key.key_id(), &[7; 64]);
    let mut half_signed = log.request(5, 8);
    half_signed.extend(forged.bytes());
    let signed = log.sign(&log.text(8));
    let inconsistent = |error| Refused::Inconsistent(error);
    let is_larger = Malformed::OldIsLarger {
        old: TreeSize::new(9),
        new: TreeSize::new(8),
    };
    for (request, expected) in [
        (other_log.into_bytes(), Refused::UnknownOrigin),
        (stranger.request(5, 8), Refused::NotSigned),
        (half_signed, Refused::NotSigned),
        (body(9, no_proof(), &signed), is_larger.into()),
        (log.request(4, 8), Refused::OtherSize(TreeSize::new(5))),
        (log.request(0, 8), Refused::OtherSize(TreeSize::new(5))),
        (log.request(7, 8), Refused::OtherSize(TreeSize::new(5))),
        (log.request(3, 4), Refused::OtherSize(TreeSize::new(5))),
        (fork.request(5, 8), inconsistent(ConsistencyError::OldRoot)),
        (fork.request(5, 5), inconsistent(ConsistencyError::NewRoot)),
        (
            body(5, log.proof(4, 8), &signed),
            inconsistent(ConsistencyError::Length),
        ),
        (
            body(5, no_proof(), &signed),
            inconsistent(ConsistencyError::Length),
        ),
        (
            body(5, log.proof(5, 8), &log.sign(&log.text(5))),
            inconsistent(ConsistencyError::Length),
        ),
    ] {
        let refused = witness.add_checkpoint(&request, NOW + 1).unwrap_err();
        assert_eq!(refused, expected, "{}", String::from_utf8_lossy(&request));
        assert_eq!(witness.latest(&hash()).unwrap(), shown);
        assert_eq!(fs::read(state_file(dir.path())).unwrap(), kept);
    }
    // Of the two trees of one size, both are kept: that convicts the log.
    let third = Log::new("abcdYfgh");
    witness
        .add_checkpoint(&third.request(5, 5), NOW)
        .unwrap_err();
    for (ending, note) in [
        ("contradiction", fork.sign(&fork.text(5)).as_str()),
        ("cosigned", &shown),
    ] {
        let kept = state_file(dir.path()).with_extension(ending);
        assert_eq!(fs::read_to_string(kept).unwrap(), note);
    }
    assert_eq!(witness.add_checkpoint(&log.request(5, 5), NOW), Ok(line));
}

#[test]
fn what_is_not_a_request_is_malformed() {
    let dir = folder();
    let witness = open(dir.path());
    let log = Log::new("abc");
    let good = String::from_utf8(log.request(0, 3)).unwrap();
    let lines = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(64);
    for (from, to) in [
        ("old 0\n", ""),
        ("old 0\n", "old 00\n"),
        ("old 0\n", "old +0\n"),
        ("old 0\n", "Old 0\n"),
        ("old 0\n", "old 0\r\n"),
        ("old 0\n", "old 18446744073709551616\n"),
        ("old 0\n", "old 0\nAAAA\n"),
        ("old 0\n", &format!("old 0\n{lines}")),
        ("old 0\n\n", "old 0\n"),
        ("\n3\n", "\n03\n"),
        ("\n3\n", "\n-3\n"),
        ("\n3\n", "\n"),
        (ORIGIN, ""),
        ("=\n\n", "=\n"),
        ("=\n\n", "=\n\nextension\n\n"),
        ("\u{2014} ", "- "),
        ("\u{2014} ", "\u{2014} \u{2014} "),
    ] {
        assert!(good.contains(from), "{from:?}");
        let request = good.replacen(from, to, 1);
        let refused = witness.add_checkpoint(request.as_bytes(), NOW).unwrap_err();
        assert!(
            matches!(refused, Refused::Malformed(_)),
            "{request}: {refused}"
        );
    }
    for cut in 0..good.len() {
        let refused = witness.add_checkpoint(&good.as_bytes()[..cut], NOW);
        assert!(refused.is_err(), "{cut} bytes");
    }
    let refused = witness.add_checkpoint(b"old 0\n\n\xff", NOW);
    assert_eq!(refused, Err(Malformed::Encoding.into()));
}

#[test]
fn either_key_of_the_log_will_do_and_extension_lines_are_cosigned() {
    let dir = folder();
    let witness = open(dir.path());
    let log = Log::new("abc");
    let second = Log {
        seed: 2,
        ..Log::new("abc")
    };
    witness.add_checkpoint(&log.request(0, 2), NOW).unwrap();
    witness.add_checkpoint(&second.request(2, 3), NOW).unwrap();
    let text = log.text(3) + "an extension\n";
    let request = body(3, no_proof(), &log.sign(&text));
    let line = witness.add_checkpoint(&request, NOW).unwrap();
    time(&witness, &text, &line);
    // What nobody here knows is not shown to others.
    let unknown = signature_line(&Origin::parse("who.example").unwrap(), [1; 4], &[2; 64]);
    let request = [log.request(3, 3), unknown.into_bytes()].concat();
    let line = witness.add_checkpoint(&request, NOW).unwrap();
    let expected = log.sign(&log.text(3)) + &line;
    assert_eq!(witness.latest(&hash()).as_deref(), Some(&*expected));
}

#[test]
fn of_many_who_begin_at_one_size_one_is_cosigned() {
    let dir = folder();
    let witness = open(dir.path());
    let log = Log::new("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
    let fork = Log::new("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    let mut old = 26;
    witness.add_checkpoint(&log.request(0, old), NOW).unwrap();
    let mut honest = true;
    while old < 50 {
        // Half of them go on with another history, until one of the histories is cosigned; and each has a size of its own.
        let sides = if old == 26 {
            vec![&log, &fork]
        } else {
            vec![if honest { &log } else { &fork }]
        };
        let requests: Vec<(bool, usize, Vec<u8>)> = (0..8)
            .map(|at| {
                let side = sides[at % sides.len()];
                let new = (old + 1 + at / 2).min(52);
                (
                    std::ptr::eq(side, &raw const log),
                    new,
                    side.request(old, new),
                )
            })
            .collect();
        let start = Barrier::new(requests.len());
        let answers: Vec<_> = std::thread::scope(|scope| {
            let ask = |request: &'_ (bool, usize, Vec<u8>)| {
                start.wait();
                witness.add_checkpoint(&request.2, NOW)
            };
            let threads: Vec<_> = requests
                .iter()
                .map(|it| scope.spawn(move || ask(it)))
                .collect();
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        });
        let cosigned: Vec<_> = answers
            .iter()
            .zip(&requests)
            .filter(|(it, _)| it.is_ok())
            .collect();
        let (_, (side, new, _)) = cosigned.first().expect("nobody was cosigned");
        for (answer, (other_side, other, _)) in answers.iter().zip(&requests) {
            // Who asks for the size and tree that is held already is not from the old size, so he has come too late.
            assert!(
                answer.is_ok() && (other_side, other) == (side, new)
                    || *answer == Err(Refused::OtherSize(size(*new))),
                "{answer:?} for {other} after {new}"
            );
        }
        assert_eq!(cosigned.len(), 1);
        (old, honest) = (*new, *side);
    }
}

#[test]
fn time_does_not_go_back() {
    let dir = folder();
    let log = Log::new("abc");
    let witness = open(dir.path());
    assert_eq!(
        witness.add_checkpoint(&log.request(0, 1), 5),
        Err(Refused::Clock)
    );
    witness.add_checkpoint(&log.request(0, 1), NOW).unwrap();
    drop(witness);
    let witness = open(dir.path());
    let line = witness
        .add_checkpoint(&log.request(1, 2), NOW - 10)
        .unwrap();
    assert_eq!(time(&witness, &log.text(2), &line), NOW);
    let refused = witness.add_checkpoint(&log.request(2, 3), NOW - 11);
    assert_eq!(refused, Err(Refused::Clock));
    let line = witness.add_checkpoint(&log.request(2, 3), NOW + 1).unwrap();
    assert_eq!(time(&witness, &log.text(3), &line), NOW + 1);
}

#[test]
fn a_file_that_is_gone_or_damaged_in_any_byte_is_refused() {
    let dir = folder();
    let log = Log::new("abc");
    open(dir.path())
        .add_checkpoint(&log.request(0, 2), NOW)
        .unwrap();
    let path = state_file(dir.path());
    let whole = fs::read(&path).unwrap();
    let state_error = || match try_open(dir.path()) {
        Err(OpenError::State(mut errors)) => {
            let (origin, file, error) = errors.pop().unwrap();
            assert_eq!((origin.as_str(), file), (ORIGIN, state_file(dir.path())));
            error
        }
        other => panic!("{other:?}"),
    };
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, damaged).unwrap();
        assert!(matches!(state_error(), StateError::Damaged(_)), "byte {at}");
    }
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(
            matches!(state_error(), StateError::Damaged(_)),
            "{length} bytes"
        );
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(state_error(), StateError::Missing));
    // A write that a crash has cut short.
    fs::write(&path, &whole).unwrap();
    fs::write(path.with_extension("new"), &whole[..40]).unwrap();
    open(dir.path())
        .add_checkpoint(&log.request(2, 3), NOW)
        .unwrap();

    let folder = Folder::take(dir.path()).unwrap();
    let name = Origin::parse("another.example").unwrap();
    let watched = Watched {
        origin: ORIGIN.to_owned(),
        keys: Vec::new(),
    };
    let key = SigningKey::from_bytes(&[9; 32]);
    let Err(OpenError::State(errors)) = Witness::open(folder, name, key, vec![watched]) else {
        panic!("another name was taken");
    };
    assert!(
        matches!(errors[..], [(.., StateError::OtherWitness)]),
        "{errors:?}"
    );
}

#[test]
fn nothing_is_cosigned_that_is_not_written() {
    let dir = folder();
    let log = Log::new("abc");
    let witness = open(dir.path());
    witness.add_checkpoint(&log.request(0, 1), NOW).unwrap();
    let before = witness.latest(&hash());
    let (path, unfinished) = (
        state_file(dir.path()),
        state_file(dir.path()).with_extension("new"),
    );

    fs::create_dir(&unfinished).unwrap();
    let refused = witness.add_checkpoint(&log.request(1, 2), NOW);
    assert_eq!(refused, Err(Refused::NotKept));
    assert_eq!(witness.latest(&hash()), before);
    fs::remove_dir(&unfinished).unwrap();
    witness.add_checkpoint(&log.request(1, 2), NOW).unwrap();

    // The name cannot be given: from here on nobody knows what is on the disk.
    let kept = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let refused = witness.add_checkpoint(&log.request(2, 3), NOW);
    assert_eq!(refused, Err(Refused::Halted));
    fs::remove_dir(&path).unwrap();
    fs::write(&path, kept).unwrap();
    let refused = witness.add_checkpoint(&log.request(2, 3), NOW);
    assert_eq!(refused, Err(Refused::Halted));
    drop(witness);
    open(dir.path())
        .add_checkpoint(&log.request(2, 3), NOW)
        .unwrap();
}

#[test]
fn a_folder_is_used_by_one() {
    let dir = folder();
    let _witness = open(dir.path());
    let error = Folder::take(dir.path()).unwrap_err();
    assert!(error.to_string().contains("in use"), "{error}");
}
