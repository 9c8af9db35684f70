//! What related records say was erased of the record, or opened to somebody: whose word counts, and the remarks.

use std::collections::BTreeSet;

use witnessmark_record::v1::ErasureKind;
use witnessmark_record::{Record, erased, opened};
use witnessmark_verifier::{Entry, Hash, OrgName, Origin, TlogProof};

use crate::bundle::Bundle;
use crate::escape::{escape, quote};
use crate::verdict::{
    ErasedFacts, Failure, FileState, OpeningFacts, RecordFacts, RelatedFacts, Validity,
};

/// All that is said of the record.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Everything that some erasure names, in the order of the log.
    pub(crate) erased: Vec<ErasedFacts>,
    /// Every disclosure, in the order of the log.
    pub(crate) openings: Vec<OpeningFacts>,
}

impl Told {
    /// The erasure of this protected field or file that counts: the first one of those that stand.
    pub(super) fn counting(&self, kind: ErasureKind, digest: &Hash) -> Option<&ErasedFacts> {
        self.erased.iter().find(|one| {
            one.validity == Validity::Counts && one.kind == kind && one.digest == *digest
        })
    }
}

/// A related record, once more from its proved bytes.
struct Related {
    index: u64,
    org: OrgName,
    record: Record,
}

/// Reads the related entries, all of which are proved by now; `facts` are what that showed.
pub(super) fn told(
    bundle: &Bundle,
    origin: &Origin,
    entry: &Entry,
    facts: &[RelatedFacts],
) -> Result<Told, Failure> {
    let related = bundle.related.iter().map(|one| {
        read(&one.proven.entry, &one.proven.proof, origin)
            .map_err(|what| Failure::not_verified(format!("a related entry: {what}")))
    });
    let related = related.collect::<Result<Vec<_>, _>>()?;
    let withdrawn_by = |index| facts.iter().find(|it| it.index == index)?.withdrawn_by;
    let of = entry.record_id();
    let mut told = Told::default();
    for one in &related {
        let validity = if entry.org.as_ref() != Some(&one.org) {
            Validity::OtherOrganisation
        } else if let Some(by) = withdrawn_by(one.index) {
            Validity::Withdrawn(by)
        } else {
            Validity::Counts
        };
        told.erased
            .extend(erased(&one.record, &of).into_iter().map(|it| ErasedFacts {
                index: one.index,
                organisation: one.org.as_str().to_owned(),
                validity,
                kind: it.kind,
                digest: Hash::new(it.digest),
                date: it.date,
                authority: it.authority,
                remains: it.remains,
            }));
        told.openings
            .extend(opened(&one.record, &of).into_iter().map(|it| OpeningFacts {
                index: one.index,
                organisation: one.org.as_str().to_owned(),
                validity,
                digests: it.digests.into_iter().map(Hash::new).collect(),
                to: it.to,
                when: it.when,
                authority: it.authority,
            }));
    }
    Ok(told)
}

fn read(entry: &[u8], proof: &str, origin: &Origin) -> Result<Related, String> {
    let index = TlogProof::parse(proof)
        .map_err(|error| error.to_string())?
        .index
        .get();
    let entry = Entry::parse(entry).map_err(|error| error.to_string())?;
    let record = crate::evidence::read(&entry, origin)?;
    let org = entry.org.ok_or("it names no organisation")?;
    Ok(Related { index, org, record })
}

