//! A witness as logs and monitors meet it, over HTTP, and as its operator does: the real program, and kill -9.

#[path = "../../crates/witness/tests/witness/log.rs"]
pub(crate) mod log;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use witnessmark_verifier::{
    Cosignature, Note, NoteAlgorithm, Origin, PublicKey, VerifierKey, hex, sha256,
};

use crate::go;
use crate::http::{Answer, get, post, try_ask};
use crate::support::{Daemon, World, append, run, typed};
use log::{Log, ORIGIN, body, no_proof, vkey};

const NAME: &str = "witness.example/w1";

/// The folder of a witness that watches the log in memory.
struct Place {
    dir: TempDir,
}

impl Place {
    #[track_caller]
    fn new() -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let made = typed(&format!(
            "witness init --name {NAME} --dir {} --json",
            place.path()
        ));
        let made = made.exits(0).json();
        assert_eq!(made["vkey"], place.vkey().to_string());
        let key = vkey(ORIGIN, 1, NoteAlgorithm::Ed25519);
        typed(&format!(
            "witness add-log --dir {} --vkey {key}",
            place.path()
        ))
        .exits(0);
        place
    }

    fn path(&self) -> String {
        self.dir.path().join("w").display().to_string()
    }

    fn start(&self) -> Daemon {
        Daemon::start_witness(Path::new(&self.path()))
    }

    /// The key for policies, from the public file.
    fn vkey(&self) -> VerifierKey {
        let text = fs::read_to_string(Path::new(&self.path()).join("witness.pub")).unwrap();
        let key = PublicKey::admit(&hex::decode_32(text.trim_end()).unwrap()).unwrap();
        let name = Origin::parse(NAME).unwrap();
        VerifierKey::new(name, NoteAlgorithm::CosignatureEd25519, key)
    }

    fn state(&self) -> PathBuf {
        Path::new(&self.path()).join("logs").join(hash())
    }
}

fn hash() -> String {
    sha256(ORIGIN.as_bytes()).to_string()
}

fn latest(witness: &Daemon) -> Answer {
    get(&witness.url, &format!("/{}/checkpoint", hash()))
}

/// The size in the checkpoint that is shown to monitors.
fn held(witness: &Daemon) -> usize {
    let latest = latest(witness).is(200);
    latest.text().lines().nth(1).unwrap().parse().unwrap()
}

fn add(witness: &Daemon, request: &[u8]) -> Answer {
    post(&witness.url, "/add-checkpoint", request)
}

/// Whether the answer is one good cosignature of the text, not older than a minute.
#[track_caller]
fn assert_cosigned(witness: &VerifierKey, text: &str, answer: &Answer) {
    assert_eq!(answer.status, 200);
    let note = format!("{text}\n{}", answer.text());
    let note = Note::parse(&note).unwrap();
    let [line] = note.signatures() else {
        panic!("{}", answer.text());
    };
    assert!(line.is_by(witness));
    let cosignature = Cosignature::parse(&line.signature).unwrap();
    cosignature.verify(witness, text).unwrap();
}

