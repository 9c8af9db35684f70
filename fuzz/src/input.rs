//! Choices taken from the bytes that the engine gives.

/// What is left of the bytes. When they have ended every choice is zero.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// The choices that `data` makes.
    pub const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `end`, which is at most 256.
    pub fn below(&mut self, end: u16) -> u16 {
        u16::from(self.byte()) % end
    }

    /// Any number of 64 bits.
    pub fn number(&mut self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// Whether there is anything left.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// Some of the bits of `data`, spread over it; which, depends on the content.
pub fn some_bits(data: &[u8]) -> impl Iterator<Item = usize> {
    let bits = data.len() * 8;
    let seed = data.iter().fold(bits, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(usize::from(*byte))
    });
    (0..bits.min(16)).map(move |turn| seed.wrapping_add(turn.wrapping_mul(0x9e37_79b9)) % bits)
}

/// `data` with one bit changed.
pub fn flipped(data: &[u8], bit: usize) -> Vec<u8> {
    let mut other = data.to_vec();
    other[bit / 8] ^= 1 << (bit % 8);
    other
}

/// `data` with some of its bytes changed, as the choices say: up to three edits.
pub fn edited(data: &[u8], input: &mut Input<'_>) -> Vec<u8> {
    let mut other = data.to_vec();
    for _ in 0..input.below(4) {
        let choice = input.below(4);
        let at = usize::from(u16::from_be_bytes([input.byte(), input.byte()])) % (other.len() + 1);
        match choice {
            0 => other.insert(at, input.byte()),
            1 if at < other.len() => other[at] = input.byte(),
            2 if at < other.len() => {
                other.remove(at);
            }
            _ => other.truncate(at),
        }
    }
    other
}
