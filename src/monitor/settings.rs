//! The file that says what a monitor follows, what it watches for, and whom it tells. All problems are told at once.

use std::path::{Path, PathBuf};

use toml::{Table, Value};
use witnessmark_follow::{LogAddress, WebhookAddress};
use witnessmark_verifier::{OrgName, TrustPolicy};

use super::watch::Watch;
use crate::cli::read_policy;
use crate::output::{Failure, Outcome, Trouble};

/// How long to wait between two looks when the file does not say.
const EVERY_S: u64 = 30;

/// The longest time that can be given, in seconds: a year.
const SECONDS_MAX: u64 = 366 * 86_400;

/// What a monitor does.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The folder of all that it keeps.
    pub(crate) dir: PathBuf,
    /// Seconds between two looks.
    pub(crate) every_s: u64,
    /// The ledgers, at least one.
    pub(crate) ledgers: Vec<LedgerSettings>,
    /// What it watches for.
    pub(crate) watch: Watch,
    /// A program with its arguments, which gets each alert.
    pub(crate) command: Option<Vec<String>>,
    /// An address to which each alert is posted.
    pub(crate) webhook: Option<WebhookAddress>,
}

/// One ledger that is followed.
#[derive(Debug)]
pub(crate) struct LedgerSettings {
    /// Its name in alerts, and that of its folder.
    pub(crate) name: String,
    /// Where it is published.
    pub(crate) url: String,
    /// Whose signatures count.
    pub(crate) policy: TrustPolicy,
    /// The same as bytes, for the audit.
    pub(crate) policy_bytes: Vec<u8>,
    /// After how many seconds without a new entry somebody is to be told.
    pub(crate) silence_s: Option<u64>,
    /// Where witnesses tell what they have cosigned.
    pub(crate) witnesses: Vec<LogAddress>,
}

/// One table of the file, and what is wrong in it.
struct Section<'a> {
    table: Table,
    place: String,
    troubles: &'a mut Vec<Trouble>,
}

impl Section<'_> {
    fn wrong(&mut self, key: &str, what: &str, fix: &str) {
        let place = format!("{}{key}", self.place);
        let trouble = Trouble::new("CONFIG_INVALID", place, what);
        self.troubles.push(trouble.fix(fix));
    }

    fn text(&mut self, key: &str) -> Option<String> {
        let value = self.table.remove(key)?;
        let text = value.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            let what = format!("{value} is not a text");
            self.wrong(key, &what, "write a text between quotes");
        }
        text.map(str::to_owned)
    }

    fn needed(&mut self, key: &str) -> Option<String> {
        if !self.table.contains_key(key) {
            self.wrong(key, "is missing", "add it");
        }
        self.text(key)
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.table.remove(key) else {
            return Vec::new();
        };
        let texts: Option<Vec<String>> = value.as_array().and_then(|items| {
            let texts = items.iter().map(|it| it.as_str().map(str::to_owned));
            texts.collect()
        });
        let texts = texts.filter(|it| !it.is_empty() && it.iter().all(|it| !it.trim().is_empty()));
        texts.unwrap_or_else(|| {
            let what = format!("{value} is not a list of texts");
            self.wrong(key, &what, "write [\"one\", \"two\"]");
            Vec::new()
        })
    }

    fn seconds(&mut self, key: &str) -> Option<u64> {
        let value = self.table.remove(key)?;
        let seconds = value.as_integer().and_then(|it| u64::try_from(it).ok());
        let seconds = seconds.filter(|it| (1..=SECONDS_MAX).contains(it));
        if seconds.is_none() {
            let what = format!("{value} is not a number of seconds from 1 to {SECONDS_MAX}");
            self.wrong(key, &what, "write a whole number of seconds");
        }
        seconds
    }

    fn flag(&mut self, key: &str) -> bool {
        match self.table.remove(key) {
            None => false,
            Some(Value::Boolean(is_so)) => is_so,
            Some(other) => {
                self.wrong(
                    key,
                    &format!("{other} is neither true nor false"),
                    "write true or false",
                );
                false
            }
        }
    }

    fn address(&mut self, key: &str, text: Option<String>) -> Option<LogAddress> {
        match LogAddress::parse(&text?) {
            Ok(address) => Some(address),
            Err(error) => {
                self.wrong(
                    key,
                    &error.to_string(),
                    "write an address such as https://ledger.example",
                );
                None
            }
        }
    }

    /// Whatever was not asked for is a mistake.
    fn end(mut self) {
        let unknown: Vec<String> = self.table.keys().cloned().collect();
        for key in unknown {
            self.wrong(
                &key,
                "is not a setting here",
                "remove it, or correct its spelling",
            );
        }
    }
}

