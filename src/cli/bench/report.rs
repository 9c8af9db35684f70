//! What was measured, beside its limits, for a person and for a program.

use std::time::Duration;

use serde_json::{Value, json};

use super::Arguments;
use super::load::Measured;
use super::machine::Sync;
use crate::output::Report;

/// All that a run measured.
#[derive(Debug)]
pub(super) struct Figures {
    /// The ledger.
    pub(super) measured: Measured,
    /// How many signatures all cores check in a second, where signatures matter.
    pub(super) verifications_a_second: Option<f64>,
    /// The same requests to the bare service.
    pub(super) bare: Measured,
    /// Small writes with their syncs, where they were asked for.
    pub(super) sync: Option<Sync>,
}

/// The report; the sizes are those before and after.
pub(super) fn write(arguments: &Arguments, figures: &Figures, [before, after]: [u64; 2]) -> Report {
    let count = arguments.records.get();
    let appends = arguments.calls.appends();
    let what = if appends { "records" } else { "proofs" };
    let signatures = if arguments.countersign.is_some() {
        2
    } else {
        1
    };
    let rate = |measured: &Measured| f64::from(count) / measured.took.as_secs_f64();
    let (ours, bare) = (rate(&figures.measured), rate(&figures.bare));
    // A record needs all its signatures.
    let checks = figures.verifications_a_second;
    let checks = checks.map(|limit| limit / f64::from(signatures));

    let each = if appends {
        let bytes = arguments.bytes;
        format!("; {bytes} bytes and {signatures} signature(s) each")
    } else {
        String::new()
    };
    let (clients, calls) = (arguments.clients, arguments.calls.as_str());
    let waited = if appends {
        "time to a proof"
    } else {
        "time to an answer"
    };
    let mut lines = vec![
        format!("{count} {what}, {clients} client(s), {calls}{each}"),
        line("answered", &format!("{ours:.0} a second")),
    ];
    let limit = |limit: f64| {
        format!(
            "{limit:.0} a second, in this run; ratio {:.2}",
            ours / limit
        )
    };
    lines.extend(checks.map(|checks| line("bare verification", &limit(checks))));
    lines.push(line("bare calls", &limit(bare)));
    lines.push(line(waited, &waits(&figures.measured)));
    lines.push(line("of a bare call", &waits(&figures.bare)));
    let sync = figures
        .sync
        .map(|sync| format!("p50 {}  p99 {}", ms(sync.p50), ms(sync.p99)));
    lines.extend(sync.map(|sync| line("a write and its sync", &sync)));
    lines.push(line("ledger", &format!("from {before} to {after} entries")));

    let mut value = json!({
        "calls": arguments.calls.as_str(),
        what: count,
        "clients": arguments.clients,
        "per_s": ours,
        "wait_us": waits_json(&figures.measured),
        "bare_calls": { "per_s": bare, "ratio": ours / bare, "wait_us": waits_json(&figures.bare) },
        "size_before": before,
        "size_after": after,
    });
    if appends {
        value["payload_bytes"] = json!(arguments.bytes);
        value["signatures"] = json!(signatures);
    }
    if let Some(checks) = checks {
        value["bare_verification"] = json!({ "per_s": checks, "ratio": ours / checks });
    }
    if let Some(sync) = figures.sync {
        value["sync_us"] = json!({ "p50": micros(sync.p50), "p99": micros(sync.p99) });
    }
    Report::done(lines.join("\n"), value)
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
