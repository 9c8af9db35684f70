//! Measures the store: bytes on disk and memory a record, speed, and how long a start takes after
//! the writer was killed.
//!
//! ```text
//! cargo run --release -p witnessmark-store-sled --example measure -- DIR COUNT BATCH BYTES
//! ```
//!
//! A child process commits COUNT records with payloads of BYTES bytes to a new store in DIR, in
//! batches of BATCH, and is then killed. The records have the form of real ones and their
//! signatures are not good: the store does not look, and neither does a start. A second child
//! opens the log, and asks it for proofs and for records.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use witnessmark_keychain::Submission;
use witnessmark_log::testing::{Fixture, commit_of, first_checkpoint};
use witnessmark_log::{Checked, CheckpointSigner, Commit, Log, Reader, StartPoint, Store};
use witnessmark_merkle::{Frontier, InclusionPlan, NodeId};
use witnessmark_store_sled::{SledStore, StoreOptions};
use witnessmark_tlog::Encode as _;
use witnessmark_verifier::{Entry, EntryKind, LeafIndex, RecordId, sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Look-ups and proofs that are timed.
const ASKED: u64 = 2_000;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["fill", dir, count, batch, bytes] => fill(
            Path::new(dir),
            count.parse()?,
            batch.parse()?,
            bytes.parse()?,
        ),
        ["sled", dir] => open_sled(Path::new(dir)),
        ["ask", dir] => ask(Path::new(dir)),
        [dir, count, batch, bytes] => {
            say(&format!(
                "{count} records of {bytes} bytes, batches of {batch}"
            ))?;
            kill_when_ready(&["fill", dir, count, batch, bytes])?;
            kill_when_ready(&["sled", dir])?;
            kill_when_ready(&["ask", dir])
        }
        _ => Err("DIR COUNT BATCH BYTES".into()),
    }
}

/// Runs a child of this program, passes on what it says, and kills it when it says `ready`.
fn kill_when_ready(arguments: &[&str]) -> Outcome<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("the child has no output")?;
    let mut ready = false;
    for line in BufReader::new(output).lines() {
        let line = line?;
        if line == "ready" {
            ready = true;
            child.kill()?;
        } else {
            say(&line)?;
        }
    }
    child.wait()?;
    if ready {
        Ok(())
    } else {
        Err("the child failed".into())
    }
}

