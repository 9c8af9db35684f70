//! The door: how many submissions may be inside at once, and of whom.
//!
//! A submission has a place from the moment it is received until its answer is handed to the transport. Places are counted, and
//! so are their bytes, so what waits is bounded whatever anybody sends.
//!
//! Nobody has a fixed share. An account may take a place while it holds at most [`SHARE`] times what is free after that, and
//! may always have one. Alone, it comes to hold eight ninths; of two that want all they can get, each holds eight seventeenths;
//! and something is always free for one that comes later. As places of those with much become free, they are not given back to
//! them until everybody who wants as much has it.
//!
//! Whose place is it? An organisation is only claimed until a signature has been checked, and anybody can claim any. So a
//! connection has an account of its own until a good signature of an organisation has come over it; from then on what it sends
//! in that organisation's name is on the organisation's account, until a signature in that name is bad ([`Peer`](super::peer::Peer)). Whoever
//! claims the name of another without its keys takes nothing from it, and has no more than one connection has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use witnessmark_proto::{Reason, Refusal};
use witnessmark_verifier::OrgName;

use super::limits::{
    QUEUE_PACE_WINDOW, QUEUE_WAIT, RETRY_AFTER_MAX, RETRY_AFTER_MIN, SHARE,
    SUBMISSION_OVERHEAD_BYTES, UNPROVED_MAX,
};
use super::turns::Turns;
use crate::ledger::QueueLimits;

/// Who is charged for what waits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    /// A connection, for whatever nobody has proved to be his.
    Connection(u64),
    /// An organisation whose signature was checked on the connection.
    Organisation(OrgName),
}

/// How much somebody holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Held {
    records: usize,
    bytes: usize,
}

impl Held {
    const fn with(self, bytes: usize) -> Self {
        Self {
            records: self.records.saturating_add(1),
            bytes: self.bytes.saturating_add(bytes),
        }
    }

    const fn without(self, bytes: usize) -> Self {
        Self {
            records: self.records.saturating_sub(1),
            bytes: self.bytes.saturating_sub(bytes),
        }
    }
}

/// Somebody who waits for a place.
#[derive(Debug)]
struct Waiter {
    bytes: usize,
    give: oneshot::Sender<Place>,
}

/// How fast places become free while there is work.
#[derive(Debug)]
struct Pace {
    since: Instant,
    released: u32,
    /// The time for one place.
    each: Duration,
}

impl Pace {
    /// A place became free. A window in which little was done for want of work says nothing.
    fn count(&mut self, now: Instant) {
        self.released = self.released.saturating_add(1);
        let passed = now.saturating_duration_since(self.since);
        if passed < QUEUE_PACE_WINDOW {
            return;
        }
        if passed < QUEUE_PACE_WINDOW.saturating_mul(2) {
            self.each = passed / self.released;
        }
        (self.since, self.released) = (now, 0);
    }
}

#[derive(Debug)]
struct State {
    total: Held,
    /// Of everybody who holds something.
    accounts: HashMap<Account, Held>,
    waiting: Turns<Account, Waiter>,
    pace: Pace,
}

/// Why there is no place.
enum Full {
    /// Everybody together holds all.
    All,
    /// The account holds as much as it may while this little is free.
    Share,
}

impl State {
    fn held(&self, account: &Account) -> Held {
        self.accounts.get(account).copied().unwrap_or_default()
    }

    /// Whether the account may have one more place now.
    fn fits(&self, limits: &QueueLimits, account: &Account, bytes: usize) -> Result<(), Full> {
        let (total, own) = (self.total.with(bytes), self.held(account));
        let free = (
            limits.records.checked_sub(total.records),
            limits.bytes.checked_sub(total.bytes),
        );
        let (Some(records), Some(free_bytes)) = free else {
            return Err(Full::All);
        };
        let own_then = own.with(bytes);
        let most = match account {
            Account::Connection(_) => UNPROVED_MAX,
            Account::Organisation(_) => usize::MAX,
        };
        let within = own_then.records <= records.saturating_mul(SHARE).min(most)
            && own_then.bytes <= free_bytes.saturating_mul(SHARE);
        if own.records == 0 || within {
            Ok(())
        } else {
            Err(Full::Share)
        }
    }

    fn charge(&mut self, account: &Account, bytes: usize) {
        self.total = self.total.with(bytes);
        let held = self.held(account).with(bytes);
        self.accounts.insert(account.clone(), held);
    }

    fn release(&mut self, account: &Account, bytes: usize) {
        self.total = self.total.without(bytes);
        let held = self.held(account).without(bytes);
        if held.records == 0 {
            self.accounts.remove(account);
        } else {
            self.accounts.insert(account.clone(), held);
        }
    }

