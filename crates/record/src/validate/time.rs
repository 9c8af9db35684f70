//! The order of times: nothing is documented or reported before it happened.

use edtf_core::{Bound, Edtf};

use crate::calendar::{day_of_ms, instant};
use crate::{Problem, codes, v1};
use v1::record::Body;

/// The most that the signer's clock and the ledger's may differ without a warning.
const CLOCK_MS_MAX: u64 = 3_600_000;
const DAY_MS: u64 = 86_400_000;

pub(super) fn check_order(record: &v1::Record, problems: &mut Vec<Problem>) {
    let occurred = ("occurred", record.occurred.as_str());
    check_pair(occurred, ("documented", &record.documented), problems);
    check_pair(occurred, ("reported", &record.reported), problems);
    match &record.body {
        Some(Body::MediaCapture(capture)) => {
            let captured = ("media_capture.retrieved_at", capture.retrieved_at.as_str());
            let gone = (
                "media_capture.deleted_since",
                capture.deleted_since.as_str(),
            );
            if let Some(post) = &capture.original_post {
                let posted = (
                    "media_capture.original_post.posted_at",
                    post.posted_at.as_str(),
                );
                check_pair(posted, captured, problems);
                check_pair(posted, gone, problems);
            }
        }
        Some(Body::TraceRequest(request)) => {
            let sent = ("trace_request.sent", request.sent.as_str());
            check_pair(sent, ("trace_request.due", &request.due), problems);
        }
        Some(Body::TraceResponse(response)) => {
            let answered = ("trace_response.answered", response.answered.as_str());
            let sold = ("trace_response.sold", response.sold.as_str());
            let made = ("trace_response.made", response.made.as_str());
            check_pair(made, sold, problems);
            check_pair(made, answered, problems);
            check_pair(sold, answered, problems);
        }
        // The other kinds have no times of their own, or lists of them that need no order.
        _ => {}
    }
    check_future(record, problems);
}

/// What is wrong when the second of two things is said to lie before the first; each with its path and its date.
fn check_pair(first: (&str, &str), second: (&str, &str), problems: &mut Vec<Problem>) {
    let (Ok(earlier), Ok(later)) = (Edtf::parse(first.1), Edtf::parse(second.1)) else {
        return;
    };
    if !wholly_before(&later, &earlier) {
        return;
    }
    let sure = !is_unsure(&earlier) && !is_unsure(&later);
    let code = if sure {
        &codes::ORDER_TIME
    } else {
        &codes::ORDER_TIME_UNSURE
    };
    let fix = format!(
        "It is wholly before {} ({}), which it cannot precede. Correct one of the two",
        first.0, first.1
    );
    problems.push(code.at(second.0, second.1, fix));
}

/// Whether every day of `left` lies before every day of `right`.
pub(super) fn wholly_before(left: &Edtf, right: &Edtf) -> bool {
    match (left.bounds().latest, right.bounds().earliest) {
        (Bound::Date(latest), Bound::Date(earliest)) => latest < earliest,
        _ => false,
    }
}

fn is_unsure(date: &Edtf) -> bool {
    date.is_uncertain() || date.is_approximate()
}

/// A clock may be wrong, so a date after the signature is a warning.
fn check_future(record: &v1::Record, problems: &mut Vec<Problem>) {
    if record.signed_at_ms == 0 {
        return;
    }
    // A day of grace for time zones.
    let signed = day_of_ms(record.signed_at_ms.saturating_add(DAY_MS));
    let dates = [
        ("occurred", record.occurred.as_str()),
        ("documented", &record.documented),
        ("reported", &record.reported),
    ];
    for (path, text) in dates.into_iter().chain(done(record)) {
        let Ok(date) = Edtf::parse(text) else {
            continue;
        };
        if matches!(date.bounds().earliest, Bound::Date(earliest) if earliest > signed) {
            let fix = format!(
                "The record was signed on {}",
                day_of_ms(record.signed_at_ms)
            );
            problems.push(codes::TIME_FUTURE.at(path, text, fix));
        }
    }
}

/// When the body says that something was done.
fn done(record: &v1::Record) -> Option<(&'static str, &str)> {
    match record.body.as_ref()? {
        Body::MediaCapture(it) => Some(("media_capture.retrieved_at", &it.retrieved_at)),
        Body::TraceRequest(it) => Some(("trace_request.sent", &it.sent)),
        Body::TraceResponse(it) => Some(("trace_response.answered", &it.answered)),
        Body::Erasure(it) => Some(("erasure.date", &it.date)),
        Body::Disclosure(it) => Some(("disclosure.when", &it.when)),
        Body::StrikeEvent(_)
        | Body::WreckageFinding(_)
        | Body::ComponentObservation(_)
        | Body::InterceptedShipment(_)
        | Body::CustodyTransfer(_)
        | Body::Statement(_)
        | Body::LabAnalysis(_)
        | Body::Attestation(_)
        | Body::Correction(_)
        | Body::Withdrawal(_) => None,
    }
}

/// An embargo that ends before the signature says nothing.
pub(super) fn check_embargo(record: &v1::Record, problems: &mut Vec<Problem>) {
    let Some(marking) = &record.marking else {
        return;
    };
    let until = &marking.embargo_until;
    let ends = match Edtf::parse(until).map(|date| date.bounds().latest) {
        Ok(Bound::Date(day)) if super::text::is_day(until) => day,
        _ => return,
    };
    if record.signed_at_ms > 0 && ends < day_of_ms(record.signed_at_ms) {
        let fix = "Leave it out, or give a day that is to come";
        problems.push(codes::EMBARGO_PAST.at("marking.embargo_until", until, fix));
    }
}

/// The warning that the signer's clock is far from the ledger's, which only the ledger can give.
pub fn check_clock(record: &v1::Record, registered_at_ms: u64) -> Option<Problem> {
    let signed = record.signed_at_ms;
    let apart = signed.abs_diff(registered_at_ms);
    if apart <= CLOCK_MS_MAX {
        return None;
    }
    let side = if signed > registered_at_ms {
        "ahead of"
    } else {
        "behind"
    };
    let minutes = apart / 60_000;
    let fix = format!(
        "The signature is {} h {} min {side} the registration. Recorded; both times are shown",
        minutes / 60,
        minutes % 60
    );
    Some(codes::CLOCK.at("signed_at_ms", instant(signed), fix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_within_an_hour_agree() {
        let record = v1::Record {
            signed_at_ms: 1_767_225_600_000,
            ..v1::Record::default()
        };
        assert_eq!(check_clock(&record, 1_767_225_600_000 + 3_600_000), None);
        let late = check_clock(&record, 1_767_225_600_000 - 11_520_000).unwrap();
        assert!(late.fix.contains("3 h 12 min ahead of"), "{late}");
    }
}
