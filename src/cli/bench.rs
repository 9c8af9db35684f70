//! `bench`: how fast a running ledger answers, beside what this machine could do at most.

mod echo;
mod greedy;
mod load;
mod machine;
mod proofs;
mod records;
mod report;

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

use witnessmark_client::EntrySelector;
use witnessmark_verifier::{OrgName, VerifiedCheckpoint};

use super::{LedgerOptions, client_trouble, connect};
use crate::output::{Failure, Output, Report, Trouble};

use echo::Echo;
use greedy::Greedy;
use load::{Calls, Load, Requests};
use records::Order;
use report::Figures;

/// How many entries are fetched again at the end, with their proofs checked.
const SAMPLES: usize = 16;

/// The smallest payload: a statement that says only what each has to say, with the digest of the record before it, and names of the
/// usual length.
const PAYLOAD_BYTES_MIN: u32 = 256;

/// The largest payload: half of what a record may have.
const PAYLOAD_BYTES_MAX: u32 = 32_768;

/// Measure how fast a ledger takes records, or proves them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark bench --to http://127.0.0.1:7480 --policy trust.policy --org field-team --key device.key
  witnessmark bench --to http://127.0.0.1:7480 --policy trust.policy --calls inclusion --disk /var/lib/witnessmark

The records are invented examples, and stay in the ledger for ever: use a ledger made for this. They \
are signed before the clock starts. Answers are not verified while it runs, so that the load costs little; \
some of the entries are fetched and verified at the end. Beside the result stands what this machine can do at \
most, measured in the same run: bare signature checks on all cores, the same calls to a service that answers at once with as \
many bytes, and with --disk a small write with its sync.")]
pub(super) struct Arguments {
    /// The ledger's address.
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    ledger: LedgerOptions,
    /// The organisation that signs the records.
    #[arg(long, value_name = "NAME", value_parser = OrgName::parse)]
    org: Option<OrgName>,
    /// A key of the organisation that may sign records. It counts its records as every device does. Repeat it for several
    /// devices.
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// A second key that signs each record as well.
    #[arg(long, value_name = "FILE")]
    countersign: Option<PathBuf>,
    /// How many records, or proofs.
    #[arg(long, value_name = "N", default_value = "10000")]
    records: NonZeroU32,
    /// How long the payload of each record is, in bytes.
    #[arg(long, value_name = "N", default_value = "1024", value_parser = clap::value_parser!(u32).range(i64::from(PAYLOAD_BYTES_MIN)..=i64::from(PAYLOAD_BYTES_MAX)))]
    bytes: u32,
    /// How many call at once, each over a connection of its own.
    #[arg(long, value_name = "N", default_value = "8")]
    clients: NonZeroU16,
    /// What is measured.
    #[arg(long, value_enum, default_value = "stream")]
    calls: Calls,
    /// How many records a stream sends before the first has its answer.
    #[arg(long, value_name = "N", default_value = "256")]
    in_flight: NonZeroU16,
    /// A folder on the ledger's disk, in which a small file is written, synced and removed.
    #[arg(long, value_name = "DIR")]
    disk: Option<PathBuf>,
    #[command(flatten)]
    greedy: greedy::Arguments,
}

impl Arguments {
    /// Who signs, and with what.
    ///
    /// # Errors
    ///
    /// When that was not given.
    fn signers(&self) -> Result<&OrgName, Failure> {
        let missing = match &self.org {
            None => "--org",
            Some(_) if self.key.is_empty() => "--key",
            Some(org) => return Ok(org),
        };
        let wrong = format!("{missing} is missing; records are signed by an organisation's keys");
        Err(Failure::usage(Trouble::new("USAGE", "", wrong)))
    }
}

/// Makes the requests, sends them, and says how long it took.
///
/// # Errors
///
/// When the keys cannot be used, the ledger refuses a call, or what it has logged does not verify.
pub(super) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let ledger = &arguments.ledger;
    if arguments.calls.appends() {
        arguments.signers()?;
    }
    let client = connect(&arguments.to, &ledger.policy, ledger.memory()).await?;
    let before = client.checkpoint().await.map_err(client_trouble)?;
    let prepared = prepare(arguments, &before, output)?;
    let sync = arguments.disk.as_deref().map(machine::syncs).transpose()?;
    let load = Load::new(&arguments.to, arguments.clients);
    let measured = load::run(&load, prepared.requests.clone()).await?;
    let beside = match prepared.greedy {
        Some((greedy, again)) => Some(greedy.beside(&load, again).await?),
        None => None,
    };

    // What was measured is worth nothing if the entries are not there.
    for sample in prepared.samples {
        let logged = client.entry(sample).await;
        logged.map_err(client_trouble)?;
    }
    let after = client.checkpoint().await.map_err(client_trouble)?;

    let echo = Echo::start(measured.answer.clone()).await?;
    let bare = load::run(&Load::new(&echo.url, arguments.clients), prepared.requests).await?;
    let figures = Figures {
        measured,
        beside,
        verifications_a_second: prepared.verifications_a_second,
        bare,
        sync,
    };
    let sizes = [&before, &after].map(|checkpoint| checkpoint.head().size.get());
    Ok(report::write(arguments, &figures, sizes))
}

/// What is sent, and what is fetched again afterwards.
struct Prepared {
    requests: Requests,
    samples: Vec<EntrySelector>,
    /// The greedy, and what the others send beside them.
    greedy: Option<(Greedy, Requests)>,
    /// Of records: how many of their signatures all cores check in a second.
    verifications_a_second: Option<f64>,
}

/// Makes what is sent, before the clock starts.
fn prepare(
    arguments: &Arguments,
    before: &VerifiedCheckpoint,
    output: &Output,
) -> Result<Prepared, Failure> {
    if !arguments.calls.appends() {
        return proofs::questions(arguments, before.head().size);
    }
    // Whoever is measured twice submits other records the second time.
    let count = arguments.records.get();
    let twice = arguments.greedy.count() > 0;
    let total = count.saturating_mul(if twice { 2 } else { 1 });
    let signed = u64::from(total).saturating_add(arguments.greedy.count());
    let bar = output.progress(signed, "signing");
    let order = Order {
        org: arguments.signers()?,
        keys: &arguments.key,
        countersign: arguments.countersign.as_deref(),
        records: total,
        bytes: arguments.bytes,
    };
    let (made, keys) = records::make(&order, before.origin(), &bar)?;
    let greedy = arguments.greedy.make(before.origin(), &bar)?;
    bar.finish_and_clear();
    let verifications_a_second = Some(machine::verifications_a_second(&made, &keys)?);
    let step = made.len().div_ceil(SAMPLES).max(1);
    let taken = made.iter().take(usize::try_from(count).map_err(broken)?);
    let samples = taken
        .step_by(step)
        .map(|record| EntrySelector::RecordId(record.id));
    let samples = samples.collect();
    let mut records: Vec<_> = made.into_iter().map(|record| record.sent).collect();
    let again = records.split_off(usize::try_from(count).map_err(broken)?);
    let requests = |records| match arguments.calls {
        Calls::Unary => Requests::Unary(records),
        Calls::Stream | Calls::Inclusion | Calls::Consistency => {
            Requests::Stream(records, usize::from(arguments.in_flight.get()))
        }
    };
    Ok(Prepared {
        requests: requests(records),
        samples,
        greedy: greedy.map(|greedy| (greedy, requests(again))),
        verifications_a_second,
    })
}

/// Something that only a mistake of this program, or a machine without threads, brings about.
fn broken(what: impl std::fmt::Display) -> Failure {
    Failure::cannot_tell(Trouble::new("BENCH", "", what))
}
