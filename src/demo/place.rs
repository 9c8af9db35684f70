//! The folder of a demonstration, and what lies where in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::clock;
use crate::output::{Failure, Trouble, io_failure};

/// The folder, ready to work in.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    is_temporary: bool,
    is_continued: bool,
}

impl Place {
    /// Takes the folder given, or makes a temporary one.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or holds something else than a demonstration.
    pub(super) fn prepare(given: Option<&Path>) -> Result<Self, Failure> {
        let folder = given.map_or_else(temporary, Path::to_owned);
        fs::create_dir_all(&folder).map_err(|error| io_failure(&folder, &error))?;
        let mut entries = fs::read_dir(&folder).map_err(|error| io_failure(&folder, &error))?;
        let is_empty = entries.next().is_none();
        let place = Self {
            folder,
            is_temporary: given.is_none(),
            is_continued: !is_empty,
        };
        // Keys are made before anything else: where there are none, the folder is somebody else's.
        if !is_empty && !place.keys().is_dir() {
            return Err(Failure::cannot_tell(
                Trouble::new(
                    "FOLDER",
                    place.folder.display(),
                    "not empty, and not a demonstration",
                )
                .fix("name an empty or a new folder"),
            ));
        }
        for inside in [place.keys(), place.events(), place.records()] {
            fs::create_dir_all(&inside).map_err(|error| io_failure(&inside, &error))?;
        }
        Ok(place)
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Nobody named the folder.
    pub(super) const fn is_temporary(&self) -> bool {
        self.is_temporary
    }

    /// An earlier demonstration worked here.
    pub(super) const fn is_continued(&self) -> bool {
        self.is_continued
    }

    /// The ledger's own folder.
    pub(super) fn ledger(&self) -> PathBuf {
        self.folder.join("ledger")
    }

    /// The organisations' keys.
    pub(super) fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// The signed key events.
    pub(super) fn events(&self) -> PathBuf {
        self.folder.join("events")
    }

    /// The signed records.
    pub(super) fn records(&self) -> PathBuf {
        self.folder.join("records")
    }

    /// Whose signatures a reader trusts.
    pub(super) fn policy(&self) -> PathBuf {
        self.folder.join("trust.policy")
    }

    /// The proof of one record.
    pub(super) fn bundle(&self) -> PathBuf {
        self.folder.join("bundle.json")
    }

    /// The same with one byte changed.
    pub(super) fn changed_bundle(&self) -> PathBuf {
        self.folder.join("bundle-changed.json")
    }

    /// The whole log as files.
    pub(super) fn export(&self) -> PathBuf {
        self.folder.join("export")
    }
}

fn temporary() -> PathBuf {
    let name = format!(
        "witnessmark-demo-{}-{}",
        std::process::id(),
        clock::now_ms()
    );
    std::env::temp_dir().join(name)
}
