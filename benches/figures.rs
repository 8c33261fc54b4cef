//! What it costs, beside what else does the job, measured in the same run. `benches/run` sets it up.
//!
//! 1. Forwarding 4 KiB messages: smtp-source straight to smtp-sink (the limit), tempalias, haproxy
//!    (plain TCP) and Postfix's smtpd_proxy_filter, ten sessions at a time.
//! 2. The same while every processor is busy with something else.
//! 3. Refusing unknown recipients, beside a stub that refuses everything.
//! 4. Pages of the site, beside nginx and a stub that has the answer ready; aliases made over HTTP.
//! 5. Memory of idle daemons and of ten thousand idle sessions.
//!
//! Each figure is the median of several rounds; the contenders take turns within a round.
#![allow(unreachable_pub, dead_code, unused_imports, clippy::unwrap_used, missing_docs)]

#[path = "../tests/it/fixture/mod.rs"]
mod fixture;
#[path = "figures/forwarding.rs"]
mod forwarding;
#[path = "figures/serving.rs"]
mod serving;

use fixture::{Client, Daemon, Mailboxes, Sink, Store};
use forwarding::Contender;
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const OPEN_BOUNDS: &str =
    "[smtp]\nmax_sessions = 20000\nmax_sessions_per_address = 20000\nmax_unknown = 100000000\nmax_commands = 100000000";

fn main() {
    // cargo adds an option of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["stub"] => return stub(),
        ["page-stub", answer] => return serving::stub(answer),
        _ => {}
    }
    let sections: [(&str, fn()); 6] = [
        ("forwarding", forwarding::idle_host),
        ("busy", forwarding::busy_host),
        ("refusing", refusing),
        ("serving", serving::serving),
        ("creating", serving::creating),
        ("idle", idle),
    ];
    for (name, section) in sections {
        if words.is_empty() || words.iter().any(|word| word == name) {
            section();
        }
    }
}

/// The program of another build that is to be measured beside this one.
fn other_build() -> Option<PathBuf> {
    std::env::var_os("TEMPALIAS_BENCH_OTHER").map(PathBuf::from)
}

/// A process and all that descend from it.
fn processes(pid: u32) -> Vec<u32> {
    let mut parents: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if let Some(fields) = stat(child) {
            parents.entry(fields[1] as u32).or_default().push(child);
        }
    }
    let mut all = vec![pid];
    let mut at = 0;
    while at < all.len() {
        all.extend(parents.get(&all[at]).cloned().unwrap_or_default());
        at += 1;
    }
    all
}

/// Fields of /proc/PID/stat after the name: state as 0, ppid, …
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect())
}

/// User and system time of a processes so far, children that have ended included.
fn cpu(pid: u32) -> Duration {
    let ticks: u64 = processes(pid).into_iter().filter_map(stat).map(|f| f[11] + f[12] + f[13] + f[14]).sum();
    Duration::from_millis(ticks * 10)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The least a server can do: one thread, says 550 to every RCPT. A process of its own, so that its cost is.
fn stub() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let accept = tokio::task::spawn_local(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::task::spawn_local(async move {
                    stream.set_nodelay(true)?;
                    stream.write_all(b"220 stub\r\n").await?;
                    let (mut input, mut output) = (Vec::with_capacity(16_384), Vec::new());
                    loop {
                        if stream.read_buf(&mut input).await? == 0 {
                            return Ok::<_, std::io::Error>(());
                        }
                        let end = input.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
                        for line in input[..end].split_inclusive(|&b| b == b'\n') {
                            output.extend_from_slice(match line[0] {
                                b'R' => b"550 5.1.1 User unknown\r\n",
                                b'Q' => b"221 2.0.0 Bye\r\n",
                                _ => b"250 2.0.0 OK\r\n",
                            });
                        }
                        let over = input[..end].starts_with(b"Q");
                        input.drain(..end);
                        stream.write_all(&output).await?;
                        output.clear();
                        if over {
                            return Ok(());
                        }
                    }
                });
            }
        });
        accept.await.unwrap();
    });
}

struct Stub(Child);

