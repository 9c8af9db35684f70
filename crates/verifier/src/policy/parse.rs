//! The text of a trust policy, read strictly: a misread policy trusts whom its author does not.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

use super::quorum::{Member, MemberKind, Quorum};
use super::{POLICY_BYTES_MAX, TrustPolicy};
use crate::error::error;
use crate::{NoteAlgorithm, VerifierKey, VerifierKeyError, decimal};

const NONE: &str = "none";

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The line, from 1; the last line when something is missing from the whole.
    pub line: usize,
    /// What is wrong.
    pub kind: PolicyErrorKind,
}

error! {
    /// What is wrong with a line of a policy. Displayed with what to do about it.
    PolicyErrorKind {
        /// The policy is longer than 100,000 bytes.
        TooLong => "the policy is longer than 100,000 bytes; shorten it",
        /// A control character other than a tab.
        ControlCharacter => "a control character; keep to spaces, tabs and line feeds",
        /// The last line does not end in a newline: the file may have been cut.
        NoFinalNewline => "the line does not end; check that the file is whole and add a line feed",
        /// The line starts with none of `log`, `witness`, `group`, `quorum` and `#`.
        UnknownKeyword(word: String) =>
            "{word:?} is not a kind of line; start it with log, witness, group, quorum or #",
        /// The line has too few or too many items; this is the form it has.
        Form(form: &'static str) => "wrong number of items; write {form}",
        /// The key is not a verifier key.
        Key(error: VerifierKeyError) => "{error}; copy the key again from who publishes it",
        /// The key of a log is not of type 01.
        NotALogKey => "the key is a witness's (type 04); use the log's own key (type 01)",
        /// The key of a witness is not of type 04.
        NotAWitnessKey => "the key is a log's (type 01); use the witness's key (type 04)",
        /// The key is on an earlier line too.
        KeyTwice => "the key is on an earlier line too; a key counts once, remove one",
        /// The name `none` cannot be given to anything, nor be a member of a group.
        NameNone => "the name none is reserved; choose another name",
        /// The name is given on an earlier line too.
        NameTwice(name: String) =>
            "{name:?} is defined on an earlier line too; choose another name",
        /// No earlier line defines the name.
        NameUnknown(name: String) => "no earlier line defines {name:?}; define it above this line",
        /// The name is a member of a group already.
        MemberTwice(name: String) =>
            "{name:?} is a member of a group already; it counts once, remove one",
        /// The threshold is not `any`, `all`, or a number from 1 to this number of members.
        Threshold(members: usize) =>
            "the threshold is wrong; write any, all, or a number from 1 to {members}",
        /// An earlier line says what the quorum is.
        QuorumTwice => "a second quorum line; keep one",
        /// No line says what the quorum is.
        NoQuorum => "there is no quorum line; add one, such as quorum none",
        /// No line names a log.
        NoLog => "there is no log line; add one with the log's verifier key",
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

impl core::error::Error for PolicyError {}

pub(super) fn parse(text: &str) -> Result<TrustPolicy, PolicyError> {
    let at = |line| move |kind| PolicyError { line, kind };
    if text.len() > POLICY_BYTES_MAX {
        return Err(at(1)(PolicyErrorKind::TooLong));
    }
    let mut reader = Reader::default();
    let mut last_line = 1;
    for (before, line) in text.split_inclusive('\n').enumerate() {
        last_line = before.saturating_add(1);
        reader.read(line).map_err(at(last_line))?;
    }
    reader.finish().map_err(at(last_line))
}

/// The policy as far as it has been read.
#[derive(Default)]
struct Reader {
    logs: Vec<VerifierKey>,
    members: Vec<Member>,
    /// The places of members that belong to a group.
    grouped: Vec<usize>,
    /// What the quorum line asks for, once there was one.
    required: Option<usize>,
    has_quorum: bool,
}

impl Reader {
    fn read(&mut self, line: &str) -> Result<(), PolicyErrorKind> {
        let line = line.strip_suffix('\n');
        let line = line.ok_or(PolicyErrorKind::NoFinalNewline)?;
        // Octets above 0x7f are opaque, so only the ASCII controls are looked for.
        let is_control = |byte: u8| byte.is_ascii_control() && byte != b'\t';
        if line.bytes().any(is_control) {
            return Err(PolicyErrorKind::ControlCharacter);
        }
        let items = line.split([' ', '\t']).filter(|item| !item.is_empty());
        let items: Vec<&str> = items.collect();
        match items.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", items @ ..] => self.read_log(items),
            ["witness", items @ ..] => self.read_witness(items),
            ["group", items @ ..] => self.read_group(items),
            ["quorum", items @ ..] => self.read_quorum(items),
            [word, ..] => Err(PolicyErrorKind::UnknownKeyword((*word).to_owned())),
        }
    }

    fn read_log(&mut self, items: &[&str]) -> Result<(), PolicyErrorKind> {
        // The URL is for whoever talks to the log; a verifier does not.
        let ([key] | [key, _]) = items else {
            return Err(PolicyErrorKind::Form("log <verifier key> [<url>]"));
        };
        let key = self.new_key(key)?;
        if key.algorithm() != NoteAlgorithm::Ed25519 {
            return Err(PolicyErrorKind::NotALogKey);
        }
        self.logs.push(key);
        Ok(())
    }

    fn read_witness(&mut self, items: &[&str]) -> Result<(), PolicyErrorKind> {
        let ([name, key] | [name, key, _]) = items else {
            return Err(PolicyErrorKind::Form(
                "witness <name> <verifier key> [<url>]",
            ));
        };
        let name = self.new_name(name)?;
        let key = self.new_key(key)?;
        if key.algorithm() != NoteAlgorithm::CosignatureEd25519 {
            return Err(PolicyErrorKind::NotAWitnessKey);
        }
        let kind = MemberKind::Witness(key);
        self.members.push(Member { name, kind });
        Ok(())
    }

    fn read_group(&mut self, items: &[&str]) -> Result<(), PolicyErrorKind> {
        let [name, threshold, names @ ..] = items else {
            return Err(PolicyErrorKind::Form(
                "group <name> any|all|<number> <name>...",
            ));
        };
        let name = self.new_name(name)?;
        let threshold = parse_threshold(threshold, names.len())
            .ok_or(PolicyErrorKind::Threshold(names.len()))?;
        let mut members = Vec::with_capacity(names.len());
        for member in names {
            if *member == NONE {
                return Err(PolicyErrorKind::NameNone);
            }
            let place = self.place(member)?;
            if self.grouped.contains(&place) {
                return Err(PolicyErrorKind::MemberTwice((*member).to_owned()));
            }
            self.grouped.push(place);
            members.push(place);
        }
        let kind = MemberKind::Group { threshold, members };
        self.members.push(Member { name, kind });
        Ok(())
    }

    fn read_quorum(&mut self, items: &[&str]) -> Result<(), PolicyErrorKind> {
        let [name] = items else {
            return Err(PolicyErrorKind::Form("quorum <name>, or quorum none"));
        };
        if self.has_quorum {
            return Err(PolicyErrorKind::QuorumTwice);
        }
        self.has_quorum = true;
        if *name != NONE {
            self.required = Some(self.place(name)?);
        }
        Ok(())
    }

    fn finish(self) -> Result<TrustPolicy, PolicyErrorKind> {
        if self.logs.is_empty() {
            return Err(PolicyErrorKind::NoLog);
        }
        if !self.has_quorum {
            return Err(PolicyErrorKind::NoQuorum);
        }
        let (logs, members, required) = (self.logs, self.members, self.required);
        let quorum = Quorum { members, required };
        Ok(TrustPolicy { logs, quorum })
    }

    /// A key that no earlier line has, under whatever name and type; nor one that signatures could not
    /// tell from an earlier one.
    fn new_key(&self, text: &str) -> Result<VerifierKey, PolicyErrorKind> {
        let key = VerifierKey::parse(text).map_err(PolicyErrorKind::Key)?;
        let witnesses = self.members.iter().filter_map(|member| match &member.kind {
            MemberKind::Witness(key) => Some(key),
            MemberKind::Group { .. } => None,
        });
        let is_same = |known: &VerifierKey| {
            let same_id = known.name() == key.name() && known.key_id() == key.key_id();
            known.public_key() == key.public_key() || same_id
        };
        if self.logs.iter().chain(witnesses).any(is_same) {
            return Err(PolicyErrorKind::KeyTwice);
        }
        Ok(key)
    }

    fn new_name(&self, name: &str) -> Result<String, PolicyErrorKind> {
        if name == NONE {
            return Err(PolicyErrorKind::NameNone);
        }
        if self.place(name).is_ok() {
            return Err(PolicyErrorKind::NameTwice(name.to_owned()));
        }
        Ok(name.to_owned())
    }

    fn place(&self, name: &str) -> Result<usize, PolicyErrorKind> {
        let place = self.members.iter().position(|member| member.name == name);
        place.ok_or_else(|| PolicyErrorKind::NameUnknown(name.to_owned()))
    }
}

/// The number of members a group needs, from 1 to `members`.
fn parse_threshold(text: &str, members: usize) -> Option<usize> {
    let threshold = match text {
        "any" => 1,
        "all" => members,
        number => usize::try_from(decimal::parse(number).ok()?).ok()?,
    };
    (1..=members).contains(&threshold).then_some(threshold)
}
