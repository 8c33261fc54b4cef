//! Forwarding messages: tempalias beside smtp-source straight into smtp-sink, haproxy and Postfix's in-session proxy, on
//! a host that does nothing else and on one whose processors are all busy. The load is smtp-source's: ten sessions.

use super::fixture::{Daemon, Mailboxes as _, Postfix, Sink, Store, free_port, until};
use super::{OPEN_BOUNDS, ROUNDS, cpu, median, other_build};
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// One way to send, and how many messages a round it takes to measure it.
struct Pattern {
    title: &'static str,
    /// Whether a connection carries more than one message.
    reuse: bool,
    messages: u32,
}

/// With nothing beside it.
pub(super) fn idle_host() {
    compare(&[
        Pattern { title: "C10: ten sessions, a connection for each message", reuse: false, messages: 4_000 },
        Pattern { title: "C10d: ten sessions, connections used again", reuse: true, messages: 10_000 },
    ]);
}

/// Beside two busy loops of normal priority, which want all the time that the kernel gives them. Each contender, the
/// limit too, is measured beside them: what tells is the ratio to the limit.
pub(super) fn busy_host() {
    let _loops = [BusyLoop::start(), BusyLoop::start()];
    compare(&[
        Pattern { title: "C10 beside two busy loops", reuse: false, messages: 2_000 },
        Pattern { title: "C10d beside two busy loops", reuse: true, messages: 4_000 },
    ]);
}

/// A shell that does nothing, as fast as it can, until it is dropped.
struct BusyLoop(Child);

impl BusyLoop {
    fn start() -> Self {
        // If nobody is left to end it, the kernel does after half an hour of processor time.
        Self(Command::new("sh").args(["-c", "ulimit -t 1800; while :; do :; done"]).spawn().unwrap())
    }
}

impl Drop for BusyLoop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Someone who takes mail.
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    recipient: String,
    pub(super) pid: Option<u32>,
    pub(super) rates: Vec<f64>,
    pub(super) costs: Vec<f64>,
}

impl Contender {
    pub(super) fn new(name: &'static str, address: SocketAddr, recipient: &str, pid: Option<u32>) -> Self {
        Self { name, address, recipient: recipient.to_owned(), pid, rates: Vec::new(), costs: Vec::new() }
    }

    fn round(&mut self, messages: u32, reuse: bool) {
        let before = self.pid.map(cpu);
        let start = Instant::now();
        let mut source = Command::new("/usr/sbin/smtp-source");
        if reuse {
            source.arg("-d");
        }
        source.args([
            "-s",
            "10",
            "-m",
            &messages.to_string(),
            "-l",
            "4096",
            "-f",
            "a@b.example",
            "-t",
            &self.recipient,
        ]);
        let status = source.arg(self.address.to_string()).status().unwrap();
        assert!(status.success(), "smtp-source to {}", self.name);
        self.rates.push(f64::from(messages) / start.elapsed().as_secs_f64());
        if let (Some(pid), Some(before)) = (self.pid, before) {
            self.costs.push((cpu(pid) - before).as_secs_f64() * 1e6 / f64::from(messages));
        }
    }
}

/// Has them take turns at each pattern, and prints how they did.
fn compare(patterns: &[Pattern]) {
    let sink = Sink::discarding();
    let daemon = Daemon::with(sink.address(), &Store::Redb, OPEN_BOUNDS);
    let free = daemon.alias("someone@real.example", "\"days\":1");
    let counted = daemon.alias("someone@real.example", "\"max-usage\":1000000");
    let other = other_build().map(|program| {
        let other = Daemon::of(program, sink.address(), &Store::Redb, OPEN_BOUNDS);
        let free = other.alias("someone@real.example", "\"days\":1");
        let counted = other.alias("someone@real.example", "\"max-usage\":1000000");
        (other, free, counted)
    });
    let haproxy = Haproxy::start(sink.address());
    let postfix = Postfix::proxy(sink.address());
    for &Pattern { title, reuse, messages } in patterns {
        let ours = Some(daemon.pid());
        let mut contenders = vec![
            Contender::new("smtp-source to smtp-sink", sink.address(), "someone@real.example", None),
            Contender::new("tempalias, uncounted", daemon.smtp_address(), &free.address, ours),
            Contender::new("tempalias, counted on redb", daemon.smtp_address(), &counted.address, ours),
        ];
        if let Some((other, free, counted)) = &other {
            let (address, pid) = (other.smtp_address(), Some(other.pid()));
            contenders.push(Contender::new("the other build, uncounted", address, &free.address, pid));
            contenders.push(Contender::new("the other build, counted", address, &counted.address, pid));
        }
        if let Some(haproxy) = &haproxy {
            let pid = Some(haproxy.child.id());
            contenders.push(Contender::new("haproxy, plain TCP", haproxy.address, "someone@real.example", pid));
        }
        if let Some(postfix) = &postfix {
            let pid = Some(postfix.pid());
            contenders.push(Contender::new("Postfix proxy filter", postfix.address(), "someone@real.example", pid));
        }
        for round in 0..=ROUNDS {
            for contender in &mut contenders {
                contender.round(messages, reuse);
                if round == 0 {
                    // The first round warms up.
                    contender.rates.clear();
                    contender.costs.clear();
                }
            }
        }
        println!("\n{title}\n{:<28} {:>9} {:>10} {:>10}", "", "msg/s", "of direct", "CPU/msg");
        let direct = median(contenders[0].rates.clone());
        for contender in &contenders {
            let rate = median(contender.rates.clone());
            let cost = if contender.costs.is_empty() {
                String::new()
            } else {
                format!("{:.0} µs", median(contender.costs.clone()))
            };
            println!("{:<28} {rate:>9.0} {:>10.2} {cost:>10}", contender.name, rate / direct);
        }
        let ratio = median(contenders[2].rates.clone()) / median(contenders[1].rates.clone());
        println!("counted / uncounted {ratio:.2}");
        if other.is_some() {
            let ratio = |ours: usize, theirs: usize| {
                median(contenders[ours].rates.clone()) / median(contenders[theirs].rates.clone())
            };
            println!("this build / the other build {:.2}, counted {:.2}", ratio(1, 3), ratio(2, 4));
        }
    }
}

/// haproxy as a plain TCP proxy; `None` where it is not installed.
struct Haproxy {
    address: SocketAddr,
    child: Child,
    _dir: tempfile::TempDir,
}

impl Haproxy {
    fn start(next: SocketAddr) -> Option<Self> {
        let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
        let file = dir.path().join("haproxy.cfg");
        let text = format!(
            "global\n nbthread 2\ndefaults\n mode tcp\n timeout connect 5s\n timeout client 1m\n timeout server 1m\n\
             listen smtp\n bind 127.0.0.1:{port}\n server next {next}\n"
        );
        fs::write(&file, text).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let child = Command::new("/usr/sbin/haproxy").arg("-f").arg(&file).stderr(Stdio::null()).spawn().ok()?;
        until("haproxy listens", || TcpStream::connect(address).is_ok());
        Some(Self { address, child, _dir: dir })
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
