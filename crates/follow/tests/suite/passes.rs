//! Passes over a log behind a real server: what is taken, what is refused, and what is kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use witnessmark_bundle::{Contradiction, FindingWord, judge_misbehaviour};
use witnessmark_follow::{Fetcher, FollowError, Follower, LogAddress, Passed, TreeError};
use witnessmark_verifier::{CheckpointError, TrustPolicy};

use crate::log::{Files, Log, Server};

struct Copy {
    folder: tempfile::TempDir,
    follower: Follower,
}

impl Copy {
    fn of(server: &Server, log: &Log) -> Self {
        Self::under(server, log.policy())
    }

    fn under(server: &Server, policy: TrustPolicy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fetcher = Fetcher::new(LogAddress::parse(&server.url).unwrap()).unwrap();
        let follower = Follower::new(fetcher, policy, &folder.path().join("copy")).unwrap();
        Self { folder, follower }
    }

    async fn pass(&self) -> Result<Passed, FollowError> {
        self.follower.pass(&mut |_, _| {}).await
    }

    fn files(&self) -> Files {
        let mut files = BTreeMap::new();
        read(&self.folder.path().join("copy"), "", &mut files);
        files
    }
}

fn read(dir: &Path, prefix: &str, files: &mut Files) {
    for item in fs::read_dir(dir).into_iter().flatten() {
        let path = item.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().display());
        if path.is_dir() {
            read(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(path).unwrap());
        }
    }
}

#[tokio::test]
async fn a_copy_is_what_the_log_publishes_at_every_size() {
    let log = Log::new(700);
    let server = Server::start(Files::new());
    let copy = Copy::of(&server, &log);
    for size in [1, 2, 255, 256, 257, 511, 700] {
        server.publish(log.files(size));
        let passed = copy.pass().await.unwrap();
        assert_eq!(passed.checkpoint.head(), &log.head(size));
        assert_eq!(copy.files(), log.files(size), "size {size}");
    }
    server.asked();
    copy.pass().await.unwrap();
    assert_eq!(server.asked(), ["checkpoint"], "nothing new");
}

