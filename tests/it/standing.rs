//! What an alias is at the final dot decides, and nothing is held before it.
//!
//! - A recipient that is only asked about blocks nobody, also after a kill.
//! - A use that may still be given back puts others off, and refuses nobody for good.
//! - P4: whatever is dead at the final dot is refused there, in the words of an unknown recipient.

use crate::fixture::{Alias, Client, Daemon, RedisServer, Smarthost, Store, directory, until};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn bearer(alias: &Alias) -> String {
    format!("Authorization: Bearer {}", alias.key)
}

fn change(daemon: &Daemon, alias: &Alias, body: &str) {
    let path = format!("/aliases/{}", alias.aid);
    let (status, answer) = daemon.curl(&["-X", "PATCH", "-H", &bearer(alias), "-d", body], &path);
    assert_eq!(status, 200, "{answer}");
}

fn revoke(daemon: &Daemon, alias: &Alias) {
    let (status, _) = daemon.curl(&["-X", "DELETE", "-H", &bearer(alias)], &format!("/aliases/{}", alias.aid));
    assert!((200..300).contains(&status));
}

fn mail(daemon: &Daemon, alias: &Alias) -> String {
    daemon.connect().mail("a@b.example", &alias.address, b"Subject: x\r\n\r\nx")
}

/// A client whose recipients are accepted, and that has not sent DATA.
fn at_rcpt(daemon: &Daemon, aliases: &[&Alias]) -> Client {
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    for alias in aliases {
        client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    }
    client
}

/// The reply to RCPT.
fn asked(daemon: &Daemon, address: &str) -> String {
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask(&format!("RCPT TO:<{address}>"), "")
}

/// The reply to the final dot.
fn finished(client: &mut Client) -> String {
    client.ask("DATA", "354");
    client.ask("Subject: x\r\n\r\nx\r\n.", "")
}

/// Earlier, the other sender read `450` for as long as the first stood there.
#[test]
fn a_recipient_that_is_only_asked_about_blocks_nobody() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    let mut idle = at_rcpt(&daemon, &[&alias]);
    assert!(mail(&daemon, &alias).starts_with("250"));
    // Asked about again and again, it stays dead.
    idle.ask("RSET", "250");
    idle.ask("MAIL FROM:<a@b.example>", "250");
    idle.ask(&format!("RCPT TO:<{}>", alias.address), "550 5.1.1");
    assert_eq!(smarthost.count(), 1);
}

/// Content that does not end takes no use either, however much there is of it.
#[test]
fn a_message_without_an_end_blocks_nobody() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    for octets in [10, 200_000] {
        let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
        let mut endless = at_rcpt(&daemon, &[&alias]);
        endless.ask("DATA", "354");
        endless.send(&[&b"Subject: x\r\n\r\n"[..], &b"xxxxxxxx\r\n".repeat(octets / 10)].concat());
        thread::sleep(Duration::from_millis(100));
        assert!(mail(&daemon, &alias).starts_with("250"), "{octets}");
        endless.send(b".\r\n");
        endless.expect("550 5.1.1");
    }
    assert_eq!(smarthost.count(), 2);
}

/// Earlier, the second sender read `550`, and then the use was given back.
#[test]
fn a_use_that_is_not_settled_puts_others_off() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    smarthost.answer(".", "451 4.3.0 not now");
    smarthost.delay(".", Duration::from_secs(3));
    let mut first = at_rcpt(&daemon, &[&alias]);
    first.ask("DATA", "354");
    first.send(b"Subject: x\r\n\r\nx\r\n.\r\n");
    until("its use is spent", || daemon.remaining(&alias) == 0);
    let mut second = daemon.connect();
    second.ask("MAIL FROM:<a@b.example>", "250");
    second.ask(&format!("RCPT TO:<{}>", alias.address), "450 4.2.1");
    first.expect("451 4.3.0");
    smarthost.answer_well();
    smarthost.delay(".", Duration::ZERO);
    second.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    assert!(finished(&mut second).starts_with("250"));
    assert!(asked(&daemon, &alias.address).starts_with("550 5.1.1"), "it is settled");
    assert_eq!(smarthost.count(), 1);
}

/// A sender that has come as far as its final dot is put off in the same way.
#[test]
fn the_final_dot_is_put_off_while_a_use_is_not_settled() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    let (mut first, mut second) = (at_rcpt(&daemon, &[&alias]), at_rcpt(&daemon, &[&alias]));
    smarthost.delay(".", Duration::from_secs(2));
    first.ask("DATA", "354");
    first.send(b"Subject: x\r\n\r\nx\r\n.\r\n");
    until("its use is spent", || daemon.remaining(&alias) == 0);
    assert!(finished(&mut second).starts_with("450 4.2.1"));
    first.expect("250");
    let mut third = second;
    third.ask("MAIL FROM:<a@b.example>", "250");
    third.ask(&format!("RCPT TO:<{}>", alias.address), "550 5.1.1");
    assert_eq!(smarthost.count(), 1);
}

