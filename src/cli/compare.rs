//! `compare`: two checkpoints of one ledger, as two people got them; and a proof if they cannot both be honest.

mod export;
mod input;

use std::path::{Path, PathBuf};

use serde_json::json;
use witnessmark_bundle::{
    Contradiction, FindingWord, Misbehaviour, ProvedLeaf, judge_misbehaviour,
};
use witnessmark_client::{Client, ClientError, EntrySelector, Reason};
use witnessmark_verifier::{ConsistencyProof, Hash, LeafIndex, TreeHead, VerifierKey, empty_root};

use super::files::{self, TEXT_BYTES_MAX};
use super::{LedgerOptions, client_trouble, connect, misbehaviour};
use crate::output::{Failure, Outcome, Report, Trouble};
use input::Statement;

/// Compare two checkpoints.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  witnessmark compare mine.checkpoint theirs.checkpoint --policy trust.policy
  witnessmark compare 2024.bundle.json 2026.bundle.json --policy trust.policy --evidence http://127.0.0.1:7480
  witnessmark compare misbehaviour-unproved-0123456789ab.json --policy trust.policy --evidence mirror/export

Each file is a signed checkpoint or a bundle. Of one size, two roots are proof that the ledger signed two histories. Of two \\
sizes, a ledger or an export has to be named that shows how they belong together: it need not be trusted, for what it shows \\
is checked. The proof is written to a file that anybody can check: witnessmark verify FILE --policy POLICY.

Ends with 0 when both belong to one history, 3 when it is proved that they do not, 2 when that cannot be told, and 1 when a \\
checkpoint is not signed as the policy demands. The witnesses of the policy are not asked for.")]
pub(super) struct Arguments {
    /// Two files, each a signed checkpoint or a bundle; or one file of misbehaviour, which holds two checkpoints.
    #[arg(required = true, num_args = 1..=2, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A ledger's address or the folder of an export that shows how two sizes belong together.
    #[arg(long, value_name = "URL_OR_DIR")]
    evidence: Option<String>,
    /// Where the proof is written, if there is one; a new file in the current folder if left out. Nothing is overwritten.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// Compares the checkpoints.
///
/// # Errors
///
/// When a file cannot be read or does not hold signed checkpoints of one ledger, or the evidence cannot be had.
pub(super) async fn run(arguments: &Arguments) -> Result<Report, Failure> {
    let policy_path = &arguments.ledger.policy;
    let (policy, bytes) = (
        files::read_policy(policy_path)?,
        files::read_bytes(policy_path, TEXT_BYTES_MAX)?,
    );
    let (key, [mut old, mut new]) = input::read(&arguments.files, &policy)?;
    if old.head.size > new.head.size {
        std::mem::swap(&mut old, &mut new);
    }
    if old.head == new.head {
        return Ok(one_history(&key, [&old, &new], "both name the same tree"));
    }
    let proof = if old.head.size == new.head.size {
        Some(proof_of(&old, &new.note, Contradiction::TwoRoots))
    } else {
        two_entries(&old, &new)
    };
    let conclusion = match (proof, &arguments.evidence) {
        (Some(proof), _) => Conclusion::Contradiction(proof),
        (None, None) => Conclusion::Open(
            "the sizes differ, and nothing here shows how the two trees belong together".to_owned(),
        ),
        (None, Some(evidence)) => {
            let source = Source::open(evidence, arguments, &key).await?;
            examine(&source, [&old, &new]).await?
        }
    };
    match conclusion {
        Conclusion::OneHistory => Ok(one_history(&key, [&old, &new], "the smaller tree is the beginning of the larger one",
        )),
        Conclusion::Contradiction(proof) => write(&proof, arguments, &bytes),
        Conclusion::Open(why) => Err(Failure::cannot_tell(
            Trouble::new("NOT_SHOWN", "", why).fix(
                "name a ledger, or a folder made by witnessmark export, that has more entries: --evidence URL-OR-DIR",
            ),
        )),
    }
}

/// What a comparison comes to.
enum Conclusion {
    OneHistory,
    Contradiction(Misbehaviour),
    Open(String),
}

/// Somebody who has the entries, and need not be trusted.
enum Source {
    Ledger(Box<Client>),
    Export(PathBuf, Box<VerifierKey>),
}

/// What the first entries of a source's tree are.
struct Beginning {
    root: Hash,
    /// That they are the beginning of the tree in the note.
    consistency: ConsistencyProof,
    head: TreeHead,
    note: String,
}

impl Source {
    async fn open(what: &str, arguments: &Arguments, key: &VerifierKey) -> Result<Self, Failure> {
        if super::audit::is_address(what) {
            let ledger = &arguments.ledger;
            let client = connect(what, &ledger.policy, ledger.memory()).await?;
            return Ok(Self::Ledger(Box::new(client)));
        }
        Ok(Self::Export(
            Path::new(what).to_owned(),
            Box::new(key.clone()),
        ))
    }

