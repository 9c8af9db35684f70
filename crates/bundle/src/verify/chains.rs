//! The key chains of a bundle, replayed: the state of each at every point that an entry relies on.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_record::check_label;
use witnessmark_verifier::{Entry, KeyChain, KeyId, OrgName};

use crate::bundle::{Bundle, BundledChain};

use super::ProvenCharter;

/// Every chain of a bundle, good from its first event to its last.
#[derive(Debug)]
pub(super) struct Chains {
    by_org: BTreeMap<OrgName, Replayed>,
}

#[derive(Debug)]
struct Replayed {
    /// The chain after each event that some entry of the bundle names, with the keys alone that signed such entries.
    at: BTreeMap<u32, KeyChain>,
    /// The chain after the last event of the bundle: what became of its keys since.
    last: KeyChain,
    /// The ledger's times of the events; they only ever grow.
    times: Vec<u64>,
}

impl Chains {
    /// Replays every chain of the bundle. The error is what is wrong.
    pub(super) fn replay(bundle: &Bundle, charter: &ProvenCharter) -> Result<Self, String> {
        let needed = needed(bundle);
        let mut by_org = BTreeMap::new();
        let mut before: Option<&OrgName> = None;
        for chain in &bundle.key_chains {
            if before.is_some_and(|before| *before >= chain.org) {
                return Err("the organisations of key_chains are not ascending".to_owned());
            }
            before = Some(&chain.org);
            let replayed = Replayed::replay(chain, charter, &needed)
                .map_err(|what| format!("{}: {what}", chain.org.as_str()))?;
            by_org.insert(chain.org.clone(), replayed);
        }
        Ok(Self { by_org })
    }

    /// The chain as the ledger knew it when it admitted `entry`, if the entry says the same and its
    /// time fits between the events around it.
    pub(super) fn at(&self, entry: &Entry) -> Result<&KeyChain, String> {
        let org = entry
            .org
            .as_ref()
            .ok_or("the entry names no organisation")?;
        let name = org.as_str();
        let replayed = self
            .by_org
            .get(org)
            .ok_or_else(|| format!("{name}: its key chain is missing from the bundle"))?;
        let seq = entry.org_key_seq;
        let chain = replayed.at.get(&seq).ok_or_else(|| {
            format!(
                "{name}: its key chain does not reach key event {seq}, which an entry relies on"
            )
        })?;
        if chain.head() != entry.org_key_head {
            return Err(format!(
                "{name}: the key chain of the bundle is not the one that the entry commits to"
            ));
        }
        let after = usize::try_from(seq).map_err(|_| "the key chain is too long")?;
        let too_early = after
            .checked_sub(1)
            .and_then(|i| replayed.times.get(i))
            .is_some_and(|t| *t > entry.registered_at);
        let too_late = replayed
            .times
            .get(after)
            .is_some_and(|t| *t < entry.registered_at);
        if too_early || too_late {
            return Err(format!(
                "{name}: the times of its key events do not fit the entry's time"
            ));
        }
        Ok(chain)
    }

    /// The chain of the entry's organisation after the last event of the bundle.
    pub(super) fn last(&self, entry: &Entry) -> Option<&KeyChain> {
        Some(&self.by_org.get(entry.org.as_ref()?)?.last)
    }

    /// The organisations whose chains the bundle holds.
    pub(super) fn organisations(&self) -> impl Iterator<Item = &OrgName> {
        self.by_org.keys()
    }
}

impl Replayed {
    fn replay(
        chain: &BundledChain,
        charter: &ProvenCharter,
        needed: &Needed,
    ) -> Result<Self, String> {
        let mut last = KeyChain::new(chain.org.clone());
        let mut at = BTreeMap::new();
        let mut times = Vec::new();
        let mut before = charter.registered_at;
        for (place, bytes) in (1_u32..).zip(&chain.events) {
            let entry = Entry::parse(bytes).map_err(|e| format!("key event {place}: {e}"))?;
            let event = last
                .apply_entry(&charter.charter, &entry)
                .map_err(|error| format!("key event {place}: {error}"))?;
            check_label(&event).map_err(|error| format!("key event {place}: {error}"))?;
            if entry.registered_at < before {
                return Err(format!(
                    "key event {place}: it was registered before the one it follows"
                ));
            }
            before = entry.registered_at;
            times.push(entry.registered_at);
            // A copy of the whole chain for each of them would be as large as all of them together.
            if let Some(signers) = needed.get(&(chain.org.clone(), last.seq())) {
                at.insert(last.seq(), last.only(signers));
            }
        }
        Ok(Self { at, last, times })
    }
}

/// The points of chains that entries name, and the keys that signed these entries.
type Needed = BTreeMap<(OrgName, u32), BTreeSet<KeyId>>;

/// Every point of a chain that an entry of the bundle names. An entry that cannot be read names none
/// here, and is refused where it is proved.
fn needed(bundle: &Bundle) -> Needed {
    let mut needed = Needed::new();
    for entry in bundle
        .proven()
        .filter_map(|it| Entry::parse(&it.entry).ok())
    {
        let Some(org) = entry.org else {
            continue;
        };
        let signers = entry.signatures.iter().map(|signature| signature.key_id);
        let point = needed.entry((org, entry.org_key_seq)).or_default();
        point.extend(signers);
    }
    needed
}
