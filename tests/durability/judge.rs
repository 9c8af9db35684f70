//! Compares what a ledger shows now with everything that it has acknowledged and signed before.

use std::collections::BTreeMap;

use witnessmark_bundle::Auditor;
use witnessmark_client::Client;
use witnessmark_merkle::Frontier;
use witnessmark_verifier::{Entry, EntryKind, LeafHash, LeafIndex, RecordId};

use crate::load::Oracle;
use crate::world::{Daemon, World};

/// What the ledger has, as far as it fits the oracle; what does not fit, otherwise.
///
/// Every acknowledged record is at its index and at no other, every checkpoint that anybody saw is a beginning of what is shown,
/// and all entries hash to the root that is signed now.
pub(crate) fn judge(world: &World, daemon: &Daemon, oracle: &Oracle) -> Result<u64, Vec<String>> {
    let (size, wrong) = compare(world, daemon, oracle).map_err(|error| vec![error])?;
    if wrong.is_empty() {
        Ok(size)
    } else {
        Err(wrong)
    }
}

/// How many entries the ledger shows, each with its proof, and what of them does not fit the oracle. An error when not all of
/// them could be had, or one did not verify.
pub(crate) fn compare(
    world: &World,
    daemon: &Daemon,
    oracle: &Oracle,
) -> Result<(u64, Vec<String>), String> {
    let shown = Shown::read(world, daemon)?;
    let mut wrong = Vec::new();
    for (id, index) in &oracle.places {
        match shown.places.get(id) {
            Some(there) if there == index => {}
            Some(there) => wrong.push(format!("record {id} was at {index} and is at {there}")),
            None => wrong.push(format!("record {id}, acknowledged at {index}, is lost")),
        }
    }
    for (size, root) in &oracle.roots {
        if shown.roots.get(size) != Some(root) {
            wrong.push(format!(
                "the checkpoint of {size} that was shown is no beginning any more"
            ));
        }
    }
    wrong.extend(
        shown
            .doubled
            .iter()
            .map(|id| format!("record {id} is there twice")),
    );
    Ok((shown.size, wrong))
}

/// The verdict of an audit, over gRPC.
pub(crate) fn audit(world: &World, daemon: &Daemon) {
    let policy = std::fs::read(world.ledger().join("trust.policy")).unwrap();
    let shown = Shown::read(world, daemon).unwrap();
    let mut auditor = Auditor::new(&policy, shown.checkpoint.as_bytes());
    for entry in &shown.entries {
        auditor.push(entry);
    }
    let verdict = auditor.finish();
    assert!(verdict.word.is_positive(), "{:?}", verdict.problems);
}

#[derive(Default)]
struct Shown {
    size: u64,
    checkpoint: String,
    entries: Vec<Vec<u8>>,
    places: BTreeMap<RecordId, u64>,
    doubled: Vec<RecordId>,
    roots: BTreeMap<u64, witnessmark_verifier::Hash>,
}

impl Shown {
    fn read(world: &World, daemon: &Daemon) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime
            .unwrap()
            .block_on(Self::read_all(world, daemon))
            .map_err(|error| error.to_string())
    }

    async fn read_all(
        world: &World,
        daemon: &Daemon,
    ) -> Result<Self, witnessmark_client::ClientError> {
        let client = Client::connect(&daemon.url, world.policy.clone()).await?;
        let checkpoint = client.checkpoint().await?;
        let size = checkpoint.head().size;
        let mut shown = Self {
            size: size.get(),
            checkpoint: checkpoint.note().to_owned(),
            ..Self::default()
        };
        let mut frontier = Frontier::new();
        let mut pages = client.entries(LeafIndex::new(0), Some(size)).await?;
        while let Some(page) = pages.next().await? {
            for bytes in page.entries {
                shown.take(&mut frontier, bytes);
            }
        }
        assert_eq!(
            frontier.head(),
            *checkpoint.head(),
            "the entries are those of the checkpoint"
        );
        Ok(shown)
    }

    fn take(&mut self, frontier: &mut Frontier, bytes: Vec<u8>) {
        let index = frontier.size();
        frontier.push(LeafHash::of(&bytes), &mut |_, _| {});
        self.roots.insert(frontier.size(), frontier.root());
        let entry = Entry::parse(&bytes).unwrap();
        if entry.kind == EntryKind::Record && self.places.insert(entry.record_id(), index).is_some()
        {
            self.doubled.push(entry.record_id());
        }
        self.entries.push(bytes);
    }
}
