//! The contract of a store as a suite: what the text of [`Store`] promises, asked of any
//! engine.
//!
//! Numbers are those of the invariants in that text. The seventh cannot be asked from outside: an
//! engine shows in its own tests that it finds out a disk that does not sync.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use ed25519_dalek::SigningKey;
use witnessmark_merkle::{Frontier, NodeId};
use witnessmark_verifier::{Hash, LeafHash, LeafIndex, Origin, RecordId, sha256};

use crate::integrate::integrate;
use crate::signer::CheckpointSigner;
use crate::store::{Commit, Latest, Store, StoreError};

/// How the suite gets stores of the engine that it asks.
pub trait Subject {
    /// The engine's store.
    type Store: Store;

    /// A store without a log, apart from all others.
    fn fresh(&self) -> Self::Store;

    /// The same store, closed and opened again.
    fn reopen(&self, store: Self::Store) -> Self::Store;
}

/// Runs the whole suite.
///
/// # Panics
///
/// The store breaks its contract.
pub fn run(subject: &impl Subject) {
    a_fresh_store_has_no_log(subject);
    a_commit_appears_wholly(subject);
    a_commit_survives_reopening(subject);
    the_largest_entries_fit(subject);
    a_second_commit_for_a_size_changes_nothing(subject);
    an_older_epoch_changes_nothing(subject);
    what_is_beyond_the_size_is_refused(subject);
    reads_of_a_size_never_change(subject);
    one_of_many_racing_writers_wins(subject);
    readers_beside_a_writer_see_whole_commits(subject);
    every_record_of_a_long_log_is_found(subject);
}

/// Before the first commit there is nothing, and reading nothing is no error.
fn a_fresh_store_has_no_log(subject: &impl Subject) {
    let store = subject.fresh();
    assert_eq!(store.latest(), Ok(None), "a fresh store has no log");
    assert_eq!(
        store.entries(0..0),
        Ok(Vec::new()),
        "no entries are no error"
    );
    assert_eq!(store.nodes(&[]), Ok(Vec::new()), "no nodes are no error");
    assert_eq!(
        store.index_of(&record_id(0)),
        Ok(None),
        "a fresh store has no record"
    );
    let store = subject.reopen(store);
    assert_eq!(store.latest(), Ok(None), "reopening makes no log");
}

/// Entries, nodes, record ids and checkpoint are there after a commit, for batches on both sides of
/// a tile's width (4).
fn a_commit_appears_wholly(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    for count in [1, 1, 2, 3, 248, 1, 1, 255, 256, 257, 40] {
        writer.commit(&store, count);
        writer.check(&store);
    }
}

/// What was acknowledged is there after reopening, epoch included (3, 5).
fn a_commit_survives_reopening(subject: &impl Subject) {
    let mut store = subject.fresh();
    let mut writer = Writer::new();
    for count in [1, 5, 300] {
        writer.commit(&store, count);
        store = subject.reopen(store);
        writer.check(&store);
        writer.epoch += 3;
        writer.raise_epoch(&store);
        store = subject.reopen(store);
        writer.check(&store);
    }
}

/// Entries of the largest size come back byte for byte, many in one commit.
fn the_largest_entries_fit(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    let sizes = [
        65_535, 1, 16_383, 16_384, 16_385, 65_535, 40_000, 65_534, 65_535,
    ];
    let batch = sizes.iter().enumerate().map(|(number, size)| {
        // Each begins with another byte: no two entries of a log are equal.
        (0..=u8::MAX)
            .cycle()
            .skip(number)
            .take(*size)
            .collect::<Arc<[u8]>>()
    });
    writer.commit_entries(&store, batch.collect());
    writer.commit(&store, 2);
    writer.check(&store);
    writer.check(&subject.reopen(store));
}

