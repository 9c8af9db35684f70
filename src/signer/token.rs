//! Keys in tokens, over PKCS#11: a key that never leaves its hardware signs there.
//!
//! A call into the library of a token may hang, and cannot be called back. So one thread has the token to itself, is asked over a
//! channel, and is waited for only so long. What it finds out later is thrown away.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use age::secrecy::SecretString;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use witnessmark_verifier::PublicKey;

use super::{Signer, SignerError, TokenName};

/// How long a token may take for one signature. Less than a ledger gives a whole commit.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What a token refuses, in words. All but the last are about the PIN, and are not tried again: a token locks after a few.
const REFUSALS: [(RvError, &str); 6] = [
    (
        RvError::PinIncorrect,
        "the PIN is another one; it is not tried again",
    ),
    (RvError::PinInvalid, "the PIN is not one it can have"),
    (
        RvError::PinLenRange,
        "the PIN is too short or too long for it",
    ),
    (RvError::PinLocked, "the PIN is locked"),
    (RvError::PinExpired, "the PIN must be changed first"),
    (
        RvError::MechanismInvalid,
        "it does not sign with Ed25519 (CKM_EDDSA)",
    ),
];

/// A key in a token.
pub(crate) struct TokenKey {
    public: PublicKey,
    holder: String,
    /// Gone when the key is dropped.
    requests: Option<SyncSender<Request>>,
    /// Says nothing, and is closed when the thread has let go of the token.
    ended: Mutex<Receiver<()>>,
}

/// The libraries that were loaded. None is ever unloaded: they leave behind what runs at the end of the process.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

/// A message to be signed, and where the signature goes.
struct Request {
    message: Vec<u8>,
    /// Nobody waits any more.
    given_up: Arc<AtomicBool>,
    answer: SyncSender<Result<[u8; 64], SignerError>>,
}

/// A token that was opened.
struct Opened {
    session: Session,
    private: ObjectHandle,
    public: PublicKey,
}

/// Whoever has the token to himself.
struct Worker {
    name: TokenName,
    pin: SecretString,
    holder: String,
    opened: Option<Opened>,
    /// Why no other attempt is made: a wrong PIN locks a token after a few.
    locked_out: Option<SignerError>,
}

impl TokenKey {
    /// Opens the token with its PIN, and finds the key.
    ///
    /// # Errors
    ///
    /// When the library, the token or the key is not there, or the PIN is refused.
    pub(crate) fn open(name: &TokenName, pin: SecretString) -> Result<Self, SignerError> {
        let holder = match &name.token {
            Some(token) => format!("the token {token}"),
            None => "the token".to_owned(),
        };
        let worker = Worker {
            name: name.clone(),
            pin,
            holder: holder.clone(),
            opened: None,
            locked_out: None,
        };
        let (ready, opened) = sync_channel(1);
        let (requests, asked) = sync_channel(1);
        let (ending, ended) = sync_channel(1);
        thread::spawn(move || {
            // Dropped last of all that this thread has.
            let _ending: SyncSender<()> = ending;
            let mut worker = worker;
            let public = worker.reopen().map(|opened| {
                let public = opened.public.clone();
                worker.opened = Some(opened);
                public
            });
            let goes_on = public.is_ok();
            // Whoever gave up waiting does not ask either.
            if ready.send(public).is_ok() && goes_on {
                worker.serve(&asked);
            }
        });
        let public = match opened.recv_timeout(TIMEOUT) {
            Ok(public) => public?,
            Err(error) => return Err(no_answer(error, holder)),
        };
        Ok(Self {
            public,
            holder,
            requests: Some(requests),
            ended: Mutex::new(ended),
        })
    }
}

fn no_answer(error: RecvTimeoutError, holder: String) -> SignerError {
    match error {
        RecvTimeoutError::Timeout => SignerError::TimedOut {
            holder,
            after: TIMEOUT,
        },
        RecvTimeoutError::Disconnected => SignerError::Unavailable {
            holder,
            why: "its library ended the thread that used it".to_owned(),
        },
    }
}

