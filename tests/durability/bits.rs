//! Stored files with a bit flipped, cut short, gone, or as they were some time ago: never a wrong answer that is served as good.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fmt, thread};

use witnessmark_client::{Client, ClientError, EntrySelector, Reason};
use witnessmark_verifier::RecordId;

use crate::judge::compare;
use crate::load::{Load, Oracle, no_mark};
use crate::random::{Random, count};
use crate::world::{Daemon, World, fsck};

/// Records that are left to be submitted after the damage.
const LEFT: usize = 1;

/// Records that are looked up and submitted again after each damage.
const ASKED: u64 = 12;

/// How long the scrub may take to come to a damaged entry.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Damage {
    Flip(u64),
    Cut(u64),
    Delete,
    /// As it was when the ledger had half of its records.
    Older,
}

/// What came of it. Everything else is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// The ledger does not start, and says why.
    Refused,
    /// It serves and takes no records.
    ReadOnly,
    /// It takes records, and `fsck` or the reading finds the damage.
    Found,
    /// The same log, and nothing is missing.
    Harmless,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flip(_) => "bit flipped",
            Self::Cut(_) => "cut short",
            Self::Delete => "gone",
            Self::Older => "older copy",
        })
    }
}

impl Damage {
    fn plant(self, file: &Path, older: &Path) {
        match self {
            Self::Flip(bit) => flip(file, bit),
            Self::Cut(length) => {
                let file = File::options().write(true).open(file).unwrap();
                file.set_len(length).unwrap();
            }
            Self::Delete => fs::remove_file(file).unwrap(),
            Self::Older => drop(fs::copy(older, file).unwrap()),
        }
    }
}

/// Flips a bit where it is, so that a process that has the file open sees it, too.
fn flip(file: &Path, bit: u64) {
    let file = File::options().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).unwrap();
    file.write_all_at(&[byte[0] ^ (1 << (bit % 8))], bit / 8)
        .unwrap();
}

/// The files in a folder, by their paths inside it.
fn files(folder: &Path, inside: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    for item in fs::read_dir(folder.join(inside)).unwrap() {
        let item = item.unwrap();
        let path = inside.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            found.extend(files(folder, &path));
        } else {
            found.insert(path, item.metadata().unwrap().len());
        }
    }
    found
}

/// A ledger with all its records but [`LEFT`], a copy of it with half of them, and what it acknowledged.
struct Base {
    world: World,
    older: PathBuf,
    scratch: tempfile::TempDir,
    oracle: Oracle,
}

impl Base {
    fn new(records: usize) -> Self {
        let world = World::new(records + LEFT);
        let scratch = tempfile::tempdir().unwrap();
        let older = scratch.path().join("older");
        let mut oracle = Oracle::default();
        for part in [0..records / 2, records / 2..records] {
            if part.start > 0 {
                world.copy(&older);
            }
            let daemon = Daemon::start(&world.ledger(), &[]).unwrap();
            oracle = Load::start(&world, &daemon, (part, oracle), &no_mark()).join();
            assert!(daemon.stop().success());
        }
        assert_eq!(oracle.places.len(), records);
        Self {
            world,
            older,
            scratch,
            oracle,
        }
    }

    /// Every way to do more to a file than flip a bit.
    fn coarse(&self) -> Vec<(PathBuf, Damage)> {
        let older = files(&self.older, Path::new(""));
        let mut all = Vec::new();
        for (file, length) in files(&self.world.ledger(), Path::new("")) {
            let cuts = [0, 1, length / 3, length / 2, length.saturating_sub(1)];
            let mut cuts: Vec<u64> = cuts.into_iter().filter(|it| *it < length).collect();
            cuts.dedup();
            all.extend(cuts.into_iter().map(|it| (file.clone(), Damage::Cut(it))));
            all.push((file.clone(), Damage::Delete));
            if older.contains_key(&file) {
                all.push((file, Damage::Older));
            }
        }
        all
    }

    /// A bit of any file that has one; half of them near its beginning, where what counts most is.
    fn any_bit(&self, random: &mut Random) -> (PathBuf, Damage) {
        let files: Vec<_> = files(&self.world.ledger(), Path::new(""))
            .into_iter()
            .filter(|(_, length)| *length > 0)
            .collect();
        let which = random.below(u64::try_from(files.len()).unwrap());
        let (file, length) = files[usize::try_from(which).unwrap()].clone();
        let bits = length * 8;
        let end = if random.coin() {
            bits
        } else {
            bits.min(8 * 256)
        };
        (file, Damage::Flip(random.below(end)))
    }

