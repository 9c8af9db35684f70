//! SIGKILL at any moment under load.

use std::thread;
use std::time::{Duration, Instant};

use crate::judge::{audit, judge};
use crate::load::{Load, Oracle, no_mark};
use crate::random::{Random, count};
use crate::world::{Daemon, World};

/// What the longest wait before a kill is, in milliseconds.
const WAIT_MS_MAX: u64 = 300;

/// How many records there are for each kill, at most.
const RECORDS_A_KILL: u64 = 150;

/// How many kills one ledger sees. Later ones would find all records logged; so the next ledger begins.
const KILLS_A_LEDGER: u64 = 60;

#[test]
fn nothing_acknowledged_is_lost_when_the_daemon_is_killed_under_load() {
    let mut random = Random::new("kill");
    let kills = count("WITNESSMARK_KILLS", 12);
    let mut done = 0;
    while done < kills {
        let some = (kills - done).min(KILLS_A_LEDGER);
        kill_one_ledger(some, &mut random);
        done += some;
        eprintln!("{done} of {kills} kills, 0 lost");
    }
}

fn kill_one_ledger(kills: u64, random: &mut Random) {
    let world = World::new(usize::try_from(kills * RECORDS_A_KILL).unwrap());
    let (mut oracle, mut slowest, mut cut) = (Oracle::default(), Duration::ZERO, 0);
    for kill in 0..kills {
        let begin = Instant::now();
        let daemon = Daemon::start(&world.ledger(), &[]).unwrap();
        slowest = slowest.max(begin.elapsed());
        judge(&world, &daemon, &oracle).unwrap_or_else(|wrong| panic!("kill {kill}: {wrong:#?}"));
        let known = oracle.places.len();
        // When all are there, the same are submitted again: nothing may move then.
        let next = if known < world.records.len() {
            known
        } else {
            0
        };
        let load = Load::start(&world, &daemon, (next..usize::MAX, oracle), &no_mark());
        // One in four is killed before anything of this cycle need be acknowledged.
        if kill % 4 != 3 {
            load.wait_for_more_than(known.min(world.records.len() - 1));
        }
        thread::sleep(Duration::from_millis(random.below(WAIT_MS_MAX)));
        daemon.kill();
        oracle = load.join();
        cut += u64::from(oracle.places.len() > known);
    }
    let daemon = Daemon::start(&world.ledger(), &[]).unwrap();
    let size = judge(&world, &daemon, &oracle).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    audit(&world, &daemon);
    assert!(
        kills < 4 || cut > 0,
        "nothing was acknowledged in any cycle"
    );
    eprintln!(
        "{kills} kills of one ledger, records acknowledged in {cut} of them: {} in all, {size} entries; {} checkpoints seen, each a \
         beginning of the last; slowest start {slowest:.1?}",
        oracle.places.len(),
        oracle.roots.len()
    );
}

/// The judge is no good if it does not see what is missing.
#[test]
fn the_judge_finds_a_ledger_that_was_set_back() {
    let world = World::new(40);
    let folder = tempfile::tempdir().unwrap();
    let older = folder.path().join("older");
    world.copy(&older);
    let daemon = Daemon::start(&world.ledger(), &[]).unwrap();
    let load = Load::start(&world, &daemon, (0..40, Oracle::default()), &no_mark());
    let oracle = load.join();
    assert_eq!(oracle.places.len(), 40);
    judge(&world, &daemon, &oracle).unwrap();
    daemon.stop();
    let daemon = Daemon::start(&older, &[]).unwrap();
    let wrong = judge(&world, &daemon, &oracle).unwrap_err();
    let lost = wrong.iter().filter(|it| it.contains("is lost")).count();
    assert_eq!(lost, 40, "{wrong:#?}");
    assert!(
        wrong.iter().any(|it| it.contains("no beginning")),
        "{wrong:#?}"
    );
}