/// At most one commit succeeds for each old size (1).
fn a_second_commit_for_a_size_changes_nothing(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    writer.commit(&store, 3);
    let mut other = writer.clone();
    other.name = "other";
    writer.commit(&store, 2);
    let late = other.next(other.entries_named(2));
    let stale = Err(StoreError::Stale { epoch: 1, size: 5 });
    assert_eq!(store.commit(&late), stale, "size 3 has a successor");
    assert_eq!(
        store.index_of(&late.record_ids[0]),
        Ok(None),
        "it was not written"
    );
    writer.check(&store);

    let mut early = writer.clone();
    early.grow(early.next(early.entries_named(1)));
    let too_early = early.next(early.entries_named(1));
    assert_eq!(
        store.commit(&too_early),
        stale,
        "size 6 was never committed"
    );
    writer.check(&store);
    writer.check(&subject.reopen(store));
}

/// The epoch never decreases, and no two writers hold one (2).
fn an_older_epoch_changes_nothing(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    writer.epoch = 5;
    writer.commit(&store, 2);
    let stale = Err(StoreError::Stale { epoch: 5, size: 2 });
    assert_eq!(store.commit(&writer.role(5)), stale, "epoch 5 is taken");
    assert_eq!(store.commit(&writer.role(4)), stale, "epoch 4 is over");
    let mut older = writer.clone();
    older.epoch = 4;
    assert_eq!(
        store.commit(&older.next(older.entries_named(1))),
        stale,
        "epoch 4 is over"
    );
    writer.check(&store);

    writer.epoch = 6;
    writer.raise_epoch(&store);
    writer.check(&store);
    let mut deposed = writer.clone();
    deposed.epoch = 5;
    let late = deposed.next(deposed.entries_named(1));
    let stale = Err(StoreError::Stale { epoch: 6, size: 2 });
    assert_eq!(
        store.commit(&late),
        stale,
        "a deposed writer commits nothing"
    );
    writer.commit(&store, 1);
    writer.check(&subject.reopen(store));
}

/// What is asked for beyond the latest size is refused, and not left out.
fn what_is_beyond_the_size_is_refused(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    writer.commit(&store, 6);
    let beyond = |asked| StoreError::Beyond { asked, size: 6 };
    assert_eq!(store.entries(5..7), Err(beyond(7)));
    assert_eq!(store.entries(6..6), Ok(Vec::new()));
    let nodes = |level, index| store.nodes(&[NodeId::leaf(0), NodeId { level, index }]);
    assert_eq!(nodes(0, 6), Err(beyond(7)));
    assert_eq!(
        nodes(2, 1),
        Err(beyond(8)),
        "two of its leaves are not there yet"
    );
    assert!(nodes(3, 0).is_err(), "two of its leaves are not there yet");
    assert!(nodes(63, u64::MAX).is_err(), "there is no such node");
    assert_eq!(store.nodes_at_hand(&[NodeId::leaf(6)]), None);
    writer.check(&store);
}

/// Whatever is appended, a smaller size reads the same (6).
fn reads_of_a_size_never_change(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    writer.commit(&store, 250);
    let early = writer.clone();
    for count in [1, 10, 300] {
        writer.commit(&store, count);
        early.check_contents(&store);
    }
    early.check_contents(&subject.reopen(store));
}

/// The condition and the write are one step (1).
fn one_of_many_racing_writers_wins(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    writer.commit(&store, 1);
    for _ in 0..10 {
        let mut rivals = ["a", "b", "c", "d"].map(|name| {
            let mut rival = writer.clone();
            rival.name = name;
            rival
        });
        let outcomes: Vec<_> = thread::scope(|scope| {
            let threads = rivals.each_mut().map(|rival| {
                let store = &store;
                scope.spawn(move || {
                    let commit = rival.next(rival.entries_named(2));
                    rival.grow(commit.clone());
                    store.commit(&commit)
                })
            });
            threads
                .into_iter()
                .map(|thread| thread.join().ok())
                .collect()
        });
        let won: Vec<usize> = (0..4)
            .filter(|rival| outcomes.get(*rival) == Some(&Some(Ok(()))))
            .collect();
        assert_eq!(won.len(), 1, "one commit for a size: {outcomes:?}");
        for outcome in outcomes.into_iter().flatten().filter(Result::is_err) {
            assert!(
                matches!(outcome, Err(StoreError::Stale { .. })),
                "{outcome:?}"
            );
        }
        writer = rivals[won[0]].clone();
        writer.check(&store);
    }
}