    /// What comes of a damage, or what is wrong then.
    fn try_out(
        &self,
        file: &Path,
        damage: Damage,
        random: &mut Random,
    ) -> Result<Class, Vec<String>> {
        let ledger = self.scratch.path().join("ledger");
        if ledger.exists() {
            fs::remove_dir_all(&ledger).unwrap();
        }
        self.world.copy(&ledger);
        damage.plant(&ledger.join(file), &self.older.join(file));
        let daemon = match Daemon::start(&ledger, &[]) {
            Ok(daemon) => daemon,
            // What the engine logs may come first.
            Err(said) if said.starts_with("exit status: 2: ") && said.contains("error: ") => {
                return Ok(Class::Refused);
            }
            Err(said) => return Err(vec![said]),
        };
        let shown = compare(&self.world, &daemon, &self.oracle);
        let asked = self.ask(&daemon, random);
        let new = self.world.records.len() - 1;
        let taken = self.submit(&daemon, new).map(drop);
        let _: std::process::ExitStatus = daemon.stop();
        let checked = fsck(&ledger);
        match taken {
            Ok(()) => {
                let mut wrong = asked.as_ref().err().cloned().unwrap_or_default();
                match (&shown, checked) {
                    (Ok((_, differs)), _) if !differs.is_empty() => wrong.extend(differs.clone()),
                    (Ok(_), 0) => {}
                    (Err(why), 0) => {
                        wrong.push(format!("fsck finds nothing, and reading says: {why}"));
                    }
                    _ if wrong.is_empty() => return Ok(Class::Found),
                    _ => {}
                }
                if wrong.is_empty() {
                    Ok(Class::Harmless)
                } else {
                    Err(wrong)
                }
            }
            Err(reason) if is_closed(reason) => {
                // It may lack something, and then says so. It may not have anything else.
                let (_, differs) = shown.unwrap_or_default();
                let lacks = |it: &String| it.contains("is lost") || it.contains("no beginning");
                let wrong: Vec<String> = differs.into_iter().filter(|it| !lacks(it)).collect();
                if wrong.is_empty() {
                    Ok(Class::ReadOnly)
                } else {
                    Err(wrong)
                }
            }
            Err(reason) => Err(vec![format!("a new record is refused: {}", reason.name())]),
        }
    }

