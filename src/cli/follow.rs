//! What the commands that follow a published log have in common: where it is, and what a failed pass is to a person.

use std::path::{Path, PathBuf};

use witnessmark_bundle::{Contradiction, Misbehaviour};
use witnessmark_follow::{Fetcher, FollowError, Follower, KeptError, LogAddress, TreeError};
use witnessmark_verifier::{CheckpointError, TrustPolicy};

use super::misbehaviour;
use crate::output::{Failure, Outcome, Trouble};

/// What follows the log at `url` into `dir`.
///
/// # Errors
///
/// The address is not one, or the system's roots of trust cannot be read.
pub(crate) fn follower(url: &str, policy: TrustPolicy, dir: &Path) -> Result<Follower, Failure> {
    let address = LogAddress::parse(url).map_err(|error| {
        let fix = "give the address below which the log publishes checkpoint and tile";
        Failure::usage(Trouble::new("USAGE", "URL", error).fix(fix))
    })?;
    let fetcher = Fetcher::new(address)
        .map_err(|error| Failure::cannot_tell(Trouble::new("HTTP", url, error)))?;
    Follower::new(fetcher, policy, dir)
        .map_err(|error| Failure::cannot_tell(Trouble::new("POLICY_MALFORMED", "", error)))
}

/// Where files of misbehaviour go: the folder that is named, or one beside that of the copy, which holds nothing but the log.
pub(crate) fn misbehaviour_folder(named: Option<&Path>, dir: &Path) -> PathBuf {
    named.map_or_else(
        || {
            let mut name = dir.file_name().unwrap_or_default().to_owned();
            name.push(".misbehaviour");
            dir.with_file_name(name)
        },
        Path::to_owned,
    )
}

/// A file of misbehaviour that was written, if it could be.
#[derive(Debug)]
pub(crate) struct Found {
    is_proof: bool,
    written: Result<PathBuf, Failure>,
}

impl Found {
    /// Writes both signed checkpoints, and what shows that they contradict each other, into a file in `folder`.
    pub(crate) fn write(found: &Misbehaviour, folder: &Path) -> Self {
        Self {
            is_proof: !matches!(found.shown_by, Contradiction::Unproved(_)),
            written: misbehaviour::write(found, None, folder),
        }
    }

    /// Where the file would be written.
    pub(crate) fn place_of(found: &Misbehaviour, folder: &Path) -> Option<PathBuf> {
        let text = found.encode().ok()?;
        Some(folder.join(misbehaviour::name_of(found, &text)))
    }

    /// The file; empty when it could not be written.
    pub(crate) fn place(&self) -> String {
        let path = self.written.as_ref().ok();
        path.map(|path| path.display().to_string())
            .unwrap_or_default()
    }

    /// What was found, in words.
    pub(crate) const fn told(&self) -> &'static str {
        if self.is_proof {
            "it has signed two histories, and the file proves it to everybody"
        } else {
            "it shows fewer entries than it had signed for, and the file is a complaint and no proof"
        }
    }

    /// How a command ends that found it.
    pub(crate) fn into_failure(self, url: &str) -> Failure {
        let (outcome, reason, fix) = if self.is_proof {
            let fix = "keep the file and give it to others who use the ledger (witnessmark verify FILE --policy POLICY); the copy \
                       stays as it was";
            (Outcome::Misbehaviour, "MISBEHAVIOUR", fix)
        } else {
            let fix = "ask the operator: it was set back, or this is an old copy; the copy here stays as it was";
            (Outcome::Refused, "MISBEHAVIOUR_UNPROVED", fix)
        };
        let place = if self.written.is_ok() {
            self.place()
        } else {
            url.to_owned()
        };
        let mut troubles = vec![Trouble::new(reason, place, self.told()).fix(fix)];
        if let Err(failure) = self.written {
            troubles.extend(failure.troubles);
        }
        Failure { outcome, troubles }
    }
}

/// A pass that took nothing, as the end of a command.
pub(crate) fn failure(error: &FollowError, url: &str, dir: &Path) -> Failure {
    let refused = |fix: &str| Failure::refused(Trouble::new("NOT_VERIFIED", url, error).fix(fix));
    let cannot_tell =
        |reason: &str, fix: &str| Failure::cannot_tell(Trouble::new(reason, url, error).fix(fix));
    let of_folder = |reason: &str, fix: &str| {
        Failure::cannot_tell(Trouble::new(reason, dir.display(), error).fix(fix))
    };
    let other = "check the address and the policy; if both are right, the server does not show what the log signed";
    match error {
        FollowError::Checkpoint(_, CheckpointError::UnknownLog(_)) => {
            cannot_tell("NOT_IN_POLICY", "give the policy of this log")
        }
        FollowError::Tree(TreeError::NotSigned { .. })
        | FollowError::Note(..)
        | FollowError::Checkpoint(..) => refused(other),
        FollowError::OtherLog { .. } => of_folder("OTHER_LOG", "give each log a folder of its own"),
        FollowError::Kept(KeptError::Checkpoint { .. } | KeptError::Damaged(_)) => of_folder(
            "COPY_DAMAGED",
            "keep the folder, audit it (witnessmark audit), and copy into a new one",
        ),
        FollowError::Export(_) => of_folder("EXPORT", ""),
        FollowError::NoCheckpoint(_) => cannot_tell(
            "NO_LOG",
            "give the address below which checkpoint and tile lie",
        ),
        FollowError::Fetch(_)
        | FollowError::Kept(_)
        | FollowError::Tree(_)
        | FollowError::Misbehaviour(_)
        | _ => cannot_tell(
            "UNAVAILABLE",
            "try again later; what is kept stays as it is",
        ),
    }
}
