//! Admitting, spending, refunding and settling.

use super::{fresh, get, limits, made, record, ticket};
use crate::alias::{AliasState, DAY, Limits};
use crate::vault::store::{AdmitOutcome, Creation, Engine, Key, Record, SpendOutcome};
use crate::wire::Ticket;
use std::time::{Duration, Instant};

/// Uses left of an alias that takes one more message: `Some(None)` if its messages are not limited.
pub(super) async fn admitted(engine: &impl Engine, key: Key) -> Option<Option<u32>> {
    match get(engine.admit(key)).await {
        AdmitOutcome::Admitted { sealed, remaining } => {
            assert_eq!(&*sealed, b"sealed");
            Some(remaining)
        }
        AdmitOutcome::Busy | AdmitOutcome::No => None,
    }
}

async fn is_busy(engine: &impl Engine, key: Key) -> bool {
    get(engine.admit(key)).await == AdmitOutcome::Busy
}

pub(super) async fn is_dead(engine: &impl Engine, key: Key) -> bool {
    get(engine.admit(key)).await == AdmitOutcome::No
}

pub(crate) const LIFETIME: Duration = Duration::from_secs(60);

pub(crate) const SPENT: SpendOutcome = SpendOutcome::Done { counted: true, last: false };
pub(crate) const SPENT_LAST: SpendOutcome = SpendOutcome::Done { counted: true, last: true };
const NOT_COUNTED: SpendOutcome = SpendOutcome::Done { counted: false, last: false };

pub(super) async fn spend(engine: &impl Engine, key: Key, ticket: Ticket) -> SpendOutcome {
    get(engine.spend(key, ticket, LIFETIME)).await
}

async fn spent(engine: &impl Engine, key: Key) -> u32 {
    get(engine.read(key)).await.unwrap().state.spent
}

/// The part of the suite that is about uses.
pub(super) async fn suite(engine: &impl Engine) {
    uses_are_spent_and_settled(engine).await;
    what_is_unsettled_is_refunded_once(engine).await;
    unsettled_uses_run_out(engine).await;
    the_dead_are_not_admitted(engine).await;
    whatever_is_dead_is_not_spent(engine).await;
    whether_a_use_counts_is_judged_when_it_is_spent(engine).await;
    what_is_made_anew_has_nothing_unsettled(engine).await;
    the_last_use_may_come_back(engine).await;
    two_hundred_at_once(engine).await;
}

async fn uses_are_spent_and_settled(engine: &impl Engine) {
    let key = made(engine, &record(limits(Some(2)))).await;
    let (one, two, three) = (ticket(), ticket(), ticket());
    for _ in 0..3 {
        assert_eq!(admitted(engine, key).await, Some(Some(2)), "asking costs nothing");
    }
    assert_eq!(spend(engine, key, one).await, SPENT);
    assert_eq!(admitted(engine, key).await, Some(Some(1)));
    assert_eq!(spend(engine, key, two).await, SPENT_LAST);
    for settled in [one, two] {
        assert!(is_busy(engine, key).await, "one may be given back");
        assert_eq!(spend(engine, key, three).await, SpendOutcome::Busy);
        get(engine.settle(key, settled)).await;
    }
    assert!(is_dead(engine, key).await);
    assert_eq!(spend(engine, key, three).await, SpendOutcome::No);
    assert_eq!(spent(engine, key).await, 2);
    get(engine.settle(key, three)).await;
    get(engine.settle(fresh(), ticket())).await;
    assert_eq!(spend(engine, fresh(), ticket()).await, SpendOutcome::No, "there is no such alias");
}

