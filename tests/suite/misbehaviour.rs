//! A ledger that signs two histories, over gRPC and by the command line: what its users are told, and what proves it to others.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Daemon, Ran, World, program, typed};

/// Two ledgers with one key: the second was copied from the first before any record came.
struct Fork {
    world: World,
    one: Daemon,
    two: Daemon,
}

impl Fork {
    fn start() -> Self {
        let (world, one) = World::start();
        assert_eq!(one.terminate(), 0);
        let (first, second) = (world.path("ledger"), world.path("copy"));
        let copied = Command::new("cp").args(["-R", &first, &second]).status();
        assert!(copied.unwrap().success());
        let [one, two] = [first, second].map(|folder| Daemon::start(folder.as_ref()));
        Self { world, one, two }
    }

    /// Types a line as a user with a state folder of their own. `{1}` and `{2}` are the ledgers, `{policy}` the usual policy.
    fn typed(&self, user: &str, line: &str) -> Ran {
        let line = line
            .replace("{1}", &self.one.url)
            .replace("{2}", &self.two.url)
            .replace("{policy}", &format!("--policy {}", self.world.policy()));
        as_user(&self.world, user, &line)
    }

    /// Submits a new record to a ledger, as somebody who knows nothing of the other one.
    #[track_caller]
    fn submit(&self, ledger: &str, name: &str) {
        let draft = self.world.path(&format!("{name}.toml"));
        typed(&format!("record new statement --example --out {draft}")).exits(0);
        let text = fs::read_to_string(&draft).unwrap();
        fs::write(&draft, text.replace("made for practice", name)).unwrap();
        self.world.sign(&draft, "device.key");
        let file = self.world.path(&format!("signed/{name}.signed.json"));
        let user = format!("somebody-{}", &ledger[1..2]);
        self.typed(&user, &format!("submit {file} --to {ledger} {{policy}}"))
            .exits(0);
    }

    /// What the user has kept of the ledger, word for word.
    fn kept(&self, user: &str) -> String {
        let found = files(&self.world, user, ".checkpoint");
        assert_eq!(found.len(), 1, "{found:?}");
        fs::read_to_string(&found[0]).unwrap()
    }
}

fn as_user(world: &World, user: &str, line: &str) -> Ran {
    let output = program()
        .args(line.split_whitespace())
        .current_dir(world.folder.path())
        .env_remove("WITNESSMARK_REMEMBER")
        .env("XDG_STATE_HOME", world.path(user))
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The files of the user's state folder with this ending.
fn files(world: &World, user: &str, ending: &str) -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from(world.path(user))];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(ending) && !name.starts_with('.') {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The finding of both programs on a file: the same words and the same exit code.
#[track_caller]
fn judged(world: &World, file: &str, policy: &str, code: i32) -> Ran {
    let here = typed(&format!("verify {file} --policy {policy}")).exits(code);
    let _json = typed(&format!("verify {file} --policy {policy} --json"))
        .exits(code)
        .json();
    let programs = PathBuf::from(env!("CARGO_BIN_EXE_witnessmark"));
    let program = programs.with_file_name("witnessmark-verify");
    // Built with the workspace; alone, the suite has `verify` for it.
    if program.is_file() {
        for command in ["bundle", "misbehaviour"] {
            let output = Command::new(&program)
                .args([command, file, "--policy", policy])
                .current_dir(world.folder.path())
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(code), "{command}");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), here.stdout);
        }
    }
    here
}