#[test]
fn every_status_code_of_the_standard() {
    let place = Place::new();
    let witness = place.start();
    let log = Log::new("abcdefgh");
    latest(&witness).is(404);

    let answer = add(&witness, &log.request(0, 5));
    assert_cosigned(&place.vkey(), &log.text(5), &answer);
    let shown = latest(&witness).is(200);
    assert_eq!(
        shown.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(shown.text(), log.sign(&log.text(5)) + answer.text());

    for old in [0, 4, 6] {
        let answer = add(&witness, &log.request(old, 8)).is(409);
        assert_eq!(answer.header("content-type"), Some("text/x.tlog.size"));
        assert_eq!(answer.text(), "5\n");
    }
    // From a smaller size to a smaller one, too: nothing is ever taken back.
    assert_eq!(add(&witness, &log.request(0, 3)).is(409).text(), "5\n");

    let fork = Log::new("abcdXfgh");
    let stranger = Log {
        seed: 2,
        ..Log::new("abcdefgh")
    };
    let signed = log.sign(&log.text(8));
    let unknown = String::from_utf8(log.request(5, 8))
        .unwrap()
        .replace(ORIGIN, "no.example");
    for (request, status) in [
        (b"old five\n\n".to_vec(), 400),
        (b"\xff".to_vec(), 400),
        (body(9, no_proof(), &signed), 400),
        (stranger.request(5, 8), 403),
        (unknown.into_bytes(), 404),
        (vec![b'x'; 64 * 1024 + 1], 413),
        (body(5, no_proof(), &signed), 422),
        (body(5, log.proof(5, 8), &log.sign(&log.text(5))), 422),
        (fork.request(5, 8), 422),
        (fork.request(5, 5), 422),
    ] {
        let refused = add(&witness, &request).is(status);
        assert!(!refused.text().contains('\u{2014}'), "{}", refused.text());
        assert_eq!(latest(&witness).text(), shown.text());
    }
    for (method, path, status) in [
        ("GET", "/add-checkpoint".to_owned(), 405),
        ("POST", format!("/{}/checkpoint", hash()), 405),
        ("GET", format!("/{}/checkpoint", hash().to_uppercase()), 404),
        ("GET", format!("/{ORIGIN}/checkpoint"), 404),
        ("POST", "/sign-subtree".to_owned(), 404),
        ("GET", "/".to_owned(), 404),
    ] {
        let answer = try_ask(&witness.url, method, &path, b"").unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
    }
    // The same tree again needs no proof; and then the log grows.
    let again = add(&witness, &log.request(5, 5));
    assert_cosigned(&place.vkey(), &log.text(5), &again);
    let grown = add(&witness, &log.request(5, 8));
    assert_cosigned(&place.vkey(), &log.text(8), &grown);
    assert_eq!(witness.terminate(), 0);
    let witness = place.start();
    assert_eq!(add(&witness, &log.request(5, 8)).is(409).text(), "8\n");
}

#[test]
fn of_two_who_begin_at_one_size_one_is_cosigned() {
    let place = Place::new();
    let witness = place.start();
    let text = "abcdefghijklmnopqrstuvwxyz".repeat(4);
    let (log, mut old) = (Log::new(&text), 1);
    add(&witness, &log.request(0, old)).is(200);
    while old < 80 {
        // The six steps of the standard: to N, and to N + K.
        let news = [old + 1, old + 4];
        let start = Barrier::new(2);
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let ask = |new| {
                let request = log.request(old, new);
                start.wait();
                add(&witness, &request)
            };
            let threads = news.map(|new| scope.spawn(move || ask(new)));
            threads.into_iter().map(|it| it.join().unwrap()).collect()
        });
        let [one, two] = [&answers[0], &answers[1]].map(|it| it.status);
        assert!(
            [one, two] == [200, 409] || [one, two] == [409, 200],
            "{answers:?}"
        );
        old = if one == 200 { news[0] } else { news[1] };
        let conflict = answers.iter().find(|it| it.status == 409).unwrap();
        assert_eq!(conflict.text(), format!("{old}\n"));
        assert_eq!(held(&witness), old);
    }
}

#[test]
fn what_was_cosigned_is_known_after_kill_9() {
    let place = Place::new();
    let text = "abcdefghijklmnopqrstuvwxyz".repeat(40);
    let (log, fork) = (Log::new(&text), Log::new(&text.replace('z', "Z")));
    let mut base = 0;
    for round in 0..6_u64 {
        let witness = place.start();
        let highest = AtomicUsize::new(base);
        let sides = Mutex::new(Vec::new());
        let begin = Instant::now();
        let url = witness.url.clone();
        std::thread::scope(|scope| {
            for (side, log) in [&log, &fork].into_iter().enumerate() {
                let (highest, sides, url) = (&highest, &sides, &url);
                scope.spawn(move || {
                    let mut old = base;
                    // Ends when the witness does.
                    while let Some(answer) =
                        try_ask(url, "POST", "/add-checkpoint", &log.request(old, old + 1))
                    {
                        match answer.status {
                            200 => {
                                old += 1;
                                highest.fetch_max(old, Ordering::Relaxed);
                                // The histories part with leaf 25.
                                if old > 25 {
                                    sides.lock().unwrap().push(side);
                                }
                            }
                            409 => old = answer.text().trim_end().parse().unwrap(),
                            status => assert_eq!(status, 422),
                        }
                    }
                });
            }
            // However quick the machine is: not before something was cosigned.
            let wanted = base + 3;
            while highest.load(Ordering::Relaxed) < wanted {
                assert!(
                    begin.elapsed() < Duration::from_secs(60),
                    "nothing is cosigned"
                );
                std::thread::sleep(Duration::from_millis(1 + round));
            }
            witness.kill();
        });
        let witness = place.start();
        let now = held(&witness);
        let highest = highest.into_inner();
        // One that was written, and not answered any more, may be there too.
        assert!(
            (highest..=highest + 1).contains(&now),
            "{highest} cosigned, {now} known"
        );
        let sides = sides.into_inner().unwrap();
        assert!(
            sides.windows(2).all(|it| it[0] == it[1]),
            "two histories: {sides:?}"
        );
        base = now;
    }
}