/// A next host that refuses the message nine minutes after its dot: the use is given back. With the default time-outs.
#[test]
#[ignore = "takes nine minutes"]
fn a_use_is_given_back_after_nine_minutes() {
    let (redis, key) = (RedisServer::start(&[]), directory());
    thread::scope(|scope| {
        scope.spawn(|| given_back_after_nine_minutes(&Store::Redb));
        given_back_after_nine_minutes(&Store::Redis(redis.url(), key.path().join("key")));
    });
}

fn given_back_after_nine_minutes(store: &Store) {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, store, "");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    smarthost.answer(".", "451 4.3.0 not now");
    smarthost.delay(".", Duration::from_secs(9 * 60));
    let mut first = at_rcpt(&daemon, &[&alias]);
    first.set_deadline(Duration::from_secs(11 * 60));
    first.ask("DATA", "354");
    first.send(b"Subject: x\r\n\r\nx\r\n.\r\n");
    until("its use is spent", || daemon.remaining(&alias) == 0);
    assert!(asked(&daemon, &alias.address).starts_with("450 4.2.1"));
    first.expect("451 4.3.0");
    smarthost.answer_well();
    smarthost.delay(".", Duration::ZERO);
    assert_eq!(daemon.remaining(&alias), 1);
    assert!(mail(&daemon, &alias).starts_with("250"));
    assert!(asked(&daemon, &alias.address).starts_with("550 5.1.1"));
}

/// A sender that was told `250` for the last message makes the alias dead for all, not busy.
#[test]
fn after_the_last_message_nobody_is_put_off() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    for max in [1, 2, 3] {
        for _ in 0..10 {
            let alias = daemon.alias("someone@real.example", &format!("\"max-usage\":{max}"));
            for _ in 0..max {
                assert!(mail(&daemon, &alias).starts_with("250"));
            }
            let reply = asked(&daemon, &alias.address);
            assert!(reply.starts_with("550 5.1.1"), "{max}: {reply}");
        }
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// What its owner does after RCPT; the limits before; whether one message comes through in between.
type AfterRcpt = (&'static str, &'static str, bool, fn(&Daemon, &Alias));

const AFTER_RCPT: [AfterRcpt; 8] = [
    ("pause, counted", "\"max-usage\":3", false, |daemon, alias| change(daemon, alias, "{\"paused\":true}")),
    ("pause, not counted", "\"days\":1", false, |daemon, alias| change(daemon, alias, "{\"paused\":true}")),
    ("revoke, counted", "\"max-usage\":3", false, revoke),
    ("revoke, not counted", "\"days\":1", false, revoke),
    ("expire, counted", "\"max-usage\":3", false, expire),
    ("expire, not counted", "\"days\":1", false, expire),
    ("lower max-usage", "\"max-usage\":3", true, |daemon, alias| change(daemon, alias, "{\"max-usage\":1}")),
    ("set max-usage", "\"days\":1", false, |daemon, alias| {
        change(daemon, alias, "{\"max-usage\":1}");
        assert!(mail(daemon, alias).starts_with("250"));
    }),
];

fn expire(daemon: &Daemon, alias: &Alias) {
    let mut ends = 0;
    until("its end is near", || {
        ends = seconds() + 2;
        let body = format!("{{\"valid-until\":{ends}}}");
        daemon.curl(&["-X", "PATCH", "-H", &bearer(alias), "-d", &body], &format!("/aliases/{}", alias.aid)).0 == 200
    });
    until("it has ended", || seconds() > ends);
}

fn dead_at_the_dot(store: &Store) {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, store, "");
    let unknown = asked(&daemon, "abcdefghijkm@example.org");
    assert!(unknown.starts_with("550 5.1.1"));
    for (what, limits, one_comes_through, act) in AFTER_RCPT {
        for pipelined in [false, true] {
            let alias = daemon.alias("someone@real.example", limits);
            let mut client = daemon.connect();
            if pipelined {
                let commands = format!("MAIL FROM:<a@b.example>\r\nRCPT TO:<{}>\r\nDATA\r\n", alias.address);
                client.send(commands.as_bytes());
                ["250", "250", "354"].into_iter().for_each(|code| drop(client.expect(code)));
            } else {
                client = at_rcpt(&daemon, &[&alias]);
            }
            if one_comes_through {
                assert!(mail(&daemon, &alias).starts_with("250"));
            }
            act(&daemon, &alias);
            let delivered = smarthost.count();
            let reply = if pipelined { client.ask("Subject: x\r\n\r\nx\r\n.", "") } else { finished(&mut client) };
            assert_eq!(reply, unknown, "{what}, pipelined: {pipelined}");
            assert_eq!(smarthost.count(), delivered, "{what}, pipelined: {pipelined}");
            client.ask("NOOP", "250");
        }
    }
}

