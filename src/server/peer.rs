//! The caller at the other end of a connection: of which organisations it has shown a good signature.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use witnessmark_proto::Refusal;
use witnessmark_verifier::OrgName;

use super::admission::Admitted;
use super::door::{Account, Place};
use super::limits::PROVED_MAX;

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
}

impl Peer {
    /// A connection over which nothing has come yet.
    pub(crate) fn new() -> Self {
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            proved: Arc::default(),
        }
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
}