fn fill(dir: &Path, count: u64, batch: usize, bytes: usize) -> Outcome<()> {
    let fixture = Fixture::new("ledger.example/measure");
    let signer = fixture.signer();
    let (charter, signatures) = fixture.charter();
    let store = Arc::new(SledStore::create(dir, &StoreOptions::default())?);
    let mut log = Log::create(Arc::clone(&store), fixture.signer(), charter, signatures, 1)?;
    let mut organisation = fixture.organisation("relief");
    for event in [organisation.genesis(), organisation.add_key("phone")] {
        append(&mut log, event)?;
    }
    let chains = log.reader().published();
    let chain = chains.keychain.organisation(organisation.name());
    let chain = chain.ok_or("the organisation was admitted")?;
    let mut template = Entry {
        kind: EntryKind::Record,
        registered_at: 3,
        org: Some(organisation.name().clone()),
        org_key_seq: chain.seq(),
        org_key_head: chain.head(),
        payload_type: organisation.record("phone", b"").payload_type,
        payload: vec![0; bytes],
        signatures: organisation.record("phone", b"").signatures,
    };
    let mut frontier = log.reader().frontier(3)?;
    drop(log);
    let epoch = store.latest()?.ok_or("a log was made")?.epoch;
    let (before, core) = (memory()?, core_ns()?);
    let (start, mut slowest, mut stored, mut window) = (Instant::now(), 0.0_f64, 0, Instant::now());
    while frontier.size() < count {
        let room = usize::try_from(count - frontier.size())?.min(batch);
        let commit = grow(&mut frontier, &signer, &mut template, (epoch, room))?;
        stored += commit
            .entries
            .iter()
            .map(|entry| entry.len())
            .sum::<usize>();
        let one = Instant::now();
        store.commit(&commit)?;
        slowest = slowest.max(one.elapsed().as_secs_f64());
        if frontier.size() % (count / 5).max(1) < u64::try_from(room)? {
            let part = window.elapsed().as_secs_f64() * 5.0 / f64::from(u32::try_from(count)?);
            say(&format!(
                "  at {}: {:.1} us a record",
                frontier.size(),
                part * 1e6
            ))?;
            window = Instant::now();
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let core = f64::from(u32::try_from((core_ns()? - core) / 1_000)?);
    let records = f64::from(u32::try_from(count)?);
    let on_disk = f64::from(u32::try_from(disk_bytes(dir)? >> 10)?) * 1024.0 / records;
    let entry = f64::from(u32::try_from(stored / 1024)?) * 1024.0 / records;
    say(&format!(
        "  {:.0} records/s, {:.1} us on a core a record, slowest commit {:.1} ms; {on_disk:.0} bytes on disk a record, entry {entry:.0}: \
         {:.2} x (entry + 72)",
        records / seconds,
        core / records,
        slowest * 1e3,
        on_disk / (entry + 72.0)
    ))?;
    say(&format!("  memory before {before}, after {}", memory()?))?;
    say("ready")?;
    std::thread::park();
    Ok(())
}

/// The commit of the next records.
fn grow(
    frontier: &mut Frontier,
    signer: &CheckpointSigner,
    template: &mut Entry,
    (epoch, count): (u64, usize),
) -> Outcome<Commit> {
    let (mut entries, mut record_ids) = (Vec::new(), Vec::new());
    for index in (frontier.size()..).take(count) {
        fill_payload(&mut template.payload, index);
        let bytes: Arc<[u8]> = template.encode()?.into();
        record_ids.push(template.record_id());
        entries.push(bytes);
    }
    let sign = |head| first_checkpoint(signer, head);
    Ok(commit_of(frontier, epoch, (entries, record_ids), sign)?)
}

/// Bytes that nothing compresses.
fn fill_payload(payload: &mut [u8], index: u64) {
    let mut state = index.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for part in payload.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        for (to, from) in part.iter_mut().zip(state.to_be_bytes()) {
            *to = from;
        }
    }
}

/// How long sled itself takes, with nothing of ours above it.
fn open_sled(dir: &Path) -> Outcome<()> {
    let start = Instant::now();
    let db = sled::Config::default()
        .path(dir.join("store"))
        .mode(sled::Mode::HighThroughput)
        .segment_size(2 << 20)
        .cache_capacity(64 << 20)
        .open()?;
    let seconds = start.elapsed().as_secs_f64();
    say(&format!(
        "  sled opens in {seconds:.2} s after the kill: {} keys, {}",
        db.len(),
        memory()?
    ))?;
    say("ready")?;
    std::thread::park();
    Ok(())
}

fn ask(dir: &Path) -> Outcome<()> {
    let signer = Fixture::new("ledger.example/measure").signer();
    let (start, before) = (Instant::now(), memory()?);
    let store = Arc::new(SledStore::open(dir, &StoreOptions::default())?);
    let opened = start.elapsed().as_secs_f64();
    if let Some(reason) = store.read_only_reason() {
        return Err(reason.into());
    }
    let size = store.latest()?.ok_or("there is a log")?.size();
    say(&format!(
        "  the store opens in {opened:.2} s, {before} to {}",
        memory()?
    ))?;
    ask_for_records(&store, size)?;
    ask_for_proofs(&store, size)?;
    let point = open_log(Arc::clone(&store), &signer, None)?;
    open_log(store, &signer, Some(&point))?;
    say("ready")?;
    std::thread::park();
    Ok(())
}

/// A place in the log that looks random.
fn some(number: u64, size: u64) -> u64 {
    let hash = sha256(&number.to_be_bytes());
    let bytes = hash.as_bytes().iter();
    bytes.fold(0_u64, |all, byte| (all << 8) ^ u64::from(*byte)) % size
}

fn ask_for_records(store: &SledStore, size: u64) -> Outcome<()> {
    let start = Clock::start()?;
    for number in 0..ASKED {
        let absent = RecordId::new(sha256(format!("absent {number}").as_bytes()));
        if store.index_of(&absent)?.is_some() {
            return Err("a record was found that is not there".into());
        }
    }
    start.say("to find that a record is not there")?;
    let mut ids = Vec::new();
    let start = Clock::start()?;
    for number in 0..ASKED {
        let index = some(number, size);
        let entry = store.entries(index..index + 1)?;
        let entry = Entry::parse(entry.first().ok_or("an entry")?)?;
        ids.push((index, entry.record_id()));
    }
    start.say("to read and parse an entry")?;
    let start = Clock::start()?;
    for (index, id) in &ids {
        if store.index_of(id)? != Some(LeafIndex::new(*index)) {
            return Err(format!("record {index} is not found").into());
        }
    }
    start.say("to find a record")
}

fn ask_for_proofs(store: &SledStore, size: u64) -> Outcome<()> {
    let (mut tiles, mut most) = (0, 0);
    for what in ["a proof, cold", "a proof, asked for again"] {
        let start = Clock::start()?;
        for number in 0..ASKED {
            let plan = InclusionPlan::new(some(number, size), size)?;
            plan.assemble(&store.nodes(plan.nodes())?)?;
        }
        start.say(what)?;
    }
    for number in 0..ASKED {
        let plan = InclusionPlan::new(some(number, size), size)?;
        let place = |id: &NodeId| (id.level / 8, id.index >> (8 - id.level % 8));
        let read = plan.nodes().iter().map(place).collect::<BTreeSet<_>>();
        (tiles, most) = (tiles + read.len(), most.max(read.len()));
    }
    let each = f64::from(u32::try_from(tiles)?) / f64::from(u32::try_from(ASKED)?);
    say(&format!("  {each:.1} tiles a proof, {most} at most"))
}

fn open_log(
    store: Arc<SledStore>,
    signer: &CheckpointSigner,
    from: Option<&StartPoint>,
) -> Outcome<StartPoint> {
    let start = Instant::now();
    let reader = Reader::open_from(store, signer.vkey(), from, &mut |_, _| {})?;
    let how = from.map_or("from the first entry", |_| "from a start point");
    say(&format!(
        "  the log opens {how} in {:.2} s more, {}",
        start.elapsed().as_secs_f64(),
        memory()?
    ))?;
    Ok(reader.published().start_point())
}

/// Time on the clock and on a core, for [`ASKED`] questions.
struct Clock(Instant, u64);

impl Clock {
    fn start() -> Outcome<Self> {
        Ok(Self(Instant::now(), core_ns()?))
    }

    fn say(&self, what: &str) -> Outcome<()> {
        let asked = f64::from(u32::try_from(ASKED)?);
        let wall = self.0.elapsed().as_secs_f64() * 1e6 / asked;
        let core = f64::from(u32::try_from((core_ns()? - self.1) / 1_000)?) / asked;
        say(&format!(
            "  {wall:.1} us {what}, {core:.1} of them on a core"
        ))
    }
}

/// Nanoseconds that this thread was on a core.
fn core_ns() -> Outcome<u64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text.split_whitespace().next();
    Ok(first.ok_or("the kernel does not tell")?.parse()?)
}

fn append(log: &mut Log<SledStore>, submission: Submission) -> Outcome<()> {
    let checked = Checked::of(&log.reader().published().keychain, submission)?;
    for answer in log.append(vec![checked], 2)? {
        answer?;
    }
    Ok(())
}

/// Resident memory now and at most.
fn memory() -> Outcome<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or_default() >> 10
    };
    Ok(format!("{} MiB (at most {})", of("VmRSS:"), of("VmHWM:")))
}

/// Bytes of the file system that the files in a folder take.
fn disk_bytes(dir: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for item in fs::read_dir(dir)? {
        let item = item?;
        let about = item.metadata()?;
        bytes += if about.is_dir() {
            disk_bytes(&item.path())?
        } else {
            std::os::unix::fs::MetadataExt::blocks(&about) * 512
        };
    }
    Ok(bytes)
}

fn say(line: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