#[test]
fn dead_at_the_final_dot_is_dead_on_redb() {
    dead_at_the_dot(&Store::Redb);
}

#[test]
fn dead_at_the_final_dot_is_dead_on_redis() {
    let (redis, key) = (RedisServer::start(&[]), directory());
    dead_at_the_dot(&Store::Redis(redis.url(), key.path().join("key")));
}

/// One of several recipients that is dead at the final dot puts the message off for all: their next RCPT tells each its
/// own, and none is bounced for another's sake.
#[test]
fn one_dead_of_several_puts_the_message_off_for_all() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let (counted, dead) =
        (daemon.alias("one@real.example", "\"max-usage\":2"), daemon.alias("two@real.example", "\"days\":1"));
    let mut client = at_rcpt(&daemon, &[&counted, &dead]);
    revoke(&daemon, &dead);
    assert!(finished(&mut client).starts_with("451 4.3.0"));
    assert_eq!((smarthost.count(), daemon.remaining(&counted)), (0, 2));
    assert!(asked(&daemon, &dead.address).starts_with("550 5.1.1"));
    assert!(mail(&daemon, &counted).starts_with("250"));
}

/// The last use is spent before DATA, so that a sender that comes too late does not cost the connection to the next
/// host.
#[test]
fn a_refusal_of_a_scarce_alias_keeps_the_connection() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[relay]\nprocesses = 1\n[smtp]\nprocesses = 1");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    let (mut first, mut second) = (at_rcpt(&daemon, &[&alias]), at_rcpt(&daemon, &[&alias]));
    assert!(finished(&mut first).starts_with("250"));
    assert!(finished(&mut second).starts_with("550 5.1.1"));
    let connections = smarthost.connections();
    let other = daemon.alias("someone@real.example", "\"days\":1");
    let mut both = [at_rcpt(&daemon, &[&other]), at_rcpt(&daemon, &[&other])];
    assert_eq!(smarthost.connections(), connections, "both are used again");
    assert!(both.iter_mut().all(|client| finished(client).starts_with("250")));
}

/// Earlier, the uses that were held at the kill were `450` for up to 26 minutes.
#[test]
fn after_a_kill_every_use_is_there_at_once() {
    let (redis, key, smarthost) = (RedisServer::start(&[]), directory(), Smarthost::start());
    let mut daemon = Daemon::with(smarthost.address, &Store::Redis(redis.url(), key.path().join("key")), "");
    for role in ["vault", "relay", "smtp"] {
        let alias = daemon.alias("someone@real.example", "\"max-usage\":3");
        let tickets: Vec<_> = (0..3).map(|_| at_rcpt(&daemon, &[&alias])).collect();
        daemon.kill(role);
        daemon.up();
        for _ in 0..3 {
            assert_eq!(mail(&daemon, &alias).get(..3), Some("250"), "{role}");
        }
        assert!(asked(&daemon, &alias.address).starts_with("550 5.1.1"), "{role}");
        drop(tickets);
    }
}

/// Uses that an earlier version holds in Redis while it is replaced are free.
#[test]
fn what_an_earlier_version_holds_is_not_read() {
    let (redis, key, smarthost) = (RedisServer::start(&[]), directory(), Smarthost::start());
    let daemon = Daemon::with(smarthost.address, &Store::Redis(redis.url(), key.path().join("key")), "");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    let keys = redis.cli(&["keys", "tempalias:{*}"]);
    let held = format!("{}:held", keys.lines().next().unwrap());
    let deadline = (seconds() + 1_500) * 1000;
    redis.cli(&["zadd", &held, &deadline.to_string(), "a ticket of another node"]);
    redis.cli(&["pexpire", &held, "1500000"]);
    assert!(mail(&daemon, &alias).starts_with("250"));
    assert!(asked(&daemon, &alias.address).starts_with("550 5.1.1"));
    assert!(redis.cli(&["ttl", &held]).trim().parse::<i64>().unwrap() > 0, "it is left to expire");
    revoke(&daemon, &alias);
    assert_eq!(redis.cli(&["exists", &held]).trim(), "0", "nothing remains of an alias that is removed");
}
