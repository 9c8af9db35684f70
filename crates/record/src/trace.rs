//! Trace requests: by when an answer is asked for.

use edtf_core::{Bound, Edtf};

use crate::calendar::{civil, days_from_civil};
use crate::v1;

/// How long an addressee has to answer where a request says nothing.
const DUE_DAYS: i64 = 28;

/// By when a request asks for an answer: its `due`, or the day 28 days after the last day that `sent` can mean. `None` when it
/// states neither.
///
/// # Examples
///
/// ```
/// let request = witnessmark_record::v1::TraceRequest { sent: "2024-02-10".to_owned(), ..Default::default() };
/// assert_eq!(witnessmark_record::trace_due(&request).as_deref(), Some("2024-03-09"));
/// ```
pub fn trace_due(request: &v1::TraceRequest) -> Option<String> {
    if !request.due.is_empty() {
        return Some(request.due.clone());
    }
    let Bound::Date(sent) = Edtf::parse(&request.sent).ok()?.bounds().latest else {
        return None;
    };
    let day = days_from_civil(sent.year, sent.month.into(), sent.day.into());
    Some(civil(day.saturating_add(DUE_DAYS)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_due_when_it_is_asked_for_or_after_28_days() {
        let due = |sent: &str, due: &str| {
            trace_due(&v1::TraceRequest {
                sent: sent.to_owned(),
                due: due.to_owned(),
                ..v1::TraceRequest::default()
            })
        };
        assert_eq!(due("2024-02-10", "2024-04").as_deref(), Some("2024-04"));
        assert_eq!(due("2024-12-10", "").as_deref(), Some("2025-01-07"));
        assert_eq!(due("2024-01", "").as_deref(), Some("2024-02-28"));
        assert_eq!(due("", ""), None);
        assert_eq!(due("2024-01-01/..", ""), None);
        assert_eq!(due("soon", ""), None);
    }
}
