//! An answer on a case, and what is wrong with it.

use serde_json::Value;
use witnessmark_bundle::Verdict;
use witnessmark_record::escape;

use super::corpus::{Case, Expected};

/// What a judge says.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The judge.
    pub(crate) who: &'static str,
    /// The exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) form: Form,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// A page to print.
    Page,
    /// `refused` or `accepted`.
    Word,
}

impl Answer {
    /// The text of a verdict.
    pub(crate) fn of(who: &'static str, verdict: &Verdict) -> Self {
        Self::said(who, verdict.exit_code(), verdict.to_text())
    }

    /// A text that ends with this exit code.
    pub(crate) fn said(who: &'static str, code: u8, out: String) -> Self {
        Self {
            who,
            code: Some(code.into()),
            out,
            err: String::new(),
            form: Form::Text,
        }
    }
}

/// Words that a hasty reader takes for an approval.
const POSITIVE: [&str; 8] = [
    "verified",
    "valid",
    "ok",
    "success",
    "successful",
    "true",
    "passed",
    "accepted",
];

/// Everything that is wrong with an answer on a case.
pub(crate) fn complaints(case: &Case, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    let code = match case.expected {
        Expected::NotVerified(_) | Expected::NotProved(_) | Expected::Refused => 1,
        Expected::CannotTell(_) => 2,
        Expected::Proved => 3,
        Expected::Shown => 0,
    };
    if answer.code != Some(code) {
        found.push(format!("exit code {:?} and not {code}", answer.code));
    }
    if !answer.err.is_empty() {
        found.push(format!("on standard error: {}", answer.err));
    }
    for line in answer.out.lines().filter(|line| escape(line) != *line) {
        found.push(format!("characters that deceive in the line {line:?}"));
    }
    match answer.form {
        Form::Text => text(case, &answer.out, &mut found),
        Form::Json => json(case, &answer.out, &mut found),
        Form::Page => page(case, &answer.out, &mut found),
        Form::Word => {
            if answer.out != "refused" {
                found.push(answer.out.clone());
            }
        }
    }
    for hidden in &case.hides {
        if answer.form != Form::Page && answer.out.contains(hidden.as_str()) {
            found.push(format!("it shows {hidden:?}"));
        }
    }
    let who = answer.who;
    found
        .into_iter()
        .map(|what| format!("{who}: {what}"))
        .collect()
}

fn text(case: &Case, out: &str, found: &mut Vec<String>) {
    let first = out.lines().next().unwrap_or_default();
    let word = case.expected.word();
    let is_right = first == word || (word == "VERIFIED" && first == "VERIFIED WITH REMARKS");
    if !is_right {
        found.push(format!("the word is {first:?} and not {word:?}"));
    }
    let words = [
        "VERIFIED",
        "NOT VERIFIED",
        "CANNOT TELL",
        "NOT PROVED",
        "MISBEHAVIOUR PROVED",
    ];
    for line in out
        .lines()
        .skip(1)
        .filter(|line| words.iter().any(|word| line.starts_with(word)))
    {
        found.push(format!("a line that looks like a verdict: {line:?}"));
    }
    // A text that is too long for a line is broken between words.
    let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for shown in &case.shows {
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        if !flat.contains(&shown) {
            found.push(format!("it does not show {shown:?}: {out}"));
        }
    }
    if !case.expected.is_negative() {
        return;
    }
    let failed = format!("The check \"{}\" failed: ", case.expected.check());
    if !flat.contains(&failed) {
        found.push(format!("it does not say {failed:?}: {out}"));
    }
    let (before, checks) = out.split_once("\nChecks, in order\n").unwrap_or((out, ""));
    let mut words = positive_words(before);
    words.extend(
        positive_words(checks)
            .into_iter()
            .filter(|word| word != "passed"),
    );
    if !words.is_empty() {
        found.push(format!(
            "words of approval, {words:?}, in an answer that is not good: {out}"
        ));
    }
}

/// The positive words outside of quotations and of the two negative answers.
fn positive_words(text: &str) -> Vec<String> {
    let outside: Vec<&str> = text.split('"').step_by(2).collect();
    let outside = outside.join(" ").replace("NOT VERIFIED", "");
    let words = outside.split(|c: char| !c.is_alphanumeric());
    let words = words.map(str::to_lowercase);
    words
        .filter(|word| POSITIVE.contains(&word.as_str()))
        .collect()
}

