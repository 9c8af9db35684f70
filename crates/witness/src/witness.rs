//! The witness: one key, and for each log it watches the last checkpoint it cosigned.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_tlog::{Encode as _, signature_line};
use witnessmark_verifier::{
    Cosignature, KeyError, NoteAlgorithm, Origin, PublicKey, SignatureLine, TreeSize, VerifierKey,
    cosignature_message,
};

use crate::folder::{Folder, origin_hash};
use crate::limits::{CLOCK_BEHIND_S_MAX, CLOCK_S_MIN};
use crate::rules::{Asked, Refused, empty_tree};
use crate::state::{Held, ReplaceError, StateError, StateFile};

/// A log that a witness watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The first line of its checkpoints.
    pub origin: String,
    /// The keys that may sign them: type 01, at least one.
    pub keys: Vec<VerifierKey>,
}

/// Why a witness cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The key is not one that verifiers admit; no known private key has such a public key.
    #[error("the key of the witness is not admitted: {0}")]
    Key(KeyError),
    /// What is remembered of some logs cannot be used. All of them are named.
    #[error("{}", list(.0))]
    State(Vec<(String, PathBuf, StateError)>),
}

fn list(states: &[(String, PathBuf, StateError)]) -> String {
    let lines = states
        .iter()
        .map(|(origin, path, error)| format!("{origin}: {}: {error}", path.display()));
    lines.collect::<Vec<_>>().join("; ")
}

/// One log, and what is remembered of it.
#[derive(Debug)]
struct Log {
    watched: Watched,
    file: StateFile,
    /// Held from the look at the old size until the new checkpoint is on the disk.
    state: Mutex<State>,
    /// What is shown to monitors: the same, and nobody waits for the disk to read it.
    shown: Mutex<Option<Arc<str>>>,
}

#[derive(Debug)]
enum State {
    Known(Option<Held>),
    /// A write ended so that nobody knows what is on the disk.
    Unknown,
}

/// A witness of logs.
pub struct Witness {
    key: SigningKey,
    vkey: VerifierKey,
    logs: BTreeMap<String, Log>,
    /// The origins, by what stands for them in addresses.
    hashes: BTreeMap<String, String>,
    /// The time of the newest cosignature, in seconds since 1970.
    newest_s: AtomicU64,
    _folder: Folder,
}

impl Witness {
    /// The witness `name` of these logs, each of which [`Folder::begin`] has begun to remember. Reads what was cosigned.
    ///
    /// # Errors
    ///
    /// What is remembered of a log is gone, damaged, or was cosigned by somebody else.
    pub fn open(
        folder: Folder,
        name: Origin,
        key: SigningKey,
        watched: Vec<Watched>,
    ) -> Result<Self, OpenError> {
        let vkey = cosigner_key(name, &key)?;
        let (mut logs, mut hashes) = (BTreeMap::new(), BTreeMap::new());
        let mut newest_s = 0;
        let mut broken = Vec::new();
        for watched in watched {
            let (origin, file) = (watched.origin.clone(), folder.state(&watched.origin));
            match file.read(&origin, &vkey) {
                Ok(held) => {
                    newest_s = newest_s.max(held.as_ref().map_or(0, |held| held.time_s));
                    hashes.insert(origin_hash(&origin), origin.clone());
                    let log = Log::new(watched, file, held);
                    log.tell_of_contradiction();
                    logs.insert(origin, log);
                }
                Err(error) => broken.push((origin, file.path().to_owned(), error)),
            }
        }
        if !broken.is_empty() {
            return Err(OpenError::State(broken));
        }
        Ok(Self {
            key,
            vkey,
            logs,
            hashes,
            newest_s: AtomicU64::new(newest_s),
            _folder: folder,
        })
    }

    /// The key for policies.
    pub const fn vkey(&self) -> &VerifierKey {
        &self.vkey
    }

    /// Cosigns the checkpoint in the body of a request, if the log has only grown since the last one that was cosigned, and
    /// returns the signature line of a note. `now_s` is the time in seconds since 1970. Blocks on the disk.
    ///
    /// Looking at the old size, writing the new checkpoint and syncing it are one step for each log; the signature leaves after it.
    ///
    /// # Errors
    ///
    /// Why the checkpoint is not cosigned.
    pub fn add_checkpoint(&self, body: &[u8], now_s: u64) -> Result<String, Refused> {
        let asked = Asked::parse(body)?;
        let log = self.logs.get(asked.origin).ok_or(Refused::UnknownOrigin)?;
        let signatures = asked.signed_by(&log.watched.keys)?;
        // Whoever held the lock when it was poisoned has not finished: nobody knows what is on the disk.
        let mut state = log.state.lock().map_err(|_| Refused::Halted)?;
        let State::Known(held) = &*state else {
            return Err(Refused::Halted);
        };
        let checked = asked.check(&held.as_ref().map_or_else(empty_tree, |held| held.head));
        if let (Err(_), Some(held)) = (&checked, held) {
            log.look_at(&asked, held, &signatures);
        }
        checked?;
        let time_s = self.time(now_s)?;
        let line = self.cosign(asked.note.text(), time_s)?;
        if let Some(held) = held.as_ref().filter(|held| held.line == line) {
            // The same checkpoint in the same second: that answer is on the disk.
            return Ok(held.line.clone());
        }
        let note = note(asked.note.text(), &signatures, &line);
        match log.file.replace(&log.watched.origin, &note) {
            Ok(()) => {}
            Err(ReplaceError::Kept(error)) => {
                tracing::error!(origin = asked.origin, %error, "a checkpoint was not written, and not cosigned");
                return Err(Refused::NotKept);
            }
            Err(ReplaceError::Unknown(error)) => {
                tracing::error!(origin = asked.origin, %error, "it is not known what is on the disk: start the witness again");
                *state = State::Unknown;
                return Err(Refused::Halted);
            }
        }
        self.newest_s.fetch_max(time_s, Ordering::Relaxed);
        let note: Arc<str> = note.into();
        log.show(&note);
        *state = State::Known(Some(Held {
            note,
            head: asked.head,
            time_s,
            line: line.clone(),
        }));
        Ok(line)
    }

