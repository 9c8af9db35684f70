//! The verification of a bundle: twelve checks, each with a name, always in the same order.
//!
//! Nothing is taken from the bundle before the check that proves it: the tree size comes from the
//! checkpoint that the reader's policy accepts, the keys come from the chain that the record's entry
//! commits to, and what a person is shown is decoded from the very bytes that were signed.

mod beside;
mod chains;
mod erased;
mod related;
mod remarks;
mod standing;

use witnessmark_record::Record;
use witnessmark_verifier::{
    Charter, Entry, EntryKind, KeyChain, Origin, TlogProof, VerifiedCheckpoint,
};

use crate::bundle::{Bundle, BundleError, ProvenEntry};
use crate::evidence;
use crate::files::FileSource;
use crate::trust;
use crate::verdict::{Checklist, Failure, Stopped, Subject, Verdict};

use chains::Chains;

pub(crate) use beside::Fields;
pub(crate) use erased::{Told, by_whom};
pub(crate) use standing::StandingFacts;

/// Judges a bundle by the reader's own policy. Whatever the input is, the answer is a verdict.
pub fn verify_bundle(bundle: &[u8], policy: &[u8], files: &dyn FileSource) -> Verdict {
    let mut list = Checklist::new(Subject::Bundle);
    // A failure is in the list already; the list alone decides the word.
    match judge(&mut list, bundle, policy, files) {
        Ok(()) | Err(Stopped) => list.into_verdict(),
    }
}

/// The checks, in the order of [`BUNDLE_CHECKS`](crate::BUNDLE_CHECKS).
fn judge(
    list: &mut Checklist,
    bundle: &[u8],
    policy: &[u8],
    files: &dyn FileSource,
) -> Result<(), Stopped> {
    let bundle = list.record("format", read_bundle(bundle))?;
    let policy = trust::policy(list, policy)?;
    let text = match shared_checkpoint(&bundle) {
        Ok(text) => text,
        Err(failure) => return list.record("checkpoint", Err(failure)),
    };
    let checkpoint = trust::checkpoint(list, &policy, text)?;
    let ground = Ground {
        checkpoint: &checkpoint,
        text,
    };
    let charter = list.record("charter", prove_charter(&bundle, &ground))?;

    let record = list.record("inclusion", prove_record(&bundle, &ground))?;
    list.facts().index = Some(record.index);
    list.facts().registered_at = Some(record.entry.registered_at);

    let chains = list.record("key_chain", prove_chains(&bundle, &charter, &record))?;
    list.record("signatures", check_signatures(&chains, &record))?;
    list.facts().organisation = record.entry.org.as_ref().map(|org| org.as_str().to_owned());

    let content = list.record("record", read_record(&record, checkpoint.origin()))?;
    let related = related::prove(
        &bundle,
        &ground,
        &related::Around {
            charter: &charter,
            record: &record,
            content: &content,
            chains: &chains,
        },
    );
    let standing = list.record("related", related)?;
    let told = erased::told(
        &bundle,
        checkpoint.origin(),
        &record.entry,
        &standing.related,
    );
    let told = told.or_else(|failure| list.record("related", Err(failure)))?;
    let fields = list.record("disclosures", beside::disclosures(&bundle, &content, &told))?;
    let (beside, outcome) = beside::files(&bundle, &content, files, &told);
    list.facts().files.clone_from(&beside);
    list.record("files", outcome.map(|detail| ((), detail)))?;

    let signers = remarks::signers(&record.entry, chains.last(&record.entry));
    let found = evidence::Found {
        signers,
        fields,
        files: beside,
        standing,
        told,
    };
    let facts = evidence::record_facts(&record.entry, &content, found);
    list.facts().remarks = remarks::of(&facts, record.index, record.entry.registered_at);
    list.facts().record = Some(facts);
    Ok(())
}

/// The checkpoint that every proof of the bundle must carry, already accepted by the policy.
struct Ground<'a> {
    checkpoint: &'a VerifiedCheckpoint,
    text: &'a str,
}

/// An entry that is proved to be in the tree, and where.
struct Logged {
    index: u64,
    entry: Entry,
}

/// The charter, and the ledger's time of its entry.
struct ProvenCharter {
    charter: Charter,
    registered_at: u64,
}

impl Ground<'_> {
    /// The entry, once its proof holds. The error is what is wrong, to be read after a name.
    fn prove(&self, proven: &ProvenEntry) -> Result<Logged, String> {
        let proof = TlogProof::parse(&proven.proof).map_err(|error| error.to_string())?;
        if proof.note.source() != self.text {
            return Err("its proof carries another checkpoint".to_owned());
        }
        let verified = proof
            .verify_with(&proven.entry, self.checkpoint)
            .map_err(|error| error.to_string())?;
        let entry = Entry::parse(&proven.entry).map_err(|error| error.to_string())?;
        Ok(Logged {
            index: verified.index().get(),
            entry,
        })
    }
}

