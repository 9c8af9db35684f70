//! The log as tiles over HTTP: read by the client of another log, never beyond what is published, and entries only if they may be seen.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::go;
use crate::http::{Answer, get, try_ask};
use crate::support::{Daemon, World, append, typed};

const KEPT_FOR_EVER: Option<&str> = Some("public, max-age=31536000, immutable");

/// What a log of 303 entries does not have, and what names nothing.
const NOT_THERE: &[&str] = &[
    "tile/0/001",
    "tile/0/001.p/48",
    "tile/0/002",
    "tile/0/002.p/1",
    "tile/1/000",
    "tile/1/000.p/2",
    "tile/1/001.p/1",
    "tile/2/000.p/1",
    "tile/8/000.p/1",
    "tile/31/000.p/1",
    "tile/63/000.p/1",
    "tile/64/000.p/1",
    "tile/0/x018/x446/x744/x073/x709/x551/615",
    "tile/7/x018/x446/x744/x073/x709/x551/615.p/255",
    "tile/entries/001",
    "tile/entries/001.p/48",
    "tile/entries/002.p/1",
    // What is not spelled as it should be.
    "tile/00/000",
    "tile/0/0",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/x000/000",
    "tile/0/%3000",
    "tile/0/000/",
    "tile/-1/000",
    "tile/data/000",
    "tile/entries/0",
    "tile/0",
    "tile//000",
];

#[track_caller]
fn is_missing(answer: Answer) {
    let answer = answer.is(404);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn the_tiles_are_those_of_an_export_and_none_is_beyond_the_checkpoint() {
    let (world, daemon) = World::start();
    let size = append(&world, &daemon, 300);
    assert_eq!(size, 303);
    let (url, policy, export) = (&daemon.url, world.policy(), world.path("export"));
    typed(&format!(
        "export --from {url} --policy {policy} --out {export}"
    ))
    .exits(0);
    let paths = [
        "tile/0/000",
        "tile/0/001.p/47",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/47",
    ];
    for path in paths {
        let answer = get(url, &format!("/{path}")).is(200);
        assert_eq!(
            answer.header("content-type"),
            Some("application/octet-stream")
        );
        assert_eq!(answer.header("cache-control"), KEPT_FOR_EVER);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        let expected = fs::read(Path::new(&export).join(path)).unwrap();
        assert!(answer.body == expected, "{path}");
        let head = try_ask(url, "HEAD", &format!("/{path}"), b"")
            .unwrap()
            .is(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("cache-control"), KEPT_FOR_EVER);
        let written = try_ask(url, "PUT", &format!("/{path}"), b"x").unwrap();
        assert_eq!(written.status, 405);
    }
    let checkpoint = get(url, "/checkpoint").is(200);
    assert_eq!(
        checkpoint.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(checkpoint.header("cache-control"), Some("no-store"));
    assert_eq!(checkpoint.header("access-control-allow-origin"), Some("*"));
    let expected = fs::read(Path::new(&export).join("checkpoint")).unwrap();
    assert!(checkpoint.body == expected);

    // A partial tile is the beginning of the one that is there.
    for (part, whole, bytes) in [
        ("tile/0/000.p/255", "tile/0/000", 255 * 32),
        ("tile/0/001.p/1", "tile/0/001.p/47", 32),
    ] {
        let [part, whole] = [part, whole].map(|path| get(url, &format!("/{path}")).is(200).body);
        assert_eq!(part, whole[..bytes]);
    }
    for path in NOT_THERE {
        is_missing(get(url, &format!("/{path}")));
    }
    for path in ["/tile", "/tile/", "/checkpoint/", "/", "/robots.txt"] {
        assert_eq!(get(url, path).status, 404, "{path}");
    }
}

#[test]
fn entries_that_are_withheld_are_refused_and_the_hashes_are_public() {
    let (world, daemon) = World::start();
    assert_eq!(daemon.terminate(), 0);
    let settings = world.path("ledger/ledger.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text + "\n[tiles]\nentries = \"withheld\"\n").unwrap();
    let daemon = Daemon::start(Path::new(&world.path("ledger")));
    let url = &daemon.url;
    for path in [
        "/tile/entries/000.p/3",
        "/tile/entries/000",
        "/tile/entries/x001/000",
    ] {
        let answer = get(url, path).is(403);
        assert!(
            answer.text().contains("does not publish its entries"),
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    get(url, "/checkpoint").is(200);
    assert_eq!(get(url, "/tile/0/000.p/3").is(200).body.len(), 96);
    is_missing(get(url, "/tile/entries/0"));
}

#[test]
fn the_client_of_another_log_reads_a_running_ledger() {
    let (world, daemon) = World::start();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/read_export.go");
    let Some(program) = go::build(&source, world.folder.path()) else {
        // Not with a macro, whose words are kept back when a test passes.
        let said = b"skipped: there is no go with golang.org/x/mod\n";
        std::io::stderr().write_all(said).unwrap();
        return;
    };
    let policy = fs::read_to_string(world.policy()).unwrap();
    let key = policy.split_whitespace().nth(1).unwrap();
    for records in [0, 2, 251, 1, 300] {
        let size = append(&world, &daemon, records);
        let read = Command::new(&program)
            .args([&daemon.url, key])
            .output()
            .unwrap();
        let told = String::from_utf8(read.stdout).unwrap();
        assert!(
            read.status.success(),
            "{}",
            String::from_utf8_lossy(&read.stderr)
        );
        assert!(
            told.starts_with(&format!("{size} entries of ledger.test/one")),
            "{told}"
        );
    }
}
