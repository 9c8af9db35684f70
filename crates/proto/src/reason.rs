//! The one list of reasons for which the ledger refuses something.
//!
//! gRPC errors, answers within a stream, the command line and its JSON output all use these words.
//! `docs/ERRORS.md` is written from this file: `cargo run -p witnessmark-proto --example
//! errors_md`.

use std::fmt;

use tonic::Code;

/// Defines [`Reason`] and everything that lists its variants, so that none can be forgotten.
macro_rules! reasons {
    ($($variant:ident $name:literal $code:ident $meaning:literal $remedy:literal;)+) => {
        /// Why the ledger refused something: what programs decide by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Reason {
            $(#[doc = $meaning] $variant,)+
        }

        impl Reason {
            /// All reasons, in the order of the document.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The reason's name as it travels in `google.rpc.ErrorInfo`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The gRPC status code that goes with the reason.
            pub const fn code(self) -> Code {
                match self { $(Self::$variant => Code::$code,)+ }
            }

            /// What the reason means, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }

            /// What the caller can do about it, in one sentence.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }
        }
    };
}

reasons! {
    RequestMalformed "REQUEST_MALFORMED" InvalidArgument
        "The request is not the declared message, or one of its fields cannot be what it must be."
        "Correct the fields that are named.";
    RequestEmpty "REQUEST_EMPTY" InvalidArgument
        "The stream ended without a single record."
        "Send at least one record.";
    StreamIdle "STREAM_IDLE" DeadlineExceeded
        "The stream stood still for too long; what was answered is logged."
        "Open another stream, and submit what was not answered again.";
    EntryTooLarge "ENTRY_TOO_LARGE" InvalidArgument
        "The entry would be longer than 65,535 bytes, or the request longer than the server reads."
        "Name files by their digests instead of including them, or split the record.";
    PayloadTypeUnknown "PAYLOAD_TYPE_UNKNOWN" InvalidArgument
        "The payload type is not one that this call logs."
        "Submit records and key events with their own payload types, each through its own call.";
    RecordMalformed "RECORD_MALFORMED" InvalidArgument
        "The payload is not a protobuf message of the record schema."
        "Make the record with a current client.";
    RecordNotCanonical "RECORD_NOT_CANONICAL" InvalidArgument
        "The payload is a record, and not in its one canonical form."
        "Encode the record canonically, and sign those bytes.";
    RecordUnknownField "RECORD_UNKNOWN_FIELD" InvalidArgument
        "The payload holds a field that this version of the record schema does not have."
        "Remove the field, or submit to a ledger that knows it.";
    RecordKindUnknown "RECORD_KIND_UNKNOWN" InvalidArgument
        "The record is of no kind of evidence that this version knows, or of none at all."
        "Use one of the kinds of the record schema.";
    RecordInvalid "RECORD_INVALID" InvalidArgument
        "The record breaks rules of the record schema; every broken rule is named with its field."
        "Correct the named fields, and sign the record again.";
    OriginMismatch "ORIGIN_MISMATCH" InvalidArgument
        "The record was signed for another ledger."
        "Submit it to the ledger whose origin it names, or sign it for this one.";
    OrganisationMismatch "ORGANISATION_MISMATCH" InvalidArgument
        "The organisation of the request is not the organisation inside the signed payload."
        "Name the organisation that signed.";
    OrganisationUnknown "ORGANISATION_UNKNOWN" NotFound
        "The organisation has not been admitted to this ledger."
        "Have its genesis key event signed by the registrars, and submit that first.";
    SignatureMissing "SIGNATURE_MISSING" PermissionDenied
        "The payload carries no signature."
        "Sign it with an active key of the organisation.";
    SignatureBad "SIGNATURE_BAD" PermissionDenied
        "A signature does not verify under the key it names."
        "Sign the exact payload bytes again.";
    SignatureDuplicate "SIGNATURE_DUPLICATE" PermissionDenied
        "Two signatures are by the same key."
        "Keep one signature of each key.";
    KeyUnknown "KEY_UNKNOWN" PermissionDenied
        "A signature names a key that the organisation does not have."
        "Add the key to the organisation first, or sign with one that it has.";
    KeyRevoked "KEY_REVOKED" PermissionDenied
        "A signature is by a key that has been revoked."
        "Have an active key with the role record sign the same payload, and leave the revoked key's signature out: `witnessmark record countersign --without KEY_ID`.";
    KeyRoleNotAllowed "KEY_ROLE_NOT_ALLOWED" PermissionDenied
        "No signature is by a key with the role record; keys that countersign cannot stand alone."
        "Add a signature by a key with the role record.";
    KeyEventMalformed "KEY_EVENT_MALFORMED" InvalidArgument
        "The payload is not a key event in its one spelling."
        "Make the key event with a current client.";
    KeyEventOutOfOrder "KEY_EVENT_OUT_OF_ORDER" FailedPrecondition
        "The key event does not follow the last event of the organisation's key chain."
        "Read the chain's current head, and make and sign the event again.";
    KeyEventThreshold "KEY_EVENT_THRESHOLD" PermissionDenied
        "Too few of the roots, or of the registrars, have signed the key event."
        "Collect the missing signatures.";
    KeyEventRefused "KEY_EVENT_REFUSED" PermissionDenied
        "The key chain does not allow this event."
        "The message says which rule; make another event.";
    RecordNotFound "RECORD_NOT_FOUND" NotFound
        "The ledger has no entry with this record id."
        "Check the record id; submit the record if it was never logged.";
    IndexBeyondLog "INDEX_BEYOND_LOG" OutOfRange
        "The index is at or beyond the size asked for."
        "Ask for an index below the size.";
    SizeBeyondLog "SIZE_BEYOND_LOG" OutOfRange
        "The size is beyond the latest published checkpoint, or the range or pair of sizes is in the wrong order."
        "Ask for sizes up to the latest checkpoint, the smaller first.";
    BundleTooLarge "BUNDLE_TOO_LARGE" OutOfRange
        "The record has more related records than one bundle may hold."
        "Make the bundle from an export of the log.";
    ThreadTooLarge "THREAD_TOO_LARGE" OutOfRange
        "More records are linked directly with the subject than one answer may hold."
        "Read the thread from the whole log: `witnessmark thread --whole-log`.";
    QueueFull "QUEUE_FULL" ResourceExhausted
        "More submissions are waiting than the ledger takes, of everybody or of this organisation; nothing was written for this one."
        "Wait for as long as `RetryInfo` says, and submit again.";
    StorageFull "STORAGE_FULL" ResourceExhausted
        "The ledger's disk is too full to log anything more."
        "Tell the operator; reading goes on.";
    ClockBehind "CLOCK_BEHIND" Unavailable
        "The ledger's clock is behind the time of its last entry; nothing was written."
        "Tell the operator to set the clock; reading goes on.";
    SignerUnavailable "SIGNER_UNAVAILABLE" Unavailable
        "What holds the ledger's key gave no signature; nothing was written."
        "Submit again later; the operator looks after the agent or token that holds the key.";
    LedgerReadOnly "LEDGER_READ_ONLY" Unavailable
        "The ledger is open for reading only."
        "Tell the operator, who finds the cause in the message.";
    LedgerContradicted "LEDGER_CONTRADICTED" Unavailable
        "A witness has cosigned a later or another state of this ledger than the one that is here, so nothing more is signed."
        "Tell the operator, who finds in the message what is missing and the way back; reading goes on.";
    WitnessesUnreachable "WITNESSES_UNREACHABLE" Unavailable
        "The ledger has started and not yet heard from its witnesses what it signed last, so it signs nothing yet."
        "Submit again later, or tell the operator; reading goes on.";
    NotWitnessed "NOT_WITNESSED" Unavailable
        "The ledger's witnesses have not cosigned in time; what was submitted is logged, at the index that the message names."
        "Submit it again to wait on, or take the proof without the witnesses.";
    NoWitnesses "NO_WITNESSES" FailedPrecondition
        "A checkpoint with a quorum of witnesses was asked for, and this ledger asks no witness."
        "Ask without, or with a policy that asks for no witness.";
    LedgerHalted "LEDGER_HALTED" Unavailable
        "The ledger stopped writing because it does not know whether its last write succeeded."
        "Submit again after the operator has restarted it; what was logged will be recognised.";
    ServerStopping "SERVER_STOPPING" Unavailable
        "The server is shutting down."
        "Call again when it is back; what was logged will be recognised when it is submitted again.";
    StoreUnreadable "STORE_UNREADABLE" Unavailable
        "The ledger's disk could not be read."
        "Try again, and tell the operator.";
    StoreCorrupt "STORE_CORRUPT" DataLoss
        "What is stored contradicts itself."
        "Tell the operator: the ledger needs an audit.";
    ServerFault "SERVER_FAULT" Internal
        "The server broke one of its own rules; the operator's log has the details."
        "Tell the operator, with the time of the call.";
}

