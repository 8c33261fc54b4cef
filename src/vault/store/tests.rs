//! What every engine must do; each engine's own tests run this very suite.

mod uses;

use super::{Creation, Engine, Key, Record, Step, StoreError};
use crate::alias::{AliasState, DAY, Limits};
use crate::wire::Ticket;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
pub(crate) use uses::{LIFETIME, SPENT, SPENT_LAST};
use uses::{admitted, is_dead, spend};

/// A key, owner or ticket that no other test has.
pub(crate) fn fresh() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut octets = [0; 16];
    octets[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    octets[8..12].copy_from_slice(&std::process::id().to_le_bytes());
    octets
}

pub(crate) fn ticket() -> Ticket {
    Ticket::from_random(fresh())
}

pub(crate) fn limits(max_usage: Option<u32>) -> Limits {
    Limits { not_before: None, not_after: None, max_usage }
}

pub(crate) fn record(limits: Limits) -> Record {
    let state = AliasState::new(limits, false);
    Record { state, manage: fresh(), owner: fresh(), sealed: Box::from(&b"sealed"[..]) }
}

async fn get<T: 'static>(step: Step<T>) -> T {
    step.get().await.unwrap_or_else(|StoreError(why)| panic!("{why}"))
}

async fn made(engine: &impl Engine, record: &Record) -> Key {
    let key = fresh();
    let now = get(engine.now()).await;
    assert_eq!(get(engine.create(key, record.clone(), now, 0)).await, Creation::Made);
    key
}

/// The whole suite.
pub(crate) async fn suite(engine: &impl Engine) {
    what_is_created_is_read(engine).await;
    uses::suite(engine).await;
    amending_is_compare_and_set(engine).await;
    counting_has_a_limit(engine).await;
    counting_down_stops_at_zero(engine).await;
    owners_can_be_forgotten(engine).await;
    owners_have_so_many_and_no_more(engine).await;
    what_is_confirmed_is_alive(engine).await;
    marks_are_there_until_they_end(engine).await;
    what_is_past_is_purged(engine).await;
}

async fn what_is_created_is_read(engine: &impl Engine) {
    let now = get(engine.now()).await;
    let all = Limits { not_before: Some(now - 5), not_after: Some(now + DAY), max_usage: Some(7) };
    for limits in [limits(Some(1)), all, Limits { not_after: Some(now + 9), ..limits(None) }] {
        let record = record(limits);
        let key = made(engine, &record).await;
        assert!(get(engine.read(key)).await.is_some_and(|found| found == record));
        let other = Record { manage: fresh(), ..record };
        assert_eq!(get(engine.create(key, other, now, 0)).await, Creation::Taken, "a key is taken once");
        assert!(get(engine.remove(key)).await);
        assert!(!get(engine.remove(key)).await);
        assert!(get(engine.read(key)).await.is_none());
    }
}

async fn amending_is_compare_and_set(engine: &impl Engine) {
    let record = record(limits(Some(1)));
    let key = made(engine, &record).await;
    assert_eq!(spend(engine, key, ticket()).await, SPENT_LAST);
    let more = AliasState { limits: limits(Some(3)), spent: 77, paused: true, pending: false };
    assert!(get(engine.amend(key, record.state, more)).await, "spent is not compared");
    assert!(!get(engine.amend(key, record.state, more)).await, "it is no longer as seen");
    let found = get(engine.read(key)).await.unwrap().state;
    assert_eq!(found, AliasState { spent: 1, ..more }, "spent is not set");
    assert!(!get(engine.amend(fresh(), record.state, more)).await);
}

async fn counting_has_a_limit(engine: &impl Engine) {
    let owner = fresh();
    assert!(get(engine.count(owner, 2, 1)).await && get(engine.count(owner, 2, 1)).await);
    assert!(!get(engine.count(owner, 2, 1)).await);
    let another = fresh();
    assert!(get(engine.count(another, 5, 3)).await);
    assert!(!get(engine.count(another, 5, 3)).await, "all or none");
    assert!(get(engine.count(another, 5, 2)).await);
    get(engine.uncount(another, 1)).await;
    assert!(get(engine.count(another, 5, 1)).await, "given back");
    assert!(!get(engine.count(another, 5, 1)).await);
}

