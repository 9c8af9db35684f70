//! Signatures that are none: over other bytes than those of the entry, or other bytes than the key made.

use ed25519_dalek::Signer as _;
use witnessmark_verifier::{
    Entry, EntrySignature, PAYLOAD_TYPE_CHARTER, PAYLOAD_TYPE_KEY_EVENT, pae, sha256,
};

use super::super::Corpus;
use super::super::mini_log::{MiniLog, key, public};
use super::{Faults, add, good};

/// The order of the group of Ed25519, lowest byte first.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The signature with the group order added to its second half, which some verifiers accept.
pub(crate) fn malleated(signature: [u8; 64]) -> [u8; 64] {
    let mut other = signature;
    let mut carry = 0_u16;
    for (byte, add) in other[32..].iter_mut().zip(GROUP_ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        carry = sum >> 8;
        *byte = u8::try_from(sum & 0xff).unwrap();
    }
    other
}

fn over(message: &[u8]) -> EntrySignature {
    EntrySignature {
        key_id: public(&key(11)).key_id(),
        signature: key(11).sign(message).to_bytes(),
    }
}

fn signed_by(log: &MiniLog, make: impl FnOnce(&Entry) -> EntrySignature) -> Entry {
    let mut entry = good(log);
    entry.signatures = vec![make(&entry)];
    entry
}

/// Signatures that are none.
pub(crate) fn write(corpus: &mut Corpus) {
    let class = (
        "N8",
        "signed-other-bytes",
        "The key signed something else than type and bytes of the payload as they stand in the entry.",
    );
    let faults: [Faults; 7] = [
        ("the-payload-alone", "signatures", |log| {
            signed_by(log, |it| over(&it.payload))
        }),
        ("the-hash-of-it", "signatures", |log| {
            signed_by(log, |it| {
                over(sha256(&pae(&it.payload_type, &it.payload)).as_bytes())
            })
        }),
        ("as-a-key-event", "signatures", |log| {
            signed_by(log, |it| over(&pae(PAYLOAD_TYPE_KEY_EVENT, &it.payload)))
        }),
        ("as-a-charter", "signatures", |log| {
            signed_by(log, |it| over(&pae(PAYLOAD_TYPE_CHARTER, &it.payload)))
        }),
        ("type-and-payload-joined", "signatures", |log| {
            signed_by(log, |it| {
                over(&[it.payload_type.as_bytes(), &it.payload].concat())
            })
        }),
        ("lengths-moved", "signatures", |log| {
            signed_by(log, |it| {
                let text = [b"x".as_slice(), &it.payload].concat();
                over(&pae(&it.payload_type, &text))
            })
        }),
        ("nothing", "signatures", |log| signed_by(log, |_| over(b""))),
    ];
    add(corpus, class, &faults);
    let class = (
        "N23",
        "signature-bytes",
        "The 64 bytes of the signature are not those that the key made.",
    );
    let faults: [Faults; 7] = [
        ("zeros", "signatures", |log| {
            with_signature(log, |_| [0; 64])
        }),
        ("all-ones", "signatures", |log| {
            with_signature(log, |_| [0xff; 64])
        }),
        ("order-added", "signatures", |log| {
            with_signature(log, malleated)
        }),
        ("a-point-of-small-order", "signatures", |log| {
            with_signature(log, |mut it| {
                it[..32].fill(0);
                it[0] = 1;
                it
            })
        }),
        ("halves-swapped", "signatures", |log| {
            with_signature(log, |mut it| {
                it.rotate_left(32);
                it
            })
        }),
        ("bytes-turned", "signatures", |log| {
            with_signature(log, |mut it| {
                it.reverse();
                it
            })
        }),
        ("one-bit", "signatures", |log| {
            with_signature(log, |mut it| {
                it[63] ^= 0x08;
                it
            })
        }),
    ];
    add(corpus, class, &faults);
}

fn with_signature(log: &MiniLog, change: impl FnOnce([u8; 64]) -> [u8; 64]) -> Entry {
    let mut entry = good(log);
    let signature = &mut entry.signatures[0].signature;
    *signature = change(*signature);
    entry
}
