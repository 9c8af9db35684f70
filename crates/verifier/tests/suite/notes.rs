//! Notes, verifier keys, checkpoints and requests: the one spelling of each, and what is refused.

use witnessmark_tlog::{AddCheckpoint, AddCheckpointError, Encode as _};
use witnessmark_verifier::{
    Checkpoint, CheckpointFormatError, KeyError, LeafIndex, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX,
    Note, NoteError, PROOF_EXTRA_BYTES_MAX, TlogProof, TlogProofError, VerifierKey,
    VerifierKeyError, base64,
};

/// From the page of C2SP signed-note; key and signature there do belong together.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

const LINE: &str = "\u{2014} a AAAAAAA=\n";
const ROOT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

#[test]
fn the_example_of_the_specification_holds() {
    let key = VerifierKey::parse(EXAMPLE_KEY).unwrap();
    let note = Note::parse(EXAMPLE_NOTE).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.source(), EXAMPLE_NOTE);
    let [line] = note.signatures() else {
        panic!("one signature")
    };
    assert!(line.is_by(&key));
    assert_eq!(
        key.public_key()
            .verify(note.text().as_bytes(), &line.signature),
        Ok(())
    );
}

#[test]
fn the_text_ends_at_the_last_empty_line() {
    let source = format!("one\n\n{LINE}\ntwo\n\n{LINE}{LINE}");
    let note = Note::parse(&source).unwrap();
    assert_eq!(note.text(), format!("one\n\n{LINE}\ntwo\n"));
    assert_eq!(note.signatures().len(), 2);
}

#[test]
fn a_text_that_is_no_note_is_refused() {
    let cases = [
        (String::new(), NoteError::NoSignatures),
        ("text\n".into(), NoteError::NoSignatures),
        (format!("text\n{LINE}"), NoteError::NoSignatures),
        (
            format!("text\n\n{}", LINE.trim_end()),
            NoteError::NoSignatures,
        ),
        (format!("text\n\n{LINE}\n"), NoteError::NoSignatures),
        (format!("te\rxt\n\n{LINE}"), NoteError::ControlCharacter),
        (format!("te\txt\n\n{LINE}"), NoteError::ControlCharacter),
        (
            "text\n\nno dash AAAAAAA=\n".into(),
            NoteError::SignatureLine,
        ),
        ("text\n\n- a AAAAAAA=\n".into(), NoteError::SignatureLine),
        ("text\n\n\u{2014} a\n".into(), NoteError::SignatureLine),
        (
            "text\n\n\u{2014}  AAAAAAA=\n".into(),
            NoteError::SignatureLine,
        ),
        (
            "text\n\n\u{2014} a+b AAAAAAA=\n".into(),
            NoteError::SignatureLine,
        ),
        (
            "text\n\n\u{2014} a\u{a0}b AAAAAAA=\n".into(),
            NoteError::SignatureLine,
        ),
        (
            "text\n\n\u{2014} a AAAAAAA= \n".into(),
            NoteError::SignatureLine,
        ),
        (
            "text\n\n\u{2014} a AAAAAAB=\n".into(),
            NoteError::SignatureLine,
        ),
        (
            "text\n\n\u{2014} a AAAAAA==\n".into(),
            NoteError::SignatureLine,
        ),
        ("text\n\n\u{2014} a AAAA\n".into(), NoteError::SignatureLine),
    ];
    for (source, error) in cases {
        assert_eq!(Note::parse(&source), Err(error), "{source:?}");
    }
}

#[test]
fn a_note_has_no_character_below_a_space_but_line_feeds() {
    for byte in 0..0x20_u8 {
        let source = format!("te{}xt\n\n{LINE}", char::from(byte));
        let is_refused = Note::parse(&source) == Err(NoteError::ControlCharacter);
        assert_eq!(is_refused, byte != b'\n', "{byte}");
    }
    // The document stops at U+0020, so the one control character above it is a character like others.
    assert!(Note::parse(&format!("te\u{7f} xt\n\n{LINE}")).is_ok());
}

