//! The tests of the verifier, in one binary, so that it is linked once.

mod bounds;
mod charter;
mod ed25519;
mod evidence_bytes;
mod evidence_texts;
mod evidence_vectors;
mod key_chain;
mod notes;
mod policy;
mod properties;
mod tree;
mod vectors;
mod words;
