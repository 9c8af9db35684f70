//! A ledger, a vault and a record with two protected fields, and what a person types with them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use witnessmark_bundle::Bundle;

use crate::support::{Daemon, Ran, World, typed};

/// An age identity made for these tests alone, and its public half.
pub(super) const IDENTITY: &str =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

/// What stands in the protected fields. Nothing else holds these words.
pub(super) const PLANTED: [&str; 2] = ["north yard, bay 4 (planted)", "Burnt by planted hands"];
pub(super) const PATHS: [&str; 2] = ["place.detail", "wreckage_finding.condition"];

/// A world with a vault, and the signed file of a record with two protected fields.
pub(super) struct Story {
    pub(super) world: World,
    pub(super) daemon: Daemon,
    pub(super) id: String,
    /// Everything that was printed.
    pub(super) printed: String,
}

impl Story {
    /// Makes the vault, signs the record with three decoys and submits it.
    #[track_caller]
    pub(super) fn begin() -> Self {
        let (world, quiet) = World::start();
        assert_eq!(quiet.terminate(), 0);
        let log = world.path("log");
        fs::create_dir(&log).unwrap();
        let ledger = world.path("ledger");
        let daemon = Daemon::start_logging(Path::new(&ledger), &Path::new(&log).join("server.log"));
        let mut story = Self {
            world,
            daemon,
            id: String::new(),
            printed: String::new(),
        };
        story.private("team.id", IDENTITY);
        let new = format!("vault new --out {} {}", story.vault(), story.identity());
        let made = story.types(&new).exits(0);
        assert!(
            made.stdout.contains("can never be opened again"),
            "{}",
            made.stdout
        );
        let draft = story.draft("secret");
        let signed = story
            .sign(&draft, &PATHS.join(","), "--decoys 3 --json")
            .exits(0);
        let one = &signed.json()["signed"][0];
        assert_eq!(one["protected"], serde_json::json!(PATHS));
        one["record_id"].as_str().unwrap().clone_into(&mut story.id);
        let file = story.world.path("signed/secret.signed.json");
        let to = format!(
            "--to {} --policy {}",
            story.daemon.url,
            story.world.policy()
        );
        story.types(&format!("submit {file} {to}")).exits(0);
        story
    }

    /// Types a line and remembers what it printed.
    pub(super) fn types(&mut self, line: &str) -> Ran {
        let ran = typed(line);
        self.printed.push_str(&ran.stdout);
        self.printed.push_str(&ran.stderr);
        ran
    }

    /// Writes a file that only its owner may read.
    pub(super) fn private(&self, name: &str, text: &str) -> String {
        let path = self.world.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(super) fn vault(&self) -> String {
        self.world.path("team.vault")
    }

    pub(super) fn identity(&self) -> String {
        format!("--identity {}", self.world.path("team.id"))
    }

    /// A draft with the planted values in its fields.
    pub(super) fn draft(&self, name: &str) -> String {
        let path = self.world.path(&format!("{name}.toml"));
        typed(&format!(
            "record new wreckage-finding --example --out {path}"
        ))
        .exits(0);
        let text = fs::read_to_string(&path).unwrap();
        let changed = text
            .replace(
                "locality = \"Kyiv\"",
                &format!("locality = \"Kyiv\", detail = \"{}\"", PLANTED[0]),
            )
            .replace("Burnt at one end, otherwise whole", PLANTED[1]);
        assert!(
            PLANTED.iter().all(|planted| changed.contains(planted)),
            "{changed}"
        );
        fs::write(&path, changed).unwrap();
        path
    }

    pub(super) fn sign(&mut self, draft: &str, paths: &str, more: &str) -> Ran {
        let [key, out, id] = ["device.key", "signed", "team.id"].map(|name| self.world.path(name));
        let (policy, vault) = (self.world.policy(), self.vault());
        let protect = format!("--vault {vault} --vault-identity {id} --protect {paths} {more}");
        let who = format!("--key {key} --org field-team --policy {policy} --out {out}");
        self.types(&format!("record sign {draft} {who} {protect}"))
    }

    /// Proves the record and shows some of its fields.
    pub(super) fn prove(&mut self, show: &str) -> Ran {
        let from = format!(
            "--from {} --policy {}",
            self.daemon.url,
            self.world.policy()
        );
        let out = self.world.path("bundle.json");
        let vault = if show.is_empty() {
            String::new()
        } else {
            let id = self.world.path("team.id");
            format!(
                "--vault {} --vault-identity {id} --show {show}",
                self.vault()
            )
        };
        typed(&format!("prove {} {from} --out {out} {vault}", self.id))
    }

    pub(super) fn verify(&self, more: &str) -> Ran {
        let bundle = self.world.path("bundle.json");
        typed(&format!(
            "verify {bundle} --policy {} {more}",
            self.world.policy()
        ))
    }

    pub(super) fn bundle(&self) -> Bundle {
        Bundle::parse(&fs::read(self.world.path("bundle.json")).unwrap()).unwrap()
    }

    pub(super) fn write_bundle(&self, bundle: &Bundle) {
        fs::write(self.world.path("bundle.json"), bundle.encode().unwrap()).unwrap();
    }
}

/// The states of the digests of a verdict, shown before withheld.
pub(super) fn states(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let fields = json["record"]["protected"].as_array().unwrap();
    let mut states: Vec<String> = fields
        .iter()
        .map(|field| field["state"].as_str().unwrap().to_owned())
        .collect();
    states.sort();
    states
}

/// Every file below a folder that holds one of `words`.
pub(super) fn holding(folder: &Path, words: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = fs::read(&path).unwrap();
            let holds = |word: &Vec<u8>| bytes.windows(word.len()).any(|part| part == word);
            if words.iter().any(holds) {
                found.push(path.display().to_string());
            }
        }
    }
    assert!(files > 0, "nothing was searched");
    found
}
