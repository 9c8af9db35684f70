//! Trace requests and responses: what is traced, and who may be named.

use crate::descriptor::join;
use crate::{Problem, codes, v1};

pub(super) fn check_question(
    question: &v1::TraceQuestion,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    if question.topic() == v1::TraceTopic::Unspecified {
        let fix = "Give `topic`";
        problems.push(codes::TYPE_REQUIRED.at(join(path, "topic"), "", fix));
    }
    if question.topic() == v1::TraceTopic::Other && question.text.is_empty() {
        let fix = "Write the question in words";
        problems.push(codes::EMPTY.at(join(path, "text"), "", fix));
    }
}

fn has_trace(record: &v1::Record) -> bool {
    let mut links = record.links.iter();
    links.any(|link| link.rel() == v1::LinkRel::Traces)
}

pub(super) fn check_request(
    record: &v1::Record,
    request: &v1::TraceRequest,
    problems: &mut Vec<Problem>,
) {
    let told = !request.items.is_empty() || !request.identifiers.is_empty();
    let explained = record.missing.iter().any(|missing| {
        let path = missing.path.as_str();
        path == "trace_request.items" || path == "trace_request.identifiers"
    });
    if !has_trace(record) && !told && !explained {
        let fix = "Link the component with the relation traces, or give items or identifiers";
        problems.push(codes::TRACE.at("links", "", fix));
    }
}

pub(super) fn check_response(
    record: &v1::Record,
    response: &v1::TraceResponse,
    problems: &mut Vec<Problem>,
) {
    if !has_trace(record) {
        let fix = "Link the request with the relation traces. An answer to a request outside of the ledger is a statement";
        problems.push(codes::TRACE.at("links", "", fix));
    }
    let named = response.permission() == v1::UsePermission::Named;
    if response.respondent.is_some() && !named {
        // The name is left out of the problem, which may be shown and kept where the record is not.
        let fix = "Protect the respondent, or state the permission named if it was given";
        problems.push(codes::PERMISSION.at("trace_response.respondent", "(a name)", fix));
    }
    if response.sold_to.is_some() {
        let fix = "Protect the field, unless the sale is public: the buyer has not been heard";
        problems.push(codes::CLEAR.at("trace_response.sold_to", "(a name)", fix));
    }
}
