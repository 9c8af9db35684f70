//! Every part of a bundle and of a proof absent, alone and with each other one; and parts of different bundles.

use witnessmark_bundle::Bundle;

use super::mini_log::{COURT, TEAM};
use super::world::{blind, bundle, events, ledger, policy, proven, reproven, swap, with_photo};
use super::{Corpus, Expected};

use Expected::NotVerified;

pub(crate) fn write(corpus: &mut Corpus) {
    absent(corpus);
    nulls(corpus);
    absent_lines(corpus);
    absent_parts(corpus);
    other_parts(corpus);
    order(corpus);
}

/// The members of an object that is indented by `indent`: each name with the text from the name to its end.
fn members(text: &str, indent: usize) -> Vec<(String, String)> {
    let start = format!("{}\"", " ".repeat(indent + 2));
    let mut found: Vec<(String, String)> = Vec::new();
    let inside = text.split_once('\n').unwrap().1;
    let inside = inside.rsplit_once('\n').unwrap().0;
    for text in inside.split('\n') {
        if let Some(named) = text.strip_prefix(&start) {
            let name = named.split('"').next().unwrap();
            found.push((name.to_owned(), text.to_owned()));
        } else {
            let last = &mut found.last_mut().unwrap().1;
            last.push('\n');
            last.push_str(text);
        }
    }
    for (_, text) in &mut found {
        *text = text.trim_end_matches(',').to_owned();
    }
    found
}

/// The object of these members.
fn object(members: &[(String, String)], indent: usize) -> String {
    let texts: Vec<&str> = members.iter().map(|(_, text)| text.as_str()).collect();
    if texts.is_empty() {
        return "{}".to_owned();
    }
    format!("{{\n{}\n{}}}", texts.join(",\n"), " ".repeat(indent))
}

/// Every set of one or two of `count` places.
fn ones_and_twos(count: usize) -> Vec<Vec<usize>> {
    let ones = (0..count).map(|one| vec![one]);
    let twos = (0..count).flat_map(|one| (one + 1..count).map(move |two| vec![one, two]));
    ones.chain(twos).collect()
}

/// The members but those at these places, and the names of those.
fn without(all: &[(String, String)], places: &[usize]) -> (Vec<(String, String)>, String) {
    let kept = |place: &usize| !places.contains(place);
    let rest = (0..all.len()).filter(kept).map(|place| all[place].clone());
    let names: Vec<&str> = places.iter().map(|place| all[*place].0.as_str()).collect();
    (rest.collect(), names.join("-and-"))
}

/// An object inside of the document: where it begins, and by how much it is indented.
const INNER: [(&str, &str, usize); 5] = [
    ("record", "  \"record\": {", 2),
    ("charter", "  \"charter\": {", 2),
    ("key-chain", "  \"key_chains\": [\n    {", 4),
    ("related", "  \"related\": [\n    {", 4),
    ("file", "  \"files\": [\n    {", 4),
];

/// The text of the object that begins with `begin`.
fn inner<'a>(text: &'a str, begin: &str, indent: usize) -> Option<&'a str> {
    let start = text.find(begin)? + begin.len() - 1;
    let end = format!("\n{}}}", " ".repeat(indent));
    let length = text[start..].find(&end)? + end.len();
    text.get(start..start + length)
}

fn absent(corpus: &mut Corpus) {
    let log = ledger();
    let (text, policy) = (bundle(&log).encode().unwrap(), policy(&log));
    let (photo, photo_policy) = with_photo();
    let photo = photo.encode().unwrap();
    let all = members(&text, 0);
    assert_eq!(object(&all, 0), text, "the members were not found");
    let mut class = corpus.class(
        "N16",
        "absent-member",
        "Members of the document are absent, one at a time and all pairs.",
    );
    for places in ones_and_twos(all.len()) {
        let (rest, name) = without(&all, &places);
        class.bundle(&name, object(&rest, 0), &policy, NotVerified("format"));
    }
    let mut class = corpus.class(
        "N16",
        "absent-inner-member",
        "Members of an object inside of the document are absent, one at a time and all pairs.",
    );
    for (of, begin, indent) in INNER {
        let (text, policy) = if of == "file" {
            (&photo, &photo_policy)
        } else {
            (&text, &policy)
        };
        let whole = inner(text, begin, indent).unwrap();
        let all = members(whole, indent);
        for places in ones_and_twos(all.len()) {
            let (rest, name) = without(&all, &places);
            let other = swap(text, whole, &object(&rest, indent));
            let name = format!("{of}-{name}");
            class.bundle(&name, other, policy, NotVerified("format"));
        }
    }
}

/// A member that is there without a value.
fn nulls(corpus: &mut Corpus) {
    let log = ledger();
    let (text, policy) = (bundle(&log).encode().unwrap(), policy(&log));
    let all = members(&text, 0);
    let mut class = corpus.class(
        "N16",
        "null-member",
        "A member has no value, or one of another type.",
    );
    for place in 0..all.len() {
        for value in ["null", "true", "7", "[null]", "[[]]"] {
            let mut other = all.clone();
            let name = other[place].0.clone();
            other[place].1 = format!("  \"{name}\": {value}");
            let word = value.replace(['[', ']'], "l");
            let case = format!("{name}-{word}");
            class.bundle(&case, object(&other, 0), &policy, NotVerified("format"));
        }
    }
}

