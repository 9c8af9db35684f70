//! The limits of a witness that serves, each with its reason.

use std::time::Duration;

/// Requests at once on one connection of HTTP/2: with 256 connections, at most 128 MiB of requests.
pub(super) const STREAMS_MAX: u32 = 8;

/// Bytes of the headers of a request. The protocol uses none of its own.
pub(super) const HEADER_LIST_BYTES_MAX: u32 = 16 * 1024;

/// How often a silent connection of HTTP/2 is asked whether it is alive, and how long it may take to answer. One of HTTP/1.1 may be
/// silent for 30 s.
pub(super) const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
pub(super) const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long requests in progress may take to end once the witness is told to stop.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest `witness.toml`: some ten thousand logs.
pub(super) const SETTINGS_BYTES_MAX: u64 = 4 * 1024 * 1024;
