//! Public keys as other programs write them: OpenSSH, PEM, hex and base64. Only Ed25519 keys that a ledger admits come through.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use witnessmark_verifier::{KeyError, PublicKey, base64, hex};
use zeroize::Zeroizing;

/// Longer than any file of one public key; nothing larger is read.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// What comes before the 32 bytes of the key in a `SubjectPublicKeyInfo` (RFC 8410 section 4): two sequences, the object id
/// 1.3.101.112, and a bit string without unused bits.
const SPKI_HEAD: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const SSH_TYPE: &str = "ssh-ed25519";

/// Object ids of other algorithms, as DER writes them, with the names that people know.
const OTHER_ALGORITHMS: [(&[u8], &str); 8] = [
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
        "RSA",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a],
        "RSA-PSS",
    ),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], "ECDSA"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], "DSA"),
    (&[0x2b, 0x65, 0x6e], "X25519"),
    (&[0x2b, 0x65, 0x6f], "X448"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11],
        "ML-DSA-44",
    ),
];

/// Why a text or a file is not a public key of Ed25519.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PublicKeyError {
    /// The key is of another algorithm.
    #[error("it is a key of type {0}, and a ledger takes Ed25519 keys only")]
    OtherType(String),
    /// It is not the public half.
    #[error("it is a private key; give the public half and keep this one to yourself")]
    Private,
    /// The form is known and what is in it is not as it must be.
    #[error("it is not a well-formed {0} public key of Ed25519")]
    Malformed(&'static str),
    /// The 32 bytes are no acceptable key.
    #[error("the rule for keys does not admit it: {0}")]
    NotAdmitted(KeyError),
    /// No form is recognised.
    #[error(
        "it is neither a file nor a public key: 64 lower-case hex digits, 44 characters of base64, \
         a line `ssh-ed25519 AAAA...`, or PEM"
    )]
    Unknown,
    /// The file cannot be read.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// The public key that `text` is, or that is in the file of this name.
///
/// # Errors
///
/// When the file cannot be read, or there is no acceptable key.
pub(crate) fn read(text: &str) -> Result<PublicKey, PublicKeyError> {
    let path = Path::new(text);
    if path.exists() {
        return read_file(path);
    }
    parse(text)
}

/// The public key in a file.
///
/// # Errors
///
/// When it cannot be read, or holds no acceptable key.
pub(crate) fn read_file(path: &Path) -> Result<PublicKey, PublicKeyError> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|error| PublicKeyError::Io {
            path: path.to_owned(),
            error,
        })?;
    // An encrypted key file.
    if bytes.starts_with(b"age-encryption.org/") {
        return Err(PublicKeyError::Private);
    }
    parse(str::from_utf8(&bytes).map_err(|_| PublicKeyError::Unknown)?)
}

/// The public key that a text is, in any of the forms. White space around it does not count.
///
/// # Errors
///
/// When it is none, or not acceptable.
pub(crate) fn parse(text: &str) -> Result<PublicKey, PublicKeyError> {
    let text = text.trim();
    let bytes = if text.contains("PRIVATE KEY") {
        return Err(PublicKeyError::Private);
    } else if let Some(rest) = text.strip_prefix("-----BEGIN ") {
        of_pem(rest)?
    } else if is_ssh(text) {
        of_ssh(text)?
    } else if let Ok(bytes) = hex::decode_32(text) {
        bytes
    } else {
        let bytes = base64::decode(text).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or(PublicKeyError::Unknown)?
    };
    PublicKey::admit(&bytes).map_err(PublicKeyError::NotAdmitted)
}

