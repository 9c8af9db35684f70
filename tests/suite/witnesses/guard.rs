//! What a ledger does at its start, and when a witness has seen what is not there.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::liar::{Liar, Lie};
use super::{Witness, addresses, status, three, until, witnessed_size};
use crate::support::{Daemon, Ran, World, program, typed};

#[test]
fn a_witness_that_has_seen_more_closes_the_ledger() {
    let (world, daemon) = World::start();
    let witnesses = ["w1", "w2"].map(|name| Witness::start(&world, name));
    let ahead = Liar::start(Lie::OtherSize);
    let mut all = addresses(&witnesses);
    all.push((ahead.url.clone(), ahead.vkey.as_str()));
    world.ask(daemon, &all, "");
    let daemon = world.serve_ledger();
    let now = until(&daemon, "closed", |now| {
        now["code"] == "LEDGER_CONTRADICTED"
    });
    let reason = now["reason"].as_str().unwrap();
    for part in [
        ahead.name.as_str(),
        "entries 3 to 999999 are missing",
        "witnessmark restore",
    ] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
    let refused = world.submit_to(&daemon, "one", "").exits(2);
    assert!(
        refused.stderr.contains("LEDGER_CONTRADICTED"),
        "{}",
        refused.stderr
    );
    typed(&format!(
        "checkpoint --from {} --policy {}",
        daemon.url,
        world.policy()
    ))
    .exits(0);
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn without_witnesses_nothing_is_signed_before_the_operator_says_so() {
    let (world, daemon) = World::start();
    let mut witnesses = three(&world);
    world.ask(daemon, &addresses(&witnesses), "");
    for witness in &mut witnesses {
        witness.stop();
    }
    let daemon = world.serve_ledger();
    let signed = world.signed("statement", "one");
    let held = world.send(&daemon, &signed, "--retry-for 0").exits(2);
    for part in [
        "WITNESSES_UNREACHABLE",
        "w1.example, w2.example, w3.example",
        "--without-witnesses",
    ] {
        assert!(held.stderr.contains(part), "{part} in {}", held.stderr);
    }
    assert_eq!(daemon.terminate(), 0);
    let ledger = world.path("ledger");
    let mut serve = program();
    serve.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--dir",
        &ledger,
        "--without-witnesses",
    ]);
    let mut empty = program();
    empty.args(["serve", "--dir", &ledger, "--without-witnesses", " "]);
    assert_eq!(empty.output().unwrap().status.code(), Some(64));
    let daemon = Daemon::of(serve.arg("the line is down, nothing was restored"));
    let said = fs::read_to_string(world.path("ledger/without-witnesses")).unwrap();
    assert!(said.contains("the line is down"), "{said}");

    // Published goes on, witnessed waits, and says where the record is.
    world.send(&daemon, &signed, "").exits(0);
    let waited = world
        .send(&daemon, &signed, "--wait witnessed --retry-for 0")
        .exits(2);
    for part in ["NOT_WITNESSED", "it is logged, at index 3", "2 of 3"] {
        assert!(waited.stderr.contains(part), "{part} in {}", waited.stderr);
    }
    let policy = world.path("witnessed.policy");
    let none = typed(&format!(
        "checkpoint --from {} --policy {policy}",
        daemon.url
    ))
    .exits(2);
    assert!(none.stderr.contains("NOT_WITNESSED"), "{}", none.stderr);

    // Killed between the signature and the cosignatures, and started again with the witnesses.
    daemon.kill();
    for witness in &mut witnesses {
        witness.again();
    }
    let daemon = world.serve_ledger();
    world.send(&daemon, &signed, "--wait witnessed").exits(0);
    world.submit_to(&daemon, "two", "--wait witnessed").exits(0);
    assert_eq!(witnessed_size(&status(&daemon)), 5);
    assert_eq!(daemon.terminate(), 0);
}

