//! What a verdict means, in one plain sentence, and what it does not show.

use crate::escape::quote;
use crate::time::utc;
use crate::verdict::{Subject, Verdict, VerdictWord};

/// What no proof of a record shows.
const RECORD_DOES_NOT_SHOW: &[&str] = &[
    "that what the record says is true",
    "that something happened, or a picture was taken, when or where the record says",
    "that whoever signed saw it, or that the person named as its source said it",
    "that nothing else was left out: other records about it may exist, here or elsewhere",
    "that a physical item was well kept",
];

/// What no audit of a ledger shows.
const LEDGER_DOES_NOT_SHOW: &[&str] = &[
    "that what the records say is true",
    "that everything that was sent to the ledger was taken in",
    "that the ledger showed everybody the same: for that, compare checkpoints with others or ask for witnesses",
    "that the ledger's own clock was right",
];

impl Verdict {
    /// What the verdict means for somebody who knows none of the words.
    pub fn meaning(&self) -> &'static str {
        match self.word {
            VerdictWord::Verified | VerdictWord::VerifiedWithRemarks => match self.subject {
                Subject::Bundle => {
                    "The record, exactly as shown, is in the ledger, was signed with a registered key of the \
                     organisation, and has not changed since."
                }
                Subject::Export | Subject::Ledger => {
                    "Every entry of the ledger is what was signed, in its order, and none is missing up to the \
                     signed size."
                }
            },
            VerdictWord::NotVerified => not_verified(self.subject, self.failed_name()),
            VerdictWord::CannotTell => cannot_tell(self.failed_name()),
        }
    }

    /// The answer on a bundle in one sentence that a reader can quote. Nothing unless every check passed.
    pub fn answer(&self) -> Option<String> {
        let (ledger, index) = (self.ledger.as_ref()?, self.index?);
        self.record.as_ref()?;
        let origin = quote(&ledger.origin);
        // By the time of a quorum: fewer than that may have wrong clocks, or none at all.
        let when = match ledger.witnessed_s {
            Some(time_s) => format!(
                "no later than {}, by the clocks of the witnesses that the policy asks for",
                utc(time_s.saturating_mul(1_000))
            ),
            None => format!(
                "since {}, by the ledger's own clock",
                utc(self.registered_at?)
            ),
        };
        Some(format!(
            "This record, exactly as printed here, is in the ledger {origin} (entry {index} of {}), {when}. It is \
             signed with a key registered to the organisation {}, and it has not changed since.",
            ledger.size,
            quote(self.organisation.as_deref()?)
        ))
    }

    fn failed_name(&self) -> &'static str {
        self.failed().map_or("", |check| check.name)
    }

    /// What even a good answer does not show.
    pub const fn does_not_show(&self) -> &'static [&'static str] {
        match self.subject {
            Subject::Bundle => RECORD_DOES_NOT_SHOW,
            Subject::Export | Subject::Ledger => LEDGER_DOES_NOT_SHOW,
        }
    }
}

fn cannot_tell(check: &str) -> &'static str {
    match check {
        "format" => {
            "Software too old, or input that could not be read: nothing was found wrong with it, and nothing was \
             shown. Get a newer version of this software, or another copy."
        }
        "policy" => {
            "Without a readable policy there is nobody to trust. Get the policy of the ledger from a source you \
             trust, not from whoever gave you the evidence."
        }
        "checkpoint" => {
            "Not this ledger: it comes from a ledger that your policy does not name. It may be good under another \
             policy."
        }
        "since" => {
            "Older than what you have seen, or nothing to compare it with: no fault was found in the bundle. What was said of the \
             record since may be missing from it. Ask for a new bundle; --allow-older takes an old one."
        }
        "files" => {
            "Incomplete: a file that should lie beside the bundle could not be read. Put it there and try again."
        }
        _ => "Something that the checks need could not be read. Nothing was shown either way.",
    }
}

fn not_verified(subject: Subject, check: &str) -> &'static str {
    match (subject, check) {
        (_, "checkpoint") => {
            "Altered: the ledger's signature does not fit the checkpoint, so nothing that rests on it can be relied \
             upon."
        }
        (_, "quorum") => {
            "Incomplete: the independent witnesses that your policy asks for have not all signed this state of the \
             ledger, so the ledger could show others a different one."
        }
        (Subject::Bundle, _) => bundle_not_verified(check),
        (Subject::Export | Subject::Ledger, _) => ledger_not_verified(check),
    }
}

fn bundle_not_verified(check: &str) -> &'static str {
    match check {
        "format" => {
            "Altered or damaged: the file is not a bundle as the ledger's software writes it. Ask for the file again."
        }
        "charter" => {
            "Not this ledger: the ledger's founding entry does not hold, so it is not known who admits organisations."
        }
        "inclusion" => {
            "Altered: the record is not at this place in the ledger. It, its position or its proof was changed."
        }
        "key_chain" => {
            "Not this organisation: the list of the organisation's keys is not the one that the ledger had when it took \
             the record in."
        }
        "signatures" => {
            "Not this organisation: the record is not signed as it must be by keys that the organisation had then."
        }
        "record" => {
            "The signed bytes are not a record that can be shown whole, or belong to another ledger or organisation. \
             If the bundle is new, this software may be too old."
        }
        "related" => {
            "Altered: something that is presented as being about the record is not, or is out of place. Do not rely on \
             the bundle; the record may be good by itself."
        }
        "disclosures" => "Altered: a field is shown that the record never committed to.",
        "since" => {
            "Two histories: the ledger has signed another tree of this size before. Do not rely on its word, and keep both \
             checkpoints."
        }
        "files" => "Altered: a file beside the bundle is not the one that was recorded.",
        _ => "A check failed, so nothing of this can be relied upon.",
    }
}

fn ledger_not_verified(check: &str) -> &'static str {
    match check {
        "format" => "Incomplete: files of the export are missing.",
        "entries" => {
            "Altered or incomplete: entries are missing, cannot be read, or are not those that were logged."
        }
        "charter" => {
            "The ledger's founding entry does not hold, so it is not known who admits organisations."
        }
        "key_chains" => "The list of an organisation's keys was not kept by the rules.",
        "signatures" => {
            "A record is not signed as it must be by keys that its organisation had then."
        }
        "records" => "A record cannot be shown whole, belongs elsewhere, or is there twice.",
        "root" => "Altered: the entries are not those that the ledger signed for.",
        "tiles" => {
            "Altered or incomplete: the entries are good, but files that others rely on for proofs are not what the \
             entries make them."
        }
        _ => "A check failed, so nothing of this can be relied upon.",
    }
}
