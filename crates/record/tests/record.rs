//! What the crate promises, from outside: canonical bytes, validation, JSON, plain words, the schema's own rules.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails in a helper of a test fails the test"
)]

#[path = "record/canonical.rs"]
mod canonical;
#[path = "record/disclosure.rs"]
mod disclosure;
#[path = "record/document.rs"]
mod document;
#[path = "record/every_code.rs"]
mod every_code;
#[path = "record/json.rs"]
mod json;
#[path = "record/plain_words.rs"]
mod plain_words;
#[path = "record/sample.rs"]
mod sample;
#[path = "record/schema.rs"]
mod schema;
#[path = "record/unchanged.rs"]
mod unchanged;
#[path = "record/withheld.rs"]
mod withheld;