impl Reason {
    /// The reason with this name, if this version knows it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.name() == name)
    }

    /// Whether the same submission may be taken later, without a person doing anything about it. A program repeats
    /// these by itself; every other refusal stands.
    pub const fn may_pass(self) -> bool {
        matches!(
            self,
            Self::QueueFull
                | Self::StreamIdle
                | Self::ServerStopping
                | Self::WitnessesUnreachable
                | Self::NotWitnessed
                | Self::LedgerHalted
                | Self::StoreUnreadable
        )
    }

    /// Whether the submitter has not shown that the organisation's keys allow a record.
    pub const fn is_of_keys(self) -> bool {
        matches!(
            self,
            Self::OrganisationUnknown
                | Self::SignatureMissing
                | Self::SignatureBad
                | Self::SignatureDuplicate
                | Self::KeyUnknown
                | Self::KeyRevoked
                | Self::KeyRoleNotAllowed
        )
    }

    /// The text of `docs/ERRORS.md`.
    pub fn document() -> String {
        let lines = Self::ALL.iter().map(|reason| {
            let (meaning, remedy) = (reason.meaning(), reason.remedy());
            let code = code_name(reason.code());
            format!("| `{reason}` | {code} | {meaning} | {remedy} |\n")
        });
        std::iter::once(DOCUMENT_HEAD.to_owned())
            .chain(lines)
            .collect()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const DOCUMENT_HEAD: &str = "\
# Errors

Every refusal by the ledger has one reason from this list. Programs decide by the reason; the message
beside it is for people and may change.

A refused call ends with a gRPC status whose details hold a `google.rpc.ErrorInfo` (`reason` from this
list, `domain` always `witnessmark`), for fields at fault a `google.rpc.BadRequest` with one violation
for each problem (`field` is the path, `description` is `CODE: rule. remedy`), and for `QUEUE_FULL` a
`google.rpc.RetryInfo`, whose `retry_delay` is computed from how much waits and how fast that gets less
([OVERLOAD.md](OVERLOAD.md)). Within `SubmitRecords` the same facts come as a `Refusal`. The command line
prints the reason, and `--json` has it in `reason`.

Two answers come from the transport and have no reason: `OUT_OF_RANGE` for a message longer than the
server reads, and `CANCELLED` for a call whose deadline has passed.

`witnessmark submit` repeats by itself what was refused with `QUEUE_FULL`, `STREAM_IDLE`, `SERVER_STOPPING`,
`WITNESSES_UNREACHABLE`, `NOT_WITNESSED`, `LEDGER_HALTED` or `STORE_UNREADABLE`, and what had no answer. Every other refusal stands.

This file is written from `crates/proto/src/reason.rs`.

| Reason | gRPC code | What it means | What to do |
|---|---|---|---|
";

/// The code's name as the gRPC documents spell it.
const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_unique_and_parses_to_its_reason() {
        let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.name()), Some(*reason));
            assert_ne!(reason.code(), Code::Ok);
        }
        assert_eq!(Reason::parse("RECORD_TOO_SAD"), None);
    }

    #[test]
    fn the_document_names_what_is_repeated() {
        let (_, rest) = DOCUMENT_HEAD.split_once("repeats by itself").unwrap();
        let (named, _) = rest.split_once("Every other").unwrap();
        for reason in Reason::ALL {
            let is_named = named.contains(&format!("`{reason}`"));
            assert_eq!(is_named, reason.may_pass(), "{reason}");
        }
    }

    #[test]
    fn names_are_what_the_variants_say() {
        for reason in Reason::ALL {
            let joined = reason.name().replace('_', "").to_lowercase();
            assert_eq!(joined, format!("{reason:?}").to_lowercase());
        }
    }

    #[test]
    fn the_document_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ERRORS.md");
        let stored = std::fs::read_to_string(path).expect("docs/ERRORS.md can be read");
        assert_eq!(
            stored,
            Reason::document(),
            "run: cargo run -p witnessmark-proto --example errors_md"
        );
    }
}
