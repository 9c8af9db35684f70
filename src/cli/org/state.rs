//! What a log says of keys: replayed from its first entry, from a running ledger or from the folder of an export.

use std::ops::ControlFlow;
use std::path::Path;

use witnessmark_bundle::ExportedLog;
use witnessmark_keychain::Keychain;
use witnessmark_merkle::Frontier;
use witnessmark_verifier::{
    Charter, Entry, EntryKind, KeyChain, LeafHash, LeafIndex, Note, OrgName,
};

use crate::cli::audit::is_address;
use crate::cli::{Memory, client_trouble, connect, files};
use crate::output::{Failure, Trouble};

/// Sees each entry with its index and its bytes, and the state before it.
pub(super) type Visit<'a> = dyn FnMut(u64, &[u8], &Entry, &Keychain) + 'a;

/// The state after some entries, all of them in one verified checkpoint.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) keychain: Keychain,
    /// How many entries were replayed.
    pub(super) size: u64,
}

/// Replays a whole log. `from` is the address of a ledger, or the folder of an export.
///
/// # Errors
///
/// When the log cannot be read, does not satisfy the policy, or an entry does not follow from those before it.
pub(super) async fn replay(
    from: &str,
    policy: &Path,
    memory: Memory<'_>,
    visit: &mut Visit<'_>,
) -> Result<Replayed, Failure> {
    let mut replay = Replay::new(visit);
    if !is_address(from) {
        replay.folder(Path::new(from), policy)?;
        return Ok(replay.state);
    }
    let client = connect(from, policy, memory).await?;
    let mut pages = client
        .entries(LeafIndex::new(0), None)
        .await
        .map_err(client_trouble)?;
    while let Some(page) = pages.next().await.map_err(client_trouble)? {
        for bytes in page.entries {
            replay.push(&bytes)?;
        }
    }
    Ok(replay.state)
}

struct Replay<'a, 'v> {
    state: Replayed,
    visit: &'a mut Visit<'v>,
}

impl<'a, 'v> Replay<'a, 'v> {
    fn new(visit: &'a mut Visit<'v>) -> Self {
        let keychain = Keychain::new();
        let state = Replayed { keychain, size: 0 };
        Self { state, visit }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let index = self.state.size;
        let place = || format!("entry {index}");
        let entry = Entry::parse(bytes).map_err(|error| not_verified(place(), &error))?;
        (self.visit)(index, bytes, &entry, &self.state.keychain);
        let replayed = self.state.keychain.replay(index, &entry);
        replayed.map_err(|error| not_verified(place(), &error))?;
        self.state.size = index.saturating_add(1);
        Ok(())
    }

    /// The entries of an export, which must make the tree that the policy's signers have signed.
    fn folder(&mut self, folder: &Path, policy: &Path) -> Result<(), Failure> {
        let policy = files::read_policy(policy)?;
        let unusable = |error: &dyn std::fmt::Display| {
            Failure::cannot_tell(
                Trouble::new("EXPORT", folder.display(), error)
                    .fix("name a folder that `witnessmark export` wrote, or the address of a ledger, http://..."),
            )
        };
        let log = ExportedLog::open(folder).map_err(|error| unusable(&error))?;
        let unsigned = |error: &dyn std::fmt::Display| {
            not_verified(folder.join("checkpoint").display().to_string(), error)
        };
        let note = Note::parse(log.checkpoint()).map_err(|error| unsigned(&error))?;
        let checkpoint = policy.verify(&note).map_err(|error| unsigned(&error))?;
        let mut frontier = Frontier::new();
        let mut stopped = None;
        log.entries(&mut |_, bytes| {
            frontier.push(LeafHash::of(bytes), &mut |_, _| {});
            match self.push(bytes) {
                Ok(()) => ControlFlow::Continue(()),
                Err(failure) => {
                    stopped = Some(failure);
                    ControlFlow::Break(())
                }
            }
        })
        .map_err(|error| unusable(&error))?;
        if let Some(failure) = stopped {
            return Err(failure);
        }
        if frontier.head() != *checkpoint.head() {
            return Err(unsigned(
                &"the entries do not make the tree that was signed",
            ));
        }
        Ok(())
    }
}

/// What a request needs to know of a ledger: its charter, and the events of one organisation.
#[derive(Debug)]
pub(in crate::cli) struct View {
    pub(super) charter: Charter,
    pub(super) chain: KeyChain,
    /// The entry of the charter.
    pub(super) charter_entry: Vec<u8>,
    /// The entries of the events, from the first on.
    pub(super) events: Vec<Vec<u8>>,
}

impl View {
    /// As a ledger or an export has it.
    ///
    /// # Errors
    ///
    /// As [`replay`].
    pub(super) async fn read(
        org: &OrgName,
        from: &str,
        policy: &Path,
        memory: Memory<'_>,
    ) -> Result<Self, Failure> {
        let (mut charter_entry, mut events) = (Vec::new(), Vec::new());
        let mut collect = |index, bytes: &[u8], entry: &Entry, _: &Keychain| {
            if index == 0 {
                charter_entry = bytes.to_vec();
            } else if entry.kind == EntryKind::KeyEvent && entry.org.as_ref() == Some(org) {
                events.push(bytes.to_vec());
            }
        };
        let replayed = replay(from, policy, memory, &mut collect).await?;
        let charter = replayed.keychain.charter().cloned();
        let charter =
            charter.ok_or_else(|| not_verified(from.to_owned(), &"the log has no charter"))?;
        let chain = replayed.keychain.organisation(org).cloned();
        Ok(Self {
            charter,
            chain: chain.unwrap_or_else(|| KeyChain::new(org.clone())),
            charter_entry,
            events,
        })
    }

    /// As somebody else says it is. The charter and each event are checked, and that they are of one ledger's log is not.
    ///
    /// # Errors
    ///
    /// Why it is not the state of any ledger.
    pub(super) fn of_entries(
        org: &OrgName,
        charter_entry: Vec<u8>,
        events: Vec<Vec<u8>>,
    ) -> Result<Self, String> {
        let parse = |bytes: &[u8]| Entry::parse(bytes).map_err(|error| error.to_string());
        let charter =
            Charter::verify_entry(&parse(&charter_entry)?).map_err(|error| error.to_string())?;
        let mut chain = KeyChain::new(org.clone());
        for (bytes, number) in events.iter().zip(1_u32..) {
            let applied = chain.apply_entry(&charter, &parse(bytes)?);
            applied.map_err(|error| format!("event {number}: {error}"))?;
        }
        Ok(Self {
            charter,
            chain,
            charter_entry,
            events,
        })
    }
}

pub(super) fn not_verified(place: String, error: &dyn std::fmt::Display) -> Failure {
    Failure::refused(
        Trouble::new("NOT_VERIFIED", place, error)
            .fix("check that the policy is this ledger's; if it is, run `witnessmark audit` and keep its output"),
    )
}
