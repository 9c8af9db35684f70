//! Those that are asked about the cases: the crates, in this process, and both programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use witnessmark_bundle::{
    FolderFiles, Since, Verdict, audit_export, judge_misbehaviour, verify_bundle,
};
use witnessmark_report::{Circumstances, report};
use witnessmark_verifier::{ConsistencyProof, Hash, TreeHead, TreeSize, sha256};

use super::answer::{Answer, Form};
use super::corpus::{Case, Corpus, Subject};
use super::exists;

/// How long a program may take, in seconds, before it is ended: then it has no end.
const PATIENCE_S: &str = "300";

/// The address space of a program on a case without an end, in KiB, its own code and its threads included: half of a file of a GiB.
const MEMORY_KIB: u64 = 512 * 1024;

/// The two programs.
#[derive(Clone, Debug)]
pub(crate) struct Judges {
    witnessmark: PathBuf,
    verify: PathBuf,
}

impl Judges {
    /// Finds the programs. `witnessmark-verify` is of another package, so it is built here if it is not there yet.
    pub(crate) fn find() -> Self {
        let witnessmark = PathBuf::from(env!("CARGO_BIN_EXE_witnessmark"));
        let cargo = option_env!("CARGO").unwrap_or("cargo");
        let mut command = Command::new(cargo);
        command
            .args([
                "build",
                "--offline",
                "--message-format",
                "json",
                "--bin",
                "witnessmark-verify",
            ])
            // With both packages, what they share is built once.
            .args(["-p", "witnessmark", "-p", "witnessmark-verify"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::null());
        if witnessmark
            .components()
            .any(|part| part.as_os_str() == "release")
        {
            command.arg("--release");
        }
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "witnessmark-verify cannot be built"
        );
        let messages = String::from_utf8(output.stdout).unwrap();
        let told = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut programs =
            told.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
        let verify = programs.find(|path| path.ends_with("witnessmark-verify"));
        Self {
            witnessmark,
            verify: verify.expect("cargo says where the program is"),
        }
    }

    /// The answers of everybody who can judge the case.
    pub(crate) fn ask(&self, corpus: &Corpus, case: &Case) -> Vec<Answer> {
        if case.subject == Subject::Consistency {
            return vec![consistency(corpus, case)];
        }
        // What has no end is kept out of this process, which has no limit.
        let mut answers = if case.is_endless {
            Vec::new()
        } else {
            in_process(corpus, case)
        };
        let names = match case.subject {
            Subject::Export => ("audit", "export"),
            Subject::Misbehaviour => ("verify", "misbehaviour"),
            Subject::Bundle | Subject::Consistency => ("verify", "bundle"),
        };
        let programs = [
            (
                "witnessmark",
                "witnessmark --json",
                &self.witnessmark,
                names.0,
            ),
            (
                "witnessmark-verify",
                "witnessmark-verify --json",
                &self.verify,
                names.1,
            ),
        ];
        for (place, (text, json, program, command)) in programs.into_iter().enumerate() {
            let words = [program.as_os_str(), command.as_ref()];
            // One that takes long is judged by each program in one of the forms.
            if !case.is_large || place == 0 {
                answers.push(run(corpus, case, text, &words));
            }
            if !case.is_large || place == 1 {
                let words = [&words[..], &["--json".as_ref()]].concat();
                answers.push(run(corpus, case, json, &words));
            }
        }
        if !case.is_endless {
            same_words(&mut answers);
        }
        answers
    }
}

/// Where one verdict is written by several, they write the same.
fn same_words(answers: &mut [Answer]) {
    for (crate_form, programs) in [
        ("crate", ["witnessmark", "witnessmark-verify"]),
        (
            "crate, JSON",
            ["witnessmark --json", "witnessmark-verify --json"],
        ),
    ] {
        let Some(own) = answers
            .iter()
            .find(|answer| answer.who == crate_form)
            .cloned()
        else {
            continue;
        };
        for answer in answers
            .iter_mut()
            .filter(|answer| programs.contains(&answer.who))
        {
            let is_same = match answer.form {
                Form::Json => {
                    let [a, b] =
                        [&own.out, &answer.out].map(|it| serde_json::from_str::<Value>(it).ok());
                    a == b
                }
                Form::Text | Form::Page | Form::Word => own.out == answer.out,
            };
            if !is_same {
                answer.err.push_str("other words than those of the crate: ");
                answer.err.push_str(&answer.out);
            }
        }
    }
}

