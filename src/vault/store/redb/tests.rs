//! The suite on a real file; and what only a file can show.

use super::disk::Disk;
use super::{COUNTERS, Redb, clock};
use crate::alias::DAY;
use crate::vault::store::tests::{LIFETIME, SPENT, SPENT_LAST, fresh, limits, record, suite, ticket};
use crate::vault::store::{AdmitOutcome, Creation, Engine, Owner, SpendOutcome};
use redb::{Database, ReadableDatabase as _, ReadableTableMetadata as _};
use std::sync::atomic::Ordering::SeqCst;

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::LocalRuntime::new().unwrap().block_on(test);
}

#[test]
fn the_suite() {
    let dir = tempfile::tempdir().unwrap();
    run(async { suite(&Redb::open(&dir.path().join("t"), [1; 16]).unwrap()).await });
}

#[test]
fn what_is_spent_stays_spent() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    let key = fresh();
    run(async {
        let table = Redb::open(&path, [1; 16]).unwrap();
        assert_eq!(table.create(key, record(limits(Some(2))), 0, 0).get().await, Ok(Creation::Made));
        assert_eq!(table.spend(key, ticket(), LIFETIME).get().await, Ok(SPENT));
    });
    // A copy of the file as it is now is what a kill -9 would leave.
    std::fs::copy(&path, dir.path().join("copy")).unwrap();
    run(async {
        let table = Redb::open(&dir.path().join("copy"), [1; 16]).unwrap();
        assert_eq!(table.read(key).get().await.unwrap().unwrap().state.spent, 1);
        assert_eq!(table.alias_count().get().await, Ok(Some(1)));
    });
}

#[test]
fn a_table_of_another_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    run(async {
        drop(Redb::open(&path, [1; 16]).unwrap());
        std::fs::copy(&path, dir.path().join("copy")).unwrap();
        let refused = Redb::open(&dir.path().join("copy"), [2; 16]).err().unwrap().to_string();
        assert!(refused.contains("another server key"), "{refused}");
    });
}

#[test]
fn a_sweep_with_nothing_due_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    run(async {
        let table = Redb::open(&path, [1; 16]).unwrap();
        assert_eq!(table.create(fresh(), record(limits(Some(2))), 0, 0).get().await, Ok(Creation::Made));
        assert_eq!(table.count(fresh(), 5, 1).get().await, Ok(true));
        assert_eq!(table.mark(fresh(), Some(clock::now() + 60)).get().await, Ok(()));
        let before = std::fs::read(&path).unwrap();
        for _ in 0..3 {
            assert_eq!(table.sweep().get().await, Ok(0));
        }
        assert!(std::fs::read(&path).unwrap() == before, "it was committed");
    });
}

/// Counters that began then, each for an owner of its own, in the table at `path`.
fn count_since(path: &std::path::Path, counters: u32, since: u64) -> Vec<Owner> {
    drop(Redb::open(path, [1; 16]).unwrap());
    let owners: Vec<Owner> = (0..counters).map(|_| fresh()).collect();
    let transaction = Database::open(path).unwrap().begin_write().unwrap();
    {
        let mut table = transaction.open_table(COUNTERS).unwrap();
        for owner in &owners {
            table.insert(owner, (u32::try_from(since).unwrap(), 1)).unwrap();
        }
    }
    transaction.commit().unwrap();
    owners
}

fn counters(table: &Redb) -> u64 {
    table.database.begin_read().unwrap().open_table(COUNTERS).unwrap().len().unwrap()
}

/// Earlier versions knew no days of counters: theirs are listed when the table is opened.
#[test]
fn counters_of_a_day_that_is_over_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t");
    count_since(&path, 5, clock::now() - DAY - 1);
    let today = count_since(&path, 3, clock::now() - DAY + 100);
    run(async {
        let table = Redb::open(&path, [1; 16]).unwrap();
        assert_eq!(table.count(today[0], 5, 1).get().await, Ok(true));
        assert_eq!(table.count(fresh(), 5, 1).get().await, Ok(true));
        table.sweep().get().await.unwrap();
        assert_eq!(counters(&table), 4);
        assert_eq!(table.count(today[0], 2, 1).get().await, Ok(false), "today's are kept");
        assert_eq!(table.forget(today[0]).get().await, Ok(0));
        assert_eq!(counters(&table), 3);
    });
}

