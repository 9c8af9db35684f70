//! `records devices`: for each device which of its numbers are in the ledger, which are missing, and which it gave twice.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Value, json};
use witnessmark_bundle::{AuditOptions, DeviceFacts, LedgerContents, NumberedFacts, SeenFacts};
use witnessmark_record::instant;
use witnessmark_thread::devices::{Device, Devices, Numbered};
use witnessmark_verifier::KeyId;

use crate::cli::{LedgerOptions, audit, verdict_report};
use crate::output::{Failure, Output, Report, plain};

/// Places or numbers that a line names; `--json` has all of them.
const LISTED_MAX: usize = 20;

/// Show what each device numbered.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark records devices --from http://127.0.0.1:7480 --policy trust.policy
  witnessmark records devices --from export --policy trust.policy --full

The whole ledger is checked as `audit` does it first. The device of a record is the key of its first \
signature by a key with the role record. Missing numbers may still be on the device, may be lost, \
or may be withheld; a number that was given twice shows a key in two places, or a device that was \
set back.")]
pub(in crate::cli) struct Arguments {
    /// The address of a running ledger, or the folder of an export.
    #[arg(long, value_name = "URL|DIR")]
    from: String,
    #[command(flatten)]
    ledger: LedgerOptions,
    /// List every record with its times too.
    #[arg(long)]
    full: bool,
}

/// Shows the devices. A ledger that does not verify is a report.
///
/// # Errors
///
/// When the ledger cannot be read.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let options = AuditOptions {
        details: true,
        ..AuditOptions::default()
    };
    let verdict = audit::judge(&arguments.from, &arguments.ledger, &options, output).await?;
    let (true, Some(contents)) = (verdict.word.is_positive(), &verdict.contents) else {
        return Ok(verdict_report(&verdict));
    };
    let view = View::of(contents);
    let size = contents.entries;
    let mut lines = vec![format!(
        "devices of a verified ledger of {size} entries: {} that may sign records",
        view.facts.len()
    )];
    for facts in &view.facts {
        lines.push(String::new());
        lines.extend(view.text(facts, arguments.full));
    }
    let devices: Vec<Value> = view.facts.iter().map(|facts| view.json(facts)).collect();
    let origin = verdict.ledger.as_ref().map(|ledger| &ledger.origin);
    let json = json!({ "size": size, "origin": origin, "devices": devices });
    Ok(Report::done(plain(&lines.join("\n")), json))
}

/// What an audit has found of the devices.
struct View<'a> {
    /// Each key once, in the order of the key.
    facts: Vec<&'a DeviceFacts>,
    devices: Devices,
    /// By place.
    numbered: BTreeMap<u64, &'a NumberedFacts>,
    seen: HashMap<u64, &'a SeenFacts>,
}

impl<'a> View<'a> {
    fn of(contents: &'a LedgerContents) -> Self {
        let mut devices = Devices::default();
        for record in &contents.numbered {
            devices.push(&Numbered {
                key: record.key_id,
                index: record.index,
                id: record.record_id,
                seq: record.seq,
                previous: record.previous,
            });
        }
        let facts: BTreeMap<KeyId, &DeviceFacts> =
            contents.devices.iter().map(|it| (it.key_id, it)).collect();
        Self {
            facts: facts.into_values().collect(),
            devices,
            numbered: contents.numbered.iter().map(|it| (it.index, it)).collect(),
            seen: contents.seen.iter().map(|it| (it.index, it)).collect(),
        }
    }

    fn device(&self, facts: &DeviceFacts) -> Option<&Device> {
        self.devices.get(&facts.key_id)
    }

    fn text(&self, facts: &DeviceFacts, full: bool) -> Vec<String> {
        let label = facts.label.as_ref().map(|it| format!(", called {it}"));
        let mut lines = vec![format!(
            "key {} of {}{}",
            facts.key_id,
            facts.organisation,
            label.unwrap_or_default()
        )];
        let Some((device, (first, last))) =
            self.device(facts).and_then(|it| Some((it, it.span()?)))
        else {
            lines.push("  no numbered record".to_owned());
            return lines;
        };
        lines.push(format!(
            "  numbers {first} to {last}, records: {}",
            device.len()
        ));
        let missing = device.missing();
        if !missing.is_empty() {
            lines.push(format!(
                "  MISSING: {} ({} in all): still on the device, lost, or withheld",
                ranges(&missing),
                count(&missing)
            ));
        }
        lines.extend(Forks::of(device).text());
        let late = device.late();
        if !late.is_empty() {
            lines.push(format!(
                "  note: logged after a higher number: {}",
                entries(&late)
            ));
        }
        lines.extend(self.bounds(device));
        if full {
            lines.extend(device.records().map(|(seq, at)| self.record(seq, at)));
        }
        lines
    }

