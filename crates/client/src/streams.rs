//! The calls that stream: many submissions, a range of entries, checkpoints as they are published.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use witnessmark_proto::{EntryChunk, Outcome, Refusal, SignedPayload, WaitFor, v1};
use witnessmark_verifier::{LeafIndex, TreeSize, VerifiedCheckpoint};

use crate::busy::spread;
use crate::client::check_length;
use crate::limits::IN_FLIGHT_BYTES_MAX;
use crate::range::verify_chunk;
use crate::{Client, ClientError, LoggedEntry};

/// What became of one record of a stream.
#[derive(Debug)]
pub struct Submitted {
    /// Its place in the stream, from 0.
    pub position: u64,
    /// Logged and verified, or refused.
    pub result: Result<LoggedEntry, Refusal>,
}

/// The answers to a stream of records, in the order the records were given.
pub struct SubmittedStream {
    client: Client,
    answers: Streaming<v1::SubmitRecordsResponse>,
    /// What was taken and is not answered yet; its room bounds how much that is.
    taken: mpsc::UnboundedReceiver<Taken>,
    /// Until when no more are sent, because the ledger said when to come back.
    pause: watch::Sender<Instant>,
    /// How many answers were returned.
    position: u64,
    /// How many records were sent and answered.
    answered: u64,
}

/// A record that was taken from the caller.
enum Taken {
    /// It was sent; the ledger answers, and then there is room for others.
    Sent(Box<SignedPayload>, OwnedSemaphorePermit),
    /// It is too long to be sent: the transport would break the stream off.
    Kept(Refusal),
}

impl fmt::Debug for SubmittedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmittedStream")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl SubmittedStream {
    /// The next answer; `None` once every record is answered.
    ///
    /// # Errors
    ///
    /// The stream broke off, or an answer does not verify. Records without an answer may or may not
    /// be logged: submit them again.
    pub async fn next(&mut self) -> Result<Option<Submitted>, ClientError> {
        let result = match self.taken.recv().await {
            Some(Taken::Sent(record, _room)) => self.answer_to(&record).await?,
            Some(Taken::Kept(refusal)) => Err(refusal),
            None => return self.end().await,
        };
        let position = self.position;
        self.position = position.saturating_add(1);
        Ok(Some(Submitted { position, result }))
    }

    async fn answer_to(
        &mut self,
        record: &SignedPayload,
    ) -> Result<Result<LoggedEntry, Refusal>, ClientError> {
        let message = self.answers.message().await?.ok_or_else(|| {
            ClientError::Unreachable("the stream ended before every record was answered".into())
        })?;
        let Outcome { position, result } = message.try_into()?;
        if position != self.answered {
            return Err(ClientError::Protocol(
                "the answers are out of order".to_owned(),
            ));
        }
        self.answered = position.saturating_add(1);
        match result {
            Ok(appended) => self.client.verify_appended(record, appended).await.map(Ok),
            Err(refusal) => {
                if let Some(delay) = refusal.retry_after {
                    self.pause.send_replace(Instant::now() + spread(delay));
                }
                Ok(Err(refusal))
            }
        }
    }

    /// After the last record: the ledger has nothing more to say, or says what went wrong.
    async fn end(&mut self) -> Result<Option<Submitted>, ClientError> {
        match self.answers.message().await {
            Ok(None) => Ok(None),
            Ok(Some(_)) => Err(ClientError::Protocol(
                "there are more answers than records".into(),
            )),
            // All records were kept here, so the ledger has seen an empty stream.
            Err(_) if self.answered == 0 && self.position > 0 => Ok(None),
            Err(status) => Err(status.into()),
        }
    }
}

/// The verified entries of a part of a range.
#[derive(Debug, Clone)]
pub struct EntryPage {
    /// The index of the first entry.
    pub start: LeafIndex,
    /// The bytes of the entries, at least one.
    pub entries: Vec<Vec<u8>>,
    /// The checkpoint they are proved to be in, the same for the whole range.
    pub checkpoint: VerifiedCheckpoint,
}

/// The entries of a range, in order, page by page.
pub struct EntryStream {
    client: Client,
    chunks: Streaming<v1::ListEntriesResponse>,
    next: u64,
    /// Where the range ends; known once the first page is, if the latest size was asked for.
    end: Option<u64>,
    checkpoint: Option<VerifiedCheckpoint>,
}

