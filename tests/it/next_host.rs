//! Next hosts as they are: they tire of a connection, punish it for refusals, and limit how many they take. No sender
//! notices.

use crate::fixture::{Client, Daemon, Mailboxes as _, Postfix, Smarthost, Store, until};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

/// Each process has a pool of its own.
const ONE_PROCESS: &str = "[relay]\nprocesses = 1\n[smtp]\nprocesses = 1";

/// F1: hosts that take so many messages on a connection, then say 452 to MAIL, and do not hang up.
#[test]
fn hosts_that_take_few_messages_on_a_connection() {
    for messages in [1, 5, 10] {
        let smarthost = Smarthost::start();
        smarthost.take_per_connection(messages);
        let daemon = Daemon::with(smarthost.address, &Store::Any, ONE_PROCESS);
        let alias = daemon.alias("someone@real.example", "\"days\":1");
        let mut client = daemon.connect();
        for number in 0..24 {
            let reply = client.mail("a@b.example", &alias.address, b"x");
            assert!(reply.starts_with("250"), "{messages} a connection, message {number}: {reply}");
        }
        assert_eq!((smarthost.count(), smarthost.connections()), (24, 24usize.div_ceil(messages)));
    }
}

/// A connection is used for 100 messages at the most, and ended with QUIT.
#[test]
fn a_connection_retires_after_a_hundred_messages() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, ONE_PROCESS);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let mut client = daemon.connect();
    for _ in 0..201 {
        assert!(client.mail("a@b.example", &alias.address, b"x").starts_with("250"));
    }
    assert_eq!((smarthost.count(), smarthost.connections()), (201, 3));
    until("QUIT has come", || smarthost.lines().iter().filter(|line| *line == "QUIT").count() == 2);
}

/// What a host says on a reused connection before the content, and whether the sender hears of it. On a new one it is
/// the answer.
#[test]
fn what_a_host_says_on_a_reused_connection() {
    for (verb, reply, told) in [
        ("MAIL", "421 4.3.2 x", "250"),
        ("MAIL", "452 4.3.2 x", "250"),
        ("MAIL", "451 4.3.0 x", "250"),
        ("MAIL", "", "250"),
        ("MAIL", "550 5.1.8 x", "550 5.1.8"),
        ("MAIL", "550 5.7.1 x", "451 4.7.0"),
        ("MAIL", "530 5.7.0 x", "451 4.7.0"),
        ("RCPT", "421 4.3.2 x", "250"),
        ("RCPT", "", "250"),
        ("RCPT", "450 4.2.0 x\r\n421 4.3.2 x", "250"),
        ("RCPT", "450 4.2.0 x", "450 4.2.0"),
        ("DATA", "421 4.3.2 x", "250"),
        ("DATA", "", "250"),
        ("DATA", "451 4.3.0 x", "451 4.3.0"),
    ] {
        let smarthost = Smarthost::start();
        let daemon = Daemon::with(smarthost.address, &Store::Any, ONE_PROCESS);
        let alias = daemon.alias("someone@real.example", "\"max-usage\":4");
        let what = format!("{reply:?} to {verb}");
        assert!(daemon.connect().mail("a@b.example", &alias.address, b"one").starts_with("250"), "{what}");
        smarthost.answer_reused(verb, reply);
        let reply = daemon.connect().mail("a@b.example", &alias.address, b"two");
        assert!(reply.starts_with(told), "{what}: {reply}");
        let delivered = if told == "250" { 2 } else { 1 };
        assert_eq!((smarthost.count(), daemon.remaining(&alias)), (delivered, 4 - delivered as u64), "{what}");
        assert!(smarthost.connections() <= 2, "{what}: tried once on a new one");
    }
}

