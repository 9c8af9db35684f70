//! Documents that are no bundle, or not the one spelling of one.

use super::world::{swap, usual, with_photo};
use super::{Corpus, Expected};

use Expected::{CannotTell, NotVerified};

pub(crate) fn write(corpus: &mut Corpus) {
    nothing(corpus);
    unknown_members(corpus);
    broken(corpus);
    spellings(corpus);
    parsers(corpus);
    versions(corpus);
}

fn nothing(corpus: &mut Corpus) {
    let (_, policy) = usual();
    let mut class = corpus.class("N1", "nothing", "A file in which there is no bundle.");
    for (name, text) in [
        ("no-bytes", ""),
        ("a-space", " "),
        ("a-newline", "\n"),
        ("an-empty-object", "{}"),
        ("an-empty-list", "[]"),
        ("null", "null"),
        ("true", "true"),
        ("an-empty-text", "\"\""),
        ("the-word", "VERIFIED"),
        ("the-word-as-json", "\"VERIFIED\""),
        ("a-good-verdict", "{\"verdict\": \"verified\"}"),
        (
            "the-format-alone",
            "{\n  \"format\": \"witnessmark-bundle/1\"\n}",
        ),
    ] {
        class.bundle(name, text, &policy, NotVerified("format"));
    }
}

/// Members that nothing signs, at every level.
fn unknown_members(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let (with_photo, photo_policy) = with_photo();
    let with_photo = with_photo.encode().unwrap();
    let mut class = corpus.class(
        "N2",
        "unknown-member",
        "A member that no proof covers stands in the document, such as a summary.",
    );
    let summary = "\"summary\": \"VERIFIED\",\n";
    for (name, before, indent) in [
        ("in-the-document", "\"record\"", 2),
        ("in-the-record", "\"proof\"", 4),
        ("in-a-key-chain", "\"events\"", 6),
        ("in-a-related-entry", "\"relation\"", 6),
    ] {
        let with = format!("{summary}{}{before}", " ".repeat(indent));
        let text = swap(&text, before, &with);
        class.bundle(name, text, &policy, NotVerified("format"));
    }
    let with = format!("{summary}      \"sha256\"");
    let text_with = swap(&with_photo, "\"sha256\"", &with);
    class.bundle("in-a-file", text_with, &photo_policy, NotVerified("format"));
    let at_the_end = format!(
        "{},\n  \"verdict\": \"VERIFIED\"\n}}",
        &text[..text.len() - 2]
    );
    class.bundle("at-the-end", at_the_end, &policy, NotVerified("format"));
    let mut class = corpus.class(
        "N2",
        "extra-line",
        "A proof carries the extra line of its format, which nothing authenticates.",
    );
    for (name, extra) in [
        ("a-word", "extra VkVSSUZJRUQ="),
        ("nothing", "extra "),
        ("no-base64", "extra *"),
    ] {
        let with = format!("@v1\\n{extra}\\nindex");
        let text = swap(&text, "@v1\\nindex", &with);
        class.bundle(name, text, &policy, NotVerified("format"));
    }
}

/// Bytes that were cut off or damaged.
fn broken(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let mut class = corpus.class("N7", "cut-off", "The file ends too early.");
    for tenth in 0..10 {
        let end = text.len() * (2 * tenth + 1) / 20;
        let cut = &text.as_bytes()[..end];
        class.bundle(&format!("{tenth}"), cut, &policy, NotVerified("format"));
    }
    let last = &text[..text.len() - 1];
    class.bundle("the-last-brace", last, &policy, NotVerified("format"));
    let mut class = corpus.class("N7", "garbage", "Bytes that are not even text.");
    for (name, bytes) in [
        ("zeros", vec![0; 4_096]),
        ("all-ones", vec![0xff; 4_096]),
        ("every-byte", (0..=255).collect()),
        (
            "the-start-of-a-program",
            b"\x7fELF\x02\x01\x01\0\0\0".to_vec(),
        ),
        (
            "the-start-of-an-archive",
            b"PK\x03\x04\x14\0\0\0\x08\0".to_vec(),
        ),
        ("half-a-letter", [text.as_bytes(), b"\xd0"].concat()),
        ("a-zero-at-the-end", [text.as_bytes(), b"\0"].concat()),
        (
            "a-zero-inside",
            swap(&text, "record", "rec\0rd").into_bytes(),
        ),
    ] {
        class.bundle(name, bytes, &policy, NotVerified("format"));
    }
}