    /// How many of the records name a checkpoint, and what does not fit.
    fn bounds(&self, device: &Device) -> Vec<String> {
        let seen = device.records().filter_map(|(_, at)| self.seen.get(&at));
        let (mut good, mut lines) = (0, Vec::new());
        for seen in seen {
            good += usize::from(seen.not_before.is_some());
            if let Some(problem) = &seen.problem {
                lines.push(format!("  WARNING: entry {}: {problem}", seen.index));
            }
        }
        if good > 0 {
            lines.push(format!(
                "  signed no earlier than a checkpoint of this ledger: {good} of {}",
                device.len()
            ));
        }
        lines
    }

    fn record(&self, seq: u64, at: u64) -> String {
        let times = self.numbered.get(&at).map_or_else(String::new, |it| {
            let (signed, registered) = (instant(it.signed_at), instant(it.registered_at));
            format!("signed {signed} by its own clock, registered {registered}")
        });
        let bound = self.seen.get(&at).map_or_else(String::new, |seen| {
            let bound = seen.not_before.map_or_else(
                || "which this ledger never had".to_owned(),
                |time| format!("so no earlier than {}", instant(time)),
            );
            format!(", signed after checkpoint of size {}, {bound}", seen.size)
        });
        format!("    number {seq}: entry {at}, {times}{bound}")
    }

    fn json(&self, facts: &DeviceFacts) -> Value {
        let none = Device::default();
        let device = self.device(facts).unwrap_or(&none);
        let forks = Forks::of(device);
        let missing = device.missing();
        let ends: Vec<[u64; 2]> = missing.iter().map(|it| [*it.start(), *it.end()]).collect();
        let records: Vec<Value> = device
            .records()
            .map(|(seq, at)| self.record_json(seq, at))
            .collect();
        json!({
            "key_id": facts.key_id.to_string(),
            "organisation": facts.organisation,
            "label": facts.label,
            "first": device.span().map(|(first, _)| first),
            "last": device.span().map(|(_, last)| last),
            "count": device.len(),
            "missing": ends,
            "missing_count": count(&missing),
            "same_number": forks.doubled.iter()
                .map(|(seq, places)| json!({ "number": seq, "entries": places }))
                .collect::<Vec<_>>(),
            "same_previous": forks.forked.iter()
                .map(|(id, places)| json!({ "previous": id, "entries": places }))
                .collect::<Vec<_>>(),
            "not_after_the_number_before": forks.broken,
            "out_of_order": device.late(),
            "records": records,
        })
    }

    fn record_json(&self, seq: u64, at: u64) -> Value {
        let numbered = self.numbered.get(&at);
        let seen = self.seen.get(&at);
        json!({
            "number": seq,
            "index": at,
            "record_id": numbered.map(|it| it.record_id.to_string()),
            "signed_at": numbered.map(|it| it.signed_at),
            "registered_at": numbered.map(|it| it.registered_at),
            "seen_size": seen.map(|it| it.size),
            "not_before": seen.and_then(|it| it.not_before),
            "warning": seen.and_then(|it| it.problem.as_ref()),
        })
    }
}

/// The traces of a key that is in two places, or of a device that was set back.
struct Forks {
    doubled: Vec<(u64, Vec<u64>)>,
    forked: Vec<(String, Vec<u64>)>,
    broken: Vec<u64>,
}

impl Forks {
    fn of(device: &Device) -> Self {
        let forked = device.forked().into_iter();
        Self {
            doubled: device.doubled(),
            forked: forked
                .map(|(id, places)| (id.to_string(), places))
                .collect(),
            broken: device.broken(),
        }
    }

    fn text(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (seq, places) in self.doubled.iter().take(LISTED_MAX) {
            lines.push(format!(
                "  FORK: number {seq} was given to {}",
                entries(places)
            ));
        }
        for (id, places) in self.forked.iter().take(LISTED_MAX) {
            lines.push(format!(
                "  FORK: record {id} is followed by {}",
                entries(places)
            ));
        }
        if !self.broken.is_empty() {
            lines.push(format!(
                "  FORK: not after the record with the number before: {}",
                entries(&self.broken)
            ));
        }
        if !lines.is_empty() {
            lines.push(
                "  two devices use this key, or the device was set back: find out which, and revoke a key that was \
                 copied"
                    .to_owned(),
            );
        }
        lines
    }
}

fn count(missing: &[RangeInclusive<u64>]) -> u64 {
    let lengths = missing.iter().map(|it| it.end().abs_diff(*it.start()));
    lengths.fold(0, |sum, length| {
        sum.saturating_add(length.saturating_add(1))
    })
}

fn ranges(missing: &[RangeInclusive<u64>]) -> String {
    listed(missing.iter().map(|it| match (it.start(), it.end()) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start} to {end}"),
    }))
}

fn entries(places: &[u64]) -> String {
    let word = if places.len() == 1 {
        "entry"
    } else {
        "entries"
    };
    format!("{word} {}", listed(places.iter()))
}

fn listed<T: Display>(items: impl ExactSizeIterator<Item = T>) -> String {
    let more = items.len().saturating_sub(LISTED_MAX);
    let shown: Vec<String> = items.take(LISTED_MAX).map(|it| it.to_string()).collect();
    let shown = shown.join(", ");
    if more == 0 {
        shown
    } else {
        format!("{shown} and {more} more")
    }
}
