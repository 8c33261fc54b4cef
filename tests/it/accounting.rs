//! P3: an alias with `max-usage` n delivers at most n messages, on either engine, under concurrency
//! and with processes killed; what is not delivered costs nothing. P4: the dead are all alike.

use crate::fixture::{Alias, Client, Daemon, RedisCluster, RedisServer, Smarthost, Store, directory, signal, until};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

/// `senders` clients at once, each one message; how many were told 250, and every other reply.
fn storm(addresses: &[std::net::SocketAddr], alias: &Alias, senders: usize) -> (usize, Vec<String>) {
    let barrier = Arc::new(Barrier::new(senders));
    let threads: Vec<_> = (0..senders)
        .map(|n| {
            let (address, to, barrier) = (addresses[n % addresses.len()], alias.address.clone(), Arc::clone(&barrier));
            thread::spawn(move || {
                barrier.wait();
                let mut client = Client::connect(address);
                if !client.reply().starts_with("220")
                    || !client.try_send(b"EHLO x.example\r\n")
                    || client.reply().is_empty()
                {
                    return String::new();
                }
                client.mail("sender@sender.example", &to, format!("Subject: {n}\r\n\r\nHello").as_bytes())
            })
        })
        .collect();
    let replies: Vec<String> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    let (good, other): (Vec<_>, Vec<_>) = replies.into_iter().partition(|r| r.starts_with("250"));
    (good.len(), other)
}

fn exactly_three(daemons: &[&Daemon], smarthost: &Smarthost) {
    let alias = daemons[0].alias("someone@real.example", "\"max-usage\":3");
    let addresses: Vec<_> = daemons.iter().map(|d| d.smtp_address()).collect();
    let (good, other) = storm(&addresses, &alias, 200);
    assert_eq!((good, smarthost.count()), (3, 3), "{other:?}");
    assert!(other.iter().all(|r| r.starts_with("450") || r.starts_with("550")), "{other:?}");
    assert!(daemons[0].connect().mail("a@b.example", &alias.address, b"x").starts_with("550 5.1.1"));
    smarthost.forget();
}

#[test]
fn two_hundred_senders_and_three_uses_on_redb() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    exactly_three(&[&daemon], &smarthost);
}

#[test]
fn two_hundred_senders_and_three_uses_on_redis() {
    let (redis, key, smarthost) = (RedisServer::start(&[]), directory(), Smarthost::start());
    let daemon = Daemon::with(smarthost.address, &Store::Redis(redis.url(), key.path().join("key")), "");
    exactly_three(&[&daemon], &smarthost);
}

#[test]
fn two_daemons_on_one_cluster_behave_as_one() {
    let (cluster, key, smarthost) = (RedisCluster::start(), directory(), Smarthost::start());
    let store = Store::Redis(cluster.url(), key.path().join("key"));
    let (one, two) = (Daemon::with(smarthost.address, &store, ""), Daemon::with(smarthost.address, &store, ""));
    for _ in 0..3 {
        exactly_three(&[&one, &two], &smarthost);
    }
    let alias = one.alias("someone@real.example", "\"max-usage\":2");
    assert!(two.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert_eq!((one.remaining(&alias), two.remaining(&alias)), (1, 1));
    let (status, _) = two.curl(
        &["-X", "DELETE", "-H", &format!("Authorization: Bearer {}", alias.key)],
        &format!("/aliases/{}", alias.aid),
    );
    assert!((200..300).contains(&status));
    assert!(one.connect().mail("a@b.example", &alias.address, b"x").starts_with("550"));
}

/// Rounds of [`never_more_than_three_with_kills_on_redb`]; `TEMPALIAS_TEST_ROUNDS` asks for another number.
fn rounds(default: usize) -> usize {
    std::env::var("TEMPALIAS_TEST_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Twelve senders on three uses while something is killed in their midst.
fn round_with_kill(daemon: &mut Daemon, smarthost: &Smarthost, pause: Duration, kill: impl FnOnce(&mut Daemon)) {
    let alias = daemon.alias("someone@real.example", "\"max-usage\":3");
    let before = smarthost.count();
    let (address, to) = (daemon.smtp_address(), alias.clone());
    let senders = thread::spawn(move || storm(&[address], &to, 12));
    thread::sleep(pause);
    kill(daemon);
    let (good, _) = senders.join().unwrap();
    let after_storm = smarthost.count() - before;
    assert!(good <= after_storm, "a client was told 250 and the message is not there: {good} > {after_storm}");
    // Whatever is left may still be used, and not more.
    let mut last = String::new();
    for _ in 0..20 {
        last = daemon.connect().mail("a@b.example", &alias.address, b"x");
        if last.starts_with("450") || last.starts_with("550") {
            break;
        }
    }
    let delivered = smarthost.count() - before;
    assert!(delivered <= 3, "{delivered} delivered");
    assert!(last.starts_with(['4', '5']), "{last}");
}

#[test]
fn never_more_than_three_with_kills_on_redb() {
    let smarthost = Smarthost::start();
    smarthost.delay(".", Duration::from_millis(2));
    let mut daemon = Daemon::start(smarthost.address);
    let victims = ["vault", "relay", "smtp", "web", "monitor"];
    for n in 0..rounds(200) {
        round_with_kill(&mut daemon, &smarthost, Duration::from_millis((n % 13) as u64), |daemon| {
            daemon.kill(victims[n % victims.len()]);
            daemon.up();
        });
    }
}

#[test]
fn never_more_than_three_with_kills_of_redis() {
    let (mut redis, key, smarthost) = (RedisServer::start(&[]), directory(), Smarthost::start());
    smarthost.delay(".", Duration::from_millis(2));
    let mut daemon = Daemon::with(smarthost.address, &Store::Redis(redis.url(), key.path().join("key")), "");
    for n in 0..rounds(200) {
        round_with_kill(&mut daemon, &smarthost, Duration::from_millis((n % 13) as u64), |daemon| {
            redis.kill();
            redis.up();
            until("the vault is back", || daemon.curl(&[], "/readyz").0 == 200);
        });
    }
}

#[test]
fn ten_thousand_probes_cost_no_use() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":2");
    let mut client = daemon.connect();
    for _ in 0..100 {
        let probes = format!("MAIL FROM:<a@b.example>\r\nRCPT TO:<{}>\r\nRSET\r\n", alias.address).repeat(100);
        client.send(probes.as_bytes());
        for _ in 0..100 {
            client.expect("250");
            client.expect("250");
            client.expect("250");
        }
    }
    client.ask("QUIT", "221");
    assert_eq!(daemon.remaining(&alias), 2);
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
}

#[test]
fn what_is_not_delivered_costs_no_use() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":2");
    for (verb, reply, expected) in [
        ("RCPT", "450 4.2.2 full", "450 4.2.2"),
        ("RCPT", "550 5.7.1 no", "550 5.7.1"),
        ("MAIL", "452 4.3.1 no space", "452 4.3.1"),
        ("DATA", "451 4.3.0 not now", "451 4.3.0"),
        (".", "554 5.6.0 do not like it", "554 5.6.0"),
        (".", "421 4.3.2 going down", "451"),
        ("MAIL", "", "451"),
        ("RCPT", "", "451"),
        ("DATA", "", "451"),
        ("CONNECT", "554 5.7.1 go away", "45"),
    ] {
        if verb == "CONNECT" {
            smarthost.answer("MAIL", ""); // so that no pooled connection is left
            daemon.connect().mail("a@b.example", &alias.address, b"x");
            smarthost.answer_well();
        }
        smarthost.answer(verb, reply);
        let told = daemon.connect().mail("a@b.example", &alias.address, b"x");
        assert!(told.starts_with(expected), "{verb} {reply}: {told}");
        smarthost.answer_well();
        until(&format!("the use is given back after {verb} {reply}"), || daemon.remaining(&alias) == 2);
        if verb == "CONNECT" {
            thread::sleep(Duration::from_millis(1500)); // the relay's short memory of a dead host
        }
    }
    // A client that vanishes in the middle of DATA.
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    client.ask("DATA", "354");
    client.send(&[b'x'; 100_000]);
    drop(client);
    until("the use is free again", || daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert_eq!((daemon.remaining(&alias), smarthost.count()), (1, 1));
}

