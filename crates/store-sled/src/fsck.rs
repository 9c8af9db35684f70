//! Everything that is stored, derived again from the bytes of the entries, and compared.
//!
//! Opening a store looks at its end. This looks at all of it, goes on after what is wrong, and says
//! where that is.

use std::ops::Range;

use witnessmark_log::Latest;
use witnessmark_merkle::{Frontier, NodeId};
use witnessmark_verifier::{Hash, LeafHash, RecordId, TreeHead};

use crate::anchor::{Anchor, Anchored};
use crate::folder::Folder;
use crate::run::RUN_WIDTH;
use crate::tile::{TILE_HASHES, TILE_HEIGHT, TILE_WIDTH, TileId};
use crate::view::View;

/// The most that is listed; the rest is counted.
const DAMAGE_MAX: usize = 100;

/// Something stored that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where: an entry, a tile, the record ids of a range of entries, or the whole.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

/// What a check of everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many entries the store says it has.
    pub size: u64,
    /// What is wrong, in the order of the log: the first 100, and what concerns the whole.
    pub damage: Vec<Damage>,
    /// How much more is wrong.
    pub left_out: u64,
}

impl Findings {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }

    /// Adds what concerns the whole, however much else there is.
    fn add_whole(&mut self, place: &str, what: String) {
        let place = place.to_owned();
        self.damage.push(Damage { place, what });
    }

    fn add(&mut self, place: impl Into<String>, what: impl Into<String>) {
        if self.damage.len() < DAMAGE_MAX {
            let (place, what) = (place.into(), what.into());
            self.damage.push(Damage { place, what });
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }
}

/// Sees every entry that can be read, in order, and says which record it is, or what is wrong with
/// it.
pub type Judge<'a> = dyn FnMut(u64, &[u8]) -> Result<RecordId, String> + 'a;

/// One pass over a store.
struct Pass<'a> {
    view: &'a View,
    found: Findings,
    frontier: Frontier,
    /// For each tile level from 1 the hashes of its last tile, and the tile's index.
    above: Vec<(u64, Vec<Hash>)>,
    /// The record ids of the entries since the last run; nothing where one is not known.
    ids: Vec<Option<RecordId>>,
    anchored: Option<TreeHead>,
    /// Whether a leaf is not known, so that there is no root.
    broken: bool,
}

/// Checks everything.
pub(crate) fn fsck(folder: &Folder, view: &View, judge: &mut Judge<'_>) -> Findings {
    let latest = view.latest();
    let size = latest.as_ref().map_or(0, Latest::size);
    let mut pass = Pass {
        view,
        found: Findings {
            size,
            ..Findings::default()
        },
        frontier: Frontier::new(),
        above: Vec::new(),
        ids: Vec::new(),
        anchored: None,
        broken: false,
    };
    match Anchor::open(&folder.anchor()) {
        Ok((_, Anchored::Commit { checkpoint, .. })) => pass.anchored = Some(*checkpoint.head()),
        Ok((_, Anchored::Nothing)) => {}
        Ok((_, Anchored::Missing)) => pass.found.add("anchor", "it is missing"),
        Ok((_, Anchored::Unreadable)) => pass.found.add("anchor", "it is damaged"),
        Err(error) => pass.found.add("anchor", error.to_string()),
    }
    let mut start = 0;
    while start < size {
        let end = size.min(start.saturating_add(TILE_WIDTH));
        pass.entries(start..end, judge);
        if end.is_multiple_of(RUN_WIDTH) || end == size {
            pass.record_ids(end);
        }
        start = end;
    }
    pass.heads(latest.as_ref());
    pass.found
}

