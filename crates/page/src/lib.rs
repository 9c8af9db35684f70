//! The page that checks a bundle in a browser, from disk and without a network.
//!
//! It is a second implementation of the verifier, written in JavaScript from `docs/FORMAT.md`: the modules are in `web/`. The
//! build joins them into one document without any address in it.
