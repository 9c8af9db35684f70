//! A thread for programs: the same facts as in the text, by place in the log.

use serde_json::{Value, json};
use witnessmark_record::{Effect, Revision, change_words, figures, reason_words, to_json};
use witnessmark_thread::corrections::Corrected;
use witnessmark_thread::custody::{Break, Chain, called};
use witnessmark_thread::{Link, Node};

use super::erased;
use super::view::View;

/// The one object.
pub(super) fn object(view: &View) -> Value {
    let checks = [
        "checkpoint",
        "consistency",
        "inclusion",
        "signatures",
        "belonging",
    ];
    let checks = checks.map(|name| json!({ "name": name, "outcome": "passed" }));
    json!({
        "verdict": "verified",
        "index": view.asked.index,
        "size": view.size,
        "origin": view.checkpoint.origin().as_str(),
        "organisation": view.asked.org.as_str(),
        "registered_at": view.asked.registered_at,
        "checks": checks,
        "failed": null,
        "record_id": view.asked.id.to_string(),
        "latest_size": view.checkpoint.head().size.get(),
        "complete": view.complete,
        "more": view.more,
        "unread": view.unread,
        "notices": notices(view),
        "corrections": view.corrected.iter().map(|it| corrected(view, it)).collect::<Vec<_>>(),
        "figures": tables(view),
        "corroborations": corroborations(view),
        "custody": view.chains.iter().map(chain).collect::<Vec<_>>(),
        "problems": problems(view),
        "records": view.records.iter().map(|node| record(view, node)).collect::<Vec<_>>(),
    })
}

fn relation(node: &Node, link: &Link) -> String {
    let mut links = node.record.links();
    links
        .nth(link.place)
        .map_or_else(String::new, |(rel, _)| rel.to_owned())
}

fn notices(view: &View) -> Vec<Value> {
    let notices = view.notices.iter();
    notices
        .map(|it| {
            let node = view.records.at(it.by);
            json!({
                "by": it.by,
                "relation": node.map(|node| relation(node, &it.link)),
                "on": it.on,
                "on_subject": view.subjects.same(it.on, view.asked.index),
                "valid": it.valid,
                "withdrawn_by": view.withdrawn.get(&it.by),
                "effect": view.effect(it.by, it.on).map(effect),
            })
        })
        .collect()
}

/// A word for what became of a correction.
const fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::Applied => "applied",
        Effect::Foreign => "foreign",
        Effect::Withdrawn(_) => "withdrawn",
        Effect::Stale(_) => "stale",
    }
}

fn corrected(view: &View, corrected: &Corrected) -> Value {
    let revisions = &corrected.revised.revisions;
    let broken = corrected.broken.iter().map(|problem| {
        json!({
            "code": problem.code,
            "path": problem.path,
            "value": problem.value,
            "rule": problem.rule,
            "fix": problem.fix,
        })
    });
    json!({
        "index": corrected.index,
        "settled": corrected.settled,
        "changed": corrected.revised.is_changed(),
        "corrections": revisions.iter().map(|it| revision(view, it)).collect::<Vec<_>>(),
        "as_corrected": to_json(&corrected.revised.record),
        "problems": broken.collect::<Vec<_>>(),
    })
}

fn revision(view: &View, revision: &Revision) -> Value {
    let changes = revision.changes.iter().map(|change| {
        let words = change_words(change);
        json!({
            "path": change.path,
            "was": change.was,
            "now": change.now,
            "field": words.field,
            "was_in_words": words.was,
            "now_in_words": words.now,
        })
    });
    let (withdrawn_by, because) = match &revision.effect {
        Effect::Withdrawn(by) => (Some(*by), Vec::new()),
        Effect::Stale(misfits) => (None, misfits.iter().map(ToString::to_string).collect()),
        Effect::Applied | Effect::Foreign => (None, Vec::new()),
    };
    let node = view.records.at(revision.by);
    json!({
        "by": revision.by,
        "registered_at": node.map(|node| node.registered_at),
        "reason": reason_words(revision.reason),
        "effect": effect(&revision.effect),
        "withdrawn_by": withdrawn_by,
        "because": because,
        "changes": changes.collect::<Vec<_>>(),
    })
}

