//! Posting a document of JSON to an address.

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use crate::fetch::{FetchError, cause, client};

/// An address that takes documents of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAddress(Url);

/// Why documents cannot be posted there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address that starts with http:// or https://")]
pub struct WebhookAddressError(String);

impl WebhookAddress {
    /// The address `url`. It may have a query.
    ///
    /// # Errors
    ///
    /// It is not an address of HTTP.
    pub fn parse(url: &str) -> Result<Self, WebhookAddressError> {
        let parsed = Url::parse(url).ok();
        let is_http = |it: &Url| matches!(it.scheme(), "http" | "https") && it.host().is_some();
        let parsed = parsed.filter(is_http).map(Self);
        parsed.ok_or_else(|| WebhookAddressError(url.to_owned()))
    }
}

/// Posts to an address.
#[derive(Clone, Debug)]
pub struct Webhook {
    http: reqwest::Client,
    url: Url,
}

impl Webhook {
    /// What posts to `address`. It follows no redirects.
    ///
    /// # Errors
    ///
    /// [`FetchError::Unreachable`] if the system's roots of trust cannot be read.
    pub fn new(WebhookAddress(url): WebhookAddress) -> Result<Self, FetchError> {
        let http = client(&url)?;
        Ok(Self { http, url })
    }

    /// Posts `json` once. Of the answer only the status is looked at.
    ///
    /// # Errors
    ///
    /// It was not taken: no answer, or a status that is not one of success.
    pub async fn post(&self, json: &[u8]) -> Result<(), FetchError> {
        // What follows the host may be a secret, so it stands in no message.
        let url = self.url.origin().ascii_serialization();
        let request = self.http.post(self.url.clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .body(json.to_vec());
        let response = request.send().await.map_err(|error| {
            let why = cause(&error);
            let url = url.clone();
            FetchError::Unreachable { url, why }
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let status = status.as_u16();
        Err(FetchError::Status { url, status })
    }
}