#[tokio::test]
async fn what_was_fetched_before_a_pass_broke_off_is_not_fetched_again() {
    let log = Log::new(2_000);
    let server = Server::start(log.files(2_000));
    let copy = Copy::of(&server, &log);
    server.rule(|path| {
        let hidden = path == "tile/entries/005";
        hidden.then(|| (403, String::new(), Vec::new()))
    });
    let error = copy.pass().await.unwrap_err();
    assert!(
        matches!(error, FollowError::Tree(TreeError::Fetch(_))),
        "{error}"
    );
    assert!(!copy.files().contains_key("checkpoint"));
    assert!(copy.files().contains_key("tile/entries/004"));
    // One of them was damaged since.
    let damaged = copy.folder.path().join("copy/tile/entries/002");
    fs::write(&damaged, b"damaged").unwrap();
    server.rule(|_| None);
    server.asked();
    copy.pass().await.unwrap();
    assert_eq!(copy.files(), log.files(2_000));
    let asked = server.asked();
    let bundles: Vec<_> = asked
        .iter()
        .filter(|it| it.starts_with("tile/entries"))
        .collect();
    let expected = ["002", "005", "006", "007.p/208"].map(|it| format!("tile/entries/{it}"));
    assert_eq!(bundles, expected.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn partial_tiles_that_are_gone_are_read_from_full_ones_or_from_a_newer_tree() {
    let log = Log::new(600);
    let server = Server::start(Files::new());
    // The checkpoint is of 300 entries; the second tile has been filled since.
    let mut files = log.files(600);
    files.insert("checkpoint".to_owned(), log.note(300).into_bytes());
    files.insert(
        "tile/1/000.p/1".to_owned(),
        log.files(300)["tile/1/000.p/1"].clone(),
    );
    server.publish(files);
    let copy = Copy::of(&server, &log);
    copy.pass().await.unwrap();
    assert_eq!(copy.files(), log.files(300));
    // A checkpoint is shown whose tiles are gone; the next answer has the newer one.
    server.publish(log.files(600));
    let mut old = Some(log.note(310).into_bytes());
    server.rule(move |path| {
        let old = (path == "checkpoint").then(|| old.take()).flatten()?;
        Some((200, String::new(), old))
    });
    copy.pass().await.unwrap();
    assert_eq!(copy.files(), log.files(600));
    // They are gone and nothing is newer.
    let mut files = log.files(600);
    files.insert(
        "checkpoint".to_owned(),
        Log::new(610).note(610).into_bytes(),
    );
    server.publish(files);
    let error = copy.pass().await.unwrap_err();
    assert!(
        matches!(error, FollowError::Tree(TreeError::Missing(_))),
        "{error}"
    );
    assert_eq!(copy.files(), log.files(600));
}

#[tokio::test]
async fn one_flipped_bit_anywhere_is_refused_and_nothing_of_it_is_kept() {
    let log = Log::new(600);
    let files = log.files(600);
    for path in files.keys() {
        let mut bad = files.clone();
        let bytes = bad.get_mut(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let server = Server::start(bad);
        let copy = Copy::of(&server, &log);
        let error = copy.pass().await.unwrap_err();
        let is_told = if path == "checkpoint" {
            matches!(error, FollowError::Note(..) | FollowError::Checkpoint(..))
        } else {
            matches!(error, FollowError::Tree(TreeError::NotSigned { .. }))
        };
        assert!(is_told, "{path}: {error}");
        assert!(!copy.files().contains_key("checkpoint"), "{path}");
        server.publish(files.clone());
        copy.pass().await.unwrap();
        assert_eq!(copy.files(), files, "{path}");
    }
}

#[tokio::test]
async fn another_history_is_proved_and_the_copy_stays_as_it_was() {
    let log = Log::new(900);
    for (kept, shown, fork) in [
        (600, 600, 599),
        (600, 900, 10),
        (600, 300, 0),
        (256, 600, 255),
    ] {
        let server = Server::start(log.files(kept));
        let copy = Copy::of(&server, &log);
        copy.pass().await.unwrap();
        let before = copy.files();
        server.publish(Log::forked_at(shown, fork).files(shown));
        let FollowError::Misbehaviour(found) = copy.pass().await.unwrap_err() else {
            panic!("{kept} {shown}");
        };
        let file = found.encode().unwrap();
        let finding = judge_misbehaviour(file.as_bytes(), log.policy_text().as_bytes());
        assert_eq!(
            finding.word,
            FindingWord::Proved,
            "{kept} {shown}: {}",
            finding.to_text()
        );
        assert_eq!(copy.files(), before, "{kept} {shown}");
    }
}

#[tokio::test]
async fn an_older_checkpoint_of_the_same_history_is_a_complaint() {
    let log = Log::new(600);
    let server = Server::start(log.files(600));
    let copy = Copy::of(&server, &log);
    copy.pass().await.unwrap();
    server.publish(log.files(300));
    let FollowError::Misbehaviour(found) = copy.pass().await.unwrap_err() else {
        panic!("it was taken");
    };
    assert!(matches!(found.shown_by, Contradiction::Unproved(_)));
    assert_eq!(copy.files(), log.files(600));
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_one_that_says_too_much_is_not() {
    let log = Log::new(300);
    let server = Server::start(log.files(300));
    let mut left = 2;
    server.rule(move |path| {
        let is_busy = path == "tile/entries/000" && left > 0;
        left -= i32::from(is_busy);
        is_busy.then(|| (503, "Retry-After: 1\r\n".to_owned(), Vec::new()))
    });
    let copy = Copy::of(&server, &log);
    copy.pass().await.unwrap();
    let asked = server.asked();
    assert_eq!(
        asked.iter().filter(|it| *it == "tile/entries/000").count(),
        3
    );
    server.rule(|_| Some((200, String::new(), vec![b'a'; 2_000_000])));
    let error = copy.pass().await.unwrap_err();
    assert!(
        error.to_string().contains("longer than 1000000 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_checkpoint_that_is_not_yet_cosigned_is_waited_for_and_never_taken() {
    let log = Log::new(300);
    let server = Server::start(log.files(300));
    let mut left = 2;
    let cosigned = log.cosigned(300).into_bytes();
    server.rule(move |path| {
        left -= i32::from(path == "checkpoint");
        let is_there = path == "checkpoint" && left < 0;
        is_there.then(|| (200, String::new(), cosigned.clone()))
    });
    let copy = Copy::under(&server, log.witnessed_policy());
    copy.pass().await.unwrap();
    assert_eq!(copy.files()["checkpoint"], log.cosigned(300).into_bytes());
    server.rule(|_| None);
    server.publish(Log::new(301).files(301));
    let error = copy.pass().await.unwrap_err();
    let FollowError::Checkpoint(_, CheckpointError::QuorumNotMet { .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(copy.files()["checkpoint"], log.cosigned(300).into_bytes());
}
