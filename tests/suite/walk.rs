//! The walk from the field to the court, as a person would type it.

use std::path::Path;
use std::process::Command;

#[test]
fn the_walk_from_the_field_to_the_court_goes_through() {
    let programs = Path::new(env!("CARGO_BIN_EXE_witnessmark"))
        .parent()
        .unwrap();
    for program in ["witnessmark-verify", "examples/bad_link"] {
        let there = programs.join(program).is_file();
        assert!(
            there,
            "{program} is not built: run `cargo test --workspace`"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let ran = Command::new("sh")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/field-to-court.sh"))
        .arg(folder.path().join("walk"))
        .arg(programs)
        .env("WITNESSMARK_LOG", "error")
        .env("XDG_STATE_HOME", folder.path().join("state"))
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(ran.status.success(), "{stdout}\n{stderr}");
    // What a person would look for. The script itself stops at the first command that ends otherwise than it says.
    for words in [
        "trying again in",
        "0 logged now, 3 already there, 0 not logged",
        "E-CORRECT-STALE",
        "it said \"burnt at one end\", it says now \"burnt at one end, otherwise whole\"",
        "NOT VERIFIED",
        "and DIFFERENT",
        "erased on",
    ] {
        let said = stdout.contains(words) || stderr.contains(words);
        assert!(said, "{words}\n{stdout}\n{stderr}");
    }
    for file in ["bundle.json", "account.json", "report.html", "trust.policy"] {
        assert!(
            folder.path().join("walk/court").join(file).is_file(),
            "{file}"
        );
    }
}
