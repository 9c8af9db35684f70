//! A thread in plain words: what bears on the subject first, then rival figures, then every record.

mod changes;

use std::collections::BTreeMap;

use witnessmark_record::{escape, instant, render_erased, v1};
use witnessmark_thread::custody::{Break, Chain, Step, called};
use witnessmark_thread::figures::{Comparison, Table};
use witnessmark_thread::{Node, Notice};

use super::erased;
use super::view::View;

/// The whole page.
pub(super) fn page(view: &View, full: bool) -> String {
    let sections = [
        head(view),
        section("BEARS ON THE SUBJECT", subject(view)),
        section("CORRECTIONS", changes::lines(view)),
        section("FIGURES SIDE BY SIDE", tables(view)),
        section("CORROBORATION", corroborations(view)),
        section("CUSTODY", custody(view)),
        section("LINKS THAT BREAK A RULE OR LEAD NOWHERE", problems(view)),
        section("RECORDS, IN THE ORDER OF THE LOG", records(view, full)),
        foot(view),
    ];
    let sections = sections.into_iter().filter(|lines| !lines.is_empty());
    let sections: Vec<String> = sections.map(|lines| lines.join("\n")).collect();
    sections.join("\n\n")
}

fn section(title: &str, lines: Vec<String>) -> Vec<String> {
    if lines.is_empty() {
        return lines;
    }
    std::iter::once(title.to_owned()).chain(lines).collect()
}

fn head(view: &View) -> Vec<String> {
    let latest = view.checkpoint.head().size.get();
    let size = view.size;
    let as_of = if size == latest {
        format!("the latest size, {size}")
    } else {
        format!("size {size}; the log has {latest} entries now")
    };
    vec![
        format!(
            "Thread of entry {}: {}",
            view.asked.index,
            title(&view.asked)
        ),
        format!("record id {}", view.asked.id),
        format!("in {}, as of {as_of}", view.checkpoint.origin()),
        match view.records.len() {
            1 => "1 record: it is".to_owned(),
            count => format!("{count} records: each is"),
        } + " proved to be in the log, and signed by keys that its organisation had",
    ]
}

fn title(node: &Node) -> String {
    escape(node.record.title())
}

/// Who claims it, and who signed it: two parties, never one.
fn who(node: &Node) -> String {
    let (by, org) = (escape(node.asserted_by()), node.org.as_str());
    format!("claimed by {by}, signed by {org}")
}

/// Withdrawals, corrections and contradictions: of the subject, then of the rest.
fn subject(view: &View) -> Vec<String> {
    let own = |notice: &&Notice| view.subjects.same(notice.on, view.asked.index);
    let mut lines: Vec<String> = view
        .notices
        .iter()
        .filter(own)
        .filter_map(|it| notice(view, it))
        .collect();
    if lines.is_empty() {
        lines.push("  nothing here withdraws, corrects, contradicts or updates it".to_owned());
    }
    let rest = view.notices.iter().filter(|it| !own(it));
    let mut rest = rest.filter_map(|it| notice(view, it)).peekable();
    if rest.peek().is_some() {
        lines.push("  elsewhere in the thread:".to_owned());
        lines.extend(rest);
    }
    lines
}

fn notice(view: &View, notice: &Notice) -> Option<String> {
    let node = view.records.at(notice.by)?;
    let effect = changes::effect(view, notice);
    Some(format!(
        "  entry {}: {}{effect}\n      {}; {}",
        notice.by,
        view.link(node, &notice.link),
        title(node),
        who(node)
    ))
}

fn tables(view: &View) -> Vec<String> {
    let mut lines = Vec::new();
    for found in &view.tables {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(table(view, found));
    }
    lines
}

fn table(view: &View, table: &Table) -> Vec<String> {
    let mut rows = vec![
        ["Entry", "Claimed by", "Signed by", "Reported"]
            .map(str::to_owned)
            .to_vec(),
    ];
    if let Some(head) = rows.first_mut() {
        head.extend(table.labels.iter().cloned());
    }
    for claim in &table.claims {
        let node = view.records.at(claim.index);
        let mut row = vec![
            claim.index.to_string(),
            node.map_or_else(String::new, |node| escape(node.asserted_by())),
            node.map_or_else(String::new, |node| node.org.as_str().to_owned()),
            or_not_stated(&claim.reported),
        ];
        let values = table.labels.iter();
        row.extend(values.map(|label| {
            claim
                .values
                .get(label)
                .map_or("-", String::as_str)
                .to_owned()
        }));
        rows.push(row);
    }
    let mut lines = aligned(&rows);
    lines.extend(
        table
            .comparisons
            .iter()
            .map(|it| comparison(view, table, it)),
    );
    lines.extend(
        table
            .claims
            .iter()
            .flat_map(|claim| standing(view, claim.index)),
    );
    lines
}

