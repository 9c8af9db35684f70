//! The thread without the ledger's help: every entry is read, so that none can be left out.

use witnessmark_client::Client;
use witnessmark_keychain::Keychain;
use witnessmark_thread::{Node, Records};
use witnessmark_verifier::{Entry, EntryKind, LeafIndex, TreeSize};

use super::{Found, not_verified};
use crate::cli::client_trouble;
use crate::output::{Failure, Output};

/// Reads all entries up to `at`, or up to the latest size, and checks every signature.
///
/// # Errors
///
/// When the ledger breaks off or does not verify.
pub(super) async fn read(
    client: &Client,
    at: Option<u64>,
    output: &Output,
) -> Result<Found, Failure> {
    let start = LeafIndex::new(0);
    let mut pages = client
        .entries(start, at.map(TreeSize::new))
        .await
        .map_err(client_trouble)?;
    let bar = output.progress(at.unwrap_or(0), "reading");
    let mut keychain = Keychain::new();
    let (mut size, mut checkpoint) = (0, None);
    let (mut nodes, mut unread) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await.map_err(client_trouble)? {
        for bytes in &page.entries {
            match check(&mut keychain, size, bytes) {
                Ok(Read::Record(node)) => nodes.push(*node),
                Ok(Read::Unreadable) => unread.push(size),
                Ok(Read::Other) => {}
                Err(problem) => return Err(not_verified(&format!("entry {size}"), problem)),
            }
            size += 1;
            bar.inc(1);
        }
        checkpoint = Some(page.checkpoint);
    }
    bar.finish_and_clear();
    let Some(checkpoint) = checkpoint else {
        return Err(not_verified("", "the log is empty"));
    };
    let charter = keychain.charter();
    if charter.is_none_or(|charter| charter.origin != *checkpoint.origin()) {
        return Err(not_verified(
            "entry 0",
            "it is the charter of another ledger",
        ));
    }
    Ok(Found {
        checkpoint,
        size,
        records: nodes.into_iter().collect::<Records>(),
        unread,
        more: false,
    })
}

enum Read {
    Record(Box<Node>),
    /// A record that this version cannot read.
    Unreadable,
    Other,
}

/// One entry, which follows those before it, and is signed as it must be if it is a record.
fn check(keychain: &mut Keychain, index: u64, bytes: &[u8]) -> Result<Read, String> {
    let entry = Entry::parse(bytes).map_err(|error| error.to_string())?;
    let replayed = keychain.replay(index, &entry);
    replayed.map_err(|error| error.to_string())?;
    if entry.kind != EntryKind::Record {
        return Ok(Read::Other);
    }
    let org = entry.org.as_ref();
    let chain = org.and_then(|org| keychain.organisation(org));
    let chain = chain.ok_or("nobody signed it")?;
    let signed = chain.check_record_entry(&entry);
    signed.map_err(|error| error.to_string())?;
    let node = Node::of(index, &entry).map(Box::new);
    Ok(node.map_or(Read::Unreadable, Read::Record))
}