    /// What its first entries are; nothing when it has fewer.
    async fn beginning(&self, head: &TreeHead) -> Result<Option<Beginning>, Failure> {
        match self {
            Self::Ledger(client) => of_ledger(client, head).await.map_err(client_trouble),
            Self::Export(folder, key) => export::beginning(folder, key, head.size.get()),
        }
    }
}

async fn of_ledger(client: &Client, head: &TreeHead) -> Result<Option<Beginning>, ClientError> {
    // Every tree begins with the empty one; asked for size 0, the ledger takes its latest.
    if head.size.get() == 0 {
        let checkpoint = client.checkpoint().await?;
        return Ok(Some(Beginning {
            root: empty_root(),
            consistency: ConsistencyProof::new(Vec::new()),
            head: *checkpoint.head(),
            note: checkpoint.note().to_owned(),
        }));
    }
    let first = EntrySelector::Index(LeafIndex::new(0));
    match client.inclusion_proof(first, Some(head.size)).await {
        Ok(proved) => Ok(Some(Beginning {
            root: proved.head.root,
            consistency: proved.consistency,
            head: *proved.checkpoint.head(),
            note: proved.checkpoint.note().to_owned(),
        })),
        Err(ClientError::Refused(refusal)) if refusal.reason == Reason::SizeBeyondLog => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether both are beginnings of the source's tree. Then the smaller is the beginning of the larger; and if one is not, the source's own
/// checkpoint contradicts it.
async fn examine(source: &Source, statements: [&Statement; 2]) -> Result<Conclusion, Failure> {
    let mut beyond = None;
    for statement in statements {
        let head = &statement.head;
        match source.beginning(head).await? {
            None => beyond = Some(head.size),
            Some(beginning) if beginning.root == head.root => {}
            Some(beginning) => {
                let shown_by = if beginning.head.size == head.size {
                    Contradiction::TwoRoots
                } else {
                    Contradiction::TwoBeginnings {
                        root: beginning.root,
                        consistency: beginning.consistency,
                    }
                };
                let proof = proof_of(statement, &beginning.note, shown_by);
                return Ok(Conclusion::Contradiction(proof));
            }
        }
    }
    Ok(beyond.map_or(Conclusion::OneHistory, |size| {
        Conclusion::Open(format!(
            "the evidence has fewer than {size} entries, so it does not show how the two trees belong together"
        ))
    }))
}

fn proof_of(statement: &Statement, note: &str, shown_by: Contradiction) -> Misbehaviour {
    Misbehaviour::of([statement.note.clone(), note.to_owned()], shown_by)
}

/// Two bundles may show different entries at one index.
fn two_entries(old: &Statement, new: &Statement) -> Option<Misbehaviour> {
    let pairs = old
        .leaves
        .iter()
        .flat_map(|one| new.leaves.iter().map(move |two| (one, two)));
    let mut differing =
        pairs.filter(|((one, first), (two, second))| one == two && first.leaf != second.leaf);
    let ((index, first), (_, second)) = differing.next()?;
    let leaves: [ProvedLeaf; 2] = [first.clone(), second.clone()];
    let shown_by = Contradiction::TwoEntries {
        index: *index,
        leaves,
    };
    Some(proof_of(old, &new.note, shown_by))
}

fn one_history(key: &VerifierKey, statements: [&Statement; 2], why: &str) -> Report {
    let origin = key.name().as_str();
    let sizes = statements.map(|it| it.head.size.get());
    let [first, second] = sizes;
    let text = format!(
        "one history: the checkpoints of {first} and {second} entries that the key of the ledger {} signed belong together; {why}",
        witnessmark_bundle::quote(origin)
    );
    let json = json!({ "verdict": "one_history", "origin": origin, "sizes": sizes, "why": why });
    Report::done(text, json)
}

/// Nothing is called a proof that the check of such files does not call one.
fn write(proof: &Misbehaviour, arguments: &Arguments, policy: &[u8]) -> Result<Report, Failure> {
    let text = proof.encode().unwrap_or_default();
    let finding = judge_misbehaviour(text.as_bytes(), policy);
    let mut report = misbehaviour::of_finding(&finding);
    if finding.word != FindingWord::Proved {
        // The evidence was not what it seemed, such as a bundle with entries that are not in its tree.
        report.outcome = Outcome::CannotTell;
        return Ok(report);
    }
    let path = misbehaviour::write(proof, arguments.out.as_deref(), Path::new(""))?;
    report.text = format!(
        "{}\n\nproof written to {}\n  next: give it to others who use the ledger; each checks it with a policy of their own",
        report.text.trim_end(),
        path.display()
    );
    if let Some(members) = report.json.as_object_mut() {
        members.insert("file".to_owned(), json!(path));
    }
    Ok(report)
}