fn or_not_stated(text: &str) -> String {
    if text.is_empty() {
        "not stated".to_owned()
    } else {
        escape(text)
    }
}

/// Columns as wide as their widest cell.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for (column, cell) in rows.iter().flat_map(|row| row.iter().enumerate()) {
        let width = widths.entry(column).or_default();
        *width = cell.chars().count().max(*width);
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(widths.values());
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("  {}", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn comparison(view: &View, table: &Table, compared: &Comparison) -> String {
    let Comparison {
        label,
        differs,
        ends,
    } = compared;
    let word = if *differs {
        "the claims DIFFER"
    } else {
        "the claims agree"
    };
    let value = |index: u64| {
        let claim = table.claims.iter().find(|claim| claim.index == index);
        let value = claim.and_then(|claim| claim.values.get(label));
        let reported = claim.map_or_else(String::new, |claim| escape(&claim.reported));
        let value = value.map_or("-", String::as_str);
        let by = view
            .records
            .at(index)
            .map_or_else(String::new, |node| escape(node.asserted_by()));
        format!("{value} (entry {index}, reported {reported} by {by})")
    };
    match ends {
        Some((first, last)) => {
            let (first, last) = (value(*first), value(*last));
            format!("  {label}: {word}; earliest {first}, latest {last}")
        }
        None => {
            format!("  {label}: {word}; the dates do not tell which was reported first or last")
        }
    }
}

/// That a claim was withdrawn, corrected or superseded by its own organisation.
fn standing(view: &View, index: u64) -> Vec<String> {
    let changed = view.notices.iter().filter(|notice| {
        notice.on == index && notice.valid && witnessmark_thread::rules::changes(notice.link.rel)
    });
    changed
        .filter_map(|notice| {
            let words = view.link(view.records.at(notice.by)?, &notice.link);
            Some(format!("  entry {}: {words}", notice.by))
        })
        .collect()
}

fn corroborations(view: &View) -> Vec<String> {
    let lines = view.corroborations.iter();
    lines
        .map(|it| {
            let Some(of) = it.of else {
                return format!(
                    "  entry {} corroborates record {}, which is not shown here: whether it is independent cannot be told",
                    it.by, it.target
                );
            };
            if it.reasons.is_empty() {
                return format!(
                    "  entry {} corroborates entry {of}: nothing in the records speaks against its independence: other \
                     organisation, key, party and sources, and no common origin",
                    it.by
                );
            }
            let reasons: Vec<String> = it.reasons.iter().map(|it| escape(&it.say(&view.records))).collect();
            format!(
                "  entry {} corroborates entry {of}: NOT INDEPENDENT, because {}",
                it.by,
                reasons.join(", and ")
            )
        })
        .collect()
}

fn custody(view: &View) -> Vec<String> {
    let mut lines = Vec::new();
    for chain in &view.chains {
        let of = view.records.get(&chain.of).map_or_else(
            || format!("record {}", chain.of),
            |node| format!("entry {}, {}", node.index, title(node)),
        );
        lines.push(format!("  {} ({of})", escape(&chain.item)));
        for (step, number) in chain.steps.iter().zip(1..) {
            lines.push(custody_step(step, number));
        }
        lines.extend(joins(chain));
        let items = view.chains.iter().filter(|other| other.of == chain.of);
        if items.count() > 1 {
            lines.push(
                "    other steps name another item of the same record; each item is judged alone"
                    .to_owned(),
            );
        }
    }
    lines
}

/// Where the steps of a chain do not join, or that they do.
fn joins(chain: &Chain) -> Vec<String> {
    let nameless = |it: &&Break| matches!(it, Break::NoHolder { .. });
    if chain.breaks.iter().filter(nameless).count() == chain.steps.len() {
        let rest = chain.breaks.iter().filter(|it| !nameless(it));
        let said = "    no step says who gave and who took it, so gaps cannot be seen".to_owned();
        return std::iter::once(said)
            .chain(rest.filter_map(|it| broken(chain, it)))
            .collect();
    }
    if chain.breaks.is_empty() && chain.steps.len() > 1 {
        return vec!["    every step joins the one before".to_owned()];
    }
    let breaks = chain.breaks.iter();
    breaks.filter_map(|it| broken(chain, it)).collect()
}

fn broken(chain: &Chain, broken: &Break) -> Option<String> {
    Some(format!("    {}", escape(&chain.say(broken)?)))
}

fn custody_step(step: &Step, number: usize) -> String {
    let holder = |party: &Option<v1::Party>| {
        party
            .as_ref()
            .map_or_else(|| "not stated".to_owned(), |party| escape(called(party)))
    };
    format!(
        "    {number}. {}: {}, from {} to {} (entry {})",
        or_not_stated(&step.when),
        or_not_stated(&step.what),
        holder(&step.from),
        holder(&step.to),
        step.index
    )
}

fn problems(view: &View) -> Vec<String> {
    let mut lines: Vec<String> = view
        .problems
        .iter()
        .map(|(index, problem)| {
            format!(
                "  entry {index}, {}: {}. {} [{}]",
                problem.path, problem.rule, problem.fix, problem.code
            )
        })
        .collect();
    for (index, link) in &view.missing {
        let Some(node) = view.records.at(*index) else {
            continue;
        };
        let shown = if view.complete {
            "which is not a record of this log at this size"
        } else {
            "which the ledger does not show at this size"
        };
        let words = view.link(node, link);
        lines.push(format!("  entry {index}: {words}: {shown} [W-LINK-TARGET]"));
    }
    for index in &view.unread {
        lines.push(format!(
            "  entry {index} is a record that this version of the program cannot read"
        ));
    }
    lines
}

fn records(view: &View, full: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for node in view.records.iter() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(record(view, node, full));
    }
    lines
}