/// The policy of somebody who trusts the ledger only with the witness.
fn policy_with(witness: &VerifierKey, policy: &str) -> String {
    let log = policy.lines().next().unwrap();
    format!("{log}\nwitness w1 {witness}\nquorum w1\n")
}

#[test]
fn a_ledger_is_cosigned_and_what_it_shows_is_verified_under_a_quorum() {
    let place = Place::new();
    let (world, daemon) = World::start();
    let file = world.signed("statement", "mine");
    let (url, policy, bundle) = (&daemon.url, world.policy(), world.path("b.json"));
    typed(&format!("submit {file} --to {url} --policy {policy}")).exits(0);
    typed(&format!(
        "prove 3 --from {url} --policy {policy} --out {bundle}"
    ))
    .exits(0);
    let export = world.path("export");
    typed(&format!(
        "export --from {url} --policy {policy} --out {export}"
    ))
    .exits(0);

    let trusted = fs::read_to_string(&policy).unwrap();
    let key = trusted.split_whitespace().nth(1).unwrap();
    let add_log = format!("witness add-log --dir {}", place.path());
    typed(&format!("{add_log} --policy {policy}")).exits(0);
    let again = typed(&format!("{add_log} --vkey {key} --json")).exits(0);
    assert_eq!(again.json()["logs"][0]["new"], false);
    let witness = place.start();
    let checkpoint = get(url, "/checkpoint").is(200);
    let note = checkpoint.text();
    let answer = add(&witness, format!("old 0\n\n{note}").as_bytes()).is(200);
    let cosigned = format!("{note}{}", answer.text());

    let quorum = world.path("quorum.policy");
    fs::write(&quorum, policy_with(&place.vkey(), &trusted)).unwrap();
    let verify = format!("verify {bundle} --policy {quorum}");
    typed(&verify).exits(1);
    // The bundle that the ledger will make once it asks witnesses itself.
    let escaped = |note: &str| {
        serde_json::to_string(note)
            .unwrap()
            .trim_matches('"')
            .to_owned()
    };
    let text = fs::read_to_string(&bundle).unwrap();
    assert!(text.contains(&escaped(note)));
    fs::write(&bundle, text.replace(&escaped(note), &escaped(&cosigned))).unwrap();
    let verified = typed(&verify).exits(0);
    assert!(verified.stdout.contains(NAME), "{}", verified.stdout);
    let audit = format!("audit {export} --policy {quorum}");
    typed(&audit).exits(1);
    fs::write(Path::new(&export).join("checkpoint"), &cosigned).unwrap();
    typed(&audit).exits(0);
    // Another witness is none of the quorum.
    let other = Place::new();
    fs::write(&quorum, policy_with(&other.vkey(), &trusted)).unwrap();
    typed(&verify).exits(1);
}

#[test]
fn a_client_made_of_other_peoples_packages_brings_a_ledger_to_the_witness() {
    let (place, (world, daemon)) = (Place::new(), World::start());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/feed_witness.go");
    let Some(program) = go::build(&source, world.folder.path()) else {
        // Not with a macro, whose words are kept back when a test passes.
        let said = b"skipped: there is no go with golang.org/x/mod\n";
        std::io::stderr().write_all(said).unwrap();
        return;
    };
    let trusted = fs::read_to_string(world.policy()).unwrap();
    let key = trusted.split_whitespace().nth(1).unwrap();
    let feed = |witness: &Daemon, cosigner: &str| {
        let output = Command::new(&program)
            .args([&daemon.url, key, &witness.url, cosigner])
            .output();
        let output = output.unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), told, error)
    };
    let own = place.vkey().to_string();
    let witness = place.start();
    let (code, _, error) = feed(&witness, &own);
    assert!(code == 1 && error.contains("answers 404"), "{error}");
    drop(witness);
    typed(&format!(
        "witness add-log --dir {} --vkey {key}",
        place.path()
    ))
    .exits(0);
    let witness = place.start();
    let policy = witnessmark_policy::parse(&policy_with(&place.vkey(), &trusted)).unwrap();
    for records in [0, 1, 1, 300, 3] {
        append(&world, &daemon, records);
        let (code, cosigned, error) = feed(&witness, &own);
        assert_eq!(code, 0, "{error}");
        let verified = policy.verify(&Note::parse(&cosigned).unwrap()).unwrap();
        assert_eq!(verified.cosigned().len(), 1);
        assert_eq!(feed(&witness, &own).0, 0, "the same tree again");
    }
    let other = Place::new().vkey().to_string();
    assert_eq!(feed(&witness, &other).0, 1, "the key of another witness");
}

