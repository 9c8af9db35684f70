//! Corrections in plain words: what each record said, what it says now, by which entry, when and why.

use witnessmark_record::{Effect, Revision, change_words, instant, reason_words, render};
use witnessmark_thread::corrections::Corrected;
use witnessmark_thread::{Node, Notice};

use super::super::view::View;

/// Every record that was corrected, with each correction of it.
pub(super) fn lines(view: &View) -> Vec<String> {
    let mut lines = Vec::new();
    for corrected in &view.corrected {
        let Some(node) = view.records.at(corrected.index) else {
            continue;
        };
        lines.push(format!("  entry {}: {}", node.index, super::title(node)));
        for revision in &corrected.revised.revisions {
            lines.extend(revision_lines(view, node, revision));
        }
        lines.extend(broken(corrected));
        if !corrected.settled {
            lines.push(
                "    more entries may bear on these corrections than are shown here; --whole-log shows all"
                    .to_owned(),
            );
        }
    }
    if view.corrected.iter().any(|it| it.revised.is_changed()) {
        lines.push(
            "  Below, each record stands as it was signed; --full adds it as corrected".to_owned(),
        );
    }
    lines
}

fn revision_lines(view: &View, target: &Node, revision: &Revision) -> Vec<String> {
    let registered = view.records.at(revision.by).map(|node| node.registered_at);
    let when = registered.map_or_else(String::new, instant);
    let reason = reason_words(revision.reason);
    let standing = effect_words(target.index, &revision.effect);
    let mut lines = vec![format!(
        "    entry {}, registered {when}, because of {reason}: {standing}",
        revision.by
    )];
    let (said, now) = if revision.effect == Effect::Applied {
        ("it said", "it says now")
    } else {
        ("it would replace", "by")
    };
    lines.extend(revision.changes.iter().map(|change| {
        let words = change_words(change);
        let (before, after) = (quoted(words.was), quoted(words.now));
        format!("      {}: {said} {before}, {now} {after}", words.field)
    }));
    lines
}

/// The words, which are escaped already, in quotation marks that nothing in them can end; an absent field without.
fn quoted(words: Option<String>) -> String {
    words.map_or_else(
        || "nothing".to_owned(),
        |words| format!("\"{}\"", words.replace('"', "\\u{22}")),
    )
}

fn effect_words(target: u64, effect: &Effect) -> String {
    match effect {
        Effect::Applied => "applies".to_owned(),
        Effect::Foreign => {
            format!("has NO EFFECT, because another organisation signed entry {target}")
        }
        Effect::Withdrawn(by) => format!("no longer applies: entry {by} withdrew it"),
        Effect::Stale(misfits) => {
            let misfits: Vec<String> = misfits.iter().map(ToString::to_string).collect();
            format!("has NO EFFECT, because {}", misfits.join(", and "))
        }
    }
}

/// Rules that the record as corrected breaks, and did not break as signed.
fn broken(corrected: &Corrected) -> impl Iterator<Item = String> {
    corrected.broken.iter().map(|problem| {
        format!(
            "    as corrected, {}: {}. {} [{}]",
            problem.path, problem.rule, problem.fix, problem.code
        )
    })
}

/// What takes the effect of a notice away: said after it.
pub(super) fn effect(view: &View, notice: &Notice) -> String {
    if !notice.valid {
        return "; it has NO EFFECT, because another organisation signed that entry".to_owned();
    }
    if let Some(by) = view.withdrawn.get(&notice.by) {
        return format!("; it was WITHDRAWN by entry {by}");
    }
    if let Some(Effect::Stale(_)) = view.effect(notice.by, notice.on) {
        let words =
            "; it has NO EFFECT, because it does not start from what that entry said by then";
        return words.to_owned();
    }
    String::new()
}

/// That a record is withdrawn or corrected: said where the record itself is shown.
pub(super) fn standing(view: &View, index: u64) -> String {
    let mut words = String::new();
    if let Some(by) = view.withdrawn.get(&index) {
        words = format!("; WITHDRAWN by entry {by}");
    }
    let corrected = view.corrected.iter().find(|it| it.index == index);
    let revisions = corrected.map(|it| it.revised.revisions.as_slice());
    let applied = revisions.unwrap_or_default().iter();
    let by: Vec<String> = applied
        .filter(|it| it.effect == Effect::Applied)
        .map(|it| it.by.to_string())
        .collect();
    if by.is_empty() {
        return words;
    }
    let word = if by.len() == 1 { "entry" } else { "entries" };
    format!("{words}; CORRECTED by {word} {}", by.join(", "))
}

/// The lines of the record as corrected that are other than those of the record as signed.
pub(super) fn as_corrected(view: &View, node: &Node) -> Vec<(String, String)> {
    let corrected = view.corrected.iter().find(|it| it.index == node.index);
    let Some(corrected) = corrected.filter(|it| it.revised.is_changed()) else {
        return Vec::new();
    };
    let signed = render(node.record.message());
    let now = render(&corrected.revised.record);
    let says = |lines: &[(String, String)], (label, value): &(String, String)| {
        let mut lines = lines.iter();
        lines.any(|(other, said)| said == value && unnumbered(other) == unnumbered(label))
    };
    let count = |lines: &[(String, String)], label: &str| {
        let lines = lines.iter();
        lines
            .filter(|(other, _)| unnumbered(other) == unnumbered(label))
            .count()
    };
    let labelled = |label: &str| format!("As corrected: {label}");
    let added = now.iter().filter(|line| !says(&signed, line));
    let mut lines: Vec<(String, String)> = added
        .map(|(label, value)| (labelled(label), value.clone()))
        .collect();
    let gone = signed
        .iter()
        .filter(|line| !says(&now, line) && count(&now, &line.0) < count(&signed, &line.0));
    lines.extend(gone.map(|(label, value)| (labelled(label), format!("no longer said: {value}"))));
    lines
}

/// A label without the numbers of items, which change when one is added or taken away.
fn unnumbered(label: &str) -> String {
    let parts = label.split(", ").map(|part| {
        let words = part.trim_end_matches(|c: char| c.is_ascii_digit());
        words.strip_suffix(' ').unwrap_or(part)
    });
    parts.collect::<Vec<_>>().join(", ")
}