/// Recipients who were accepted are named again when a later one finds the connection closed.
#[test]
fn recipients_move_to_a_new_connection_together() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, ONE_PROCESS);
    let (one, two) = (daemon.alias("one@real.example", "\"days\":1"), daemon.alias("two@real.example", "\"days\":1"));
    assert!(daemon.connect().mail("a@b.example", &one.address, b"x").starts_with("250"));
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask(&format!("RCPT TO:<{}>", one.address), "250");
    smarthost.answer_reused("RCPT", "421 4.3.2 x");
    client.ask(&format!("RCPT TO:<{}>", two.address), "250");
    client.ask("DATA", "354");
    client.ask("x\r\n.", "250");
    assert_eq!(smarthost.caught()[1].rcpt, ["RCPT TO:<one@real.example>", "RCPT TO:<two@real.example>"]);
}

/// Q8: a Postfix with its usual limits answers a second later after ten errors on a connection, and hangs up after
/// twenty. Refused recipients do not slow down the mail of others.
#[test]
fn refusals_do_not_slow_down_the_next_mail() {
    let Some(postfix) = Postfix::start() else { return };
    let daemon = Daemon::with(postfix.address(), &Store::Any, ONE_PROCESS);
    let refused = daemon.alias("refused@real.example", "\"days\":1");
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let innocent = || {
        let began = Instant::now();
        assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
        began.elapsed()
    };
    let mut times = Vec::new();
    for refusals in [12, 15, 18, 20] {
        let before = (0..3).map(|_| innocent()).max().unwrap();
        for _ in 0..refusals {
            let reply = daemon.connect().mail("a@b.example", &refused.address, b"x");
            assert!(reply.starts_with("554 5.7.1"), "{reply}");
        }
        times.push((before, innocent()));
    }
    // Each of its commands would take a second more.
    let is_slow = |(before, after): &&(Duration, Duration)| *after > 5 * *before + Duration::from_secs(1);
    assert!(times.iter().filter(is_slow).count() < 2, "{times:?}");
}

/// F14: hosts with the backlogs of OpenSMTPD, sendmail and Exim, which greet with 421 whatever is more than they serve
/// at the same time. All senders at once are taken.
#[test]
fn hosts_that_take_few_connections() {
    for (backlog, senders) in [(5, 60), (10, 60), (20, 120)] {
        let smarthost = Smarthost::with_backlog(backlog, backlog as usize);
        let daemon = Daemon::with(smarthost.address, &Store::Any, ONE_PROCESS);
        let alias = daemon.alias("someone@real.example", "\"days\":1");
        let (all, address) = (Arc::new(Barrier::new(senders)), daemon.smtp_address());
        let mails: Vec<_> = (0..senders)
            .map(|_| {
                let (all, alias) = (Arc::clone(&all), alias.address.clone());
                thread::spawn(move || {
                    let mut client = Client::greeted(address);
                    all.wait();
                    client.mail("a@b.example", &alias, b"x")
                })
            })
            .collect();
        let replies: Vec<_> = mails.into_iter().map(|mail| mail.join().unwrap()).collect();
        let refused: Vec<_> = replies.iter().filter(|reply| !reply.starts_with("250")).collect();
        assert!(refused.is_empty(), "backlog {backlog}, {senders} senders: {} {refused:?}", refused.len());
        assert_eq!(smarthost.count(), senders);
        let reply = daemon.connect().mail("a@b.example", &alias.address, b"x");
        assert!(reply.starts_with("250"), "the next mail after them: {reply}");
    }
}

/// Sessions of one address that stand after RCPT keep some connections free for others: for a neighbour in the same
/// network, and for other networks.
#[test]
fn one_address_cannot_keep_all_connections() {
    let smarthost = Smarthost::start();
    let few = "[relay]\nprocesses = 1\nmax_connections = 20\nconnect_timeout = '1s'\n[smtp]\nprocesses = 1";
    let daemon = Daemon::with(smarthost.address, &Store::Any, few);
    let attacked = daemon.alias("attacked@real.example", "\"days\":1");
    let alias = daemon.alias("someone@other.example", "\"days\":1");
    let mut idle = Vec::new();
    for number in 0..30 {
        let mut client = Client::greeted_from([127, 0, 0, 1], daemon.smtp_address());
        client.ask("MAIL FROM:<a@b.example>", "250");
        client.send(format!("RCPT TO:<{}>\r\n", attacked.address).as_bytes());
        if number < 15 {
            client.expect("250");
        }
        idle.push(client);
    }
    for source in [[127, 0, 0, 2], [127, 0, 1, 1], [127, 1, 1, 1]] {
        let reply = Client::greeted_from(source, daemon.smtp_address()).mail("a@b.example", &alias.address, b"x");
        assert!(reply.starts_with("250"), "{source:?}: {reply}");
    }
    assert_eq!(smarthost.count(), 3);
}