fn record(view: &View, node: &Node, full: bool) -> Vec<String> {
    let step = view.steps.get(&node.index).copied().unwrap_or_default();
    let near = match step {
        _ if node.index == view.asked.index => "asked for".to_owned(),
        0 => "same thread id".to_owned(),
        1 => "linked directly".to_owned(),
        steps => format!("linked over {steps} steps"),
    };
    let mut fields = vec![(
        "Registered by the ledger".to_owned(),
        instant(node.registered_at),
    )];
    let signers = node
        .signers
        .iter()
        .map(|key| ("Signing key".to_owned(), key.to_string()));
    fields.extend(signers);
    if full {
        let erased: Vec<_> = erased::of(view, node).into_iter().map(|it| it.1).collect();
        fields.extend(render_erased(node.record.message(), &erased));
        fields.extend(changes::as_corrected(view, node));
    } else {
        fields.extend(said(view, node));
        for link in node.links() {
            fields.push(("Link".to_owned(), view.link(node, &link)));
        }
    }
    let width = fields
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or(0);
    let kind = node.record.kind();
    let standing = changes::standing(view, node.index);
    let mut lines = vec![format!("entry {} ({near}): {kind}{standing}", node.index)];
    lines.extend(
        fields
            .iter()
            .map(|(label, value)| format!("  {label:width$}  {value}")),
    );
    lines
}

/// What the record says, without how it is numbered, tied to its device and handled.
fn said(view: &View, node: &Node) -> Vec<(String, String)> {
    let part = v1::Record {
        device_seq: 0,
        previous: Vec::new(),
        origin: String::new(),
        schema: String::new(),
        thread_id: Vec::new(),
        language: String::new(),
        marking: None,
        // Shown with the places of their targets.
        links: Vec::new(),
        ..node.record.message().clone()
    };
    let erased: Vec<_> = erased::of(view, node).into_iter().map(|it| it.1).collect();
    let mut lines = render_erased(&part, &erased);
    lines.retain(|(label, _)| label != "Kind");
    lines
}

fn foot(view: &View) -> Vec<String> {
    let mut lines = vec![
        "Claims stand beside each other, and nothing is merged. That a record is here shows who signed it and that the \
         ledger has it,\nnot that it is true. The time of registration is not the time of the event."
            .to_owned(),
    ];
    lines.push(if view.complete {
        "Every entry up to this size was read: no record of the thread is missing.".to_owned()
    } else {
        "That no record of the thread is missing is the ledger's word; --whole-log reads every entry and sees for itself."
            .to_owned()
    });
    if view.more {
        lines.push("More records are linked over more steps than one answer holds; --whole-log shows them.".to_owned());
    }
    lines
}
