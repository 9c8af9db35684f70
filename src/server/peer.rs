//! The caller at the other end of a connection: of which organisations it has shown a good signature.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use witnessmark_proto::{Reason, Refusal};
use witnessmark_verifier::OrgName;

use super::admission::Admitted;
use super::door::{Account, Place};
use super::limits::{PROVED_MAX, RECEIVED_AT_ONCE_MAX, RECORD_STREAMS_MAX, RETRY_AFTER_MAX};

/// The number of the next connection of this process.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// One connection. Clones are the same one.
///
/// Whoever replays a record that is logged proves nothing, because its signature is not checked again; and one that is not
/// logged yet is known to its organisation alone.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    id: u64,
    /// At most [`PROVED_MAX`]: a gateway carries the records of several organisations.
    proved: Arc<Mutex<Vec<OrgName>>>,
    /// Room for requests that are being received: submissions, and those that read.
    submissions: Arc<Semaphore>,
    readings: Arc<Semaphore>,
    /// Room for streams of records.
    streams: Arc<Semaphore>,
}

impl Peer {
    /// A connection over which nothing has come yet.
    pub(crate) fn new() -> Self {
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            proved: Arc::default(),
            submissions: Arc::new(Semaphore::new(RECEIVED_AT_ONCE_MAX)),
            readings: Arc::new(Semaphore::new(RECEIVED_AT_ONCE_MAX)),
            streams: Arc::new(Semaphore::new(RECORD_STREAMS_MAX)),
        }
    }

    /// Room for a request of the call at `path`, once there is some. Who reads does not wait behind submissions. A stream is read
    /// message by message, and has room of its own.
    pub(crate) async fn room(&self, path: &str) -> Option<OwnedSemaphorePermit> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let rooms = match name {
            "SubmitRecords" => return None,
            "SubmitRecord" | "SubmitKeyEvent" => &self.submissions,
            _ => &self.readings,
        };
        // They are never closed.
        Arc::clone(rooms).acquire_owned().await.ok()
    }

    /// Room for one more stream of records.
    ///
    /// # Errors
    ///
    /// `QUEUE_FULL` when the connection has as many as it may have.
    pub(crate) fn stream(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let room = Arc::clone(&self.streams).try_acquire_owned();
        room.map_err(|_| {
            let message = format!("this connection has {RECORD_STREAMS_MAX} streams of records");
            Refusal::new(Reason::QueueFull, message).with_retry_after(RETRY_AFTER_MAX)
        })
    }

    /// Who is charged for what comes in the name of `org`.
    pub(crate) fn account(&self, org: &OrgName) -> Account {
        if self.proved().contains(org) {
            Account::Organisation(org.clone())
        } else {
            Account::Connection(self.id)
        }
    }

    /// Draws the consequence of the check of a submission in the name of `org`. What is said of a record that is logged, or is no
    /// good record, says nothing of the caller.
    pub(crate) fn learn(
        &self,
        org: &OrgName,
        admitted: &Result<Admitted, Refusal>,
        place: &mut Place,
    ) {
        match admitted {
            Ok(Admitted::Checked(..)) => {
                self.prove(org);
                place.charge_to(org);
            }
            Err(refusal) if refusal.reason.is_of_keys() => self.doubt(org),
            Ok(Admitted::Logged(_)) | Err(_) => {}
        }
    }

    /// A signature of `org` was good.
    fn prove(&self, org: &OrgName) {
        let mut proved = self.proved();
        if proved.len() < PROVED_MAX && !proved.contains(org) {
            proved.push(org.clone());
        }
    }

    /// A signature in the name of `org` was not good.
    fn doubt(&self, org: &OrgName) {
        self.proved().retain(|proved| proved != org);
    }

    fn proved(&self) -> MutexGuard<'_, Vec<OrgName>> {
        self.proved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_is_charged_once_its_signature_was_good_and_until_one_is_bad() {
        let [a, b] = ["a", "b"].map(|name| OrgName::parse(name).unwrap());
        let (peer, other) = (Peer::new(), Peer::new());
        let own = peer.account(&a);
        assert_ne!(own, other.account(&a));
        peer.prove(&a);
        assert_eq!(peer.account(&a), Account::Organisation(a.clone()));
        assert_eq!(peer.clone().account(&b), own);
        assert_ne!(other.account(&a), Account::Organisation(a.clone()));
        peer.doubt(&a);
        assert_eq!(peer.account(&a), own);
    }

    #[test]
    fn a_connection_cannot_make_the_server_remember_any_number_of_names() {
        let peer = Peer::new();
        for number in 0..PROVED_MAX * 2 {
            peer.prove(&OrgName::parse(&format!("org-{number}")).unwrap());
        }
        assert_eq!(peer.proved().len(), PROVED_MAX);
    }

    #[tokio::test]
    async fn a_connection_has_room_for_few_requests_and_readers_have_their_own() {
        let peer = Peer::new();
        let mut rooms = Vec::new();
        for _ in 0..RECEIVED_AT_ONCE_MAX {
            rooms.push(peer.room("/a.B/SubmitRecord").await.unwrap());
        }
        let none = peer.room("/a.B/SubmitKeyEvent");
        let soon = std::time::Duration::from_millis(1);
        assert!(tokio::time::timeout(soon, none).await.is_err());
        assert!(peer.room("/a.B/GetEntry").await.is_some());
        rooms.pop();
        assert!(peer.room("/a.B/SubmitRecord").await.is_some());

        let streams: Vec<_> = std::iter::from_fn(|| peer.stream().ok()).collect();
        assert_eq!(streams.len(), RECORD_STREAMS_MAX);
        assert_eq!(peer.stream().unwrap_err().reason, Reason::QueueFull);
    }
}
