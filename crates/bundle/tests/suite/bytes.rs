//! The one spelling of a bundle: every byte counts.

use std::thread;

use witnessmark_bundle::{Bundle, NoFiles, VerdictWord, verify_bundle};
use witnessmark_record::v1;
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Entry, base64};

use crate::mini_log::{COURT, MiniLog, TEAM, assert_fails, link, why};

/// A bundle with something in every member but `files`, and its policy.
fn full() -> (String, String) {
    let mut log = MiniLog::usual();
    log.record(11, &log.message(TEAM, "Tail section"));
    let mut second = log.message(COURT, "Not so");
    second.links = vec![link(v1::LinkRel::About, &log.id(5))];
    log.record(21, &second);
    let mut parts = log.parts(5, &[6]);
    parts.checkpoint = log.checkpoint(&[30]);
    (
        parts.assemble().unwrap().encode().unwrap(),
        log.policy_with(30),
    )
}

fn judge(bytes: &[u8], policy: &str) -> witnessmark_bundle::Verdict {
    verify_bundle(bytes, policy.as_bytes(), &NoFiles)
}

/// The only bytes that nothing in a bundle binds: the ledger's time in the entry of a key event, as long
/// as the order of times holds. They are bytes 5 to 12 of the entry, so characters 6 to 17 of its base64.
fn unbound(text: &str) -> Vec<usize> {
    let bundle = Bundle::parse(text.as_bytes()).unwrap();
    let events = bundle.key_chains.iter().flat_map(|chain| &chain.events);
    events
        .flat_map(|event| {
            let start = text.find(&base64::encode(event)).unwrap();
            start + 6..start + 18
        })
        .collect()
}

/// Sets the times of key events to those of `like`: they are all that may differ.
fn with_event_times_of(mut bundle: Bundle, like: &Bundle) -> Bundle {
    for (chain, other) in bundle.key_chains.iter_mut().zip(&like.key_chains) {
        for (event, other) in chain.events.iter_mut().zip(&other.events) {
            let mut entry = Entry::parse(event).unwrap();
            entry.registered_at = Entry::parse(other).unwrap().registered_at;
            *event = entry.encode().unwrap();
        }
    }
    bundle
}

/// The places below `end` for which `is_accepted` holds, ascending.
fn on_all_cores(end: usize, is_accepted: impl Fn(usize) -> bool + Sync) -> Vec<usize> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let is_accepted = &is_accepted;
    let mut accepted: Vec<usize> = thread::scope(|scope| {
        let shares: Vec<_> = (0..workers)
            .map(|first| {
                let share = (first..end).step_by(workers);
                scope.spawn(move || share.filter(|at| is_accepted(*at)).collect::<Vec<_>>())
            })
            .collect();
        shares
            .into_iter()
            .flat_map(|share| share.join().unwrap())
            .collect()
    });
    accepted.sort_unstable();
    accepted
}

#[test]
fn no_byte_can_be_changed() {
    let (text, policy) = full();
    let good = judge(text.as_bytes(), &policy);
    assert_eq!(good.word, VerdictWord::Verified, "{}", why(&good));
    let original = Bundle::parse(text.as_bytes()).unwrap();
    let unbound = unbound(&text);
    let accepted = on_all_cores(text.len(), |at| {
        [0x01, 0x20].into_iter().any(|change| {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= change;
            let is_accepted = judge(&bytes, &policy).word.is_positive();
            if is_accepted {
                let bundle = Bundle::parse(&bytes).unwrap();
                assert_eq!(
                    with_event_times_of(bundle, &original),
                    original,
                    "byte {at}"
                );
            }
            is_accepted
        })
    });
    // The gap is there, and it is nowhere else.
    assert!(!accepted.is_empty());
    assert!(
        accepted.iter().all(|at| unbound.contains(at)),
        "{accepted:?}"
    );
}

#[test]
fn no_byte_can_be_taken_away_or_put_in() {
    let (text, policy) = full();
    let accepted = on_all_cores(text.len(), |at| {
        let mut shorter = text.clone().into_bytes();
        shorter.remove(at);
        let longer = [b' ', b'A'].map(|extra| {
            let mut longer = text.clone().into_bytes();
            longer.insert(at, extra);
            longer
        });
        longer
            .iter()
            .chain([&shorter])
            .any(|bytes| judge(bytes, &policy).word.is_positive())
    });
    assert_eq!(accepted, Vec::<usize>::new());
}

#[test]
fn no_shorter_bundle_is_one() {
    let (text, policy) = full();
    for end in (0..text.len()).step_by(7) {
        let verdict = judge(&text.as_bytes()[..end], &policy);
        assert_eq!(verdict.word, VerdictWord::NotVerified, "{end}");
    }
}

