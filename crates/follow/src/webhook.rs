//! Posting a document of JSON to an address.

use reqwest::header::CONTENT_TYPE;

use crate::fetch::{FetchError, LogAddress, client, unreachable};

/// An address that takes documents of JSON.
#[derive(Clone, Debug)]
pub struct Webhook {
    http: reqwest::Client,
    address: LogAddress,
}

impl Webhook {
    /// What posts to `address`. It follows no redirects.
    ///
    /// # Errors
    ///
    /// [`FetchError::Unreachable`] if the system's roots of trust cannot be read.
    pub fn new(address: LogAddress) -> Result<Self, FetchError> {
        let http = client(&address)?;
        Ok(Self { http, address })
    }

    /// Posts `json` once. Of the answer only the status is looked at.
    ///
    /// # Errors
    ///
    /// It was not taken: no answer, or a status that is not one of success.
    pub async fn post(&self, json: &[u8]) -> Result<(), FetchError> {
        let url = self.address.given().clone();
        let request = self.http.post(url.clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .body(json.to_vec());
        let sent = request.send().await;
        let status = sent.map_err(|error| unreachable(&url, &error))?.status();
        if status.is_success() {
            return Ok(());
        }
        let (url, status) = (url.to_string(), status.as_u16());
        Err(FetchError::Status { url, status })
    }
}
