//! The rules of the house that a program can check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which crates each crate uses directly: ours, then others. An arrow that is not here needs a decision page.
const DEPENDENCIES: &[(&str, &[&str], &[&str])] = &[
    ("witnessmark-verifier", &[], &["ed25519-dalek", "sha2"]),
    ("witnessmark-tlog", &["verifier"], &[]),
    ("witnessmark-policy", &["verifier"], &[]),
    ("witnessmark-merkle", &["verifier"], &[]),
    (
        "witnessmark-record",
        &["verifier"],
        &[
            "edtf-core",
            "prost",
            "prost-reflect",
            "serde_json",
            "unicode-normalization",
        ],
    ),
    ("witnessmark-keychain", &["verifier"], &["thiserror"]),
    (
        "witnessmark-thread",
        &["record", "verifier"],
        &["edtf-core"],
    ),
    ("witnessmark-postings", &["verifier"], &["rustix"]),
    (
        "witnessmark-witness",
        &["tlog", "verifier"],
        &[
            "axum",
            "ed25519-dalek",
            "reqwest",
            "rustls",
            "thiserror",
            "tokio",
            "tracing",
        ],
    ),
    (
        "witnessmark-log",
        &["keychain", "merkle", "tlog", "verifier"],
        &["ed25519-dalek", "thiserror"],
    ),
    (
        "witnessmark-store-sled",
        &["log", "merkle", "verifier"],
        &["rustix", "sled", "thiserror"],
    ),
    (
        "witnessmark-proto",
        &["verifier"],
        &["prost", "thiserror", "tonic", "tonic-prost", "tonic-types"],
    ),
    (
        "witnessmark-client",
        &["proto", "verifier"],
        &["thiserror", "tokio", "tokio-stream", "tonic"],
    ),
    (
        "witnessmark-bundle",
        &["policy", "record", "tlog", "verifier"],
        &["serde", "serde_json", "sha2", "thiserror"],
    ),
    (
        "witnessmark-follow",
        &["bundle", "merkle", "tlog", "verifier"],
        &["reqwest", "rustls", "thiserror", "tokio"],
    ),
    (
        "witnessmark-tables",
        &["record", "verifier"],
        &[
            "calamine",
            "csv",
            "edtf-core",
            "prost-reflect",
            "serde_json",
            "sha1",
        ],
    ),
    ("witnessmark-page", &[], &[]),
    (
        "witnessmark-report",
        &["bundle", "policy", "record", "thread", "verifier"],
        &["maud"],
    ),
    ("witnessmark-verify", &["bundle"], &["clap"]),
];

/// What must never be a dependency of the program that a stranger audits, at any depth.
const NEVER_IN_VERIFY: &[&str] = &["tokio", "tonic", "sled", "hyper", "age"];

/// The names are put together here so that this file does not contain them.
fn forbidden_words() -> Vec<String> {
    let hosts = [
        "crates.|io",
        "docs.|rs",
        "py|pi.org",
        "npm|js.org",
        "npm|js.com",
        "ghcr.|io",
    ];
    hosts.iter().map(|host| host.replace('|', "")).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the project below `folder`, without what git and cargo keep.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    folders.push(path);
                }
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn files_ending(end: &str) -> Vec<(String, String)> {
    files(root())
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(end))
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (
                path.strip_prefix(root()).unwrap().display().to_string(),
                text,
            )
        })
        .collect()
}

fn none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

fn metadata() -> serde_json::Value {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_direct_dependencies_of_each_crate_are_the_ones_of_the_table() {
    let metadata = metadata();
    let mut actual = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let names: BTreeSet<String> = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
            .collect();
        actual.insert(package["name"].as_str().unwrap().to_owned(), names);
    }
    actual.remove("witnessmark").expect("the root package");
    let mut expected = BTreeMap::new();
    for (package, ours, outside) in DEPENDENCIES {
        let ours = ours.iter().map(|name| format!("witnessmark-{name}"));
        let outside = outside.iter().map(|name| (*name).to_owned());
        expected.insert(
            (*package).to_owned(),
            ours.chain(outside).collect::<BTreeSet<_>>(),
        );
    }
    for (package, names) in &actual {
        assert_eq!(
            Some(names),
            expected.get(package),
            "direct dependencies of {package}"
        );
    }
    assert_eq!(
        actual.len(),
        expected.len(),
        "a crate of the table is missing"
    );
}

