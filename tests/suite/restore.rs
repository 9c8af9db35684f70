//! `restore`: a ledger rebuilt from an export, and the exports from which none is.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Daemon, Ran, World, program, typed};

/// How long a restore may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

impl World {
    /// Submits a new record, comparing with what was seen before.
    fn submit(&self, daemon: &Daemon, name: &str) {
        let (signed, url, policy) = (
            self.signed("statement", name),
            &daemon.url,
            self.path("trust.policy"),
        );
        let seen = self.path("seen");
        let trust = format!("--policy {policy} --remember {seen}");
        typed(&format!("submit {signed} --to {url} {trust}")).exits(0);
    }

    fn restore(&self, rest: &str) -> Ran {
        let (from, to) = (self.path("export"), self.path("new"));
        typed(&format!("restore --from {from} --to {to} {rest}"))
    }

    fn restore_beside_old(&self) -> Ran {
        self.restore(&format!("--anchor {}", self.path("ledger")))
    }

    fn export(&self) {
        let (ledger, out) = (self.path("ledger"), self.path("export"));
        typed(&format!("export --dir {ledger} --out {out}")).exits(0);
    }

    fn serve(&self, name: &str) -> Daemon {
        Daemon::start(Path::new(&self.path(name)))
    }

    /// Nothing is where the new ledger should be, nor beside it.
    #[track_caller]
    fn nothing_is_left(&self) {
        for name in ["new", "new.unfinished"] {
            assert!(!Path::new(&self.path(name)).exists(), "{name} is there");
        }
    }
}

/// A stopped ledger of five entries, two of them records, and its export.
fn exported() -> World {
    let (world, daemon) = World::start();
    fs::copy(world.policy(), world.path("trust.policy")).unwrap();
    world.submit(&daemon, "one");
    world.submit(&daemon, "two");
    assert_eq!(daemon.terminate(), 0);
    world.export();
    world
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// Every file of a folder, with its bytes.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
    files.sort();
    files
}

#[test]
fn a_ledger_that_cannot_be_opened_is_restored_and_goes_on_where_it_was() {
    let world = exported();
    let ledger = world.path("ledger");
    let settings = Path::new(&ledger).join("ledger.toml");
    let chosen = fs::read_to_string(&settings).unwrap() + "[tiles]\nentries = \"withheld\"\n";
    fs::write(&settings, &chosen).unwrap();
    fs::remove_dir_all(Path::new(&ledger).join("store")).unwrap();
    fs::remove_file(Path::new(&ledger).join("log/chunks")).unwrap();
    typed(&format!("serve --dir {ledger} --listen 127.0.0.1:0")).exits(2);
    let before = contents(Path::new(&ledger));
    let restored = world.restore_beside_old().exits(0);
    assert!(
        restored.stdout.contains("the anchor says the same"),
        "{}",
        restored.stdout
    );
    assert_eq!(contents(Path::new(&ledger)), before, "the old folder");

    let (new, policy) = (world.path("new"), world.path("trust.policy"));
    typed(&format!("fsck {new} --full")).exits(0);
    let kept = fs::read_to_string(Path::new(&new).join("ledger.toml")).unwrap();
    assert_eq!(kept, chosen, "what was withheld stays so");
    assert_eq!(
        fs::read(Path::new(&new).join("trust.policy")).unwrap(),
        fs::read(&policy).unwrap()
    );
    // What a client saw of the old one is a beginning of what it sees now, before and after more is logged.
    let daemon = world.serve("new");
    world.submit(&daemon, "three");
    let signed = world.path("signed/one.signed.json");
    let url = &daemon.url;
    let again = typed(&format!(
        "submit {signed} --to {url} --policy {policy} --json"
    ))
    .exits(0);
    assert_eq!(
        again.json()["submitted"][0]["already_logged"],
        true,
        "{}",
        again.stdout
    );
    assert_eq!(daemon.terminate(), 0);
    typed(&format!("fsck {new} --full")).exits(0);
    // An export goes on, too: it would refuse another history.
    let out = world.path("export");
    typed(&format!("export --dir {new} --out {out}")).exits(0);
    typed(&format!("audit {out} --policy {policy}")).exits(0);
}

#[test]
fn an_export_behind_the_anchor_restores_nothing_and_says_how_much_is_missing() {
    let world = exported();
    let daemon = world.serve("ledger");
    world.submit(&daemon, "three");
    let busy = world.restore_beside_old().exits(2);
    assert!(busy.stderr.contains("in use"), "{}", busy.stderr);
    world.submit(&daemon, "four");
    assert_eq!(daemon.terminate(), 0);
    let behind = world.restore_beside_old().exits(1);
    let said = &behind.stderr;
    assert!(
        said.contains("EXPORT_BEHIND") && said.contains("entries 5 to 6 are missing, 2 in all"),
        "{said}"
    );
    world.nothing_is_left();
    world.export();
    world.restore_beside_old().exits(0);
    // Without an anchor, what somebody remembers says the same.
    let other = exported();
    let (keys, seen) = (other.path("ledger/keys"), other.path("seen"));
    let daemon = other.serve("ledger");
    other.submit(&daemon, "three");
    assert_eq!(daemon.terminate(), 0);
    let line = format!("--no-anchor --keys {keys}");
    let refused = other.restore(&format!("{line} --since {seen}")).exits(1);
    assert!(
        refused.stderr.contains("EXPORT_NOT_SOUND"),
        "{}",
        refused.stderr
    );
    other.nothing_is_left();
    other.restore(&line).exits(0);
}

