//! Where a command remembers the checkpoints that it has seen.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use witnessmark_client::Remembered;
use witnessmark_verifier::TrustPolicy;

use super::client_trouble;
use crate::config::{self, Remember};
use crate::output::{Failure, Output, Trouble, io_failure};

/// The permission bits of the usual folder: which ledgers somebody asks is nobody else's business.
const FOLDER_MODE: u32 = 0o700;

/// Where a command remembers checkpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Memory<'a> {
    /// In the user's folder for such things, for every ledger and key in a file of its own.
    Usual,
    /// In this file.
    File(&'a Path),
    /// Nowhere longer than the command runs.
    Off,
}

impl Memory<'_> {
    /// What is remembered of the ledgers of the policy. Says on standard error what the user has to know of it.
    ///
    /// # Errors
    ///
    /// There is no place, or it cannot be used.
    pub(super) async fn open(self, policy: &TrustPolicy) -> Result<Remembered, Failure> {
        let folder = match self {
            Self::File(path) => {
                return Remembered::in_file(path, policy)
                    .await
                    .map_err(client_trouble);
            }
            Self::Off => return Ok(Remembered::in_memory()),
            Self::Usual => match config::remember() {
                Remember::Folder(folder) => folder,
                Remember::Off => return Ok(Remembered::in_memory()),
                Remember::Unknown => return Err(no_place()),
            },
        };
        // Before anything is sent: what cannot be remembered later is known now.
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(&folder)
            .map_err(|error| unusable(&folder, &error))?;
        let remembered = Remembered::in_folder(&folder, policy)
            .await
            .map_err(client_trouble)?;
        let output = Output::new(false);
        for notice in remembered.notices() {
            output.warn(format!("warning: {notice}"));
        }
        Ok(remembered)
    }
}

/// What to do where nothing can be remembered.
const ADVICE: &str = "name a file with --remember or a folder with WITNESSMARK_REMEMBER; or give up the comparison with \
                      earlier checkpoints with --no-remember or WITNESSMARK_REMEMBER=off";

fn no_place() -> Failure {
    let message =
        "there is no folder to remember checkpoints in: neither XDG_STATE_HOME nor HOME names one";
    Failure::cannot_tell(Trouble::new("MEMORY", "", message).fix(ADVICE))
}

fn unusable(folder: &Path, error: &std::io::Error) -> Failure {
    let mut failure = io_failure(folder, error);
    for trouble in &mut failure.troubles {
        "MEMORY".clone_into(&mut trouble.reason);
        ADVICE.clone_into(&mut trouble.fix);
    }
    failure
}