#[test]
fn another_spelling_of_the_same_bundle_is_refused() {
    let (text, policy) = full();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let spellings = [
        ("packed", value.to_string()),
        ("a newline at the end", format!("{text}\n")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("carriage returns", text.replace('\n', "\r\n")),
        ("four spaces", text.replace("\n  ", "\n    ")),
        (
            "an escape that is not needed",
            text.replace("c2sp.org", "c2sp\\u002eorg"),
        ),
        ("an escaped slash", text.replace("c2sp.org/", "c2sp.org\\/")),
        ("an upper-case escape", text.replace("\u{2014}", "\\u2014")),
        ("a second document", format!("{text}{text}")),
        ("something after the end", format!("{text} {{}}")),
        ("no JSON", "verified".to_owned()),
        ("nothing", String::new()),
        ("a list", format!("[{text}]")),
    ];
    for (what, spelling) in spellings {
        assert_ne!(spelling, text, "{what}");
        let verdict = judge(spelling.as_bytes(), &policy);
        assert_fails(&verdict, 1, "format", "");
    }
    let latin = text.replace('\u{2014}', "~").into_bytes();
    let latin: Vec<u8> = latin
        .iter()
        .map(|b| if *b == b'~' { 0x97 } else { *b })
        .collect();
    assert_fails(&judge(&latin, &policy), 1, "format", "");
}

#[test]
fn members_are_all_there_once_in_order_and_no_others() {
    let (text, policy) = full();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let members = [
        "format",
        "record",
        "charter",
        "key_chains",
        "related",
        "disclosures",
        "files",
    ];
    let write = |names: &[&str]| {
        let body: Vec<String> = names
            .iter()
            .map(|name| format!("  \"{name}\": {}", value[*name]))
            .collect();
        format!("{{\n{}\n}}", body.join(",\n"))
    };
    for at in 0..members.len() {
        let mut without = members.to_vec();
        without.remove(at);
        assert_fails(
            &judge(write(&without).as_bytes(), &policy),
            1,
            "format",
            "missing member",
        );
        let mut doubled = members.to_vec();
        doubled.insert(at, members[at]);
        assert_fails(
            &judge(write(&doubled).as_bytes(), &policy),
            1,
            "format",
            "duplicate member",
        );
        let mut moved = members.to_vec();
        let last = members.len() - 1;
        moved.swap(at, if at == last { 0 } else { last });
        assert_fails(&judge(write(&moved).as_bytes(), &policy), 1, "format", "");
    }
    let unknown = text.replacen("  \"record\"", "  \"VERIFIED\": true,\n  \"record\"", 1);
    assert_fails(
        &judge(unknown.as_bytes(), &policy),
        1,
        "format",
        "unknown member",
    );
    let inner = text.replacen("    \"proof\"", "    \"valid\": 1,\n    \"proof\"", 1);
    assert_fails(
        &judge(inner.as_bytes(), &policy),
        1,
        "format",
        "unknown member",
    );
}

#[test]
fn a_bundle_of_another_version_leaves_the_answer_open() {
    let (text, policy) = full();
    let newer = text.replacen("witnessmark-bundle/1", "witnessmark-bundle/2", 1);
    assert_fails(&judge(newer.as_bytes(), &policy), 2, "format", "version");
    // What no version can be is not another version.
    let list = "[\"witnessmark-bundle/2\"]";
    assert_fails(&judge(list.as_bytes(), &policy), 1, "format", "object");
    let latin = b"{\"format\": \"witnessmark-bundle/2\", \"x\": \"\x97\"}";
    assert_fails(&judge(latin, &policy), 1, "format", "UTF-8");
    let other = text.replacen("witnessmark-bundle/1", "proofbundle/1", 1);
    assert_fails(&judge(other.as_bytes(), &policy), 1, "format", "format");
}

#[test]
fn a_proof_with_an_extra_line_is_refused() {
    let (text, policy) = full();
    let extra = text.replacen("@v1\\nindex", "@v1\\nextra QUJD\\nindex", 1);
    assert_ne!(extra, text);
    assert_fails(&judge(extra.as_bytes(), &policy), 1, "format", "extra");
}

#[test]
fn what_is_endless_is_refused_before_it_is_read() {
    let (_, policy) = full();
    let large = vec![b'['; witnessmark_bundle::BUNDLE_BYTES_MAX + 1];
    assert_fails(&judge(&large, &policy), 1, "format", "larger");
    let deep = "[".repeat(1_000_000);
    assert_fails(&judge(deep.as_bytes(), &policy), 1, "format", "");
    let deep = format!("{{\"format\": {}", "{\"a\":".repeat(100_000));
    assert_fails(&judge(deep.as_bytes(), &policy), 1, "format", "");
}
