//! `record new correction --of` and `record new withdrawal --of`: the form with the record that it is about, as it is now.

use std::path::PathBuf;

use witnessmark_client::EntrySelector;
use witnessmark_record::{RecordKind, correctable_values, escape, v1};
use witnessmark_thread::corrections::corrected;
use witnessmark_thread::{Node, Records};
use witnessmark_verifier::RecordId;

use super::dashed;
use crate::cli::prove::parse_which;
use crate::cli::template::{self, Form};
use crate::cli::{Memory, client_trouble, connect};
use crate::output::{Failure, Trouble};

/// The record that a new one is about.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// For a correction or a withdrawal: the record that it is about, by its index or its record id. The form then names it, and a
    /// correction's shows every value that stands there now. Needs --from and --policy.
    #[arg(long, value_name = "RECORD_ID|INDEX", value_parser = parse_which, requires_all = ["from", "policy"], conflicts_with = "example")]
    of: Option<EntrySelector>,
    /// The ledger's address.
    #[arg(long, value_name = "URL", requires = "of")]
    from: Option<String>,
    /// The policy file that says whose signatures are trusted.
    #[arg(long, value_name = "FILE", requires = "of")]
    policy: Option<PathBuf>,
}

/// A record as the ledger has it, with its corrections applied.
struct Target {
    id: RecordId,
    thread: String,
    current: v1::Record,
    is_settled: bool,
}

impl Options {
    /// The form of `kind` about the record that was named; nothing if none was.
    ///
    /// # Errors
    ///
    /// When the kind is about no other record, there is no such record, or the ledger's answer does not verify.
    pub(super) async fn form(&self, form: &Form) -> Result<Option<String>, Failure> {
        let (Some(which), Some(url), Some(policy)) = (self.of, &self.from, &self.policy) else {
            return Ok(None);
        };
        if !matches!(form.kind, RecordKind::Correction | RecordKind::Withdrawal) {
            let message = "only a correction or a withdrawal is made with --of";
            return Err(Failure::usage(Trouble::new(
                "USAGE",
                form.kind.word(),
                message,
            )));
        }
        let client = connect(url, policy, Memory::Usual).await?;
        let id = match which {
            EntrySelector::RecordId(id) => id,
            selector @ EntrySelector::Index(_) => client
                .entry(selector)
                .await
                .map_err(client_trouble)?
                .record_id(),
        };
        let thread = client.thread(id, None).await.map_err(client_trouble)?;
        let nodes = thread.records.iter();
        let nodes = nodes.filter_map(|it| Node::of(it.index.get(), &it.entry));
        let is_whole = !thread.more && nodes.clone().count() == thread.records.len();
        let target = target(&nodes.collect(), id, is_whole)?;
        Ok(Some(filled(form, &target)))
    }
}

fn target(records: &Records, id: RecordId, is_whole: bool) -> Result<Target, Failure> {
    let Some(node) = records.get(&id) else {
        let message = "this version cannot read the record";
        return Err(Failure::cannot_tell(
            Trouble::new("RECORD_KIND_UNKNOWN", id, message)
                .fix("use the version of the program that the ledger runs"),
        ));
    };
    let found = corrected(records, |_| is_whole);
    let revised = found.into_iter().find(|it| it.index == node.index);
    let thread = <[u8; 16]>::try_from(node.thread_id()).unwrap_or_default();
    Ok(Target {
        id,
        thread: dashed(&thread),
        is_settled: is_whole,
        current: revised.map_or_else(
            || node.record.message().clone(),
            |corrected| corrected.revised.record,
        ),
    })
}

/// The form with its first lines of the body in force.
fn filled(form: &Form, target: &Target) -> String {
    let body = format!("#[{}]", form.kind.word());
    let mut lines = Vec::new();
    for line in template::text(form, &target.thread, false).lines() {
        if line == body {
            lines.extend(values(form.kind, target));
            lines.push(line.trim_start_matches('#').to_owned());
        } else if line.starts_with("#target = ") {
            lines.push(format!("target = \"{}\"", target.id));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

/// What stands in the record, one comment for each value.
fn values(kind: RecordKind, target: &Target) -> Vec<String> {
    if !matches!(kind, RecordKind::Correction) {
        return Vec::new();
    }
    let mut lines =
        vec!["# What the record says now: path, and value as `was` must have it.".to_owned()];
    if !target.is_settled {
        let words =
            "# The ledger shows only a part of the thread, so a correction may be missing here.";
        lines.push(words.to_owned());
    }
    let values = correctable_values(&target.current).into_iter();
    lines.extend(values.map(|(path, value)| format!("#   {}  {}", escape(&path), escape(&value))));
    lines
}
