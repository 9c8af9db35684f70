//! A refusal, and the two ways it travels: as a gRPC status with details, and within a stream.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::Reason;

/// The domain of every `google.rpc.ErrorInfo` the ledger sends.
pub const ERROR_DOMAIN: &str = "witnessmark";

/// How many bytes of violations a status carries. Details travel as an HTTP/2 header in base64, and
/// many clients stop reading headers at 8 KiB.
const STATUS_VIOLATION_BYTES_MAX: usize = 4_000;

/// How many bytes of message a status carries; up to three times as many once percent-encoded.
const STATUS_MESSAGE_BYTES_MAX: usize = 600;

/// One thing that is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field, as a path from the request's or the record's root.
    pub path: String,
    /// `CODE: what the rule says. What to do about it.`
    pub description: String,
}

impl Violation {
    /// A violation of the field at `path`.
    pub fn new(path: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            description: description.into(),
        }
    }
}

/// Why the ledger refused something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, for programs.
    pub reason: Reason,
    /// A lower-case fragment for people.
    pub message: String,
    /// The fields at fault, if fields are at fault.
    pub violations: Vec<Violation>,
    /// How long to wait before the same call may succeed, if the ledger knows: `google.rpc.RetryInfo`.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal that no single field is to blame for.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            violations: Vec::new(),
            retry_after: None,
        }
    }

    /// A request field that cannot be what it must be.
    pub fn field(path: impl Into<String>, description: impl Into<String>) -> Self {
        let violation = Violation::new(path, description);
        let message = format!("{}: {}", violation.path, violation.description);
        Self {
            reason: Reason::RequestMalformed,
            message,
            violations: vec![violation],
            retry_after: None,
        }
    }

    /// The same refusal with these fields to blame.
    #[must_use]
    pub fn with_violations(self, violations: Vec<Violation>) -> Self {
        Self { violations, ..self }
    }

    /// The same refusal, and when to come back.
    #[must_use]
    pub fn with_retry_after(self, delay: Duration) -> Self {
        Self {
            retry_after: Some(delay),
            ..self
        }
    }

    /// The refusal inside a status, if it is one that the ledger made and this version knows.
    pub fn from_status(status: &Status) -> Option<Self> {
        let details = status.get_error_details();
        let info = details.error_info()?;
        if info.domain != ERROR_DOMAIN {
            return None;
        }
        let violations = details.bad_request().map_or_else(Vec::new, |bad| {
            bad.field_violations
                .iter()
                .map(|field| Violation::new(&field.field, &field.description))
                .collect()
        });
        let reason = Reason::parse(&info.reason)?;
        let retry_after = details.retry_info().and_then(|info| info.retry_delay);
        Some(Self {
            reason,
            message: status.message().to_owned(),
            violations,
            retry_after,
        })
    }

    /// The gRPC code that goes with the refusal.
    pub fn code(&self) -> Code {
        self.reason.code()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let mut details = ErrorDetails::new();
        details.set_error_info(refusal.reason.name(), ERROR_DOMAIN, HashMap::new());
        for violation in within_header(refusal.violations) {
            details.add_bad_request_violation(violation.path, violation.description);
        }
        if let Some(delay) = refusal.retry_after {
            details.set_retry_info(Some(delay));
        }
        let message = beginning_of(&refusal.message, STATUS_MESSAGE_BYTES_MAX);
        Self::with_error_details(refusal.reason.code(), message, details)
    }
}

/// The first violations, as many as fit a header, and how many were left out.
fn within_header(violations: Vec<Violation>) -> Vec<Violation> {
    let total = violations.len();
    let mut bytes = 0_usize;
    let mut kept: Vec<Violation> = violations
        .into_iter()
        .take_while(|violation| {
            let length = violation
                .path
                .len()
                .saturating_add(violation.description.len());
            bytes = bytes.saturating_add(length);
            bytes <= STATUS_VIOLATION_BYTES_MAX
        })
        .collect();
    let left_out = total.saturating_sub(kept.len());
    if left_out > 0 {
        let description = format!("MORE: {left_out} more problems. Correct these, and try again.");
        kept.push(Violation::new("", description));
    }
    kept
}

/// The longest beginning of `text` of at most `bytes_max` bytes.
fn beginning_of(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or_default();
    if text.len() <= bytes_max {
        text
    } else {
        text.get(..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_the_way_through_a_status() {
        for reason in Reason::ALL {
            let sent = Refusal::new(*reason, "as it is").with_violations(vec![
                Violation::new(
                    "strike.place",
                    "PLACE_MISSING: a strike has a place. Add one.",
                ),
                Violation::new("asserted_at", "DATE_BAD: not a date. Write YYYY-MM-DD."),
            ]);
            let status = Status::from(sent.clone());
            assert_eq!(status.code(), reason.code());
            assert_eq!(Refusal::from_status(&status), Some(sent));
        }
    }

    #[test]
    fn a_status_and_an_answer_of_a_stream_say_when_to_come_back() {
        let delay = Duration::from_millis(1_234);
        let full = Refusal::new(Reason::QueueFull, "full").with_retry_after(delay);
        let status = Status::from(full.clone());
        let retry = status.get_details_retry_info().expect("retry info");
        assert_eq!(retry.retry_delay, Some(delay));
        assert_eq!(Refusal::from_status(&status), Some(full.clone()));
        let message = crate::v1::Refusal::from(full.clone());
        assert_eq!(Refusal::try_from(message), Ok(full));
        let status = Status::from(Refusal::new(Reason::LedgerHalted, "halted"));
        assert!(status.get_details_retry_info().is_none());
    }

    #[test]
    fn a_status_stays_small_enough_for_a_header() {
        let violations = (0..900)
            .map(|n| Violation::new(format!("a[{n}]"), "BAD: bad. Mend it."))
            .collect();
        let refusal = Refusal::new(Reason::RecordInvalid, "\u{e9}".repeat(700));
        let status = Status::from(refusal.with_violations(violations));
        assert!(status.details().len() < 6_000);
        assert!(status.message().len() <= STATUS_MESSAGE_BYTES_MAX);
        let heard = Refusal::from_status(&status).expect("a refusal");
        let listed = heard.violations.len() - 1;
        let last = heard.violations.last().expect("violations");
        assert!(listed > 50);
        assert!(
            last.description
                .starts_with(&format!("MORE: {} more", 900 - listed))
        );
    }

    #[test]
    fn a_status_of_somebody_else_is_no_refusal_of_ours() {
        assert_eq!(
            Refusal::from_status(&Status::out_of_range("too large")),
            None
        );
        let mut details = ErrorDetails::new();
        details.set_error_info("QUEUE_FULL", "proxy.example", HashMap::new());
        let status = Status::with_error_details(Code::Unavailable, "no", details);
        assert_eq!(Refusal::from_status(&status), None);
    }
}
