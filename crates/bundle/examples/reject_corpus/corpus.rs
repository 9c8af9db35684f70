//! The must-reject list as files: bundles, policies, exports and proofs that no verifier may accept, and a manifest.
//!
//! Each case says which check must fail and which published bypass it repeats. Texts that are meant to deceive whoever
//! reads the answer are cases too: some of them are good evidence, and what is judged is what is printed.

#![expect(
    clippy::too_many_lines,
    reason = "a table of cases is read from its top to its end"
)]

pub(crate) mod bypass;
mod chains;
mod charters;
mod checkpoints;
mod consistency;
mod documents;
mod endless;
mod entries;
mod exports;
mod members;
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
#[path = "../../tests/suite/mini_log.rs"]
pub(crate) mod mini_log;
pub(crate) mod misbehaviour;
mod places;
mod policies;
mod proofs;
mod since;
mod tiles;
mod words;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// What must come of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// NOT VERIFIED, by this check.
    NotVerified(&'static str),
    /// CANNOT TELL, by this check.
    CannotTell(&'static str),
    /// NOT PROVED, by this check: the file accuses nobody.
    NotProved(&'static str),
    /// MISBEHAVIOUR PROVED.
    Proved,
    /// The consistency proof is refused.
    Refused,
    /// The evidence is good, with remarks or without, and what is judged is how it is shown.
    Shown,
}

impl Expected {
    /// The words of the verdict.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NotVerified(_) => "NOT VERIFIED",
            Self::CannotTell(_) => "CANNOT TELL",
            Self::NotProved(_) => "NOT PROVED",
            Self::Proved => "MISBEHAVIOUR PROVED",
            Self::Refused => "REFUSED",
            Self::Shown => "VERIFIED",
        }
    }

    /// The check that fails; empty when none does.
    pub(crate) const fn check(self) -> &'static str {
        match self {
            Self::NotVerified(check) | Self::CannotTell(check) | Self::NotProved(check) => check,
            Self::Refused => "consistency",
            Self::Shown | Self::Proved => "",
        }
    }

    /// Whether the evidence is to be refused.
    pub(crate) const fn is_negative(self) -> bool {
        !matches!(self, Self::Shown | Self::Proved)
    }
}

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A bundle, and the files beside it.
    Bundle,
    /// The folder of an export.
    Export,
    /// A file that accuses a ledger.
    Misbehaviour,
    /// A consistency proof with its two tree heads, which only the verifier crate takes.
    Consistency,
}

/// Ways of one kind in which evidence can be bad.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    /// The line of the list, such as `N3`.
    pub(crate) number: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// What is done, in one sentence.
    pub(crate) what: &'static str,
}

/// One case.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// The place of its class.
    pub(crate) class: usize,
    /// Its name within the class.
    pub(crate) name: String,
    pub(crate) subject: Subject,
    /// The file or folder that is judged, inside the folder of the list.
    pub(crate) input: String,
    /// The policy, inside the folder of the list. There may be no such file: then that is the case.
    pub(crate) policy: String,
    /// The checkpoint that the reader of a bundle kept, inside the folder of the list.
    pub(crate) since: Option<String>,
    /// Whether the reader takes a bundle of an older state than that.
    pub(crate) allow_older: bool,
    pub(crate) expected: Expected,
    /// What the answer must show.
    pub(crate) shows: Vec<String>,
    /// What the answer must not hold, beside all that no answer may hold.
    pub(crate) hides: Vec<String>,
    /// Whether it is run with little memory.
    pub(crate) is_endless: bool,
    /// Whether judging it takes long, so that each program is asked in one form alone.
    pub(crate) is_large: bool,
}

impl Case {
    /// What is asked for beside the policy, as it is typed.
    pub(crate) fn options(&self) -> Vec<&str> {
        let mut options = Vec::new();
        if let Some(since) = &self.since {
            options.extend(["--since", since]);
        }
        if self.allow_older {
            options.push("--allow-older");
        }
        options
    }
}

/// The list as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Corpus {
    pub(crate) folder: PathBuf,
    pub(crate) classes: Vec<Class>,
    pub(crate) cases: Vec<Case>,
    policies: BTreeMap<Vec<u8>, String>,
}

