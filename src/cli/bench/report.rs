//! What was measured, beside its limits, for a person and for a program.

use std::time::Duration;

use serde_json::{Value, json};

use super::Arguments;
use super::greedy::Beside;
use super::load::Measured;
use super::machine::Sync;
use crate::output::Report;

/// All that a run measured.
#[derive(Debug)]
pub(super) struct Figures {
    /// The ledger.
    pub(super) measured: Measured,
    /// The ledger again, while others were greedy.
    pub(super) beside: Option<Beside>,
    /// How many signatures all cores check in a second, where signatures matter.
    pub(super) verifications_a_second: Option<f64>,
    /// The same requests to the bare service.
    pub(super) bare: Measured,
    /// Small writes with their syncs, where they were asked for.
    pub(super) sync: Option<Sync>,
}

/// The figures of both answers.
struct Rates {
    ours: f64,
    /// Of the bare calls.
    bare: f64,
    /// Of records by the signatures they need, where signatures matter.
    checks: Option<f64>,
    signatures: u8,
}

impl Rates {
    fn of(arguments: &Arguments, figures: &Figures) -> Self {
        let count = f64::from(arguments.records.get());
        let rate = |measured: &Measured| count / measured.took.as_secs_f64();
        let signatures = if arguments.countersign.is_some() {
            2
        } else {
            1
        };
        let checks = figures.verifications_a_second;
        Self {
            ours: rate(&figures.measured),
            bare: rate(&figures.bare),
            checks: checks.map(|limit| limit / f64::from(signatures)),
            signatures,
        }
    }
}

/// What is counted: records are appended, proofs are read.
const fn counted(arguments: &Arguments) -> &'static str {
    if arguments.calls.appends() {
        "records"
    } else {
        "proofs"
    }
}

/// The report; the sizes are those before and after.
pub(super) fn write(arguments: &Arguments, figures: &Figures, sizes: [u64; 2]) -> Report {
    let rates = Rates::of(arguments, figures);
    let text = lines(arguments, figures, &rates, sizes).join("\n");
    Report::done(text, value(arguments, figures, &rates, sizes))
}

fn lines(
    arguments: &Arguments,
    figures: &Figures,
    rates: &Rates,
    [before, after]: [u64; 2],
) -> Vec<String> {
    let (count, what) = (arguments.records, counted(arguments));
    let (clients, calls) = (arguments.clients, arguments.calls.as_str());
    let (each, waited) = if arguments.calls.appends() {
        let (bytes, signatures) = (arguments.bytes, rates.signatures);
        let each = format!("; {bytes} bytes and {signatures} signature(s) each");
        (each, "time to a proof")
    } else {
        (String::new(), "time to an answer")
    };
    let ours = rates.ours;
    let limit = |limit: f64| {
        format!(
            "{limit:.0} a second, in this run; ratio {:.2}",
            ours / limit
        )
    };
    let mut lines = vec![
        format!("{count} {what}, {clients} client(s), {calls}{each}"),
        line("answered", &format!("{ours:.0} a second")),
    ];
    let checks = rates.checks.map(limit);
    lines.extend(checks.map(|checks| line("bare verification", &checks)));
    lines.push(line("bare calls", &limit(rates.bare)));
    lines.push(line(waited, &waits(&figures.measured)));
    lines.push(line("of a bare call", &waits(&figures.bare)));
    let sync = figures.sync;
    let sync = sync.map(|sync| format!("p50 {}  p99 {}", ms(sync.p50), ms(sync.p99)));
    lines.extend(sync.map(|sync| line("a write and its sync", &sync)));
    if let Some(beside) = &figures.beside {
        lines.extend(beside_lines(&figures.measured, beside));
    }
    lines.push(line("ledger", &format!("from {before} to {after} entries")));
    lines
}

fn value(
    arguments: &Arguments,
    figures: &Figures,
    rates: &Rates,
    [before, after]: [u64; 2],
) -> Value {
    let (ours, bare) = (rates.ours, rates.bare);
    let mut value = json!({
        "calls": arguments.calls.as_str(),
        counted(arguments): arguments.records,
        "clients": arguments.clients,
        "per_s": ours,
        "wait_us": waits_json(&figures.measured),
        "bare_calls": { "per_s": bare, "ratio": ours / bare, "wait_us": waits_json(&figures.bare) },
        "size_before": before,
        "size_after": after,
    });
    if arguments.calls.appends() {
        value["payload_bytes"] = json!(arguments.bytes);
        value["signatures"] = json!(rates.signatures);
    }
    if let Some(checks) = rates.checks {
        value["bare_verification"] = json!({ "per_s": checks, "ratio": ours / checks });
    }
    if let Some(beside) = &figures.beside {
        value["beside"] = json!({
            "clients": beside.clients,
            "records_per_s": beside.rate,
            "to_the_end": beside.to_the_end,
            "wait_us": waits_json(&beside.measured),
        });
    }
    if let Some(sync) = figures.sync {
        value["sync_us"] = json!({ "p50": micros(sync.p50), "p99": micros(sync.p99) });
    }
    value
}

/// What the greedy did to the waiting time of the others.
fn beside_lines(alone: &Measured, beside: &Beside) -> Vec<String> {
    let times = |per_mille| {
        let alone = alone.percentile(per_mille);
        let beside = beside.measured.percentile(per_mille);
        let ratio = beside.as_secs_f64() / alone.as_secs_f64();
        format!("{} ({ratio:.2} times)", ms(beside))
    };
    let (clients, rate) = (beside.clients, beside.rate);
    let greedy = format!(
        "{clients} client(s) of another organisation, {rate:.0} records a second of theirs"
    );
    let waited = format!("p50 {}  p99 {}", times(500), times(990));
    let mut lines = vec![
        line("beside the greedy", &greedy),
        line(" time to a proof", &waited),
    ];
    if !beside.to_the_end {
        let short =
            "the greedy had sent everything before the end: give them more with --greedy-records";
        lines.push(line("", short));
    }
    lines
}

fn line(name: &str, value: &str) -> String {
    format!("  {name:<21}{value}")
}

const PARTS: [(&str, usize); 4] = [
    ("p50", 500),
    ("p99", 990),
    ("p99.9", 999),
    ("longest", 1_000),
];

fn waits(measured: &Measured) -> String {
    let parts = PARTS.map(|(name, part)| format!("{name} {}", ms(measured.percentile(part))));
    parts.join("  ")
}

fn waits_json(measured: &Measured) -> Value {
    let parts = PARTS.map(|(name, part)| {
        let name = name.replace('.', "_");
        (name, micros(measured.percentile(part)))
    });
    json!(std::collections::BTreeMap::from(parts))
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
