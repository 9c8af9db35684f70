//! Reports on a real bundle, good and altered: what must be in them, and what must never be.

use witnessmark_bundle::{NoFiles, Verdict, VerdictWord, verify_bundle};
use witnessmark_report::{Circumstances, report};
use witnessmark_verifier::sha256;

const BUNDLE: &[u8] = include_bytes!("data/bundle.json");
const POLICY: &[u8] = include_bytes!("data/trust.policy");

fn circumstances(bundle: &[u8]) -> Circumstances {
    Circumstances {
        bundle_sha256: sha256(bundle),
        made_at_ms: 1_767_225_600_000,
        software: "test <program> 1".to_owned(),
        software_sha256: None,
        machine: "linux, x86_64".to_owned(),
    }
}

fn of(bundle: &[u8]) -> (Verdict, String) {
    let verdict = verify_bundle(bundle, POLICY, &NoFiles);
    let page = report(bundle, &verdict, &circumstances(bundle));
    (verdict, page)
}

#[test]
fn a_good_bundle_has_all_twenty_points() {
    let (verdict, page) = of(BUNDLE);
    assert!(verdict.word.is_positive());
    for point in 1..=19 {
        assert!(
            page.contains(&format!("<h2>{point}. ")),
            "point {point} is missing"
        );
    }
    // The twentieth: the foot of every sheet.
    assert!(
        page.contains("counter(page)")
            && page.contains(&format!("Bundle SHA-256 {}", sha256(BUNDLE)))
    );
    assert!(page.contains(verdict.word.as_str()));
    for limit in verdict.does_not_show() {
        assert!(page.contains(limit), "{limit}");
    }
    let record = verdict.record.unwrap();
    for (label, _) in &record.lines {
        assert!(page.contains(&label.replace('&', "&amp;")), "{label}");
    }
    assert!(page.contains(&record.record_id.to_string()));
}

#[test]
fn nothing_in_it_runs_or_is_fetched() {
    let (_, page) = of(BUNDLE);
    for word in [
        "<script",
        "<img",
        "<iframe",
        "<link",
        "<a ",
        "url(",
        "@import",
        " on",
        "javascript:",
        "src=",
    ] {
        let inside_tags = page
            .split('<')
            .skip(1)
            .filter_map(|tag| tag.split('>').next());
        let (tag_word, is_tag) = word
            .strip_prefix('<')
            .map_or((word, false), |name| (name, true));
        let found = inside_tags.into_iter().any(|tag| {
            if is_tag {
                tag.starts_with(tag_word)
            } else {
                tag.contains(tag_word)
            }
        });
        assert!(!found, "{word}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("test &lt;program&gt; 1") && !page.contains("<program>"));
}

#[test]
fn a_bundle_that_does_not_verify_gets_a_report_that_shows_nothing_of_it() {
    let good = String::from_utf8(BUNDLE.to_vec()).unwrap();
    let (verdict, _) = of(BUNDLE);
    let record = verdict.record.unwrap();
    let changed = good.replacen("\"entry\": \"V01LM", "\"entry\": \"V01LN", 1);
    assert_ne!(good, changed);
    let (verdict, page) = of(changed.as_bytes());
    assert_eq!(verdict.word, VerdictWord::NotVerified);
    assert!(page.contains(">NOT VERIFIED<"));
    assert!(page.contains(verdict.failed().unwrap().name));
    assert!(!page.contains(">VERIFIED") && !page.contains("VERIFIED WITH REMARKS"));
    assert!(!page.contains(&record.title) && !page.contains(&record.record_id.to_string()));
    assert!(!page.contains("is in the ledger"));
}

#[test]
fn what_is_no_bundle_at_all_gets_a_report_too() {
    let (verdict, page) = of(b"<script>alert('VERIFIED')</script>");
    assert_eq!(verdict.word, VerdictWord::NotVerified);
    assert!(page.contains(">NOT VERIFIED<") && !page.contains("<script"));
}