fn is_ssh(text: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// One line of OpenSSH: type, base64 of the type and the key, and a comment, which may be left out.
fn of_ssh(line: &str) -> Result<[u8; 32], PublicKeyError> {
    let malformed = || PublicKeyError::Malformed("OpenSSH");
    let mut words = line.split([' ', '\t']);
    let kind = words.next().unwrap_or_default();
    if kind != SSH_TYPE {
        return Err(PublicKeyError::OtherType(kind.to_owned()));
    }
    if line.contains('\n') {
        return Err(malformed());
    }
    let blob = words.next().and_then(|blob| base64::decode(blob).ok());
    of_ssh_blob(&blob.ok_or_else(malformed)?).ok_or_else(malformed)
}

/// The key in the bytes that SSH gives it: two strings, each after its length.
pub(crate) fn of_ssh_blob(blob: &[u8]) -> Option<[u8; 32]> {
    let rest = blob.strip_prefix(&[0, 0, 0, 11])?;
    let rest = rest.strip_prefix(SSH_TYPE.as_bytes())?;
    rest.strip_prefix(&[0, 0, 0, 32])?.try_into().ok()
}

/// The block of RFC 7468 after `-----BEGIN `.
fn of_pem(rest: &str) -> Result<[u8; 32], PublicKeyError> {
    let malformed = || PublicKeyError::Malformed("PEM");
    let (label, rest) = rest.split_once("-----").ok_or_else(malformed)?;
    if label != "PUBLIC KEY" {
        return Err(PublicKeyError::OtherType(label.to_owned()));
    }
    let body = rest
        .strip_suffix("-----END PUBLIC KEY-----")
        .ok_or_else(malformed)?;
    let body: String = body.lines().map(str::trim_end).collect();
    let der = base64::decode(&body).map_err(|_| malformed())?;
    if let Some(key) = der.strip_prefix(&SPKI_HEAD) {
        return key.try_into().map_err(|_| malformed());
    }
    // The object id, wherever the lengths before it put it: within the first bytes.
    let start = der.get(..24).unwrap_or(&der);
    let other = OTHER_ALGORITHMS.iter().find(|(id, _)| {
        let length = u8::try_from(id.len()).unwrap_or(u8::MAX);
        let tagged = [&[6, length], *id].concat();
        start.windows(tagged.len()).any(|there| there == tagged)
    });
    Err(other.map_or_else(malformed, |(_, name)| {
        PublicKeyError::OtherType((*name).to_owned())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

    fn bytes() -> [u8; 32] {
        hex::decode_32(HEX).unwrap()
    }

    fn ssh() -> String {
        let blob = [
            [0, 0, 0, 11].as_slice(),
            SSH_TYPE.as_bytes(),
            &[0, 0, 0, 32],
            &bytes(),
        ];
        format!("ssh-ed25519 {}", base64::encode(&blob.concat()))
    }

    #[test]
    fn one_key_is_read_in_every_form() {
        // The public key of RFC 8410 section 10.1.
        let pem = "-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
            -----END PUBLIC KEY-----\n";
        let raw = base64::encode(&bytes());
        for text in [
            HEX,
            &format!("{HEX}\n"),
            &raw,
            pem,
            &pem.replace('\n', "\r\n"),
            &ssh(),
            &format!("{} a comment of words\n", ssh()),
        ] {
            assert_eq!(parse(text).unwrap().as_bytes(), &bytes(), "{text}");
        }
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key.pem");
        std::fs::write(&file, pem).unwrap();
        assert_eq!(read(file.to_str().unwrap()).unwrap().as_bytes(), &bytes());
    }

    #[test]
    fn a_key_of_another_type_is_refused_by_its_name() {
        let rsa = "-----BEGIN PUBLIC KEY-----\n\
            MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK0=\n-----END PUBLIC KEY-----";
        let ec = "-----BEGIN PUBLIC KEY-----\n\
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----";
        for (text, name) in [
            ("ssh-rsa AAAAB3NzaC1yc2E=", "ssh-rsa"),
            ("ecdsa-sha2-nistp256 AAAA", "ecdsa-sha2-nistp256"),
            (
                "sk-ssh-ed25519@openssh.com AAAA",
                "sk-ssh-ed25519@openssh.com",
            ),
            ("ssh-ed25519-cert-v01@openssh.com AAAA", "ssh-ed25519-cert"),
            (rsa, "RSA"),
            (ec, "ECDSA"),
            ("-----BEGIN CERTIFICATE-----\nAA==", "CERTIFICATE"),
            (
                "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==",
                "private",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(name), "{text}: {error}");
        }
    }

    #[test]
    fn a_key_that_the_rule_does_not_admit_is_refused_in_every_form() {
        // The neutral element, of order 1.
        let mut small = [0; 32];
        small[0] = 1;
        for text in [hex::encode(&small), base64::encode(&small)] {
            assert!(matches!(parse(&text), Err(PublicKeyError::NotAdmitted(_))));
        }
    }

    #[test]
    fn what_is_cut_short_or_has_something_behind_it_is_refused() {
        let ssh = ssh();
        for text in [
            "",
            "no key",
            &HEX[1..],
            &HEX.to_uppercase(),
            &format!("{HEX}00"),
            &ssh[..ssh.len() - 4],
            &format!("{ssh}\n{ssh}"),
            "ssh-ed25519",
        ] {
            parse(text).unwrap_err();
        }
    }
}