/// Writes the whole list into `folder`, which is made if need be.
pub(crate) fn write(folder: &Path) -> Corpus {
    let parts: [fn(&mut Corpus); 17] = [
        documents::write,
        members::write,
        proofs::write,
        tiles::write,
        exports::write,
        entries::write,
        charters::write,
        chains::write,
        checkpoints::write,
        policies::write,
        consistency::write,
        places::write,
        words::write,
        misbehaviour::write,
        since::write,
        since::kept,
        endless::write,
    ];
    written(folder, &parts)
}

/// Writes honest evidence, to see that the same judges accept it: a bundle, one with a file, and an export.
pub(crate) fn honest(folder: &Path) -> Corpus {
    written(folder, &[world::honest])
}

fn written(folder: &Path, parts: &[fn(&mut Corpus)]) -> Corpus {
    let mut corpus = Corpus {
        folder: folder.to_owned(),
        classes: Vec::new(),
        cases: Vec::new(),
        policies: BTreeMap::new(),
    };
    for part in parts {
        part(&mut corpus);
    }
    let manifest = serde_json::to_string_pretty(&corpus.manifest()).unwrap();
    put(&folder.join("manifest.json"), manifest.as_bytes());
    corpus
}

impl Corpus {
    /// Begins a class, or goes on with it.
    pub(crate) fn class(
        &mut self,
        number: &'static str,
        name: &'static str,
        what: &'static str,
    ) -> Cases<'_> {
        let known = self
            .classes
            .iter()
            .position(|class| class.number == number && class.name == name);
        let class = known.unwrap_or_else(|| {
            self.classes.push(Class { number, name, what });
            self.classes.len() - 1
        });
        Cases {
            corpus: self,
            class,
        }
    }

    /// The class of a case.
    pub(crate) fn class_of(&self, case: &Case) -> &Class {
        &self.classes[case.class]
    }

    fn manifest(&self) -> Value {
        let cases = self.cases.iter().map(|case| {
            let class = self.class_of(case);
            json!({
                "class": format!("{} {}", class.number, class.name),
                "case": case.name,
                "subject": match case.subject {
                    Subject::Bundle => "bundle",
                    Subject::Export => "export",
                    Subject::Misbehaviour => "misbehaviour",
                    Subject::Consistency => "consistency",
                },
                "input": case.input,
                "policy": case.policy,
                "since": case.since,
                "allow_older": case.allow_older,
                "command": command(case),
                "verdict": case.expected.word(),
                "check": case.expected.check(),
                "is_refused": case.expected.is_negative(),
                "is_endless": case.is_endless,
                "what": class.what,
                "repeats": bypass::of(class.number).what,
                "shows": case.shows,
                "hides": case.hides,
            })
        });
        json!({ "format": "witnessmark-reject/1", "cases": cases.collect::<Vec<_>>() })
    }

    /// The path of a policy with these bytes, which is written once.
    fn policy(&mut self, policy: &[u8]) -> String {
        if let Some(path) = self.policies.get(policy) {
            return path.clone();
        }
        let path = format!("policies/{}.policy", self.policies.len());
        put(&self.folder.join(&path), policy);
        self.policies.insert(policy.to_vec(), path.clone());
        path
    }
}

/// The command that judges the case, typed in the folder of the list; empty when no command does.
fn command(case: &Case) -> String {
    let (input, policy) = (&case.input, &case.policy);
    match case.subject {
        Subject::Bundle => {
            let options = case.options().join(" ");
            format!("witnessmark-verify bundle {input} --policy {policy} {options}")
                .trim_end()
                .to_owned()
        }
        Subject::Export => format!("witnessmark-verify export {input} --policy {policy}"),
        Subject::Misbehaviour => {
            format!("witnessmark-verify misbehaviour {input} --policy {policy}")
        }
        Subject::Consistency => String::new(),
    }
}

/// Writes a file and the folders above it.
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The cases of a class.
pub(crate) struct Cases<'a> {
    corpus: &'a mut Corpus,
    class: usize,
}

