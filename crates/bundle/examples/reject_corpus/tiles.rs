//! Forged tiles: each file of an export with three levels of files, alone and with each other one, and each place of the
//! partial ones.

use std::fs;
use std::path::Path;

use witnessmark_bundle::ExportWriter;
use witnessmark_tlog::{Encode as _, encode_entry_bundle, parse_entry_bundle};
use witnessmark_verifier::{Entry, LeafHash, sha256};

use super::mini_log::{MiniLog, TEAM};
use super::world::{WITNESS, copy, export, ledger, policy};
use super::{Corpus, Expected};

use Expected::NotVerified;

/// The files under the root: bundles of entries, tiles of their leaf hashes, and the tile above these.
const FILES: [&str; 7] = [
    "tile/entries/000",
    "tile/entries/001",
    "tile/entries/002.p/6",
    "tile/0/000",
    "tile/0/001",
    "tile/0/002.p/6",
    "tile/1/000.p/2",
];

/// The entries of the log: two full tiles and six.
const SIZE: usize = 518;

pub(crate) fn write(corpus: &mut Corpus) {
    let mut log = MiniLog::usual();
    while log.entries.len() < SIZE {
        log.record(
            11,
            &log.message(TEAM, &format!("Record {}", log.entries.len())),
        );
    }
    let honest = corpus.folder.join("honest-export");
    export(&log, &honest);
    let policy = policy(&log);
    forged(corpus, &honest, &policy);
    consistent(corpus, &honest, &policy);
    shapes(corpus);
}

fn is_entries(file: &str) -> bool {
    file.starts_with("tile/entries/")
}

/// Forges what stands at `place` of a file: another leaf hash or node, or an entry with another time.
fn forge(folder: &Path, file: &str, place: usize) {
    let path = folder.join(file);
    let mut bytes = fs::read(&path).unwrap();
    if is_entries(file) {
        bytes = with_another_time(&bytes, place);
    } else {
        let forged = sha256(file.as_bytes());
        bytes[place * 32..(place + 1) * 32].copy_from_slice(forged.as_bytes());
    }
    fs::write(path, bytes).unwrap();
}

/// The bundle of entries with the entry at `place` registered a millisecond later: its signatures stay good.
fn with_another_time(bytes: &[u8], place: usize) -> Vec<u8> {
    let entries = parse_entry_bundle(bytes).unwrap();
    let mut entries: Vec<Vec<u8>> = entries.into_iter().map(<[u8]>::to_vec).collect();
    let mut entry = Entry::parse(&entries[place]).unwrap();
    entry.registered_at += 1;
    entries[place] = entry.encode().unwrap();
    encode_entry_bundle(&entries).unwrap()
}

/// The check that fails for these forged files.
fn check(files: &[&str]) -> Expected {
    if files.iter().any(|file| is_entries(file)) {
        NotVerified("entries")
    } else {
        NotVerified("tiles")
    }
}

fn name_of(file: &str) -> String {
    file.trim_start_matches("tile/").replace('/', "-")
}

fn forged(corpus: &mut Corpus, honest: &Path, policy: &str) {
    let mut class = corpus.class(
        "N3",
        "one-forged-tile",
        "One hash of one tile, or one entry, is forged; every file of the tree in turn, the rest is honest.",
    );
    for file in FILES {
        let case = class.export(&name_of(file), policy, check(&[file]), |folder| {
            copy(honest, folder);
            forge(folder, file, 1);
        });
        case.is_large = true;
    }
    let mut class = corpus.class(
        "N3",
        "two-forged-tiles",
        "Two files of the tree are forged, every pair in turn.",
    );
    for (at, one) in FILES.iter().enumerate() {
        for two in &FILES[at + 1..] {
            let name = format!("{}-and-{}", name_of(one), name_of(two));
            let case = class.export(&name, policy, check(&[one, two]), |folder| {
                copy(honest, folder);
                forge(folder, one, 1);
                forge(folder, two, 0);
            });
            case.is_large = true;
        }
    }
    let mut class = corpus.class(
        "N3",
        "each-place-of-a-partial-tile",
        "The hash or the entry at each place of the partial tiles is forged.",
    );
    let places = [
        ("tile/entries/002.p/6", 6),
        ("tile/0/002.p/6", 6),
        ("tile/1/000.p/2", 2),
    ];
    for (file, count) in places {
        for place in 0..count {
            let name = format!("{}-at-{place}", name_of(file));
            let case = class.export(&name, policy, check(&[file]), |folder| {
                copy(honest, folder);
                forge(folder, file, place);
            });
            case.is_large = true;
        }
    }
    let mut class = corpus.class(
        "N16",
        "absent-file",
        "A file of the export is absent, each in turn.",
    );
    for file in FILES {
        let case = class.export(&name_of(file), policy, check(&[file]), |folder| {
            copy(honest, folder);
            fs::remove_file(folder.join(file)).unwrap();
        });
        case.is_large = true;
    }
    let case = class.export("checkpoint", policy, NotVerified("format"), |folder| {
        copy(honest, folder);
        fs::remove_file(folder.join("checkpoint")).unwrap();
    });
    case.is_large = true;
}

