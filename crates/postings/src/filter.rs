//! Whether a run may have a key: a Bloom filter whose bits for one key are all in one block of 64 bytes.

/// Bits for each posting. With seven positions in a block, one key in a hundred is read for in vain.
const BITS: u64 = 12;
/// Bytes of a block: a cache line.
const BLOCK_BYTES: usize = 64;
/// Bits of a block.
const BLOCK_BITS: u64 = 512;
/// Bits of a key in its block.
const POSITIONS: u32 = 7;
/// An odd number without a pattern, which mixes the bits of a key.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// The filter of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter(Box<[u8]>);

impl Filter {
    /// The filter of no posting, with room for this many.
    pub(crate) fn new(count: u64) -> Self {
        Self(vec![0; Self::bytes_for(count)].into_boxed_slice())
    }

    /// How many bytes the filter of this many postings has.
    pub(crate) fn bytes_for(count: u64) -> usize {
        let blocks = count.saturating_mul(BITS).div_ceil(BLOCK_BITS).max(1);
        usize::try_from(blocks)
            .unwrap_or(usize::MAX)
            .saturating_mul(BLOCK_BYTES)
    }

    /// The filter of these stored bytes.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self(bytes.into_boxed_slice())
    }

    /// The filter as it is stored.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds a key.
    pub(crate) fn add(&mut self, key: u64) {
        let start = self.block(key);
        if let Some(block) = self.0.get_mut(start..start.saturating_add(BLOCK_BYTES)) {
            for (byte, bit) in positions(key) {
                if let Some(byte) = block.get_mut(byte) {
                    *byte |= bit;
                }
            }
        }
    }

    /// Whether the key may be there. If not, it is not.
    pub(crate) fn may_have(&self, key: u64) -> bool {
        let start = self.block(key);
        let block = self.0.get(start..start.saturating_add(BLOCK_BYTES));
        block.is_none_or(|block| {
            positions(key).all(|(byte, bit)| block.get(byte).is_none_or(|byte| byte & bit != 0))
        })
    }

    /// Where the block of a key begins. Keys that follow each other have blocks that do, so a filter is made from
    /// its beginning to its end.
    fn block(&self, key: u64) -> usize {
        let blocks = u128::try_from(self.0.len() / BLOCK_BYTES).unwrap_or(1);
        let number = (u128::from(key) * blocks) >> 64;
        usize::try_from(number)
            .unwrap_or(0)
            .saturating_mul(BLOCK_BYTES)
    }
}

/// The bits of a key in its block, each as a byte and what is set in it.
fn positions(key: u64) -> impl Iterator<Item = (usize, u8)> {
    let mixed = (key ^ (key >> 32)).wrapping_mul(MIX);
    (0..POSITIONS).map(move |number| {
        let bit = (mixed >> (9 * number)) % BLOCK_BITS;
        (usize::try_from(bit / 8).unwrap_or(0), 1 << (bit % 8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tests::key;

    #[test]
    fn no_key_is_overlooked_and_few_are_taken_for_others() {
        for count in [0, 1, 40, 50_000] {
            let mut filter = Filter::new(count);
            (0..count).for_each(|number| filter.add(key(number)));
            assert!((0..count).all(|number| filter.may_have(key(number))));
            assert_eq!(Filter::of(filter.bytes().to_vec()), filter);
        }
        let mut filter = Filter::new(50_000);
        (0..50_000).for_each(|number| filter.add(key(number)));
        let taken = (50_000..150_000)
            .filter(|number| filter.may_have(key(*number)))
            .count();
        // About one in a hundred.
        assert!((300..1_800).contains(&taken), "{taken} false answers");
        assert!(!Filter::new(0).may_have(key(1)));
    }
}
