//! Sending over a link that drops: what has no answer is sent again, until everything has one or patience ends.
//!
//! Repeating is safe: the ledger knows a record by its id and answers with the place it already has.

use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::{sleep, timeout};
use witnessmark_client::{Client, ClientError, LoggedEntry, SignedPayload};
use witnessmark_verifier::PAYLOAD_TYPE_KEY_EVENT;

use super::patience::Patience;
use crate::cli::connect::{client_trouble, refused};
use crate::cli::when;
use crate::output::{Failure, Output, Trouble};

/// A file and what has become of it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) file: String,
    pub(super) payload: SignedPayload,
    pub(super) fate: Fate,
}

/// What has become of a file.
#[derive(Debug)]
pub(super) enum Fate {
    /// There is no answer; it may have been sent.
    Waiting {
        sent: bool,
    },
    Logged(Box<LoggedEntry>),
    Refused(Failure),
}

impl Item {
    /// A file that was not sent yet.
    pub(super) const fn new(file: String, payload: SignedPayload) -> Self {
        Self {
            file,
            payload,
            fate: Fate::Waiting { sent: false },
        }
    }

    fn is_key_event(&self) -> bool {
        self.payload.payload_type == PAYLOAD_TYPE_KEY_EVENT
    }

    const fn is_waiting(&self) -> bool {
        matches!(self.fate, Fate::Waiting { .. })
    }
}

/// Why the files that are still waiting have no answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// What the last try came to.
    Link(Failure),
    /// A key event was refused, and what comes after it may depend on it.
    KeyEvent,
}

/// The connection, and what is done when it breaks.
#[derive(Debug)]
pub(super) struct Link<'a> {
    client: Client,
    is_connected: bool,
    answer_within: Duration,
    patience: Patience,
    /// How often something was sent again.
    pub(super) retries: u32,
    output: &'a Output,
    bar: ProgressBar,
}

impl<'a> Link<'a> {
    /// A link that is not connected yet.
    pub(super) fn new(
        client: Client,
        retry_for: Duration,
        answer_within: Duration,
        output: &'a Output,
        bar: ProgressBar,
    ) -> Self {
        Self {
            client,
            is_connected: false,
            answer_within,
            patience: Patience::new(retry_for),
            retries: 0,
            output,
            bar,
        }
    }

    /// Sends everything in the order given: records in streams, key events one by one, and nothing across a key event
    /// that is not answered.
    ///
    /// # Errors
    ///
    /// Why some items have no answer.
    pub(super) async fn send(&mut self, items: &mut [Item]) -> Result<(), Stop> {
        let mut rest = items;
        while let Some(first) = rest.first() {
            let is_event = first.is_key_event();
            let records = rest.iter().take_while(|item| !item.is_key_event());
            let count = if is_event { 1 } else { records.count() };
            let (part, after) = rest.split_at_mut(count);
            while part.iter().any(Item::is_waiting) {
                if let Err(error) = self.round(part).await {
                    self.pause(error, part.iter().chain(&*after)).await?;
                }
            }
            let refused = |item: &Item| matches!(item.fate, Fate::Refused(_));
            if is_event && part.iter().any(refused) {
                return Err(Stop::KeyEvent);
            }
            rest = after;
        }
        Ok(())
    }

    /// Sends once whatever of the items has no answer.
    async fn round(&mut self, items: &mut [Item]) -> Result<(), ClientError> {
        self.connect().await?;
        let mut waiting: Vec<&mut Item> = items.iter_mut().filter(|it| it.is_waiting()).collect();
        for item in &mut waiting {
            item.fate = Fate::Waiting { sent: true };
        }
        match waiting.as_mut_slice() {
            [item] if item.is_key_event() => self.key_event(item).await,
            records => self.records(records).await,
        }
    }

    async fn connect(&mut self) -> Result<(), ClientError> {
        if self.is_connected {
            return Ok(());
        }
        let connecting = self.client.reconnect();
        self.client = match self.patience.left() {
            Some(left) => in_time(left, connecting).await?,
            None => connecting.await?,
        };
        // Nothing is sent to a ledger that does not fit what is remembered of it.
        in_time(self.answer_within, self.client.checkpoint()).await?;
        self.is_connected = true;
        Ok(())
    }

