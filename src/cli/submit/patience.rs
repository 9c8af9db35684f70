//! How long to wait before the next try, and when to give up.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause; each that follows without an answer in between is twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(500);

/// The longest pause: a link that is back is used within half a minute.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// With less time left than this, another try is not worth it.
const LEFT_MIN: Duration = Duration::from_millis(100);

/// What is left of the time that somebody is willing to wait without an answer.
#[derive(Debug)]
pub(super) struct Patience {
    retry_for: Duration,
    since: Instant,
    pauses: u32,
}

impl Patience {
    /// Begins to wait, at most for `retry_for`; zero is not at all.
    pub(super) fn new(retry_for: Duration) -> Self {
        Self {
            retry_for,
            since: Instant::now(),
            pauses: 0,
        }
    }

    /// Something was answered: everything begins anew.
    pub(super) fn restore(&mut self) {
        self.since = Instant::now();
        self.pauses = 0;
    }

    /// How much of the time is left; nothing if there is to be one try and no more.
    pub(super) fn left(&self) -> Option<Duration> {
        let left = self.retry_for.saturating_sub(self.since.elapsed());
        (!self.retry_for.is_zero()).then_some(left)
    }

    /// The pause before the next try; nothing if there is to be none. `chance` spreads the pauses of many devices that
    /// lost one ledger at one moment: they differ by up to half. A ledger that has `asked` for a time knows better than
    /// a guess, and is not asked again before it.
    pub(super) fn pause(&mut self, chance: u16, asked: Option<Duration>) -> Option<Duration> {
        let left = self.left().filter(|left| *left >= LEFT_MIN)?;
        let part = |of: Duration| of.saturating_mul(u32::from(chance)) / u32::from(u16::MAX);
        if let Some(asked) = asked {
            let pause = asked.saturating_add(part(asked / 2));
            return Some(pause).filter(|pause| *pause <= left);
        }
        let doubled =
            PAUSE_FIRST.saturating_mul(1_u32.checked_shl(self.pauses).unwrap_or(u32::MAX));
        let half = doubled.min(PAUSE_MAX) / 2;
        self.pauses = self.pauses.saturating_add(1);
        let pause = half + part(half);
        // Never through more than half of what is left, so that the last moments are used too.
        Some(pause.min(left / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew_after_an_answer() {
        let mut patience = Patience::new(HOUR);
        let mut millis = || patience.pause(u16::MAX, None).unwrap().as_millis();
        let pauses: Vec<u128> = std::iter::repeat_with(&mut millis).take(40).collect();
        assert_eq!(pauses.first_chunk(), Some(&[500, 1_000, 2_000, 4_000]));
        assert_eq!(pauses.last(), Some(&30_000));
        patience.restore();
        assert_eq!(patience.pause(0, None), Some(Duration::from_millis(250)));
    }

    #[test]
    fn who_does_not_want_to_wait_does_not() {
        assert_eq!(Patience::new(Duration::ZERO).pause(9, None), None);
        assert_eq!(Patience::new(Duration::from_millis(1)).pause(9, None), None);
        let pause = Patience::new(Duration::from_millis(300)).pause(u16::MAX, None);
        assert!(pause.unwrap() <= Duration::from_millis(150));
    }

    #[test]
    fn what_the_ledger_asks_for_is_kept_to() {
        let asked = Some(Duration::from_millis(40));
        let mut patience = Patience::new(HOUR);
        assert_eq!(patience.pause(0, asked), asked);
        let longest = Duration::from_millis(60);
        assert_eq!(patience.pause(u16::MAX, asked), Some(longest));
        // Its own guess has not grown.
        assert_eq!(patience.pause(0, None), Some(Duration::from_millis(250)));
        // Who has less patience than that gives up, and does not come too early.
        let mut patience = Patience::new(Duration::from_secs(1));
        assert_eq!(patience.pause(0, Some(HOUR)), None);
    }
}
