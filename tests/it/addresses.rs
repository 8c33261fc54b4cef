//! Addresses as people type them and senders name them:
//!
//! 1. A target that a mail server may read as a route or an option, or that is ours, is refused: H1.
//! 2. A domain is one domain in either label, in the configuration, at RCPT and in what goes out: F2, F4, F6.
//! 3. What is in nobody's address is refused, and so is a body that is not UTF-8: F5.
//! 4. Our own domains do not come in from outside: H5.
//! 5. Spellings that other servers take are taken: Q5.

use crate::fixture::{Daemon, Smarthost, Store};
use serde_json::json;

/// Status and body of a creation for this target.
fn create(daemon: &Daemon, target: &str) -> (u16, String) {
    daemon.curl(&["-d", &json!({ "target": target, "days": 1 }).to_string()], "/aliases")
}

/// A daemon to which loopback is a network like others.
fn outside() -> (Smarthost, Daemon) {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[smtp]\nown_networks = []");
    (smarthost, daemon)
}

#[test]
fn h1_targets_that_are_routes_options_or_ours() {
    let daemon = Daemon::start(Smarthost::start().address);
    for target in [
        "victim%b.example@smart.test",
        "b.example!victim@smart.test",
        "victim\u{ff05}b.example@smart.test",
        "@smart.test:victim@b.example",
        "@smart.test,@two.test:victim@b.example",
        "\"victim@b.example\"@smart.test",
        "victim@b.example@smart.test",
        "victim:b.example@smart.test",
        "-oQ@smart.test",
        "|sh@smart.test",
        "/etc/motd@smart.test",
        "someone@mx.example.org",
        "someone@MX.Example.Org.",
        "someone@example.org",
        "someone@sub.example.org",
        "someone@localhost",
        "someone@localhost.smart.test",
        "someone@localhost.localdomain",
        "someone@[192.0.2.1]",
        "someone@[IPv6:2001:db8::1]",
        "someone@192.0.2.1",
        "someone@\u{ff11}\u{ff19}\u{ff12}.0.2.1",
    ] {
        let (status, body) = create(&daemon, target);
        assert_eq!(status, 400, "{target}: {body}");
        assert!(body.contains("\"field\":\"target\""), "{target}: {body}");
    }
    for target in ["o'neil/x=y@real.example", "a-b@real.example", "someone@myexample.org", "a&b#c@real.example"] {
        let (status, body) = create(&daemon, target);
        assert_eq!(status, 201, "{target}: {body}");
    }
}

