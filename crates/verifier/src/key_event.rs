//! Key events: the texts by which an organisation says which keys speak for it.

use alloc::{string::String, vec::Vec};

use crate::{
    Hash, KeyId, OrgName, PublicKey, TextError, decimal, sha256,
    text::{self, Lines},
};

/// The most bytes of a key's label: enough for a name, little enough for a line of a report.
pub const LABEL_BYTES_MAX: usize = 80;

const FIRST_LINE: &str = "witnessmark/key-event/v1";
const HEAD_PREFIX: &[u8] = b"witnessmark/key-chain/v1\n";

/// One event of an organisation's key chain, parsed; whether it follows is for the chain to judge.
///
/// One that was parsed keeps the rules given at the fields. One that was put together otherwise may
/// encode to a text that `parse` refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// Whose keys these are.
    pub org: OrgName,
    /// 1 for the genesis, then without a gap.
    pub seq: u32,
    /// The head of the chain before this event; zero before the genesis.
    pub prev: Hash,
    /// The signer's clock in milliseconds since 1970: a claim.
    pub time: u64,
    /// What changes.
    pub action: KeyAction,
}

/// What a key event changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// The organisation begins, with these roots.
    Genesis {
        /// How many roots must sign an event, from 1 to their number.
        threshold: u8,
        /// 1 to 16 root keys, ascending and unique.
        roots: Vec<PublicKey>,
    },
    /// A key may sign from here on.
    Add {
        /// The key.
        key: PublicKey,
        /// What it may sign.
        role: KeyRole,
        /// What people call it: not empty, at most 80 bytes of UTF-8 without control characters.
        ///
        /// The format also demands Unicode normalisation form C. Checking that needs tables that
        /// do not belong here, so the ledger checks it at admission and this crate does not.
        label: Option<String>,
    },
    /// A key may not sign from here on; what was admitted before stays valid.
    Revoke {
        /// The key.
        key_id: KeyId,
        /// Why.
        reason: RevokeReason,
        /// Since when somebody else may have used the key, in milliseconds since 1970. A warning
        /// for records registered after that time, never a failure.
        suspected_since: Option<u64>,
    },
    /// Other roots take over.
    RotateRoot {
        /// How many of the new roots must sign an event, from 1 to their number.
        threshold: u8,
        /// 1 to 16 root keys, ascending and unique.
        roots: Vec<PublicKey>,
    },
}

spelling! {
    /// What a key may sign.
    KeyRole: as_str -> &'static str, parse {
        /// Records, alone or with others.
        Record = "record",
        /// Records that a key of role record signs too.
        Countersign = "countersign",
    }
}

spelling! {
    /// Why a key was revoked.
    RevokeReason: as_str -> &'static str, parse {
        /// Another key took its place.
        Superseded = "superseded",
        /// The organisation no longer has it.
        Lost = "lost",
        /// Somebody else has it or may have it.
        Compromised = "compromised",
        /// What it was for has ended.
        Ceased = "ceased",
    }
}

impl KeyEvent {
    /// Reads the text of a key event.
    ///
    /// # Errors
    ///
    /// If the bytes are not exactly one key event in its one spelling, if a key is not admitted, or
    /// if an event that is not the first is a genesis or the first is none.
    pub fn parse(payload: &[u8]) -> Result<Self, KeyEventError> {
        let mut lines = Lines::open(payload)?;
        lines.fixed(FIRST_LINE)?;
        let org = lines.value("org", |value| OrgName::parse(value).ok())?;
        let seq = lines.value("seq", |value| u32::try_from(decimal::parse(value)?).ok())?;
        let prev = lines.value("prev", |value| Hash::parse_hex(value).ok())?;
        let time = lines.value("time", decimal::parse)?;
        let action = KeyAction::read(&mut lines)?;
        lines.end()?;
        let is_genesis = matches!(action, KeyAction::Genesis { .. });
        if seq == 0 || is_genesis != (seq == 1) {
            return Err(KeyEventError::Seq);
        }
        if is_genesis && prev != Hash::new([0; 32]) {
            return Err(KeyEventError::Prev);
        }
        Ok(Self {
            org,
            seq,
            prev,
            time,
            action,
        })
    }
}

impl KeyAction {
    fn read(lines: &mut Lines<'_>) -> Result<Self, KeyEventError> {
        match lines.value("do", Some)? {
            "genesis" => {
                let (threshold, roots) = lines.key_set("root")?;
                Ok(Self::Genesis { threshold, roots })
            }
            "add" => Self::read_add(lines),
            "revoke" => Self::read_revoke(lines),
            "rotate-root" => {
                let (threshold, roots) = lines.key_set("root")?;
                Ok(Self::RotateRoot { threshold, roots })
            }
            _ => Err(KeyEventError::Action),
        }
    }

    fn read_add(lines: &mut Lines<'_>) -> Result<Self, KeyEventError> {
        let (key, role) = lines.value("key", |value| value.split_once(' '))?;
        let key = text::public_key(key)?;
        let role = KeyRole::parse(role).ok_or(KeyEventError::Role)?;
        let label = lines.optional("label");
        if label.is_some_and(|label| !is_label(label)) {
            return Err(KeyEventError::Label);
        }
        Ok(Self::Add {
            key,
            role,
            label: label.map(String::from),
        })
    }

    fn read_revoke(lines: &mut Lines<'_>) -> Result<Self, KeyEventError> {
        let key_id = lines.value("key-id", |value| KeyId::parse_hex(value).ok())?;
        let reason = lines.value("reason", Some)?;
        let reason = RevokeReason::parse(reason).ok_or(KeyEventError::Reason)?;
        let since = lines.optional("suspected-since").map(decimal::parse);
        let since = since.map(|since| since.ok_or(KeyEventError::SuspectedSince));
        Ok(Self::Revoke {
            key_id,
            reason,
            suspected_since: since.transpose()?,
        })
    }
}

/// The head of a key chain after an event: it commits to the event and to all before it.
///
/// `event` is the SHA-256 of the event's PAE, which is also its record id.
pub fn key_chain_head(prev: &Hash, event: &Hash) -> Hash {
    sha256(&[HEAD_PREFIX, prev.as_bytes(), event.as_bytes()].concat())
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.len() <= LABEL_BYTES_MAX && !label.chars().any(char::is_control)
}

error! {
    /// Why bytes are not a key event.
    KeyEventError {
        /// The text has not the form of a key event, or a key in it is not admitted.
        Text <- error: TextError => "{error}",
        /// The number is zero, or a genesis is not the first event, or the first is no genesis.
        Seq => "event 1, and no other, is the genesis",
        /// The genesis follows something.
        Prev => "a genesis follows nothing, so its prev is 64 zeros",
        /// Nothing of this name can be done.
        Action => "the action is not genesis, add, revoke or rotate-root",
        /// No role has this name.
        Role => "the role is not record or countersign",
        /// The label is empty, too long, or has a control character.
        Label => "the label is not 1 to 80 bytes without control characters",
        /// No reason has this name.
        Reason => "the reason is not superseded, lost, compromised or ceased",
        /// The time since which a key is suspect is not a decimal.
        SuspectedSince => "suspected-since is not a decimal number of milliseconds",
    }
}
