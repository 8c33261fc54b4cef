//! P11: only CRLF ends a line; nobody sneaks in. P10: what is below our trace headers is the sender's.
//! And whatever a client says gets a defined reply.

use crate::fixture::{Client, Daemon, Smarthost, Store, until};

fn octets() -> Vec<u8> {
    let mut message =
        b"Subject: every octet\r\nContent-Transfer-Encoding: 8bit\r\n\r\n.leading dot\r\n..two\r\n.\tdot tab\r\n"
            .to_vec();
    message.extend((0x80..=0xff).chain(1..=9));
    message.extend_from_slice(b"\r\n");
    message.extend(vec![b'l'; 100_000]);
    message.extend_from_slice(b"\r\n\r\n.\x20\r\nend");
    message
}

fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in message.split_inclusive(|&b| b == b'\n') {
        if line[0] == b'.' {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out
}

#[test]
fn every_octet_arrives_as_it_was_sent() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let message = octets();
    assert!(daemon.connect().mail("a@b.example", &alias.address, &stuffed(&message)).starts_with("250"));
    assert_eq!(smarthost.caught()[0].below("Subject: every octet"), [&message[..], b"\r\n"].concat());
}

#[test]
fn octet_by_octet_is_the_same_message() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let session = format!("MAIL FROM:<a@b.example>\r\nRCPT TO:<{}>\r\nDATA\r\n", alias.address);
    let mut client = daemon.connect();
    for octet in session.bytes() {
        client.send(&[octet]);
    }
    client.expect("250");
    client.expect("250");
    client.expect("354");
    for octet in b"Subject: slow\r\n\r\n..\r\n.x\r\n\r\n.\r\nNOOP\r\n" {
        client.send(&[*octet]);
    }
    client.expect("250");
    client.expect("250");
    assert_eq!(smarthost.caught()[0].below("Subject"), b"Subject: slow\r\n\r\n.\r\nx\r\n\r\n");
}

#[test]
fn pipelined_in_one_write() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let mut client = Client::connect(daemon.smtp_address());
    client.expect("220");
    let transaction = format!(
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<no@example.org>\r\nRCPT TO:<{0}>\r\nRCPT TO:<x@else.example>\r\nDATA\r\n",
        alias.address
    );
    client.send(format!("EHLO x.example\r\n{transaction}").as_bytes());
    for code in ["250", "250", "550 5.1.1", "250", "550 5.7.1", "354"] {
        client.expect(code);
    }
    client.send(format!("one\r\n.\r\n{transaction}").as_bytes());
    for code in ["250", "250", "550 5.1.1", "250", "550 5.7.1", "354"] {
        client.expect(code);
    }
    client.send(b"two\r\n.\r\nQUIT\r\n");
    client.expect("250");
    client.expect("221");
    assert!(client.is_closed());
    assert_eq!(smarthost.count(), 2);
}

#[test]
fn smuggling_is_refused() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":50");
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\n.\r", "\r.\r\n", "\r\n\0.\r\n"] {
        let smuggled = format!(
            "Subject: a\r\n\r\nx{end}MAIL FROM:<evil@x.example>\r\nRCPT TO:<{}>\r\nDATA\r\nevil",
            alias.address
        );
        let mut client = daemon.connect();
        let told = client.mail("a@b.example", &alias.address, smuggled.as_bytes());
        assert!(told.starts_with("554"), "{end:?}: {told}");
        client.ask("NOOP", "250");
    }
    assert_eq!((smarthost.count(), daemon.remaining(&alias)), (0, 50));
}

#[test]
fn lines_that_are_no_lines() {
    let daemon = Daemon::start(Smarthost::start().address);
    let mut client = daemon.connect();
    client.send(b"NOOP\nNOOP\r\n");
    client.expect("500");
    // Whoever ends lines with LF alone is told at once.
    client.send(b"NOOP\n");
    client.expect("500");
    client.send(b"NOOP\n");
    client.expect("500");
    client.send(b"\r\n");
    client.send(b"NO\rOP\r\n");
    client.expect("500");
    client.send(b"NOOP \0\r\n");
    client.expect("500");
    client.send(&[&[b'x'; 100_000][..], b"\r\n"].concat());
    client.expect("500");
    client.ask("NOOP", "250");
}

#[test]
fn every_verb_and_every_mistake_has_its_reply() {
    let daemon = Daemon::start(Smarthost::start().address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let mut client = Client::connect(daemon.smtp_address());
    client.expect("220 mx.example.org");
    client.ask("MAIL FROM:<a@b.example>", "503");
    client.ask("HELO", "501");
    client.ask("HELO client.example", "250");
    client.ask("RCPT TO:<x@example.org>", "503");
    client.ask("DATA", "503");
    client.ask("VRFY someone", "252");
    client.ask("HELP", "214");
    client.ask("NOOP anything", "250");
    client.ask("BOGUS", "500");
    client.ask("AUTH PLAIN", "502");
    client.ask("EXPN list", "502");
    let ehlo = client.ask("EHLO client.example", "250");
    for extension in ["PIPELINING", "SIZE ", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"] {
        assert!(ehlo.contains(extension), "{ehlo}");
    }
    client.ask("MAIL FROM:<a@b.example", "5");
    client.ask("MAIL FROM:a b", "5");
    client.ask("MAIL FROM:<a@b.example> FOO=BAR", "555");
    client.ask("MAIL FROM:<a@b.example> SIZE=99999999999", "552 5.3.4");
    client.ask("MAIL FROM:<m\u{fc}ller@b.example>", "55");
    client.ask("MAIL FROM:<m\u{fc}ller@b.example> SMTPUTF8", "250");
    client.ask("MAIL FROM:<a@b.example>", "503");
    client.ask("RSET", "250");
    client.ask("mail from:<a@b.example> body=8bitmime size=10", "250");
    client.ask("RCPT TO:<>", "5");
    client.ask("RCPT TO:<x@else.example>", "550 5.7.1");
    client.ask("RCPT TO:<x%else.example@example.org>", "550 5.1.1");
    client.ask("RCPT TO:<postmaster>", "550");
    client.ask("RCPT TO:<abuse@example.org>", "550");
    client.ask("DATA", "5");
    client.ask(&format!("RCPT TO:<@hop.example:{}>", alias.address), "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address.replace('@', "+shop@").to_uppercase()), "250");
    client.ask("DATA", "354");
    client.ask(".", "250");
    client.ask("QUIT", "221");
    assert!(client.is_closed());
}

#[test]
fn an_alias_named_twice_is_counted_once() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":2");
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address.replace('@', "+x@")), "250");
    client.ask("DATA", "354");
    client.ask("x\r\n.", "250");
    assert_eq!((daemon.remaining(&alias), smarthost.caught()[0].rcpt.len()), (1, 1));
}