fn read_bundle(bytes: &[u8]) -> Result<(Bundle, String), Failure> {
    let bundle = Bundle::parse(bytes).map_err(|error| match error {
        BundleError::UnknownVersion => Failure::cannot_tell(error.to_string()),
        BundleError::TooLarge
        | BundleError::Malformed { .. }
        | BundleError::Value(_)
        | BundleError::Spelling(_)
        | BundleError::TooMany { .. } => Failure::not_verified(error.to_string()),
    })?;
    for proven in bundle.proven() {
        let proof = TlogProof::parse(&proven.proof)
            .map_err(|error| Failure::not_verified(format!("a proof is malformed: {error}")))?;
        if proof.extra.is_some() {
            return Err(Failure::not_verified(
                "a proof carries an extra line, which nothing signs",
            ));
        }
    }
    let detail = format!("a bundle in its one spelling, {} bytes", bytes.len());
    Ok((bundle, detail))
}

/// The text of the one checkpoint.
fn shared_checkpoint(bundle: &Bundle) -> Result<&str, Failure> {
    let mut shared = None;
    for proven in bundle.proven() {
        let proof = TlogProof::parse(&proven.proof)
            .map_err(|error| Failure::not_verified(format!("a proof is malformed: {error}")))?;
        if shared.is_some_and(|shared| shared != proof.note.source()) {
            return Err(Failure::not_verified(
                "the proofs carry different checkpoints",
            ));
        }
        shared = Some(proof.note.source());
    }
    shared.ok_or_else(|| Failure::not_verified("there is no checkpoint"))
}

fn prove_charter(bundle: &Bundle, ground: &Ground<'_>) -> Result<(ProvenCharter, String), Failure> {
    let fail = |what: &str| Failure::not_verified(format!("the charter: {what}"));
    let logged = ground.prove(&bundle.charter).map_err(|what| fail(&what))?;
    if logged.index != 0 {
        return Err(fail("its proof is not for entry 0"));
    }
    let charter = Charter::verify_entry(&logged.entry).map_err(|error| fail(&error.to_string()))?;
    if charter.origin != *ground.checkpoint.origin() {
        return Err(fail("it is the charter of another ledger"));
    }
    let detail = format!(
        "entry 0, signed by its registrars ({} of {} needed)",
        charter.threshold,
        charter.registrars.len()
    );
    Ok((
        ProvenCharter {
            charter,
            registered_at: logged.entry.registered_at,
        },
        detail,
    ))
}

fn prove_record(bundle: &Bundle, ground: &Ground<'_>) -> Result<(Logged, String), Failure> {
    let fail = |what: &str| Failure::not_verified(format!("the record: {what}"));
    let logged = ground.prove(&bundle.record).map_err(|what| fail(&what))?;
    if logged.entry.kind != EntryKind::Record {
        return Err(fail("the entry is not a record"));
    }
    let detail = format!(
        "entry {} of {}",
        logged.index,
        ground.checkpoint.head().size.get()
    );
    Ok((logged, detail))
}

fn prove_chains(
    bundle: &Bundle,
    charter: &ProvenCharter,
    record: &Logged,
) -> Result<(Chains, String), Failure> {
    let chains = Chains::replay(bundle, charter).map_err(Failure::not_verified)?;
    let chain = chains.at(&record.entry).map_err(Failure::not_verified)?;
    let detail = format!(
        "{}, replayed to key event {}",
        chain.org().as_str(),
        chain.seq()
    );
    Ok((chains, detail))
}

fn check_signatures(chains: &Chains, record: &Logged) -> Result<((), String), Failure> {
    let chain: &KeyChain = chains.at(&record.entry).map_err(Failure::not_verified)?;
    chain
        .check_record_entry(&record.entry)
        .map_err(|error| Failure::not_verified(format!("the record: {error}")))?;
    let count = record.entry.signatures.len();
    Ok((
        (),
        format!("{count} by active keys of {}", chain.org().as_str()),
    ))
}

fn read_record(record: &Logged, origin: &Origin) -> Result<(Record, String), Failure> {
    let content = evidence::read(&record.entry, origin)
        .map_err(|what| Failure::not_verified(format!("the record: {what}")))?;
    let detail = format!("canonical, of kind {}", content.kind().schema());
    Ok((content, detail))
}
