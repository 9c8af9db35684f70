//! The view on disk says what plain maps say, whatever became of its files: it was behind, ahead, torn, or of another log.

mod plain;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use witnessmark_keychain::Submission;
use witnessmark_log::testing::{Fixture, MemoryStore, Organisation};
use witnessmark_log::{Checked, Log};
use witnessmark_postings::Posting;
use witnessmark_record::v1::LinkRel as Rel;
use witnessmark_record::{RecordKind, encode, speaks_of, v1};
use witnessmark_verifier::{Hash, PAYLOAD_TYPE_RECORD};

use super::*;
use plain::Plain;

const SMALL: Sizes = Sizes {
    entries: 7,
    postings: 60,
    waiting: 2,
};
const DEVICES: [&str; 3] = ["a", "b", "c"];
const RELATIONS: [Rel; 6] = [
    Rel::PartOf,
    Rel::HasPart,
    Rel::About,
    Rel::Corrects,
    Rel::Withdraws,
    Rel::SameItemAs,
];

/// Numbers that look random, from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let count = u64::try_from(all.len()).unwrap();
        all[usize::try_from(self.below(count)).unwrap()]
    }
}

/// A log with an organisation, and what it would submit next.
struct World {
    log: Log<MemoryStore>,
    org: Organisation,
    dice: Dice,
    records: Vec<RecordId>,
    /// The last number and record of each device.
    last: [(u64, Vec<u8>); 3],
}

impl World {
    fn new(seed: u64) -> Self {
        let fixture = Fixture::new("ledger.example/links");
        let (charter, signatures) = fixture.charter();
        let store = Arc::new(MemoryStore::new());
        let log = Log::create(store, fixture.signer(), charter, signatures, 1).unwrap();
        let mut world = Self {
            log,
            org: fixture.organisation("relief"),
            dice: Dice(seed),
            records: Vec::new(),
            last: Default::default(),
        };
        let events = [world.org.genesis(), world.org.add_key("a")];
        for event in events {
            world.append(event);
        }
        world
    }

    fn append(&mut self, submission: Submission) {
        let keychain = &self.log.reader().published().keychain;
        let checked = Checked::of(keychain, submission).unwrap();
        let size = self.log.reader().published().size();
        let answers = self.log.append(vec![checked], 10_000 + size).unwrap();
        for answer in answers {
            answer.unwrap();
        }
    }

    /// Logs entries until there are `size`.
    fn grow(&mut self, size: u64) {
        while self.log.reader().published().size() < size {
            match self.log.reader().published().size() {
                20 => {
                    let event = self.org.add_key("b");
                    self.append(event);
                }
                40 => {
                    let event = self.org.add_key("c");
                    self.append(event);
                }
                at => self.log_record(usize::try_from((at / 20).min(2)).unwrap() + 1),
            }
        }
    }

    fn log_record(&mut self, devices: usize) {
        let device = usize::try_from(self.dice.below(u64::try_from(devices).unwrap())).unwrap();
        let (last, previous) = self.last[device].clone();
        let device_seq = match self.dice.below(8) {
            0 => last.saturating_sub(self.dice.below(4)).max(1),
            1 => last + 1 + self.dice.below(40),
            2 if last < 1 << 40 => (last + 1) << self.dice.below(12),
            3 => 1 + self.dice.below(300),
            _ => last + 1,
        };
        self.log_numbered(device, device_seq, &previous);
    }

    /// Logs a record with this number; most follow `previous`.
    fn log_numbered(&mut self, device: usize, device_seq: u64, previous: &[u8]) {
        let own = self.dice.below(u64::MAX);
        let previous = match self.dice.below(8) {
            0 => Vec::new(),
            1 => self.any_record().as_bytes().to_vec(),
            _ => previous.to_vec(),
        };
        let links = (0..self.dice.below(4)).map(|_| v1::Link {
            rel: self.dice.of(&RELATIONS).into(),
            target: self.any_record().as_bytes().to_vec(),
            ..v1::Link::default()
        });
        let links = links.collect();
        let subject = u8::try_from(self.dice.below(6)).unwrap();
        let body = v1::record::Body::Statement(v1::Statement::default());
        let message = v1::Record {
            org: "relief".to_owned(),
            schema: RecordKind::of(&body).schema().to_owned(),
            thread_id: vec![subject; 16],
            device_seq,
            previous,
            links,
            note: own.to_string(),
            body: Some(body),
            ..v1::Record::default()
        };
        let payload = encode(&message);
        let id = RecordId::of(PAYLOAD_TYPE_RECORD, &payload);
        let record = self.org.record(DEVICES[device], &payload);
        self.append(record);
        self.records.push(id);
        self.last[device] = (device_seq, id.as_bytes().to_vec());
    }