/// Those of today are not looked at, however many they are.
#[test]
fn a_sweep_reads_no_more_for_counters_of_today() {
    let reads = [10, 4_000].map(|counters| {
        let disk = Disk::default();
        let mut reads = 0;
        run(async {
            let table = Redb::on(disk.database(), [1; 16]).unwrap();
            let counts: Vec<_> = (0..counters).map(|_| table.count(fresh(), 5, 1)).collect();
            for count in counts {
                assert_eq!(count.get().await, Ok(true));
            }
            // So that there is something to do.
            assert_eq!(table.mark(fresh(), Some(clock::now() - 1)).get().await, Ok(()));
            let before = disk.reads.load(SeqCst);
            assert_eq!(table.sweep().get().await, Ok(1));
            reads = disk.reads.load(SeqCst) - before;
        });
        reads
    });
    assert!(reads[1] < reads[0] + 15, "pages read: {reads:?}");
}

#[test]
fn a_write_that_fails_is_answered_and_then_reported() {
    let disk = Disk::default();
    run(async {
        let table = Redb::on(disk.database(), [1; 16]).unwrap();
        let key = fresh();
        assert_eq!(table.create(key, record(limits(Some(9))), 0, 0).get().await, Ok(Creation::Made));
        let mut broken = table.broken();
        disk.is_full.store(true, SeqCst);
        let spends: Vec<_> =
            (0..3).map(|_| tokio::task::spawn_local(table.spend(key, ticket(), LIFETIME).get())).collect();
        let cause = (&mut broken).await;
        for spend in spends {
            assert_eq!(spend.await.unwrap(), Err(cause.clone()));
        }
        assert_eq!(table.spend(key, ticket(), LIFETIME).get().await, Err(cause), "nothing is written any more");
    });
}

/// A use that may still be given back is never taken for one that is gone: not while its spend is on its way to the
/// disk, nor while its refund is.
#[test]
fn a_use_is_unsettled_from_the_request_to_spend_it_to_the_end_of_its_refund() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let table = Redb::open(&dir.path().join("t"), [1; 16]).unwrap();
        let (key, one) = (fresh(), ticket());
        assert_eq!(table.create(key, record(limits(Some(1))), 0, 0).get().await, Ok(Creation::Made));
        for _ in 0..50 {
            let spend = tokio::task::spawn_local(table.spend(key, one, LIFETIME).get());
            let others: Vec<_> = (0..3).map(|_| table.spend(key, ticket(), LIFETIME)).collect();
            for other in others {
                assert_eq!(other.get().await, Ok(SpendOutcome::Busy));
            }
            assert_eq!(spend.await.unwrap(), Ok(SPENT_LAST));
            let refund = tokio::task::spawn_local(table.refund(key, one).get());
            while !refund.is_finished() {
                assert!(table.admit(key).get().await != Ok(AdmitOutcome::No));
                tokio::task::yield_now().await;
            }
            refund.await.unwrap().unwrap();
        }
        // A use that comes back while another spend waits for it.
        assert_eq!(table.spend(key, one, LIFETIME).get().await, Ok(SPENT_LAST));
        let (refund, spend) = (table.refund(key, one), table.spend(key, ticket(), LIFETIME));
        assert!(matches!(spend.get().await, Ok(SpendOutcome::Busy | SPENT_LAST)));
        refund.get().await.unwrap();
    });
}

/// What owners have changed holds for a spend that comes after it, although it is answered by a look at the table.
#[test]
fn a_spend_sees_every_change_that_was_answered() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let table = Redb::open(&dir.path().join("t"), [1; 16]).unwrap();
        let alive = record(crate::alias::Limits { not_after: Some(clock::now() + DAY), ..limits(None) });
        let paused = crate::alias::AliasState { paused: true, ..alive.state };
        let key = fresh();
        assert_eq!(table.create(key, alive.clone(), 0, 0).get().await, Ok(Creation::Made));
        for _ in 0..100 {
            assert_eq!(table.amend(key, alive.state, paused).get().await, Ok(true));
            assert_eq!(table.spend(key, ticket(), LIFETIME).get().await, Ok(SpendOutcome::No));
            assert_eq!(table.amend(key, paused, alive.state).get().await, Ok(true));
            assert!(matches!(table.spend(key, ticket(), LIFETIME).get().await, Ok(SpendOutcome::Done { .. })));
        }
    });
}