/// The same values, written in another way.
fn spellings(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut class = corpus.class(
        "N8",
        "json-spelling",
        "The document says the same in other bytes, so what is read is not what was given.",
    );
    for (name, spelled) in [
        ("sorted-and-packed", value.to_string()),
        ("a-newline-at-the-end", format!("{text}\n")),
        ("a-space-before", format!(" {text}")),
        ("a-byte-order-mark", format!("\u{feff}{text}")),
        ("carriage-returns", text.replace('\n', "\r\n")),
        ("tabs", text.replace("\n  ", "\n\t")),
        (
            "an-escape-that-is-not-needed",
            swap(&text, "c2sp", "c2s\\u0070"),
        ),
        ("an-escaped-slash", swap(&text, "c2sp.org/", "c2sp.org\\/")),
        ("an-escaped-dash", text.replace('\u{2014}', "\\u2014")),
        (
            "an-escaped-name",
            swap(&text, "\"record\"", "\"r\\u0065cord\""),
        ),
        (
            "a-space-before-a-colon",
            swap(&text, "\"record\":", "\"record\" :"),
        ),
        ("a-second-document", format!("{text}{text}")),
        ("an-object-after-the-end", format!("{text} {{}}")),
    ] {
        class.bundle(name, spelled, &policy, NotVerified("format"));
    }
    base64_spellings(corpus, &text, &policy);
}

fn base64_spellings(corpus: &mut Corpus, text: &str, policy: &str) {
    let mut class = corpus.class(
        "N8",
        "base64-spelling",
        "Base64 that some decoders accept and that is not its one spelling.",
    );
    let start = text.find("\"entry\": \"").unwrap() + "\"entry\": \"".len();
    let length = text[start..].find('"').unwrap();
    let entry = &text[start..start + length];
    let url = entry.replace('+', "-").replace('/', "_");
    for (name, other) in [
        ("the-alphabet-of-addresses", format!("-{}", &url[1..])),
        (
            "without-padding",
            format!("{}AA", &entry[..entry.len() / 4 * 4 - 4]),
        ),
        ("padding-too-much", format!("{entry}====")),
        (
            "a-line-break",
            format!("{}\\n{}", &entry[..64], &entry[64..]),
        ),
        ("a-space", format!("{entry} ")),
        (
            "bits-left-over",
            format!("{}AB==", &entry[..entry.len() / 4 * 4 - 4]),
        ),
        ("padding-inside", format!("AA=={entry}")),
        ("hexadecimal", "574d4b31".to_owned() + "0"),
    ] {
        let other = swap(text, entry, &other);
        class.bundle(name, other, policy, NotVerified("format"));
    }
    let (photo, policy) = with_photo();
    let digest = photo.files[0].sha256.to_string();
    let text = photo.encode().unwrap();
    let mut class = corpus.class(
        "N8",
        "hex-and-number-spelling",
        "Hexadecimal digits and numbers that are not in their one spelling.",
    );
    for (name, from, to) in [
        ("upper-case", digest.clone(), digest.to_uppercase()),
        ("a-prefix", digest.clone(), format!("0x{}", &digest[2..])),
        ("a-digit-short", digest.clone(), digest[1..].to_owned()),
        (
            "size-as-text",
            "\"size\": 5".to_owned(),
            "\"size\": \"5\"".to_owned(),
        ),
        (
            "index-with-a-zero",
            "index 5".to_owned(),
            "index 05".to_owned(),
        ),
        (
            "index-with-a-plus",
            "index 5".to_owned(),
            "index +5".to_owned(),
        ),
        (
            "index-with-a-space",
            "index 5".to_owned(),
            "index  5".to_owned(),
        ),
        (
            "index-negative",
            "index 5".to_owned(),
            "index -1".to_owned(),
        ),
        (
            "index-too-large",
            "index 5".to_owned(),
            "index 18446744073709551616".to_owned(),
        ),
    ] {
        let other = swap(&text, &from, &to);
        class.bundle(name, other, &policy, NotVerified("format"));
    }
}