/// Lines of every proof taken away. A proof of the usual bundle is: first line, index, four hashes, an empty line, and a
/// checkpoint of three lines, an empty line and two signatures.
fn absent_lines(corpus: &mut Corpus) {
    let log = ledger();
    let (whole, policy) = (bundle(&log), policy(&log));
    let count = whole.charter.proof.lines().count();
    let first = |places: &[usize]| -> &'static str {
        let has = |place: usize| places.contains(&place);
        let shape = [0, 1, 6].into_iter().any(has) || has(10) || (has(11) && has(12));
        if shape {
            "format"
        } else if (7..=9).any(has) || has(11) {
            "checkpoint"
        } else if has(12) {
            "quorum"
        } else {
            "charter"
        }
    };
    let mut class = corpus.class(
        "N16",
        "absent-line",
        "Lines of every proof of the bundle are absent, one at a time and all pairs.",
    );
    for places in ones_and_twos(count) {
        let names: Vec<String> = places.iter().map(ToString::to_string).collect();
        let other = reproven(&whole, &|proof| {
            let kept = proof.lines().enumerate();
            let kept = kept.filter(|(place, _)| !places.contains(place));
            kept.map(|(_, line)| [line, "\n"].concat())
                .collect::<Vec<_>>()
                .concat()
        });
        let text = other.encode().unwrap();
        let expected = NotVerified(first(&places));
        class.bundle(&names.join("-and-"), text, &policy, expected);
    }
}

/// Values that are there and empty.
fn absent_parts(corpus: &mut Corpus) {
    type Change = fn(&mut Bundle);
    let log = ledger();
    let (whole, policy) = (bundle(&log), policy(&log));
    let changes: [(&str, &'static str, Change); 8] = [
        ("entry-of-the-record", "inclusion", |it| {
            it.record.entry.clear();
        }),
        ("entry-of-the-charter", "charter", |it| {
            it.charter.entry.clear();
        }),
        ("entry-of-a-related-one", "related", |it| {
            it.related[0].proven.entry.clear();
        }),
        ("proof-of-the-record", "format", |it| {
            it.record.proof.clear();
        }),
        ("proof-of-a-related-one", "format", |it| {
            it.related[0].proven.proof.clear();
        }),
        ("key-chains", "key_chain", |it| it.key_chains.clear()),
        ("key-events", "key_chain", |it| {
            it.key_chains[1].events.clear();
        }),
        ("relation", "related", |it| it.related[0].relation.clear()),
    ];
    let mut class = corpus.class(
        "N1",
        "empty-part",
        "A part that must hold something is empty.",
    );
    for (name, check, change) in changes {
        let mut other = whole.clone();
        change(&mut other);
        class.bundle(name, other.encode().unwrap(), &policy, NotVerified(check));
    }
}

/// Parts of one bundle in another one.
fn other_parts(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let (a, b) = (blind(&log, 7, TEAM), blind(&log, 8, TEAM));
    let of_court = blind(&log, 6, COURT);
    let mut cases: Vec<(&str, &'static str, Bundle)> = Vec::new();
    let mut with = |name, check, change: &dyn Fn(&mut Bundle)| {
        let mut other = a.clone();
        change(&mut other);
        cases.push((name, check, other));
    };
    with("entry-of-another", "inclusion", &|it| {
        it.record.entry.clone_from(&b.record.entry);
    });
    with("proof-of-another", "inclusion", &|it| {
        it.record.proof.clone_from(&b.record.proof);
    });
    with("record-of-another-organisation", "key_chain", &|it| {
        it.record = of_court.record.clone();
    });
    with("charter-for-the-record", "inclusion", &|it| {
        it.record = it.charter.clone();
    });
    with("record-for-the-charter", "charter", &|it| {
        it.charter = it.record.clone();
    });
    with("key-event-for-the-record", "inclusion", &|it| {
        it.record = proven(&log, 2);
    });
    with("key-event-for-the-charter", "charter", &|it| {
        it.charter = proven(&log, 1);
    });
    with("proof-of-the-charter", "inclusion", &|it| {
        it.record.proof.clone_from(&it.charter.proof);
    });
    with("events-of-another-organisation", "key_chain", &|it| {
        it.key_chains[0].events = events(&log, COURT);
    });
    with("record-in-the-place-of-an-event", "key_chain", &|it| {
        it.key_chains[0].events[1] = it.record.entry.clone();
    });
    let mut class = corpus.class(
        "N1",
        "unrelated-part",
        "A good part of the same ledger that belongs to something else.",
    );
    for (name, check, other) in cases {
        class.bundle(name, other.encode().unwrap(), &policy, NotVerified(check));
    }
}

/// Members twice, or in another order.
fn order(corpus: &mut Corpus) {
    let log = ledger();
    let (text, policy) = (bundle(&log).encode().unwrap(), policy(&log));
    let all = members(&text, 0);
    let mut class = corpus.class(
        "N8",
        "member-twice",
        "A member of the document stands twice.",
    );
    for place in 0..all.len() {
        let mut other = all.clone();
        other.push(all[place].clone());
        let name = all[place].0.clone();
        class.bundle(&name, object(&other, 0), &policy, NotVerified("format"));
    }
    let record = inner(&text, "  \"record\": {", 2).unwrap();
    let charter = inner(&text, "  \"charter\": {", 2).unwrap();
    let inside = object(&[members(record, 2), members(charter, 2)].concat(), 2);
    let other = swap(&text, record, &inside);
    class.bundle("inside-the-record", other, &policy, NotVerified("format"));
    let mut class = corpus.class(
        "N8",
        "member-order",
        "Two members of the document have changed their places.",
    );
    for pair in ones_and_twos(all.len())
        .into_iter()
        .filter(|it| it.len() == 2)
    {
        let mut other = all.clone();
        other.swap(pair[0], pair[1]);
        let name = format!("{}-and-{}", all[pair[0]].0, all[pair[1]].0);
        class.bundle(&name, object(&other, 0), &policy, NotVerified("format"));
    }
}
