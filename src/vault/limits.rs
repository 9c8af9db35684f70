//! The limits of a vault, each with its reason.

/// The longest vault file. A field is a few hundred bytes, so this is a hundred thousand records; the file is
/// held in memory and written anew with each change.
pub(crate) const VAULT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Protected fields and decoys of one record: a record's payload holds at most as many digests.
pub(crate) const FIELDS_MAX: usize = 1_024;

/// Characters of a passphrase for a new vault. Whoever has the file can try guesses for as long as he likes.
pub(crate) const PASSPHRASE_CHARS_MIN: usize = 12;

/// The work for one guess of a passphrase: scrypt with 2 to this power, 256 MiB and about a second. Fixed, so
/// that a busy or slow machine does not choose a weaker one.
pub(crate) const SCRYPT_LOG_N: u8 = 18;

/// The most work that a vault file may ask for before it is opened: four times as much.
pub(crate) const SCRYPT_LOG_N_MAX: u8 = 20;