/// Copies a folder, as somebody does who thinks that it is a backup.
fn copy(from: &str, to: &str) {
    assert!(
        Command::new("cp")
            .args(["-a", from, to])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn an_older_folder_that_is_put_back_signs_nothing_and_is_rebuilt_from_an_export() {
    let (world, daemon) = World::start();
    let witnesses = three(&world);
    world.ask(daemon, &addresses(&witnesses), "");
    let [ledger, older, lost, export, new] =
        ["ledger", "older", "lost", "export", "new"].map(|name| world.path(name));
    let daemon = world.serve_ledger();
    world.submit_to(&daemon, "one", "--wait witnessed").exits(0);
    assert_eq!(daemon.terminate(), 0);
    copy(&ledger, &older);
    let daemon = world.serve_ledger();
    world.submit_to(&daemon, "two", "--wait witnessed").exits(0);
    world
        .submit_to(&daemon, "three", "--wait witnessed")
        .exits(0);
    let from = format!("--from {} --policy {}", daemon.url, world.policy());
    typed(&format!("export {from} --out {export}")).exits(0);
    daemon.kill();

    // Everything is as it was then, the anchor too.
    fs::rename(&ledger, &lost).unwrap();
    copy(&older, &ledger);
    let daemon = world.serve_ledger();
    let refused = world.submit_to(&daemon, "four", "").exits(2);
    for part in [
        "LEDGER_CONTRADICTED",
        "entries 4 to 5 are missing, 2 in all",
        "docs/WITNESSES.md",
    ] {
        assert!(
            refused.stderr.contains(part),
            "{part} in {}",
            refused.stderr
        );
    }
    assert_eq!(status(&daemon)["size"], 4);
    assert_eq!(daemon.terminate(), 0);

    // The operator's word is about witnesses that are silent, not about one that speaks.
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--dir", &ledger]);
    let daemon = Daemon::of(serve.args(["--without-witnesses", "try"]));
    until(&daemon, "closed", |now| {
        now["code"] == "LEDGER_CONTRADICTED"
    });
    assert_eq!(daemon.terminate(), 0);

    // The way back that it names.
    typed(&format!(
        "restore --from {export} --to {new} --anchor {ledger}"
    ))
    .exits(0);
    // It asks the same witnesses.
    let settings = [&ledger, &new].map(|dir| fs::read_to_string(format!("{dir}/ledger.toml")));
    let [before, after] = settings.map(Result::unwrap);
    assert_eq!(before, after);
    let daemon = Daemon::start(Path::new(&new));
    let four = world.path("signed/four.signed.json");
    world.send(&daemon, &four, "--wait witnessed").exits(0);
    assert_eq!(witnessed_size(&status(&daemon)), 7);
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn of_two_ledgers_on_one_key_at_most_one_gets_its_quorum() {
    let (world, daemon) = World::start();
    let witnesses = three(&world);
    world.ask(daemon, &addresses(&witnesses), "");
    let (ledger, twin) = (world.path("ledger"), world.path("twin"));
    copy(&ledger, &twin);
    let both = [&ledger, &twin].map(|dir| Daemon::start(Path::new(dir)));
    let files = ["one", "two"].map(|name| world.signed("statement", name));
    let answers: Vec<Ran> = std::thread::scope(|scope| {
        let sending = both.iter().zip(&files).map(|(daemon, file)| {
            let world = &world;
            scope.spawn(move || world.send(daemon, file, "--wait witnessed --retry-for 0"))
        });
        let sending: Vec<_> = sending.collect();
        sending.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let won = answers.iter().filter(|it| it.code == 0).count();
    assert!(won <= 1, "{answers:?}");
    // Whoever lost signs nothing more.
    for (daemon, answer) in both.iter().zip(&answers) {
        if answer.code != 0 {
            until(daemon, "closed", |now| now["code"] == "LEDGER_CONTRADICTED");
        }
    }
    let sizes = both
        .each_ref()
        .map(|daemon| witnessed_size(&status(daemon)));
    assert!(
        sizes.iter().filter(|size| **size == 4).count() <= 1,
        "{sizes:?}"
    );
}
