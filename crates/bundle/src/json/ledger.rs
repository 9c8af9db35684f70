//! What an audit found, for programs.

use serde::Serialize;

use crate::verdict::{Contradicted, LedgerContents, Problem};

#[derive(Serialize)]
pub(super) struct ContentsText {
    entries: u64,
    read_before: u64,
    records: u64,
    key_events: u64,
    organisations: u64,
    signatures: u64,
    first_registered_at: Option<u64>,
    last_registered_at: Option<u64>,
    checkpoints_seen: u64,
    checkpoints_seen_elsewhere: u64,
}

#[derive(Serialize)]
pub(super) struct ProblemText<'a> {
    check: &'static str,
    index: Option<u64>,
    path: Option<&'a str>,
    what: &'a str,
}

#[derive(Serialize)]
pub(super) struct ContradictionText<'a> {
    file: &'a str,
    size: u64,
    kept_root: String,
    found_root: String,
    kept_note: &'a str,
    checkpoint_note: &'a str,
}

impl ContentsText {
    pub(super) fn of(contents: &LedgerContents) -> Self {
        Self {
            entries: contents.entries,
            read_before: contents.read_before,
            records: contents.records,
            key_events: contents.key_events,
            organisations: contents.organisations,
            signatures: contents.signatures,
            first_registered_at: contents.first_and_last.map(|(first, _)| first),
            last_registered_at: contents.first_and_last.map(|(_, last)| last),
            checkpoints_seen: contents.seen_count,
            checkpoints_seen_elsewhere: contents.seen_count.saturating_sub(contents.seen_of_log),
        }
    }
}

impl<'a> ProblemText<'a> {
    pub(super) fn of(problem: &'a Problem) -> Self {
        Self {
            check: problem.check,
            index: problem.index,
            path: problem.path.as_deref(),
            what: &problem.what,
        }
    }
}

impl<'a> ContradictionText<'a> {
    pub(super) fn of(it: &'a Contradicted) -> Self {
        Self {
            file: &it.file,
            size: it.size,
            kept_root: it.kept_root.to_string(),
            found_root: it.found_root.to_string(),
            kept_note: &it.kept_note,
            checkpoint_note: &it.checkpoint_note,
        }
    }
}