impl Pass<'_> {
    /// The entries of one chunk, or those that wait for theirs.
    fn entries(&mut self, range: Range<u64>, judge: &mut Judge<'_>) {
        let stored = self.leaves(&range);
        let entries = self.view.entries(range.clone()).map_err(|error| {
            let place = format!("entries {} to {}", range.start, range.end.saturating_sub(1));
            self.found.add(place, error.to_string());
        });
        let mut entries = entries.unwrap_or_default().into_iter();
        let mut stored = stored.into_iter();
        for index in range {
            let (entry, leaf) = (entries.next(), stored.next());
            let place = || format!("entry {index}");
            let id = entry.as_ref().and_then(|entry| {
                let judged = judge(index, entry);
                judged.map_err(|what| self.found.add(place(), what)).ok()
            });
            self.ids.push(id);
            let own = entry.as_ref().map(|entry| LeafHash::of(entry));
            if own.is_some() && leaf.is_some() && own != leaf {
                self.found.add(place(), "it does not have its leaf hash");
            }
            // The hash that was stored goes on, so that one damaged entry is one finding.
            match leaf.or(own) {
                Some(leaf) if !self.broken => self.push(leaf),
                _ => self.broken = true,
            }
        }
    }

    /// The stored leaf hashes of a chunk; none for the entries that wait, or if they are not there.
    fn leaves(&mut self, range: &Range<u64>) -> Vec<LeafHash> {
        if range.end.saturating_sub(range.start) < TILE_WIDTH {
            return Vec::new();
        }
        let index = range.start / TILE_WIDTH;
        let id = TileId { level: 0, index };
        match self.view.tile(id) {
            Ok(tile) => {
                if !tile.agrees_with_itself() {
                    self.found
                        .add(tile_name(id), "it does not agree with itself");
                }
                tile.hashes()
                    .iter()
                    .map(|hash| LeafHash::new(*hash))
                    .collect()
            }
            Err(error) => {
                self.found.add(tile_name(id), error.to_string());
                Vec::new()
            }
        }
    }

    /// Takes the next leaf into the tree, and compares each tile above that it completes.
    fn push(&mut self, leaf: LeafHash) {
        let mut complete = Vec::new();
        let above = &mut self.above;
        self.frontier.push(leaf, &mut |node: NodeId, hash| {
            let level = usize::from(node.level / TILE_HEIGHT);
            if level == 0 || !node.level.is_multiple_of(TILE_HEIGHT) {
                return;
            }
            above.resize_with(above.len().max(level), Default::default);
            if let Some((index, hashes)) = above.get_mut(level.saturating_sub(1)) {
                hashes.push(hash);
                if hashes.len() == TILE_HASHES {
                    let level = node.level / TILE_HEIGHT;
                    let id = TileId {
                        level,
                        index: *index,
                    };
                    complete.push((id, std::mem::take(hashes)));
                    *index = index.saturating_add(1);
                }
            }
        });
        for (id, hashes) in complete {
            let wrong = match self.view.tile(id) {
                Ok(tile) if tile.hashes() != hashes => {
                    Some("its hashes are not those of the tiles below it".to_owned())
                }
                Ok(tile) if !tile.agrees_with_itself() => {
                    Some("it does not agree with itself".to_owned())
                }
                Ok(_) if !self.view.group_is_right(id) => {
                    Some("it does not say where its chunks begin".to_owned())
                }
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            };
            if let Some(what) = wrong {
                self.found.add(tile_name(id), what);
            }
        }
        self.check_anchor();
    }

    /// Compares the root with the anchor's, at the anchor's size.
    fn check_anchor(&mut self) {
        let head = |anchored: &TreeHead| anchored.size.get() == self.frontier.size();
        if let Some(anchored) = self.anchored.filter(head)
            && self.frontier.root() != anchored.root
        {
            let (size, root) = (anchored.size, self.frontier.root());
            let what = format!(
                "it says that the root of {size} entries was {}, and they have {root}",
                anchored.root
            );
            self.found.add_whole("anchor", what);
        }
    }

    /// Compares the record ids up to `end` with what the entries are.
    fn record_ids(&mut self, end: u64) {
        let ids = std::mem::take(&mut self.ids);
        let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let first = end.saturating_sub(count);
        let place = format!("record ids of entries {first} to {}", end.saturating_sub(1));
        let stored = match self.view.run_ids(first / RUN_WIDTH) {
            Ok(stored) => stored,
            Err(error) => return self.found.add(place, error.to_string()),
        };
        if stored.len() != ids.len() {
            let (has, wants) = (stored.len(), ids.len());
            self.found.add(place, format!("there are {has} of {wants}"));
        }
        for (index, (id, stored)) in (first..).zip(ids.iter().zip(&stored)) {
            if id.is_some_and(|id| id != *stored) {
                let what = format!("in the index it is record {stored}, and its bytes are another");
                self.found.add(format!("entry {index}"), what);
            }
            match self.view.found_elsewhere(stored, index) {
                Ok(None) => {}
                Ok(Some(other)) => self.found.add(
                    format!("entry {index}"),
                    format!("its record is that of entry {other} too"),
                ),
                Err(error) => self.found.add(format!("entry {index}"), error.to_string()),
            }
        }
    }

    /// The root of all entries is the checkpoint's, and the anchor is of this log.
    fn heads(&mut self, latest: Option<&Latest>) {
        let root = self.frontier.root();
        let Some(latest) = latest else {
            return;
        };
        let head = latest.checkpoint.head();
        if self.broken {
            let what = "it cannot be computed: leaf hashes are missing";
            self.found.add_whole("root", what.to_owned());
        } else if root != head.root {
            let what = format!(
                "that of the entries is {root}, and the checkpoint has {}",
                head.root
            );
            self.found.add_whole("root", what);
        }
        if let Some(anchored) = self.anchored
            && anchored.size > head.size
        {
            let what = format!(
                "it says that there were {} entries, and the store has {}",
                anchored.size, head.size
            );
            self.found.add_whole("anchor", what);
        }
    }
}

fn tile_name(id: TileId) -> String {
    format!("tile {} of level {}", id.index, id.level)
}
