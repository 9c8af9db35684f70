//! What lies beside a bundle or hangs on it: names that lead elsewhere, other files, fields and entries that are not the record's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use witnessmark_bundle::{Bundle, BundledFile};
use witnessmark_record::{DisclosedValue, v1};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Hash, sha256};

use super::mini_log::{COURT, TEAM, link};
use super::world::{
    PHOTO, RECORD, blind, bundle, events, export, ledger, policy, proven, shown, swap, with_photo,
};
use super::{Corpus, Expected};

use Expected::{CannotTell, NotVerified};

pub(crate) fn write(corpus: &mut Corpus) {
    names(corpus);
    beside(corpus);
    links(corpus);
    files(corpus);
    disclosures(corpus);
    related(corpus);
}

fn names(corpus: &mut Corpus) {
    let (photo, policy) = with_photo();
    let text = photo.encode().unwrap();
    let mut class = corpus.class(
        "N17",
        "file-name",
        "The bundle names a file by something that is no plain file name.",
    );
    let long = "x".repeat(256);
    for (name, other) in [
        ("upwards", "../photo-1.jpg"),
        ("far-upwards", "../../../../../../etc/passwd"),
        ("absolute", "/etc/passwd"),
        ("in-a-folder", "x/photo-1.jpg"),
        ("a-dot", "."),
        ("two-dots", ".."),
        ("nothing", ""),
        ("backslashes", "..\\\\photo-1.jpg"),
        ("a-drive", "C:photo-1.jpg"),
        ("a-stream", "photo-1.jpg:x"),
        ("a-zero", "photo-1.jpg\\u0000"),
        ("a-newline", "photo\\n-1.jpg"),
        ("an-escape", "\\u001b[2J"),
        ("a-c1-control", "photo\u{9b}1.jpg"),
        ("256-bytes", long.as_str()),
    ] {
        let other = swap(&text, "photo-1.jpg", other);
        class.bundle(name, other, &policy, NotVerified("format"));
    }
}

/// Something that is no file in the place of the file.
fn beside(corpus: &mut Corpus) {
    let (photo, policy) = with_photo();
    let text = photo.encode().unwrap();
    let mut class = corpus.class(
        "N17",
        "no-file-beside",
        "In the place of the file lies something else, such as a link to the right bytes.",
    );
    let mut add = |name: &str, make: &dyn Fn(&Path, &Path)| {
        class.beside(name, (&text, &policy), CannotTell("files"), |folder| {
            make(folder, &folder.join("photo-1.jpg"));
        });
    };
    add("nothing", &|_, _| {});
    add("a-folder", &|_, place| fs::create_dir(place).unwrap());
    add("a-link-to-the-right-bytes", &|folder, place| {
        fs::write(folder.join("elsewhere"), PHOTO).unwrap();
        symlink("elsewhere", place).unwrap();
    });
    add("a-link-to-nothing", &|_, place| {
        symlink("nowhere", place).unwrap();
    });
    add("a-link-to-itself", &|_, place| {
        symlink("photo-1.jpg", place).unwrap();
    });
    add("a-link-to-a-device", &|_, place| {
        symlink("/dev/zero", place).unwrap();
    });
    add("a-pipe", &|_, place| pipe(place));
    add("upper-case", &|folder, _| {
        fs::write(folder.join("PHOTO-1.JPG"), PHOTO).unwrap();
    });
    let mut class = corpus.class(
        "N2",
        "altered-file",
        "The file beside the bundle is not the one that was signed.",
    );
    for (name, bytes) in [
        ("another-bit", &b"phot0"[..]),
        ("a-byte-less", b"phot"),
        ("a-byte-more", b"photo\n"),
        ("nothing-in-it", b""),
        ("other-bytes", b"VERIFIED"),
    ] {
        class.beside(name, (&text, &policy), NotVerified("files"), |folder| {
            fs::write(folder.join("photo-1.jpg"), bytes).unwrap();
        });
    }
}

/// Makes a named pipe, from which nobody would ever get an end.
fn pipe(place: &Path) {
    let made = Command::new("mkfifo").arg(place).status().unwrap();
    assert!(made.success(), "mkfifo does not work here");
}

