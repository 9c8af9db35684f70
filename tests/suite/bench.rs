//! `bench` against a real ledger: what it says happened has happened.

use crate::support::{World, typed};

#[test]
fn a_bench_appends_what_it_says_and_tells_its_limits() {
    let (world, daemon) = World::start();
    let (url, policy) = (&daemon.url, world.policy());
    let (key, folder) = (world.path("device.key"), world.path("ledger"));
    let to = format!("bench --to {url} --policy {policy} --json --clients 3");
    let signed = format!("--org field-team --key {key} --records 20");
    let mut size = 0;
    for calls in ["stream", "unary"] {
        let ran = typed(&format!("{to} {signed} --calls {calls} --disk {folder}")).exits(0);
        let told = ran.json();
        assert_eq!(told["records"], 20);
        size = told["size_before"].as_u64().unwrap() + 20;
        assert_eq!(told["size_after"], size);
        for (figure, least) in [
            (&told["bare_verification"]["ratio"], 0.0),
            (&told["bare_calls"]["ratio"], 0.0),
            (&told["wait_us"]["p50"], 0.0),
            (&told["sync_us"]["p50"], 0.0),
        ] {
            assert!(figure.as_f64().unwrap() > least, "{told}");
        }
    }
    for calls in ["inclusion", "consistency"] {
        let told = typed(&format!("{to} --records 30 --calls {calls}")).exits(0);
        let told = told.json();
        assert_eq!(told["proofs"], 30);
        assert_eq!(told["size_after"], size, "reading appends nothing");
        assert!(told["bare_verification"].is_null() && told["sync_us"].is_null());
    }
    let left = std::fs::read_dir(&folder).unwrap();
    let left = left.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("witnessmark-bench")
    });
    assert_eq!(left.count(), 0, "what was written for the syncs is removed");
}

#[test]
fn a_bench_that_cannot_sign_or_write_says_so_and_appends_nothing() {
    let (world, daemon) = World::start();
    let (url, policy) = (&daemon.url, world.policy());
    let before = typed(&format!("checkpoint --from {url} --policy {policy}"));
    let to = format!("bench --to {url} --policy {policy}");
    for (missing, given) in [("--org", ""), ("--key", "--org field-team")] {
        let ran = typed(&format!("{to} {given}")).exits(64);
        assert!(
            ran.stderr.contains(&format!("{missing} is missing")),
            "{}",
            ran.stderr
        );
    }
    let key = world.path("device.key");
    let nowhere = world.path("nowhere");
    let ran = typed(&format!(
        "{to} --org field-team --key {key} --disk {nowhere}"
    ))
    .exits(2);
    assert!(ran.stderr.contains(&nowhere), "{}", ran.stderr);
    let after = typed(&format!("checkpoint --from {url} --policy {policy}"));
    assert_eq!(before.stdout, after.stdout);
}
