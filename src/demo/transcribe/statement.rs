//! Statements of the data.

use witnessmark_record::v1;

use super::LANGUAGE;
use super::shared::{casualties, edtf, maybe_word, party, quantity};
use super::shipment::vessel;
use super::source::{Fault, Object};

/// The one private person of the data. He is named by a sanctions list.
const LISTED_PERSON: &str = "Vladimir Vladimirovich Mikheychik";

pub(super) fn read(mut from: Object) -> Result<v1::Statement, Fault> {
    let kind = from.text("statement_type")?;
    let texts = texts(&mut from)?;
    let pages = from.whole("pages")?;
    let statement = v1::Statement {
        speaker: speaker(from.text("speaker")?, from.text("speaker_role")?),
        statement_type: maybe_word::<v1::StatementType>("STATEMENT_TYPE", "statement_type", &kind)?
            .into(),
        // The data are in the transcriber's own words.
        fidelity: if texts.is_empty() {
            v1::TextFidelity::Unspecified.into()
        } else {
            v1::TextFidelity::Paraphrase.into()
        },
        texts,
        forum: from.text("forum")?,
        period: edtf(&mut from, "period")?,
        period_of_transfers: edtf(&mut from, "period_of_transfers")?,
        casualties: casualties(&mut from)?,
        figures: figures(&mut from)?,
        joint_with: organisations(from.texts("joint_with")?, v1::PartyRole::Joint),
        instrument: from.text("instrument")?,
        authority: from.text("authority")?,
        designated: organisations(from.texts("designated")?, v1::PartyRole::Designated),
        conveyances: from.objects("vessels", vessel)?,
        reason: from.text("reason")?,
        accuracy_note: from.text("accuracy_note")?,
        report: (pages > 0).then(|| v1::PublishedReport {
            pages,
            ..v1::PublishedReport::default()
        }),
        ..v1::Statement::default()
    };
    from.finish()?;
    Ok(statement)
}

fn texts(from: &mut Object) -> Result<Vec<v1::LangString>, Fault> {
    let texts = [from.text("claim")?, from.text("also")?];
    let given = texts.into_iter().filter(|text| !text.is_empty());
    Ok(given
        .map(|text| v1::LangString {
            lang: LANGUAGE.to_owned(),
            text,
        })
        .collect())
}

/// Everybody who speaks in the data holds an office or speaks in public for an organisation.
fn speaker(name: String, office: String) -> Option<v1::Party> {
    if name.is_empty() && office.is_empty() {
        return None;
    }
    Some(v1::Party {
        office,
        public_official: true,
        ..party(name, v1::PartyType::Person, v1::PartyRole::Speaker)
    })
}

fn organisations(names: Vec<String>, role: v1::PartyRole) -> Vec<v1::Party> {
    let listed = |name: String| {
        if name == LISTED_PERSON {
            v1::Party {
                publicly_listed: true,
                ..party(name, v1::PartyType::Person, role)
            }
        } else {
            party(name, v1::PartyType::Organisation, role)
        }
    };
    names.into_iter().map(listed).collect()
}

fn figures(from: &mut Object) -> Result<Vec<v1::Figure>, Fault> {
    let mut figures = Vec::new();
    for (member, what) in [
        ("aircraft_identified", "aircraft identified"),
        ("participating_states", "participating states"),
    ] {
        if let Some(value) = quantity(from, member)? {
            figures.push(v1::Figure {
                what: what.to_owned(),
                value: Some(value),
                ..v1::Figure::default()
            });
        }
    }
    Ok(figures)
}