/// The most lines of code that the verifier has: who audits it reads them all. Raising this needs a reason.
const VERIFIER_LINES_MAX: usize = 2_000;

/// How many lines of a source file are code: not blank, not a comment, not in its `mod tests`.
fn code_lines(text: &str) -> usize {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .count()
}

#[test]
fn the_verifier_is_small_enough_to_be_read() {
    assert_eq!(
        code_lines("//! a\n\nfn b() {\n    // c\n}\n#[cfg(test)]\nmod d;\n"),
        2
    );
    let sources: Vec<_> = files_ending(".rs")
        .into_iter()
        .filter(|(path, _)| path.starts_with("crates/verifier/src/"))
        .collect();
    assert!(sources.len() > 20, "the sources were not found");
    let lines: usize = sources.iter().map(|(_, text)| code_lines(text)).sum();
    assert!(
        lines <= VERIFIER_LINES_MAX,
        "crates/verifier/src has {lines} lines of code; the bound is {VERIFIER_LINES_MAX}"
    );
    // What follows the tests of a file would not be counted.
    for (path, text) in &sources {
        let tests = text.split_once("\n#[cfg(test)]\n").map(|(_, tests)| tests);
        let end = tests.map(|tests| tests.split_once("\n}\n").map(|(_, after)| after));
        assert!(
            matches!(end, None | Some(Some(""))),
            "{path}: code after the tests"
        );
    }
    let verifier = DEPENDENCIES
        .iter()
        .find(|row| row.0 == "witnessmark-verifier");
    let (_, ours, outside) = verifier.unwrap();
    assert_eq!(
        (ours.len(), outside.len()),
        (0, 2),
        "the verifier's dependencies"
    );
}

#[test]
fn the_offline_verifier_contains_no_network_and_no_store() {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args([
            "tree",
            "-p",
            "witnessmark-verify",
            "-e",
            "normal",
            "--prefix",
            "none",
        ])
        .args(["--format", "{p}", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(names.contains("sha2"), "the tree was not read: {tree}");
    for name in NEVER_IN_VERIFY {
        assert!(
            !names.contains(name),
            "witnessmark-verify depends on {name}"
        );
    }
}

#[test]
fn every_source_file_begins_with_a_sentence_about_it() {
    let mut broken = Vec::new();
    for (path, text) in files_ending(".rs") {
        let first = text.lines().next().unwrap_or("");
        if !(first.starts_with("//! ") && first.len() > 12) {
            broken.push(format!("{path}: {first}"));
        }
    }
    none(
        "the first line of a source file is a `//!` sentence",
        &broken,
    );
}

#[test]
fn nothing_is_left_for_later_in_the_source() {
    let marks = [
        "TO|DO",
        "FIX|ME",
        "XX|X",
        "db|g!(",
        "unimpl|emented!(",
        "to|do!(",
    ];
    let marks = marks.map(|mark| mark.replace('|', ""));
    let mut broken = Vec::new();
    for end in [".rs", ".proto", ".toml"] {
        for (path, text) in files_ending(end) {
            for (number, line) in text.lines().enumerate() {
                if marks.iter().any(|mark| line.contains(mark.as_str())) {
                    broken.push(format!("{path}:{}: {line}", number + 1));
                }
            }
        }
    }
    none("no marks for later, no debugging left", &broken);
}

#[test]
fn source_is_ascii_and_modules_are_not_named_mod_rs() {
    let mut broken = Vec::new();
    for (path, text) in files_ending(".rs") {
        if path.ends_with("/mod.rs") {
            broken.push(format!("{path}: name it after its folder"));
        }
        if let Some(line) = text.lines().position(|line| !line.is_ascii()) {
            broken.push(format!("{path}:{}: not ASCII", line + 1));
        }
    }
    none("source files", &broken);
}

#[test]
fn every_rpc_message_and_enum_of_the_schemas_has_a_comment() {
    let schemas = files_ending(".proto");
    assert!(schemas.len() >= 2, "the schemas were not found");
    let mut broken = Vec::new();
    for (path, text) in schemas {
        let mut before = "";
        for (number, line) in text.lines().enumerate() {
            let declaration = line.trim_start();
            let starts = ["rpc ", "message ", "enum ", "service "];
            if starts.iter().any(|word| declaration.starts_with(word))
                && !before.trim_start().starts_with("//")
            {
                broken.push(format!("{path}:{}: {declaration}", number + 1));
            }
            before = line;
        }
    }
    none(
        "every rpc, message, enum and service has a comment",
        &broken,
    );
}

#[test]
fn the_top_of_the_changelog_is_this_version_or_unreleased() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let top = text
        .lines()
        .find_map(|line| line.strip_prefix("## "))
        .expect("an entry");
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        top == "Unreleased" || top.starts_with(version),
        "top entry: {top}"
    );
}