/// What a reader has to know of what was erased or opened, each one sentence.
pub(super) fn remarks(facts: &RecordFacts) -> Vec<String> {
    let mut remarks = Vec::new();
    for field in &facts.protected {
        let Some(erased) = &field.erased else {
            continue;
        };
        let by = by_whom(erased);
        remarks.push(match &field.shown {
            Some((name, _)) => format!(
                "The protected field {} is shown here, and is what the record committed to, although it was {by}: \
                 somebody kept what shows it.",
                quote(name)
            ),
            None => format!(
                "A protected field (commitment {}) was {by}. Nobody is expected to show it again. {}",
                field.commitment,
                remains(erased)
            ),
        });
    }
    for file in &facts.files {
        let Some(erased) = &file.erased else { continue };
        let name = quote(&file.name);
        let by = by_whom(erased);
        remarks.push(if file.state == FileState::Matching {
            format!("The file {name} is here, the same bytes, although it was {by}.")
        } else {
            format!("The file {name} was {by}. {}", remains(erased))
        });
    }
    remarks.extend(without_effect(facts));
    remarks.extend(facts.openings.iter().map(opening));
    remarks
        .iter()
        .map(|remark| remark.trim_end().to_owned())
        .collect()
}

impl ErasedFacts {
    /// `erased on 2026-03-01 by authority of "..." (entry 9)`. What is not ours in it is escaped and quoted.
    pub fn say(&self) -> String {
        by_whom(self)
    }
}

/// See [`ErasedFacts::say`].
pub(crate) fn by_whom(erased: &ErasedFacts) -> String {
    let authority = match erased.authority.as_str() {
        "" => "an authority that is not stated".to_owned(),
        authority => quote(authority),
    };
    format!(
        "erased {} by authority of {authority} (entry {})",
        on(&erased.date),
        erased.index
    )
}

fn remains(erased: &ErasedFacts) -> String {
    match erased.remains.as_str() {
        "" => String::new(),
        remains => format!("What remains: {}.", quote(remains)),
    }
}

/// A date bare when it is nothing but one, so that it cannot be taken for our words.
fn on(date: &str) -> String {
    let is_date = |byte: u8| byte.is_ascii_digit() || b"-/.,[]{}~?%XYSTZ:+".contains(&byte);
    match date {
        "" => "at a time that is not stated".to_owned(),
        date if date.bytes().all(is_date) => format!("on {}", escape(date)),
        date => format!("on {}", quote(date)),
    }
}

/// Erasures that change nothing here, one sentence for each entry and reason.
fn without_effect(facts: &RecordFacts) -> Vec<String> {
    let mut said = BTreeSet::new();
    let mut remarks = Vec::new();
    for one in &facts.erasures {
        let held = match one.kind {
            ErasureKind::ProtectedField => {
                facts.protected.iter().any(|it| it.commitment == one.digest)
            }
            ErasureKind::Attachment => facts.files.iter().any(|it| it.sha256 == one.digest),
            ErasureKind::Unspecified => false,
        };
        let why = match one.validity {
            Validity::OtherOrganisation => {
                "only the organisation that signed this record can say so".to_owned()
            }
            Validity::Withdrawn(by) => format!("it was withdrawn by entry {by}"),
            Validity::Counts if !held => "this record holds no such digest".to_owned(),
            Validity::Counts => continue,
        };
        let remark = format!(
            "Entry {} by {} says that something of this record was erased; it has no effect, because {why}.",
            one.index,
            quote(&one.organisation)
        );
        if said.insert(remark.clone()) {
            remarks.push(remark);
        }
    }
    remarks
}

fn opening(opening: &OpeningFacts) -> String {
    let who = quote(&opening.organisation);
    let index = opening.index;
    match opening.validity {
        Validity::OtherOrganisation => format!(
            "Entry {index} by {who} says that protected fields of this record were opened to somebody; it counts for \
             nothing, because only the organisation that signed this record can say so."
        ),
        Validity::Withdrawn(by) => format!(
            "Entry {index} by {who} says that protected fields of this record were opened to somebody, and was withdrawn \
             by entry {by}."
        ),
        Validity::Counts => {
            let to = match opening.to.as_str() {
                "" => "somebody who is not named".to_owned(),
                to => quote(to),
            };
            let authority = match opening.authority.as_str() {
                "" => String::new(),
                authority => format!(" by authority of {}", quote(authority)),
            };
            format!(
                "{} protected field(s) of this record were opened to {to} {}{authority} (entry {index}).",
                opening.digests.len(),
                on(&opening.when)
            )
        }
    }
}
