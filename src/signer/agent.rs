//! Keys in an ssh-agent: which it has, and a signature by one of them.
//!
//! Two requests of the agent protocol (draft-ietf-sshm-ssh-agent) are all that is needed: which keys are there, and sign this. The
//! agent signs the bytes it is given with plain Ed25519, so what it signs is what a key in a file signs.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use witnessmark_verifier::{KeyId, PublicKey, base64, sha256};

use super::{Signer, SignerError};
use crate::config;
use crate::public_key::of_ssh_blob;

/// How the agent is called in messages.
const HOLDER: &str = "the ssh-agent";
/// How long the agent may take, which may ask a person for leave. Less than a ledger gives a whole commit.
const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest answer that is read: OpenSSH's own limit.
const ANSWER_BYTES_MAX: u32 = 256 * 1024;

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const FAILURE: u8 = 5;
const ED25519: &[u8] = b"ssh-ed25519";

/// A key that an agent holds.
#[derive(Clone, Debug)]
pub(crate) struct AgentKey {
    socket: PathBuf,
    /// The public key as SSH writes it, by which the agent knows it.
    blob: Vec<u8>,
    public: PublicKey,
}

/// Why there is no such key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AgentError {
    /// No agent is named.
    #[error("the variable SSH_AUTH_SOCK names no ssh-agent")]
    NoAgent,
    /// The agent cannot be asked.
    #[error(transparent)]
    Agent(#[from] SignerError),
    /// It has no such key.
    #[error("the ssh-agent has no key `{wanted}`; it has: {there}")]
    NoKey {
        /// What was asked for.
        wanted: String,
        /// The keys it has.
        there: String,
    },
    /// Several of its keys have this comment.
    #[error("the ssh-agent has several keys with the comment `{0}`")]
    Several(String),
    /// The key is of another type, or the rule for keys does not admit it.
    #[error("the key `{wanted}` of the ssh-agent is of no use here: {why}")]
    Unusable {
        /// What was asked for.
        wanted: String,
        /// Its type, or what is wrong with it.
        why: String,
    },
}

/// One line of the agent's list.
struct Identity {
    blob: Vec<u8>,
    comment: String,
}

impl Identity {
    /// `SHA256:` and the digest in base64 without padding, as `ssh-add -l` prints it.
    fn fingerprint(&self) -> String {
        let digest = base64::encode(sha256(&self.blob).as_bytes());
        format!("SHA256:{}", digest.trim_end_matches('='))
    }

    /// The type of the key, the first string of the blob.
    fn kind(&self) -> String {
        let mut rest = self.blob.as_slice();
        let kind = string(&mut rest).unwrap_or_default();
        String::from_utf8_lossy(kind).into_owned()
    }

    fn is(&self, wanted: &str) -> bool {
        let id = of_ssh_blob(&self.blob).map(|key| KeyId::of(&key).to_string());
        self.fingerprint() == wanted || id.as_deref() == Some(wanted) || self.comment == wanted
    }
}

impl AgentKey {
    /// The key with this fingerprint, key id or comment.
    ///
    /// # Errors
    ///
    /// When there is no agent, it has no such key or several, or the key is of another type.
    pub(crate) fn find(wanted: &str) -> Result<Self, AgentError> {
        let socket = config::agent_socket().ok_or(AgentError::NoAgent)?;
        let answer = ask(&socket, &[REQUEST_IDENTITIES])?;
        let identities = identities(&answer).ok_or_else(not_understood)?;
        let mut found = identities.iter().filter(|one| one.is(wanted));
        let Some(identity) = found.next() else {
            let there = identities.iter();
            let there: Vec<String> = there
                .map(|one| format!("{} {} ({})", one.fingerprint(), one.comment, one.kind()))
                .collect();
            return Err(AgentError::NoKey {
                wanted: wanted.to_owned(),
                there: if there.is_empty() {
                    "none".to_owned()
                } else {
                    there.join(", ")
                },
            });
        };
        if found.next().is_some() {
            return Err(AgentError::Several(wanted.to_owned()));
        }
        let unusable = |why: String| AgentError::Unusable {
            wanted: wanted.to_owned(),
            why,
        };
        let kind = || {
            format!(
                "it is of type {}, and a ledger takes ssh-ed25519 only",
                identity.kind()
            )
        };
        let key = of_ssh_blob(&identity.blob).ok_or_else(|| unusable(kind()))?;
        let public = PublicKey::admit(&key).map_err(|error| unusable(error.to_string()))?;
        Ok(Self {
            socket,
            blob: identity.blob.clone(),
            public,
        })
    }
}

