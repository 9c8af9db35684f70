//! Private key files that a passphrase opens: in the age format, or PKCS#8 with PBES2 as OpenSSL reads and writes it.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode as _, Encode as _};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{Kdf, Parameters};
use witnessmark_verifier::base64;
use zeroize::Zeroizing;

use crate::vault::{self, SealError, VaultKey};

const AGE_HEAD: &[u8] = b"age-encryption.org/v1\n";
const PEM_HEAD: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const PEM_TAIL: &str = "-----END ENCRYPTED PRIVATE KEY-----";
/// Characters of base64 on a line of PEM (RFC 7468 section 2).
const PEM_LINE: usize = 64;

/// The work for one guess at a new PKCS#8 file, about half a second. scrypt would cost a thief more, but OpenSSL takes it only
/// with too little memory to be worth it; the age format has it.
const PBKDF2_ITERATIONS: u32 = 600_000;
/// The most work that a PKCS#8 file may ask for before it is opened.
const PBKDF2_ITERATIONS_MAX: u32 = 10_000_000;
/// The same for scrypt, as bytes of memory: 1 GiB.
const SCRYPT_BYTES_MAX: u64 = 1 << 30;
/// And how often that memory may be gone through.
const SCRYPT_PARALLEL_MAX: u16 = 16;

/// How a key file is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealing {
    /// The age format with scrypt.
    Age,
    /// PKCS#8 with PBES2.
    Pkcs8,
}

/// Why a file was not opened or not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The passphrase is another one, or the file was altered.
    WrongPassphrase,
    /// The file is not what it looks like.
    Malformed,
    /// Opening it would take too much time or memory.
    TooMuchWork,
    /// It could not be encrypted.
    Failed,
}

/// How a file is encrypted, if it is.
pub(super) fn sealing(file: &[u8]) -> Option<Sealing> {
    if file.starts_with(AGE_HEAD) {
        Some(Sealing::Age)
    } else if file.starts_with(PEM_HEAD.as_bytes()) {
        Some(Sealing::Pkcs8)
    } else {
        None
    }
}

/// What is inside a file: the text of an unencrypted key file, or the bytes of one's DER.
#[derive(Debug)]
pub(super) enum Inside {
    /// A PEM text.
    Text(Zeroizing<String>),
    /// DER.
    Der(Zeroizing<Vec<u8>>),
}

/// Opens a file.
pub(super) fn open(file: &[u8], how: Sealing, passphrase: &str) -> Result<Inside, Trouble> {
    match how {
        Sealing::Age => {
            let opened = vault::open(file, &VaultKey::passphrase(passphrase));
            let opened = opened.map_err(|error| of_age(&error))?;
            let text = str::from_utf8(&opened).map_err(|_| Trouble::Malformed)?;
            Ok(Inside::Text(Zeroizing::new(text.to_owned())))
        }
        Sealing::Pkcs8 => open_pkcs8(file, passphrase).map(Inside::Der),
    }
}

/// Makes the file: of the PEM text for age, of the DER for PKCS#8.
pub(super) fn seal(
    pem: &str,
    der: &[u8],
    how: Sealing,
    passphrase: &str,
) -> Result<Vec<u8>, Trouble> {
    match how {
        Sealing::Age => vault::seal(pem.as_bytes(), &VaultKey::passphrase(passphrase))
            .map_err(|_| Trouble::Failed),
        Sealing::Pkcs8 => seal_pkcs8(der, passphrase).ok_or(Trouble::Failed),
    }
}

fn of_age(error: &SealError) -> Trouble {
    match error {
        SealError::WrongKey => Trouble::WrongPassphrase,
        SealError::TooMuchWork(_) => Trouble::TooMuchWork,
        SealError::NotAge
        | SealError::Altered
        | SealError::TooLarge
        | SealError::ShortPassphrase
        | SealError::NoIdentity
        | SealError::Seal(_) => Trouble::Malformed,
    }
}