/// Whoever reads a size finds everything below it, while the log grows (4, 6).
fn readers_beside_a_writer_see_whole_commits(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    writer.commit(&store, 1);
    thread::scope(|scope| {
        let store = &store;
        for _ in 0..2 {
            scope.spawn(move || {
                let mut size = 0;
                while size < 200 {
                    let latest = store.latest().ok().flatten();
                    let latest_size = latest.as_ref().map_or(0, Latest::size);
                    assert!(latest_size >= size, "the size went back to {latest_size}");
                    size = latest_size;
                    let entries = store.entries(0..size).map(|entries| entries.len());
                    assert_eq!(entries.map(u64::try_from), Ok(Ok(size)));
                    let ids = Frontier::node_ids(size);
                    let head = store.nodes(&ids).ok().and_then(|nodes| {
                        Frontier::from_nodes(size, nodes)
                            .ok()
                            .map(|frontier| frontier.head())
                    });
                    assert_eq!(
                        head.as_ref(),
                        latest.as_ref().map(|latest| latest.checkpoint.head())
                    );
                }
            });
        }
        while writer.size() < 200 {
            writer.commit(store, 7);
        }
    });
    writer.check(&store);
}

/// However an engine orders record ids, each leads to its entry and no other does, before and after
/// reopening (4, 5).
fn every_record_of_a_long_log_is_found(subject: &impl Subject) {
    let store = subject.fresh();
    let mut writer = Writer::new();
    while writer.size() < 17_000 {
        writer.commit(&store, 1_000);
    }
    let check = |store: &dyn Fn(&RecordId) -> Option<LeafIndex>| {
        for (index, entry) in (0..).zip(&writer.entries).step_by(37) {
            assert_eq!(
                store(&id_of(entry)),
                Some(LeafIndex::new(index)),
                "entry {index}"
            );
        }
        for number in 0..500 {
            assert_eq!(store(&record_id(number)), None, "a record it does not have");
        }
    };
    check(&|id| store.index_of(id).ok().flatten());
    let store = subject.reopen(store);
    check(&|id| store.index_of(id).ok().flatten());
}

/// A writer that remembers everything it committed.
#[derive(Clone)]
struct Writer {
    name: &'static str,
    epoch: u64,
    frontier: Frontier,
    entries: Vec<Arc<[u8]>>,
    nodes: HashMap<NodeId, Hash>,
    latest: Option<Latest>,
}

impl Writer {
    fn new() -> Self {
        Self {
            name: "entry",
            epoch: 1,
            frontier: Frontier::new(),
            entries: Vec::new(),
            nodes: HashMap::new(),
            latest: None,
        }
    }

    fn size(&self) -> u64 {
        self.frontier.size()
    }

    fn commit(&mut self, store: &impl Store, count: u64) {
        self.commit_entries(store, self.entries_named(count));
    }

    fn commit_entries(&mut self, store: &impl Store, entries: Vec<Arc<[u8]>>) {
        let commit = self.next(entries);
        assert_eq!(
            store.commit(&commit),
            Ok(()),
            "a commit that follows is taken"
        );
        self.grow(commit);
    }

    fn raise_epoch(&mut self, store: &impl Store) {
        let role = self.role(self.epoch);
        assert_eq!(store.commit(&role), Ok(()), "a later epoch is taken");
        self.latest = Some(Latest {
            epoch: role.epoch,
            checkpoint: role.checkpoint,
        });
    }

    /// The commit without entries that takes the role of this epoch.
    #[expect(clippy::expect_used, reason = "a mistake of the suite")]
    fn role(&self, epoch: u64) -> Commit {
        let latest = self.latest.as_ref().expect("a first commit was made");
        Commit {
            epoch,
            old_size: self.size(),
            entries: Vec::new(),
            record_ids: Vec::new(),
            nodes: Vec::new(),
            checkpoint: latest.checkpoint.clone(),
        }
    }