impl fmt::Debug for EntryStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryStream")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl EntryStream {
    /// The next page; `None` once the whole range was returned.
    ///
    /// # Errors
    ///
    /// The stream broke off, or a page does not verify.
    pub async fn next(&mut self) -> Result<Option<EntryPage>, ClientError> {
        let Some(message) = self.chunks.message().await? else {
            return if self.end == Some(self.next) {
                Ok(None)
            } else {
                Err(ClientError::Protocol(
                    "the stream ended before the range did".to_owned(),
                ))
            };
        };
        let chunk = EntryChunk::try_from(message)?;
        let checkpoint = self.checkpoint_of(&chunk).await?;
        let end = *self.end.get_or_insert_with(|| checkpoint.head().size.get());
        let count = u64::try_from(chunk.entries.len()).unwrap_or(u64::MAX);
        let next = self.next.saturating_add(count);
        if chunk.start.get() != self.next || next > end {
            return Err(ClientError::Protocol(
                "the entries are not those asked for".to_owned(),
            ));
        }
        verify_chunk(&chunk, checkpoint.head()).map_err(ClientError::not_verified)?;
        self.next = next;
        let EntryChunk { start, entries, .. } = chunk;
        Ok(Some(EntryPage {
            start,
            entries,
            checkpoint,
        }))
    }

    /// The checkpoint of the range, which the first page brings and no later page may change.
    async fn checkpoint_of(
        &mut self,
        chunk: &EntryChunk,
    ) -> Result<VerifiedCheckpoint, ClientError> {
        if let Some(checkpoint) = &self.checkpoint {
            return if checkpoint.note() == chunk.checkpoint {
                Ok(checkpoint.clone())
            } else {
                Err(ClientError::Protocol(
                    "the checkpoint changed within a range".to_owned(),
                ))
            };
        }
        let checkpoint = self.client.accept(&chunk.checkpoint).await?;
        self.checkpoint = Some(checkpoint.clone());
        Ok(checkpoint)
    }
}

/// Checkpoints as they are published.
pub struct CheckpointStream {
    client: Client,
    notes: Streaming<v1::WatchCheckpointsResponse>,
}

impl fmt::Debug for CheckpointStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointStream").finish_non_exhaustive()
    }
}

impl CheckpointStream {
    /// The next checkpoint; `None` when the server shuts down.
    ///
    /// # Errors
    ///
    /// The stream broke off, or the checkpoint does not verify or fit.
    pub async fn next(&mut self) -> Result<Option<VerifiedCheckpoint>, ClientError> {
        match self.notes.message().await? {
            Some(message) => self.client.accept(&message.checkpoint).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Hands the records to the transport, as far as there is room for what has no answer; ends when nobody waits for the
/// answers any more.
async fn feed(
    records: impl Iterator<Item = SignedPayload>,
    take: mpsc::UnboundedSender<Taken>,
    send: mpsc::Sender<v1::SubmitRecordsRequest>,
    (pause, wait): (watch::Receiver<Instant>, WaitFor),
) {
    let room = Arc::new(Semaphore::new(
        usize::try_from(IN_FLIGHT_BYTES_MAX).unwrap_or(Semaphore::MAX_PERMITS),
    ));
    for record in records {
        if let Err(refusal) = check_length(&record) {
            if take.send(Taken::Kept(refusal)).is_err() {
                return;
            }
            continue;
        }
        let bytes = u32::try_from(record.payload.len()).unwrap_or(IN_FLIGHT_BYTES_MAX);
        let room = Arc::clone(&room).acquire_many_owned(bytes.min(IN_FLIGHT_BYTES_MAX));
        let Ok(room) = room.await else {
            return;
        };
        let until = *pause.borrow();
        if until > Instant::now() {
            sleep_until(until).await;
        }
        let message = v1::SubmitRecordsRequest {
            record: Some(record.clone().into()),
            wait_for: wait.into(),
        };
        let taken = take.send(Taken::Sent(Box::new(record), room));
        if taken.is_err() || send.send(message).await.is_err() {
            return;
        }
    }
}

impl Client {
    /// Submits records one after the other over one stream.
    ///
    /// # Errors
    ///
    /// The stream cannot be opened. What goes wrong with a record comes with its answer.
    pub async fn submit_many<R>(&self, records: R) -> Result<SubmittedStream, ClientError>
    where
        R: IntoIterator<Item = SignedPayload>,
        R::IntoIter: Send + 'static,
    {
        let (take, taken) = mpsc::unbounded_channel();
        let (send, requests) = mpsc::channel(1);
        let (pause, paused) = watch::channel(Instant::now());
        let paused = (paused, self.wait);
        tokio::spawn(feed(records.into_iter(), take, send, paused));
        let answers = self
            .service
            .clone()
            .submit_records(ReceiverStream::new(requests))
            .await?
            .into_inner();
        Ok(SubmittedStream {
            client: self.clone(),
            answers,
            taken,
            pause,
            position: 0,
            answered: 0,
        })
    }

    /// The entries from `start` up to and without `end`, or up to the latest size if that is
    /// `None`.
    ///
    /// # Errors
    ///
    /// The log has no such range.
    pub async fn entries(
        &self,
        start: LeafIndex,
        end: Option<TreeSize>,
    ) -> Result<EntryStream, ClientError> {
        let (start, end) = (start.get(), end.map(TreeSize::get));
        let request = v1::ListEntriesRequest {
            start,
            end: end.unwrap_or(0),
        };
        let chunks = self
            .service
            .clone()
            .list_entries(request)
            .await?
            .into_inner();
        Ok(EntryStream {
            client: self.clone(),
            chunks,
            next: start,
            end,
            checkpoint: None,
        })
    }

    /// The latest checkpoint and each later one.
    ///
    /// # Errors
    ///
    /// The stream cannot be opened.
    pub async fn watch_checkpoints(&self) -> Result<CheckpointStream, ClientError> {
        let request = v1::WatchCheckpointsRequest {};
        let notes = self
            .service
            .clone()
            .watch_checkpoints(request)
            .await?
            .into_inner();
        Ok(CheckpointStream {
            client: self.clone(),
            notes,
        })
    }
}