/// Lost after the dot: it may have been delivered, so it counts.
#[test]
fn in_doubt_counts_as_used() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":2");
    smarthost.answer(".", "");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451"));
    assert_eq!(daemon.remaining(&alias), 1);
}

#[test]
fn the_dead_are_all_alike() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let used_up = daemon.alias("someone@real.example", "\"max-usage\":1");
    assert!(daemon.connect().mail("a@b.example", &used_up.address, b"x").starts_with("250"));
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut expired = None;
    let early = daemon.alias("someone@real.example", "\"max-usage\":1,\"valid-from\":\"2099-01-01T00:00:00Z\"");
    let bearer = |alias: &Alias| format!("Authorization: Bearer {}", alias.key);
    let paused = daemon.alias("someone@real.example", "\"days\":1");
    let path = format!("/aliases/{}", paused.aid);
    assert_eq!(daemon.curl(&["-X", "PATCH", "-H", &bearer(&paused), "-d", "{\"paused\":true}"], &path).0, 200);
    let revoked = daemon.alias("someone@real.example", "\"days\":1");
    let path = format!("/aliases/{}", revoked.aid);
    assert!((200..300).contains(&daemon.curl(&["-X", "DELETE", "-H", &bearer(&revoked)], &path).0));
    // So soon that it may be over before it is asked for, if the machine is busy.
    let mut ends = 0;
    until("an alias is made that ends soon", || {
        ends = now() + 2;
        let body = format!("{{\"target\":\"someone@real.example\",\"valid-until\":{ends}}}");
        let (status, answer) = daemon.curl(&["-d", &body], "/aliases");
        expired = serde_json::from_str::<serde_json::Value>(&answer).unwrap()["address"].as_str().map(str::to_owned);
        status == 201
    });
    let expired = expired.unwrap();
    until("it has ended", || now() > ends);
    let elsewhere = used_up.address.replace("example.org", "two.example");
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    let unknown = client.ask("RCPT TO:<abcdefghijkm@example.org>", "550 5.1.1");
    for dead in [&used_up.address, &early.address, &paused.address, &revoked.address, &expired, &elsewhere] {
        assert_eq!(client.ask(&format!("RCPT TO:<{dead}>"), "550"), unknown);
    }
}

/// A role that is killed takes the daemon down, and it comes back on the same sockets.
#[test]
fn one_gone_all_go() {
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    for role in ["vault", "relay", "smtp", "web"] {
        let pids = daemon.pids();
        signal(daemon.pid_of(role), "KILL");
        until("all five are gone", || {
            pids[1..].iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists())
        });
        daemon.wait();
        assert!(daemon.log().contains(&format!("role={role}")), "{}", daemon.log());
        daemon.up();
        assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    }
}
