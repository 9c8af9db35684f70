//! A cursor over the bytes of an entry that never reads past their end.

use crate::EntryError;

/// What is left to read.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], EntryError> {
        let split = self.0.split_at_checked(len);
        let (taken, rest) = split.ok_or(EntryError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// As many bytes as the array has.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], EntryError> {
        self.take(N)?.try_into().map_err(|_| EntryError::Truncated)
    }

    /// The bytes after a length of 1 byte.
    pub(crate) fn tiny(&mut self) -> Result<&'a [u8], EntryError> {
        let len = u8::from_be_bytes(self.array()?);
        self.take(usize::from(len))
    }

    /// The bytes after a length of 2 bytes.
    pub(crate) fn short(&mut self) -> Result<&'a [u8], EntryError> {
        let len = u16::from_be_bytes(self.array()?);
        self.take(usize::from(len))
    }

    /// The bytes after a length of 4 bytes.
    pub(crate) fn long(&mut self) -> Result<&'a [u8], EntryError> {
        let len = u32::from_be_bytes(self.array()?);
        self.take(usize::try_from(len).map_err(|_| EntryError::Truncated)?)
    }
}