async fn counting_down_stops_at_zero(engine: &impl Engine) {
    // Of a day that is over, and of one that has begun.
    for counted in [0, 1] {
        let counter = fresh();
        assert!(get(engine.count(counter, 5, counted)).await);
        for _ in 0..3 {
            get(engine.uncount(counter, 1)).await;
        }
        assert!(get(engine.count(counter, 1, 1)).await, "{counted}");
        assert!(!get(engine.count(counter, 1, 1)).await, "{counted}: more than the limit");
    }
}

async fn owners_have_so_many_and_no_more(engine: &impl Engine) {
    let (mine, other, now) = (record(limits(Some(1))), record(limits(Some(1))), get(engine.now()).await);
    let one = fresh();
    let more = async |key, record: &Record| get(engine.create(key, record.clone(), now, 2)).await;
    assert_eq!(more(one, &mine).await, Creation::Made);
    assert_eq!(more(fresh(), &mine).await, Creation::Made);
    assert_eq!(more(fresh(), &mine).await, Creation::Full);
    assert_eq!(more(fresh(), &other).await, Creation::Made);
    assert!(get(engine.remove(one)).await);
    assert_eq!(more(fresh(), &mine).await, Creation::Made);
    assert_eq!(get(engine.forget(mine.owner)).await, 2);
    assert_eq!(more(fresh(), &mine).await, Creation::Made);
}

async fn what_is_confirmed_is_alive(engine: &impl Engine) {
    let mut record = record(limits(Some(1)));
    record.state.pending = true;
    let key = made(engine, &record).await;
    assert!(is_dead(engine, key).await);
    let confirmed = AliasState { pending: false, ..record.state };
    assert!(get(engine.amend(key, record.state, confirmed)).await);
    assert!(!get(engine.amend(key, record.state, confirmed)).await, "it is no longer as seen");
    assert_eq!(admitted(engine, key).await, Some(Some(1)));
}

async fn marks_are_there_until_they_end(engine: &impl Engine) {
    let (now, lasting, brief) = (get(engine.now()).await, fresh(), fresh());
    assert_eq!(get(engine.marked(lasting)).await, None);
    get(engine.mark(lasting, None)).await;
    let since = get(engine.marked(lasting)).await.unwrap();
    assert!((now..=get(engine.now()).await).contains(&since));
    let end = get(engine.now()).await + 2;
    get(engine.mark(brief, Some(end))).await;
    let is_there = get(engine.marked(brief)).await.is_some();
    assert!(is_there || get(engine.now()).await >= end, "on a busy machine its time may be over already");
    while get(engine.now()).await < end {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(get(engine.marked(brief)).await, None);
    get(engine.sweep()).await;
    assert!(!get(engine.unmark(brief)).await, "nothing of it remains");
    assert!(get(engine.unmark(lasting)).await && !get(engine.unmark(lasting)).await);
    assert_eq!(get(engine.marked(lasting)).await, None);
}

async fn owners_can_be_forgotten(engine: &impl Engine) {
    let (mine, other) = (record(limits(Some(1))), record(limits(Some(1))));
    let (one, two, theirs) = (made(engine, &mine).await, made(engine, &mine).await, made(engine, &other).await);
    assert_eq!(get(engine.forget(mine.owner)).await, 2);
    assert_eq!(get(engine.forget(mine.owner)).await, 0);
    assert!(get(engine.read(one)).await.is_none() && get(engine.read(two)).await.is_none());
    assert!(get(engine.read(theirs)).await.is_some());
}

async fn what_is_past_is_purged(engine: &impl Engine) {
    let now = get(engine.now()).await;
    let (brief, lasting) =
        (Limits { not_after: Some(now + 1), ..limits(None) }, Limits { not_after: Some(now + 99), ..limits(None) });
    let (brief, lasting) = (made(engine, &record(brief)).await, made(engine, &record(lasting)).await);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    get(engine.sweep()).await;
    assert!(get(engine.read(brief)).await.is_none());
    assert!(get(engine.read(lasting)).await.is_some());
}