/// Reads the file at `path`. Names of files in it are relative to its folder.
///
/// # Errors
///
/// It cannot be read, or is not a whole configuration: everything that is wrong.
pub(crate) fn read(path: &Path) -> Result<Settings, Failure> {
    let bytes = crate::cli::read_bytes(path, crate::cli::TEXT_BYTES_MAX)?;
    let invalid = |message: &dyn std::fmt::Display| {
        Failure::usage(Trouble::new("CONFIG_INVALID", path.display(), message).fix(
            "see docs/MONITOR.md for an example; witnessmark monitor --config FILE --check looks at it",
        ))
    };
    let text = str::from_utf8(&bytes).map_err(|error| invalid(&error))?;
    let table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| invalid(&error))?;
    let base = path.parent().unwrap_or_else(|| Path::new(""));
    let mut troubles = Vec::new();
    let settings = of_table(table, base, &mut troubles);
    Failure::unless_empty(Outcome::Usage, troubles)?;
    // Without troubles there is something.
    settings.ok_or_else(|| invalid(&"it is not whole"))
}

fn of_table(table: Table, base: &Path, troubles: &mut Vec<Trouble>) -> Option<Settings> {
    let mut top = Section {
        table,
        place: String::new(),
        troubles,
    };
    let dir = top.needed("dir");
    let every_s = top.seconds("every_s").unwrap_or(EVERY_S);
    let found = tables(&mut top, "ledger");
    if found.is_empty() {
        top.wrong(
            "ledger",
            "there is none",
            "add a table [[ledger]] with name, url and policy",
        );
    }
    let watch = part(&mut top, "watch");
    let alert = part(&mut top, "alert");
    top.end();
    let watch = read_watch(watch, troubles);
    let mut alert = Section {
        table: alert,
        place: "alert.".to_owned(),
        troubles,
    };
    let command = Some(alert.texts("command")).filter(|it| !it.is_empty());
    let webhook = alert.text("webhook").and_then(|url| {
        let parsed = WebhookAddress::parse(&url);
        let fix = "write an address such as https://alerts.example/hook";
        let told = parsed.map_err(|error| alert.wrong("webhook", &error.to_string(), fix));
        told.ok()
    });
    alert.end();
    let mut ledgers: Vec<LedgerSettings> = Vec::new();
    for (place, table) in (1..).zip(found) {
        let Some(ledger) = read_ledger(table, place, base, troubles) else {
            continue;
        };
        if ledgers.iter().any(|other| other.name == ledger.name) {
            let what = format!("the name {:?} is given twice", ledger.name);
            let place = format!("ledger[{place}].name");
            troubles.push(Trouble::new("CONFIG_INVALID", place, what).fix("name each ledger once"));
        }
        ledgers.push(ledger);
    }
    Some(Settings {
        dir: base.join(dir?),
        every_s,
        ledgers,
        watch,
        command,
        webhook,
    })
}

fn part(top: &mut Section<'_>, key: &str) -> Table {
    match top.table.remove(key) {
        None => Table::new(),
        Some(Value::Table(table)) => table,
        Some(_) => {
            top.wrong(
                key,
                "is not a table",
                &format!("write [{key}] on a line of its own"),
            );
            Table::new()
        }
    }
}

