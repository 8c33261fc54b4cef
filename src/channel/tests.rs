//! Many questions over one connection, answers in any order; a handoff of connections; who stays outside.

use super::server::MAX_REQUESTS_IN_FLIGHT;
use super::{AdminListener, HandoffReceiver, HandoffSender, MaybeReady, RpcClient, RpcServer, Stream, serve};
use crate::sys::fd_passing::handoff_pair;
use crate::wire::{Protocol, Rpc};
use std::cell::Cell;
use std::os::unix::net::{UnixListener, UnixStream};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;

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

/// Requests in flight are bounded, whatever a caller sends; and every one is answered once answers come.
#[test]
fn requests_in_flight_are_bounded() {
    const SENT: usize = 100_000;
    run(async {
        let (caller, owner) = door();
        let in_flight = Rc::new(Cell::new(0));
        let (release, released) = watch::channel(false);
        let counted = Rc::clone(&in_flight);
        let hang = move |n: u64| {
            counted.set(counted.get() + 1);
            let (counted, mut released) = (Rc::clone(&counted), released.clone());
            Some(MaybeReady::later(async move {
                released.wait_for(|released| *released).await.unwrap();
                counted.set(counted.get() - 1);
                n
            }))
        };
        tokio::task::spawn_local(serve(owner, Vec::new(), hang));
        let answers: Vec<_> = (0..SENT as u64).map(|n| caller.call(n)).collect();
        let mut seen = usize::MAX;
        while in_flight.get() != seen {
            seen = in_flight.get();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(seen > 0 && seen <= MAX_REQUESTS_IN_FLIGHT, "{seen} tasks for {SENT} requests");
        release.send_replace(true);
        for (n, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.await, Ok(n as u64));
        }
    });
}

/// A door at which texts are answered by their lengths.
enum Texts {}

impl Protocol for Texts {
    type Request = String;
    type Answer = u64;
}

impl Rpc<Texts> for String {
    type Answer = u64;

    fn answer(answer: u64) -> Option<u64> {
        Some(answer)
    }
}

/// The same for their octets: few requests that are as long as a frame can be.
#[test]
fn octets_of_requests_in_flight_are_bounded() {
    const SENT: usize = 200;
    run(async {
        let (caller, owner) = UnixStream::pair().unwrap();
        let caller = RpcClient::<Texts>::new(Stream::new(caller).unwrap());
        let in_flight = Rc::new(Cell::new(0));
        let (release, released) = watch::channel(false);
        let counted = Rc::clone(&in_flight);
        let hang = move |text: String| {
            counted.set(counted.get() + text.len());
            let mut released = released.clone();
            Some(MaybeReady::later(async move {
                released.wait_for(|released| *released).await.unwrap();
                text.len() as u64
            }))
        };
        tokio::task::spawn_local(serve(Stream::new(owner).unwrap(), Vec::new(), hang));
        let answers: Vec<_> = (0..SENT).map(|_| caller.call("x".repeat(65_000))).collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let seen = in_flight.get();
        assert!(seen > 0 && seen < 2 << 20, "{seen} octets in flight");
        release.send_replace(true);
        for answer in answers {
            assert_eq!(answer.await, Ok(65_000));
        }
    });
}

/// A caller that breaks the protocol is reported; one that closes its connection is not.
#[test]
fn a_hostile_caller_is_reported() {
    run(async {
        let mut server = RpcServer::default();
        let ((honest, one), (mut hostile, other)) = (UnixStream::pair().unwrap(), UnixStream::pair().unwrap());
        let callers = [(one, 1), (other, 2)].map(|(stream, pid)| (Stream::new(stream).unwrap(), pid));
        server.serve(Vec::from(callers), |_, n: u64| Some(MaybeReady::Ready(n)));
        drop(honest);
        assert!(tokio::time::timeout(Duration::from_millis(50), server.hostile()).await.is_err());
        std::io::Write::write_all(&mut hostile, &[1, 0, 0xff]).unwrap();
        let cause = server.hostile().await;
        assert!(cause.to_string().contains("no honest process"), "{cause}");
        server.closed().await;
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
        caller.send(1_u64);
        caller.send_buffered(10_u64);
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
fn each_handed_off_connection_is_received_once() {
    run(async {
        let (sender, receiver) = handoff_pair().unwrap();
        let (sender, receiver) = (HandoffSender::new(sender).unwrap(), HandoffReceiver::new(receiver).unwrap());
        // More than the kernel keeps: the sender waits.
        let taker = tokio::task::spawn_local(async move {
            let mut taken = 0;
            while let Some(stream) = receiver.accept().await.unwrap() {
                stream.write_all(b"here").await.unwrap();
                taken += 1;
            }
            taken
        });
        let mut streams = Vec::new();
        for _ in 0..400 {
            streams.push(sender.connect().await.unwrap());
        }
        for stream in streams {
            let mut said = Vec::new();
            stream.read(&mut said).await.unwrap();
            assert_eq!(said, b"here");
        }
        drop(sender);
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
