//! Rival figures side by side: who states which number, and who was first and who was last.

use std::collections::BTreeMap;

use crate::span::Span;
use crate::{Node, Records, Subjects};

/// The numbers of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The place of the record.
    pub index: u64,
    /// When the claim was reported, as the record writes it; empty when it does not say.
    pub reported: String,
    /// The values, by label.
    pub values: BTreeMap<String, String>,
}

/// The claims about one thing that state numbers, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What is counted by at least two of the claims, in the order in which it first appears.
    pub labels: Vec<String>,
    /// At least two claims: by the time of report, those that state none last, in the order of the log.
    pub claims: Vec<Claim>,
    /// For each label, what comparing the claims shows.
    pub comparisons: Vec<Comparison>,
}

/// What several claims say about one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What is counted.
    pub label: String,
    /// Whether they differ.
    pub differs: bool,
    /// The places of the claims that were reported first and last, when their dates tell which they are.
    pub ends: Option<(u64, u64)>,
}

/// One table for each thing of which more than one claim states the same number.
pub fn tables(records: &Records, subjects: &Subjects) -> Vec<Table> {
    let groups = subjects.groups().into_iter();
    groups.filter_map(|group| table(records, &group)).collect()
}

fn table(records: &Records, group: &[u64]) -> Option<Table> {
    let mut labels: Vec<String> = Vec::new();
    let mut claims = Vec::new();
    for node in group.iter().filter_map(|index| records.at(*index)) {
        let figures = witnessmark_record::figures(node.record.message());
        for (label, _) in &figures {
            if !labels.contains(label) {
                labels.push(label.clone());
            }
        }
        if !figures.is_empty() {
            claims.push(claim(node, figures));
        }
    }
    // A number that one claim alone states has no rival; it stands with its record.
    labels.retain(|label| {
        let stated = claims
            .iter()
            .filter(|claim| claim.values.contains_key(label));
        stated.count() > 1
    });
    for claim in &mut claims {
        claim.values.retain(|label, _| labels.contains(label));
    }
    claims.retain(|claim| !claim.values.is_empty());
    if labels.is_empty() {
        return None;
    }
    claims.sort_by_key(|claim| (Span::of(&claim.reported).key(), claim.index));
    let comparisons = labels.iter().filter_map(|label| compare(label, &claims));
    let comparisons = comparisons.collect();
    Some(Table {
        labels,
        claims,
        comparisons,
    })
}

fn claim(node: &Node, figures: Vec<(String, String)>) -> Claim {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (label, value) in figures {
        let said = values.entry(label).or_default();
        // One record may state two figures in the same words; both are shown.
        if !said.is_empty() {
            said.push_str("; ");
        }
        said.push_str(&value);
    }
    Claim {
        index: node.index,
        reported: node.record.message().reported.clone(),
        values,
    }
}

fn compare(label: &str, claims: &[Claim]) -> Option<Comparison> {
    let stated: Vec<(&Claim, &String)> = claims
        .iter()
        .filter_map(|claim| Some((claim, claim.values.get(label)?)))
        .collect();
    let [(first, value), .., (last, _)] = stated.as_slice() else {
        return None;
    };
    let differs = stated.iter().any(|(_, other)| other != value);
    let span = |claim: &Claim| Span::of(&claim.reported);
    // The first was reported before all others, and the last after all others: by the dates, not by their order here.
    let (begin, end) = (span(first), span(last));
    let told = stated.iter().all(|(claim, _)| {
        let own = span(claim);
        (claim.index == first.index || begin.is_before(&own))
            && (claim.index == last.index || own.is_before(&end))
    });
    Some(Comparison {
        label: label.to_owned(),
        differs,
        ends: told.then_some((first.index, last.index)),
    })
}

#[cfg(test)]
mod tests {
    use witnessmark_record::v1;

    use super::*;
    use crate::sample::{Draft, Rel, draft, records};
    use crate::subjects;

    fn toll(number: u8, reported: &str, killed: &str, injured: &str) -> Draft {
        let count = |text: &str| {
            (!text.is_empty()).then(|| v1::Quantity {
                exact: text.to_owned(),
                ..v1::Quantity::default()
            })
        };
        draft(number).with(|it| {
            it.reported = reported.to_owned();
            it.thread_id = vec![1; 16];
            it.body = Some(v1::record::Body::Statement(v1::Statement {
                casualties: Some(v1::Casualties {
                    killed: count(killed),
                    injured: count(injured),
                    ..v1::Casualties::default()
                }),
                ..v1::Statement::default()
            }));
        })
    }

    fn only_table(drafts: Vec<Draft>) -> Table {
        let nodes = drafts.into_iter().zip(0..).map(|(it, index)| it.at(index));
        let records: Records = nodes.collect();
        let mut tables = tables(&records, &subjects(&records));
        assert_eq!(tables.len(), 1);
        tables.remove(0)
    }

    #[test]
    fn rival_tolls_stand_side_by_side_in_the_order_of_their_reports() {
        let table = only_table(vec![
            toll(1, "2024-02-16", "3", "64"),
            toll(0, "2024-01-06", "2", "62"),
            toll(2, "", "3", ""),
        ]);
        let order: Vec<_> = table.claims.iter().map(|it| it.index).collect();
        assert_eq!(order, [1, 0, 2]);
        assert_eq!(table.labels, ["Casualties, killed", "Casualties, injured"]);
        let values: Vec<_> = table.claims.iter().map(|it| it.values.len()).collect();
        assert_eq!(values, [2, 2, 1]);
        let [killed, injured] = table.comparisons.as_slice() else {
            panic!("{table:?}");
        };
        // One of the three states no date, so nobody can say which of the three was last.
        assert_eq!((killed.differs, killed.ends), (true, None));
        assert_eq!((injured.differs, injured.ends), (true, Some((1, 0))));
    }

    #[test]
    fn reports_of_dates_that_overlap_have_no_order() {
        let table = only_table(vec![
            toll(0, "2024-01", "2", ""),
            toll(1, "2024-01-06", "2", ""),
        ]);
        assert!(!table.comparisons[0].differs);
        assert_eq!(table.comparisons[0].ends, None);
    }

    #[test]
    fn figures_about_different_things_are_not_rivals() {
        let one = toll(0, "2024-01-06", "2", "62").at(1);
        let other = toll(1, "2024-01-06", "9", "9").with(|it| it.thread_id = vec![9; 16]);
        let other = other.link(Rel::About, one.id).at(2);
        let records = records([&one, &other]);
        assert_eq!(tables(&records, &subjects(&records)), []);
    }
}