fn tables(view: &View) -> Vec<Value> {
    let table = |table: &witnessmark_thread::figures::Table| {
        let claims = table.claims.iter().map(|claim| {
            let node = view.records.at(claim.index);
            json!({
                "index": claim.index,
                "asserted_by": node.map(Node::asserted_by),
                "organisation": node.map(|node| node.org.as_str()),
                "reported": claim.reported,
                "values": claim.values,
            })
        });
        let comparisons = table.comparisons.iter().map(|it| {
            json!({
                "label": it.label,
                "differs": it.differs,
                "earliest": it.ends.map(|(first, _)| first),
                "latest": it.ends.map(|(_, last)| last),
            })
        });
        json!({
            "labels": table.labels,
            "claims": claims.collect::<Vec<_>>(),
            "comparisons": comparisons.collect::<Vec<_>>(),
        })
    };
    view.tables.iter().map(table).collect()
}

fn corroborations(view: &View) -> Vec<Value> {
    let found = view.corroborations.iter();
    found
        .map(|it| {
            let reasons: Vec<String> = it.reasons.iter().map(|it| it.say(&view.records)).collect();
            json!({
                "by": it.by,
                "of": it.of,
                "target": it.target.to_string(),
                "nothing_against_independence": it.of.map(|_| it.reasons.is_empty()),
                "reasons": reasons,
            })
        })
        .collect()
}

fn chain(chain: &Chain) -> Value {
    let steps = chain.steps.iter().map(|step| {
        json!({
            "index": step.index,
            "when": step.when,
            "what": step.what,
            "from": step.from.as_ref().map(called),
            "to": step.to.as_ref().map(called),
        })
    });
    let breaks = chain.breaks.iter().map(|it| {
        let (kind, at) = match *it {
            Break::Gap { at } => ("gap", at),
            Break::Overlap { at } => ("overlap", at),
            Break::Order { at } => ("order", at),
            Break::NoTime { at } => ("no_time", at),
            Break::NoHolder { at } => ("no_holder", at),
            _ => return json!({ "kind": "unknown" }),
        };
        json!({ "kind": kind, "step": at })
    });
    json!({
        "item": chain.item,
        "of": chain.of.to_string(),
        "steps": steps.collect::<Vec<_>>(),
        "breaks": breaks.collect::<Vec<_>>(),
    })
}

fn problems(view: &View) -> Vec<Value> {
    let broken = view.problems.iter().map(|(index, problem)| {
        json!({
            "index": index,
            "code": problem.code,
            "path": problem.path,
            "value": problem.value,
            "rule": problem.rule,
            "fix": problem.fix,
        })
    });
    let missing = view.missing.iter().map(|(index, link)| {
        let rule = witnessmark_thread::rules::TARGET;
        json!({
            "index": index,
            "code": rule.code,
            "path": view.records.at(*index).map(|node| link.target_path(&node.record)),
            "value": link.target.to_string(),
            "rule": rule.rule,
            "fix": "",
        })
    });
    broken.chain(missing).collect()
}

fn record(view: &View, node: &Node) -> Value {
    let links = node.links().into_iter().map(|link| {
        json!({
            "relation": relation(node, &link),
            "target": link.target.to_string(),
            "index": view.records.get(&link.target).map(|node| node.index),
        })
    });
    let signers = node.signers.iter().map(ToString::to_string);
    let figures = figures(node.record.message()).into_iter();
    let figures = figures.map(|(label, value)| json!({ "label": label, "value": value }));
    json!({
        "index": node.index,
        "step": view.steps.get(&node.index),
        "record_id": node.id.to_string(),
        "registered_at": node.registered_at,
        "organisation": node.org.as_str(),
        "signers": signers.collect::<Vec<_>>(),
        "asserted_by": node.asserted_by(),
        "title": node.record.title(),
        "figures": figures.collect::<Vec<_>>(),
        "erased": erased::objects(view, node),
        "links": links.collect::<Vec<_>>(),
        "record": to_json(node.record.message()),
    })
}
