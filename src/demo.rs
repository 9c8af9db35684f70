//! The demonstration: the whole product at work on 60 public records, with nothing left out and nothing pretended.

mod cast;
mod evidence;
mod host;
mod place;
mod show;
mod transcribe;

use std::path::PathBuf;

use serde_json::{Value, json};
use witnessmark_client::{Client, LoggedEntry};

use crate::cli;
use crate::output::{Failure, Outcome, Output, Report, Trouble};

use evidence::DemoRecord;
use host::Host;
use place::Place;

/// Show everything on 60 public records.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark demo
  witnessmark demo --dir demo --keep-serving

Run again on the same folder, it continues: keys and signed records are kept as files and \
submitted again, and the ledger finds that it has them.")]
pub(crate) struct Arguments {
    /// The folder to work in; a temporary one when left out.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Leave the server running afterwards, until Ctrl-C.
    #[arg(long)]
    keep_serving: bool,
}

/// The ledger's name. `example` is reserved, so nobody can take it for a real one.
const ORIGIN: &str = "demo.witnessmark.example/ledger";

/// The record that the bundle is made for.
const PROVED: &str = "wreck-khk-car";

/// Runs the demonstration.
///
/// # Errors
///
/// When a step does not end as it must.
pub(crate) async fn run(arguments: &Arguments, output: &Output) -> Result<Report, Failure> {
    let place = Place::prepare(arguments.dir.as_deref())?;
    introduce(&place, output);

    let host = Host::start(&place, output).await?;
    let client = cli::connect(host.url(), &place.policy(), cli::Memory::Off).await?;
    output.say(format!(
        "\n2. A real server listens on {} and speaks gRPC",
        host.url()
    ));

    let organisations = cast::gather(&place)?;
    cast::admit(&client, &organisations, &place, output).await?;
    let records = evidence::sign_all(&place, &organisations, output)?;
    submit_all(&client, &records, output).await?;

    let bundle = show::prove(&client, &records, &place, output).await?;
    let refused = show::change_one_byte(&bundle, &place, output)?;

    if arguments.keep_serving {
        output.say("\n9. The server keeps running, so the log is exported from it");
        cli::export_running(&client, &place.export(), output).await?;
        let audit = show::audit(&place, output)?;
        conclude(&place, output);
        return host
            .keep(summary(&place, &bundle, &refused, &audit), output)
            .await;
    }
    drop(client);
    host.stop().await?;
    output.say("\n9. The server has stopped, and the log is exported from its folder");
    cli::export_folder(&place.ledger(), &place.export(), output)?;
    let audit = show::audit(&place, output)?;
    conclude(&place, output);
    Ok(Report::done("", summary(&place, &bundle, &refused, &audit)))
}

fn introduce(place: &Place, output: &Output) {
    output.say(format!(
        "Witnessmark demonstration in {}",
        place.folder().display()
    ));
    if place.is_temporary() {
        output
            .say("(a temporary folder, because no --dir was given; it stays until you remove it)");
    }
    output.say(
        "The data is a transcription of public reports, each with its source. It is signed by\n\
         demonstration organisations only: not by the bodies that made the statements.",
    );
    if place.is_continued() {
        output.say(
            "The folder holds an earlier demonstration: this run continues it and loses nothing.",
        );
    }
}

/// Two batches, and then the first one again.
async fn submit_all(
    client: &Client,
    records: &[DemoRecord],
    output: &Output,
) -> Result<(), Failure> {
    let (first, second) = records.split_at(records.len() / 2);
    output.say("\n5. The records are submitted in two batches; the client verifies every answer");
    for (name, batch) in [("first", first), ("second", second)] {
        let logged = submit(client, batch).await?;
        tell(name, &logged, output);
    }
    let before = client.checkpoint().await.map_err(cli::client_trouble)?;
    output.say("\n6. The first batch is submitted once more, as after a broken connection");
    let again = submit(client, first).await?;
    tell("first", &again, output);
    let after = client.checkpoint().await.map_err(cli::client_trouble)?;
    if again.iter().any(|entry| !entry.already_logged) || before.head() != after.head() {
        return Err(Failure::refused(Trouble::new(
            "DEMO",
            "",
            "submitting again wrote something",
        )));
    }
    output.say("   the checkpoint is the same as before: nothing new was written");
    Ok(())
}

async fn submit(client: &Client, batch: &[DemoRecord]) -> Result<Vec<LoggedEntry>, Failure> {
    cli::send_records(
        client,
        batch.iter().map(|record| record.signed.clone()).collect(),
    )
    .await
}

fn tell(name: &str, logged: &[LoggedEntry], output: &Output) {
    let already = logged.iter().filter(|entry| entry.already_logged).count();
    let size = logged
        .last()
        .map_or(0, |entry| entry.checkpoint.head().size.get());
    let now = logged.len().saturating_sub(already);
    output.say(format!(
        "   {name} batch: {now} logged now, {already} already there; \
         {} inclusion proofs hold, the ledger has {size} entries",
        logged.len(),
    ));
    if now == 0 {
        output.say("   nothing new was written for this batch");
    }
}

fn conclude(place: &Place, output: &Output) {
    let (policy, bundle, export) = (place.policy(), place.bundle(), place.export());
    let (policy, bundle, export) = (policy.display(), bundle.display(), export.display());
    output.say(format!(
        "\nLeft for you to check, without this program's help if you like:\n\
         \x20 {policy}    whose signatures to trust\n\
         \x20 {bundle}     one record and everything that proves it\n\
         \x20 {export}          the whole log as plain files\n\
         Try:\n\
         \x20 witnessmark-verify bundle {bundle} --policy {policy}\n\
         \x20 witnessmark-verify export {export} --policy {policy}"
    ));
}

fn summary(place: &Place, bundle: &Report, refused: &Report, audit: &Report) -> Value {
    let mut json = bundle.json.clone();
    if let Value::Object(members) = &mut json {
        members.insert(
            "demo".to_owned(),
            json!({
                "dir": place.folder(),
                "temporary": place.is_temporary(),
                "continued": place.is_continued(),
                "policy": place.policy(),
                "bundle": place.bundle(),
                "export": place.export(),
                "changed_byte": refused.json,
                "audit": audit.json,
            }),
        );
    }
    json
}

/// A step that must end with `expected` and does not is a failure of the demonstration.
fn expect(report: Report, expected: Outcome, what: &str) -> Result<Report, Failure> {
    if report.outcome == expected {
        Ok(report)
    } else {
        Err(Failure::refused(Trouble::new("DEMO", what, report.text)))
    }
}
