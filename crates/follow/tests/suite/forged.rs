//! Tiles that are not what was signed: each is found, at every level, also where its parent was forged to fit.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use witnessmark_follow::{Source, Tree, TreeError};
use witnessmark_tlog::Tile;
use witnessmark_verifier::{Hash, TreeHead};

use crate::log::{Files, Log, root, tile};

/// Three levels: 258 tiles, the last of them with 4 leaves; two above; one on top.
const SIZE: usize = 257 * 256 + 4;

fn write(dir: &Path, files: &Files) {
    for (path, bytes) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Some tiles of each level, both edges among them.
fn some_tiles() -> Vec<Tile> {
    let lowest = [0, 1, 128, 255, 256].map(|index| tile(0, index, 256));
    let above = [
        tile(0, 257, 4),
        tile(1, 0, 256),
        tile(1, 1, 1),
        tile(2, 0, 1),
    ];
    lowest.into_iter().chain(above).collect()
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    assert!(rest.is_empty());
    hashes.iter().map(|hash| Hash::new(*hash)).collect()
}

/// Puts the root of each forged tile into its parent, as far as parents are to be forged, so that neighbours fit each other.
fn forge(files: &Files, forged: &BTreeSet<Tile>) -> Files {
    let mut files = files.clone();
    for it in forged {
        let bytes = files.get_mut(&it.path()).unwrap();
        bytes[0] ^= 1;
        let fitting = root(&hashes(bytes));
        let parents = forged.iter().filter(|above| above.level == it.level + 1);
        for above in parents.filter(|above| above.index == it.index / 256) {
            let place = usize::try_from(it.index % 256).unwrap() * 32;
            let parent = files.get_mut(&above.path()).unwrap();
            if let Some(hash) = parent.get_mut(place..place + 32) {
                hash.copy_from_slice(fitting.as_bytes());
            }
        }
    }
    files
}

async fn read(dir: &Path, head: TreeHead, tiles: &[Tile]) -> Result<(), TreeError> {
    let source = Source::Folder(dir.to_owned());
    let mut tree = Tree::open(source, head).await?;
    for it in tiles {
        tree.tile(it.level, it.index).await?;
    }
    Ok(())
}

#[tokio::test]
async fn one_or_two_forged_tiles_are_found_at_every_level() {
    let log = Log::new(SIZE);
    let (files, head) = (log.files(SIZE), log.head(SIZE));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &files);
    let tiles = some_tiles();
    read(folder.path(), head, &tiles).await.unwrap();
    let mut found = 0;
    for first in &tiles {
        for second in &tiles {
            let forged = BTreeSet::from([*first, *second]);
            let bad = forge(&files, &forged);
            let changed = forged.iter().map(Tile::path);
            let changed: Files = changed
                .map(|path| (path.clone(), bad[&path].clone()))
                .collect();
            write(folder.path(), &changed);
            // Also when nothing but the forged ones is asked for, the lowest first.
            let asked: Vec<Tile> = forged.iter().copied().collect();
            for asked in [&asked[..1], &asked[..], &tiles[..]] {
                let error = read(folder.path(), head, asked).await.unwrap_err();
                assert!(
                    matches!(error, TreeError::NotSigned { .. }),
                    "{forged:?}: {error}"
                );
                found += 1;
            }
            let honest = forged
                .iter()
                .map(|it| (it.path(), files[&it.path()].clone()));
            write(folder.path(), &honest.collect());
        }
    }
    assert_eq!(found, 81 * 3);
}

#[tokio::test]
async fn an_entry_counts_only_if_it_hashes_to_its_leaf() {
    let log = Log::new(600);
    let files = log.files(600);
    let folder = tempfile::tempdir().unwrap();
    for (index, name) in [(0, "tile/entries/000"), (2, "tile/entries/002.p/88")] {
        write(folder.path(), &files);
        let source = || Source::Folder(folder.path().to_owned());
        let mut tree = Tree::open(source(), log.head(600)).await.unwrap();
        assert_eq!(
            tree.entries(index).await.unwrap()[0],
            format!("entry {}", index * 256).as_bytes()
        );
        let honest = &files[name];
        let mut flipped = honest.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let mut short = honest.clone();
        short.truncate(honest.len() - 11);
        let twice = [honest.clone(), honest.clone()].concat();
        for bad in [flipped, short, twice, Vec::new()] {
            write(folder.path(), &Files::from([(name.to_owned(), bad)]));
            let error = tree.entries(index).await.unwrap_err();
            assert!(matches!(error, TreeError::NotSigned { .. }), "{error}");
        }
        fs::remove_file(folder.path().join(name)).unwrap();
        let error = tree.entries(index).await.unwrap_err();
        assert!(matches!(error, TreeError::Missing(_)), "{error}");
    }
}

#[tokio::test]
async fn roots_and_proofs_of_every_beginning_are_those_of_the_definition() {
    for size in [1, 255, 256, 257, 300] {
        let log = Log::new(size);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &log.files(size));
        let source = Source::Folder(folder.path().to_owned());
        let whole = log.head(size);
        let mut tree = Tree::open(source, whole).await.unwrap();
        for old in 0..=size {
            let head = log.head(old);
            assert_eq!(tree.root_at(head.size.get()).await.unwrap(), head.root);
            let proof = tree.consistency_from(head.size.get()).await.unwrap();
            proof.verify(&head, &whole).unwrap();
        }
        let beyond = u64::try_from(size).unwrap() + 1;
        assert!(matches!(
            tree.root_at(beyond).await,
            Err(TreeError::NoSuchPart)
        ));
        assert!(matches!(tree.tile(0, 3).await, Err(TreeError::NoSuchPart)));
        assert!(matches!(tree.tile(5, 0).await, Err(TreeError::NoSuchPart)));
    }
}
