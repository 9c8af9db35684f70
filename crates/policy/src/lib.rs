//! The text of a trust policy (C2SP tlog-policy), read strictly: a misread policy trusts whom its author does not.
//!
//! A policy is not evidence. Its reader writes it for himself, so spaces, comments and order are free, and an error says which
//! line is wrong and what to do. What a policy means is for the verifier, which checks what is made of the text again.

use std::fmt;

use witnessmark_verifier::{
    MemberKind, NoteAlgorithm, PolicyMember, TrustPolicy, TrustPolicyError, VerifierKey,
    VerifierKeyError, decimal,
};

/// The most bytes a policy may have: many times what 32 logs, witnesses and groups need.
pub const POLICY_BYTES_MAX: usize = 100_000;

const NONE: &str = "none";

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The line, from 1; the last line when something is missing from the whole.
    pub line: usize,
    /// What is wrong.
    pub kind: PolicyErrorKind,
}

/// What is wrong with a line of a policy. Displayed with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyErrorKind {
    /// The policy is longer than 100,000 bytes.
    TooLong,
    /// A control character other than a tab.
    ControlCharacter,
    /// The last line does not end in a newline: the file may have been cut.
    NoFinalNewline,
    /// The line starts with none of `log`, `witness`, `group`, `quorum` and `#`.
    UnknownKeyword(String),
    /// The line has too few or too many items; this is the form it has.
    Form(&'static str),
    /// The key is not a verifier key.
    Key(VerifierKeyError),
    /// The key of a log is not of type 01.
    NotALogKey,
    /// The key of a witness is not of type 04.
    NotAWitnessKey,
    /// The key is on an earlier line too.
    KeyTwice,
    /// The name `none` cannot be given to anything, nor be a member of a group.
    NameNone,
    /// The name is given on an earlier line too.
    NameTwice(String),
    /// No earlier line defines the name.
    NameUnknown(String),
    /// The name is a member of a group already.
    MemberTwice(String),
    /// The threshold is not `any`, `all`, or a number from 1 to this number of members.
    Threshold(usize),
    /// An earlier line says what the quorum is.
    QuorumTwice,
    /// No line says what the quorum is.
    NoQuorum,
    /// No line names a log.
    NoLog,
    /// Each line was accepted, and the verifier does not accept what they make: a mistake of this crate.
    Whole(TrustPolicyError),
}

impl fmt::Display for PolicyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the policy is longer than 100,000 bytes; shorten it"),
            Self::ControlCharacter => {
                f.write_str("a control character; keep to spaces, tabs and line feeds")
            }
            Self::NoFinalNewline => f.write_str(
                "the line does not end; check that the file is whole and add a line feed",
            ),
            Self::UnknownKeyword(word) => write!(
                f,
                "{word:?} is not a kind of line; start it with log, witness, group, quorum or #"
            ),
            Self::Form(form) => write!(f, "wrong number of items; write {form}"),
            Self::Key(error) => write!(f, "{error}; copy the key again from who publishes it"),
            Self::NotALogKey => {
                f.write_str("the key is a witness's (type 04); use the log's own key (type 01)")
            }
            Self::NotAWitnessKey => {
                f.write_str("the key is a log's (type 01); use the witness's key (type 04)")
            }
            Self::KeyTwice => {
                f.write_str("the key is on an earlier line too; a key counts once, remove one")
            }
            Self::NameNone => f.write_str("the name none is reserved; choose another name"),
            Self::NameTwice(name) => write!(
                f,
                "{name:?} is defined on an earlier line too; choose another name"
            ),
            Self::NameUnknown(name) => write!(
                f,
                "no earlier line defines {name:?}; define it above this line"
            ),
            Self::MemberTwice(name) => write!(
                f,
                "{name:?} is a member of a group already; it counts once, remove one"
            ),
            Self::Threshold(members) => write!(
                f,
                "the threshold is wrong; write any, all, or a number from 1 to {members}"
            ),
            Self::QuorumTwice => f.write_str("a second quorum line; keep one"),
            Self::NoQuorum => f.write_str("there is no quorum line; add one, such as quorum none"),
            Self::NoLog => f.write_str("there is no log line; add one with the log's verifier key"),
            Self::Whole(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for PolicyErrorKind {}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

impl std::error::Error for PolicyError {}

/// The policy that `text` is.
///
/// # Errors
///
/// When `text` breaks a rule of C2SP tlog-policy, or names no log. The error says which line, what is
/// wrong with it and what to do.
pub fn parse(text: &str) -> Result<TrustPolicy, PolicyError> {
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
    members: Vec<PolicyMember>,
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
        self.members.push(PolicyMember { name, kind });
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
        self.members.push(PolicyMember { name, kind });
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
        TrustPolicy::try_new(self.logs, self.members, self.required).map_err(PolicyErrorKind::Whole)
    }

    /// A key that no earlier line has, under whatever name and type; nor one that signatures could not
    /// tell from an earlier one.
    fn new_key(&self, text: &str) -> Result<VerifierKey, PolicyErrorKind> {
        let key = VerifierKey::parse(text).map_err(PolicyErrorKind::Key)?;
        let witnesses = self.members.iter().filter_map(PolicyMember::key);
        let mut known = self.logs.iter().chain(witnesses);
        if known.any(|known| known.clashes_with(&key)) {
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
        number => usize::try_from(decimal::parse(number)?).ok()?,
    };
    (1..=members).contains(&threshold).then_some(threshold)
}