async fn what_is_unsettled_is_refunded_once(engine: &impl Engine) {
    let key = made(engine, &record(limits(Some(2)))).await;
    let (one, two, late) = (ticket(), ticket(), ticket());
    get(engine.refund(key, one)).await;
    assert_eq!((spend(engine, key, one).await, spend(engine, key, two).await), (SPENT, SPENT_LAST));
    assert_eq!(spend(engine, key, late).await, SpendOutcome::Busy);
    get(engine.refund(key, late)).await;
    assert_eq!(spent(engine, key).await, 2, "it has spent nothing");
    for _ in 0..2 {
        get(engine.refund(key, one)).await;
        assert_eq!((spent(engine, key).await, admitted(engine, key).await), (1, Some(Some(1))));
    }
    get(engine.settle(key, two)).await;
    get(engine.refund(key, two)).await;
    assert_eq!(spent(engine, key).await, 1, "it is settled");
    assert_eq!(spend(engine, key, late).await, SPENT_LAST);
    get(engine.refund(fresh(), one)).await;
}

async fn unsettled_uses_run_out(engine: &impl Engine) {
    let key = made(engine, &record(limits(Some(1)))).await;
    let (forgotten, late) = (ticket(), ticket());
    let (lifetime, start) = (Duration::from_secs(1), Instant::now());
    assert_eq!(get(engine.spend(key, forgotten, lifetime)).await, SPENT_LAST);
    // On a busy machine its time may be over already.
    assert!(is_busy(engine, key).await || start.elapsed() >= lifetime);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(is_dead(engine, key).await);
    assert_eq!(spend(engine, key, late).await, SpendOutcome::No);
    get(engine.refund(key, forgotten)).await;
    assert_eq!(spent(engine, key).await, 1);
}

async fn the_dead_are_not_admitted(engine: &impl Engine) {
    let now = get(engine.now()).await;
    assert!(is_dead(engine, fresh()).await);
    let early = Limits { not_before: Some(now + 50), ..limits(Some(1)) };
    let late = Limits { not_after: Some(now + 1), ..limits(Some(1)) };
    let (early, late) = (made(engine, &record(early)).await, made(engine, &record(late)).await);
    let (mut paused, mut pending) = (record(limits(Some(1))), record(limits(Some(1))));
    paused.state.paused = true;
    pending.state.pending = true;
    let (paused, pending) = (made(engine, &paused).await, made(engine, &pending).await);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for key in [early, late, paused, pending] {
        assert!(is_dead(engine, key).await);
        assert_eq!(spend(engine, key, ticket()).await, SpendOutcome::No);
    }
}

/// Of an alias that was alive a moment ago, whether its messages are counted or not, and also while another use of it is
/// unsettled: what is dead for another reason is never busy.
async fn whatever_is_dead_is_not_spent(engine: &impl Engine) {
    let now = get(engine.now()).await;
    type Death = fn(AliasState, u64) -> AliasState;
    let deaths: [Death; 4] = [
        |state, _| AliasState { paused: true, ..state },
        |state, _| AliasState { pending: true, ..state },
        |state, now| AliasState { limits: Limits { not_after: Some(now), ..state.limits }, ..state },
        |state, now| AliasState { limits: Limits { not_before: Some(now + 99), ..state.limits }, ..state },
    ];
    for max_usage in [Some(9), Some(1), None] {
        let alive = record(Limits { not_after: Some(now + DAY), ..limits(max_usage) });
        for death in deaths {
            let key = made(engine, &alive).await;
            assert_eq!(admitted(engine, key).await, Some(max_usage));
            assert!(matches!(spend(engine, key, ticket()).await, SpendOutcome::Done { .. }));
            assert!(get(engine.amend(key, alive.state, death(alive.state, now))).await);
            assert!(is_dead(engine, key).await);
            assert_eq!(spend(engine, key, ticket()).await, SpendOutcome::No);
        }
        for forget in [false, true] {
            let mine = Record { owner: fresh(), ..alive.clone() };
            let key = made(engine, &mine).await;
            assert!(matches!(spend(engine, key, ticket()).await, SpendOutcome::Done { .. }));
            let is_gone =
                if forget { get(engine.forget(mine.owner)).await == 1 } else { get(engine.remove(key)).await };
            assert!(is_gone && is_dead(engine, key).await);
            assert_eq!(spend(engine, key, ticket()).await, SpendOutcome::No);
        }
    }
}

