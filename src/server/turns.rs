//! Queues by turns: one queue for each key, and the first of each queue in its turn, so that whoever has a long queue waits in
//! it alone.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// What waits, by whose it is.
///
/// Invariants: no queue is empty; `ring` has each key that has a queue, once; `len` is the sum of the lengths.
#[derive(Debug)]
pub(crate) struct Turns<K, T> {
    queues: HashMap<K, VecDeque<T>>,
    /// Whose turn is next, and after that.
    ring: VecDeque<K>,
    len: usize,
}

impl<K, T> Default for Turns<K, T> {
    fn default() -> Self {
        Self {
            queues: HashMap::new(),
            ring: VecDeque::new(),
            len: 0,
        }
    }
}

impl<K: Clone + Eq + Hash, T> Turns<K, T> {
    /// Puts `item` at the end of the queue of `key`.
    pub(crate) fn push(&mut self, key: K, item: T) {
        self.len = self.len.saturating_add(1);
        if let Some(queue) = self.queues.get_mut(&key) {
            queue.push_back(item);
            return;
        }
        self.ring.push_back(key.clone());
        self.queues.insert(key, VecDeque::from([item]));
    }

    /// The first of the queue whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.pop_if(|_, _| true).map(|(_, item)| item)
    }

    /// The first of the next queue whose first may be taken. Each queue is asked once; those that may not be taken from keep
    /// their places in the round.
    pub(crate) fn pop_if(&mut self, mut may: impl FnMut(&K, &T) -> bool) -> Option<(K, T)> {
        for _ in 0..self.ring.len() {
            let key = self.ring.pop_front()?;
            let queue = self.queues.get_mut(&key)?;
            if !queue.front().is_some_and(|item| may(&key, item)) {
                self.ring.push_back(key);
                continue;
            }
            let item = queue.pop_front()?;
            self.len = self.len.saturating_sub(1);
            if queue.is_empty() {
                self.queues.remove(&key);
            } else {
                self.ring.push_back(key.clone());
            }
            return Some((key, item));
        }
        None
    }

    /// Whether anything of `key` waits.
    pub(crate) fn has(&self, key: &K) -> bool {
        self.queues.contains_key(key)
    }

    /// Whose queues are not empty.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.ring.iter()
    }

    /// How much waits.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing waits.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(items: &[(char, u8)]) -> Turns<char, u8> {
        let mut turns = Turns::default();
        for (key, item) in items {
            turns.push(*key, *item);
        }
        turns
    }

    #[test]
    fn each_has_its_turn_and_keeps_its_own_order() {
        let mut turns = filled(&[('a', 1), ('a', 2), ('a', 3), ('b', 4), ('b', 5), ('c', 6)]);
        assert_eq!(turns.len(), 6);
        let order: Vec<u8> = std::iter::from_fn(|| turns.pop()).collect();
        assert_eq!(order, [1, 4, 6, 2, 5, 3]);
        assert!(turns.is_empty() && !turns.has(&'a'));
    }

    #[test]
    fn who_comes_late_waits_one_round_at_most() {
        let mut turns = filled(&[('a', 0); 1_000]);
        turns.push('b', 1);
        assert_eq!([turns.pop(), turns.pop()], [Some(0), Some(1)]);
    }

    #[test]
    fn who_may_not_be_taken_from_does_not_hold_up_the_others() {
        let mut turns = filled(&[('a', 1), ('b', 2), ('c', 3)]);
        assert_eq!(turns.pop_if(|key, _| *key == 'b'), Some(('b', 2)));
        assert_eq!(turns.pop_if(|_, item| *item > 8), None);
        assert_eq!(turns.len(), 2);
        let mut keys: Vec<char> = turns.keys().copied().collect();
        keys.sort_unstable();
        assert_eq!(keys, ['a', 'c']);
    }
}
