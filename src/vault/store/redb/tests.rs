//! The suite on a real file; and what only a file can show.

use super::Redb;
use crate::vault::store::tests::{fresh, limits, record, suite, ticket};
use crate::vault::store::{Creation, Engine};

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
        assert_eq!(table.spend(key, ticket()).get().await, Ok(true));
    });
    // A copy of the file as it is now is what a kill -9 would leave.
    std::fs::copy(&path, dir.path().join("copy")).unwrap();
    run(async {
        let table = Redb::open(&dir.path().join("copy"), [1; 16]).unwrap();
        assert_eq!(table.read(key).get().await.unwrap().unwrap().account.spent, 1);
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
