//! Many questions over one connection; answers in any order; the wrong caller stays outside.

use super::{Caller, Listener, Soon, serve};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), test).await.unwrap() });
}

fn open(path: &Path, pid: u32) -> Listener {
    Listener::new(UnixListener::bind(path).unwrap(), Some(vec![pid as i32])).unwrap()
}

/// Answers n with n + 1; even numbers only after a while.
fn successor(n: u64) -> Soon<u64> {
    if n % 2 == 1 {
        return Soon::Now(n + 1);
    }
    Soon::Later(Box::pin(async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        n + 1
    }))
}

#[test]
fn a_thousand_questions_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("door.sock");
    run(async {
        let door = open(&path, std::process::id());
        tokio::task::spawn_local(async move { serve(door.accept().await.unwrap().0, Vec::new(), successor).await });
        let caller = Caller::<u64, u64>::new(path.clone());
        let asked: Vec<_> = (0..1000).map(|n| (n, caller.ask(n))).collect();
        for (n, answer) in asked {
            assert_eq!(answer.await, Ok(n + 1));
        }
    });
}

#[test]
fn what_wants_no_answer_gets_none_and_is_heard_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("door.sock");
    run(async {
        let door = open(&path, std::process::id());
        let mut sum = 0;
        tokio::task::spawn_local(async move {
            let add = |n: u64| {
                sum += n;
                Soon::Now(sum)
            };
            serve(door.accept().await.unwrap().0, Vec::new(), add).await
        });
        let caller = Caller::<u64, u64>::new(path.clone());
        caller.tell(1);
        caller.tell_along(10);
        assert_eq!(caller.ask(100).await, Ok(111));
    });
}

#[test]
fn after_a_lost_connection_the_caller_knocks_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("door.sock");
    run(async {
        let door = open(&path, std::process::id());
        let caller = Caller::<u64, u64>::new(path.clone());
        drop(door.accept().await.unwrap());
        assert!(caller.ask(1).await.is_err());
        tokio::task::spawn_local(async move { serve(door.accept().await.unwrap().0, Vec::new(), successor).await });
        while caller.ask(1).await != Ok(2) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn the_wrong_process_stays_outside() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("door.sock");
    run(async {
        let door = open(&path, std::process::id() + 1);
        tokio::task::spawn_local(async move { serve(door.accept().await.unwrap().0, Vec::new(), successor).await });
        assert!(Caller::<u64, u64>::new(path.clone()).ask(1).await.is_err());
    });
}