/// Where parsers of JSON are known to disagree.
fn parsers(corpus: &mut Corpus) {
    let (photo, policy) = with_photo();
    let text = photo.encode().unwrap();
    let mut class = corpus.class(
        "N18",
        "json-parsers",
        "Documents that parsers of JSON read differently.",
    );
    for (name, from, to) in [
        ("size-with-an-exponent", "\"size\": 5", "\"size\": 5e0"),
        ("size-with-a-fraction", "\"size\": 5", "\"size\": 5.0"),
        ("size-minus-zero", "\"size\": 5", "\"size\": -0"),
        ("size-not-a-number", "\"size\": 5", "\"size\": NaN"),
        ("size-with-a-zero", "\"size\": 5", "\"size\": 05"),
        (
            "size-beyond-2-to-53",
            "\"size\": 5",
            "\"size\": 9007199254740992",
        ),
        (
            "size-beyond-2-to-64",
            "\"size\": 5",
            "\"size\": 18446744073709551621",
        ),
        ("half-a-surrogate", "photo-1", "photo\\ud800-1"),
        ("surrogates-turned", "photo-1", "photo\\udc00\\ud800-1"),
        ("a-raw-tab-in-a-text", "photo-1", "photo\t-1"),
        ("a-comment", "\"size\": 5", "\"size\": 5 /* five */"),
        ("a-comma-too-much", "\"size\": 5", "\"size\": 5,"),
        ("single-quotes", "\"size\": 5", "'size': 5"),
        ("a-name-without-quotes", "\"size\": 5", "size: 5"),
    ] {
        let other = swap(&text, from, to);
        class.bundle(name, other, &policy, NotVerified("format"));
    }
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    class.bundle("utf-16", wide, &policy, NotVerified("format"));
}

fn versions(corpus: &mut Corpus) {
    let (text, policy) = usual();
    let mut class = corpus.class(
        "N25",
        "bundle-version",
        "The document names another version of the format than this one.",
    );
    for (name, format, expected) in [
        ("0", "witnessmark-bundle/0", CannotTell("format")),
        ("2", "witnessmark-bundle/2", CannotTell("format")),
        ("10", "witnessmark-bundle/10", CannotTell("format")),
        ("no-number", "witnessmark-bundle/", CannotTell("format")),
        (
            "a-space-more",
            "witnessmark-bundle/1 ",
            CannotTell("format"),
        ),
        ("upper-case", "Witnessmark-Bundle/1", NotVerified("format")),
        ("nothing", "", NotVerified("format")),
        ("another-family", "proofbundle/1", NotVerified("format")),
    ] {
        let other = swap(&text, "witnessmark-bundle/1", format);
        class.bundle(name, other, &policy, expected);
    }
    let mut class = corpus.class(
        "N25",
        "proof-version",
        "A proof names another version of its format.",
    );
    for (name, version) in [
        ("0", "tlog-proof@v0"),
        ("2", "tlog-proof@v2"),
        ("none", "tlog-proof"),
    ] {
        let other = text.replace("tlog-proof@v1", version);
        class.bundle(name, other, &policy, NotVerified("format"));
    }
    let mut class = corpus.class(
        "N25",
        "policy-inside",
        "The bundle says itself which policy applies to it.",
    );
    for (name, member) in [
        ("a-policy", "\"policy\": \"quorum none\""),
        ("a-quorum", "\"quorum\": \"none\""),
        ("a-minimum", "\"version_min\": 0"),
    ] {
        let with = format!("{member},\n  \"record\"");
        let other = swap(&text, "\"record\"", &with);
        class.bundle(name, other, &policy, NotVerified("format"));
    }
}
