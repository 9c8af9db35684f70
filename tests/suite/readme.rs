//! The session in README.md, typed as it stands there: so that it stays true.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The address that the README uses; a test must not depend on that port being free.
const ADDRESS: &str = "127.0.0.1:7480";

/// A command of the session and the output lines shown below it.
#[derive(Debug)]
struct Step {
    command: String,
    shown: Vec<String>,
}

/// The session: the fenced block that is marked `console`.
fn session(text: &str) -> Vec<Step> {
    let (_, rest) = text.split_once("```console\n").expect("a console block");
    let (block, _) = rest.split_once("```").expect("the end of the block");
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                shown: Vec::new(),
            });
        } else if let Some(step) = steps.last_mut() {
            match step.command.strip_suffix('\\') {
                Some(begun) if step.shown.is_empty() => {
                    step.command = format!("{begun}{}", line.trim_start());
                }
                _ => step.shown.push(line.to_owned()),
            }
        }
    }
    steps
}

/// Whether a printed line is the one shown; `...` stands for anything.
fn matches(shown: &str, printed: &str) -> bool {
    let mut rest = printed;
    for (number, piece) in shown.split("...").enumerate() {
        match rest.find(piece) {
            Some(at) if number > 0 || at == 0 => rest = &rest[at + piece.len()..],
            _ => return false,
        }
    }
    shown.ends_with("...") || rest.is_empty()
}

fn shell(command: &str, folder: &Path) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_witnessmark"))
        .parent()
        .unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [program.to_owned()]
        .into_iter()
        .chain(std::env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("WITNESSMARK_LOG", "error")
        .env("XDG_STATE_HOME", folder.join("state"))
        .stdin(Stdio::null());
    shell
}

/// Ends the daemon with the test.
#[derive(Debug)]
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn start(command: &str, folder: &Path) -> Background {
    // `exec`, so that what is killed is the daemon and not the shell before it.
    let command = format!("exec {command}");
    let mut child = shell(&command, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let background = Background(child);
    assert!(line.starts_with("listening on "), "{command}: {line:?}");
    background
}

#[test]
fn the_session_of_the_readme_works_as_it_is_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let steps = session(&fs::read_to_string(root.join("README.md")).unwrap());
    assert!(steps.len() >= 8, "the session was not found: {steps:?}");
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut daemons = Vec::new();
    for step in steps {
        let command = step.command.replace(ADDRESS, &address);
        if let Some(command) = command.strip_suffix(" &") {
            daemons.push(start(command, folder.path()));
            continue;
        }
        let output = shell(&command, folder.path()).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "$ {command}\n{printed}{errors}");
        for shown in step
            .shown
            .iter()
            .filter(|shown| !shown.is_empty() && *shown != "...")
        {
            let shown = shown.replace(ADDRESS, &address);
            let is_there = printed.lines().any(|line| matches(&shown, line));
            assert!(is_there, "$ {command}\nshows: {shown}\nprinted:\n{printed}");
        }
    }
    assert_eq!(daemons.len(), 1, "the session starts the ledger once");
}

#[test]
fn shown_lines_match_only_what_they_stand_for() {
    assert!(matches("key id ...", "key id abc"));
    assert!(matches("a ... b", "a x b"));
    assert!(!matches("a ... b", "a x c"));
    assert!(!matches("b", "a b"));
    assert!(!matches("a", "a b"));
}