#[test]
fn an_altered_export_another_key_and_a_place_that_is_taken_restore_nothing() {
    let world = exported();
    let (ledger, keys) = (world.path("ledger"), world.path("ledger/keys"));
    let entries = Path::new(&world.path("export")).join("tile/entries/000.p/5");
    let length = fs::read(&entries).unwrap().len();
    for at in [40, length / 2, length - 5] {
        flip(&entries, at);
        let altered = world.restore_beside_old().exits(1);
        assert!(
            altered.stderr.contains("EXPORT_NOT_SOUND"),
            "{}",
            altered.stderr
        );
        flip(&entries, at);
    }
    let aside = world.path("aside");
    fs::rename(&entries, &aside).unwrap();
    world.restore_beside_old().exits(1);
    fs::rename(&aside, &entries).unwrap();

    let other = world.path("other");
    typed(&format!("init --origin ledger.test/one --dir {other}")).exits(0);
    for line in [
        format!("--anchor {other}"),
        format!("--anchor {ledger} --keys {other}/keys"),
        format!("--anchor {other} --keys {keys}"),
    ] {
        let refused = world.restore(&line).exits(1);
        assert!(refused.stderr.contains("OTHER_KEY"), "{}", refused.stderr);
    }
    world.nothing_is_left();

    let new = world.path("new");
    fs::create_dir(&new).unwrap();
    fs::write(Path::new(&new).join("letter.txt"), "dear").unwrap();
    world.restore_beside_old().exits(2);
    fs::remove_dir_all(&new).unwrap();
    let unfinished = world.path("new.unfinished");
    fs::create_dir(&unfinished).unwrap();
    fs::write(Path::new(&unfinished).join("letter.txt"), "dear").unwrap();
    let taken = world.restore_beside_old().exits(2);
    assert!(taken.stderr.contains("in the way"), "{}", taken.stderr);
    fs::remove_dir_all(&unfinished).unwrap();

    for line in [
        String::new(),
        "--no-anchor".to_owned(),
        format!("--no-anchor --anchor {ledger}"),
    ] {
        world.restore(&line).exits(64);
    }
    for slot in [0, 16 * 1024] {
        flip(&Path::new(&ledger).join("anchor"), slot + 40);
    }
    let damaged = world.restore_beside_old().exits(2);
    assert!(damaged.stderr.contains("is damaged"), "{}", damaged.stderr);
    world.nothing_is_left();
    // An empty folder is as good as none.
    fs::create_dir(&new).unwrap();
    world
        .restore(&format!("--no-anchor --keys {keys}"))
        .exits(0);
    world.restore_beside_old().exits(2);
}

#[test]
fn an_export_of_another_history_than_the_anchor_restores_nothing() {
    let world = exported();
    let copied = std::process::Command::new("cp")
        .args(["-a", &world.path("ledger"), &world.path("twin")])
        .status();
    assert!(copied.unwrap().success());
    let daemon = world.serve("ledger");
    world.submit(&daemon, "three");
    assert_eq!(daemon.terminate(), 0);
    fs::remove_file(world.path("seen")).unwrap();
    let daemon = world.serve("twin");
    world.submit(&daemon, "another");
    world.submit(&daemon, "more");
    assert_eq!(daemon.terminate(), 0);
    let (twin, out) = (world.path("twin"), world.path("export"));
    typed(&format!("export --dir {twin} --out {out}")).exits(0);
    let refused = world.restore_beside_old().exits(1);
    assert!(
        refused.stderr.contains("OTHER_HISTORY"),
        "{}",
        refused.stderr
    );
    world.nothing_is_left();
}

#[test]
fn a_restore_that_is_killed_leaves_no_ledger_and_the_next_one_starts_again() {
    let world = exported();
    let [from, to, old] = ["export", "new", "ledger"].map(|name| world.path(name));
    let unfinished = world.path("new.unfinished");
    let store = Path::new(&unfinished).join("store");
    for wait in [0, 5, 20] {
        let mut child = program()
            .args(["restore", "--from", &from, "--to", &to, "--anchor", &old])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while !store.exists() && !Path::new(&to).exists() {
            assert!(begin.elapsed() < PATIENCE, "nothing is begun");
        }
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        if Path::new(&to).exists() {
            // It was too quick to be killed.
            typed(&format!("fsck {to}")).exits(0);
            fs::remove_dir_all(&to).unwrap();
        } else {
            typed(&format!("serve --dir {unfinished} --listen 127.0.0.1:0")).exits(2);
        }
    }
    world.restore_beside_old().exits(0);
    assert!(!Path::new(&unfinished).exists());
    typed(&format!("fsck {to} --full")).exits(0);
    assert_eq!(world.serve("new").terminate(), 0);
}
