//! Policies that cannot be read, or say less than they seem to: then nobody can tell.

use ed25519_dalek::SigningKey;
use witnessmark_verifier::{base64, hex, sha256};

use super::charters::bad_points;
use super::mini_log::{MiniLog, ORIGIN, key, witness};
use super::world::{WITNESS, bundle, checkpoint_of, ledger, policy, usual};
use super::{Corpus, Expected};

use Expected::CannotTell;

pub(crate) fn write(corpus: &mut Corpus) {
    thresholds(corpus);
    doubled(corpus);
    verifier_keys(corpus);
    not_a_policy(corpus);
    spellings(corpus);
    missing(corpus);
}

/// Cases under policies that must be refused, with the good bundle.
fn refused(
    corpus: &mut Corpus,
    (number, name, what): (&'static str, &'static str, &'static str),
    cases: &[(&str, String)],
) {
    let (bundle, _) = usual();
    let mut class = corpus.class(number, name, what);
    for (case, policy) in cases {
        class.under(case, &bundle, policy.as_bytes(), CannotTell("policy"));
    }
}

/// The lines that name the ledger and three witnesses.
fn named(log: &MiniLog) -> String {
    let witnesses = [30, 31, 32].map(|seed| format!("witness w{seed} {}\n", witness(seed)));
    format!("log {}\n{}", log.vkey(), witnesses.concat())
}

fn thresholds(corpus: &mut Corpus) {
    let named = named(&ledger());
    let group = |rule: &str| format!("{named}group g {rule}\nquorum g\n");
    let class = (
        "N9",
        "threshold",
        "The policy asks for a number of witnesses that means nothing.",
    );
    let cases = [
        ("0", group("0 w30 w31 w32")),
        ("4-of-3", group("4 w30 w31 w32")),
        ("negative", group("-1 w30 w31 w32")),
        ("a-plus", group("+1 w30 w31 w32")),
        ("a-zero-before-it", group("02 w30 w31 w32")),
        ("a-fraction", group("1.5 w30 w31 w32")),
        ("beyond-2-to-64", group("18446744073709551617 w30 w31 w32")),
        ("a-word", group("most w30 w31 w32")),
        ("upper-case", group("ALL w30 w31 w32")),
        ("any-of-nobody", group("any")),
        ("all-of-nobody", group("all")),
        ("none-left-out", group("w30 w31")),
    ];
    refused(corpus, class, &cases);
}

fn doubled(corpus: &mut Corpus) {
    let log = ledger();
    let named = named(&log);
    let vkey = log.vkey();
    let other_name = |name: &str, kind: u8, key: &SigningKey| {
        verifier_key(name, kind, key.verifying_key().as_bytes())
    };
    let class = (
        "N9",
        "counted-twice",
        "The policy would count one key, or one name, more than once.",
    );
    let again = other_name("witness.example/again", 4, &key(30));
    let as_log = other_name("witness.example/30", 1, &key(30));
    let as_witness = other_name(ORIGIN, 4, &log.log_key);
    let renamed_log = other_name("ledger.example/second", 1, &log.log_key);
    let cases = [
        (
            "a-witness-twice",
            format!("{named}witness again {}\nquorum w30\n", witness(30)),
        ),
        (
            "a-key-under-two-names",
            format!("{named}witness again {again}\ngroup g 2 w30 again\nquorum g\n"),
        ),
        (
            "a-witness-as-a-log",
            format!("{named}log {as_log}\nquorum w30\n"),
        ),
        (
            "the-log-as-a-witness",
            format!("{named}witness own {as_witness}\nquorum own\n"),
        ),
        ("the-log-twice", format!("{named}log {vkey}\nquorum w30\n")),
        (
            "the-logs-key-for-two-logs",
            format!("{named}log {renamed_log}\nquorum w30\n"),
        ),
        (
            "a-name-for-two-witnesses",
            format!("{named}witness w30 {}\nquorum w30\n", witness(33)),
        ),
        (
            "a-member-twice",
            format!("{named}group g 2 w30 w30\nquorum g\n"),
        ),
        (
            "a-member-of-two-groups",
            format!("{named}group a 1 w30\ngroup b 1 w30\ngroup g all a b\nquorum g\n"),
        ),
        (
            "a-group-of-itself",
            format!("{named}group g any g\nquorum g\n"),
        ),
        (
            "groups-in-a-ring",
            format!("{named}group a any b\ngroup b any a\nquorum a\n"),
        ),
        (
            "a-group-named-like-a-witness",
            format!("{named}group w30 any w31\nquorum w30\n"),
        ),
        (
            "none-as-a-member",
            format!("{named}group g any none w30\nquorum g\n"),
        ),
        (
            "none-as-a-name",
            format!("{named}group none any w30\nquorum none\n"),
        ),
        ("a-quorum-of-nobody-known", format!("{named}quorum w33\n")),
        ("two-quorums", format!("{named}quorum w30\nquorum none\n")),
        ("a-quorum-of-two-names", format!("{named}quorum w30 w31\n")),
    ];
    refused(corpus, class, &cases);
}

/// A verifier key with the key id of its name, type and key, whatever they are.
fn verifier_key(name: &str, kind: u8, key: &[u8]) -> String {
    let id = sha256(&[name.as_bytes(), &[b'\n', kind], key].concat());
    let typed = base64::encode(&[&[kind], key].concat());
    format!("{name}+{}+{typed}", hex::encode(&id.as_bytes()[..4]))
}

fn verifier_keys(corpus: &mut Corpus) {
    let log = ledger();
    let bytes = *log.log_key.verifying_key().as_bytes();
    let logs = |vkey: &str| format!("log {vkey}\nquorum none\n");
    let good = log.vkey().to_string();
    let kinds = [0, 2, 3, 4, 5, 6, 0xff].map(|kind| {
        (
            format!("log-of-type-{kind}"),
            logs(&verifier_key(ORIGIN, kind, &bytes)),
        )
    });
    let key_30 = *key(WITNESS).verifying_key().as_bytes();
    let witnesses = [0, 1, 2, 6, 0xff].map(|kind| {
        let vkey = verifier_key("witness.example/30", kind, &key_30);
        (
            format!("witness-of-type-{kind}"),
            format!("log {good}\nwitness w {vkey}\nquorum w\n"),
        )
    });
    let mut cases: Vec<(&str, String)> = Vec::new();
    let all = [&kinds[..], &witnesses].concat();
    cases.extend(
        all.iter()
            .map(|(name, policy)| (name.as_str(), policy.clone())),
    );
    let longer = [bytes.as_slice(), &[0]].concat();
    let ml_dsa = vec![7; 1_312];
    cases.push(("31-bytes", logs(&verifier_key(ORIGIN, 1, &bytes[..31]))));
    cases.push(("33-bytes", logs(&verifier_key(ORIGIN, 1, &longer))));
    cases.push((
        "a-key-of-another-algorithm",
        logs(&verifier_key(ORIGIN, 6, &ml_dsa)),
    ));
    cases.push((
        "its-length-under-type-1",
        logs(&verifier_key(ORIGIN, 1, &ml_dsa)),
    ));
    let class = (
        "N23",
        "verifier-key-type",
        "A key of the policy is of another algorithm than its line asks for.",
    );
    refused(corpus, class, &cases);
    let points = bad_points().map(|(name, point)| (name, logs(&verifier_key(ORIGIN, 1, &point))));
    let class = (
        "N23",
        "log-key",
        "The ledger's key in the policy is a point that some libraries take for a key.",
    );
    refused(corpus, class, &points);
    let (before, after) = good.split_once('+').unwrap();
    let (id, after) = after.split_once('+').unwrap();
    let class = (
        "N12",
        "verifier-key-name",
        "The name, the key id and the key of a line of the policy do not belong together.",
    );
    let cases = [
        (
            "another-name",
            logs(&format!("ledger.example/other+{id}+{after}")),
        ),
        (
            "a-cyrillic-letter",
            logs(&format!(
                "{}+{id}+{after}",
                before.replacen('a', "\u{430}", 1)
            )),
        ),
        (
            "another-key-id",
            logs(&format!("{before}+00000000+{after}")),
        ),
        (
            "upper-case-key-id",
            logs(&format!(
                "{before}+{}+{after}",
                id.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")
            )),
        ),
        ("no-key-id", logs(&format!("{before}+{after}"))),
        (
            "a-space-in-the-name",
            logs(&format!("ledger example+{id}+{after}")),
        ),
        ("no-name", logs(&format!("+{id}+{after}"))),
    ];
    refused(corpus, class, &cases);
}

/// Things that are given as the policy and are none.
fn not_a_policy(corpus: &mut Corpus) {
    let log = ledger();
    let (text, good) = usual();
    let checkpoint = checkpoint_of(&bundle(&log));
    let class = (
        "N11",
        "policy-that-is-none",
        "What is given as the policy is something else, such as a part of the evidence.",
    );
    let cases = [
        ("the-bundle", text.clone()),
        ("its-checkpoint", checkpoint.clone()),
        ("a-key", format!("{}\n", log.vkey())),
        ("the-word", "VERIFIED\n".to_owned()),
        ("json", "{\"quorum\": \"none\"}\n".to_owned()),
        ("nothing", String::new()),
        ("comments-alone", "# log\n# quorum none\n".to_owned()),
        ("without-a-log", "quorum none\n".to_owned()),
        ("without-a-quorum", format!("log {}\n", log.vkey())),
        ("policy-and-checkpoint", format!("{good}{checkpoint}")),
    ];
    refused(corpus, class, &cases);
    let mut class = corpus.class(
        "N7",
        "garbage-policy",
        "Bytes that are no text are given as the policy.",
    );
    let mut beyond = good.clone().into_bytes();
    beyond.resize(100_001, b'\n');
    for (name, bytes) in [
        ("not-utf-8", [good.as_bytes(), &[0xff]].concat()),
        ("zeros", vec![0; 64]),
        ("every-byte", (0..=255).collect()),
        ("100001-bytes", beyond),
        (
            "utf-16",
            good.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        (
            "a-byte-order-mark",
            [b"\xef\xbb\xbf", good.as_bytes()].concat(),
        ),
    ] {
        class.under(name, &text, &bytes, CannotTell("policy"));
    }
}

fn spellings(corpus: &mut Corpus) {
    let log = ledger();
    let good = policy(&log);
    let quorum = "quorum w\n";
    let replaced = |to: &str| good.replace(quorum, to);
    let class = (
        "N8",
        "policy-spelling",
        "The policy is written so that one reader takes it for another one than the next.",
    );
    let cases = [
        ("carriage-returns", good.replace('\n', "\r\n")),
        ("no-last-newline", good.trim_end().to_owned()),
        (
            "cut-in-the-quorum",
            good.trim_end_matches(" w\n").to_owned(),
        ),
        ("an-unknown-word", replaced("quorums w\nquorum w\n")),
        ("upper-case", replaced("QUORUM w\n")),
        ("a-comment-behind", replaced("quorum w # all\n")),
        ("a-quorum-without-name", replaced("quorum\n")),
        ("a-no-break-space", replaced("quorum\u{a0}w\n")),
        ("an-escape-character", replaced("quorum w\n\u{1b}[2K\n")),
        ("a-form-feed", replaced("quorum w\n\u{c}\n")),
        (
            "a-name-used-before-it-is-there",
            format!("quorum w\n{}", replaced("")),
        ),
        (
            "a-line-separator",
            replaced("# \u{2028}quorum none\nquorum\u{2028}w\n"),
        ),
    ];
    refused(corpus, class, &cases);
}

/// No policy at all.
fn missing(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let mut class = corpus.class(
        "N25",
        "missing-policy",
        "There is no policy where one is named.",
    );
    let expected = CannotTell("policy");
    let case = class.beside("no-file", (&text, &policy), expected, |_| {});
    "no-such.policy".clone_into(&mut case.policy);
    let case = class.beside("a-folder", (&text, &policy), expected, |_| {});
    case.policy = case.input.trim_end_matches("/bundle.json").to_owned();
    let case = class.export("no-file-for-an-export", &policy, expected, |folder| {
        super::world::export(&ledger(), folder);
    });
    "no-such.policy".clone_into(&mut case.policy);
}