impl Cases<'_> {
    /// A bundle that came alone.
    pub(crate) fn bundle(
        &mut self,
        name: &str,
        bytes: impl AsRef<[u8]>,
        policy: &str,
        expected: Expected,
    ) -> &mut Case {
        let input = format!("{}/{name}.bundle.json", self.folder());
        put(&self.corpus.folder.join(&input), bytes.as_ref());
        let policy = self.corpus.policy(policy.as_bytes());
        self.push(name, Subject::Bundle, (input, policy), expected)
    }

    /// A bundle with other files in its folder; `make` puts them there, and may put something else in the place of the bundle.
    pub(crate) fn beside(
        &mut self,
        name: &str,
        (bundle, policy): (&str, &str),
        expected: Expected,
        make: impl FnOnce(&Path),
    ) -> &mut Case {
        let folder = format!("{}/{name}", self.folder());
        let input = format!("{folder}/bundle.json");
        put(&self.corpus.folder.join(&input), bundle.as_bytes());
        make(&self.corpus.folder.join(folder));
        let policy = self.corpus.policy(policy.as_bytes());
        self.push(name, Subject::Bundle, (input, policy), expected)
    }

    /// A good bundle under a policy of these bytes.
    pub(crate) fn under(
        &mut self,
        name: &str,
        bundle: &str,
        policy: &[u8],
        expected: Expected,
    ) -> &mut Case {
        let case = self.bundle(name, bundle, "", expected);
        case.policy.clear();
        let policy = self.corpus.policy(policy);
        let case = self.corpus.cases.last_mut().unwrap();
        case.policy = policy;
        case
    }

    /// A bundle whose reader kept this checkpoint.
    pub(crate) fn since(
        &mut self,
        name: &str,
        (bundle, policy): (&str, &str),
        note: impl AsRef<[u8]>,
        expected: Expected,
    ) -> &mut Case {
        let kept = format!("{}/{name}.checkpoint", self.folder());
        put(&self.corpus.folder.join(&kept), note.as_ref());
        let case = self.bundle(name, bundle, policy, expected);
        case.since = Some(kept);
        case
    }

    /// The folder of an export, which `make` fills.
    pub(crate) fn export(
        &mut self,
        name: &str,
        policy: &str,
        expected: Expected,
        make: impl FnOnce(&Path),
    ) -> &mut Case {
        let input = format!("{}/{name}", self.folder());
        let folder = self.corpus.folder.join(&input);
        fs::create_dir_all(&folder).unwrap();
        make(&folder);
        let policy = self.corpus.policy(policy.as_bytes());
        self.push(name, Subject::Export, (input, policy), expected)
    }

    /// A file that accuses a ledger.
    pub(crate) fn misbehaviour(
        &mut self,
        name: &str,
        text: &str,
        policy: &str,
        expected: Expected,
    ) -> &mut Case {
        let input = format!("{}/{name}.misbehaviour.json", self.folder());
        put(&self.corpus.folder.join(&input), text.as_bytes());
        let policy = self.corpus.policy(policy.as_bytes());
        self.push(name, Subject::Misbehaviour, (input, policy), expected)
    }

    /// A consistency proof and its tree heads, as JSON.
    pub(crate) fn consistency(&mut self, name: &str, proof: &Value) -> &mut Case {
        let input = format!("{}/{name}.json", self.folder());
        let text = serde_json::to_string_pretty(proof).unwrap();
        put(&self.corpus.folder.join(&input), text.as_bytes());
        let names = (input, String::new());
        self.push(name, Subject::Consistency, names, Expected::Refused)
    }

    /// The folder of the class, inside that of the list.
    fn folder(&self) -> String {
        let class = &self.corpus.classes[self.class];
        format!("{}-{}", class.number, class.name)
    }

    fn push(
        &mut self,
        name: &str,
        subject: Subject,
        (input, policy): (String, String),
        expected: Expected,
    ) -> &mut Case {
        let is_new = |case: &Case| case.class != self.class || case.name != name;
        assert!(
            self.corpus.cases.iter().all(is_new),
            "{input} is there twice"
        );
        self.corpus.cases.push(Case {
            class: self.class,
            name: name.to_owned(),
            subject,
            input,
            policy,
            since: None,
            allow_older: false,
            expected,
            shows: Vec::new(),
            hides: Vec::new(),
            is_endless: false,
            is_large: false,
        });
        self.corpus.cases.last_mut().unwrap()
    }
}