fn json(case: &Case, out: &str, found: &mut Vec<String>) {
    let value: Value = match serde_json::from_str(out) {
        Ok(value) => value,
        Err(error) => {
            found.push(format!("not one JSON object: {error}: {out}"));
            return;
        }
    };
    let verdict = value["verdict"].as_str().unwrap_or_default();
    let word = case.expected.word().to_lowercase().replace(' ', "_");
    let is_right = verdict == word || (word == "verified" && verdict == "verified_with_remarks");
    if !is_right {
        found.push(format!("the verdict is {verdict:?} and not {word:?}"));
    }
    if !case.expected.is_negative() {
        return;
    }
    if value["failed"] != case.expected.check() {
        found.push(format!(
            "the failed check is {} and not {}",
            value["failed"],
            case.expected.check()
        ));
    }
    if !value["record"].is_null() {
        found.push("it tells of the record".to_owned());
    }
    let mut values = vec![&value];
    while let Some(value) = values.pop() {
        match value {
            Value::Array(items) => values.extend(items),
            Value::Object(members) => values.extend(members.values()),
            Value::String(text)
                if ["verified", "verified_with_remarks", "valid", "ok"]
                    .contains(&text.as_str()) =>
            {
                found.push(format!("the value {text:?} in an answer that is not good"));
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn page(case: &Case, out: &str, found: &mut Vec<String>) {
    let inside_tags = out
        .split('<')
        .skip(1)
        .filter_map(|tag| tag.split('>').next());
    for tag in inside_tags {
        let name = tag.split(' ').next().unwrap_or_default();
        if ["script", "img", "iframe", "link", "a", "b"].contains(&name) || tag.contains("onerror")
        {
            found.push(format!("the page has a tag {tag:?}"));
        }
    }
    let word = case.expected.word();
    if case.expected.is_negative() {
        if !out.contains(&format!(">{word}<")) {
            found.push(format!("the page does not say {word:?}"));
        }
        let own = own_words(out);
        if own.contains(">VERIFIED") || own.contains("VERIFIED WITH REMARKS") {
            found.push("the page says VERIFIED".to_owned());
        }
    } else if !out.contains(">VERIFIED") {
        found.push("the page does not say VERIFIED".to_owned());
    }
}

/// The page without what it quotes from elsewhere, such as the name of a file that is missing.
fn own_words(page: &str) -> String {
    let mut own = String::new();
    for part in page.split("<bdi>") {
        own.push_str(part.split_once("</bdi>").map_or(part, |(_, after)| after));
    }
    let outside: Vec<&str> = own.split("&quot;").step_by(2).collect();
    outside.join("")
}

#[cfg(test)]
mod tests {
    use super::super::corpus::Subject;
    use super::*;

    fn case(expected: Expected) -> Case {
        Case {
            class: 0,
            name: "x".to_owned(),
            subject: Subject::Bundle,
            input: "x.bundle.json".to_owned(),
            policy: "x.policy".to_owned(),
            since: None,
            allow_older: false,
            expected,
            shows: Vec::new(),
            hides: vec!["secret".to_owned()],
            is_endless: false,
            is_large: false,
        }
    }

    fn answer(code: i32, out: &str, form: Form) -> Answer {
        Answer {
            who: "judge",
            code: Some(code),
            out: out.to_owned(),
            err: String::new(),
            form,
        }
    }

    const GOOD: &str = "NOT VERIFIED\n\nThe check \"quorum\" failed: too few.\n\nChecks, in order\n  format passed\n";

    #[test]
    fn a_right_answer_is_not_complained_of() {
        let case = case(Expected::NotVerified("quorum"));
        assert_eq!(complaints(&case, &answer(1, GOOD, Form::Text)), [""; 0]);
        let json = "{\"verdict\": \"not_verified\", \"failed\": \"quorum\", \"record\": null}";
        assert_eq!(complaints(&case, &answer(1, json, Form::Json)), [""; 0]);
    }

    #[test]
    fn every_wrong_answer_is_complained_of() {
        let case = case(Expected::NotVerified("quorum"));
        for (code, out) in [
            (0, GOOD.to_owned()),
            (2, GOOD.to_owned()),
            (1, GOOD.replace("NOT VERIFIED", "VERIFIED")),
            (1, GOOD.replace("NOT VERIFIED", "CANNOT TELL")),
            (1, GOOD.replace("too few", "the signature is valid")),
            (1, GOOD.replace("too few", "OK")),
            (1, GOOD.replace("quorum", "format")),
            (1, GOOD.replace("too few", "secret")),
            (1, GOOD.replace("too few", "\u{1b}[2Jtoo few")),
            (1, format!("{GOOD}VERIFIED\n")),
            (1, GOOD.replace("format passed", "format verified")),
            (1, String::new()),
        ] {
            let found = complaints(&case, &answer(code, &out, Form::Text));
            assert!(!found.is_empty(), "{code} {out}");
        }
        for json in [
            "",
            "{}",
            "{\"verdict\": \"verified\", \"failed\": \"quorum\", \"record\": null}",
            "{\"verdict\": \"not_verified\", \"failed\": \"format\", \"record\": null}",
            "{\"verdict\": \"not_verified\", \"failed\": \"quorum\", \"record\": {}}",
            "{\"verdict\": \"not_verified\", \"failed\": \"quorum\", \"record\": null, \"x\": [\"verified\"]}",
        ] {
            let found = complaints(&case, &answer(1, json, Form::Json));
            assert!(!found.is_empty(), "{json}");
        }
        let mut broken = answer(1, GOOD, Form::Text);
        "thread 'main' panicked".clone_into(&mut broken.err);
        assert!(!complaints(&case, &broken).is_empty());
        broken.err.clear();
        broken.code = None;
        assert!(!complaints(&case, &broken).is_empty());
    }

    #[test]
    fn a_page_with_a_tag_of_the_evidence_is_complained_of() {
        let case = case(Expected::NotVerified("format"));
        let good = "<h1>NOT VERIFIED</h1>";
        assert_eq!(complaints(&case, &answer(1, good, Form::Page)), [""; 0]);
        for page in [
            "<h1>VERIFIED</h1>",
            "<h1>NOT VERIFIED</h1><b>VERIFIED</b>",
            "<h1>NOT VERIFIED</h1><script>",
            "<h1>NOT VERIFIED</h1><p onerror=x>",
            "",
        ] {
            assert!(
                !complaints(&case, &answer(1, page, Form::Page)).is_empty(),
                "{page}"
            );
        }
    }
}