    async fn key_event(&mut self, item: &mut Item) -> Result<(), ClientError> {
        let event = item.payload.clone();
        match in_time(self.answer_within, self.client.submit_key_event(event)).await {
            Ok(entry) => self.answered(item, Fate::Logged(Box::new(entry))),
            Err(ClientError::Refused(refusal)) if !refusal.reason.may_pass() => {
                self.answered(item, Fate::Refused(refused("", &refusal)));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn records(&mut self, items: &mut [&mut Item]) -> Result<(), ClientError> {
        let payloads: Vec<SignedPayload> = items.iter().map(|it| it.payload.clone()).collect();
        let within = self.answer_within;
        let mut answers = in_time(within, self.client.submit_many(payloads)).await?;
        let mut busy = None;
        for item in items {
            let Some(answer) = in_time(within, answers.next()).await? else {
                let message = "the stream ended before every record was answered";
                return Err(ClientError::Unreachable(message.to_owned()));
            };
            match answer.result {
                Ok(entry) => self.answered(item, Fate::Logged(Box::new(entry))),
                Err(refusal) if refusal.reason.may_pass() => busy = Some(refusal),
                Err(refusal) => self.answered(item, Fate::Refused(refused("", &refusal))),
            }
        }
        if let Some(refusal) = busy {
            return Err(ClientError::Refused(Box::new(refusal)));
        }
        // Every record has its answer: how the stream ends changes nothing.
        Ok(())
    }

    fn answered(&mut self, item: &mut Item, fate: Fate) {
        item.fate = fate;
        self.patience.restore();
        self.bar.inc(1);
    }

    /// Waits before the next try, and says so.
    async fn pause(
        &mut self,
        error: ClientError,
        items: impl Iterator<Item = &Item>,
    ) -> Result<(), Stop> {
        // A ledger that says no is there; any other error may be the connection's.
        self.is_connected &= matches!(error, ClientError::Refused(_));
        let pause = if error.may_pass() {
            self.patience.pause(chance(), error.retry_after())
        } else {
            None
        };
        let Some(pause) = pause else {
            return Err(Stop::Link(client_trouble(error)));
        };
        let waiting = items.filter(|item| item.is_waiting()).count();
        let left = self.patience.left().unwrap_or_default();
        self.bar.suspend(|| {
            self.output.warn(format!(
                "{error}; {waiting} without an answer, trying again in {}, for {} more",
                when::length(pause),
                when::length(left)
            ));
        });
        self.retries = self.retries.saturating_add(1);
        sleep(pause).await;
        Ok(())
    }
}

/// Every file that has no answer, each with what is to be done about it.
pub(super) fn unanswered(items: &[Item], stop: Stop, place: &str) -> Option<Failure> {
    let mut waiting = items.iter().filter(|item| item.is_waiting()).peekable();
    waiting.peek()?;
    let (mut failure, unsent) = match stop {
        Stop::Link(mut failure) => {
            let unplaced = |trouble: &&mut Trouble| trouble.place.is_empty();
            for trouble in failure.troubles.iter_mut().filter(unplaced) {
                place.clone_into(&mut trouble.place);
            }
            (failure, "it was not sent")
        }
        Stop::KeyEvent => {
            let message = "a key event was refused, and what follows it may depend on it";
            let trouble = Trouble::new("NOT_SENT", place, message)
                .fix("see to the key event, then run the same command again");
            (
                Failure::refused(trouble),
                "it was not sent, because a key event before it was refused",
            )
        }
    };
    for item in waiting {
        let trouble = if matches!(item.fate, Fate::Waiting { sent: true }) {
            Trouble::new("UNKNOWN", &item.file, "there was no answer for it")
                .fix("run the same command again: what was logged is recognised")
        } else {
            Trouble::new("NOT_SENT", &item.file, unsent)
        };
        failure.troubles.push(trouble);
    }
    Some(failure)
}

async fn in_time<T>(
    within: Duration,
    call: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    timeout(within, call).await.unwrap_or_else(|_| {
        Err(ClientError::Unreachable(format!(
            "no answer within {}",
            when::length(within)
        )))
    })
}

/// Anything: pauses that all happen to be the same are only less good.
fn chance() -> u16 {
    let mut bytes = [0; 2];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u16::from_be_bytes(bytes),
        Err(_) => u16::MAX,
    }
}
