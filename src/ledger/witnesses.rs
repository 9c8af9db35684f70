//! What `ledger.toml` says of witnesses.
//!
//! ```text
//! [[witness]]               one for each witness that is asked
//! url = "https://witness.example"
//! vkey = "witness.example+0f1e2d3c+BA..."
//!
//! [witnesses]
//! quorum = 2                so many of them; or else a file in the form of C2SP tlog-policy, beside this one:
//! policy = "witnesses.policy"
//! publish = "at-once"       or "witnessed": nothing is shown before its quorum has cosigned it
//! idle_seconds = 10         how often the newest checkpoint is cosigned again while nothing is logged
//! ```

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use witnessmark_verifier::{MemberKind, PolicyMember, TrustPolicy, VerifierKey};
use witnessmark_witness::ask::{AddressError, WitnessAddress};

use super::limits::{IDLE_SECONDS, IDLE_SECONDS_MAX, WITNESSES_MAX};

/// One `[[witness]]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    url: String,
    vkey: String,
}

/// `[witnesses]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Together {
    quorum: Option<usize>,
    policy: Option<String>,
    #[serde(default)]
    publish: Publish,
    idle_seconds: Option<u64>,
}

/// When a checkpoint is shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Publish {
    /// As soon as it is durable, with whatever cosignatures there are.
    #[default]
    AtOnce,
    /// Once its quorum has cosigned it.
    Witnessed,
}

/// Who is asked, and what is enough, as far as the file itself says it.
#[derive(Debug, Clone)]
pub(crate) struct WitnessSettings {
    asked: Vec<WitnessAddress>,
    rule: Rule,
    publish: Publish,
    idle_seconds: u64,
}

#[derive(Debug, Clone)]
enum Rule {
    /// So many of those that are asked.
    Count(usize),
    /// What this file says.
    File(String),
}

/// Who is asked, and what is enough.
#[derive(Debug, Clone)]
pub(crate) struct WitnessRules {
    /// Those that are asked, in the order of the file.
    pub(crate) asked: Vec<WitnessAddress>,
    /// When a checkpoint of this log is witnessed.
    pub(crate) policy: TrustPolicy,
    /// When it is shown.
    pub(crate) publish: Publish,
    /// How often a checkpoint is cosigned again while nothing is logged.
    pub(crate) idle_seconds: u64,
}

/// What the file says, or nothing when it names no witness. What is wrong with it goes to `problems`.
pub(super) fn settings(
    asked: &[One],
    together: Option<&Together>,
    problems: &mut Vec<String>,
) -> Option<WitnessSettings> {
    let addresses = addresses(asked, problems);
    let Some(together) = together else {
        if !asked.is_empty() {
            let fix = "add [witnesses] with quorum = K, how many of them a checkpoint needs";
            problems.push(format!("there are witnesses, and no quorum; {fix}"));
        }
        return None;
    };
    if asked.is_empty() {
        let fix = "add [[witness]] with url and vkey, or remove [witnesses]";
        problems.push(format!("[witnesses] is there, and no [[witness]]; {fix}"));
    }
    let idle_seconds = together.idle_seconds.unwrap_or(IDLE_SECONDS);
    if !(1..=IDLE_SECONDS_MAX).contains(&idle_seconds) {
        problems.push(format!(
            "witnesses.idle_seconds is {idle_seconds}, and is from 1 to {IDLE_SECONDS_MAX}"
        ));
    }
    let rule = match (together.quorum, &together.policy) {
        (Some(count), None) => {
            if !(1..=asked.len()).contains(&count) && !asked.is_empty() {
                problems.push(format!(
                    "witnesses.quorum is {count}, and is from 1 to the number of witnesses, {}",
                    asked.len()
                ));
            }
            Rule::Count(count)
        }
        (None, Some(file)) => {
            if file.is_empty() || file.contains('/') || file == ".." || file == "." {
                problems.push(format!(
                    "witnesses.policy is {file:?}, and is the name of a file beside ledger.toml"
                ));
            }
            Rule::File(file.clone())
        }
        (None, None) | (Some(_), Some(_)) => {
            problems.push("[witnesses] has either quorum or policy; give one of them".to_owned());
            return None;
        }
    };
    Some(WitnessSettings {
        asked: addresses,
        rule,
        publish: together.publish,
        idle_seconds,
    })
}

fn addresses(asked: &[One], problems: &mut Vec<String>) -> Vec<WitnessAddress> {
    if asked.len() > WITNESSES_MAX {
        let count = asked.len();
        problems.push(format!(
            "there are {count} witnesses, and at most {WITNESSES_MAX} are asked"
        ));
    }
    let mut addresses: Vec<WitnessAddress> = Vec::new();
    for (place, One { url, vkey }) in asked.iter().enumerate() {
        let key = VerifierKey::parse(vkey).map_err(|error| format!("vkey: {error}"));
        let address = key.and_then(|key| {
            WitnessAddress::new(key, url).map_err(|error| match error {
                AddressError::NotAWitnessKey => format!("vkey: {error}"),
                AddressError::Url(_) | _ => format!("url: {error}"),
            })
        });
        match address {
            Ok(address) => {
                if addresses
                    .iter()
                    .any(|it| it.key().clashes_with(address.key()))
                {
                    problems.push(format!("witness[{place}].vkey is there twice; remove one"));
                }
                addresses.push(address);
            }
            Err(problem) => problems.push(format!("witness[{place}].{problem}")),
        }
    }
    addresses
}