    /// Some acknowledged records by their ids, and submitted again: each is at its place, or there is an error that says so.
    fn ask(&self, daemon: &Daemon, random: &mut Random) -> Result<(), Vec<String>> {
        let mut wrong = Vec::new();
        for _ in 0..ASKED {
            let known = u64::try_from(self.oracle.places.len()).unwrap();
            let which = usize::try_from(random.below(known)).unwrap();
            let (id, index) = self.oracle.places.iter().nth(which).unwrap();
            match self.look_up(daemon, *id) {
                Ok(there) if there == *index => {}
                Ok(there) => wrong.push(format!("{id} was at {index} and is found at {there}")),
                Err(Some(Reason::RecordNotFound)) => wrong.push(format!("{id} is not found")),
                Err(_) => {}
            }
            if let Ok((id, there)) = self.submit(daemon, which)
                && self.oracle.places.get(&id) != Some(&there)
            {
                wrong.push(format!("{id}, submitted again, is at {there}"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn look_up(&self, daemon: &Daemon, id: RecordId) -> Result<u64, Option<Reason>> {
        block_on(async {
            let client = Client::connect(&daemon.url, self.world.policy.clone()).await?;
            let entry = client.entry(EntrySelector::RecordId(id)).await?;
            Ok(entry.index.get())
        })
        .map_err(|error: ClientError| reason_of(&error))
    }

    fn submit(&self, daemon: &Daemon, number: usize) -> Result<(RecordId, u64), Reason> {
        let record = self.world.records[number].clone();
        block_on(async {
            let client = Client::connect(&daemon.url, self.world.policy.clone()).await?;
            let entry = client.submit_record(record).await?;
            Ok((entry.record_id(), entry.index.get()))
        })
        .map_err(|error: ClientError| {
            reason_of(&error).unwrap_or_else(|| panic!("no answer: {error}"))
        })
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

fn reason_of(error: &ClientError) -> Option<Reason> {
    if let ClientError::Refused(refusal) = error {
        Some(refusal.reason)
    } else {
        None
    }
}

/// The ledger takes no records, or cannot because what it must look at is damaged.
fn is_closed(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::LedgerReadOnly | Reason::StoreCorrupt | Reason::StoreUnreadable
    )
}

#[test]
fn no_damage_to_any_stored_file_makes_a_wrong_answer_look_good() {
    let mut random = Random::new("bits");
    let cases = count("WITNESSMARK_BITS", 24);
    let records = usize::try_from(count("WITNESSMARK_BITS_RECORDS", 300)).unwrap();
    let base = Base::new(records);
    // The short run draws a third of its cases from the coarse ones, a long run does them all.
    let mut coarse = base.coarse();
    let share = usize::try_from(cases / 3).unwrap();
    while coarse.len() > share {
        let which = random.below(u64::try_from(coarse.len()).unwrap());
        coarse.swap_remove(usize::try_from(which).unwrap());
    }
    let flips = cases - u64::try_from(coarse.len()).unwrap();
    let mut all = coarse;
    all.extend((0..flips).map(|_| base.any_bit(&mut random)));

    let mut table: BTreeMap<(String, String, Class), u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (file, damage) in all {
        match base.try_out(&file, damage, &mut random) {
            Ok(class) => {
                let row = (file.display().to_string(), damage.to_string(), class);
                *table.entry(row).or_default() += 1;
            }
            Err(why) => {
                let why = why.first().cloned().unwrap_or_default();
                let what = format!("{}, {damage:?}: {why}", file.display());
                eprintln!("WRONG {what}");
                wrong.push(what);
            }
        }
    }
    let mut sums: BTreeMap<Class, u64> = BTreeMap::new();
    for ((file, damage, class), times) in &table {
        eprintln!("{file:24} {damage:12} {class:?} {times}");
        *sums.entry(*class).or_default() += times;
    }
    eprintln!(
        "{cases} cases, {records} records: {sums:?}, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What `/status` says.
fn status(daemon: &Daemon) -> serde_json::Value {
    let address = daemon.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /status HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[test]
fn an_entry_that_is_damaged_while_the_ledger_runs_stops_submissions_and_nothing_else() {
    let base = Base::new(300);
    let ledger = base.world.ledger();
    let daemon = Daemon::start(&ledger, &[]).unwrap();
    let wait = |what: &str, is_so: &dyn Fn(&serde_json::Value) -> bool| {
        let begin = Instant::now();
        loop {
            let said = status(&daemon);
            if is_so(&said) {
                return said;
            }
            assert!(begin.elapsed() < PATIENCE, "{what}: {said}");
            thread::sleep(Duration::from_millis(50));
        }
    };
    let sound = wait("a pass", &|said| said["scrub"]["passes"] != 0);
    assert_eq!(sound["submissions"], "taken", "{sound}");
    assert_eq!(sound["scrub"]["last_pass_entries"], 303, "{sound}");
    // In the middle of the first chunk, which has 256 entries.
    let chunks = ledger.join("log/chunks");
    let length = fs::metadata(&chunks).unwrap().len();
    flip(&chunks, length / 2 * 8);
    // The pass after the start may come there first; it knows only that the root is another.
    let damaged = wait("the damage", &|said| {
        let found = said["scrub"]["damage"].as_array().unwrap();
        let mut found = found.iter().filter_map(serde_json::Value::as_str);
        found.any(|it| it.starts_with("entry ") && it.ends_with("does not have its leaf hash"))
    });
    assert_eq!(damaged["submissions"], "refused", "{damaged}");
    let reason = damaged["reason"].as_str().unwrap();
    assert!(reason.starts_with("what is stored is damaged"), "{reason}");
    let refused = base.submit(&daemon, 300).unwrap_err();
    assert_eq!(refused, Reason::LedgerReadOnly);
    // What is not damaged is served and verifies; what is, does not verify.
    let (id, index) = base.oracle.places.iter().max_by_key(|it| it.1).unwrap();
    assert_eq!(base.look_up(&daemon, *id).unwrap(), *index);
    compare(&base.world, &daemon, &base.oracle).unwrap_err();
    // The scrub goes on.
    let passes = damaged["scrub"]["passes"].as_u64().unwrap();
    wait("another pass", &|said| {
        said["scrub"]["passes"].as_u64().unwrap() > passes + 1
    });
    assert!(daemon.stop().success());
    // A start looks at the end only, and knows it all the same.
    let daemon = Daemon::start(&ledger, &[]).unwrap();
    let refused = base.submit(&daemon, 300).unwrap_err();
    assert_eq!(refused, Reason::LedgerReadOnly);
    let said = status(&daemon);
    let reason = said["reason"].as_str().unwrap();
    assert!(reason.contains("does not have its leaf hash"), "{reason}");
    assert!(daemon.stop().success());
    assert_eq!(fsck(&ledger), 1);
    // It was the memory, or the disk has it right now: once fsck has seen that, the ledger goes on.
    flip(&chunks, length / 2 * 8);
    assert_eq!(fsck(&ledger), 0);
    let daemon = Daemon::start(&ledger, &[]).unwrap();
    base.submit(&daemon, 300).unwrap();
    assert!(daemon.stop().success());
}