async fn whether_a_use_counts_is_judged_when_it_is_spent(engine: &impl Engine) {
    let end = Some(get(engine.now()).await + DAY);
    let unlimited = record(Limits { not_after: end, ..limits(None) });
    let limited = AliasState { limits: Limits { not_after: end, ..limits(Some(1)) }, ..unlimited.state };
    let key = made(engine, &unlimited).await;
    assert_eq!(admitted(engine, key).await, Some(None));
    assert_eq!(spend(engine, key, ticket()).await, NOT_COUNTED);
    assert!(get(engine.amend(key, unlimited.state, limited)).await);
    let one = ticket();
    assert_eq!(spend(engine, key, one).await, SPENT_LAST);
    assert_eq!(spend(engine, key, ticket()).await, SpendOutcome::Busy);
    assert!(get(engine.amend(key, limited, unlimited.state)).await);
    assert_eq!(spend(engine, key, ticket()).await, NOT_COUNTED);
    get(engine.refund(key, one)).await;
    assert_eq!(spent(engine, key).await, 0);
    // A limit that is lowered to what is spent.
    let key = made(engine, &record(limits(Some(3)))).await;
    assert_eq!(spend(engine, key, one).await, SPENT);
    get(engine.settle(key, one)).await;
    let three = AliasState::new(limits(Some(3)), false);
    assert!(get(engine.amend(key, three, AliasState::new(limits(Some(1)), false))).await);
    assert_eq!(spend(engine, key, ticket()).await, SpendOutcome::No);
}

async fn what_is_made_anew_has_nothing_unsettled(engine: &impl Engine) {
    let (key, record, now) = (fresh(), record(limits(Some(1))), get(engine.now()).await);
    for forget in [false, true] {
        assert_eq!(get(engine.create(key, record.clone(), now, 0)).await, Creation::Made);
        let before = ticket();
        assert_eq!(spend(engine, key, before).await, SPENT_LAST);
        if forget {
            assert_eq!(get(engine.forget(record.owner)).await, 1);
        } else {
            assert!(get(engine.remove(key)).await);
        }
        assert_eq!(get(engine.create(key, record.clone(), now, 0)).await, Creation::Made);
        assert_eq!(spend(engine, key, ticket()).await, SPENT_LAST);
        get(engine.refund(key, before)).await;
        assert_eq!(spent(engine, key).await, 1);
        assert!(get(engine.remove(key)).await);
    }
}

/// With it, its owner's index.
async fn the_last_use_may_come_back(engine: &impl Engine) {
    let (mine, last) = (record(limits(Some(1))), ticket());
    let key = made(engine, &mine).await;
    assert_eq!(spend(engine, key, last).await, SPENT_LAST);
    get(engine.refund(key, last)).await;
    assert_eq!(admitted(engine, key).await, Some(Some(1)));
    assert_eq!(get(engine.forget(mine.owner)).await, 1);
    assert!(is_dead(engine, key).await);
}

async fn two_hundred_at_once(engine: &impl Engine) {
    let key = made(engine, &record(limits(Some(3)))).await;
    let tickets: Vec<Ticket> = (0..200).map(|_| ticket()).collect();
    let spends: Vec<_> = tickets.iter().map(|t| (*t, engine.spend(key, *t, LIFETIME))).collect();
    let mut done = Vec::new();
    for (ticket, spend) in spends {
        match get(spend).await {
            SpendOutcome::Done { counted: true, last } => done.push((ticket, last)),
            outcome => assert_eq!(outcome, SpendOutcome::Busy, "one may be given back"),
        }
    }
    assert_eq!((done.len(), spent(engine, key).await), (3, 3));
    assert_eq!(done.iter().filter(|(_, last)| *last).count(), 1);
    for (ticket, _) in done {
        get(engine.settle(key, ticket)).await;
    }
    for spend in tickets.iter().map(|t| engine.spend(key, *t, LIFETIME)).collect::<Vec<_>>() {
        assert_eq!(get(spend).await, SpendOutcome::No);
    }
}
