//! How much memory a call takes at its peak.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static NOW: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn take(bytes: usize) {
    // While a thread ends its counters may be gone; nothing is measured then.
    let _ = NOW.try_with(|now| {
        now.set(now.get().saturating_add(bytes));
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now.get())));
    });
}

fn give(bytes: usize) {
    let _ = NOW.try_with(|now| now.set(now.get().saturating_sub(bytes)));
}

// SAFETY: every call goes to the system's allocator as it came; beside it only numbers are kept.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        give(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

/// What `call` gives, after a check that it took at no moment more than `base` bytes and `each` for a byte of `data`.
///
/// # Panics
///
/// When it took more.
pub fn bounded<T>(data: &[u8], base: usize, each: usize, call: impl FnOnce() -> T) -> T {
    let before = NOW.get();
    PEAK.set(before);
    let value = call();
    let taken = PEAK.get() - before;
    let allowed = base + each * data.len();
    assert!(
        taken <= allowed,
        "{taken} bytes of memory for {} of input",
        data.len()
    );
    value
}