#[test]
fn a_ledger_that_forks_is_not_cosigned_twice_and_is_convicted() {
    let place = Place::new();
    let (world, daemon) = World::start();
    assert_eq!(daemon.terminate(), 0);
    let (first, second) = (world.path("ledger"), world.path("copy"));
    let copied = Command::new("cp").args(["-R", &first, &second]).status();
    assert!(copied.unwrap().success());
    let ledgers = [&first, &second].map(|folder| Daemon::start(Path::new(folder)));
    for (ledger, name) in ledgers.iter().zip(["one", "two"]) {
        let file = world.signed("statement", name);
        let (url, policy) = (&ledger.url, world.policy());
        typed(&format!("submit {file} --to {url} --policy {policy}")).exits(0);
    }
    let trusted = fs::read_to_string(world.policy()).unwrap();
    let key = trusted.split_whitespace().nth(1).unwrap();
    typed(&format!(
        "witness add-log --dir {} --vkey {key}",
        place.path()
    ))
    .exits(0);
    let witness = place.start();
    let [one, two] =
        ledgers.map(|ledger| get(&ledger.url, "/checkpoint").is(200).text().to_owned());
    add(&witness, format!("old 0\n\n{one}").as_bytes()).is(200);
    add(&witness, format!("old 4\n\n{two}").as_bytes()).is(422);

    let origin = sha256(b"ledger.test/one").to_string();
    let path = format!("/{origin}/checkpoint");
    let shown = get(&witness.url, &path).is(200).text().to_owned();
    let logs = format!("{}/logs/{origin}", place.path());
    let [signed, other] = ["cosigned", "contradiction"].map(|it| format!("{logs}.{it}"));
    assert_eq!(fs::read_to_string(&signed).unwrap(), shown);
    assert_eq!(fs::read_to_string(&other).unwrap(), two);
    let (policy, proof) = (world.policy(), world.path("proof.json"));
    typed(&format!(
        "compare {signed} {other} --policy {policy} --out {proof}"
    ))
    .exits(3);
    let found = typed(&format!("verify {proof} --policy {policy}")).exits(3);
    assert!(
        found.stdout.starts_with("MISBEHAVIOUR PROVED\n"),
        "{}",
        found.stdout
    );
}

#[test]
fn the_operator_is_told_what_is_wrong() {
    let place = Place::new();
    let dir = place.path();
    let told = |line: &str, code: i32, part: &str| {
        let ran = typed(line).exits(code);
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
        assert_eq!(
            typed(&format!("{line} --json")).json()["verdict"].is_string(),
            code != 64
        );
    };
    let serve = format!("witness serve --listen 127.0.0.1:0 --dir {dir}");
    let witness = place.start();
    told(&serve, 2, "IN_USE");
    let key = vkey("other.example", 3, NoteAlgorithm::Ed25519);
    let add_log = format!("witness add-log --dir {dir} --vkey");
    told(&format!("{add_log} {key}"), 2, "IN_USE");
    add(&witness, &Log::new("abc").request(0, 3)).is(200);
    assert_eq!(witness.terminate(), 0);

    told(
        &format!("witness init --name a.example --dir {dir}"),
        2,
        "WITNESS_EXISTS",
    );
    let above = place.dir.path().display();
    told(
        &format!("witness init --name a.example --dir {above}"),
        2,
        "FOLDER_NOT_EMPTY",
    );
    told(&format!("witness serve --dir {above}"), 2, "NOT_A_WITNESS");
    let own = place.vkey();
    told(&format!("{add_log} {own}"), 2, "LOG_KEY");
    let taken = vkey(ORIGIN, 1, NoteAlgorithm::Ed25519);
    told(
        &format!("{add_log} {taken} --origin another"),
        2,
        "of another log",
    );
    typed(&format!("{add_log} {ORIGIN}+00000000+AA==")).exits(64);
    typed(&format!("witness add-log --dir {dir}")).exits(64);
    run(["witness", "init", "--name", "two words", "--dir", "x"]).exits(64);

    // A second log, and a state that is damaged and one that is gone: both are told at once.
    typed(&format!("{add_log} {key}")).exits(0);
    let state = place.state();
    let text = fs::read_to_string(&state).unwrap();
    fs::write(&state, text.replace("\n3\n", "\n2\n")).unwrap();
    let other = state.with_file_name(sha256(b"other.example").to_string());
    fs::remove_file(other).unwrap();
    for part in [
        "WITNESS_STATE",
        "checksum",
        "is gone",
        ORIGIN,
        "other.example",
    ] {
        told(&serve, 2, part);
    }
    let settings = Path::new(&dir).join("witness.toml");
    fs::write(&settings, "format = 1\nname = \"a b\"\nlogs = 3\n").unwrap();
    told(&serve, 2, "WITNESS_SETTINGS");
}
