//! Notes and checkpoints: what is accepted is what a second reader accepts and is written the same again; a policy accepts the
//! note that its log has signed, and no note that differs from it in a bit.

use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{Checkpoint, Note, Origin, base64};

use crate::input::{self, Input};
use crate::keys::{LOG, ORIGIN, log_key, log_line};
use crate::memory;

/// Checks all that is said above on one input: once as a note, once as the text of one that is then signed.
///
/// # Panics
///
/// When it does not hold.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    note(text);
    signed(text);
}

fn note(source: &str) {
    let parsed = memory::bounded(source.as_bytes(), 4_096, 8, || Note::parse(source));
    let Ok(note) = parsed else { return };
    let mut written = note.text().to_owned() + "\n";
    for line in note.signatures() {
        match Origin::parse(line.name) {
            Ok(name) => written += &signature_line(&name, line.key_id, &line.signature),
            Err(_) => {
                let bytes = [&line.key_id[..], &line.signature].concat();
                written += &format!("\u{2014} {} {}\n", line.name, base64::encode(&bytes));
            }
        }
    }
    assert_eq!(written, source);
    assert!(source.bytes().all(|byte| byte >= b' ' || byte == b'\n'));
    assert!((1..=100).contains(&note.signatures().len()));
}

fn signed(text: &str) {
    let policy = format!("log {}\nquorum none\n", log_key(ORIGIN, LOG));
    let policy = witnessmark_policy::parse(&policy).expect("a policy");
    let mut input = Input::new(text.as_bytes());
    // Half of the texts get the origin that the log may sign for.
    let text = match text.split_once('\n') {
        Some((_, rest)) if input.byte() % 2 == 0 => format!("{ORIGIN}\n{rest}"),
        _ => text.to_owned(),
    };
    let source = format!("{text}\n{}", log_line(&text));
    let verdict = Note::parse(&source)
        .ok()
        .and_then(|note| policy.verify(&note).ok());
    let is_clean = text.bytes().all(|byte| byte >= b' ' || byte == b'\n');
    let is_good = is_clean && is_checkpoint(&text) && text.starts_with(&format!("{ORIGIN}\n"));
    assert_eq!(verdict.is_some(), is_good, "{source:?}");
    let Some(verified) = verdict else { return };
    assert_eq!(verified.note(), source);
    let checkpoint = Checkpoint {
        origin: verified.origin().clone(),
        head: *verified.head(),
    };
    assert_eq!(checkpoint.encode(), text);
    for bit in input::some_bits(source.as_bytes()) {
        let other = String::from_utf8(input::flipped(source.as_bytes(), bit));
        let accepted =
            other.is_ok_and(|it| Note::parse(&it).is_ok_and(|it| policy.verify(&it).is_ok()));
        assert!(!accepted, "bit {bit} of {source:?}");
    }
}

/// Three lines: an origin, a size, a hash in base64; with nothing before, between or behind.
fn is_checkpoint(text: &str) -> bool {
    let lines: Vec<&str> = text.split('\n').collect();
    let [origin, size, root, ""] = lines[..] else {
        return false;
    };
    let is_name = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    let is_origin = (1..=255).contains(&origin.len()) && origin.chars().all(is_name);
    let is_size = size
        .parse::<u64>()
        .is_ok_and(|number| number.to_string() == size);
    let is_symbol = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    let (symbols, end) = root.split_at_checked(43).unwrap_or(("", ""));
    // The last of 43 characters has two bits that belong to no byte: they are zero in every fourth character.
    let is_root =
        end == "=" && symbols.chars().all(is_symbol) && "AEIMQUYcgkosw048".contains(&symbols[42..]);
    is_origin && is_size && is_root
}