    /// A record of the log, often one of the first, or one that is not there.
    fn any_record(&mut self) -> RecordId {
        let few = [RecordId::new(Hash::new([9; 32]))];
        let some = self.records.get(..3).unwrap_or(&few).to_vec();
        match self.dice.below(3) {
            0 => self.dice.of(&some),
            _ if self.records.is_empty() => few[0],
            _ => self.dice.of(&self.records.clone()),
        }
    }

    fn open(&self, dir: &Path) -> Links<MemoryStore> {
        let (links, _) = Links::open_with(dir, self.log.reader(), true, SMALL).unwrap();
        links
    }

    /// The view says what plain maps say, of all sizes.
    fn check(&self, links: &Links<MemoryStore>) {
        let reader = self.log.reader();
        let plain = Plain::of(&reader);
        let size = reader.published().size();
        for size in [size, size / 2] {
            for id in &self.records {
                let linking = links.linking_to(id, size, usize::MAX).unwrap();
                assert_eq!(linking, plain.linking(id, size, |_| true));
                let speaking = links.speaking_of(id, size, usize::MAX).unwrap();
                assert_eq!(speaking, plain.linking(id, size, speaks_of));
                let changes = |word: &str| matches!(word, "corrects" | "withdraws");
                let changing = links.changing(id, size).unwrap();
                assert_eq!(changing, plain.linking(id, size, changes));
                let wholes = links.wholes_of(id, size, usize::MAX).unwrap();
                assert_eq!(wholes, plain.wholes_of(id, size));
            }
            for subject in 0..7 {
                let id = [subject; 16];
                let thread = links.of_thread(&id, size, usize::MAX).unwrap();
                assert_eq!(thread, plain.of_thread(&id, size));
            }
            let events = links.key_events_of(self.org.name(), size).unwrap();
            assert_eq!(events, plain.key_events_of(self.org.name(), size));
        }
        for index in 0..size {
            let found = links.of_device(index).unwrap();
            assert_eq!(found, plain.of_device(index), "entry {index}");
            let now = links.of_device_now(index);
            assert!(now.is_none_or(|now| now == found), "entry {index}");
        }
    }
}

fn work(links: &Links<MemoryStore>) {
    while let Some(work) = links.next_work() {
        assert!(links.finish_work(work.run(&|| true)));
    }
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(dir.join(FOLDER)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn it_says_what_plain_maps_say_while_the_log_grows_and_after_each_start() {
    for seed in [1, 22] {
        let dir = tempfile::tempdir().unwrap();
        let mut world = World::new(seed);
        let mut links = world.open(dir.path());
        for size in [4, 30, 90, 140] {
            world.grow(size);
            world.check(&links);
            work(&links);
            world.check(&links);
            // Killed: what was in memory is gone.
            drop(links);
            links = world.open(dir.path());
            assert!(links.view().size() <= size);
            world.check(&links);
        }
        assert!(files(dir.path()).len() > 2, "seed {seed}");
        let found = (0..140).filter(|index| !links.of_device(*index).unwrap().is_empty());
        assert!(found.count() > 20, "seed {seed}");
    }
}

#[test]
fn the_greatest_number_is_known_too_when_the_records_of_a_device_overtake_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(8);
    let links = world.open(dir.path());
    for seq in [
        3,
        u64::MAX,
        9,
        5,
        7,
        6,
        u64::MAX,
        u64::MAX - 1,
        4,
        8,
        u64::MAX,
    ] {
        world.log_numbered(0, seq, &[]);
        world.check(&links);
    }
}

#[test]
fn it_says_the_same_when_it_is_told_what_was_just_logged() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(31);
    let links = world.open(dir.path());
    for size in [30, 90, 140] {
        let before = world.log.reader().published().size();
        world.grow(size);
        let reader = world.log.reader();
        // Of most of them: the rest is read.
        for index in (before..size).filter(|index| index % 5 > 0) {
            if let Some(node) = Node::of(index, &read(&reader, index).unwrap()) {
                let mut said = Said::of_node(&node);
                // So that it shows where it came from.
                if index == 86 {
                    said.facts.clear();
                }
                links.add_fresh([(index, Box::new(said))]);
            }
        }
        if size == 90 {
            let node = Node::of(86, &read(&reader, 86).unwrap()).unwrap();
            let thread = links.of_thread(node.thread_id(), size, usize::MAX).unwrap();
            assert!(!thread.contains(&86));
            links.view_mut().cut(&Damaged {
                path: dir.path().to_owned(),
                first: 0,
                what: "on purpose".to_owned(),
            });
        }
        world.check(&links);
    }
}

