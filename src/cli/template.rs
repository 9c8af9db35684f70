//! The forms that `record new` writes: TOML with a comment for each line, blank or with an invented example.

use clap::ValueEnum;
use witnessmark_record::{from_json, v1};

use crate::output::{Failure, Trouble};

/// The kinds of evidence there are forms for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// An attack, as one party tells it.
    StrikeEvent,
    /// What was found of a weapon, and what examination showed.
    WreckageFinding,
    /// One part, or a counted set of parts.
    ComponentObservation,
    /// A shipment that was seen, stopped, searched, seized or listed.
    InterceptedShipment,
    /// A change of custody of an item.
    CustodyTransfer,
    /// What somebody said, announced, listed or denied.
    Statement,
    /// Something that was saved from an address, or taken with a device.
    MediaCapture,
    /// A request to trace a part.
    TraceRequest,
    /// The answer to a trace request.
    TraceResponse,
    /// What a laboratory did with a sample, and what came out.
    LabAnalysis,
    /// What your organisation says of another record.
    Attestation,
    /// A correction of a record of your organisation.
    Correction,
    /// A withdrawal of a record of your organisation.
    Withdrawal,
    /// That something was erased outside of the ledger.
    Erasure,
    /// That protected fields were opened to somebody.
    Disclosure,
}

/// What every form begins with.
const ENVELOPE: &str = include_str!("template/envelope.toml");

impl Kind {
    /// The kind as it is typed.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::StrikeEvent => "strike-event",
            Self::WreckageFinding => "wreckage-finding",
            Self::ComponentObservation => "component-observation",
            Self::InterceptedShipment => "intercepted-shipment",
            Self::CustodyTransfer => "custody-transfer",
            Self::Statement => "statement",
            Self::MediaCapture => "media-capture",
            Self::TraceRequest => "trace-request",
            Self::TraceResponse => "trace-response",
            Self::LabAnalysis => "lab-analysis",
            Self::Attestation => "attestation",
            Self::Correction => "correction",
            Self::Withdrawal => "withdrawal",
            Self::Erasure => "erasure",
            Self::Disclosure => "disclosure",
        }
    }

    const fn body(self) -> &'static str {
        match self {
            Self::StrikeEvent => include_str!("template/strike-event.toml"),
            Self::WreckageFinding => include_str!("template/wreckage-finding.toml"),
            Self::ComponentObservation => include_str!("template/component-observation.toml"),
            Self::InterceptedShipment => include_str!("template/intercepted-shipment.toml"),
            Self::CustodyTransfer => include_str!("template/custody-transfer.toml"),
            Self::Statement => include_str!("template/statement.toml"),
            Self::MediaCapture => include_str!("template/media-capture.toml"),
            Self::TraceRequest => include_str!("template/trace-request.toml"),
            Self::TraceResponse => include_str!("template/trace-response.toml"),
            Self::LabAnalysis => include_str!("template/lab-analysis.toml"),
            Self::Attestation => include_str!("template/attestation.toml"),
            Self::Correction => include_str!("template/correction.toml"),
            Self::Withdrawal => include_str!("template/withdrawal.toml"),
            Self::Erasure => include_str!("template/erasure.toml"),
            Self::Disclosure => include_str!("template/disclosure.toml"),
        }
    }
}

/// The form of a kind, for the subject `thread`. Blank: every line is there, and put out of action by a `#` at its
/// start.
pub(super) fn text(kind: Kind, thread: &str, example: bool) -> String {
    let word = kind.word();
    let advice = if example {
        "An invented example, complete enough to be signed for practice."
    } else {
        "Take away the # before the lines you need, and replace what they say."
    };
    let mut text = format!(
        "# A {word} record. {advice}\n\
         # Then: witnessmark record check FILE\n\
         # Dates may be uncertain (EDTF): 2024-01-02, 2024-01, 2024-01~, 2013-07-10/2013-07-16.\n\n\
         schema = \"{word}/1\"\n\n\
         # The subject. Records that correct or continue this one carry the same.\n\
         thread_id = \"{thread}\"\n"
    );
    for line in ENVELOPE.lines().chain([""]).chain(kind.body().lines()) {
        let is_value = !line.is_empty() && !line.starts_with("# ");
        if is_value && !example {
            text.push('#');
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The invented example of a kind.
///
/// # Errors
///
/// Never, for the examples are tested.
pub(super) fn example(kind: Kind) -> Result<v1::Record, Failure> {
    let broken =
        |error: &dyn std::fmt::Display| Failure::cannot_tell(Trouble::new("EXAMPLE", "", error));
    let text = text(kind, "a3bb189e-8bf9-4888-9912-ace4e6543002", true);
    let value: serde_json::Value = toml::from_str(&text).map_err(|error| broken(&error))?;
    from_json(&value).map_err(|_| broken(&"the example is no record"))
}

#[cfg(test)]
mod tests {
    use witnessmark_record::Level;

    use super::super::record::validate_draft;
    use super::*;

    const THREAD: &str = "a3bb189e-8bf9-4888-9912-ace4e6543002";

    #[test]
    fn an_example_is_a_good_record_and_a_blank_form_is_not_yet() {
        for kind in Kind::value_variants() {
            let parse = |example| {
                let value: serde_json::Value =
                    toml::from_str(&text(*kind, THREAD, example)).unwrap();
                from_json(&value)
            };
            let record = parse(true).unwrap();
            let problems = validate_draft(record);
            assert!(problems.is_empty(), "{}: {problems:#?}", kind.word());
            let is_good = parse(false).is_ok_and(|record| {
                validate_draft(record)
                    .iter()
                    .all(|problem| problem.level != Level::Error)
            });
            assert!(!is_good, "{}: a blank form must not pass", kind.word());
        }
    }
}