impl WitnessSettings {
    /// The file that says what is enough, if one does.
    pub(super) fn file(&self) -> Option<&str> {
        match &self.rule {
            Rule::Count(_) => None,
            Rule::File(file) => Some(file),
        }
    }

    /// The rules for the log with this key, whose folder is `dir`.
    ///
    /// # Errors
    ///
    /// All that is wrong with them.
    pub(super) fn rules(self, dir: &Path, log: &VerifierKey) -> Result<WitnessRules, String> {
        let policy = match &self.rule {
            Rule::Count(count) => self.count(*count, log)?,
            Rule::File(file) => self.policy_of(&dir.join(file), log)?,
        };
        Ok(WitnessRules {
            asked: self.asked,
            policy,
            publish: self.publish,
            idle_seconds: self.idle_seconds,
        })
    }

    /// So many of all that are asked.
    fn count(&self, threshold: usize, log: &VerifierKey) -> Result<TrustPolicy, String> {
        let mut members: Vec<PolicyMember> = self
            .asked
            .iter()
            .map(|witness| PolicyMember {
                name: witness.key().name().to_string(),
                kind: MemberKind::Witness(witness.key().clone()),
            })
            .collect();
        let required = members.len();
        members.push(PolicyMember {
            name: "witnesses".to_owned(),
            kind: MemberKind::Group {
                threshold,
                members: (0..required).collect(),
            },
        });
        TrustPolicy::try_new(vec![log.clone()], members, Some(required))
            .map_err(|error| format!("the witnesses: {error}"))
    }

    fn policy_of(&self, path: &Path, log: &VerifierKey) -> Result<TrustPolicy, String> {
        let name = path.display();
        let text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let policy =
            witnessmark_policy::parse(&text).map_err(|error| format!("{name}: {error}"))?;
        if !policy.logs().contains(log) {
            return Err(format!(
                "{name} does not name this log; add the line: log {log}"
            ));
        }
        if policy.quorum().is_none() {
            return Err(format!(
                "{name} asks for no witness; name a group in its quorum line"
            ));
        }
        let is_asked = |key: &VerifierKey| self.asked.iter().any(|it| it.key() == key);
        let unasked: Vec<String> = policy
            .witnesses()
            .filter(|key| !is_asked(key))
            .map(|key| key.name().to_string())
            .collect();
        if unasked.is_empty() {
            Ok(policy)
        } else {
            Err(format!(
                "{name} names witnesses without an address: {}; add a [[witness]] with url and vkey for each",
                unasked.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use witnessmark_verifier::{NoteAlgorithm, Origin, PublicKey};

    use super::*;

    fn key(seed: u8, algorithm: NoteAlgorithm) -> VerifierKey {
        let public = SigningKey::from_bytes(&[seed; 32]).verifying_key();
        let name = Origin::parse(&format!("k{seed}.example")).unwrap();
        VerifierKey::new(
            name,
            algorithm,
            PublicKey::admit(public.as_bytes()).unwrap(),
        )
    }

    #[test]
    fn a_policy_file_names_this_log_and_whom_it_asks_and_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let log = key(1, NoteAlgorithm::Ed25519);
        let [two, three] = [2, 3].map(|seed| key(seed, NoteAlgorithm::CosignatureEd25519));
        let settings = WitnessSettings {
            asked: vec![WitnessAddress::new(two.clone(), "http://w.example").unwrap()],
            rule: Rule::File("w.policy".to_owned()),
            publish: Publish::AtOnce,
            idle_seconds: 10,
        };
        let rules = |text: &str| {
            fs::write(dir.path().join("w.policy"), text).unwrap();
            settings.clone().rules(dir.path(), &log)
        };
        let good = rules(&format!("log {log}\nwitness a {two}\nquorum a\n")).unwrap();
        assert!(good.policy.is_quorum(|key| *key == two));
        let other = key(9, NoteAlgorithm::Ed25519);
        for (text, part) in [
            (
                format!("log {other}\nwitness a {two}\nquorum a\n"),
                "does not name this log",
            ),
            (
                format!("log {log}\nwitness a {two}\nquorum none\n"),
                "asks for no witness",
            ),
            (
                format!(
                    "log {log}\nwitness a {two}\nwitness b {three}\ngroup g any a b\nquorum g\n"
                ),
                "without an address: k3.example",
            ),
            ("log".to_owned(), "line 1"),
        ] {
            let problem = rules(&text).unwrap_err();
            assert!(
                problem.contains(part) && problem.contains("w.policy"),
                "{problem}"
            );
        }
        fs::remove_file(dir.path().join("w.policy")).unwrap();
        assert!(settings.clone().rules(dir.path(), &log).is_err());
    }
}
