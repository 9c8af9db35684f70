//! What the related entries leave of the record, and what a reader has to know of it: withdrawn, corrected, contradicted.

use std::collections::BTreeMap;

use witnessmark_record::{
    Effect, Logged, Revision, Standing, change_words, reason_words, speaks_of,
};

use crate::escape::{escape, quote};
use crate::verdict::{ChangeFacts, CorrectionFacts, LinkFacts, RelatedFacts};

/// What the related entries are and what they leave of the record.
pub(crate) struct StandingFacts {
    pub(crate) related: Vec<RelatedFacts>,
    pub(crate) withdrawn_by: Option<u64>,
    pub(crate) corrections: Vec<CorrectionFacts>,
}

/// Whether a relation changes the standing of its target, which only its own organisation may do.
pub(super) fn changes(relation: &str) -> bool {
    matches!(relation, "corrects" | "withdraws" | "supersedes")
}

/// Every correction of one of these records, in the order of the log.
pub(super) fn corrections(all: &[Logged<'_>], standing: &Standing<'_>) -> Vec<CorrectionFacts> {
    let mut found: Vec<CorrectionFacts> = Vec::new();
    let corrected = all.iter().filter(|it| standing.has_corrections(&it.id));
    for target in corrected {
        let revisions = standing.revised(target).revisions;
        let revisions = revisions.iter();
        found.extend(revisions.map(|revision| correction(target.index, revision)));
    }
    found.sort_by_key(|it| (it.by, it.on));
    found
}

fn correction(on: u64, revision: &Revision) -> CorrectionFacts {
    let (effect, because) = match &revision.effect {
        Effect::Applied => ("applied", Vec::new()),
        Effect::Foreign => ("foreign", Vec::new()),
        Effect::Withdrawn(_) => ("withdrawn", Vec::new()),
        Effect::Stale(misfits) => {
            let words = misfits.iter().map(|it| escape(&it.to_string()));
            ("stale", words.collect())
        }
    };
    let changes = revision.changes.iter().map(|change| {
        let words = change_words(change);
        ChangeFacts {
            path: change.path.clone(),
            field: words.field,
            was: words.was,
            now: words.now,
        }
    });
    CorrectionFacts {
        by: revision.by,
        on,
        reason: reason_words(revision.reason),
        effect,
        because,
        changes: changes.collect(),
    }
}

/// The remarks on the related entries of the record at `index`: first its withdrawals that stand, then all others in the order
/// of the log.
pub(super) struct Remarks<'a> {
    index: u64,
    related: &'a [RelatedFacts],
    /// By the entry that corrects.
    corrections: BTreeMap<u64, Vec<&'a CorrectionFacts>>,
    /// By the entry that is answered.
    answers: BTreeMap<u64, Vec<&'a RelatedFacts>>,
}

impl<'a> Remarks<'a> {
    pub(super) fn on(
        index: u64,
        related: &'a [RelatedFacts],
        all_corrections: &'a [CorrectionFacts],
    ) -> Self {
        let mut corrections: BTreeMap<u64, Vec<_>> = BTreeMap::new();
        for correction in all_corrections {
            corrections
                .entry(correction.by)
                .or_default()
                .push(correction);
        }
        let mut answers: BTreeMap<u64, Vec<_>> = BTreeMap::new();
        for one in related {
            for link in one.links.iter().filter(|it| it.relation == "responds_to") {
                answers.entry(link.about).or_default().push(one);
            }
        }
        Self {
            index,
            related,
            corrections,
            answers,
        }
    }

    /// The withdrawals of the record that stand: what a reader has to know before anything else.
    pub(super) fn withdrawals(&self) -> Vec<String> {
        let stands = |link: &LinkFacts| self.is_withdrawal(link);
        let standing = self.related.iter().filter(|it| it.withdrawn_by.is_none());
        standing
            .filter(|it| it.links.iter().any(stands))
            .map(|it| self.remark(it, "withdraws this record"))
            .collect()
    }