fn open_pkcs8(file: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let text = str::from_utf8(file).map_err(|_| Trouble::Malformed)?;
    let body = text.trim_end().strip_prefix(PEM_HEAD);
    let body = body.and_then(|body| body.strip_suffix(PEM_TAIL));
    let body: String = body.ok_or(Trouble::Malformed)?.lines().collect();
    let der = base64::decode(&body).map_err(|_| Trouble::Malformed)?;
    let info = EncryptedPrivateKeyInfoRef::from_der(&der).map_err(|_| Trouble::Malformed)?;
    let EncryptionScheme::Pbes2(parameters) = &info.encryption_algorithm else {
        return Err(Trouble::Malformed);
    };
    check_work(parameters)?;
    let mut buffer = Zeroizing::new(info.encrypted_data.as_bytes().to_vec());
    let opened = parameters.decrypt_in_place(passphrase, &mut buffer);
    let length = opened.map_err(|_| Trouble::WrongPassphrase)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

/// A file must not make a program work for hours, or take all memory, before it opens.
fn check_work(parameters: &Parameters) -> Result<(), Trouble> {
    let fits = match &parameters.kdf {
        Kdf::Pbkdf2(work) => work.iteration_count <= PBKDF2_ITERATIONS_MAX,
        Kdf::Scrypt(work) => {
            let block = u64::from(work.block_size).saturating_mul(128);
            work.cost_parameter.saturating_mul(block) <= SCRYPT_BYTES_MAX
                && work.parallelization <= SCRYPT_PARALLEL_MAX
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(Trouble::TooMuchWork)
    }
}

fn seal_pkcs8(der: &[u8], passphrase: &str) -> Option<Vec<u8>> {
    let (mut salt, mut iv) = ([0_u8; 16], [0_u8; 16]);
    getrandom::fill(&mut salt).ok()?;
    getrandom::fill(&mut iv).ok()?;
    let parameters =
        Parameters::generate_pbkdf2_sha256_aes256cbc(PBKDF2_ITERATIONS, &salt, iv).ok()?;
    // Room for the padding, so that no copy is left behind by growing.
    let mut buffer = Zeroizing::new(vec![0_u8; der.len().checked_add(16)?]);
    buffer.get_mut(..der.len())?.copy_from_slice(der);
    let sealed = parameters
        .encrypt_in_place(passphrase, &mut buffer, der.len())
        .ok()?;
    let info = EncryptedPrivateKeyInfoRef {
        encrypted_data: OctetStringRef::new(sealed).ok()?,
        encryption_algorithm: parameters.into(),
    };
    let body = base64::encode(&info.to_der().ok()?);
    let mut pem = format!("{PEM_HEAD}\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(PEM_LINE).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str(PEM_TAIL);
    pem.push('\n');
    Some(pem.into_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::keyfile::{KeyFile, KeyFileError, generate, load, read, write_new_sealed};

    #[test]
    fn an_encrypted_key_opens_with_its_passphrase_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        for (how, name) in [(Sealing::Age, "a.key"), (Sealing::Pkcs8, "b.key")] {
            let path = dir.path().join(name);
            let key = generate().unwrap();
            write_new_sealed(&path, &key, how, "twelve letters").unwrap();
            let bytes = fs::read(&path).unwrap();
            let seed = key.to_bytes();
            assert!(
                !bytes.windows(8).any(|there| there == &seed[..8]),
                "{how:?}"
            );
            assert!(matches!(read(&path), Err(KeyFileError::Encrypted(_))));
            let KeyFile::Sealed(sealed) = load(&path).unwrap() else {
                panic!("{how:?} is not encrypted");
            };
            assert_eq!(sealed.open("twelve letters").unwrap().to_bytes(), seed);
            let wrong = sealed.open("twelve lettera").unwrap_err();
            assert!(matches!(wrong, KeyFileError::WrongPassphrase(_)), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_asks_for_hours_of_work_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("device.key");
        write_new_sealed(
            &path,
            &generate().unwrap(),
            Sealing::Pkcs8,
            "twelve letters",
        )
        .unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let mut der = base64::decode(&body).unwrap();
        // The INTEGER 600,000 becomes 100,000,000.
        let place = der
            .windows(5)
            .position(|it| it == [2, 3, 9, 0x27, 0xc0])
            .unwrap();
        der.splice(place..place + 5, [2, 4, 0x05, 0xf5, 0xe1, 0x00]);
        // Three lengths around it grow by one: the file, the algorithm, PBES2 and PBKDF2.
        for at in 0..place {
            let length = usize::from(der[at + 1]);
            if der[at] == 0x30 && at + 2 + length >= place && length < 0x80 {
                der[at + 1] += 1;
            } else if der[at] == 0x30 && der[at + 1] == 0x81 {
                der[at + 2] += 1;
            }
        }
        let body = base64::encode(&der);
        let lines: Vec<&str> = (0..body.len())
            .step_by(64)
            .map(|at| &body[at..body.len().min(at + 64)])
            .collect();
        let (head, tail) = (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            "-----END ENCRYPTED PRIVATE KEY-----",
        );
        fs::write(&path, format!("{head}\n{}\n{tail}\n", lines.join("\n"))).unwrap();
        let KeyFile::Sealed(sealed) = load(&path).unwrap() else {
            panic!("it is encrypted");
        };
        let error = sealed.open("twelve letters").unwrap_err();
        assert!(matches!(error, KeyFileError::TooMuchWork(_)), "{error}");
    }
}
