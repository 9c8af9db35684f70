//! The page that checks bundles: written by the program, and offered by a running ledger to any browser.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Daemon, run};

/// The answer to a plain request, as text.
fn get(url: &str, path: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    // The ledger ends the connection, so that it is free for others.
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_page_is_written_and_a_running_ledger_offers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, file) = (folder.path().join("ledger"), folder.path().join("v.html"));
    run(["init", "--origin", "ledger.example/page", "--dir"]
        .map(Into::into)
        .into_iter()
        .chain([ledger.clone().into_os_string()]))
    .exits(0);
    let written = run([
        "--json".as_ref(),
        "page".as_ref(),
        "--out".as_ref(),
        file.as_os_str(),
    ])
    .exits(0);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.starts_with("<!doctype html>"), "{}", &page[..100]);
    assert_eq!(written.json()["sha256"].as_str().unwrap().len(), 64);

    let daemon = Daemon::start(&ledger);
    let answer = get(&daemon.url, "/verify");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ok"), "{head}");
    assert!(head.contains("content-type: text/html; charset=utf-8"));
    assert!(head.contains("connection: close"), "{head}");
    assert!(body == page, "the ledger offers another page");
}

#[test]
fn a_page_that_cannot_be_written_is_told() {
    run(["page", "--out", "/nowhere/at/all.html"]).exits(2);
}