impl Signer for TokenKey {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let (answer, answered) = sync_channel(1);
        let given_up = Arc::new(AtomicBool::new(false));
        let request = Request {
            message: message.to_vec(),
            given_up: Arc::clone(&given_up),
            answer,
        };
        let holder = self.holder.clone();
        let requests = self.requests.as_ref();
        match requests.map(|requests| requests.try_send(request)) {
            Some(Ok(())) => {}
            Some(Err(TrySendError::Full(_))) => {
                let why = "it has not answered earlier requests yet".to_owned();
                return Err(SignerError::Unavailable { holder, why });
            }
            None | Some(Err(TrySendError::Disconnected(_))) => {
                return Err(no_answer(RecvTimeoutError::Disconnected, holder));
            }
        }
        answered.recv_timeout(TIMEOUT).unwrap_or_else(|error| {
            given_up.store(true, Ordering::SeqCst);
            Err(no_answer(error, holder))
        })
    }
}

impl Drop for TokenKey {
    /// Waits until the thread has let go of the token: a library must not be in use when the process ends.
    fn drop(&mut self) {
        self.requests = None;
        // Closed, or the token hangs and is left to itself.
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        ended.recv_timeout(TIMEOUT).unwrap_or_default();
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("holder", &self.holder)
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl Worker {
    fn serve(&mut self, asked: &Receiver<Request>) {
        while let Ok(request) = asked.recv() {
            if request.given_up.load(Ordering::SeqCst) {
                continue;
            }
            let signed = self.sign(&request.message);
            // Nobody waits any more.
            drop(request.answer.send(signed));
        }
    }

    fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let opened = match self.opened.take() {
            Some(opened) => opened,
            None => self.reopen()?,
        };
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
        let signed = opened.session.sign(&mechanism, opened.private, message);
        // After an error the token is opened again for the next signature: it may have been pulled out in between.
        let signature = signed.map_err(|error| self.failed(&error))?;
        self.opened = Some(opened);
        signature
            .try_into()
            .map_err(|_| SignerError::NotASignature {
                holder: self.holder.clone(),
            })
    }

    /// Opens the token, which has the same key as before.
    fn reopen(&mut self) -> Result<Opened, SignerError> {
        if let Some(error) = &self.locked_out {
            return Err(error.clone());
        }
        let module = self.module()?;
        let slot = self.slot(&module)?;
        let session = module.open_ro_session(slot);
        let session = session.map_err(|error| self.failed(&error))?;
        self.log_in(&session)?;
        self.find(session)
    }

    /// The library of the token, loaded once and made ready once.
    fn module(&self) -> Result<Pkcs11, SignerError> {
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(&self.name.module) {
            return Ok(module.clone());
        }
        let module = Pkcs11::new(&self.name.module).map_err(|error| self.failed(&error))?;
        modules.insert(self.name.module.clone(), module.clone());
        let threads = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match module.initialize(threads) {
            // The same library by another name.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
            Err(error) => {
                let failed = self.failed(&error);
                modules.remove(&self.name.module);
                Err(failed)
            }
        }
    }

    fn log_in(&mut self, session: &Session) -> Result<(), SignerError> {
        match session.login(UserType::User, Some(&self.pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) => {
                let failed = self.failed(&error);
                if matches!(failed, SignerError::Refused { .. }) {
                    self.locked_out = Some(failed.clone());
                }
                Err(failed)
            }
        }
    }

    /// The one slot whose token has what the name says.
    fn slot(&self, module: &Pkcs11) -> Result<Slot, SignerError> {
        let slots = module.get_slots_with_initialized_token();
        let slots = slots.map_err(|error| self.failed(&error))?;
        let name = &self.name;
        let is = |wanted: &Option<String>, there: &str| {
            wanted
                .as_deref()
                .is_none_or(|wanted| wanted == there.trim_end())
        };
        let mut found = Vec::new();
        let mut there = Vec::new();
        for slot in slots {
            let token = module.get_token_info(slot);
            let token = token.map_err(|error| self.failed(&error))?;
            there.push(token.label().trim_end().to_owned());
            if is(&name.token, token.label())
                && is(&name.manufacturer, token.manufacturer_id())
                && is(&name.model, token.model())
                && is(&name.serial, token.serial_number())
            {
                found.push(slot);
            }
        }
        match found.as_slice() {
            [slot] => Ok(*slot),
            [] => Err(self.unavailable(format!(
                "there is no such token; there are: {}",
                if there.is_empty() {
                    "none".to_owned()
                } else {
                    there.join(", ")
                }
            ))),
            several => Err(self.unavailable(format!(
                "{} tokens have this name; name its serial too",
                several.len()
            ))),
        }
    }

    fn find(&self, session: Session) -> Result<Opened, SignerError> {
        let failed = |error: Error| self.failed(&error);
        let of_class = |class| {
            let mut template = vec![Attribute::Class(class)];
            let label = self.name.object.as_ref();
            template.extend(label.map(|label| Attribute::Label(label.as_bytes().to_vec())));
            template.extend(self.name.id.clone().map(Attribute::Id));
            template
        };
        let private = session.find_objects(&of_class(ObjectClass::PRIVATE_KEY));
        let private = match private.map_err(failed)?.as_slice() {
            [one] => *one,
            [] => return Err(self.unavailable("it has no such private key".to_owned())),
            several => {
                return Err(self.unavailable(format!(
                    "{} private keys have this name; name the id too",
                    several.len()
                )));
            }
        };
        let one = |object, kind| {
            let got = session.get_attributes(object, &[kind]).map_err(failed)?;
            Ok::<_, SignerError>(got.into_iter().next())
        };
        if let Some(Attribute::KeyType(kind)) = one(private, AttributeType::KeyType)?
            && kind != KeyType::EC_EDWARDS
        {
            return Err(self.unavailable(format!(
                "the key is of type {kind}, and a ledger takes Ed25519 keys only"
            )));
        }
        let id = one(private, AttributeType::Id)?;
        let mut template = vec![Attribute::Class(ObjectClass::PUBLIC_KEY)];
        template.extend(id);
        let public = session.find_objects(&template).map_err(failed)?;
        let [public] = public.as_slice() else {
            return Err(self.unavailable(format!(
                "it has {} public keys with the id of the private key, and must have one",
                public.len()
            )));
        };
        let public = match one(*public, AttributeType::EcPoint)? {
            Some(Attribute::EcPoint(point)) => of_point(&point),
            Some(_) | None => None,
        };
        let public = public.ok_or_else(|| {
            self.unavailable("its public key is not an acceptable one of Ed25519".to_owned())
        })?;
        Ok(Opened {
            session,
            private,
            public,
        })
    }

    fn unavailable(&self, why: String) -> SignerError {
        let holder = self.holder.clone();
        SignerError::Unavailable { holder, why }
    }

    fn failed(&self, error: &Error) -> SignerError {
        let holder = self.holder.clone();
        let Error::Pkcs11(code, _) = error else {
            return self.unavailable(error.to_string());
        };
        let words = REFUSALS.iter().find(|(known, _)| known == code);
        let Some((_, why)) = words else {
            return self.unavailable(error.to_string());
        };
        let why = (*why).to_owned();
        SignerError::Refused { holder, why }
    }
}

/// The key in a `CKA_EC_POINT`: 32 bytes, or those in an OCTET STRING, as older tokens have it.
fn of_point(point: &[u8]) -> Option<PublicKey> {
    let bytes = point.strip_prefix(&[4, 32]).unwrap_or(point);
    PublicKey::admit(bytes.try_into().ok()?).ok()
}