#[test]
fn a_fork_is_found_at_every_size_and_proved_as_soon_as_it_can_be() {
    let fork = Fork::start();
    let policy = fork.world.policy();
    for name in ["a", "b"] {
        fork.submit("{1}", name);
    }
    fork.typed("reader", "checkpoint --from {1} {policy}")
        .exits(0);
    let kept = fork.kept("reader");
    assert!(kept.starts_with("ledger.test/one\n5\n"), "{kept}");
    let told = |line: &str, code: i32, ending: &str| {
        let ran = fork.typed("reader", line).exits(code);
        // Found out again by every later command, because what is remembered stays.
        assert_eq!(fork.kept("reader"), kept);
        let found = files(&fork.world, "reader", ".json").into_iter();
        let mut found = found.filter(|path| path.to_string_lossy().contains(ending));
        let file = found.next().unwrap().display().to_string();
        assert!(ran.stderr.contains(&file), "{file}: {}", ran.stderr);
        file
    };

    // An older copy, and one that has gone on otherwise but not as far: nothing proves it to others.
    let old = told("checkpoint --from {2} {policy}", 1, "unproved");
    let finding = judged(&fork.world, &old, &policy, 2);
    assert!(finding.stdout.starts_with("CANNOT TELL\n"));
    fork.submit("{2}", "c");
    fork.typed("reader", "checkpoint --from {2} {policy}")
        .exits(1);
    assert_eq!(files(&fork.world, "reader", ".json").len(), 2);

    fork.submit("{2}", "d");
    let roots = told("audit {2} {policy}", 3, "two-roots");
    fork.submit("{2}", "e");
    let beginnings = told(
        "prove 3 --from {2} --out b.json {policy}",
        3,
        "two-beginnings",
    );
    for file in [&roots, &beginnings] {
        let finding = judged(&fork.world, file, &policy, 3);
        assert!(finding.stdout.starts_with("MISBEHAVIOUR PROVED\n"));
        assert!(!finding.stdout.contains("VERIFIED"), "{}", finding.stdout);
    }
    assert!(!fork.world.folder.path().join("b.json").exists());
    // The same again writes nothing new, and leaves what was written.
    let before = files(&fork.world, "reader", ".json");
    told("checkpoint --from {2} {policy}", 3, "two-beginnings");
    assert_eq!(files(&fork.world, "reader", ".json"), before);
    // The other ledger still fits.
    fork.typed("reader", "checkpoint --from {1} {policy}")
        .exits(0);

    // Under the policy of somebody who has another ledger, or another key for this one, nobody is accused.
    for (name, origin, code) in [("x", "ledger.test/one", 1), ("y", "other.test", 2)] {
        let folder = fork.world.path(name);
        typed(&format!("init --origin {origin} --dir {folder}")).exits(0);
        judged(
            &fork.world,
            &beginnings,
            &format!("{folder}/trust.policy"),
            code,
        );
    }
}

#[test]
fn a_bundle_is_compared_with_what_is_remembered_before_it_is_written() {
    let fork = Fork::start();
    fork.submit("{1}", "a");
    fork.submit("{2}", "b");
    fork.typed("reader", "checkpoint --from {1} {policy}")
        .exits(0);
    let submitted = fork.world.path("signed/b.signed.json");
    let again = fork.typed(
        "somebody-2",
        &format!("submit {submitted} --to {{2}} {{policy}} --json"),
    );
    let id = again.exits(0).json()["submitted"][0]["record_id"].clone();
    // By its id, no other question is asked of the ledger before.
    let line = format!(
        "prove {} --from {{2}} --out b.json {{policy}}",
        id.as_str().unwrap()
    );
    fork.typed("reader", &line).exits(3);
    assert!(!fork.world.folder.path().join("b.json").exists());
}

#[test]
fn nothing_is_sent_to_a_ledger_that_does_not_fit() {
    let fork = Fork::start();
    fork.submit("{1}", "a");
    fork.submit("{2}", "b");
    fork.typed("sender", "checkpoint --from {1} {policy}")
        .exits(0);
    let size = |fork: &Fork| {
        let shown = fork.typed("somebody-2", "checkpoint --from {2} {policy} --json");
        shown.exits(0).json()["size"].clone()
    };
    let before = size(&fork);
    let file = fork.world.signed("statement", "mine");
    let line = format!("submit {file} --to {{2}} {{policy}}");
    let refused = fork.typed("sender", &line).exits(3);
    assert!(refused.stderr.contains("NOT_SENT"), "{}", refused.stderr);
    assert_eq!(size(&fork), before);
    // The first event of an organisation needs no answer before it is sent.
    let (root, key) = (
        fork.world.path("root.key"),
        fork.world.path("ledger/keys/registrar.key"),
    );
    let line = format!(
        "org genesis --org other-team --root {root} --registrar {key} --to {{2}} {{policy}}"
    );
    let refused = fork.typed("sender", &line).exits(3);
    assert!(
        refused.stderr.contains("MISBEHAVIOUR"),
        "{}",
        refused.stderr
    );
    assert_eq!(size(&fork), before);
}

