//! A record that a program in another language made, on a real ledger.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::support::{World, typed};

/// The Python to run: the named one, which must then have what the example needs, or whichever is there.
fn python() -> Option<OsString> {
    let named = std::env::var_os("WITNESSMARK_PYTHON");
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let probe =
        "import cryptography.hazmat.primitives.asymmetric.ed25519, google.protobuf.message_factory";
    let ran = Command::new(&python).args(["-c", probe]).output();
    let is_ready = ran.is_ok_and(|output| output.status.success());
    assert!(
        is_ready || named.is_none(),
        "WITNESSMARK_PYTHON is {}, which lacks protobuf or cryptography",
        python.display()
    );
    is_ready.then_some(python)
}

#[test]
fn the_example_in_python_makes_a_record_that_the_ledger_accepts() {
    let Some(python) = python() else {
        // Not with a macro, whose words are kept back when a test passes: a test that is left out must not look like one
        // that passed.
        let said = b"skipped: there is no python3 with the packages protobuf and cryptography\n";
        std::io::stderr().write_all(said).unwrap();
        return;
    };
    let (world, daemon) = World::start();
    let (descriptors, file) = (world.path("record.desc"), world.path("made.signed.json"));
    typed(&format!("record descriptor --out {descriptors}")).exits(0);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/make_record.py");
    let make = || {
        Command::new(&python)
            .arg(&script)
            .args([&descriptors, &world.path("device.key")])
            .args(["field-team", "ledger.test/one", &file])
            .output()
            .unwrap()
    };
    let first = make();
    let said = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(first.status.success(), "{first:?}");
    typed(&format!("record check {file}")).exits(0);
    let shown = typed(&format!("record show {file} --json")).exits(0).json();
    let id = shown["record_id"].as_str().unwrap();
    assert_eq!(said.trim(), format!("record id {id}"));
    let (url, policy) = (&daemon.url, world.policy());
    let sent = typed(&format!("submit {file} --to {url} --policy {policy}")).exits(0);
    assert!(sent.stdout.contains("logged at index 3"), "{}", sent.stdout);
    let bundle = world.path("bundle.json");
    typed(&format!(
        "prove {id} --from {url} --policy {policy} --out {bundle}"
    ))
    .exits(0);
    typed(&format!("verify {bundle} --policy {policy}")).exits(0);
    assert!(!make().status.success(), "a signed record was overwritten");
}