/// Links and other things in the folder of an export.
fn links(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let mut class = corpus.class(
        "N17",
        "link-in-an-export",
        "In the place of a file or a folder of the export is a link to the right bytes, or something that is no file.",
    );
    let moved = |folder: &Path, what: &str| {
        let (place, elsewhere) = (folder.join(what), folder.join("elsewhere"));
        fs::rename(&place, &elsewhere).unwrap();
        symlink(elsewhere.canonicalize().unwrap(), place).unwrap();
    };
    for (name, what, expected) in [
        ("checkpoint", "checkpoint", CannotTell("format")),
        ("entries", "tile/entries/000.p/9", CannotTell("entries")),
        ("tile", "tile/0/000.p/9", NotVerified("tiles")),
        ("folder-of-tiles", "tile/0", NotVerified("tiles")),
        ("folder-of-entries", "tile/entries", CannotTell("entries")),
        (
            "folder-of-a-partial-tile",
            "tile/0/000.p",
            NotVerified("tiles"),
        ),
        ("folder-of-all", "tile", CannotTell("entries")),
    ] {
        class.export(name, &policy, expected, |folder| {
            export(&log, folder);
            moved(folder, what);
        });
    }
    for (name, what, expected) in [
        (
            "a-pipe-for-the-checkpoint",
            "checkpoint",
            CannotTell("format"),
        ),
        (
            "a-pipe-for-entries",
            "tile/entries/000.p/9",
            CannotTell("entries"),
        ),
        ("a-pipe-for-a-tile", "tile/0/000.p/9", NotVerified("tiles")),
    ] {
        class.export(name, &policy, expected, |folder| {
            export(&log, folder);
            fs::remove_file(folder.join(what)).unwrap();
            pipe(&folder.join(what));
        });
    }
    class.export(
        "a-folder-for-a-tile",
        &policy,
        NotVerified("tiles"),
        |folder| {
            export(&log, folder);
            fs::remove_file(folder.join("tile/0/000.p/9")).unwrap();
            fs::create_dir(folder.join("tile/0/000.p/9")).unwrap();
        },
    );
    class.export(
        "a-file-for-a-folder",
        &policy,
        NotVerified("tiles"),
        |folder| {
            export(&log, folder);
            fs::remove_dir_all(folder.join("tile/0")).unwrap();
            fs::write(folder.join("tile/0"), b"VERIFIED").unwrap();
        },
    );
}

/// Files that the bundle names and the record does not, or not so.
fn files(corpus: &mut Corpus) {
    type Change = fn(&mut Vec<BundledFile>);
    let (photo, policy) = with_photo();
    let mut class = corpus.class(
        "N2",
        "unnamed-file",
        "The bundle names a file that the record does not hold, or not so.",
    );
    let changes: [(&str, Change); 7] = [
        ("another-name", |it| {
            "photo-2.jpg".clone_into(&mut it[0].name);
        }),
        ("another-size", |it| it[0].size += 1),
        ("size-zero", |it| it[0].size = 0),
        ("another-digest", |it| it[0].sha256 = Hash::new([0; 32])),
        ("the-digest-as-name", |it| {
            it[0].name = it[0].sha256.to_string();
        }),
        ("twice", |it| it.push(it[0].clone())),
        ("one-more", |it| {
            it.push(BundledFile {
                name: "verdict.txt".to_owned(),
                sha256: sha256(b"VERIFIED"),
                size: 8,
            });
        }),
    ];
    for (name, change) in changes {
        let mut other = photo.clone();
        change(&mut other.files);
        let text = other.encode().unwrap();
        class.beside(name, (&text, &policy), NotVerified("files"), |folder| {
            fs::write(folder.join("photo-1.jpg"), PHOTO).unwrap();
            fs::write(folder.join("verdict.txt"), b"VERIFIED").unwrap();
        });
    }
}

