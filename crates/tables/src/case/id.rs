//! The names of things in the export: IRIs that end in a UUID of version 5, made of what the thing is.

use sha1::{Digest, Sha1};

/// The namespace of all names, a UUID of version 4 that was drawn once. It never changes: the same record has the same names in
/// every export.
const NAMESPACE: [u8; 16] = [
    0x94, 0x59, 0xb0, 0x90, 0x26, 0xf2, 0x4c, 0x72, 0x85, 0xf6, 0xc9, 0x81, 0xf0, 0xfa, 0x81, 0xd5,
];

/// The IRI of the thing that `name` names within the export.
pub(super) fn iri(name: &str) -> String {
    format!("urn:uuid:{}", hyphenated(&uuid5(NAMESPACE, name)))
}

/// A UUID of version 5 (RFC 9562): SHA-1 of namespace and name. SHA-1 is no protection here, and none is needed: the record id
/// within the name is the SHA-256 that counts.
fn uuid5(namespace: [u8; 16], name: &str) -> [u8; 16] {
    let digest = Sha1::new()
        .chain_update(namespace)
        .chain_update(name.as_bytes())
        .finalize();
    let mut uuid = [0; 16];
    for (to, from) in uuid.iter_mut().zip(digest) {
        *to = from;
    }
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut uuid;
    *version = *version & 0x0f | 0x50;
    *variant = *variant & 0x3f | 0x80;
    uuid
}

fn hyphenated(uuid: &[u8; 16]) -> String {
    let mut text = witnessmark_verifier::hex::encode(uuid);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_name_has_its_known_uuid() {
        // RFC 9562, appendix A.4: the name www.example.com in the namespace of DNS.
        let dns = [
            0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4,
            0x30, 0xc8,
        ];
        let uuid = hyphenated(&uuid5(dns, "www.example.com"));
        assert_eq!(uuid, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn the_namespace_is_the_one_of_the_document() {
        let page = include_str!("../../../../docs/CASE.md");
        assert!(page.contains(&hyphenated(&NAMESPACE)), "docs/CASE.md");
        assert_ne!(iri("a"), iri("b"));
    }
}