#[test]
fn a_note_has_its_limits() {
    let most = format!("text\n\n{}", LINE.repeat(NOTE_SIGNATURES_MAX));
    assert!(Note::parse(&most).is_ok());
    assert_eq!(
        Note::parse(&format!("{most}{LINE}")),
        Err(NoteError::TooManySignatures)
    );
    let tail = format!("\n\n{LINE}");
    let longest = format!("{}{tail}", "x".repeat(NOTE_BYTES_MAX - tail.len()));
    assert!(Note::parse(&longest).is_ok());
    assert_eq!(Note::parse(&format!("x{longest}")), Err(NoteError::TooLong));
}

#[test]
fn a_text_that_is_no_verifier_key_is_refused() {
    let small = base64::encode(&[&[1, 1][..], &[0; 31]].concat());
    let cases = [
        (String::new(), VerifierKeyError::Parts),
        ("example.com/foo+530d903a".into(), VerifierKeyError::Parts),
        (
            EXAMPLE_KEY.replace("530d903a", "530D903A"),
            VerifierKeyError::KeyIdSpelling,
        ),
        (
            EXAMPLE_KEY.replace("530d903a", "530d903"),
            VerifierKeyError::KeyIdSpelling,
        ),
        (
            EXAMPLE_KEY.replace("530d903a", "530d903a00"),
            VerifierKeyError::KeyIdSpelling,
        ),
        (
            EXAMPLE_KEY.replace("530d903a", "530d903b"),
            VerifierKeyError::KeyIdMismatch,
        ),
        (
            EXAMPLE_KEY.replace("foo", "bar"),
            VerifierKeyError::KeyIdMismatch,
        ),
        (
            EXAMPLE_KEY.replace("+Ae", "+Be"),
            VerifierKeyError::Algorithm,
        ),
        (
            EXAMPLE_KEY.replace("+Ae", "+Ag"),
            VerifierKeyError::Algorithm,
        ),
        ("a+00000000+".into(), VerifierKeyError::Algorithm),
        ("a+00000000+AQ==".into(), VerifierKeyError::Algorithm),
        (
            format!("a+00000000+{small}"),
            VerifierKeyError::Key(KeyError::SmallOrder),
        ),
    ];
    for (text, error) in cases {
        assert_eq!(VerifierKey::parse(&text), Err(error), "{text:?}");
    }
    assert!(matches!(
        VerifierKey::parse("+530d903a+AQ=="),
        Err(VerifierKeyError::Name(_))
    ));
    let loose = EXAMPLE_KEY.replace("+Ae", "+\nAe");
    assert!(matches!(
        VerifierKey::parse(&loose),
        Err(VerifierKeyError::Base64(_))
    ));
    assert_eq!(
        VerifierKey::parse(EXAMPLE_KEY).unwrap().to_string(),
        EXAMPLE_KEY
    );
}

#[test]
fn a_checkpoint_has_one_spelling() {
    let cases = [
        (format!("log\n5\n{ROOT}"), CheckpointFormatError::Lines),
        ("log\n5\n".into(), CheckpointFormatError::Lines),
        (
            format!("log\n5\n{ROOT}\nextension\n"),
            CheckpointFormatError::Lines,
        ),
        (format!("log\n5\n{ROOT}\n\n"), CheckpointFormatError::Lines),
        (format!("\n5\n{ROOT}\n"), CheckpointFormatError::Origin),
        (format!("l og\n5\n{ROOT}\n"), CheckpointFormatError::Origin),
        (format!("l+og\n5\n{ROOT}\n"), CheckpointFormatError::Origin),
        (
            format!("{}\n5\n{ROOT}\n", "l".repeat(256)),
            CheckpointFormatError::Origin,
        ),
        (format!("log\n+5\n{ROOT}\n"), CheckpointFormatError::Size),
        (format!("log\n05\n{ROOT}\n"), CheckpointFormatError::Size),
        (format!("log\n-1\n{ROOT}\n"), CheckpointFormatError::Size),
        (format!("log\n 5\n{ROOT}\n"), CheckpointFormatError::Size),
        (format!("log\n\n{ROOT}\n"), CheckpointFormatError::Size),
        (
            format!("log\n18446744073709551616\n{ROOT}\n"),
            CheckpointFormatError::Size,
        ),
        ("log\n5\nAAAA\n".into(), CheckpointFormatError::Root),
        (
            format!("log\n5\n{}B=\n", &ROOT[..42]),
            CheckpointFormatError::Root,
        ),
        (format!("log\n5\n{ROOT} \n"), CheckpointFormatError::Root),
    ];
    for (text, error) in cases {
        assert_eq!(Checkpoint::parse(&text), Err(error), "{text:?}");
    }
    for size in ["0", "5", "18446744073709551615"] {
        let text = format!("log\n{size}\n{ROOT}\n");
        assert_eq!(Checkpoint::parse(&text).unwrap().encode(), text);
    }
}

