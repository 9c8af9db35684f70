//! The tasks that collect cosignatures: one that says what is asked for, and one for each witness.
//!
//! Each witness has its own pace: one that fails is asked again later and later, and holds up nobody else.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use witnessmark_tlog::AddCheckpoint;
use witnessmark_verifier::{ConsistencyProof, TreeSize};
use witnessmark_witness::ask::{
    ANSWER_WITHIN, Answer, AskError, Asker, Cosigned, NEVER_ASKED, WitnessAddress,
};

use super::guard::{self, Contradiction};
use super::{Asked, Target};
use crate::clock;
use crate::server::core::Core;

/// How long a round lasts at most before a newer checkpoint is asked for: every witness has answered then, or its call has ended.
pub(super) const ROUND_WITHIN: Duration = ANSWER_WITHIN.saturating_add(Duration::from_secs(1));

/// How long after one round the next one begins at the earliest. What is witnessed is synced here and at each witness, on disks that
/// others need too; who waits for witnesses hardly notices.
const ROUND_AFTER: Duration = Duration::from_millis(50);

/// Requests to one witness for one checkpoint: the one that tells the size, the one that is right, and one in case it has moved.
const TRIES: usize = 3;

/// The first pause after a witness has failed; each that follows is twice as long, up to the last.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Begins to collect; nothing when nobody is asked. The tasks end when the server is told to stop.
///
/// # Errors
///
/// Nobody can be asked over HTTPS: the system's roots of trust cannot be read.
pub(crate) fn begin(core: &Arc<Core>) -> Result<(), AskError> {
    let Some(asked) = &core.witnesses.asked else {
        return Ok(());
    };
    let client = Asker::new(&asked.rules.asked)?;
    for (place, witness) in asked.rules.asked.iter().enumerate() {
        let one = One {
            core: Arc::downgrade(core),
            asker: client.clone(),
            witness: witness.clone(),
            place,
        };
        let target = asked.target.subscribe();
        until_stopping(core, one.follow(target));
    }
    let (signed, told) = (core.published.clone(), asked.told.subscribe());
    let idle = Duration::from_secs(asked.rules.idle_seconds);
    until_stopping(core, rounds(Arc::downgrade(core), signed, told, idle));
    Ok(())
}

fn until_stopping(core: &Arc<Core>, task: impl Future<Output = ()> + Send + 'static) {
    let mut stop = core.stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = task => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    });
}

/// Asks for the newest checkpoint, again and again: for the next one as soon as this one has its quorum, or nobody is left to
/// wait for; for the same one when it has been idle.
async fn rounds(
    core: Weak<Core>,
    mut signed: watch::Receiver<witnessmark_log::SignedCheckpoint>,
    mut told: watch::Receiver<()>,
    idle: Duration,
) {
    loop {
        let begun = Instant::now();
        let checkpoint = signed.borrow_and_update().clone();
        if with(&core, |asked| asked.begin(checkpoint)).is_none() {
            return;
        }
        loop {
            let Some(is_over) = take_up(&core).await else {
                return;
            };
            let is_over = is_over || begun.elapsed() >= ROUND_WITHIN;
            if is_over && begun.elapsed() >= idle {
                break;
            }
            let may_go_on = is_over && begun.elapsed() >= ROUND_AFTER;
            let wake = match (is_over, may_go_on) {
                (false, _) => ROUND_WITHIN,
                (true, false) => ROUND_AFTER,
                (true, true) => idle,
            };
            tokio::select! {
                told = told.changed() => if told.is_err() { return },
                newer = signed.changed(), if may_go_on => match newer {
                    Ok(()) => break,
                    // Nothing is signed any more.
                    Err(_) => return,
                },
                () = sleep_until(begun + wake) => {}
            }
        }
    }
}

fn with<T>(core: &Weak<Core>, look: impl FnOnce(&Asked) -> T) -> Option<T> {
    let core = core.upgrade()?;
    core.witnesses.asked.as_ref().map(look)
}

/// Keeps and shows what has its quorum. Says whether the round is over, or nothing when the ledger has ended.
async fn take_up(core: &Weak<Core>) -> Option<bool> {
    let held = core.upgrade()?;
    let asked = held.witnesses.asked.as_ref()?;
    guard::look(&held, asked);
    let newest = asked.book().witnessed(&asked.rules);
    let is_over = newest.is_some() || asked.book().is_answered();
    let is_new = asked.witnessed.borrow().as_ref() != newest.as_ref();
    if newest.is_none() || !is_new {
        return Some(is_over);
    }
    drop(held);
    let kept = Weak::clone(core);
    let keeping = tokio::task::spawn_blocking(move || {
        let core = kept.upgrade()?;
        let (asked, newest) = (core.witnesses.asked.as_ref()?, newest?);
        let result = asked.keep().keep(&newest);
        match result {
            Ok(()) => {
                tracing::debug!(size = newest.size(), time_s = newest.time_s, "witnessed");
                asked.witnessed.send_replace(Some(newest));
                asked.followed.witnessed();
            }
            // What nobody can find again after a crash is not shown.
            Err(error) => tracing::error!(%error, "what the witnesses cosigned cannot be kept"),
        }
        Some(())
    });
    drop(keeping.await);
    Some(is_over)
}

impl Asked {
    /// Begins a round for this checkpoint.
    fn begin(&self, checkpoint: witnessmark_log::SignedCheckpoint) {
        let round = self.book().begin(checkpoint.clone());
        self.target.send_replace(Some(Target { round, checkpoint }));
    }
}

/// Why a witness has not cosigned.
enum Failed {
    Asking(AskError),
    Contradiction(Contradiction),
    /// In words.
    Other(String),
    /// The ledger has ended.
    Ended,
}

