//! The service as a caller meets it: the real daemon over gRPC, through the client that verifies
//! and through a bare one.

mod answers;
mod devices;
mod discovery;
mod key_events;
mod ledger;
mod liar;
mod overload;
mod refusals;
mod streams;
mod trust;