fn disclosures(corpus: &mut Corpus) {
    let log = ledger();
    let policy = policy(&log);
    let whole = bundle(&log);
    let good = shown().encode().unwrap();
    let changed = |change: &dyn Fn(&mut witnessmark_record::Disclosure)| {
        let mut other = shown();
        change(&mut other);
        other.encode().unwrap()
    };
    // Prefix, salt, the length of the name and the name; then the type of the value.
    let type_at = 21 + 32 + 2 + "place.detail".len();
    let patched = |at: usize, byte: u8| {
        let mut other = good.clone();
        other[at] = byte;
        other
    };
    let mut class = corpus.class(
        "N2",
        "undisclosed-field",
        "The bundle shows a field that the record does not commit to.",
    );
    for (name, disclosures) in [
        (
            "another-value",
            vec![changed(&|it| {
                it.value = DisclosedValue::Text("bay 5".to_owned());
            })],
        ),
        (
            "another-name",
            vec![changed(&|it| "place.country".clone_into(&mut it.name))],
        ),
        ("another-salt", vec![changed(&|it| it.salt[0] ^= 1)]),
        (
            "another-type",
            vec![changed(&|it| {
                it.value = DisclosedValue::Json("bay 4".to_owned());
            })],
        ),
        ("a-type-by-its-number", vec![patched(type_at, 0)]),
        ("an-unknown-type", vec![patched(type_at, 6)]),
        ("no-truth-value", vec![patched(type_at, 4)]),
        ("twice", vec![good.clone(), good.clone()]),
        (
            "a-good-one-and-another",
            vec![
                good.clone(),
                changed(&|it| "verdict".clone_into(&mut it.name)),
            ],
        ),
        ("a-byte-less", vec![good[..good.len() - 1].to_vec()]),
        ("a-byte-more", vec![[good.as_slice(), &[0]].concat()]),
        ("another-first-line", vec![patched(20, b' ')]),
        ("nothing", vec![Vec::new()]),
        ("the-digest-itself", vec![sha256(&good).as_bytes().to_vec()]),
        ("not-utf-8", vec![patched(good.len() - 1, 0xff)]),
    ] {
        let mut other = whole.clone();
        other.disclosures = disclosures;
        let text = other.encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("disclosures"));
    }
    let mut of_another = blind(&log, 7, TEAM);
    of_another.disclosures = vec![good];
    let text = of_another.encode().unwrap();
    class.bundle(
        "of-another-record",
        text,
        &policy,
        NotVerified("disclosures"),
    );
}

fn related(corpus: &mut Corpus) {
    let mut log = ledger();
    let mut of_third = log.message(COURT, "Of the third");
    of_third.links = vec![link(v1::LinkRel::About, &log.id(7))];
    let of_third = log.record(21, &of_third);
    let policy = policy(&log);
    let whole = bundle(&log);
    let unlogged = log
        .record_entry(&[21], &log.message(COURT, "Never sent"))
        .encode()
        .unwrap();
    let mut class = corpus.class(
        "N2",
        "unrelated-entry",
        "The bundle presents an entry as being about the record that is not, or not so, or not there.",
    );
    let mut add = |name: &str, change: &dyn Fn(&mut Bundle)| {
        let mut other = whole.clone();
        change(&mut other);
        let text = other.encode().unwrap();
        class.bundle(name, text, &policy, NotVerified("related"));
    };
    add("called-something-else", &|it| {
        "corroborates".clone_into(&mut it.related[0].relation);
    });
    add("called-the-word", &|it| {
        "VERIFIED".clone_into(&mut it.related[0].relation);
    });
    add("the-record-itself", &|it| {
        it.related[0].proven = proven(&log, RECORD);
    });
    add("without-a-link", &|it| {
        it.related[0].proven = proven(&log, 8);
    });
    add("about-another-record", &|it| {
        "about".clone_into(&mut it.related[0].relation);
        it.related[0].proven = proven(&log, of_third);
    });
    add("the-charter", &|it| it.related[0].proven = proven(&log, 0));
    add("a-key-event", &|it| it.related[0].proven = proven(&log, 3));
    add("never-logged", &|it| {
        it.related[0].proven.entry.clone_from(&unlogged);
    });
    add("with-another-proof", &|it| {
        it.related[0].proven.proof = proven(&log, 7).proof;
    });
    add("altered", &|it| {
        *it.related[0].proven.entry.last_mut().unwrap() ^= 1;
    });
    add("twice", &|it| it.related.push(it.related[0].clone()));
    add("out-of-order", &|it| {
        let mut later = it.related[0].clone();
        later.proven = proven(&log, of_third);
        it.related.insert(0, later);
    });
    add("without-its-key-chain", &|it| {
        it.key_chains.retain(|chain| chain.org.as_str() == TEAM);
    });
    let mut surplus = blind(&log, 7, TEAM);
    surplus.key_chains = bundle(&log).key_chains;
    assert_eq!(surplus.key_chains[0].events, events(&log, COURT));
    let text = surplus.encode().unwrap();
    class.bundle(
        "a-key-chain-too-much",
        text,
        &policy,
        NotVerified("related"),
    );
}
