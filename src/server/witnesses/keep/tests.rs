//! What is kept is found again, the earliest first; what is damaged, or is not what the rules ask for, is not.

use super::*;
use crate::server::witnesses::testing::{rules, witnessed};

fn first(keep: &Keep, size: u64) -> Option<(u64, u64)> {
    let found = keep.first_of(size, &rules(&[2], 1))?;
    Some((found.size(), found.time_s))
}

#[test]
fn the_first_time_of_a_tree_is_kept_however_often_it_is_cosigned_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut keep, newest) = Keep::open(dir.path(), &rules(&[2], 1)).unwrap();
    assert_eq!(newest, None);
    // Cosigned again while nothing is logged; then the log grows twice within a second, and goes on.
    for (size, time_s) in [
        (3, 100),
        (3, 110),
        (3, 120),
        (4, 125),
        (5, 125),
        (6, 125),
        (7, 126),
        (7, 136),
    ] {
        keep.keep(&witnessed(size, time_s)).unwrap();
    }
    let look = |keep: &Keep| {
        assert_eq!(first(keep, 1), Some((3, 100)));
        assert_eq!(first(keep, 3), Some((3, 100)));
        assert_eq!(first(keep, 4), Some((4, 125)));
        assert_eq!(first(keep, 5), Some((5, 125)));
        // Not every one of a second: 6 entries are covered by what came a second later.
        assert_eq!(first(keep, 6), Some((7, 126)));
        assert_eq!(first(keep, 7), Some((7, 126)));
        assert_eq!(first(keep, 8), None);
    };
    look(&keep);
    drop(keep);
    let (keep, newest) = Keep::open(dir.path(), &rules(&[2], 1)).unwrap();
    assert_eq!(newest, Some(witnessed(7, 136)));
    look(&keep);
    assert_eq!(keep.last_of(6, &rules(&[2], 1)), Some(witnessed(5, 125)));
    // Under other rules nothing of it counts.
    let (keep, newest) = Keep::open(dir.path(), &rules(&[3], 1)).unwrap();
    assert_eq!((newest, keep.first_of(1, &rules(&[3], 1))), (None, None));
}

#[test]
fn the_last_one_of_a_busy_second_keeps_its_time_too() {
    let dir = tempfile::tempdir().unwrap();
    let (mut keep, _) = Keep::open(dir.path(), &rules(&[2], 1)).unwrap();
    for size in 3..9 {
        keep.keep(&witnessed(size, 100)).unwrap();
    }
    assert_eq!(first(&keep, 8), Some((8, 100)));
    // Nothing more is logged, and the same is cosigned again.
    for time_s in [110, 120, 130] {
        keep.keep(&witnessed(8, time_s)).unwrap();
    }
    assert_eq!(first(&keep, 8), Some((8, 100)));
    drop(keep);
    let (keep, _) = Keep::open(dir.path(), &rules(&[2], 1)).unwrap();
    assert_eq!(first(&keep, 8), Some((8, 100)));
    assert_eq!(keep.kept.len(), 3);
}

#[test]
fn what_is_damaged_is_put_aside_and_what_is_whole_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let (mut keep, _) = Keep::open(dir.path(), &rules(&[2], 1)).unwrap();
    for (size, time_s) in [(3, 100), (4, 200), (5, 300), (6, 400)] {
        keep.keep(&witnessed(size, time_s)).unwrap();
    }
    drop(keep);
    let path = dir.path().join(EARLIER_FILE);
    let whole = fs::read(&path).unwrap();
    let frame = frame_bytes(witnessed(3, 100).checkpoint.text().len());
    for at in (frame..2 * frame).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).unwrap();
        let (keep, _) = Keep::open(dir.path(), &rules(&[2], 1)).unwrap();
        assert_eq!(first(&keep, 3), Some((3, 100)));
        assert_eq!(fs::read(path.with_extension("damaged")).unwrap(), damaged);
        assert_eq!(fs::read(&path).unwrap(), whole[..frame]);
        // The newest is in the other file.
        assert_eq!(first(&keep, 4), Some((6, 400)));
    }
    let newest = dir.path().join(NEWEST_FILE);
    let text = fs::read(&newest).unwrap();
    for at in (0..text.len()).step_by(11) {
        let mut damaged = text.clone();
        damaged[at] ^= 1;
        fs::write(&newest, damaged).unwrap();
        assert_eq!(
            Keep::open(dir.path(), &rules(&[2], 1)).unwrap().1,
            None,
            "{at}"
        );
    }
}

#[test]
fn a_file_that_is_full_keeps_the_first_and_about_half() {
    let dir = tempfile::tempdir().unwrap();
    let (mut keep, _) = Keep::open(dir.path(), &rules(&[2], 1)).unwrap();
    for step in 0..40 {
        keep.keep(&witnessed(3 + step, 100 + step)).unwrap();
    }
    let before = keep.kept.len();
    keep.thin().unwrap();
    assert!(
        keep.kept.len() <= before / 2 + 1 && keep.kept.len() > before / 4,
        "{}",
        keep.kept.len()
    );
    let look = |keep: &Keep| {
        assert_eq!(first(keep, 3), Some((3, 100)));
        let (size, time_s) = first(keep, 10).unwrap();
        assert!((10..14).contains(&size) && time_s == 97 + size);
    };
    look(&keep);
    keep.keep(&witnessed(90, 900)).unwrap();
    drop(keep);
    look(&Keep::open(dir.path(), &rules(&[2], 1)).unwrap().0);
}
