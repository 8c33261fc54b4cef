//! Where log lines go under systemd, and under a shell that systemd has started.
//!
//! - stderr is the stream that `JOURNAL_STREAM` names: events go to journald, in its native protocol.
//! - `JOURNAL_STREAM` is inherited and names another stream: lines go to stderr.

use crate::fixture::{DEADLINE, directory};
use nix::sched::{CloneFlags, unshare};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

/// What `tempalias serve` says to journald and on stderr, of a configuration that has one fault; `stream` makes
/// `JOURNAL_STREAM` of stderr's device and inode. `None` unless the test runs as root, as who makes namespaces must.
fn said(stream: impl Fn(u64, u64) -> String + Send + 'static) -> Option<(Vec<String>, String)> {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("not run: making a mount namespace takes root");
        return None;
    }
    // The thread and what it starts see a /run of their own, in which the journal is ours.
    let thread = std::thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNS).unwrap();
        for arguments in [&["--make-rprivate", "/"][..], &["-t", "tmpfs", "none", "/run"]] {
            assert!(Command::new("mount").args(arguments).status().unwrap().success());
        }
        fs::create_dir_all("/run/systemd/journal").unwrap();
        let journal = UnixDatagram::bind("/run/systemd/journal/socket").unwrap();
        journal.set_read_timeout(Some(DEADLINE)).unwrap();
        let dir = directory();
        fs::write(dir.path().join("tempalias.toml"), "nonsense = 'x'\n").unwrap();
        let stderr = File::create(dir.path().join("log")).unwrap();
        let about = stderr.metadata().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tempalias"));
        command.args(["serve", "--config"]).arg(dir.path().join("tempalias.toml"));
        command.env("JOURNAL_STREAM", stream(about.dev(), about.ino())).env_remove("NOTIFY_SOCKET");
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).status().unwrap();
        assert_eq!(status.code(), Some(78));
        journal.set_nonblocking(true).unwrap();
        let mut octets = vec![0; 1 << 18];
        let mut events = Vec::new();
        while let Ok(length) = journal.recv(&mut octets) {
            events.push(String::from_utf8(octets[..length].to_vec()).unwrap());
        }
        (events, fs::read_to_string(dir.path().join("log")).unwrap())
    });
    Some(thread.join().unwrap())
}

#[test]
fn under_systemd_events_go_to_the_journal() {
    let Some((events, stderr)) = said(|device, inode| format!("{device}:{inode}")) else { return };
    let event = events.iter().find(|event| event.contains("nonsense")).unwrap_or_else(|| panic!("{events:?} {stderr}"));
    assert!(event.starts_with("PRIORITY=3\nSYSLOG_IDENTIFIER=tempalias\nTEMPALIAS_ROLE=monitor\n"), "{event}");
    assert_eq!(stderr, "");
}

#[test]
fn an_inherited_journal_stream_leaves_lines_on_stderr() {
    let Some((events, stderr)) = said(|device, inode| format!("{device}:{}", inode + 1)) else { return };
    assert!(stderr.contains("nonsense"), "{events:?}");
    assert_eq!(events, Vec::<String>::new());
}