#[test]
fn a_hundred_recipients() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let aliases: Vec<_> =
        (0..101).map(|n| daemon.alias(&format!("someone{n}@real.example"), "\"max-usage\":1")).collect();
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    for alias in &aliases[..100] {
        client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    }
    client.ask(&format!("RCPT TO:<{}>", aliases[100].address), "452");
    client.ask("DATA", "354");
    client.ask("Subject: x\r\n\r\nx\r\n.", "250");
    let caught = smarthost.caught().remove(0);
    assert_eq!(caught.rcpt.len(), 100);
    assert!(
        !String::from_utf8_lossy(&caught.content).contains("Delivered-To"),
        "with many recipients it would tell each of the others"
    );
    assert!(daemon.connect().mail("a@b.example", &aliases[0].address, b"x").starts_with("550"));
    assert!(daemon.connect().mail("a@b.example", &aliases[100].address, b"x").starts_with("250"));
}

#[test]
fn postmaster_and_abuse_are_read_by_somebody() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "postmaster = 'boss@real.example'");
    for to in ["postmaster@example.org", "Abuse@two.example", "postmaster"] {
        assert!(daemon.connect().mail("a@b.example", to, b"x").starts_with("250"), "{to}");
    }
    assert!(smarthost.caught().iter().all(|c| c.rcpt[0].contains("<boss@real.example>")));
}

#[test]
fn talk_before_the_greeting_is_refused() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[smtp]\ngreeting_delay = '300ms'");
    let mut client = Client::connect(daemon.smtp_address());
    client.send(b"EHLO x.example\r\n");
    let reply = client.reply();
    assert!(reply.starts_with('5') || reply.starts_with('4'), "{reply}");
    assert!(client.is_closed());
    Client::greeted(daemon.smtp_address()).ask("NOOP", "250");
}

#[test]
fn a_session_has_its_bounds() {
    // Each process has these bounds for itself.
    let bounds = "[smtp]\nprocesses = 1\nmax_sessions = 4\nmax_sessions_per_address = 2\nmax_errors = 3\nmax_unknown = 3\nmax_commands = 30\nmax_message_size = 65536\ncommand_timeout = '1s'";
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, bounds);
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    for _ in 0..2 {
        client.ask("RCPT TO:<no@example.org>", "550");
    }
    let mut last = client.ask("RCPT TO:<no@example.org>", "");
    if last.starts_with("550") {
        last = client.reply();
    }
    assert!(last.starts_with("421"), "{last}");
    assert!(client.is_closed());
    drop(client);
    let mut client = admitted(&daemon);
    let replies: Vec<String> =
        (0..4).map(|_| if client.try_send(b"BOGUS\r\n") { client.reply() } else { String::new() }).collect();
    assert!(replies.iter().any(|r| r.starts_with("421")), "{replies:?}");
    drop(client);
    let mut silent = admitted(&daemon);
    silent.expect("421 4.4.2");
    assert!(silent.is_closed());
    drop(silent);
    let (_one, _two) = (admitted(&daemon), admitted(&daemon));
    Client::connect(daemon.smtp_address()).expect("421");
}

/// A session, as soon as those before it have left.
fn admitted(daemon: &Daemon) -> Client {
    let mut client = Client::connect(daemon.smtp_address());
    until("there is a place", || {
        let placed = client.reply().starts_with("220");
        if !placed {
            client = Client::connect(daemon.smtp_address());
        }
        placed
    });
    client
}

#[test]
fn too_large_a_message_is_552_and_the_session_goes_on() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[smtp]\nmax_message_size = 65536");
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    let mut client = daemon.connect();
    let told = client.mail("a@b.example", &alias.address, &b"0123456789\r\n".repeat(10_000));
    assert!(told.starts_with("552 5.3.4"), "{told}");
    assert!(client.mail("a@b.example", &alias.address, b"small").starts_with("250"));
    assert_eq!(smarthost.count(), 1);
}

#[test]
fn a_client_that_vanishes_leaves_nothing_behind() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    for sent in [
        "",
        "MAIL FROM:<a@b.example>\r\n",
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<ALIAS>\r\n",
        "MAIL FROM:<a@b.example>\r\nRCPT TO:<ALIAS>\r\nDATA\r\nhalf a mess",
    ] {
        let mut client = daemon.connect();
        client.send(sent.replace("ALIAS", &alias.address).as_bytes());
    }
    until("the use is free again", || daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert_eq!(smarthost.count(), 1);
}