impl From<AskError> for Failed {
    fn from(error: AskError) -> Self {
        Self::Asking(error)
    }
}

/// The task of one witness.
struct One {
    core: Weak<Core>,
    asker: Asker,
    witness: WitnessAddress,
    place: usize,
}

impl One {
    async fn follow(self, mut target: watch::Receiver<Option<Target>>) {
        let mut failures = 0_u32;
        loop {
            let Some(Target { round, checkpoint }) = target.borrow_and_update().clone() else {
                if target.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let size = checkpoint.head().size;
            let name = self.witness.key().name();
            match self.ask(checkpoint).await {
                Ok(cosigned) => {
                    failures = 0;
                    let place = self.place;
                    self.tell(|asked| asked.book().cosigned(place, round, size, cosigned));
                    if target.changed().await.is_err() {
                        return;
                    }
                    continue;
                }
                Err(Failed::Ended) => return,
                Err(Failed::Contradiction(what)) => {
                    if let Some(core) = self.core.upgrade() {
                        guard::contradicted(&core, name.as_str(), what);
                    }
                    self.failed(round, format!("it {what}"));
                }
                Err(Failed::Asking(error)) => self.failed(round, error.to_string()),
                Err(Failed::Other(what)) => self.failed(round, what),
            }
            failures = failures.saturating_add(1);
            sleep(pause(failures, chance())).await;
        }
    }

    fn failed(&self, round: u64, error: String) {
        let witness = self.witness.key().name();
        let is_new = with(&self.core, |asked| {
            asked.book().seen(self.place).error.as_ref() != Some(&error)
        });
        if is_new == Some(true) {
            tracing::warn!(%witness, %error, "a witness has not cosigned");
        }
        self.tell(|asked| asked.book().failed(self.place, round, error));
    }

    fn tell(&self, what: impl FnOnce(&Asked)) {
        with(&self.core, |asked| {
            what(asked);
            asked.told.send_replace(());
        });
    }

    /// Asks for a cosignature from the size that the witness has, which it may have to say first.
    async fn ask(&self, checkpoint: witnessmark_log::SignedCheckpoint) -> Result<Cosigned, Failed> {
        let size = checkpoint.head().size;
        for _ in 0..TRIES {
            let seen = with(&self.core, |asked| asked.book().seen(self.place));
            let seen = seen.ok_or(Failed::Ended)?;
            let old = seen.size.unwrap_or(NEVER_ASKED);
            if old > size {
                return Err(self.beyond(old)?);
            }
            let request = AddCheckpoint {
                old,
                proof: self.proof(old, size).await?,
                checkpoint: checkpoint.text(),
            };
            let now_s = clock::now_ms() / 1_000;
            let asking = self.asker.ask(&self.witness, &request, seen.time_s, now_s);
            match asking.await? {
                Answer::Cosigned(cosigned) => return Ok(cosigned),
                Answer::LastSize(last) => {
                    let named = with(&self.core, |asked| asked.book().named(self.place, last));
                    if named.ok_or(Failed::Ended)? {
                        let witness = self.witness.key().name();
                        tracing::warn!(%witness, cosigned = %old, now = %last, "a witness has forgotten what it cosigned");
                    }
                }
                Answer::Conflict if old == NEVER_ASKED => {
                    let what = "it answered with a conflict to a request from size 0, and not with the size that it has";
                    return Err(Failed::Other(what.to_owned()));
                }
                Answer::Conflict => {
                    return Err(Failed::Contradiction(Contradiction::Other { size: old }));
                }
            }
        }
        let what = "it named another size each time it was asked".to_owned();
        Err(Failed::Other(what))
    }

    /// The witness has more than the checkpoint that it is asked to cosign.
    fn beyond(&self, seen: TreeSize) -> Result<Failed, Failed> {
        let core = self.core.upgrade().ok_or(Failed::Ended)?;
        let here = core.published.borrow().head().size;
        Ok(if seen > here {
            // Asked again from the beginning, so that it can take back what is not so.
            with(&self.core, |asked| {
                asked.book().asked_from(self.place, here);
            });
            Failed::Contradiction(Contradiction::Ahead { seen, here })
        } else {
            Failed::Other("it has cosigned a newer checkpoint already".to_owned())
        })
    }

    async fn proof(&self, old: TreeSize, size: TreeSize) -> Result<ConsistencyProof, Failed> {
        if old == NEVER_ASKED || old == size {
            return Ok(ConsistencyProof::new(Vec::new()));
        }
        let core = self.core.upgrade().ok_or(Failed::Ended)?;
        let (old, size) = (old.get(), size.get());
        let proof = core.read(move |core| {
            let proof = core.reader.consistency_proof(old, size);
            proof.map_err(|error| crate::server::status::of_log(&error))
        });
        proof
            .await
            .map_err(|refusal| Failed::Other(refusal.message))
    }
}

/// How long to leave a witness alone that has failed so often: between half and all of what has doubled.
fn pause(failures: u32, chance: u16) -> Duration {
    let doubled = PAUSE_FIRST.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
    let half = doubled.min(PAUSE_MAX) / 2;
    half + half.saturating_mul(u32::from(chance)) / u32::from(u16::MAX)
}

/// Anything: pauses that all happen to be the same are only less good.
fn chance() -> u16 {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).map_or(u16::MAX, |()| u16::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        let longest: Vec<u128> = (1..9).map(|it| pause(it, u16::MAX).as_millis()).collect();
        assert_eq!(
            longest,
            [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
        );
        assert_eq!(pause(u32::MAX, 0), PAUSE_MAX / 2);
        assert!(pause(3, 0) < pause(3, 9_000));
    }
}
