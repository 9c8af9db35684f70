//! Policies: what is accepted keeps the rules of the document, and asks for what a naive reading of its lines asks for, whoever
//! cosigns.
//!
//! In the input `@` and a letter stand for a verifier key, so that the engine need not find one: `@A` to `@H` are logs, `@a` to
//! `@h` witnesses.

use std::collections::BTreeMap;

use witnessmark_verifier::{CheckpointError, Note, Origin};

use crate::keys::{LOG, ORIGIN, log_key, log_line, witness_key, witness_line};
use crate::memory;

const TEXT: &str = "log.example/fuzz\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

/// Checks all that is said above on one input: its first byte says who cosigns, the rest is the policy.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    let Some((mask, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    let text = with_keys(text);
    let parsed = memory::bounded(text.as_bytes(), 8_192, 64, || witnessmark_policy::parse(&text));
    let policy = match parsed {
        Ok(policy) => policy,
        Err(error) => {
            assert!(
                (1..=text.lines().count().max(1)).contains(&error.line),
                "{error}"
            );
            return;
        }
    };
    let rules = Rules::read(&text).expect("what is accepted has the form of a policy");
    assert_eq!(policy.logs().len(), rules.logs.len());
    assert_eq!(policy.quorum().is_none(), rules.quorum == "none");

    let mut source = format!("{TEXT}\n{}", log_line(TEXT));
    let mut signed = Vec::new();
    for place in (0..8_u8).filter(|place| mask >> place & 1 == 1) {
        source += &witness_line(100 + place, 7, TEXT);
        signed.push(witness_key(100 + place).to_string());
    }
    let note = Note::parse(&source).expect("a note");
    let is_log = rules.logs.contains(&log_key(ORIGIN, LOG).to_string());
    let is_enough = rules.is_met(&rules.quorum, &signed, 0);
    match policy.verify(&note) {
        Ok(verified) => {
            assert!(is_log && is_enough, "{text}");
            assert!(verified.cosigned().len() <= signed.len());
        }
        Err(CheckpointError::QuorumNotMet { missing, .. }) => {
            assert!(is_log && !is_enough, "{text}");
            assert!(missing.split(", ").all(|name| Origin::parse(name).is_ok()));
        }
        Err(CheckpointError::UnknownLog(_) | CheckpointError::NotSigned(_)) => assert!(!is_log),
        Err(error) => panic!("{error}: {text}"),
    }
}

/// The text with keys in the places of their signs.
fn with_keys(text: &str) -> String {
    let mut out = String::new();
    let mut pieces = text.split('@');
    out += pieces.next().unwrap_or("");
    for piece in pieces {
        match piece.as_bytes().first() {
            Some(b'A') => out += &log_key(ORIGIN, LOG).to_string(),
            Some(letter @ b'B'..=b'H') => {
                out += &log_key("other.example", letter - b'A' + LOG).to_string();
            }
            Some(letter @ b'a'..=b'h') => out += &witness_key(letter - b'a' + 100).to_string(),
            _ => {
                out.push('@');
                out += piece;
                continue;
            }
        }
        out += &piece[1..];
    }
    out
}

/// The lines of a policy, read without any care: names are looked up when they are asked for.
struct Rules {
    logs: Vec<String>,
    quorum: String,
    witnesses: BTreeMap<String, String>,
    groups: BTreeMap<String, (usize, Vec<String>)>,
}

impl Rules {
    fn read(text: &str) -> Option<Self> {
        let mut rules = Self {
            logs: Vec::new(),
            quorum: String::new(),
            witnesses: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        for line in text.lines() {
            let items: Vec<&str> = line
                .split([' ', '\t'])
                .filter(|it| !it.is_empty())
                .collect();
            match items[..] {
                ["log", key, ..] => rules.logs.push(key.to_owned()),
                ["witness", name, key, ..] => {
                    rules.witnesses.insert(name.to_owned(), key.to_owned());
                }
                ["group", name, need, ..] => {
                    let members: Vec<_> = items[3..].iter().map(|it| (*it).to_owned()).collect();
                    let need = match need {
                        "any" => 1,
                        "all" => members.len(),
                        number => number.parse().ok()?,
                    };
                    rules.groups.insert(name.to_owned(), (need, members));
                }
                ["quorum", name] => rules.quorum = name.to_owned(),
                [] => {}
                [word, ..] if word.starts_with('#') => {}
                _ => return None,
            }
        }
        Some(rules)
    }

    fn is_met(&self, name: &str, signed: &[String], depth: usize) -> bool {
        assert!(depth < 10_000, "a group within itself");
        if name == "none" {
            return true;
        }
        if let Some(key) = self.witnesses.get(name) {
            return signed.contains(key);
        }
        let (need, members) = &self.groups[name];
        let met = members
            .iter()
            .filter(|it| self.is_met(it, signed, depth + 1));
        met.count() >= *need
    }
}
