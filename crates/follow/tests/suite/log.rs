//! A log for tests, as the files that it publishes, and a server that offers them, with faults on demand.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_tlog::{Encode as _, Tile, encode_entry_bundle, signature_line};
use witnessmark_verifier::{
    Checkpoint, Cosignature, Hash, LeafHash, MemberKind, NoteAlgorithm, Origin, PolicyMember,
    PublicKey, TreeHead, TreeSize, TrustPolicy, VerifierKey, empty_root, node_hash,
};

/// A log with one key. Two with different entries are a fork.
pub(crate) struct Log {
    entries: Vec<Vec<u8>>,
    key: SigningKey,
}

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

impl Log {
    pub(crate) fn new(size: usize) -> Self {
        Self::forked_at(size, usize::MAX)
    }

    /// Its entries from `fork` on are others.
    pub(crate) fn forked_at(size: usize, fork: usize) -> Self {
        let entry = |index| {
            let word = if index < fork { "entry" } else { "other" };
            format!("{word} {index}").into_bytes()
        };
        Self {
            entries: (0..size).map(entry).collect(),
            key: SigningKey::from_bytes(&[7; 32]),
        }
    }

    fn vkey(&self) -> VerifierKey {
        let public = PublicKey::admit(self.key.verifying_key().as_bytes()).unwrap();
        let origin = Origin::parse("log.example/one").unwrap();
        VerifierKey::new(origin, NoteAlgorithm::Ed25519, public)
    }

    pub(crate) fn policy(&self) -> TrustPolicy {
        TrustPolicy::try_new(vec![self.vkey()], Vec::new(), None).unwrap()
    }

    pub(crate) fn policy_text(&self) -> String {
        format!("log {}\nquorum none\n", self.vkey())
    }

    pub(crate) fn head(&self, size: usize) -> TreeHead {
        let leaves: Vec<Hash> = self.leaves(size);
        TreeHead {
            size: TreeSize::new(u64::try_from(size).unwrap()),
            root: root(&leaves),
        }
    }

    fn leaves(&self, size: usize) -> Vec<Hash> {
        let leaves = self.entries[..size]
            .iter()
            .map(|it| LeafHash::of(it).hash());
        leaves.collect()
    }

    pub(crate) fn note(&self, size: usize) -> String {
        let checkpoint = Checkpoint {
            origin: Origin::parse("log.example/one").unwrap(),
            head: self.head(size),
        };
        let text = checkpoint.encode();
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let key = self.vkey();
        let line = signature_line(key.name(), key.key_id(), &signature);
        format!("{text}\n{line}")
    }

    /// The same policy, and a witness that it asks for.
    pub(crate) fn witnessed_policy(&self) -> TrustPolicy {
        let witness = PolicyMember {
            name: "w".to_owned(),
            kind: MemberKind::Witness(witness_key()),
        };
        TrustPolicy::try_new(vec![self.vkey()], vec![witness], Some(0)).unwrap()
    }

    /// The checkpoint with the cosignature of that witness.
    pub(crate) fn cosigned(&self, size: usize) -> String {
        let note = self.note(size);
        let text = note.split_inclusive('\n').take(3).collect::<String>();
        let message = format!("cosignature/v1\ntime 5\n{text}");
        let key = SigningKey::from_bytes(&[8; 32]);
        let cosignature = Cosignature {
            time_s: 5,
            signature: key.sign(message.as_bytes()).to_bytes(),
        };
        let vkey = witness_key();
        note + &signature_line(vkey.name(), vkey.key_id(), &cosignature.encode())
    }

    /// What it publishes at a size.
    pub(crate) fn files(&self, size: usize) -> Files {
        let mut files = Files::new();
        files.insert("checkpoint".to_owned(), self.note(size).into_bytes());
        for (index, entries) in (0..).zip(self.entries[..size].chunks(256)) {
            let tile = tile(0, index, entries.len());
            files.insert(tile.entries_path(), encode_entry_bundle(entries).unwrap());
        }
        let mut row = self.leaves(size);
        for level in 0.. {
            for (index, hashes) in (0..).zip(row.chunks(256)) {
                let bytes = hashes.iter().flat_map(|it| *it.as_bytes()).collect();
                files.insert(tile(level, index, hashes.len()).path(), bytes);
            }
            row = row.chunks_exact(256).map(root).collect();
            if row.is_empty() {
                return files;
            }
        }
        files
    }
}

fn witness_key() -> VerifierKey {
    let key = SigningKey::from_bytes(&[8; 32]);
    let public = PublicKey::admit(key.verifying_key().as_bytes()).unwrap();
    let name = Origin::parse("w.example").unwrap();
    VerifierKey::new(name, NoteAlgorithm::CosignatureEd25519, public)
}

pub(crate) fn tile(level: u8, index: u64, width: usize) -> Tile {
    Tile {
        level,
        index,
        width: u16::try_from(width).unwrap(),
    }
}

/// The definition of RFC 6962, section 2.1.
pub(crate) fn root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [one] => *one,
        more => {
            let split = more.len().next_power_of_two() / 2;
            node_hash(&root(&more[..split]), &root(&more[split..]))
        }
    }
}

/// What a server says to one request: a status, headers with their line ends, and a body.
pub(crate) type Said = (u16, String, Vec<u8>);

type Rule = Box<dyn FnMut(&str) -> Option<Said> + Send>;

/// A server of files on a free port, for as long as the process runs.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    files: Files,
    rule: Rule,
    asked: Vec<String>,
}

impl Server {
    pub(crate) fn start(files: Files) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            files,
            rule: Box::new(|_| None),
            asked: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || answer_all(stream.unwrap(), &shared));
            }
        });
        Self { url, state }
    }

    pub(crate) fn publish(&self, files: Files) {
        self.state.lock().unwrap().files = files;
    }

    /// What is asked first, for a path without its slash.
    pub(crate) fn rule(&self, rule: impl FnMut(&str) -> Option<Said> + Send + 'static) {
        self.state.lock().unwrap().rule = Box::new(rule);
    }

    /// The paths that were asked for since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

fn answer_all(mut stream: TcpStream, state: &Mutex<State>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return,
                Ok(count) => request.extend_from_slice(&buffer[..count]),
            }
        }
        let text = String::from_utf8(std::mem::take(&mut request)).unwrap();
        let path = text.split(' ').nth(1).unwrap().trim_start_matches('/');
        let (status, headers, body) = {
            let mut state = state.lock().unwrap();
            state.asked.push(path.to_owned());
            let said = (state.rule)(path);
            said.unwrap_or_else(|| match state.files.get(path) {
                Some(bytes) => (200, String::new(), bytes.clone()),
                None => (404, String::new(), b"no".to_vec()),
            })
        };
        let head = format!(
            "HTTP/1.1 {status} x\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        if stream
            .write_all(&[head.into_bytes(), body].concat())
            .is_err()
        {
            return;
        }
    }
}
