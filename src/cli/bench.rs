//! `bench`: how fast a running ledger takes records, beside what this machine could do at most.

mod greedy;
mod load;
mod machine;
mod records;

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use witnessmark_client::EntrySelector;
use witnessmark_verifier::OrgName;

use super::{LedgerOptions, client_trouble, connect};
use crate::output::{Failure, Output, Report, Trouble};

use greedy::Beside;
use load::{Calls, Load, Measured};
use records::Order;

/// How many records are fetched again at the end, with their proofs checked.
const SAMPLES: usize = 16;

/// The smallest payload that the example of a record fits into.
const PAYLOAD_BYTES_MIN: u32 = 768;

/// Measure how fast a ledger takes records.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  witnessmark bench --to http://127.0.0.1:7480 --policy trust.policy --org field-team --key device.key

The records are invented examples, and stay in the ledger for ever: use a ledger made for this. They \
are signed before the clock starts. Answers are not verified while it runs, so that the load costs little; \
some of the records are fetched and verified at the end. Beside the result stands what bare signature checks \
on all cores of this machine reach in the same run.")]
pub(super) struct Arguments {
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    ledger: LedgerOptions,
    /// The organisation that signs.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: OrgName,
    /// A key of the organisation that may sign records. It counts its records as every device does. Repeat it for several
    /// devices.
    #[arg(long, value_name = "FILE", required = true)]
    key: Vec<PathBuf>,
    /// A second key that signs each record as well.
    #[arg(long, value_name = "FILE")]
    countersign: Option<PathBuf>,
    /// How many records.
    #[arg(long, value_name = "N", default_value = "10000")]
    records: NonZeroU32,
    /// How long the payload of each is, in bytes.
    #[arg(long, value_name = "N", default_value = "1024", value_parser = clap::value_parser!(u32).range(i64::from(PAYLOAD_BYTES_MIN)..=60_000))]
    bytes: u32,
    /// How many submit at once, each over a connection of its own.
    #[arg(long, value_name = "N", default_value = "8")]
    clients: NonZeroU16,
    /// How they submit: all in one stream, or a call for each record.
    #[arg(long, value_enum, default_value = "stream")]
    calls: Calls,
    /// How many records a stream sends before the first has its answer.
    #[arg(long, value_name = "N", default_value = "256")]
    in_flight: NonZeroU16,
    #[command(flatten)]
    greedy: greedy::Arguments,
}

/// Makes the records, submits them, and says how long it took.
///
/// # Errors
///
/// When the keys cannot be used, the ledger refuses a record, or what it has logged does not verify.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let ledger = &arguments.ledger;
    let client = connect(&arguments.to, &ledger.policy, ledger.memory()).await?;
    let before = client.checkpoint().await.map_err(client_trouble)?;
    // Whoever is measured twice submits other records the second time.
    let count = arguments.records.get();
    let twice = arguments.greedy.count() > 0;
    let total = count.saturating_mul(if twice { 2 } else { 1 });
    let signed = u64::from(total).saturating_add(arguments.greedy.count());
    let bar = output.progress(signed, "signing");
    let order = Order {
        org: &arguments.org,
        keys: &arguments.key,
        countersign: arguments.countersign.as_deref(),
        records: total,
        bytes: arguments.bytes,
    };
    let (made, keys) = records::make(&order, before.origin(), &bar)?;
    let greedy = arguments.greedy.make(before.origin(), &bar)?;
    bar.finish_and_clear();
    let limit = machine::verifications_a_second(&made, &keys)?;
    let mut first: Vec<_> = made.iter().map(|record| record.sent.clone()).collect();
    let second = first.split_off(usize::try_from(count).map_err(broken)?);
    let load = Load {
        to: arguments.to.clone(),
        clients: arguments.clients,
        calls: arguments.calls,
        in_flight: arguments.in_flight,
        answered: Arc::default(),
    };
    let measured = load::run(&load, first).await?;
    let beside = match greedy {
        Some(greedy) => Some(greedy.beside(&load, second).await?),
        None => None,
    };

    // What was measured is worth nothing if the records are not there.
    let step = made.len().div_ceil(SAMPLES).max(1);
    for record in made.iter().step_by(step) {
        let logged = client.entry(EntrySelector::RecordId(record.id)).await;
        logged.map_err(client_trouble)?;
    }
    let after = client.checkpoint().await.map_err(client_trouble)?;
    Ok(report(
        arguments,
        (&measured, beside.as_ref()),
        limit,
        (before.head().size.get(), after.head().size.get()),
    ))
}

