//! The sessions in README.md and docs/WITNESS.md, typed as they stand there: so that they stay true.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The addresses that the pages use; a test must not depend on these ports being free.
const ADDRESSES: [&str; 2] = ["127.0.0.1:7480", "127.0.0.1:7481"];

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

/// Types the session of a page, looks at what is printed, and gives what was left running.
fn act(page: &str, folder: &Path) -> Vec<Background> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let steps = session(&fs::read_to_string(root.join(page)).unwrap());
    let free = ADDRESSES.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    let free = free.map(|listener| listener.local_addr().unwrap().to_string());
    let here = |line: &str| {
        let addresses = ADDRESSES.iter().zip(&free);
        addresses.fold(line.to_owned(), |line, (shown, free)| {
            line.replace(shown, free)
        })
    };
    let mut daemons = Vec::new();
    for step in steps {
        let command = here(&step.command);
        if let Some(command) = command.strip_suffix(" &") {
            daemons.push(start(command, folder));
            continue;
        }
        let output = shell(&command, folder).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "$ {command}\n{printed}{errors}");
        for shown in step
            .shown
            .iter()
            .filter(|shown| !shown.is_empty() && *shown != "...")
        {
            let shown = here(shown);
            let is_there = printed.lines().any(|line| matches(&shown, line));
            assert!(is_there, "$ {command}\nshows: {shown}\nprinted:\n{printed}");
        }
    }
    daemons
}

#[test]
fn the_session_of_the_readme_works_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let daemons = act("README.md", folder.path());
    assert_eq!(daemons.len(), 1, "the session starts the ledger once");
}

#[test]
fn the_session_of_the_page_on_witnesses_works_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    // What an operator sends to whoever runs a witness for him.
    let made =
        "witnessmark init --dir ledger --origin ledger.example/main && cp ledger/trust.policy .";
    assert!(shell(made, folder.path()).status().unwrap().success());
    let daemons = act("docs/WITNESS.md", folder.path());
    assert_eq!(daemons.len(), 1, "the session starts the witness once");
}

#[test]
fn shown_lines_match_only_what_they_stand_for() {
    assert!(matches("key id ...", "key id abc"));
    assert!(matches("a ... b", "a x b"));
    assert!(!matches("a ... b", "a x c"));
    assert!(!matches("b", "a b"));
    assert!(!matches("a", "a b"));
}