impl Signer for AgentKey {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        let mut request = vec![SIGN_REQUEST];
        for part in [self.blob.as_slice(), message] {
            push_string(&mut request, part);
        }
        // No flags: they choose among the ways of RSA.
        request.extend_from_slice(&[0; 4]);
        let answer = ask(&self.socket, &request)?;
        signature(&answer).ok_or_else(|| SignerError::NotASignature {
            holder: HOLDER.to_owned(),
        })
    }
}

/// Sends one request and reads the answer to it.
fn ask(socket: &PathBuf, request: &[u8]) -> Result<Vec<u8>, SignerError> {
    let answer = exchange(socket, request).map_err(|error| of_io(&error))?;
    if answer.first() == Some(&FAILURE) {
        let why = "it said no: the key may be locked, gone, or somebody declined".to_owned();
        return Err(SignerError::Refused {
            holder: HOLDER.to_owned(),
            why,
        });
    }
    Ok(answer)
}

fn exchange(socket: &PathBuf, request: &[u8]) -> io::Result<Vec<u8>> {
    let too_long = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut framed = Vec::with_capacity(request.len().saturating_add(4));
    push_string(&mut framed, request);
    stream.write_all(&framed)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > ANSWER_BYTES_MAX {
        return Err(too_long("its answer is too long"));
    }
    let mut answer = Vec::new();
    let read = stream.take(u64::from(length)).read_to_end(&mut answer)?;
    if u32::try_from(read) != Ok(length) {
        return Err(too_long("its answer was cut short"));
    }
    Ok(answer)
}

fn of_io(error: &io::Error) -> SignerError {
    let holder = HOLDER.to_owned();
    // A read that runs into its limit would have blocked.
    if matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    ) {
        let after = TIMEOUT;
        return SignerError::TimedOut { holder, after };
    }
    let why = error.to_string();
    SignerError::Unavailable { holder, why }
}

fn not_understood() -> SignerError {
    SignerError::Unavailable {
        holder: HOLDER.to_owned(),
        why: "its answer is not one of the agent protocol".to_owned(),
    }
}

fn identities(answer: &[u8]) -> Option<Vec<Identity>> {
    let mut rest = answer.strip_prefix(&[IDENTITIES_ANSWER])?;
    let (count, after) = rest.split_first_chunk::<4>()?;
    rest = after;
    let mut all = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let blob = string(&mut rest)?.to_vec();
        let comment = String::from_utf8_lossy(string(&mut rest)?).into_owned();
        all.push(Identity { blob, comment });
    }
    rest.is_empty().then_some(all)
}

/// The signature in an answer: a string of two, the type and the 64 bytes.
fn signature(answer: &[u8]) -> Option<[u8; 64]> {
    let mut rest = answer.strip_prefix(&[SIGN_RESPONSE])?;
    let mut inner = string(&mut rest)?;
    let kind = string(&mut inner)?;
    let bytes = string(&mut inner)?;
    let whole = rest.is_empty() && inner.is_empty() && kind == ED25519;
    whole.then_some(())?;
    bytes.try_into().ok()
}

/// The next string: its length in four bytes, and the bytes.
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (bytes, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

fn push_string(out: &mut Vec<u8>, bytes: &[u8]) {
    // What is signed is far below four gigabytes; a length that does not fit is refused by the agent.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_form_is_no_signature() {
        let mut inner = Vec::new();
        push_string(&mut inner, ED25519);
        push_string(&mut inner, &[7; 64]);
        let mut answer = vec![SIGN_RESPONSE];
        push_string(&mut answer, &inner);
        assert_eq!(signature(&answer), Some([7; 64]));
        for place in 0..answer.len() {
            assert_eq!(signature(&answer[..place]), None, "{place}");
        }
        let mut longer = answer.clone();
        longer.push(0);
        assert_eq!(signature(&longer), None);
        let mut other = answer;
        other[9] ^= 1;
        assert_eq!(signature(&other), None);
    }

    #[test]
    fn a_list_that_lies_about_its_length_is_refused() {
        let mut list = vec![IDENTITIES_ANSWER, 0, 0, 0, 1];
        push_string(&mut list, b"blob");
        push_string(&mut list, b"comment");
        assert_eq!(identities(&list).unwrap().len(), 1);
        list[4] = 2;
        assert!(identities(&list).is_none());
        list[1] = 0xff;
        assert!(identities(&list).is_none());
    }
}
