//! The door: who finds a place beside whom, who waits, and what is told to whom there is none for.

use super::*;

fn door(records: usize, bytes: usize) -> Door {
    Door::new(QueueLimits { records, bytes })
}

fn org(name: &str) -> Account {
    Account::Organisation(OrgName::parse(name).unwrap())
}

/// As many places as there are for this account.
fn all(door: &Door, account: &Account, payload: usize) -> Vec<Place> {
    std::iter::from_fn(|| door.place_now(account.clone(), payload).ok()).collect()
}

fn is_empty(door: &Door) -> bool {
    let state = door.state();
    state.total == Held::default() && state.accounts.is_empty() && state.waiting.is_empty()
}

#[test]
fn alone_one_may_use_nearly_all_and_others_always_find_a_place() {
    let door = door(900, usize::MAX);
    let greedy = all(&door, &org("greedy"), 1);
    assert_eq!(greedy.len(), 800);
    let second = all(&door, &org("second"), 1);
    assert!((80..=100).contains(&second.len()), "{}", second.len());
    let third = door.place_now(org("third"), 1).unwrap();
    drop((greedy, second, third));
    assert!(is_empty(&door));
}

#[test]
fn a_connection_that_has_proved_nothing_holds_little() {
    let door = door(9_000, usize::MAX);
    let places = all(&door, &Account::Connection(1), 1);
    assert_eq!(places.len(), UNPROVED_MAX);
    assert_eq!(all(&door, &Account::Connection(2), 1).len(), UNPROVED_MAX);
}

#[test]
fn what_the_greedy_frees_goes_to_the_others_until_they_have_as_much() {
    let door = door(1_700, usize::MAX);
    let mut greedy = all(&door, &org("greedy"), 1);
    let mut second = Vec::new();
    while let Some(place) = greedy.pop() {
        drop(place);
        // The second is no faster than the greedy, who comes first each time.
        greedy.extend(door.place_now(org("greedy"), 1));
        second.extend(door.place_now(org("second"), 1));
        if greedy.len() <= second.len() {
            break;
        }
    }
    assert!((790..=810).contains(&second.len()), "{}", second.len());
    assert!((790..=810).contains(&greedy.len()), "{}", greedy.len());
}

#[test]
fn bytes_are_bounded_as_places_are() {
    let long = 10_000 - SUBMISSION_OVERHEAD_BYTES;
    let door = door(usize::MAX, 900_000);
    let greedy = all(&door, &org("greedy"), long);
    assert_eq!(greedy.len(), 80);
    assert_eq!(all(&door, &org("second"), long).len(), 8);
    // Even the first place of an account has to fit.
    let refused = door.place_now(org("third"), 900_000).unwrap_err();
    assert_eq!(refused.reason, Reason::QueueFull);
}

#[test]
fn a_refusal_says_when_to_come_back_and_no_sooner_than_makes_sense() {
    let door = door(9, usize::MAX);
    let places = all(&door, &org("a"), 1);
    let refusal = door.place_now(org("a"), 1).unwrap_err();
    assert_eq!(refusal.retry_after, Some(RETRY_AFTER_MIN));
    door.state().pace.each = Duration::from_millis(100);
    let refusal = door.place_now(org("a"), 1).unwrap_err();
    assert_eq!(refusal.retry_after, Some(Duration::from_millis(800)));
    door.state().pace.each = Duration::from_secs(100);
    let refusal = door.place_now(org("a"), 1).unwrap_err();
    assert_eq!(refusal.retry_after, Some(RETRY_AFTER_MAX));
    drop(places);
}

#[test]
fn the_pace_is_measured_while_there_is_work() {
    let mut now = Instant::now();
    let mut pace = Pace {
        since: now,
        released: 0,
        each: Duration::ZERO,
    };
    for _ in 0..100 {
        now += QUEUE_PACE_WINDOW / 50;
        pace.count(now);
    }
    assert_eq!(pace.each, QUEUE_PACE_WINDOW / 50);
    pace.count(now + QUEUE_PACE_WINDOW * 1_000);
    assert_eq!(pace.each, QUEUE_PACE_WINDOW / 50);
}

#[tokio::test]
async fn a_stream_waits_for_a_place_and_is_not_overtaken_by_its_own() {
    let door = door(2, usize::MAX);
    let place = door.place_now(org("a"), 1).unwrap();
    let other = door.place_now(org("b"), 1).unwrap();
    let waiter = tokio::spawn({
        let door = door.clone();
        async move { door.place_soon(org("a"), 1).await }
    });
    while door.state().waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    drop(place);
    let place = waiter.await.unwrap().unwrap();
    assert_eq!(
        door.place_now(org("a"), 1).unwrap_err().reason,
        Reason::QueueFull
    );
    drop((place, other));
    assert!(is_empty(&door));
}

#[tokio::test]
async fn a_connection_that_waits_goes_on_once_it_has_shown_a_signature() {
    let door = door(9_000, usize::MAX);
    let mut places = all(&door, &Account::Connection(1), 1);
    let waiter = tokio::spawn({
        let door = door.clone();
        async move { door.place_soon(Account::Connection(1), 1).await }
    });
    while door.state().waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    // None of them is given back.
    places[0].charge_to(&OrgName::parse("a").unwrap());
    waiter.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_stops_waiting_leaves_nothing_behind() {
    let door = door(1, usize::MAX);
    let place = door.place_now(org("a"), 1).unwrap();
    for name in ["a", "b", "b"] {
        let waiting = door.place_soon(org(name), 1);
        let soon = Duration::from_millis(1);
        assert!(tokio::time::timeout(soon, waiting).await.is_err());
    }
    assert!(!door.state().waiting.is_empty());
    drop(place);
    assert!(is_empty(&door));
}

#[test]
fn a_place_is_charged_to_the_organisation_once_it_is_known() {
    let door = door(900, usize::MAX);
    let name = OrgName::parse("a").unwrap();
    let mut place = door.place_now(Account::Connection(7), 1).unwrap();
    place.charge_to(&name);
    assert_eq!(place.account(), &org("a"));
    assert_eq!(door.state().held(&Account::Connection(7)).records, 0);
    let share = all(&door, &org("a"), 1);
    let mut late = door.place_now(Account::Connection(8), 1).unwrap();
    late.charge_to(&name);
    assert!(door.place_now(org("a"), 1).is_err());
    drop((place, share, late));
    assert!(is_empty(&door));
}
