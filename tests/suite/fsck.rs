//! `fsck` on a stopped ledger, and where a start begins to read.

use std::fs;
use std::path::Path;

use crate::support::{Daemon, World, typed};

/// Changes one bit of a file.
fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_ledger_is_checked_when_it_is_stopped_and_damage_has_its_own_exit_code() {
    let (world, daemon) = World::start();
    let signed = world.signed("statement", "one");
    let (url, policy) = (daemon.url.clone(), world.policy());
    typed(&format!("submit {signed} --to {url} --policy {policy}")).exits(0);
    let ledger = world.path("ledger");
    let busy = typed(&format!("fsck {ledger}")).exits(2);
    assert!(busy.stderr.contains("in use"), "{}", busy.stderr);
    assert_eq!(daemon.terminate(), 0);

    for option in ["", " --full"] {
        let whole = typed(&format!("fsck {ledger}{option}")).exits(0);
        assert!(
            whole.stdout.contains("nothing is wrong"),
            "{}",
            whole.stdout
        );
    }
    typed(&format!("fsck {}", world.path("nowhere"))).exits(2);
    // What lies beside the store.
    for (name, at) in [
        ("trust.policy", 30),
        ("keys/registrar.pub", 9),
        ("keys/registrar.key", 70),
        ("keys/log.key", 70),
    ] {
        let file = Path::new(&ledger).join(name);
        flip(&file, at);
        let damaged = typed(&format!("fsck {ledger}")).exits(1);
        assert!(damaged.stderr.contains(name.split('.').next().unwrap()));
        flip(&file, at);
    }
    typed(&format!("fsck {ledger}")).exits(0);

    let anchor = Path::new(&ledger).join("anchor");
    let sound = fs::read(&anchor).unwrap();
    for slot in [0, 16 * 1024] {
        flip(&anchor, slot + 40);
    }
    let damaged = typed(&format!("fsck {ledger} --json")).exits(1);
    let troubles = damaged.json()["errors"].to_string();
    assert!(
        troubles.contains("anchor") && troubles.contains("damaged"),
        "{troubles}"
    );
    fs::write(&anchor, sound).unwrap();
    fs::remove_file(Path::new(&ledger).join("log/runs")).unwrap();
    let damaged = typed(&format!("fsck {ledger}")).exits(1);
    assert!(
        damaged.stderr.contains("runs is missing"),
        "{}",
        damaged.stderr
    );
}

#[test]
fn a_start_file_that_is_damaged_or_of_another_time_does_no_harm() {
    let (world, daemon) = World::start();
    let (ledger, policy) = (world.path("ledger"), world.policy());
    assert_eq!(daemon.terminate(), 0);
    let start = Path::new(&ledger).join("start");
    let first = fs::read(&start).unwrap();
    let submit = |daemon: &Daemon, name: &str| {
        let (signed, url) = (world.signed("statement", name), &daemon.url);
        typed(&format!("submit {signed} --to {url} --policy {policy}")).exits(0);
    };
    let daemon = Daemon::start(Path::new(&ledger));
    submit(&daemon, "one");
    assert_eq!(daemon.terminate(), 0);
    assert_ne!(fs::read(&start).unwrap(), first);

    fs::write(&start, &first).unwrap();
    let daemon = Daemon::start(Path::new(&ledger));
    submit(&daemon, "two");
    assert_eq!(daemon.terminate(), 0);

    flip(&start, 25);
    let daemon = Daemon::start(Path::new(&ledger));
    submit(&daemon, "three");
    assert_eq!(daemon.terminate(), 0);
    fs::remove_file(&start).unwrap();
    let daemon = Daemon::start(Path::new(&ledger));
    submit(&daemon, "four");
    assert_eq!(daemon.terminate(), 0);
    typed(&format!("fsck {ledger} --full")).exits(0);
}
