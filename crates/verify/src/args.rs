//! What can be asked on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

/// The exit code for a command line that cannot be understood (`EX_USAGE` of sysexits).
pub(crate) const USAGE: u8 = 64;

const AFTER_HELP: &str = "\
Exit codes: 0 verified (with remarks or without), 1 not verified, 2 cannot tell, 3 it is proved that
the ledger signed two histories, 64 wrong usage.

The policy says whose signatures you trust. Get it from a source that you trust, never from
whoever gave you the evidence.";

/// Check a bundle or an exported ledger, offline, without an account.
#[derive(Debug, Parser)]
#[command(name = "witnessmark-verify", version, about, after_help = AFTER_HELP)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check one record: a bundle, and the files that lie beside it.
    Bundle {
        /// The bundle, a JSON file.
        bundle: PathBuf,
        /// Whose signatures you trust: a tlog-policy file.
        #[arg(long)]
        policy: PathBuf,
        /// Where the files named in the bundle are; the bundle's own folder if not given.
        #[arg(long, value_name = "DIR")]
        files: Option<PathBuf>,
        /// A signed checkpoint of this ledger that you kept: the bundle must not contradict it, nor be older.
        #[arg(long, value_name = "NOTE")]
        since: Option<PathBuf>,
        /// Take a bundle of an older state than the one of --since, with a remark.
        #[arg(long, requires = "since")]
        allow_older: bool,
        /// Print one JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Check a file that shows that a ledger signed two histories. `bundle` takes it too.
    Misbehaviour {
        /// The file.
        file: PathBuf,
        /// Whose signatures you trust: a tlog-policy file.
        #[arg(long)]
        policy: PathBuf,
        /// Print one JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Check a whole ledger: every entry, key chain, signature and tile of an export.
    Export {
        /// The folder with `checkpoint` and `tile/`.
        dir: PathBuf,
        /// Whose signatures you trust: a tlog-policy file.
        #[arg(long)]
        policy: PathBuf,
        /// A checkpoint that you kept from before, or a folder of them: the log must still begin with its tree. Can be
        /// given more than once.
        #[arg(long, value_name = "FILE|DIR")]
        since: Vec<PathBuf>,
        /// Where to write how far the audit is, now and then and at its end; when the file is there, the audit goes on from it.
        /// What was read before is then not read again: the file is believed, so keep it as safe as this program.
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
        /// Print one JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    pub(crate) const fn is_json(&self) -> bool {
        match self {
            Self::Bundle { json, .. }
            | Self::Export { json, .. }
            | Self::Misbehaviour { json, .. } => *json,
        }
    }
}

/// What to do about a command line.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Carry it out.
    Run(Command),
    /// Help or the version was asked for: print it.
    Show(String),
    /// It cannot be understood: say why.
    Usage(String),
}

/// Understands a command line, program name first.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Parsed {
    match Args::try_parse_from(args) {
        Ok(args) => Parsed::Run(args.command),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            Parsed::Show(error.to_string())
        }
        Err(error) => Parsed::Usage(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse_words(words: &str) -> Parsed {
        parse(words.split(' ').map(OsString::from))
    }

    #[test]
    fn the_definition_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn help_is_shown_and_mistakes_are_usage() {
        assert!(matches!(parse_words("v --help"), Parsed::Show(_)));
        assert!(matches!(parse_words("v --version"), Parsed::Show(_)));
        for words in [
            "v",
            "v bundle",
            "v bundle b",
            "v bundle b --policy",
            "v open b --policy p",
        ] {
            assert!(matches!(parse_words(words), Parsed::Usage(_)), "{words}");
        }
        assert!(matches!(
            parse_words("v bundle b --policy p --json"),
            Parsed::Run(_)
        ));
        assert!(matches!(
            parse_words("v export d --policy p"),
            Parsed::Run(_)
        ));
    }
}