#[test]
fn two_checkpoints_at_hand_are_compared_with_a_ledger_or_an_export_as_evidence() {
    let fork = Fork::start();
    for (ledger, name) in [("{1}", "a"), ("{2}", "b"), ("{1}", "c")] {
        fork.submit(ledger, name);
    }
    for (ledger, size) in [("1", 5), ("2", 4)] {
        let line =
            format!("checkpoint --from {{{ledger}}} --remember {ledger}.checkpoint {{policy}}");
        fork.typed("one", &line).exits(0);
        let line = format!("export --from {{{ledger}}} --out export{ledger} {{policy}}");
        fork.typed(&format!("somebody-{ledger}"), &line).exits(0);
        let line = format!("prove 3 --from {{{ledger}}} --out {ledger}.json {{policy}}");
        fork.typed(&format!("somebody-{ledger}"), &line).exits(0);
        let note = fs::read_to_string(fork.world.path(&format!("{ledger}.checkpoint"))).unwrap();
        assert!(note.starts_with(&format!("ledger.test/one\n{size}\n")));
    }
    let files = "compare 1.checkpoint 2.checkpoint {policy}";
    let compare = |line: &str, code| fork.typed("ngo", line).exits(code);
    let open = compare(files, 2);
    assert!(open.stderr.contains("NOT_SHOWN"), "{}", open.stderr);
    for (number, evidence) in ["{1}", "export1"].into_iter().enumerate() {
        let line = format!("{files} --evidence {evidence} --out p{number}.json --no-remember");
        let ran = compare(&line, 3);
        assert!(ran.stdout.contains("does not begin with"), "{}", ran.stdout);
        let file = fork.world.path(&format!("p{number}.json"));
        judged(&fork.world, &file, &fork.world.policy(), 3);
    }
    // The ledger that has the smaller tree cannot show it.
    compare(&format!("{files} --evidence export2"), 2);
    // A file is never overwritten, not even by a proof.
    fs::write(fork.world.path("p0.json"), "letter").unwrap();
    compare(&format!("{files} --evidence export1 --out p0.json"), 2);
    assert_eq!(
        fs::read_to_string(fork.world.path("p0.json")).unwrap(),
        "letter"
    );

    // Two bundles with different entries at one index need no ledger at all.
    let ran = compare(
        "compare 1.json 2.json {policy} --out entries.json --json",
        3,
    );
    assert_eq!(ran.json()["kind"], "two-entries");
    assert_eq!(ran.json()["index"], 3);
    judged(
        &fork.world,
        &fork.world.path("entries.json"),
        &fork.world.policy(),
        3,
    );
    // What belongs together is said to.
    compare("compare 1.checkpoint 1.json {policy}", 0);
    let old = "compare 2.checkpoint 2.json {policy} --json";
    assert_eq!(compare(old, 0).json()["verdict"], "one_history");
    fork.submit("{2}", "d");
    fork.typed(
        "two",
        "checkpoint --from {2} --remember later.checkpoint {policy}",
    )
    .exits(0);
    let line = "compare 2.checkpoint later.checkpoint {policy} --evidence {2} --no-remember";
    compare(line, 0);
    // What cannot be compared.
    for (line, code) in [
        ("compare 1.checkpoint {policy}", 64),
        ("compare 1.checkpoint nothere {policy}", 2),
        ("compare 1.checkpoint 1.toml {policy}", 2),
        ("compare 1.checkpoint ledger/trust.policy {policy}", 1),
        (
            "compare 2.checkpoint later.checkpoint {policy} --evidence nothere",
            2,
        ),
    ] {
        compare(line, code);
    }
}