/// Runs a program in the folder of the list.
fn run(corpus: &Corpus, case: &Case, who: &'static str, words: &[&std::ffi::OsStr]) -> Answer {
    let mut command = if case.is_endless {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -v {MEMORY_KIB} && exec timeout {PATIENCE_S} \"$@\"");
        shell.args(["-c", &script, "sh"]);
        shell
    } else {
        let mut timeout = Command::new("timeout");
        timeout.arg(PATIENCE_S);
        timeout
    };
    command
        .args(words)
        .args([&case.input, "--policy", &case.policy])
        .args(case.options())
        .current_dir(&corpus.folder)
        .stdin(Stdio::null())
        // Address space that the allocator keeps for each thread is not memory.
        .env("MALLOC_ARENA_MAX", "1")
        .env("WITNESSMARK_LOG", "error");
    let output = command.output().unwrap();
    Answer {
        who,
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        form: if who.ends_with("--json") {
            Form::Json
        } else {
            Form::Text
        },
    }
}

/// The crates, where there is something that they can be given.
fn in_process(corpus: &Corpus, case: &Case) -> Vec<Answer> {
    if !exists(&corpus.folder, &case.policy) {
        return Vec::new();
    }
    let (input, policy) = (
        corpus.folder.join(&case.input),
        corpus.folder.join(&case.policy),
    );
    let Ok(policy) = fs::read(policy) else {
        return Vec::new();
    };
    if case.subject == Subject::Export {
        let verdict = audit_export(&input, &policy, &mut |_| {});
        return both_forms(Answer::of("crate", &verdict), &verdict.to_json());
    }
    let Ok(bundle) = fs::read(&input) else {
        return Vec::new();
    };
    if case.subject == Subject::Misbehaviour {
        let finding = judge_misbehaviour(&bundle, &policy);
        let text = Answer::said("crate", finding.exit_code(), finding.to_text());
        return both_forms(text, &finding.to_json());
    }
    let folder = input.parent().unwrap();
    let mut verdict = verify_bundle(&bundle, &policy, &FolderFiles::new(folder));
    if let Some(since) = &case.since {
        let note = fs::read(corpus.folder.join(since)).unwrap();
        verdict = verdict.since(&Since {
            note: Ok(&note),
            policy: &policy,
            allow_older: case.allow_older,
        });
    }
    let mut answers = both_forms(Answer::of("crate", &verdict), &verdict.to_json());
    let circumstances = Circumstances {
        bundle_sha256: sha256(&bundle),
        made_at_ms: 0,
        software: "test".to_owned(),
        software_sha256: None,
        machine: "test".to_owned(),
    };
    answers.push(Answer {
        out: report(&bundle, &verdict, &circumstances),
        form: Form::Page,
        ..Answer::of("report", &verdict)
    });
    answers
}

fn both_forms(text: Answer, json: &str) -> Vec<Answer> {
    let json = Answer {
        who: "crate, JSON",
        out: format!("{json}\n"),
        form: Form::Json,
        ..text.clone()
    };
    vec![text, json]
}

/// The verdict of the crate on these bytes, with the files of the list's folder.
pub(crate) fn judge_bundle(corpus: &Corpus, bundle: &[u8], policy: &[u8]) -> Verdict {
    verify_bundle(bundle, policy, &FolderFiles::new(&corpus.folder))
}

/// What the verifier crate says of a consistency proof.
fn consistency(corpus: &Corpus, case: &Case) -> Answer {
    let text = fs::read_to_string(corpus.folder.join(&case.input)).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let is_accepted = accepts(&value).unwrap_or(false);
    Answer {
        who: "verifier",
        code: Some(i32::from(!is_accepted)),
        out: if is_accepted { "accepted" } else { "refused" }.to_owned(),
        err: String::new(),
        form: Form::Word,
    }
}

/// Whether the proof shows what it says; nothing when it cannot even be read.
fn accepts(value: &Value) -> Option<bool> {
    let head = |name: &str| {
        let head = &value[name];
        Some(TreeHead {
            size: TreeSize::new(head["size"].as_str()?.parse().ok()?),
            root: Hash::parse_hex(head["root"].as_str()?).ok()?,
        })
    };
    let (old, new) = (head("old").unwrap(), head("new").unwrap());
    let hashes = value["hashes"].as_array()?.iter();
    let hashes = hashes.map(|hash| Hash::parse_base64(hash.as_str()?).ok());
    let proof = ConsistencyProof::new(hashes.collect::<Option<Vec<_>>>()?);
    Some(proof.verify(&old, &new).is_ok())
}

/// The digest of every file below `folder`.
pub(crate) fn digests(folder: &Path) -> BTreeMap<PathBuf, Hash> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for item in fs::read_dir(next).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let digest = sha256(&fs::read(&path).unwrap());
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), digest);
            }
        }
    }
    found
}
