//! A cursor over bytes that never reads past their end.

/// What is left to read, and the error of a read that needs more than that.
pub(crate) struct Reader<'a, E> {
    rest: &'a [u8],
    truncated: E,
}

impl<'a, E: Clone> Reader<'a, E> {
    pub(crate) const fn new(bytes: &'a [u8], truncated: E) -> Self {
        Self {
            rest: bytes,
            truncated,
        }
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], E> {
        let split = self.rest.split_at_checked(len);
        let (taken, rest) = split.ok_or_else(|| self.truncated.clone())?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], E> {
        let taken = self.take(N)?.try_into();
        taken.map_err(|_| self.truncated.clone())
    }

    pub(crate) fn u8(&mut self) -> Result<u8, E> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, E> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, E> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, E> {
        self.array().map(u64::from_be_bytes)
    }

    /// The bytes after a length of 4 bytes.
    pub(crate) fn long(&mut self) -> Result<&'a [u8], E> {
        let len = usize::try_from(self.u32()?).map_err(|_| self.truncated.clone())?;
        self.take(len)
    }

    /// The bytes after a length of 2 bytes.
    pub(crate) fn short(&mut self) -> Result<&'a [u8], E> {
        let len = self.u16()?;
        self.take(usize::from(len))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}
