//! P9: a store, a next host that goes away and comes back, under load: no crash, no lost message,
//! 451 and 503 in between, and no restart. P12: a stop lets messages in flight finish.

use crate::fixture::{Daemon, RedisServer, Smarthost, Store, directory, until};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// What a sender was told: subjects that were taken, and the codes of all other replies.
type Told = (HashSet<String>, HashSet<String>);

/// Senders that go on until told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    senders: Vec<thread::JoinHandle<Told>>,
}

impl Load {
    fn start(address: SocketAddr, alias: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let senders = (0..4).map(|n| {
            let (stop, alias) = (Arc::clone(&stop), alias.to_owned());
            thread::spawn(move || {
                let (mut taken, mut other) = Told::default();
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let subject = format!("n{n}-{number}-end");
                    let mut client = crate::fixture::Client::greeted(address);
                    let reply = client.mail("a@b.example", &alias, format!("Subject: {subject}\r\n\r\nx").as_bytes());
                    match reply.get(..3) {
                        Some("250") => drop(taken.insert(subject)),
                        code => drop(other.insert(code.unwrap_or("lost").to_owned())),
                    }
                }
                (taken, other)
            })
        });
        let senders = senders.collect();
        Self { stop, senders }
    }

    fn end(self) -> Told {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Told::default();
        for sender in self.senders {
            let (taken, other) = sender.join().unwrap();
            all.0.extend(taken);
            all.1.extend(other);
        }
        all
    }
}

/// Every message of which a sender was told 250 is there.
fn nothing_is_lost(taken: &HashSet<String>, smarthost: &Smarthost) {
    let caught: HashSet<String> = smarthost
        .caught()
        .iter()
        .map(|c| String::from_utf8_lossy(c.below("Subject: ")).lines().next().unwrap()[9..].to_owned())
        .collect();
    let lost: Vec<_> = taken.difference(&caught).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn redis_stopped_and_started_under_load() {
    let (mut redis, key, smarthost) = (RedisServer::start(&[]), directory(), Smarthost::start());
    let daemon = Daemon::with(smarthost.address, &Store::Redis(redis.url(), key.path().join("key")), "");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1000000");
    let pids = daemon.pids();
    let load = Load::start(daemon.smtp_address(), &alias.address);
    for _ in 0..3 {
        thread::sleep(Duration::from_millis(300));
        redis.kill();
        until("mail is put off", || daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451"));
        assert_eq!(daemon.curl(&["-d", "{\"target\":\"a@b.example\",\"days\":1}"], "/aliases").0, 503);
        assert_eq!(daemon.curl(&[], "/readyz").0, 503);
        assert_eq!(daemon.curl(&[], "/healthz").0, 200);
        redis.up();
        until("all is well", || daemon.curl(&[], "/readyz").0 == 200);
    }
    thread::sleep(Duration::from_millis(300));
    let (taken, other) = load.end();
    assert!(taken.len() > 10);
    assert!(other.iter().all(|code| code == "451"), "{other:?}");
    nothing_is_lost(&taken, &smarthost);
    assert_eq!(daemon.pids(), pids);
}

#[test]
fn the_next_host_stopped_and_started_under_load() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1000000");
    let pids = daemon.pids();
    let load = Load::start(daemon.smtp_address(), &alias.address);
    for _ in 0..3 {
        thread::sleep(Duration::from_millis(300));
        smarthost.stop();
        until("mail is put off", || daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451"));
        smarthost.up();
        until("mail flows again", || {
            daemon.connect().mail("a@b.example", &alias.address, b"Subject: probe\r\n\r\nx").starts_with("250")
        });
    }
    let (taken, other) = load.end();
    assert!(taken.len() > 10);
    assert!(other.iter().all(|code| code == "451"), "{other:?}");
    nothing_is_lost(&taken, &smarthost);
    assert_eq!(daemon.pids(), pids);
    let log = daemon.log();
    assert_eq!(
        log.matches("the next host does not answer").count(),
        log.matches("the next host answers again").count()
    );
}

/// By name, of which the first address may be the wrong one; and by an IPv6 address.
#[test]
fn the_next_host_by_name_and_on_ipv6() {
    let smarthost = Smarthost::start();
    let by_name = format!("[relay]\nsmarthost = 'localhost:{}'", smarthost.address.port());
    let daemon = Daemon::with(smarthost.address, &Store::Any, &by_name);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    let smarthost = Smarthost::at("[::1]:0");
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
}

/// P9: a name that the DNS does not know is the same to senders as a host that is down.
#[test]
fn a_next_host_whose_name_is_not_known() {
    let unknown = "[relay]\nsmarthost = 'nowhere.invalid:25'";
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, unknown);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451 4.4.1"));
    assert_eq!(daemon.remaining(&alias), 1);
}

/// Connections to the next host are used again, across sessions; one that the host has closed costs nothing.
#[test]
fn connections_are_pooled() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    for _ in 0..20 {
        assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    }
    assert_eq!(smarthost.connections(), 1);
    smarthost.stop();
    smarthost.up();
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert_eq!(smarthost.connections(), 2);
    // A transaction that ended before DATA leaves nothing behind on the connection.
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    client.ask("RSET", "250");
    assert!(daemon.connect().mail("c@d.example", &alias.address, b"x").starts_with("250"));
    assert!(smarthost.lines().contains(&"RSET".to_owned()));
    assert_eq!((smarthost.connections(), smarthost.count()), (2, 22));
}

#[test]
fn a_stop_lets_messages_in_flight_finish() {
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":2");
    let mut idle = daemon.connect();
    let mut busy = daemon.connect();
    busy.ask("MAIL FROM:<a@b.example>", "250");
    busy.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    busy.ask("DATA", "354");
    let mut stuck = daemon.connect();
    stuck.ask("MAIL FROM:<a@b.example>", "250");
    let stopping = thread::spawn(move || (daemon.stop(), daemon));
    idle.expect("421 4.3.2");
    thread::sleep(Duration::from_millis(200));
    busy.ask("Subject: last\r\n\r\nx\r\n.", "250");
    busy.expect("421 4.3.2");
    stuck.expect("421 4.3.2");
    let (code, mut daemon) = stopping.join().unwrap();
    assert_eq!((code, smarthost.count()), (Some(0), 1));
    daemon.up();
    assert_eq!(daemon.remaining(&alias), 1);
}