fn tables(top: &mut Section<'_>, key: &str) -> Vec<Table> {
    let Some(value) = top.table.remove(key) else {
        return Vec::new();
    };
    let tables: Option<Vec<Table>> = value
        .as_array()
        .and_then(|items| items.iter().map(|it| it.as_table().cloned()).collect());
    tables.unwrap_or_else(|| {
        top.wrong(
            key,
            "is not a list of tables",
            &format!("write [[{key}]] on a line of its own"),
        );
        Vec::new()
    })
}

fn read_watch(table: Table, troubles: &mut Vec<Trouble>) -> Watch {
    let mut section = Section {
        table,
        place: "watch.".to_owned(),
        troubles,
    };
    let mut organisations = Vec::new();
    for name in section.texts("organisations") {
        match OrgName::parse(&name) {
            Ok(name) => organisations.push(name),
            Err(error) => section.wrong(
                "organisations",
                &format!("{name:?}: {error}"),
                "write the name of an organisation as the ledger has it",
            ),
        }
    }
    let watch = Watch::new(
        organisations,
        [
            ("brand", section.texts("brands")),
            ("part_number", section.texts("part_numbers")),
            ("mark", section.texts("marks")),
            ("designation", section.texts("designations")),
        ],
        section.flag("key_events"),
    );
    section.end();
    watch
}

fn read_ledger(
    table: Table,
    place: usize,
    base: &Path,
    troubles: &mut Vec<Trouble>,
) -> Option<LedgerSettings> {
    let mut section = Section {
        table,
        place: format!("ledger[{place}]."),
        troubles,
    };
    let name = section.needed("name").filter(|name| {
        let is_plain = name.len() <= 64
            && !name.starts_with(['.', '-'])
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !is_plain {
            let fix = "use up to 64 letters, digits, hyphens, dots and underscores";
            section.wrong(
                "name",
                &format!("{name:?} cannot be the name of a folder"),
                fix,
            );
        }
        is_plain
    });
    let url = section.needed("url");
    let address = section.address("url", url);
    let policy = section.needed("policy").map(|file| base.join(file));
    let silence_s = section.seconds("silence_s");
    let mut witnesses = Vec::new();
    for url in section.texts("witnesses") {
        witnesses.extend(section.address("witnesses", Some(url)));
    }
    section.end();
    let policy = policy.and_then(|path| {
        let read = read_policy(&path).and_then(|policy| {
            let bytes = crate::cli::read_bytes(&path, crate::cli::TEXT_BYTES_MAX)?;
            Ok((policy, bytes))
        });
        read.map_err(|failure| troubles.extend(failure.troubles))
            .ok()
    });
    let (policy, policy_bytes) = policy?;
    Some(LedgerSettings {
        name: name?,
        url: address?.as_str().to_owned(),
        policy,
        policy_bytes,
        silence_s,
        witnesses,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("monitor.toml");
        let text = "every_s = 0\nwat = 1\n[[ledger]]\nname = \"a/b\"\nurl = \"ledger\"\npolicy = \"none.policy\"\n\
                    [watch]\nbrands = \"x\"\norganisations = [\"Not A Name\"]\nkey_events = 1\n[alert]\ncommand = []\n";
        std::fs::write(&file, text).unwrap();
        let failure = read(&file).unwrap_err();
        let places: Vec<&str> = failure
            .troubles
            .iter()
            .map(|it| it.place.as_str())
            .collect();
        for place in [
            "dir",
            "every_s",
            "wat",
            "watch.brands",
            "watch.organisations",
            "watch.key_events",
            "alert.command",
            "ledger[1].name",
            "ledger[1].url",
        ] {
            assert!(places.contains(&place), "{place}: {places:?}");
        }
        assert!(
            places.iter().any(|place| place.ends_with("none.policy")),
            "{places:?}"
        );
        assert_eq!(failure.outcome, Outcome::Usage);
    }
}