    /// When a caller who finds no place should come back: when what is inside now is done.
    fn retry_after(&self) -> Duration {
        let inside = u32::try_from(self.total.records).unwrap_or(u32::MAX);
        let wait = self.pace.each.saturating_mul(inside);
        wait.clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
    }
}

#[derive(Debug)]
struct Inner {
    limits: QueueLimits,
    state: Mutex<State>,
}

/// The places, shared by all calls. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Door(Arc<Inner>);

/// A place inside; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    door: Door,
    account: Account,
    bytes: usize,
}

impl Door {
    /// A door with nobody inside.
    pub(crate) fn new(limits: QueueLimits) -> Self {
        let pace = Pace {
            since: Instant::now(),
            released: 0,
            each: Duration::ZERO,
        };
        let state = State {
            total: Held::default(),
            accounts: HashMap::new(),
            waiting: Turns::default(),
            pace,
        };
        Self(Arc::new(Inner {
            limits,
            state: Mutex::new(state),
        }))
    }

    /// A place for a submission with a payload of this length, if there is one now.
    ///
    /// # Errors
    ///
    /// `QUEUE_FULL`, with the time after which to come back.
    pub(crate) fn place_now(&self, account: Account, payload: usize) -> Result<Place, Refusal> {
        let bytes = payload.saturating_add(SUBMISSION_OVERHEAD_BYTES);
        let mut state = self.state();
        // Who waits in a stream was first.
        let fits = if state.waiting.has(&account) {
            Err(Full::Share)
        } else {
            state.fits(&self.0.limits, &account, bytes)
        };
        fits.map_err(|full| refusal(&state, &account, &full))?;
        state.charge(&account, bytes);
        drop(state);
        Ok(self.place(account, bytes))
    }

    /// A place as soon as there is one, in turn with everybody else who waits.
    ///
    /// # Errors
    ///
    /// `QUEUE_FULL` when that takes too long.
    pub(crate) async fn place_soon(
        &self,
        account: Account,
        payload: usize,
    ) -> Result<Place, Refusal> {
        let full = match self.place_now(account.clone(), payload) {
            Ok(place) => return Ok(place),
            Err(full) => full,
        };
        let (give, given) = oneshot::channel();
        let bytes = payload.saturating_add(SUBMISSION_OVERHEAD_BYTES);
        self.state().waiting.push(account, Waiter { bytes, give });
        // One may have become free in between.
        self.grant();
        match tokio::time::timeout(QUEUE_WAIT, given).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(full),
        }
    }

    /// Gives what is free to those who wait for it.
    fn grant(&self) {
        let mut given = Vec::new();
        let mut state = self.state();
        let State { waiting, .. } = &mut *state;
        let mut waiting = std::mem::take(waiting);
        while let Some((account, waiter)) = waiting.pop_if(|account, waiter| {
            waiter.give.is_closed() || state.fits(&self.0.limits, account, waiter.bytes).is_ok()
        }) {
            if !waiter.give.is_closed() {
                state.charge(&account, waiter.bytes);
                given.push((account, waiter));
            }
        }
        state.waiting = waiting;
        drop(state);
        for (account, Waiter { bytes, give }) in given {
            // Who has gone away in this moment drops the place, which is free again.
            drop(give.send(self.place(account, bytes)));
        }
    }

    fn place(&self, account: Account, bytes: usize) -> Place {
        Place {
            door: self.clone(),
            account,
            bytes,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Who is charged for it.
    pub(crate) const fn account(&self) -> &Account {
        &self.account
    }

    /// How many bytes are counted for it.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Charges an organisation for it, whose signature was checked since the place was taken. It may come to hold more than its
    /// share by what its new connections held, and then has no other place until it holds less.
    pub(crate) fn charge_to(&mut self, org: &OrgName) {
        let account = Account::Organisation(org.clone());
        if self.account == account {
            return;
        }
        let mut state = self.door.state();
        state.release(&self.account, self.bytes);
        state.charge(&account, self.bytes);
        self.account = account;
        let waits = !state.waiting.is_empty();
        drop(state);
        if waits {
            // Its connection holds one less.
            self.door.grant();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.door.state();
        state.release(&self.account, self.bytes);
        state.pace.count(Instant::now());
        let waits = !state.waiting.is_empty();
        drop(state);
        if waits {
            self.door.grant();
        }
    }
}

fn refusal(state: &State, account: &Account, full: &Full) -> Refusal {
    let (all, own) = (state.total.records, state.held(account).records);
    let message = match (full, account) {
        (Full::All, _) => format!("{all} submissions are waiting"),
        (Full::Share, Account::Organisation(org)) => {
            format!("{own} submissions of {org} are waiting, which is its share")
        }
        (Full::Share, Account::Connection(_)) => {
            format!("{own} submissions of this connection are waiting, which is its share")
        }
    };
    Refusal::new(Reason::QueueFull, message).with_retry_after(state.retry_after())
}

#[cfg(test)]
mod tests;