    /// Entries that no other index and no other writer has.
    fn entries_named(&self, count: u64) -> Vec<Arc<[u8]>> {
        (self.size()..self.size() + count)
            .map(|index| {
                let unit = format!("{} {index} ", self.name);
                let times = usize::try_from(index % 50).unwrap_or_default() + 1;
                Arc::from(unit.repeat(times).into_bytes())
            })
            .collect()
    }

    /// The commit of `entries` after what this writer committed.
    #[expect(clippy::expect_used, reason = "a mistake of the suite")]
    fn next(&self, entries: Vec<Arc<[u8]>>) -> Commit {
        let origin = Origin::parse("contract.example").expect("the origin is one");
        let signer = CheckpointSigner::new(origin, SigningKey::from_bytes(&[1; 32]));
        let leaves: Vec<LeafHash> = entries.iter().map(|entry| LeafHash::of(entry)).collect();
        let batch = integrate(&self.frontier, &leaves).expect("the batch integrates");
        let checkpoint = signer
            .sign(&batch.old, &batch.new, &batch.consistency)
            .expect("the batch is signed");
        Commit {
            epoch: self.epoch,
            old_size: self.size(),
            record_ids: entries.iter().map(|entry| id_of(entry)).collect(),
            entries,
            nodes: batch.nodes,
            checkpoint,
        }
    }

    /// Remembers a commit as made.
    fn grow(&mut self, commit: Commit) {
        for (node, hash) in &commit.nodes {
            self.nodes.insert(*node, *hash);
        }
        for entry in &commit.entries {
            self.frontier.push(LeafHash::of(entry), &mut |_, _| {});
        }
        self.entries.extend(commit.entries);
        self.latest = Some(Latest {
            epoch: self.epoch,
            checkpoint: commit.checkpoint,
        });
    }

    /// The store has exactly what this writer committed.
    fn check(&self, store: &impl Store) {
        assert_eq!(
            store.latest(),
            Ok(self.latest.clone()),
            "the latest state is the last commit's"
        );
        self.check_contents(store);
    }

    /// The store has what this writer committed, and perhaps more.
    fn check_contents(&self, store: &impl Store) {
        let size = self.size();
        assert_eq!(
            store.entries(0..size).as_ref(),
            Ok(&self.entries),
            "all entries"
        );
        for start in [0, 1, size / 3, size / 2, size - 1] {
            let end = (start + 3).min(size);
            let (from, to) = (place(start), place(end));
            let expected = self.entries.get(from..to).map(<[_]>::to_vec);
            assert_eq!(
                store.entries(start..end).ok(),
                expected,
                "entries {start} to {end}"
            );
        }
        let mut ids: Vec<NodeId> = self.nodes.keys().copied().collect();
        ids.sort_unstable_by_key(|id| (id.index, id.level));
        ids.extend(Frontier::node_ids(size));
        let expected: Vec<Hash> = ids
            .iter()
            .filter_map(|id| self.nodes.get(id).copied())
            .collect();
        assert_eq!(
            store.nodes(&ids).as_ref(),
            Ok(&expected),
            "all nodes, in the order asked"
        );
        let at_hand = store.nodes_at_hand(&ids);
        assert!(at_hand.is_none_or(|it| it == expected), "or none of them");
        for (index, entry) in (0..).zip(&self.entries) {
            let found = store.index_of(&id_of(entry));
            assert_eq!(
                found,
                Ok(Some(LeafIndex::new(index))),
                "the index of entry {index}"
            );
        }
        assert_eq!(
            store.index_of(&record_id(u64::MAX)),
            Ok(None),
            "a record it does not have"
        );
    }
}

fn place(index: u64) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn id_of(entry: &[u8]) -> RecordId {
    RecordId::new(sha256(entry))
}

fn record_id(number: u64) -> RecordId {
    id_of(&number.to_be_bytes())
}
