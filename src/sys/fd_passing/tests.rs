//! Hostile packets, a full descriptor table, and what becomes of the descriptors.
//!
//! A process has one descriptor table with one limit, so that each test runs in a process of its own.

use super::*;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs::File;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;
use tokio::time::timeout;

/// Set in the process that runs one test.
const ALONE: &str = "TEMPALIAS_TEST_ALONE";

/// Runs `test`, the body of the test called `name`, in a process in which no other test opens descriptors.
fn alone(name: &str, test: impl Future<Output = ()>) {
    if std::env::var_os(ALONE).is_none() {
        let name = format!("{}::{name}", module_path!().split_once("::").unwrap().1);
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--test-threads=1", "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async { timeout(Duration::from_secs(10), test).await.unwrap() });
}

/// Both ends; the first as it is inherited, to send what [`HandoffSender`] never does.
fn ends() -> (OwnedFd, HandoffReceiver) {
    let (sender, receiver) = handoff_pair().unwrap();
    (sender, HandoffReceiver::new(receiver).unwrap())
}

/// Sends one packet.
fn send(end: &OwnedFd, octets: &[u8], descriptors: &[&dyn AsFd]) {
    let raw: Vec<i32> = descriptors.iter().map(|descriptor| descriptor.as_fd().as_raw_fd()).collect();
    let rights = [ControlMessage::ScmRights(&raw)];
    let rights = if raw.is_empty() { &[][..] } else { &rights[..] };
    sendmsg::<()>(end.as_raw_fd(), &[IoSlice::new(octets)], rights, MsgFlags::MSG_DONTWAIT, None).unwrap();
}

/// Open descriptors of this process, and the one that counts them.
fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn any_number_of_descriptors_but_one_is_hostile_and_none_stays_open() {
    alone("any_number_of_descriptors_but_one_is_hostile_and_none_stays_open", async {
        let (sender, receiver) = ends();
        let (one, _other) = UnixStream::pair().unwrap();
        let before = open_descriptors();
        for count in [2, 3, 8, 253, 0] {
            send(&sender, b"!", &vec![&one as &dyn AsFd; count]);
            let accepted = receiver.accept().await.map(drop);
            assert_eq!(open_descriptors(), before, "after {count} descriptors");
            assert!(accepted.is_err(), "{count} descriptors were taken");
        }
        send(&sender, b"!", &[&one]);
        let accepted = receiver.accept().await.unwrap();
        assert!(accepted.is_some());
        drop(accepted);
        assert_eq!(open_descriptors(), before);
    });
}

#[test]
fn any_descriptor_but_a_unix_stream_is_hostile() {
    alone("any_descriptor_but_a_unix_stream_is_hostile", async {
        let (sender, receiver) = ends();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let (datagram, file) = (UnixDatagram::unbound().unwrap(), File::open("/dev/null").unwrap());
        let before = open_descriptors();
        let wrong: [(&str, &dyn AsFd); 4] =
            [("file", &file), ("datagram", &datagram), ("TCP", &tcp), ("seqpacket", &sender)];
        for (name, descriptor) in wrong {
            send(&sender, b"!", &[descriptor]);
            assert!(receiver.accept().await.is_err(), "{name} was taken");
            assert_eq!(open_descriptors(), before, "{name}");
        }
    });
}

#[test]
fn a_packet_without_octets_is_hostile_and_not_the_end() {
    alone("a_packet_without_octets_is_hostile_and_not_the_end", async {
        let (sender, receiver) = ends();
        let (one, _other) = UnixStream::pair().unwrap();
        for descriptors in [&[][..], &[&one as &dyn AsFd]] {
            send(&sender, b"", descriptors);
            assert!(receiver.accept().await.is_err(), "{} descriptors", descriptors.len());
        }
        drop(sender);
        assert!(receiver.accept().await.unwrap().is_none());
    });
}

#[test]
fn with_a_full_descriptor_table_connections_are_dropped_and_later_ones_come() {
    alone("with_a_full_descriptor_table_connections_are_dropped_and_later_ones_come", async {
        let (sender, receiver) = ends();
        let (one, other) = UnixStream::pair().unwrap();
        other.set_nonblocking(true).unwrap();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        // The lowest that is free is the first that the table has no room for.
        let full: u64 = File::open("/dev/null").unwrap().as_raw_fd().unsigned_abs().into();
        // More than one that has room for one: what was received before the table was full is closed, too.
        for (room, count) in [(0, 1), (0, 3), (1, 2), (2, 5)] {
            setrlimit(Resource::RLIMIT_NOFILE, full + room, hard).unwrap();
            send(&sender, b"!", &vec![&one as &dyn AsFd; count]);
            let accepted = timeout(Duration::from_millis(300), receiver.accept()).await;
            setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
            assert!(accepted.is_err(), "{count} with room for {room}: {:?}", accepted.map(|it| it.map(|_| ())));
            assert_eq!(File::open("/dev/null").unwrap().as_raw_fd().unsigned_abs(), full as u32, "one stays open");
        }
        send(&sender, b"!", &[&one]);
        let accepted = receiver.accept().await.unwrap().unwrap();
        accepted.write_all(b"here").await.unwrap();
        assert_eq!(std::io::Read::read(&mut &other, &mut [0; 8]).unwrap(), 4);
    });
}

/// Waiting for room takes a descriptor.
#[test]
fn with_a_full_descriptor_table_waiting_for_room_goes_on() {
    alone("with_a_full_descriptor_table_waiting_for_room_goes_on", async {
        let (one, other) = UnixStream::pair().unwrap();
        let (stream, reader) = (Stream::new(one).unwrap(), Stream::new(other).unwrap());
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let full: u64 = File::open("/dev/null").unwrap().as_raw_fd().unsigned_abs().into();
        setrlimit(Resource::RLIMIT_NOFILE, full, hard).unwrap();
        let octets = vec![b'x'; 4 << 20];
        let write = stream.write_all(&octets);
        let read = async {
            let mut read = Vec::new();
            while read.len() < octets.len() {
                reader.read(&mut read).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            written = write => written.unwrap(),
            () = read => {}
        }
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
    });
}