#[test]
fn no_file_names_the_host_of_a_package_registry() {
    let words = forbidden_words();
    let mut broken = Vec::new();
    for end in [".rs", ".md", ".proto", ".toml", ".sh", "run"] {
        for (path, text) in files_ending(end) {
            for word in words.iter().filter(|word| text.contains(word.as_str())) {
                broken.push(format!("{path}: {word}"));
            }
        }
    }
    none("no host names of package registries", &broken);
}

/// The limits of a source file as rows of a table: name, value, reason.
fn limit_rows(source: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let mut reason: Vec<&str> = Vec::new();
    for line in source.lines() {
        if let Some(words) = line.strip_prefix("/// ") {
            reason.push(words);
        } else if let Some((_, rest)) = line.split_once("const ") {
            let (name, rest) = rest.split_once(':').expect("a type");
            let value = rest
                .split_once("= ")
                .expect("a value")
                .1
                .trim_end_matches(';');
            rows.push(format!("| `{name}` | `{value}` | {} |", reason.join(" ")));
        } else if line.is_empty() {
            reason.clear();
        }
    }
    rows
}

/// The text of docs/LIMITS.md.
fn limits_document() -> String {
    let mut lines = vec![
        "# Limits".to_owned(),
        String::new(),
        "Every limit of the programs, with its reason. Those of the formats are in \
         [FORMAT.md](FORMAT.md)."
            .to_owned(),
        "Written from the files named here: `WRITE_DOCUMENTS=1 cargo test --test suite limit`."
            .to_owned(),
    ];
    for (path, source) in files_ending("limits.rs") {
        lines.extend(["", &format!("## `{path}`"), ""].map(str::to_owned));
        lines.extend(["| Limit | Value | Reason |", "|---|---|---|"].map(str::to_owned));
        lines.extend(limit_rows(&source));
    }
    lines.join("\n") + "\n"
}

#[test]
fn every_limit_is_in_the_document_with_its_reason() {
    let path = root().join("docs/LIMITS.md");
    let expected = limits_document();
    if std::env::var_os("WRITE_DOCUMENTS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        stored, expected,
        "run: WRITE_DOCUMENTS=1 cargo test --test suite limit"
    );
    for row in expected.lines().filter(|row| row.starts_with("| `")) {
        assert!(!row.ends_with("|  |"), "a limit without a reason: {row}");
    }
}

#[test]
fn the_readme_stays_short_and_its_links_lead_somewhere() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(
        text.lines().count() <= 120,
        "README.md has {} lines",
        text.lines().count()
    );
    let mut broken = Vec::new();
    for piece in text.split("](").skip(1) {
        let target = piece.split(')').next().unwrap_or("");
        if !target.contains("://") && !root().join(target).exists() {
            broken.push(target.to_owned());
        }
    }
    none("links of README.md", &broken);
}
