//! Plain HTTP as a stranger speaks it: one request on a connection.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(it, _)| *it == name).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there twice");
        value
    }

    /// The body, which is text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The same, after a look at the status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        let told = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{} {told}", self.head);
        self
    }
}

/// Asks the server at `url`. Nothing when it breaks the connection off.
pub(crate) fn try_ask(url: &str, method: &str, path: &str, body: &[u8]) -> Option<Answer> {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).ok()?;
    let patience = Some(Duration::from_secs(60));
    stream.set_read_timeout(patience).unwrap();
    // Of HTTP/1.0, so that the answer is not cut into chunks and ends with the connection.
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n");
    // A server that has read enough to refuse may not read the rest.
    drop(stream.write_all(&[head.as_bytes(), body].concat()));
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = str::from_utf8(&answer[..end]).unwrap().to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = answer[end + 4..].to_vec();
    read.is_ok().then_some(Answer { status, head, body })
}

#[track_caller]
pub(crate) fn get(url: &str, path: &str) -> Answer {
    try_ask(url, "GET", path, b"").expect("an answer")
}

#[track_caller]
pub(crate) fn post(url: &str, path: &str, body: &[u8]) -> Answer {
    try_ask(url, "POST", path, body).expect("an answer")
}
