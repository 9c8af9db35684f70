//! What a client does when the ledger has no room: it waits for as long as it is told and a little longer, and asks again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tonic::{Response, Status};

use crate::ClientError;
use crate::limits::BUSY_WAIT_MAX;

/// Repeats a call for as long as the ledger says when to come back, and for so long as that is not too long in all.
pub(crate) async fn until_taken<T, C>(mut call: impl FnMut() -> C) -> Result<T, ClientError>
where
    C: Future<Output = Result<Response<T>, Status>>,
{
    let begin = Instant::now();
    loop {
        let error = match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => ClientError::from(status),
        };
        let Some(pause) = error.retry_after().map(spread) else {
            return Err(error);
        };
        if begin.elapsed().saturating_add(pause) > BUSY_WAIT_MAX {
            return Err(error);
        }
        sleep(pause).await;
    }
}

/// The delay and up to half as much again, so that all who were told the same do not come back at one moment.
pub(crate) fn spread(delay: Duration) -> Duration {
    // Each of them has keys of its own, drawn at random.
    let chance = RandomState::new().hash_one(()) % 1_024;
    let part = u32::try_from(chance).unwrap_or(0);
    delay.saturating_add(delay.saturating_mul(part) / 2_048)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use witnessmark_proto::{Reason, Refusal};

    use super::*;

    fn full(after: Duration) -> Status {
        Refusal::new(Reason::QueueFull, "full")
            .with_retry_after(after)
            .into()
    }

    #[tokio::test]
    async fn a_call_is_repeated_no_sooner_than_the_ledger_says() {
        let (calls, delay) = (Cell::new(0), Duration::from_millis(20));
        let begin = Instant::now();
        let call = || {
            calls.set(calls.get() + 1);
            let answer = if calls.get() < 3 {
                Err(full(delay))
            } else {
                Ok(Response::new(calls.get()))
            };
            async move { answer }
        };
        assert_eq!(until_taken(call).await.unwrap(), 3);
        assert!(begin.elapsed() >= delay * 2);
    }

    #[tokio::test]
    async fn what_is_refused_for_good_or_for_too_long_is_told_at_once() {
        let refusals = [
            Status::from(Refusal::new(Reason::KeyRevoked, "no")),
            Status::from(Refusal::new(Reason::QueueFull, "nobody knows for how long")),
            full(BUSY_WAIT_MAX * 2),
        ];
        for status in refusals {
            let calls = Cell::new(0);
            let call = || {
                calls.set(calls.get() + 1);
                let status = status.clone();
                async move { Err::<Response<()>, _>(status) }
            };
            let error = until_taken(call).await.unwrap_err();
            assert!(matches!(error, ClientError::Refused(_)), "{error}");
            assert_eq!(calls.get(), 1);
        }
    }

    #[test]
    fn pauses_differ_and_are_never_shorter() {
        let delay = Duration::from_secs(1);
        let pauses: Vec<Duration> = (0..50).map(|_| spread(delay)).collect();
        let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(*least >= delay && *most <= delay * 3 / 2 && least < most);
    }
}
