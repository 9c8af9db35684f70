//! Private keys, wherever they are: how one is named on a command line, and what signs with it.

mod agent;
#[cfg(feature = "pkcs11")]
mod token;
mod token_name;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use token_name::SCHEME;

pub(crate) use agent::{AgentError, AgentKey};
#[cfg(feature = "pkcs11")]
pub(crate) use token::TokenKey;
pub(crate) use token_name::TokenName;
pub(crate) use witnessmark_log::{Signer, SignerError};

/// A private key that can be used.
pub(crate) type Key = Arc<dyn Signer>;

/// Where a private key is, as a person names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyName {
    /// In a file.
    File(PathBuf),
    /// In an ssh-agent: `agent:` and the fingerprint, the key id or the comment of the key.
    Agent(String),
    /// In a token: a PKCS#11 URI.
    Token(Box<TokenName>),
}

/// What begins the name of a key in an ssh-agent.
const AGENT: &str = "agent:";

impl KeyName {
    /// Reads what was typed.
    ///
    /// # Errors
    ///
    /// When nothing was typed, or not all of it. Whatever is nothing else is the path of a file; one that begins like something else
    /// is written with `./` before it.
    pub(crate) fn parse(text: OsString) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the name of a key is empty".to_owned());
        }
        if let Some(wanted) = text.to_str().and_then(|text| text.strip_prefix(AGENT)) {
            if wanted.is_empty() {
                return Err(
                    "after agent: comes the fingerprint, SHA256:..., or the comment of the key"
                        .to_owned(),
                );
            }
            return Ok(Self::Agent(wanted.to_owned()));
        }
        if let Some(rest) = text.to_str().and_then(|text| text.strip_prefix(SCHEME)) {
            return TokenName::parse(rest)
                .map(|name| Self::Token(Box::new(name)))
                .map_err(|error| error.to_string());
        }
        Ok(Self::File(PathBuf::from(text)))
    }

    /// What reads it from a command line.
    pub(crate) fn parser() -> impl clap::builder::TypedValueParser<Value = Self> {
        use clap::builder::TypedValueParser as _;
        clap::builder::OsStringValueParser::new().try_map(Self::parse)
    }

    /// The file, when that is where the key is.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Agent(_) | Self::Token(_) => None,
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Agent(wanted) => write!(f, "{AGENT}{wanted}"),
            Self::Token(name) => name.fmt(f),
        }
    }
}