fn report(
    arguments: &Arguments,
    (measured, beside): (&Measured, Option<&Beside>),
    limit: f64,
    (before, after): (u64, u64),
) -> Report {
    let records = arguments.records.get();
    let rate = f64::from(records) / measured.took.as_secs_f64();
    let [p50, p99, p999, most] = [500, 990, 999, 1_000].map(|part| measured.percentile(part));
    let signatures = if arguments.countersign.is_some() {
        2
    } else {
        1
    };
    // A record needs all its signatures.
    let roof = limit / f64::from(signatures);
    let text = format!(
        "{records} records of {} bytes, {} signature(s) each, {} client(s), {}\n\
         \x20 taken               {rate:.0} records/s\n\
         \x20 bare verification   {roof:.0} records/s on all cores of this machine, in this run\n\
         \x20 ratio               {:.2}\n\
         \x20 time to a proof     p50 {}  p99 {}  p99.9 {}  longest {}\n\
         \x20 ledger              from {before} to {after} entries",
        arguments.bytes,
        signatures,
        arguments.clients,
        arguments.calls.as_str(),
        rate / roof,
        ms(p50),
        ms(p99),
        ms(p999),
        ms(most),
    );
    let text = match beside {
        Some(beside) => format!("{text}\n{}", beside_text(measured, beside)),
        None => text,
    };
    Report::done(
        text,
        json!({
            "records": records,
            "payload_bytes": arguments.bytes,
            "signatures": signatures,
            "clients": arguments.clients,
            "calls": arguments.calls.as_str(),
            "records_per_s": rate,
            "verification_records_per_s": roof,
            "ratio": rate / roof,
            "time_to_proof_us": { "p50": micros(p50), "p99": micros(p99), "p99_9": micros(p999), "max": micros(most) },
            "size_before": before,
            "size_after": after,
            "beside": beside.map(|beside| json!({
                "clients": beside.clients,
                "records_per_s": beside.rate,
                "to_the_end": beside.to_the_end,
                "time_to_proof_us": {
                    "p50": micros(beside.measured.percentile(500)),
                    "p99": micros(beside.measured.percentile(990)),
                },
            })),
        }),
    )
}

/// What the greedy did to the waiting time of the others.
fn beside_text(alone: &Measured, beside: &Beside) -> String {
    let times = |per_mille| {
        let (alone, beside) = (
            alone.percentile(per_mille),
            beside.measured.percentile(per_mille),
        );
        let ratio = beside.as_secs_f64() / alone.as_secs_f64();
        format!("{} ({ratio:.2} times)", ms(beside))
    };
    let short = if beside.to_the_end {
        ""
    } else {
        "\n\x20 the greedy had nothing more to send before the end: give them more with --greedy-records"
    };
    format!(
        "beside {} greedy client(s) of another organisation, {:.0} records/s of theirs\n\
         \x20 time to a proof     p50 {}  p99 {}{short}",
        beside.clients,
        beside.rate,
        times(500),
        times(990),
    )
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

/// Something that only a mistake of this program, or a machine without threads, brings about.
fn broken(what: impl std::fmt::Display) -> Failure {
    Failure::cannot_tell(Trouble::new("BENCH", "", what))
}
