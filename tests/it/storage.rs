//! P2: no octet of a message is written to a file, and memory does not grow with messages.

use crate::fixture::{Client, DEADLINE, Daemon, Mailboxes, Sink, Smarthost, until};
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Barrier};
use std::thread;

/// In every line of every message.
const MARK: &str = "Zw8rkQ3tMark";

#[test]
fn a_thousand_messages_under_strace_and_none_in_a_file() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1000000");
    let trace = daemon.dir().join("trace");
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-qq",
        "-y",
        "-s",
        "400",
        "-e",
        "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,splice,sendfile,copy_file_range,mmap",
    ]);
    strace.arg("-o").arg(&trace);
    for pid in daemon.pids() {
        strace.args(["-p", &pid.to_string()]);
    }
    let mut strace = strace.stderr(Stdio::null()).spawn().expect("strace is installed");
    let attached = |pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/status"))
            .unwrap()
            .lines()
            .any(|l| l.starts_with("TracerPid:") && !l.ends_with("\t0"))
    };
    until("strace is attached", || daemon.pids().iter().all(attached));
    let content = format!("Subject: {MARK}\r\n\r\n{}", format!("{MARK} line of a message\r\n").repeat(40));
    for _ in 0..10 {
        let mut client = daemon.connect();
        for _ in 0..100 {
            let reply = client.mail("a@b.example", &alias.address, content.as_bytes());
            assert!(reply.starts_with("250"), "{reply}");
        }
    }
    crate::fixture::signal(strace.id(), "INT");
    let _ = strace.wait();
    assert_eq!(smarthost.count(), 1000);
    let trace = String::from_utf8_lossy(&fs::read(&trace).unwrap()).into_owned();
    let carrying: Vec<&str> = trace.lines().filter(|line| line.contains(MARK)).collect();
    assert!(carrying.len() >= 2000, "the messages were seen passing: {}", carrying.len());
    let to_socket = |line: &&&str| {
        let target = line.split_once('<').map_or("", |(_, rest)| rest);
        ["socket:", "TCP", "UNIX"].iter().any(|kind| target.starts_with(kind))
    };
    let stored: Vec<_> = carrying.iter().filter(|line| !to_socket(line)).collect();
    assert!(stored.is_empty(), "{stored:?}");
    // And nothing of it lies in any file of the daemon.
    for entry in fs::read_dir(daemon.dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.file_name().unwrap() != "trace" {
            assert!(!String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(MARK), "{}", path.display());
        }
    }
}

/// Most memory the process ever had, KiB.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn fifty_large_messages_at_once_in_little_memory() {
    const MESSAGES: usize = 50;
    const SIZE: usize = 25 << 20;
    let sink = Sink::discarding();
    let daemon = Daemon::start(sink.address());
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1000");
    let barrier = Arc::new(Barrier::new(MESSAGES));
    let block: Arc<Vec<u8>> =
        Arc::new(b"0123456789012345678901234567890123456789012345678901234567890\r\n".repeat(1024));
    let senders: Vec<_> = (0..MESSAGES)
        .map(|_| {
            let (address, to, barrier, block) =
                (daemon.smtp_address(), alias.address.clone(), Arc::clone(&barrier), Arc::clone(&block));
            thread::spawn(move || {
                let mut client = Client::greeted(address);
                // All fifty are done at the same time, or nearly: each waits for more than a gigabyte.
                client.set_deadline(5 * DEADLINE);
                client.ask("MAIL FROM:<a@b.example>", "250");
                client.ask(&format!("RCPT TO:<{to}>"), "250");
                client.ask("DATA", "354");
                barrier.wait();
                for _ in 0..SIZE / block.len() {
                    assert!(client.try_send(&block));
                }
                client.ask("\r\n.", "250");
            })
        })
        .collect();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(daemon.remaining(&alias), 950);
    let peaks: Vec<u64> = daemon.pids().into_iter().map(peak).collect();
    eprintln!("peak resident memory of monitor, vault, relay, smtp, web: {peaks:?} KiB");
    let most = (2 * SIZE / 1024) as u64;
    assert!(peaks.iter().all(|peak| *peak < most), "a process has held two of the fifty: {peaks:?} KiB");
}
