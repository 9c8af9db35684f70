//! One piece of work for each of many things, on all cores.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does `work` for each of `items`, and gives what came out in their order; `None` where the work broke off. A core takes `grain`
/// of them at a time, so that none waits long for the others.
pub(super) fn on_all_cores<T: Sync, R: Send>(
    items: &[T],
    grain: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<Option<R>> {
    let shares: Vec<&[T]> = items.chunks(grain.max(1)).collect();
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(share) = shares.get(place) else {
                return done;
            };
            let results: Vec<R> = share.iter().map(&work).collect();
            done.push((place, results));
        }
    };
    let mut done: Vec<(usize, Vec<R>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores.min(shares.len()))
            .map(|_| scope.spawn(run))
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_default())
            .collect()
    });
    done.sort_by_key(|(place, _)| *place);
    let mut done = done.into_iter().peekable();
    let mut all = Vec::with_capacity(items.len());
    for (place, share) in shares.iter().enumerate() {
        // A worker that broke off takes all that it had done with it.
        match done.next_if(|(at, _)| *at == place) {
            Some((_, results)) => all.extend(results.into_iter().map(Some)),
            None => all.extend(share.iter().map(|_| None)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1_000).collect();
        for grain in [0, 1, 7, 999, 5_000] {
            let doubled = on_all_cores(&items, grain, |item| item * 2);
            let expected: Vec<Option<u32>> = items.iter().map(|item| Some(item * 2)).collect();
            assert_eq!(doubled, expected);
        }
        assert_eq!(on_all_cores(&[], 1, |item: &u32| *item), []);
    }

    #[test]
    fn work_that_breaks_off_gives_nothing() {
        let items: Vec<u32> = (0..100).collect();
        let found = on_all_cores(&items, 1, |item| {
            assert!(*item != 50, "planted");
            *item
        });
        assert_eq!(found.len(), 100);
        assert_eq!(found[50], None);
        assert!(
            (0..)
                .zip(found)
                .all(|(at, it)| it.is_none_or(|it| it == at))
        );
    }
}
