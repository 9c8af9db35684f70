//! A log written again from its entries and its last checkpoint.

use std::sync::Arc;

use witnessmark_log::testing::MemoryStore;
use witnessmark_log::{LogError, Rebuild, SignedCheckpoint, Store};

use crate::support::{NOW, World, reopened};

/// A log of a few batches' size, its entries, and its checkpoint.
fn logged() -> (World, Vec<Arc<[u8]>>, SignedCheckpoint) {
    let mut world = World::new();
    for part in 0..3_u8 {
        let batch = (0..900_u16).map(|number| {
            let payload = [&[part][..], &number.to_be_bytes()].concat();
            world.record(&payload)
        });
        let batch = batch.collect();
        world.log.append(batch, NOW).unwrap();
    }
    let published = world.log.reader().published();
    let entries = world.store.entries(0..published.size()).unwrap();
    let checkpoint = published.checkpoint.clone();
    (world, entries, checkpoint)
}

/// Writes these entries; everything but the last commit is then done.
fn written(
    entries: &[Arc<[u8]>],
    checkpoint: &SignedCheckpoint,
) -> Result<(Arc<MemoryStore>, Rebuild<MemoryStore>), LogError> {
    let store = Arc::new(MemoryStore::new());
    let mut rebuild = Rebuild::begin(Arc::clone(&store), checkpoint.clone())?;
    for entry in entries {
        rebuild.push(entry)?;
    }
    Ok((store, rebuild))
}

#[test]
fn a_log_that_is_written_again_is_the_same_and_goes_on() {
    let (world, entries, checkpoint) = logged();
    let (store, rebuild) = written(&entries, &checkpoint).unwrap();
    assert_eq!(&rebuild.head(), checkpoint.head());
    // Until the end there is no checkpoint that anybody would accept.
    let unfinished = store.latest().unwrap().unwrap().checkpoint;
    assert!(unfinished.head().size < checkpoint.head().size);
    let vkey = world.fixture.signer().vkey().clone();
    assert!(unfinished.verify(&vkey).is_err());
    assert!(reopened(&world.fixture, &store).is_err());

    rebuild.finish().unwrap();
    assert_eq!(store.latest().unwrap().unwrap().checkpoint, checkpoint);
    let mut log = reopened(&world.fixture, &store).unwrap();
    let size = checkpoint.head().size.get();
    assert_eq!(store.entries(0..size).unwrap(), entries);
    let again = log.append(vec![world.record(&[2, 0, 7])], NOW).unwrap();
    assert!(again[0].as_ref().unwrap().already_logged);
    let new = log.append(vec![world.record(b"new")], NOW).unwrap();
    assert_eq!(new[0].as_ref().unwrap().index.get(), size);
}

#[test]
fn nothing_but_the_log_of_the_checkpoint_is_written_to_its_end() {
    let (_, entries, checkpoint) = logged();
    let refused = |entries: &[Arc<[u8]>]| {
        let (store, rebuild) = written(entries, &checkpoint)?;
        rebuild.finish()?;
        Ok::<_, LogError>(store)
    };
    refused(&entries).unwrap();
    let mut swapped = entries.clone();
    swapped.swap(1_500, 1_501);
    let mut altered = entries.clone();
    let mut bytes = altered[700].to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    altered[700] = Arc::from(bytes);
    let mut doubled = entries.clone();
    doubled[2_000] = Arc::clone(&entries[20]);
    let last = entries.len() - 1;
    for (what, wrong) in [
        ("none", &[][..]),
        ("one is missing", &entries[..last]),
        ("two are swapped", &swapped),
        ("one is altered", &altered),
        ("one is doubled", &doubled),
        (
            "one more",
            &[entries.clone(), vec![Arc::clone(&altered[700])]].concat(),
        ),
    ] {
        let error = refused(wrong).map(drop).unwrap_err();
        assert!(matches!(error, LogError::Corrupt(_)), "{what}: {error}");
    }
    let store = refused(&entries).unwrap();
    let error = Rebuild::begin(store, checkpoint).map(drop).unwrap_err();
    assert!(matches!(error, LogError::Exists { .. }), "{error}");
}
