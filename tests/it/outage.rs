//! P9: a store, a next host that goes away and comes back, under load: no crash, no lost message,
//! 451 and 503 in between, and no restart. P12: a stop lets messages in flight finish.

use crate::fixture::{Daemon, Load, RedisServer, Smarthost, Store, directory, nothing_is_lost, until};
use std::process::Command;
use std::thread;
use std::time::Duration;

#[test]
fn redis_stopped_and_started_under_load() {
    let (mut redis, key, smarthost) = (RedisServer::start(&[]), directory(), Smarthost::start());
    let daemon = Daemon::with(smarthost.address, &Store::Redis(redis.url(), key.path().join("key")), "");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1000000");
    let pids = daemon.pids();
    let load = Load::start(daemon.smtp_address(), &alias.address);
    for _ in 0..3 {
        load.until_more(5);
        redis.kill();
        until("mail is put off", || daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451"));
        assert_eq!(daemon.curl(&["-d", "{\"target\":\"a@b.example\",\"days\":1}"], "/aliases").0, 503);
        assert_eq!(daemon.curl(&[], "/readyz").0, 503);
        assert_eq!(daemon.curl(&[], "/healthz").0, 200);
        redis.up();
        until("all is well", || daemon.curl(&[], "/readyz").0 == 200);
    }
    load.until_more(5);
    let (taken, other) = load.end();
    assert!(taken.len() > 10);
    assert!(other.iter().all(|code| code == "451"), "{other:?}");
    nothing_is_lost(&taken, &smarthost);
    assert_eq!(daemon.pids(), pids);
}

#[test]
fn the_next_host_stopped_and_started_under_load() {
    let smarthost = Smarthost::start();
    // One relay, so that what it has logged can be counted.
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[relay]\nprocesses = 1");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1000000");
    let pids = daemon.pids();
    let load = Load::start(daemon.smtp_address(), &alias.address);
    for _ in 0..3 {
        load.until_more(5);
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
    until("whoever has told of the loss tells of the end", || {
        assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
        let log = daemon.log();
        log.matches("the next host does not answer").count() == log.matches("the next host answers again").count()
    });
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

/// A connection that is handed over while `relay` may open no more descriptors is lost, and nothing else is.
#[test]
fn relay_short_of_descriptors_puts_mail_off_and_stays() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[relay]\nprocesses = 1");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    let (pids, relay) = (daemon.pids(), daemon.pid_of("relay").to_string());
    // By the user that owns it: root may lack CAP_SYS_RESOURCE in a container.
    let owner = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];
    let prefix = if nix::unistd::geteuid().is_root() { &owner[..] } else { &[] };
    let limit = |soft: &str| {
        let soft = format!("--nofile={soft}:");
        let command = [prefix, &["prlimit", "--pid", &relay, &soft]].concat();
        assert!(Command::new(command[0]).args(&command[1..]).status().unwrap().success());
    };
    // Those that are open stay so.
    limit("3");
    for _ in 0..5 {
        let reply = daemon.connect().mail("a@b.example", &alias.address, b"x");
        assert!(reply.starts_with("451"), "{reply}");
    }
    limit("512");
    until("mail flows again", || daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert_eq!((daemon.pids(), smarthost.count()), (pids, 1));
    assert_eq!(daemon.log().matches("no descriptor is left").count(), 1, "{}", daemon.log());
}

/// Connections to the next host are used again, across sessions; one that the host has closed costs nothing.
#[test]
fn connections_are_pooled() {
    let smarthost = Smarthost::start();
    // Each process has a pool of its own.
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[relay]\nprocesses = 1\n[smtp]\nprocesses = 1");
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
