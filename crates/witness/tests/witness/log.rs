//! A log in memory, which signs whatever it is told to.

use ed25519_dalek::{Signer as _, SigningKey};
use witnessmark_merkle::{ConsistencyPlan, Frontier, NodeId};
use witnessmark_tlog::{AddCheckpoint, Encode as _, signature_line};
use witnessmark_verifier::{
    ConsistencyProof, Hash, LeafHash, NoteAlgorithm, Origin, PublicKey, TreeSize, VerifierKey,
    base64,
};

pub(crate) const ORIGIN: &str = "log.example/one";

pub(crate) fn vkey(name: &str, seed: u8, algorithm: NoteAlgorithm) -> VerifierKey {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let public = PublicKey::admit(key.verifying_key().as_bytes()).unwrap();
    VerifierKey::new(Origin::parse(name).unwrap(), algorithm, public)
}

/// A log in memory, whose leaves are the bytes of a text.
pub(crate) struct Log {
    /// Of its key.
    pub(crate) seed: u8,
    pub(crate) leaves: Vec<u8>,
}

impl Log {
    pub(crate) fn new(leaves: &str) -> Self {
        Self {
            seed: 1,
            leaves: leaves.into(),
        }
    }

    fn frontier(&self, size: usize, nodes: &mut Vec<(NodeId, Hash)>) -> Frontier {
        let mut frontier = Frontier::new();
        for leaf in &self.leaves[..size] {
            frontier.push(LeafHash::of(&[*leaf]), &mut |id, hash| {
                nodes.push((id, hash));
            });
        }
        frontier
    }

    pub(crate) fn text(&self, size: usize) -> String {
        let head = self.frontier(size, &mut Vec::new()).head();
        let root = base64::encode(head.root.as_bytes());
        format!("{ORIGIN}\n{size}\n{root}\n")
    }

    pub(crate) fn sign(&self, text: &str) -> String {
        let key = SigningKey::from_bytes(&[self.seed; 32]);
        let vkey = vkey(ORIGIN, self.seed, NoteAlgorithm::Ed25519);
        let signature = key.sign(text.as_bytes()).to_bytes();
        let line = signature_line(vkey.name(), vkey.key_id(), &signature);
        format!("{text}\n{line}")
    }

    pub(crate) fn proof(&self, old: usize, new: usize) -> ConsistencyProof {
        let mut nodes = Vec::new();
        self.frontier(new, &mut nodes);
        let plan = ConsistencyPlan::new(size(old).get(), size(new).get()).unwrap();
        let find = |id: &NodeId| nodes.iter().find(|(it, _)| it == id).unwrap().1;
        let hashes: Vec<Hash> = plan.nodes().iter().map(find).collect();
        plan.assemble(&hashes).unwrap()
    }

    pub(crate) fn request(&self, old: usize, new: usize) -> Vec<u8> {
        body(old, self.proof(old, new), &self.sign(&self.text(new)))
    }
}

pub(crate) fn body(old: usize, proof: ConsistencyProof, checkpoint: &str) -> Vec<u8> {
    AddCheckpoint {
        old: size(old),
        proof,
        checkpoint,
    }
    .encode()
    .into_bytes()
}

pub(crate) fn size(of: usize) -> TreeSize {
    TreeSize::new(of.try_into().unwrap())
}

pub(crate) fn no_proof() -> ConsistencyProof {
    ConsistencyProof::new(Vec::new())
}