#[test]
fn a_proof_file_has_one_spelling() {
    let note = format!("log\n5\n{ROOT}\n\n{LINE}");
    let first = "c2sp.org/tlog-proof@v1\n";
    let many = format!("{ROOT}\n").repeat(64);
    let extra = base64::encode(&vec![0; PROOF_EXTRA_BYTES_MAX + 1]);
    let cases = [
        (format!("index 0\n\n{note}"), TlogProofError::FirstLine),
        (
            format!("c2sp.org/tlog-proof@v2\nindex 0\n\n{note}"),
            TlogProofError::FirstLine,
        ),
        (format!("{first}\n{note}"), TlogProofError::Index),
        (format!("{first}index +0\n\n{note}"), TlogProofError::Index),
        (format!("{first}index 00\n\n{note}"), TlogProofError::Index),
        (format!("{first}index  0\n\n{note}"), TlogProofError::Index),
        (
            format!("{first}index 0\nextra AAAA\n\n{note}"),
            TlogProofError::Hash,
        ),
        (
            format!("{first}extra \nindex 0\n\n{note}"),
            TlogProofError::Extra,
        ),
        (
            format!("{first}extra AAA\nindex 0\n\n{note}"),
            TlogProofError::Extra,
        ),
        (
            format!("{first}extra {extra}\nindex 0\n\n{note}"),
            TlogProofError::Extra,
        ),
        (
            format!("{first}extra AAAA\nextra AAAA\nindex 0\n\n{note}"),
            TlogProofError::Index,
        ),
        (
            format!("{first}index 0\nAAAA\n\n{note}"),
            TlogProofError::Hash,
        ),
        (
            format!("{first}index 0\n{many}\n{note}"),
            TlogProofError::TooManyHashes,
        ),
        (
            format!("{first}index 0\n{ROOT}\n"),
            TlogProofError::NoCheckpoint,
        ),
        (
            format!("{first}index 0\n\n"),
            TlogProofError::Note(NoteError::NoSignatures),
        ),
    ];
    for (text, error) in cases {
        assert_eq!(TlogProof::parse(&text), Err(error), "{text:?}");
    }
    let with_extra = format!("{first}extra AAAA\nindex 7\n{ROOT}\n\n{note}");
    let proof = TlogProof::parse(&with_extra).unwrap();
    assert_eq!(
        (proof.extra.as_deref(), proof.index),
        (Some(&[0, 0, 0][..]), LeafIndex::new(7))
    );
    assert_eq!(
        (proof.inclusion.hashes().len(), proof.note.source()),
        (1, note.as_str())
    );
}

#[test]
fn a_request_to_a_witness_has_one_spelling() {
    let many = format!("{ROOT}\n").repeat(64);
    let cases = [
        (String::new(), AddCheckpointError::OldSize),
        ("new 5\n\nnote".into(), AddCheckpointError::OldSize),
        ("old +5\n\nnote".into(), AddCheckpointError::OldSize),
        ("old 05\n\nnote".into(), AddCheckpointError::OldSize),
        ("old 5\nAAAA\n\nnote".into(), AddCheckpointError::Hash),
        (
            format!("old 5\n{many}\nnote"),
            AddCheckpointError::TooManyHashes,
        ),
        (format!("old 5\n{ROOT}\n"), AddCheckpointError::NoCheckpoint),
        ("old 5\n\n".into(), AddCheckpointError::NoCheckpoint),
    ];
    for (body, error) in cases {
        assert_eq!(AddCheckpoint::parse(&body), Err(error), "{body:?}");
    }
    let most = format!("old 5\n{}\nnote", format!("{ROOT}\n").repeat(63));
    assert_eq!(AddCheckpoint::parse(&most).unwrap().encode(), most);
}