#[test]
fn f2_a_labels_go_out() {
    let smarthost = Smarthost::start();
    let no_utf8 = "250-smarthost.example\r\n250-PIPELINING\r\n250 8BITMIME";
    smarthost.answer("EHLO", no_utf8);
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("you@m\u{fc}ller.example", "\"days\":1");
    let mut client = daemon.connect();
    // Nothing of this needs SMTPUTF8, and the client does not ask for it: its message may be ASCII throughout.
    client.ask("MAIL FROM:<s@b\u{fc}cher.example>", "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
    client.ask("DATA", "354");
    client.ask("Subject: x\r\n\r\nx\r\n.", "250");
    let caught = smarthost.caught();
    assert_eq!(caught[0].rcpt, ["RCPT TO:<you@xn--mller-kva.example>"]);
    assert!(caught[0].mail.is_ascii() && !caught[0].mail.contains("SMTPUTF8"), "{}", caught[0].mail);
    assert!(caught[0].mail.contains("xn--bcher-kva.example"), "{}", caught[0].mail);
}

#[test]
fn f4_one_person_in_every_spelling() {
    let daemon = Daemon::with(
        Smarthost::start().address,
        &Store::Any,
        "[limits]\ncreations_per_address = 1\nalive_per_address = 0",
    );
    let spellings = [
        "you@xn--mller-kva.example",
        "you@m\u{fc}ller.example",
        "you@mu\u{308}ller.example",
        "You+shop@M\u{dc}LLER.example",
        "you@\u{ff4d}\u{fc}ller.example",
        "you@m\u{fc}l\u{ad}ler.example",
        "you@m\u{fc}ller\u{3002}example",
        "you@m\u{fc}ller.example.",
        "\u{ff59}ou\u{ff0b}x@m\u{fc}ller.example",
    ];
    let statuses: Vec<u16> = spellings.iter().map(|target| create(&daemon, target).0).collect();
    assert_eq!(statuses, [201, 429, 429, 429, 429, 429, 429, 429, 429]);
}

#[test]
fn f5_what_is_in_nobodys_address() {
    let daemon = Daemon::start(Smarthost::start().address);
    for target in [
        "you\u{200b}@example.net",
        "you\u{202e}@example.net",
        "you\u{e000}@example.net",
        "you\u{378}@example.net",
        "y\u{fffd}@example.net",
    ] {
        let (status, body) = create(&daemon, target);
        assert_eq!(status, 400, "{target:?}: {body}");
    }
    let (status, body) = daemon.curl(&["-d", "target=m%FCller@example.net&days=1"], "/aliases");
    assert_eq!(status, 400, "{body}");
    let path = daemon.dir().join("latin1.json");
    std::fs::write(&path, b"{\"target\":\"m\xfcller@example.net\",\"days\":1}").unwrap();
    let (status, body) = daemon.curl(&["--data-binary", &format!("@{}", path.display())], "/aliases");
    assert_eq!(status, 400, "{body}");
    let (status, body) = daemon.curl(&["-d", "target=m%C3%BCller@example.net&days=1"], "/aliases");
    assert_eq!(status, 201, "{body}");
}

#[test]
fn f6_either_label_is_one_domain() {
    for (configured, other) in [
        ("m\u{fc}ller.test", "xn--mller-kva.test"),
        ("xn--mller-kva.test", "m\u{fc}ller.test"),
        ("xn--mller-kva.test", "M\u{dc}LLER.test"),
    ] {
        let smarthost = Smarthost::start();
        let daemon = Daemon::with(smarthost.address, &Store::Any, &format!("domains = ['{configured}']"));
        let alias = daemon.alias("you@real.example", &format!("\"days\":1,\"domain\":\"{other}\""));
        assert!(alias.address.is_ascii(), "{}", alias.address);
        let (name, _) = alias.address.split_once('@').unwrap();
        for domain in [configured, other] {
            let mut client = daemon.connect();
            client.ask("MAIL FROM:<s@b.example> SMTPUTF8", "250");
            client.ask(&format!("RCPT TO:<{name}@{domain}>"), "250");
        }
        let (status, body) = create(&daemon, &format!("you@{other}"));
        assert_eq!(status, 400, "{body}");
        let bearer = format!("Authorization: Bearer {}", alias.key);
        let path = format!("/aliases/{name}@{}", other.replace('\u{fc}', "%C3%BC").replace('\u{dc}', "%C3%9C"));
        assert_eq!(daemon.curl(&["-H", &bearer], &path).0, 200, "{path}");
    }
}

#[test]
fn h5_our_domains_do_not_come_in_from_outside() {
    let (smarthost, daemon) = outside();
    let alias = daemon.alias("you@real.example", "\"days\":1").address;
    let mut client = daemon.connect();
    for from in [
        "security@example.org",
        "x@TWO.example",
        "x@mx.example.org",
        "x@example.org.",
        "SRS0=aaaa=AA=b.example=x@example.org",
    ] {
        let mut lines = vec![format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{alias}>")];
        let refused = loop {
            let reply = client.ask(&lines.remove(0), "");
            if !reply.starts_with("250") {
                break reply;
            }
        };
        assert!(refused.starts_with("550 5.7.1"), "{from}: {refused}");
        client.ask("RSET", "250");
    }
    for (content, expected) in [
        ("From: security@example.org\r\n\r\nx", "550 5.7.1"),
        ("From: \"A B\" <security@EXAMPLE.org>\r\n\r\nx", "550 5.7.1"),
        ("Subject: x\r\nFROM : a@b.example,\r\n\t security@two.example\r\n\r\nx", "550 5.7.1"),
        ("From: a@b.example\r\nFrom: c (d) @ (e) mx.example.org\r\n\r\nx", "550 5.7.1"),
        ("From: a@b.example (not@example.org)\r\n\r\nx", "250"),
        ("From: \"security@example.org\" <a@b.example>\r\nTo: x@example.org\r\n\r\nFrom: security@example.org", "250"),
        ("From: a@sub.example.org\r\n\r\nx", "250"),
    ] {
        let reply = client.mail("a@b.example", &alias, content.as_bytes());
        assert!(reply.starts_with(expected), "{content}: {reply}");
    }
    assert_eq!(smarthost.count(), 3);
    // By default this host itself may: its own MTA and cron write so.
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("you@real.example", "\"days\":1").address;
    let reply = daemon.connect().mail("root@example.org", &alias, b"From: root@example.org\r\n\r\nx");
    assert!(reply.starts_with("250"), "{reply}");
}

#[test]
fn h5_a_return_path_of_ours_comes_back() {
    let (smarthost, daemon) = outside();
    let alias = daemon.alias("you@real.example", "\"days\":1").address;
    assert!(daemon.connect().mail("s@b.example", &alias, b"x").starts_with("250"));
    let mail = smarthost.caught()[0].mail.clone();
    let path = mail.split(['<', '>']).nth(1).unwrap().to_owned();
    assert!(path.starts_with("SRS0="), "{path}");
    let reply = daemon.connect().mail(&path, &alias, b"x");
    assert!(reply.starts_with("250"), "{path}: {reply}");
}

#[test]
fn q5_spellings_that_are_taken() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("you@real.example", "\"days\":1").address;
    let (name, domain) = alias.split_once('@').unwrap();
    let mut client = daemon.connect();
    client.ask("EHLO foo bar", "250");
    for (line, expected) in [
        ("MAIL FROM:<s@x.example>\tSIZE=5", "250"),
        ("MAIL FROM:<s@x.example.>", "250"),
        ("MAIL FROM:s@x.example", "250"),
        ("MAIL FROM:s@x.example SIZE=5", "250"),
        ("MAIL FROM:<a..b@docomo.example>", "250"),
        ("MAIL FROM:<a.@docomo.example>", "250"),
        ("MAIL FROM:<s@x.example> SIZE=99999999999999999999999999", "552 5.3.4"),
        ("MAIL FROM:<s@x.example> SIZE=+5", "501"),
        ("MAIL FROM:<s@x.example> SIZE=", "501"),
        ("MAIL FROM:", "501"),
    ] {
        client.ask(line, expected);
        client.ask("RSET", "250");
    }
    client.ask("MAIL FROM:<a..b@docomo.example>", "250");
    for to in [format!("<\"{name}\"@{domain}>"), format!("<{alias}.>"), alias.clone(), format!("<{alias}>")] {
        client.ask(&format!("RCPT TO:{to}"), "250");
    }
    client.ask("DATA", "354");
    client.ask("Subject: x\r\n\r\nx\r\n.", "250");
    let caught = smarthost.caught();
    assert_eq!(caught[0].rcpt.len(), 1, "one alias in four spellings: {:?}", caught[0].rcpt);
    assert!(caught[0].mail.contains("=docomo.example=a..b\"@example.org>"), "{}", caught[0].mail);
    assert!(String::from_utf8_lossy(&caught[0].content).starts_with("Received: from foo ([127.0.0.1])"));
}

#[test]
fn q5_the_postmaster_of_this_host() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "postmaster = 'boss@real.example'");
    for to in
        ["postmaster@mx.example.org", "POSTMASTER@MX.EXAMPLE.ORG.", "abuse@mx.example.org", "postmaster@example.org"]
    {
        let reply = daemon.connect().mail("s@b.example", to, b"x");
        assert!(reply.starts_with("250"), "{to}: {reply}");
    }
    let reply = daemon.connect().mail("s@b.example", "someone@mx.example.org", b"x");
    assert!(reply.starts_with("550 5.7.1"), "{reply}");
}
