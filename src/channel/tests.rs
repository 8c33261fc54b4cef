//! Many questions over one connection, answers in any order; a slot for connections; who stays outside.

use super::{AdminListener, MaybeReady, RpcClient, SlotIn, SlotOut, Stream, serve};
use crate::sys::passing::slot;
use crate::wire::{Protocol, Rpc};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), test).await.unwrap() });
}

/// A door at which numbers are answered by numbers.
enum Numbers {}

impl Protocol for Numbers {
    type Request = u64;
    type Answer = u64;
}

impl Rpc<Numbers> for u64 {
    type Answer = u64;

    fn answer(answer: u64) -> Option<u64> {
        Some(answer)
    }
}

/// Both ends of a door.
fn door() -> (RpcClient<Numbers>, Stream) {
    let (caller, owner) = UnixStream::pair().unwrap();
    (RpcClient::new(Stream::new(caller).unwrap()), Stream::new(owner).unwrap())
}

/// Answers n with n + 1; even numbers only after a while.
fn successor(n: u64) -> Option<MaybeReady<u64>> {
    if n % 2 == 1 {
        return Some(MaybeReady::Ready(n + 1));
    }
    Some(MaybeReady::later(async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        n + 1
    }))
}

#[test]
fn a_thousand_questions_at_once() {
    run(async {
        let (caller, owner) = door();
        tokio::task::spawn_local(serve(owner, Vec::new(), successor));
        let asked: Vec<_> = (0..1000).map(|n| (n, caller.call(n))).collect();
        for (n, answer) in asked {
            assert_eq!(answer.await, Ok(n + 1));
        }
    });
}

#[test]
fn what_wants_no_answer_gets_none_and_is_heard_in_order() {
    run(async {
        let (caller, owner) = door();
        let mut sum = 0;
        let add = move |n: u64| {
            sum += n;
            Some(MaybeReady::Ready(sum))
        };
        tokio::task::spawn_local(serve(owner, Vec::new(), add));
        caller.notify(1_u64);
        caller.notify_buffered(10_u64);
        assert_eq!(caller.call(100).await, Ok(111));
    });
}

#[test]
fn a_door_that_closes_answers_nobody() {
    run(async {
        let (caller, owner) = door();
        let asked = caller.call(1);
        drop(owner);
        assert!(asked.await.is_err());
        assert!(caller.call(1).await.is_err());
    });
}

#[test]
fn connections_come_out_of_the_slot_once_each() {
    run(async {
        let (inwards, outwards) = slot().unwrap();
        let (inwards, outwards) = (SlotIn::new(inwards).unwrap(), SlotOut::new(outwards).unwrap());
        // More than the kernel keeps: who puts in waits.
        let taker = tokio::task::spawn_local(async move {
            let mut taken = 0;
            while let Some(stream) = outwards.accept().await.unwrap() {
                stream.write_all(b"here").await.unwrap();
                taken += 1;
            }
            taken
        });
        let mut streams = Vec::new();
        for _ in 0..400 {
            streams.push(inwards.connect().await.unwrap());
        }
        for stream in streams {
            let mut said = Vec::new();
            stream.read(&mut said).await.unwrap();
            assert_eq!(said, b"here");
        }
        drop(inwards);
        assert_eq!(taker.await.unwrap(), 400);
    });
}

#[test]
fn our_own_processes_do_not_come_through_the_administrators_door() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    run(async {
        let us = std::process::id().cast_signed();
        let door = AdminListener::new(UnixListener::bind(&path).unwrap(), vec![us]).unwrap();
        let mut knocking = UnixStream::connect(&path).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(100), door.accept()).await.is_err());
        assert_eq!(std::io::Read::read(&mut knocking, &mut [0]).unwrap(), 0);
    });
}
