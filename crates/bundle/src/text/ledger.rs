//! A ledger whose checks all passed, in plain words.

use crate::escape::quote;
use crate::time::utc;
use crate::verdict::Verdict;

use super::{Page, write_witnesses};

/// Writes all but the list of checks.
pub(super) fn write(page: &mut Page, verdict: &Verdict) {
    // A positive verdict has both; without them there is nothing to say.
    let (Some(ledger), Some(contents)) = (&verdict.ledger, &verdict.contents) else {
        return;
    };
    page.wrapped(
        0,
        &format!(
            "All {} entries of the ledger {} are what was signed, in their order, and none is missing.",
            ledger.size,
            quote(&ledger.origin)
        ),
    );
    verdict.write_remarks(page);
    page.heading("What the ledger holds");
    page.pair("entries", &contents.entries.to_string());
    if contents.read_before > 0 {
        page.pair(
            "read before",
            &format!(
                "the first {} entries and their tiles were read by an earlier audit, whose state was believed; they were not \
                 read again",
                contents.read_before
            ),
        );
    }
    page.pair(
        "records",
        &format!(
            "{} with {} signatures",
            contents.records, contents.signatures
        ),
    );
    page.pair("key events", &contents.key_events.to_string());
    page.pair("organisations", &contents.organisations.to_string());
    if contents.seen_count > 0 {
        page.pair(
            "time bounds",
            &format!(
                "{} records name a checkpoint that their signer had seen; {} of these are checkpoints of this ledger, \
                 so those records were signed no earlier than the ledger's time of them",
                contents.seen_count, contents.seen_of_log
            ),
        );
    }
    page.pair("root hash", &ledger.root.to_string());
    if let Some((first, last)) = contents.first_and_last {
        page.pair(
            "registered",
            &format!(
                "from {} to {}, by the ledger's own clock",
                utc(first),
                utc(last)
            ),
        );
    }
    write_witnesses(page, ledger);
    verdict.write_limits(page);
}