    /// The checkpoint cosigned last of the log whose origin has this SHA-256 in lower-case hex; with the log's signatures and the
    /// cosignature.
    pub fn latest(&self, origin_hash: &str) -> Option<Arc<str>> {
        let log = self.logs.get(self.hashes.get(origin_hash)?)?;
        let shown = log.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }

    /// The logs that are watched, each with the size and the time in seconds since 1970 of the checkpoint cosigned last.
    pub fn logs(&self) -> impl Iterator<Item = (&Watched, Option<(TreeSize, u64)>)> {
        self.logs.values().map(|log| {
            let state = log.state.lock().unwrap_or_else(PoisonError::into_inner);
            let held = match &*state {
                State::Known(Some(held)) => Some((held.head.size, held.time_s)),
                State::Known(None) | State::Unknown => None,
            };
            (&log.watched, held)
        })
    }

    /// The time of the next cosignature: never before another one.
    fn time(&self, now_s: u64) -> Result<u64, Refused> {
        let newest_s = self.newest_s.load(Ordering::Relaxed);
        if now_s < CLOCK_S_MIN || now_s.saturating_add(CLOCK_BEHIND_S_MAX) < newest_s {
            tracing::error!(
                now_s,
                newest_s,
                "the clock is behind the last cosignature: set it"
            );
            return Err(Refused::Clock);
        }
        Ok(now_s.max(newest_s))
    }

    /// The line of the cosignature, which the verifier accepts: a bit of memory that flipped does not leave.
    fn cosign(&self, text: &str, time_s: u64) -> Result<String, Refused> {
        let signature = self.key.sign(&cosignature_message(time_s, text)).to_bytes();
        let cosignature = Cosignature { time_s, signature };
        if let Err(error) = cosignature.verify(&self.vkey, text) {
            tracing::error!(%error, "the verifier does not accept a cosignature that was made");
            return Err(Refused::Halted);
        }
        let (name, key_id) = (self.vkey.name(), self.vkey.key_id());
        Ok(signature_line(name, key_id, &cosignature.encode()))
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness")
            .field("vkey", &self.vkey)
            .field("logs", &self.logs)
            .finish_non_exhaustive()
    }
}

impl Log {
    fn new(watched: Watched, file: StateFile, held: Option<Held>) -> Self {
        let shown = held.as_ref().map(|held| Arc::clone(&held.note));
        Self {
            watched,
            file,
            state: Mutex::new(State::Known(held)),
            shown: Mutex::new(shown),
        }
    }

    /// Keeps a checkpoint that is refused if it convicts the log: of the same size as the one that was cosigned, with another root.
    /// Only the first: one is enough, and nobody fills the disk with more.
    fn look_at(
        &self,
        asked: &Asked<'_>,
        held: &Held,
        signatures: &[(&VerifierKey, &SignatureLine<'_>)],
    ) {
        let is_other = asked.head.size == held.head.size && asked.head.root != held.head.root;
        if !is_other || self.file.contradiction().is_some() {
            return;
        }
        let other = note(asked.note.text(), signatures, "");
        match self.file.keep_contradiction(&held.note, &other) {
            Ok(()) => self.tell_of_contradiction(),
            Err(error) => tracing::error!(
                origin = asked.origin, %error, cosigned = &*held.note, other,
                "the log has signed two trees of one size, and that could not be kept"
            ),
        }
    }

    /// Tells the operator if the log is convicted.
    fn tell_of_contradiction(&self) {
        if let Some(path) = self.file.contradiction() {
            tracing::error!(
                origin = self.watched.origin,
                other = %path.display(),
                cosigned = %path.with_extension("cosigned").display(),
                "the log has signed two trees of one size: compare these two files, and tell others"
            );
        }
    }

    fn show(&self, note: &Arc<str>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Some(Arc::clone(note));
    }
}

/// The key under which policies know the witness that signs with `key`: type 04.
pub(crate) fn cosigner_key(name: Origin, key: &SigningKey) -> Result<VerifierKey, OpenError> {
    let public = PublicKey::admit(key.verifying_key().as_bytes()).map_err(OpenError::Key)?;
    Ok(VerifierKey::new(
        name,
        NoteAlgorithm::CosignatureEd25519,
        public,
    ))
}

/// The checkpoint with what the log signed and what the witness did, and nothing that was not verified.
fn note(
    text: &str,
    signatures: &[(&VerifierKey, &SignatureLine<'_>)],
    cosignature: &str,
) -> String {
    let lines = signatures
        .iter()
        .map(|(key, line)| signature_line(key.name(), key.key_id(), &line.signature));
    format!("{text}\n{}{cosignature}", lines.collect::<String>())
}
