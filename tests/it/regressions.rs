//! Faults that were once there, each with its name.

use crate::fixture::{Client, DEADLINE, Daemon, Smarthost, Store, until};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn r0001_no_reverse_path_ends_the_daemon() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let pids = daemon.pids();
    let mut client = daemon.connect();
    for path in ["\u{e9}\u{e9}==x@a.example", "SRSx==y@a.example", "SRS0=\u{e9}@a.example", "SRS1=@a.example"] {
        client.ask(&format!("MAIL FROM:<{path}> SMTPUTF8"), "250");
        client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
        client.ask("RSET", "250");
    }
    assert_eq!(daemon.pids(), pids);
}

#[test]
fn r0002_a_positive_reply_to_data_is_no_delivery() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    smarthost.answer("DATA", "250 2.0.0 OK");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451"));
    smarthost.answer_well();
    // A host that says 421 and does not hang up leaves nothing unread behind.
    smarthost.answer("MAIL", "421 4.3.2 going down");
    for _ in 0..2 {
        assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451"));
    }
    smarthost.answer_well();
    assert_eq!((smarthost.count(), daemon.remaining(&alias)), (0, 1));
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert_eq!((smarthost.count(), daemon.remaining(&alias)), (1, 0));
}

#[test]
fn r0003_an_idle_connection_is_nobodys() {
    let smarthost = Smarthost::start();
    smarthost.delay(".", Duration::from_millis(200));
    let daemon = Daemon::with(
        smarthost.address,
        &Store::Any,
        "[relay]\nprocesses = 1\nmax_connections = 1\nconnect_timeout = '30s'",
    );
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let start = Instant::now();
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let (address, to) = (daemon.smtp_address(), alias.address.clone());
            thread::spawn(move || Client::greeted(address).mail("a@b.example", &to, b"x"))
        })
        .collect();
    for sender in senders {
        let reply = sender.join().unwrap();
        assert!(reply.starts_with("250"), "{reply}");
    }
    assert!(start.elapsed() < Duration::from_secs(30), "they take turns and do not wait for a time-out");
    assert_eq!(smarthost.connections(), 1);
}

#[test]
fn r0004_one_recipient_that_needs_smtputf8_costs_the_others_nothing() {
    let smarthost = Smarthost::start();
    smarthost.answer("EHLO", "250-smarthost.example\r\n250-PIPELINING\r\n250 8BITMIME");
    let daemon = Daemon::start(smarthost.address);
    let plain = daemon.alias("someone@real.example", "\"max-usage\":1");
    let utf8 = daemon.alias("\u{fc}ber@real.example", "\"max-usage\":1");
    let mut client = daemon.connect();
    client.send(
        format!("MAIL FROM:<a@b.example>\r\nRCPT TO:<{}>\r\nRCPT TO:<{}>\r\nDATA\r\n", utf8.address, plain.address)
            .as_bytes(),
    );
    for code in ["250", "550 5.6.7", "250", "354"] {
        client.expect(code);
    }
    client.ask("x\r\n.", "250");
    assert_eq!((daemon.remaining(&plain), daemon.remaining(&utf8)), (0, 1));
}

#[test]
fn r0005_a_refused_message_does_not_last_for_ever() {
    let daemon = Daemon::with(
        Smarthost::start().address,
        &Store::Any,
        "[smtp]\ntransaction_timeout = '4s'\ndata_timeout = '3s'\ncommand_timeout = '3s'",
    );
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    client.ask("DATA", "354");
    client.send(b"a bare\nLF\r\n");
    // Until the connection is closed: the last time-out is over after four seconds.
    let trickle = |client: &mut Client| {
        let start = Instant::now();
        while client.try_send(b"x") && start.elapsed() < DEADLINE {
            thread::sleep(Duration::from_millis(300));
        }
        start.elapsed()
    };
    assert!(trickle(&mut client) < DEADLINE, "octets keep a refused message going");
    let mut client = daemon.connect();
    assert!(trickle(&mut client) < DEADLINE, "octets without a line keep a session going");
}

#[test]
fn r0006_what_is_asked_for_and_not_waited_for_is_not_held() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[smtp]\nmax_commands = 20");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    let mut client = daemon.connect();
    let commands =
        "NOOP\r\n".repeat(17) + &format!("MAIL FROM:<a@b.example>\r\nRCPT TO:<{}>\r\nNOOP\r\nNOOP\r\n", alias.address);
    client.send(commands.as_bytes());
    assert!(client.is_closed());
    // The answer nobody waits for may come after the connection is closed; then the use is free at once.
    until("the use is free", || daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
}