/// A slow stream is cut while another network waits, and nothing of its message is delivered.
#[test]
fn a_slow_stream_is_cut_for_others() {
    let smarthost = Smarthost::start();
    let one = "[relay]\nmax_connections = 1\nconnect_timeout = '60s'\nprocesses = 1\n[smtp]\nprocesses = 1";
    let daemon = Daemon::with(smarthost.address, &Store::Any, one);
    let slow_alias = daemon.alias("slow@real.example", "\"max-usage\":1");
    let alias = daemon.alias("someone@other.example", "\"days\":1");
    let mut slow = Client::greeted_from([127, 0, 0, 1], daemon.smtp_address());
    slow.ask("MAIL FROM:<a@b.example>", "250");
    slow.ask(&format!("RCPT TO:<{}>", slow_alias.address), "250");
    slow.ask("DATA", "354");
    slow.send(&b"0123456789012345678901234567890123456789\r\n".repeat(4_000));
    let reply = Client::greeted_from([127, 0, 1, 1], daemon.smtp_address()).mail("a@b.example", &alias.address, b"x");
    assert!(reply.starts_with("250"), "{reply}");
    slow.ask("end\r\n.", "451 4.4.2 Too slow");
    assert_eq!((smarthost.count(), daemon.remaining(&slow_alias)), (1, 1));
    assert!(daemon.log().contains("a slow stream is cut"), "{}", daemon.log());
    assert!(slow.mail("a@b.example", &slow_alias.address, b"x").starts_with("250"));
}

/// Q4: what is for our administrator to mend is 451 to senders, costs no use, and is one line in the log until it works.
#[test]
fn a_host_that_does_not_take_mail_from_us() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, ONE_PROCESS);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":2");
    let send = || daemon.connect().mail("a@b.example", &alias.address, b"x");
    for (verb, reply) in [
        ("MAIL", "530 5.7.0 Must issue a STARTTLS command first"),
        ("MAIL", "550 5.7.1 not one of ours"),
        ("RCPT", "530 5.7.0 Authentication required"),
        ("RCPT", "535 5.7.8 Authentication required"),
        ("DATA", "538 5.7.11 Encryption required"),
        (".", "530 5.7.0 Authentication required"),
    ] {
        smarthost.answer(verb, reply);
        let told = send();
        assert!(told.starts_with("451 4.7.0"), "{reply} to {verb}: {told}");
        smarthost.answer_well();
    }
    assert_eq!((smarthost.count(), daemon.remaining(&alias)), (0, 2));
    assert!(send().starts_with("250"));
    let lines = |text: &str| daemon.log().matches(text).count();
    assert_eq!(lines("the next host does not take mail from this host"), 1, "{}", daemon.log());
    until("it tells of the end", || lines("the next host takes mail from this host again") == 1);
    // One recipient's refusal is that recipient's.
    smarthost.answer("RCPT", "550 5.7.1 not for this mailbox");
    assert!(send().starts_with("550 5.7.1"));
}

/// A smarthost that is this very daemon would refuse everything for good.
#[test]
fn a_next_host_that_is_ourselves() {
    let ourselves = Daemon::start(Smarthost::start().address);
    let daemon = Daemon::with(ourselves.smtp_address(), &Store::Any, ONE_PROCESS);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let told = daemon.connect().mail("a@b.example", &alias.address, b"x");
    assert!(told.starts_with("451"), "{told}");
    assert!(daemon.log().contains("greets as this very tempalias"), "{}", daemon.log());
}