    /// All other remarks, on the entries that speak of the record, or of one that does.
    pub(super) fn others(&self) -> Vec<String> {
        let bearing = self.related.iter().filter(|it| it.bears_on_record);
        bearing.flat_map(|it| self.on_entry(it)).collect()
    }

    fn is_withdrawal(&self, link: &LinkFacts) -> bool {
        link.relation == "withdraws" && link.about == self.index && link.has_effect
    }

    fn on_entry(&self, related: &RelatedFacts) -> Vec<String> {
        if let Some(by) = related.withdrawn_by {
            let said = format!("{} {}", verb(&related.relation), self.object(related.about));
            let by = self.object(by);
            let words =
                format!("{said}, and no longer counts: its own organisation withdrew it with {by}");
            return vec![self.remark(related, &words)];
        }
        let links = related
            .links
            .iter()
            .filter(|link| !self.is_withdrawal(link));
        let words = links.flat_map(|link| self.on_link(related, link));
        words.map(|words| self.remark(related, &words)).collect()
    }

    /// What one link says that a reader has to know; nothing for most relations.
    fn on_link(&self, related: &RelatedFacts, link: &LinkFacts) -> Vec<String> {
        let object = self.object(link.about);
        let of_entry = self.corrections.get(&related.index).into_iter().flatten();
        let own = of_entry.filter(|it| it.on == link.about && link.relation == "corrects");
        let own: Vec<String> = own.map(|it| changed(it, &object)).collect();
        if !own.is_empty() {
            return own;
        }
        if !link.has_effect {
            return vec![format!(
                "{} {object}, which has no effect: another organisation signed {object}",
                verb(&link.relation)
            )];
        }
        let is_known = matches!(
            link.relation.as_str(),
            "corrects" | "contradicts" | "supersedes" | "updates"
        );
        // A withdrawal of another entry is said of that one.
        is_known
            .then(|| format!("{} {object}", verb(&link.relation)))
            .into_iter()
            .collect()
    }

    fn object(&self, about: u64) -> String {
        if about == self.index {
            "this record".to_owned()
        } else {
            format!("entry {about}")
        }
    }

    /// One sentence: who says what, who answered it, and under which title.
    fn remark(&self, related: &RelatedFacts, words: &str) -> String {
        let answers = self.answers.get(&related.index).into_iter().flatten();
        let answers: Vec<String> = answers
            .map(|it| format!("entry {} by {}", it.index, it.organisation))
            .collect();
        let answered = if answers.is_empty() {
            String::new()
        } else {
            format!(" (answered in {})", answers.join(", "))
        };
        format!(
            "Entry {} by {} {words}{answered}: {}",
            related.index,
            related.organisation,
            quote(&related.title)
        )
    }
}

/// What a correction does to its `object`, with every change, or why it does nothing.
fn changed(correction: &CorrectionFacts, object: &str) -> String {
    let reason = &correction.reason;
    match correction.effect {
        "applied" => {
            let changes = correction.changes.iter().map(|it| {
                let (was, now) = (value(it.was.as_deref()), value(it.now.as_deref()));
                format!("{}: said {was}, says now {now}", escape(&it.field))
            });
            let changes: Vec<String> = changes.collect();
            format!("corrects {object} ({reason}): {}", changes.join("; "))
        }
        "stale" => format!(
            "would correct {object} ({reason}), which has no effect: {}",
            correction.because.join(", and ")
        ),
        _ => format!(
            "would correct {object} ({reason}), which has no effect: another organisation signed {object}"
        ),
    }
}

fn value(words: Option<&str>) -> String {
    words.map_or_else(|| "nothing".to_owned(), quote)
}

fn verb(relation: &str) -> String {
    match relation {
        "supersedes" => "takes the place of".to_owned(),
        "updates" => "gives later figures than".to_owned(),
        "responds_to" => "responds to".to_owned(),
        "about" => "speaks of".to_owned(),
        "custody_of" => "tells a step in the custody of".to_owned(),
        "corrects" | "contradicts" | "withdraws" | "corroborates" => relation.to_owned(),
        other if speaks_of(other) => format!("says `{}` of", other.replace('_', " ")),
        other => format!("is linked by `{}` with", other.replace('_', " ")),
    }
}