/// An entry forged together with the hashes above it.
fn consistent(corpus: &mut Corpus, honest: &Path, policy: &str) {
    let mut class = corpus.class(
        "N3",
        "forged-with-what-is-above",
        "An entry is forged together with the tiles above it, so that each file fits the one below.",
    );
    let forge_leaf = |folder: &Path, file: &str, tile: &str, place: usize| {
        forge(folder, file, place);
        let entries = fs::read(folder.join(file)).unwrap();
        let entries = parse_entry_bundle(&entries).unwrap();
        let leaf = LeafHash::of(entries[place]).hash();
        let mut hashes = fs::read(folder.join(tile)).unwrap();
        hashes[place * 32..(place + 1) * 32].copy_from_slice(leaf.as_bytes());
        fs::write(folder.join(tile), hashes).unwrap();
    };
    let pairs = [
        ("tile/entries/000", "tile/0/000"),
        ("tile/entries/001", "tile/0/001"),
        ("tile/entries/002.p/6", "tile/0/002.p/6"),
    ];
    for (file, tile) in pairs {
        let name = name_of(file);
        let case = class.export(&name, policy, NotVerified("root"), |folder| {
            copy(honest, folder);
            forge_leaf(folder, file, tile, 2);
        });
        case.is_large = true;
    }
    let case = class.export("all-levels", policy, NotVerified("root"), |folder| {
        // Everything but the signed checkpoint is of the forged tree.
        copy(honest, folder);
        for (file, tile) in pairs {
            forge_leaf(folder, file, tile, 2);
        }
        let checkpoint = fs::read_to_string(folder.join("checkpoint")).unwrap();
        rewrite(folder);
        fs::write(folder.join("checkpoint"), checkpoint).unwrap();
    });
    case.is_large = true;
}

/// Writes the export anew from its own entries.
fn rewrite(folder: &Path) {
    let mut log = MiniLog::usual();
    log.entries.clear();
    for file in FILES.iter().filter(|file| is_entries(file)) {
        let bytes = fs::read(folder.join(file)).unwrap();
        let entries = parse_entry_bundle(&bytes).unwrap();
        log.entries.extend(entries.into_iter().map(<[u8]>::to_vec));
    }
    fs::remove_dir_all(folder).unwrap();
    let mut writer = ExportWriter::create(folder, &log.checkpoint(&[WITNESS])).unwrap();
    for entry in &log.entries {
        writer.push(entry).unwrap();
    }
    writer.finish().unwrap();
}

/// Files of other lengths than they must have.
fn shapes(corpus: &mut Corpus) {
    type Change = fn(&[u8]) -> Vec<u8>;
    let log = ledger();
    let honest = corpus.folder.join("small-export");
    export(&log, &honest);
    let policy = policy(&log);
    let mut class = corpus.class(
        "N22",
        "tile-length",
        "A file of the export is shorter or longer than its place asks for, or has another width in its name.",
    );
    let changes: [(&str, Change); 7] = [
        ("empty", |_| Vec::new()),
        ("a-byte-less", |it| it[..it.len() - 1].to_vec()),
        ("a-byte-more", |it| [it, &[0]].concat()),
        ("a-hash-less", |it| it[..it.len() - 32].to_vec()),
        ("a-hash-more", |it| [it, &it[..32]].concat()),
        ("twice", |it| [it, it].concat()),
        ("filled-up", |it| {
            [it, &vec![0; 8_192 - it.len().min(8_192)]].concat()
        }),
    ];
    for file in ["tile/0/000.p/9", "tile/entries/000.p/9"] {
        for (name, change) in changes {
            let name = format!("{}-{name}", name_of(file));
            class.export(&name, &policy, check(&[file]), |folder| {
                copy(&honest, folder);
                let bytes = fs::read(folder.join(file)).unwrap();
                fs::write(folder.join(file), change(&bytes)).unwrap();
            });
        }
        for other in ["000.p/8", "000.p/10", "000", "001.p/9", "000.p/09"] {
            let place = file.replace("000.p/9", other);
            let name = format!("{}-as-{}", name_of(file), other.replace('/', "-"));
            class.export(&name, &policy, check(&[file]), |folder| {
                copy(&honest, folder);
                let bytes = fs::read(folder.join(file)).unwrap();
                fs::remove_dir_all(folder.join(file).parent().unwrap()).unwrap();
                super::put(&folder.join(place), &bytes);
            });
        }
    }
}
