//! What is asked of a store before anything is signed with it: is it whole, and does it hold
//! everything that the anchor says was acknowledged?
//!
//! The answer `no` is a sentence for the operator. The store is then served for reading only: to
//! sign a second tree of a size that was signed before would be worse than to stop.

use witnessmark_log::{Latest, StoreError};
use witnessmark_merkle::RootPlan;
use witnessmark_verifier::Hash;

use crate::anchor::Anchored;
use crate::folder::Folder;
use crate::view::View;

/// Why nothing may be written, or `Ok` if nothing is wrong. `whole` says whether everything could
/// be read that is kept in memory.
pub(crate) fn examine(
    folder: &Folder,
    view: &View,
    latest: Option<&Latest>,
    anchored: &Anchored,
    whole: Result<(), StoreError>,
) -> Result<(), String> {
    match (anchored, latest) {
        (Anchored::Missing, _) => return Err(without_anchor(folder, "is missing", latest)),
        (Anchored::Unreadable, _) => return Err(without_anchor(folder, "is damaged", latest)),
        (Anchored::Nothing, None) => return Ok(()),
        (Anchored::Nothing, Some(_)) => {}
        (Anchored::Commit { checkpoint, .. }, None) => {
            let (size, root) = (checkpoint.head().size.get(), checkpoint.head().root);
            return Err(format!(
                "the store is empty and its anchor says that it held {size} entries with root \
                 {root}: {}; {}",
                entries_missing(0, size),
                rebuild(size, &root)
            ));
        }
        (Anchored::Commit { epoch, checkpoint }, Some(latest)) => {
            let (size, root) = (checkpoint.head().size.get(), checkpoint.head().root);
            check_anchor(view, latest, (*epoch, size, root))?;
        }
    }
    latest.map_or(Ok(()), |latest| check_itself(view, latest, whole))
}

/// The store goes at least as far as the anchor and has the anchor's root at the anchor's size.
fn check_anchor(
    view: &View,
    latest: &Latest,
    (epoch, size, root): (u64, u64, Hash),
) -> Result<(), String> {
    let (has, has_root) = (latest.size(), latest.checkpoint.head().root);
    if has < size {
        return Err(format!(
            "the store holds {has} entries with root {has_root} and its anchor says that it held \
             {size} with root {root}: {}; {}",
            entries_missing(has, size),
            rebuild(size, &root)
        ));
    }
    let found = root_at(view, size).map_err(|error| {
        format!(
            "the root at size {size} cannot be computed: {error}; {}",
            rebuild(size, &root)
        )
    })?;
    if found != root {
        return Err(format!(
            "the store holds {has} entries, and the root of the first {size} is {found}; its \
             anchor says that it was {root}: the entries are not those that were acknowledged; {}",
            rebuild(size, &root)
        ));
    }
    if latest.epoch < epoch {
        return Err(format!(
            "the store holds all {has} entries, and its last commit is of epoch {} where its \
             anchor has {epoch}: a commit that was synced is gone, so the disk or its file system \
             is not to be trusted; {}",
            latest.epoch,
            rebuild(size, &root)
        ));
    }
    Ok(())
}

/// The head's root is that of the stored nodes, and the last entries have their leaf hashes.
fn check_itself(view: &View, latest: &Latest, whole: Result<(), StoreError>) -> Result<(), String> {
    let (size, root) = (latest.size(), latest.checkpoint.head().root);
    let check = || -> Result<(), StoreError> {
        whole?;
        let found = root_at(view, size)?;
        if found != root {
            let text = format!("the stored nodes have root {found} and the checkpoint {root}");
            return Err(StoreError::Corrupt(text));
        }
        view.check(view.tail_start()..size).map(drop)
    };
    check().map_err(|error| {
        format!(
            "the store of {size} entries is damaged: {error}; {}",
            rebuild(size, &root)
        )
    })
}

fn root_at(view: &View, size: u64) -> Result<Hash, StoreError> {
    let plan = RootPlan::new(size);
    let hashes = view.nodes(plan.nodes())?;
    plan.assemble(&hashes)
        .map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn without_anchor(folder: &Folder, what: &str, latest: Option<&Latest>) -> String {
    let holds = latest.map_or_else(
        || "no entries".to_owned(),
        |latest| {
            format!(
                "{} entries with root {}",
                latest.size(),
                latest.checkpoint.head().root
            )
        },
    );
    format!(
        "the anchor {} {what}, so nothing outside the store says how many entries it must hold; \
         it holds {holds}. Compare that with a checkpoint kept elsewhere (an export, a mirror, a \
         client), and rebuild the store and its anchor from an export that is at least as long",
        folder.anchor().display()
    )
}

/// How many entries are missing, and which.
fn entries_missing(has: u64, size: u64) -> String {
    let last = size.saturating_sub(1);
    match size.saturating_sub(has) {
        1 => format!("1 entry is missing, with index {last}"),
        missing => format!("{missing} entries are missing, with indexes {has} to {last}"),
    }
}

fn rebuild(size: u64, root: &Hash) -> String {
    format!(
        "nothing is signed. Copy the folder, then rebuild the store from an export or a mirror \
         until its root at size {size} is {root}"
    )
}
