//! A verified copy of a log, kept and served.

mod serve;

pub(crate) use serve::serve;
