//! The page around the parts: head, style, the foot of each printed sheet.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use witnessmark_bundle::{Verdict, VerdictWord, escape, utc};
use witnessmark_record::mixed_alphabets;

use crate::{Circumstances, Shown, around, closing, content, first, place};

/// The style, which is all that the page consists of besides text.
const STYLE: &str = include_str!("report.css");

/// The whole page.
pub(crate) fn html(verdict: &Verdict, shown: Option<&Shown>, about: &Circumstances) -> String {
    let digest = about.bundle_sha256.to_string();
    let title = format!("{} - report on a bundle", verdict.word.as_str());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(foot_rule(&digest))) }
            }
            body {
                header {
                    p.product { "Witnessmark" }
                    h1 { "Report on the check of a bundle" }
                    p.made { "Made on " (utc(about.made_at_ms)) " by " (escape(&about.software)) ". "
                        "A program made this report. It is not the statement of a person." }
                }
                main { (body(verdict, shown, about)) }
                footer {
                    p { "Bundle SHA-256 " span.hash { (digest) } }
                    p { "End of the report." }
                }
            }
        }
    };
    page.into_string()
}

fn body(verdict: &Verdict, shown: Option<&Shown>, about: &Circumstances) -> Markup {
    let parts = shown.and_then(|shown| Some((shown, verdict.record.as_ref()?)));
    let Some((shown, record)) = parts else {
        return html! {
            (first::failure(verdict))
            // Their names were signed: they are known only when all checks before theirs passed.
            @if !verdict.files.is_empty() { (content::files(&verdict.files)) }
            (closing::checks(verdict))
            (closing::software(verdict, about))
            (closing::glossary())
        };
    };
    let records = around::records(shown);
    html! {
        (first::page(verdict, record, about))
        (content::fields(record))
        (content::files(&verdict.files))
        (content::signatures(verdict, record))
        (place::times(verdict, record))
        (place::position(verdict, shown))
        (place::append_only(verdict, shown))
        (around::custody(verdict, &records))
        (around::independence(&records))
        (closing::checks(verdict))
        (closing::software(verdict, about))
        (closing::assumptions(verdict))
        (closing::certificates(verdict, record, about))
        (closing::glossary())
        (closing::contacts(verdict))
    }
}

/// The word, large. Its class sets a colour; the word itself carries the meaning.
pub(crate) fn band(word: VerdictWord) -> Markup {
    let class = match word {
        VerdictWord::Verified => "band good",
        VerdictWord::VerifiedWithRemarks => "band remarks",
        VerdictWord::NotVerified => "band bad",
        VerdictWord::CannotTell => "band unknown",
    };
    html! { p class=(class) role="status" { (word.as_str()) } }
}

/// The foot of each printed sheet. The digest is hex, so nothing in it can end the style.
fn foot_rule(digest: &str) -> String {
    let left =
        format!("@bottom-left {{ content: \"Bundle SHA-256 {digest}\"; font: 6.5pt monospace; }}");
    let right = "@bottom-right { content: \"Page \" counter(page) \" of \" counter(pages); font: 8pt sans-serif; }";
    format!("@page {{ size: A4; margin: 18mm 16mm 20mm 16mm; {left} {right} }}")
}

/// Text of a record: escaped, and kept from turning what stands around it.
pub(crate) fn foreign(text: &str) -> Markup {
    html! {
        bdi { (escape(text)) }
        @if let Some((one, two)) = mixed_alphabets(text) {
            " (a word of it mixes " (one) " and " (two) " letters)"
        }
    }
}

/// A table of labels and values.
pub(crate) fn pairs(rows: &[(&str, Markup)]) -> Markup {
    html! {
        table.pairs {
            tbody {
                @for (label, value) in rows {
                    tr { th scope="row" { (label) } td { (value) } }
                }
            }
        }
    }
}
