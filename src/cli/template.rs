//! The forms that `record new` writes: TOML with a comment for each line, blank or with an invented example.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use witnessmark_record::{RecordKind, from_json, v1};

use crate::output::{Failure, Trouble};

/// The form of one kind of evidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// The kind.
    pub(super) kind: RecordKind,
    /// What it is, for whoever asks which there are.
    what: &'static str,
    /// The lines of its body.
    body: &'static str,
}

/// What every form begins with.
const ENVELOPE: &str = include_str!("template/envelope.toml");

const FORMS: [Form; 15] = [
    Form {
        kind: RecordKind::StrikeEvent,
        what: "An attack, as one party tells it",
        body: include_str!("template/strike-event.toml"),
    },
    Form {
        kind: RecordKind::WreckageFinding,
        what: "What was found of a weapon, and what examination showed",
        body: include_str!("template/wreckage-finding.toml"),
    },
    Form {
        kind: RecordKind::ComponentObservation,
        what: "One part, or a counted set of parts",
        body: include_str!("template/component-observation.toml"),
    },
    Form {
        kind: RecordKind::InterceptedShipment,
        what: "A shipment that was seen, stopped, searched, seized or listed",
        body: include_str!("template/intercepted-shipment.toml"),
    },
    Form {
        kind: RecordKind::CustodyTransfer,
        what: "A change of custody of an item",
        body: include_str!("template/custody-transfer.toml"),
    },
    Form {
        kind: RecordKind::Statement,
        what: "What somebody said, announced, listed or denied",
        body: include_str!("template/statement.toml"),
    },
    Form {
        kind: RecordKind::MediaCapture,
        what: "Something that was saved from an address, or taken with a device",
        body: include_str!("template/media-capture.toml"),
    },
    Form {
        kind: RecordKind::TraceRequest,
        what: "A request to trace a part",
        body: include_str!("template/trace-request.toml"),
    },
    Form {
        kind: RecordKind::TraceResponse,
        what: "The answer to a trace request",
        body: include_str!("template/trace-response.toml"),
    },
    Form {
        kind: RecordKind::LabAnalysis,
        what: "What a laboratory did with a sample, and what came out",
        body: include_str!("template/lab-analysis.toml"),
    },
    Form {
        kind: RecordKind::Attestation,
        what: "What your organisation says of another record",
        body: include_str!("template/attestation.toml"),
    },
    Form {
        kind: RecordKind::Correction,
        what: "A correction of a record of your organisation",
        body: include_str!("template/correction.toml"),
    },
    Form {
        kind: RecordKind::Withdrawal,
        what: "A withdrawal of a record of your organisation",
        body: include_str!("template/withdrawal.toml"),
    },
    Form {
        kind: RecordKind::Erasure,
        what: "That something was erased outside of the ledger",
        body: include_str!("template/erasure.toml"),
    },
    Form {
        kind: RecordKind::Disclosure,
        what: "That protected fields were opened to somebody",
        body: include_str!("template/disclosure.toml"),
    },
];

/// Reads a kind as it is typed.
pub(super) fn parser() -> impl TypedValueParser<Value = Form> {
    let words = FORMS.map(|form| PossibleValue::new(form.kind.word()).help(form.what));
    PossibleValuesParser::new(words).try_map(|word| {
        let mut forms = FORMS.into_iter();
        forms
            .find(|form| form.kind.word() == word)
            .ok_or("there is no such kind")
    })
}

/// The form of this kind.
pub(super) fn form(kind: RecordKind) -> Option<Form> {
    FORMS.into_iter().find(|form| form.kind == kind)
}

/// The form of a kind, for the subject `thread`. Blank: every line is there, and put out of action by a `#` at its
/// start.
pub(super) fn text(form: &Form, thread: &str, example: bool) -> String {
    let word = form.kind.word();
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
    for line in ENVELOPE.lines().chain([""]).chain(form.body.lines()) {
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
pub(super) fn example(form: &Form) -> Result<v1::Record, Failure> {
    let broken =
        |error: &dyn std::fmt::Display| Failure::cannot_tell(Trouble::new("EXAMPLE", "", error));
    let text = text(form, "a3bb189e-8bf9-4888-9912-ace4e6543002", true);
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
        assert_eq!(FORMS.map(|form| form.kind), RecordKind::ALL);
        for form in &FORMS {
            let parse = |example| {
                let value: serde_json::Value =
                    toml::from_str(&text(form, THREAD, example)).unwrap();
                from_json(&value)
            };
            let record = parse(true).unwrap();
            let problems = validate_draft(record);
            assert!(problems.is_empty(), "{}: {problems:#?}", form.kind.word());
            let is_good = parse(false).is_ok_and(|record| {
                validate_draft(record)
                    .iter()
                    .all(|problem| problem.level != Level::Error)
            });
            assert!(!is_good, "{}: a blank form must not pass", form.kind.word());
        }
    }
}