#[test]
fn it_is_made_again_where_it_is_torn_or_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(7);
    world.grow(80);
    let links = world.open(dir.path());
    world.check(&links);
    work(&links);
    drop(links);
    let all = files(dir.path());
    for (number, path) in all.iter().enumerate() {
        let sound = fs::read(path).unwrap();
        // Found by the start, or by the first look-up that reads it.
        for (cut, flip) in [
            (0, 0),
            (sound.len() / 2, 0),
            (sound.len(), number),
            (sound.len(), 300),
        ] {
            let mut bytes = sound[..cut].to_vec();
            if let Some(byte) = bytes.get_mut(flip) {
                *byte ^= 4;
            }
            fs::write(path, bytes).unwrap();
            let links = world.open(dir.path());
            world.check(&links);
            work(&links);
            world.check(&links);
        }
        let sound = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        let links = world.open(dir.path());
        world.check(&links);
        work(&links);
        drop(links);
        assert_eq!(fs::read(path).unwrap(), sound);
    }
    fs::remove_dir_all(dir.path().join(FOLDER)).unwrap();
    world.check(&world.open(dir.path()));
}

#[test]
fn it_is_torn_while_it_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(5);
    world.grow(100);
    let links = world.open(dir.path());
    world.check(&links);
    work(&links);
    for path in files(dir.path()) {
        let mut bytes = fs::read(&path).unwrap();
        bytes[20] ^= 1;
        fs::write(&path, &bytes).unwrap();
        world.check(&links);
        work(&links);
        // It was noticed, and made again.
        assert_ne!(fs::read(&path).unwrap(), bytes);
    }
    world.grow(130);
    world.check(&links);
}

#[test]
fn one_that_is_ahead_of_the_log_or_of_another_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let mut long = World::new(3);
    long.grow(120);
    let links = long.open(dir.path());
    long.check(&links);
    work(&links);
    drop(links);
    // The same log, set back.
    let mut short = World::new(3);
    short.grow(70);
    let links = short.open(dir.path());
    assert!((49..=70).contains(&links.view().size()));
    short.check(&links);
    work(&links);
    drop(links);
    // It went on, and here is one that went another way from there.
    short.grow(120);
    let links = short.open(dir.path());
    short.check(&links);
    work(&links);
    drop(links);
    let mut other = World::new(3);
    other.grow(70);
    other.dice = Dice(99);
    other.grow(125);
    let links = other.open(dir.path());
    assert!((49..=70).contains(&links.view().size()));
    other.check(&links);
    work(&links);
    drop(links);
    // One with another beginning.
    let mut other = World::new(4);
    other.grow(130);
    let links = other.open(dir.path());
    assert!(links.view().size() < 7);
    other.check(&links);
}

#[test]
fn a_posting_is_not_believed_before_its_record_was_looked_into() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(11);
    world.grow(60);
    let reader = world.log.reader();
    let root = reader.frontier(60).unwrap().root();
    let (mut postings, _) = Postings::open(&dir.path().join(FOLDER), SMALL, true, |_, _| true);
    // Every record has everything.
    let id = world.records[0];
    for index in 0..60 {
        for fact in [
            Fact::Thread(&[2; 16]),
            Fact::LinksTo(&id),
            Fact::Finding(index),
        ] {
            let Posting { key, value } = fact.at(index, SPEAKS | CHANGES | HAS_PART);
            postings.insert(Posting { key, value });
        }
    }
    postings.advance(60);
    postings.freeze(root);
    let done = postings.work().unwrap().run(&|| true).unwrap().unwrap();
    postings.finish(done).unwrap();
    drop(postings);
    let links = world.open(dir.path());
    assert_eq!(links.view().size(), 60);
    let plain = Plain::of(&reader);
    let (all, most) = (60, usize::MAX);
    assert_eq!(
        links.of_thread(&[2; 16], all, most).unwrap(),
        plain.of_thread(&[2; 16], all)
    );
    assert_eq!(
        links.linking_to(&id, all, most).unwrap(),
        plain.linking(&id, all, |_| true)
    );
    assert_eq!(
        links.wholes_of(&id, all, most).unwrap(),
        plain.wholes_of(&id, all)
    );
    // No more are looked into than are asked for.
    let first = plain.of_thread(&[2; 16], all)[..2].to_vec();
    assert_eq!(links.of_thread(&[2; 16], all, 1).unwrap(), first);
}