impl Stub {
    /// This program as a stub, and where it listens.
    fn start(arguments: &[&str]) -> (Self, SocketAddr) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (Self(child), line.trim().parse().unwrap())
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One connection with `recipients` unknown recipients, pipelined.
fn probe(address: SocketAddr, recipients: usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut input = BufReader::with_capacity(65_536, stream.try_clone().unwrap());
    let mut line = String::new();
    let mut expect = |code: &str| {
        line.clear();
        input.read_line(&mut line).unwrap();
        while line.as_bytes().get(3) == Some(&b'-') {
            line.clear();
            input.read_line(&mut line).unwrap();
        }
        assert!(line.starts_with(code), "{line}");
    };
    expect("220");
    stream.write_all(b"EHLO x.example\r\n").unwrap();
    expect("250");
    stream.write_all(b"MAIL FROM:<a@b.example>\r\n").unwrap();
    expect("250");
    let mut asked = String::new();
    for n in 0..recipients {
        asked += &format!("RCPT TO:<nobody{n}@example.org>\r\n");
    }
    stream.write_all(asked.as_bytes()).unwrap();
    (0..recipients).for_each(|_| expect("550"));
    stream.write_all(b"QUIT\r\n").unwrap();
    expect("221");
}

fn refusing() {
    let sink = Sink::discarding();
    let daemon = Daemon::with(sink.address(), &Store::Redb, OPEN_BOUNDS);
    let other = other_build().map(|program| Daemon::of(program, sink.address(), &Store::Redb, OPEN_BOUNDS));
    let (stub, stub_address) = Stub::start(&["stub"]);
    for (title, connections, recipients) in [
        ("unknown recipients, one a connection", 4_000, 1),
        ("unknown recipients, 100 pipelined a connection", 2_000, 100),
    ] {
        let mut contenders = vec![
            Contender::new("stub", stub_address, "", Some(stub.0.id())),
            Contender::new("tempalias", daemon.smtp_address(), "", Some(daemon.pid())),
        ];
        if let Some(other) = &other {
            contenders.push(Contender::new("the other build", other.smtp_address(), "", Some(other.pid())));
        }
        for _ in 0..ROUNDS {
            for contender in &mut contenders {
                let (before, start) = (contender.pid.map(cpu).unwrap(), Instant::now());
                let address = contender.address;
                let threads: Vec<_> = (0..10)
                    .map(|_| thread::spawn(move || (0..connections / 10).for_each(|_| probe(address, recipients))))
                    .collect();
                threads.into_iter().for_each(|t| t.join().unwrap());
                let probes = (connections * recipients) as f64;
                contender.rates.push(probes / start.elapsed().as_secs_f64());
                let spent = contender.pid.map(cpu).unwrap() - before;
                contender.costs.push(spent.as_secs_f64() * 1e6 / probes);
            }
        }
        println!("\n{title}\n{:<28} {:>9} {:>10} {:>10}", "", "RCPT/s", "of stub", "CPU/RCPT");
        let limit = median(contenders[0].rates.clone());
        for contender in &contenders {
            let (rate, cost) = (median(contender.rates.clone()), median(contender.costs.clone()));
            println!("{:<28} {rate:>9.0} {:>10.2} {cost:>7.1} µs", contender.name, rate / limit);
        }
    }
}

/// Proportional memory of a processes, KiB.
fn memory(pid: u32) -> u64 {
    let of = |pid: u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("Pss:")).unwrap_or_default().to_owned();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0)
    };
    processes(pid).into_iter().map(of).sum()
}

fn idle() {
    let sink = Sink::discarding();
    idle_daemon("", &Daemon::with(sink.address(), &Store::Redb, OPEN_BOUNDS));
    if let Some(program) = other_build() {
        idle_daemon("the other build: ", &Daemon::of(program, sink.address(), &Store::Redb, OPEN_BOUNDS));
    }
}

fn idle_daemon(whose: &str, daemon: &Daemon) {
    const SESSIONS: usize = 10_000;
    let before = memory(daemon.pid());
    println!("\n{whose}idle, empty table, all five processes: {:.1} MiB", before as f64 / 1024.0);
    let sessions: Vec<Client> = (0..SESSIONS).map(|_| daemon.connect()).collect();
    thread::sleep(Duration::from_millis(500));
    let after = memory(daemon.pid());
    println!(
        "{whose}{SESSIONS} sessions after EHLO: {:.1} MiB, {:.2} KiB a session",
        after as f64 / 1024.0,
        (after - before) as f64 / SESSIONS as f64
    );
    drop(sessions);
}
