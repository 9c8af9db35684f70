//! Asking one witness for its cosignature (C2SP tlog-witness, `add-checkpoint`).
//!
//! A witness is believed in nothing but its signature. Whatever it answers is bounded in length and time; a cosignature is
//! checked before it is handed out; a size that it names is only where the next proof starts, or a reason to stop and look.

mod answer;

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use witnessmark_tlog::{AddCheckpoint, Encode as _};
use witnessmark_verifier::{NoteAlgorithm, TreeSize, VerifierKey};

pub use answer::{Answer, AskError, Cosigned, Expected};

/// How long a witness may take for one answer. It makes one signature and one sync.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// How long it may take until a connection stands.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The most bytes of an answer that are read: many times the signature lines of one witness.
pub const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// For how long a connection is kept that nothing is asked over. Longer than a ledger is silent.
const KEEP_IDLE: Duration = Duration::from_secs(90);

/// Who is asked, and where: the submission prefix of tlog-witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessAddress {
    key: VerifierKey,
    url: Url,
}

/// Why this is not a witness that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The key is not one for cosignatures.
    #[error("the key is a log's (type 01); use the witness's key (type 04)")]
    NotAWitnessKey,
    /// The address is not one of HTTP.
    #[error("{0:?} is not an address that starts with http:// or https://, without ? and #")]
    Url(String),
}

impl WitnessAddress {
    /// The witness with this key at the submission prefix `url`.
    ///
    /// # Errors
    ///
    /// The key or the address is not one of a witness.
    pub fn new(key: VerifierKey, url: &str) -> Result<Self, AddressError> {
        if key.algorithm() != NoteAlgorithm::CosignatureEd25519 {
            return Err(AddressError::NotAWitnessKey);
        }
        let bad = || AddressError::Url(url.to_owned());
        let mut parsed = Url::parse(url).map_err(|_| bad())?;
        let is_plain = matches!(parsed.scheme(), "http" | "https")
            && parsed.host().is_some()
            && parsed.query().is_none()
            && parsed.fragment().is_none();
        if !is_plain {
            return Err(bad());
        }
        let mut path = parsed.path_segments_mut().map_err(|()| bad())?;
        path.pop_if_empty().push("add-checkpoint");
        drop(path);
        Ok(Self { key, url: parsed })
    }

    /// The key that its cosignatures are by.
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// What is asked, with the name of the call.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }
}

/// Asks witnesses. Clones share their connections, which are kept open.
#[derive(Debug, Clone)]
pub struct Asker {
    http: Client,
}

impl Asker {
    /// What asks these witnesses. It follows no redirects: a witness is where its operator says, and a redirected POST would be
    /// something else.
    ///
    /// # Errors
    ///
    /// [`AskError::Unreachable`] if one of them is at `https://` and the system's roots of trust cannot be read.
    pub fn new<'a>(
        witnesses: impl IntoIterator<Item = &'a WitnessAddress>,
    ) -> Result<Self, AskError> {
        // An error says that the process has chosen its provider already, which then is this one.
        let chosen = rustls::crypto::ring::default_provider().install_default();
        drop(chosen);
        let http = Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .pool_idle_timeout(KEEP_IDLE)
            .pool_max_idle_per_host(1)
            .tcp_nodelay(true)
            .redirect(Policy::none())
            .referer(false)
            .user_agent(concat!("witnessmark/", env!("CARGO_PKG_VERSION")));
        let mut addresses = witnesses.into_iter();
        let http = if addresses.any(|witness| witness.url.scheme() == "https") {
            http
        } else {
            // A machine without roots of trust is good enough then.
            http.tls_certs_only([])
        };
        Ok(Self {
            http: http.build().map_err(|error| unreachable(&error))?,
        })
    }

    /// Asks the witness once for its cosignature of a checkpoint. `now_s` is the time in seconds since 1970.
    ///
    /// # Errors
    ///
    /// There is no answer that can be used, and why.
    pub async fn ask(
        &self,
        witness: &WitnessAddress,
        request: &AddCheckpoint<'_>,
        last_time_s: Option<u64>,
        now_s: u64,
    ) -> Result<Answer, AskError> {
        let sent = self.http.post(witness.url.clone()).body(request.encode());
        let mut response = sent.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        let is_size = is_size(&response);
        let body = body(&mut response).await?;
        let expected = Expected {
            key: &witness.key,
            old: request.old,
            checkpoint: request.checkpoint,
            last_time_s,
            now_s,
        };
        expected.read(status, is_size, &body)
    }
}

/// Whether the answer says that it is the size of a tree.
fn is_size(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/x.tlog.size")
}

async fn body(response: &mut Response) -> Result<Vec<u8>, AskError> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|it| unreachable(&it))? {
        if body.len().saturating_add(part.len()) > ANSWER_BYTES_MAX {
            return Err(AskError::TooLong);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// The innermost cause says what went wrong; those around it only that a request did.
fn unreachable(error: &reqwest::Error) -> AskError {
    if error.is_timeout() {
        return AskError::Unreachable(format!("no answer within {} s", ANSWER_WITHIN.as_secs()));
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let what = if error.source().is_some() {
        cause.to_string()
    } else {
        // Without the address, which whoever reports it knows.
        error.to_string()
    };
    AskError::Unreachable(what)
}

/// The size from which a first request starts, when nothing is known of a witness.
pub const NEVER_ASKED: TreeSize = TreeSize::new(0);

#[cfg(test)]
mod tests {
    use witnessmark_verifier::{Origin, PublicKey};

    use super::*;

    fn key(algorithm: NoteAlgorithm) -> VerifierKey {
        let public = ed25519_dalek::SigningKey::from_bytes(&[5; 32]).verifying_key();
        let public = PublicKey::admit(public.as_bytes()).unwrap();
        VerifierKey::new(Origin::parse("w1.example").unwrap(), algorithm, public)
    }

    #[test]
    fn an_address_is_a_prefix_of_http_and_a_key_for_cosignatures() {
        let of = |url| WitnessAddress::new(key(NoteAlgorithm::CosignatureEd25519), url);
        for (url, whole) in [
            ("http://a.example", "http://a.example/add-checkpoint"),
            (
                "https://a.example:8/w/",
                "https://a.example:8/w/add-checkpoint",
            ),
        ] {
            assert_eq!(of(url).unwrap().url(), whole);
        }
        for url in [
            "",
            "a.example",
            "ftp://a.example",
            "http://",
            "http://a?b",
            "http://a#b",
        ] {
            assert_eq!(of(url), Err(AddressError::Url(url.to_owned())));
        }
        let log = WitnessAddress::new(key(NoteAlgorithm::Ed25519), "http://a.example");
        assert_eq!(log, Err(AddressError::NotAWitnessKey));
    }
}