#[test]
fn what_is_remembered_belongs_to_one_key_of_one_ledger() {
    let (world, daemon) = World::start();
    let from = format!("checkpoint --from {}", daemon.url);
    let usual = format!("{from} --policy {}", world.policy());
    let quiet = as_user(&world, "me", &usual).exits(0);
    let unwitnessed =
        "the policy asks for no witness, so the ledger could show others another history\n";
    assert_eq!(quiet.stderr, unwitnessed);
    let first = files(&world, "me", ".checkpoint");
    assert_eq!(first.len(), 1, "{first:?}");
    // Nothing is kept in the folder where somebody works, nor when that is not wanted.
    as_user(&world, "off", &format!("{usual} --no-remember")).exits(0);
    assert!(!world.folder.path().join("off").exists());

    // A ledger of the same name with another key.
    drop(daemon);
    let other = world.path("other");
    typed(&format!("init --origin ledger.test/one --dir {other}")).exits(0);
    let daemon = Daemon::start(other.as_ref());
    let line = format!(
        "checkpoint --from {} --policy {other}/trust.policy",
        daemon.url
    );
    let told = as_user(&world, "me", &line).exits(0);
    assert!(
        told.stderr.contains("was seen with another key before"),
        "{}",
        told.stderr
    );
    assert_eq!(files(&world, "me", ".checkpoint").len(), 2);
    assert_eq!(as_user(&world, "me", &line).exits(0).stderr, unwitnessed);
    // The explicit file of the first key is not taken for one of the second, and stays.
    let seen = world.path("seen.checkpoint");
    fs::copy(&first[0], &seen).unwrap();
    let refused = as_user(&world, "me", &format!("{line} --remember {seen}")).exits(2);
    assert!(refused.stderr.contains("MEMORY"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("changed its key"),
        "{}",
        refused.stderr
    );
    assert_eq!(fs::read(&first[0]).unwrap(), fs::read(&seen).unwrap());
    // A policy that gives both keys for the ledger means one ledger, and one history: nobody is convicted of the difference.
    let both = world.path("both.policy");
    let keys = [world.policy(), format!("{other}/trust.policy")].map(|policy| {
        let text = fs::read_to_string(policy).unwrap();
        text.lines().next().unwrap().to_owned()
    });
    fs::write(&both, format!("{}\nquorum none\n", keys.join("\n"))).unwrap();
    let line = format!("checkpoint --from {} --policy {both}", daemon.url);
    let refused = as_user(&world, "me", &line).exits(1);
    assert!(
        refused.stderr.contains("MISBEHAVIOUR_UNPROVED"),
        "{}",
        refused.stderr
    );
    let complaint = files(&world, "me", ".json");
    judged(&world, &complaint[0].display().to_string(), &both, 1);
    // A damaged one is said to be.
    fs::write(&seen, "").unwrap();
    as_user(&world, "me", &format!("{line} --remember {seen}")).exits(2);
}

#[test]
fn several_processes_remember_at_once_and_none_goes_back() {
    let (world, daemon) = World::start();
    let files_of = |name: &str| world.signed("statement", name);
    let names: Vec<String> = (0..6).map(|it| files_of(&format!("r{it}"))).collect();
    let policy = world.policy();
    std::thread::scope(|scope| {
        for file in &names {
            let (world, url, policy) = (&world, &daemon.url, &policy);
            scope.spawn(move || {
                let line = format!("submit {file} --to {url} --policy {policy}");
                as_user(world, "me", &line).exits(0);
                let line = format!("checkpoint --from {url} --policy {policy}");
                as_user(world, "me", &line).exits(0);
            });
        }
    });
    let kept = files(&world, "me", ".checkpoint");
    assert_eq!(kept.len(), 1, "{kept:?}");
    let note = fs::read_to_string(&kept[0]).unwrap();
    let last = typed(&format!(
        "checkpoint --from {} --policy {policy} --json",
        daemon.url
    ));
    assert_eq!(last.exits(0).json()["note"], note);
}
