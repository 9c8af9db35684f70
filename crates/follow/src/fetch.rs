//! One answer of a server at a time, bounded in length and time, and asked for again when that may help.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

/// How often something is asked for before it counts as not to be had.
pub const TRIES: u32 = 4;

/// How long one answer may take: the largest bundle of entries has 16 MiB.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// How long nothing at all may come of an answer.
const SILENT_WITHIN: Duration = Duration::from_secs(20);

/// How long it may take until a connection stands.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// The wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait that a server may ask for with `Retry-After`.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Where a log is published: the prefix below which `checkpoint` and `tile` lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogAddress(Url);

/// Why this is not the address of a published log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address that starts with http:// or https://, without ? and #")]
pub struct AddressError(String);

/// Why there is no answer that can be used. Each names the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No answer came, or it broke off, or it took too long.
    #[error("{url}: {why}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// The server answered with something else than the file.
    #[error("{url}: the server answers with status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
    },
    /// The answer is longer than such a file can be.
    #[error("{url}: the answer is longer than {max} bytes, which no such file is")]
    TooLong {
        /// What was asked for.
        url: String,
        /// The limit.
        max: usize,
    },
}

impl LogAddress {
    /// The log at the prefix `url`.
    ///
    /// # Errors
    ///
    /// It is not an address of HTTP, or has a query or a fragment.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let bad = || AddressError(url.to_owned());
        let mut parsed = Url::parse(url).map_err(|_| bad())?;
        let is_plain = matches!(parsed.scheme(), "http" | "https")
            && parsed.host().is_some()
            && parsed.query().is_none()
            && parsed.fragment().is_none();
        if !is_plain {
            return Err(bad());
        }
        // What is joined goes below the last segment.
        parsed
            .path_segments_mut()
            .map_err(|()| bad())?
            .pop_if_empty()
            .push("");
        Ok(Self(parsed))
    }

    /// The address, with a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Fetches the files of one log. Clones share their connections, which are kept open.
#[derive(Clone, Debug)]
pub struct Fetcher {
    http: Client,
    address: LogAddress,
}

impl Fetcher {
    /// What fetches from `address`. It follows no redirects: a log is where its operator says.
    ///
    /// # Errors
    ///
    /// [`FetchError::Unreachable`] if the system's roots of trust cannot be read.
    pub fn new(address: LogAddress) -> Result<Self, FetchError> {
        let http = client(&address.0)?;
        Ok(Self { http, address })
    }

    /// Where it fetches from.
    pub const fn address(&self) -> &LogAddress {
        &self.address
    }

    /// The bytes at `path` below the address, at most `max` of them; `None` when the server says that there is no such file.
    ///
    /// What may pass, such as a server that is busy, is tried again, as late as the server asks for, up to [`TRIES`] times.
    ///
    /// # Errors
    ///
    /// There is no answer that can be used.
    pub async fn get(&self, path: &str, max: usize) -> Result<Option<Vec<u8>>, FetchError> {
        let url = self.address.0.join(path).map_err(|error| {
            let url = self.address.as_str().to_owned();
            let why = error.to_string();
            FetchError::Unreachable { url, why }
        })?;
        let mut wait = FIRST_WAIT;
        for left in (0..TRIES).rev() {
            let (error, asked) = match self.try_once(&url, max).await {
                Ok(found) => return Ok(found),
                Err(Tried::Over(error)) => return Err(error),
                Err(Tried::Again(error, asked)) => (error, asked),
            };
            if left == 0 {
                return Err(error);
            }
            tokio::time::sleep(asked.unwrap_or(wait).max(wait).min(WAIT_MAX)).await;
            wait = wait.saturating_mul(2);
        }
        // Not reached: the last try returns.
        let why = "not tried".to_owned();
        let url = url.to_string();
        Err(FetchError::Unreachable { url, why })
    }

    async fn try_once(&self, url: &Url, max: usize) -> Result<Option<Vec<u8>>, Tried> {
        let sent = self.http.get(url.clone()).send().await;
        let mut response = sent.map_err(|error| Tried::Again(unreachable(url, &error), None))?;
        let status = response.status();
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if status != StatusCode::OK {
            let asked = asked_wait(&response);
            let error = FetchError::Status {
                url: url.to_string(),
                status: status.as_u16(),
            };
            let may_pass = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(if may_pass {
                Tried::Again(error, asked)
            } else {
                Tried::Over(error)
            });
        }
        let mut body = Vec::new();
        loop {
            let part = response.chunk().await;
            let Some(part) = part.map_err(|error| Tried::Again(unreachable(url, &error), None))?
            else {
                return Ok(Some(body));
            };
            if body.len().saturating_add(part.len()) > max {
                let url = url.to_string();
                return Err(Tried::Over(FetchError::TooLong { url, max }));
            }
            body.extend_from_slice(&part);
        }
    }
}

/// What asks, for as long as it takes within the limits. It follows no redirects.
pub(crate) fn client(url: &Url) -> Result<Client, FetchError> {
    // An error says that the process has chosen its provider already, which then is this one.
    let chosen = rustls::crypto::ring::default_provider().install_default();
    drop(chosen);
    let http = Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        .timeout(ANSWER_WITHIN)
        .read_timeout(SILENT_WITHIN)
        .redirect(Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .user_agent(concat!("witnessmark/", env!("CARGO_PKG_VERSION")))
        .build();
    http.map_err(|error| unreachable(url, &error))
}

/// How a try ended without a file.
enum Tried {
    /// Another try may help, after a wait if the server has asked for one.
    Again(FetchError, Option<Duration>),
    Over(FetchError),
}

/// The seconds of `Retry-After`. A date there is left aside, because no clock is read here.
fn asked_wait(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

fn unreachable(url: &Url, error: &reqwest::Error) -> FetchError {
    FetchError::Unreachable {
        url: url.to_string(),
        why: cause(error),
    }
}

/// The innermost cause says what went wrong; those around it only that a request did.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() {
        "no whole answer in time".to_owned()
    } else if error.source().is_some() {
        cause.to_string()
    } else {
        "the answer cannot be read".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_prefix_of_http() {
        for (url, prefix) in [
            ("http://a.example", "http://a.example/"),
            ("https://a.example:8/log/", "https://a.example:8/log/"),
            ("https://a.example/log", "https://a.example/log/"),
        ] {
            assert_eq!(LogAddress::parse(url).unwrap().as_str(), prefix);
        }
        for url in [
            "",
            "a.example",
            "ftp://a",
            "http://",
            "http://a?b",
            "http://a#b",
        ] {
            assert_eq!(LogAddress::parse(url), Err(AddressError(url.to_owned())));
        }
    }
}
