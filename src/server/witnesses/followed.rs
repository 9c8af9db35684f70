//! Which checkpoint they are shown who follow the log over HTTP, where nobody can ask for one in particular.
//!
//! Who follows a log by a policy that asks for witnesses can use no checkpoint without them, and a log that grows all the time would
//! hardly ever show him one. So he is shown the newest that has its quorum, as long as the witnesses answer; when they do not, what
//! is signed is not held back. What was shown is never followed by something smaller.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use witnessmark_log::SignedCheckpoint;
use witnessmark_proto::{CheckpointChoice, Refusal};

use super::Witnesses;
use super::collect::ROUND_WITHIN;

/// What was shown, and when something had its quorum last.
#[derive(Debug, Default)]
pub(super) struct Followed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    size: u64,
    witnessed_at: Option<Instant>,
}

impl Followed {
    /// Something has its quorum.
    pub(super) fn witnessed(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.witnessed_at = Some(Instant::now());
    }

    /// The one that is shown of the two.
    fn choose(
        &self,
        witnessed: Option<SignedCheckpoint>,
        newest: SignedCheckpoint,
        patience: Duration,
    ) -> SignedCheckpoint {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = state.witnessed_at.is_some_and(|at| at.elapsed() < patience);
        let smallest = state.size;
        let witnessed = witnessed.filter(|it| answers && it.head().size.get() >= smallest);
        let shown = witnessed.unwrap_or(newest);
        state.size = shown.head().size.get();
        shown
    }
}

impl Witnesses {
    /// The checkpoint for those who follow the log.
    ///
    /// # Errors
    ///
    /// `NOT_WITNESSED`, when nothing is shown before its quorum, and nothing has one yet.
    pub(crate) fn followed(&self) -> Result<SignedCheckpoint, Refusal> {
        let newest = self.shown(CheckpointChoice::Newest, 0)?;
        let Some(asked) = self.asked.as_ref().filter(|_| !self.come_first()) else {
            return Ok(newest);
        };
        let witnessed = asked.witnessed.borrow().clone().map(|it| it.checkpoint);
        // It is cosigned again at least so often.
        let patience = ROUND_WITHIN.saturating_add(Duration::from_secs(asked.rules.idle_seconds));
        Ok(asked.followed.choose(witnessed, newest, patience))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::witnesses::testing::{signed, witnessed};

    #[test]
    fn the_newest_with_a_quorum_is_shown_while_there_is_one_and_nothing_smaller_ever() {
        let (followed, long) = (Followed::default(), Duration::from_secs(3_600));
        let with = |size| Some(witnessed(size, 100).checkpoint);
        let size = |shown: SignedCheckpoint| shown.head().size.get();
        // Nobody has answered since the start.
        assert_eq!(size(followed.choose(with(4), signed(5), long)), 5);
        followed.witnessed();
        assert_eq!(size(followed.choose(with(4), signed(6), long)), 6);
        assert_eq!(size(followed.choose(with(6), signed(8), long)), 6);
        assert_eq!(size(followed.choose(with(7), signed(8), long)), 7);
        // They are silent for too long; then one is late.
        assert_eq!(size(followed.choose(with(7), signed(9), Duration::ZERO)), 9);
        assert_eq!(size(followed.choose(with(8), signed(9), long)), 9);
        assert_eq!(size(followed.choose(None, signed(9), long)), 9);
    }
}