#[test]
fn r0007_other_sites_scripts_hear_that_an_alias_is_gone() {
    let daemon = Daemon::start(Smarthost::start().address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let (_, answer) = daemon.curl(
        &["-i", "-X", "DELETE", "-H", &format!("Authorization: Bearer {}", alias.key)],
        &format!("/aliases/{}", alias.aid),
    );
    assert!(
        answer.starts_with("HTTP/1.1 204") && answer.to_lowercase().contains("access-control-allow-origin: *"),
        "{answer}"
    );
}

/// A message under way takes the relay two descriptors, whatever few it takes other processes.
#[test]
fn r0008_many_messages_are_under_way_at_once() {
    const MESSAGES: usize = 140;
    let smarthost = Smarthost::start();
    let daemon =
        Daemon::with(smarthost.address, &Store::Any, "[relay]\nprocesses = 1\nmax_connections = 200\nmax_idle = 0");
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let mut clients: Vec<Client> = (0..MESSAGES)
        .map(|_| {
            let mut client = daemon.connect();
            client.ask("MAIL FROM:<a@b.example>", "250");
            client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
            client.ask("DATA", "354");
            client
        })
        .collect();
    for client in &mut clients {
        client.send(b"Subject: one of many\r\n\r\n");
        client.ask(".", "250");
    }
    assert_eq!(smarthost.count(), MESSAGES);
}

/// FAULTS F11: next hosts out of step, whose replies are those to something else.
#[test]
fn r0011_a_reply_that_nobody_asked_for_is_no_delivery() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    for (verb, replies) in [
        ("DATA", "354 2.0.0 go\r\n250 2.0.0 ok"),
        ("RCPT", "250 2.1.5 ok\r\n354 2.0.0 go"),
        ("EHLO", "250-smarthost.example\r\n250 PIPELINING\r\n250 2.0.0 ok"),
    ] {
        smarthost.answer("MAIL", ""); // so that no pooled connection is left
        daemon.connect().mail("a@b.example", &alias.address, b"x");
        smarthost.answer_well();
        smarthost.answer(verb, replies);
        smarthost.answer(".", "554 5.6.0 no");
        let reply = daemon.connect().mail("a@b.example", &alias.address, b"x");
        assert!(reply.starts_with("451"), "{verb}: {reply}");
        smarthost.answer_well();
        assert_eq!((smarthost.count(), daemon.remaining(&alias)), (0, 1), "{verb}");
    }
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
}

/// FAULTS F13.
#[test]
fn r0013_without_pipelining_mail_waits_for_the_reply_to_rset() {
    let smarthost = Smarthost::start();
    smarthost.answer("EHLO", "250-smarthost.example\r\n250 8BITMIME");
    smarthost.delay("RSET", Duration::from_millis(300));
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[relay]\nprocesses = 1");
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    for _ in 0..3 {
        let mut client = daemon.connect();
        client.ask("MAIL FROM:<a@b.example>", "250");
        client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
        client.ask("RSET", "250");
        let reply = client.mail("a@b.example", &alias.address, b"x");
        assert!(reply.starts_with("250"), "{reply}");
    }
    assert_eq!((smarthost.connections(), smarthost.overtaken()), (1, Vec::new()));
}

/// Whoever runs the daemon and sees 451 learns at which stage the next host was lost, and why; never in its own words.
#[test]
fn r0020_the_log_tells_why_the_next_host_was_lost() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[relay]\nprocesses = 1");
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    smarthost.answer("DATA", "");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451"));
    smarthost.answer_well();
    smarthost.answer("CONNECT", "554 5.7.1 someone@real.example go away");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451"));
    for expected in
        ["lost stage=DATA cause=\"unexpected end of file\"", "relay.smarthost host=", "cause=\"greets with 554\""]
    {
        until(expected, || daemon.log().contains(expected));
    }
    assert!(!daemon.log().contains("real.example") && !daemon.log().contains("go away"));
}

/// The line that the filter for fail2ban matches names the limit.
#[test]
fn r0021_the_log_tells_which_limit_cut_a_session_off() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[smtp]\nmax_unknown = 2");
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask("RCPT TO:<nobody@example.org>", "550");
    client.ask("RCPT TO:<nobody@example.org>", "550");
    client.expect("421");
    until("the session is logged as cut off", || daemon.log().contains("a session was cut off"));
    let log = daemon.log();
    let line = log.lines().find(|line| line.contains("a session was cut off")).unwrap();
    assert!(line.ends_with(" peer=127.0.0.1 reason=TooManyUnknown"), "{line}");
}
