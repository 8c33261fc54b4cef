//! The faults of the 2010 original (docs/design.md §9), each once and never again.

use crate::fixture::{Daemon, RedisServer, Smarthost, Store, directory, until};
use crate::proxies::{left, make};
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn a01_a_probe_at_rcpt_burns_no_use() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    for _ in 0..5 {
        let mut client = daemon.connect();
        client.ask("MAIL FROM:<a@b.example>", "250");
        client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
        client.ask("QUIT", "221");
    }
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
}

#[test]
fn a02_the_null_reverse_path_is_accepted() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    assert!(daemon.connect().mail("", &alias.address, b"Subject: bounce\r\n\r\nx").starts_with("250"));
    assert!(smarthost.caught()[0].mail.starts_with("MAIL FROM:<>"));
}

#[test]
fn a03_relay_text_never_reaches_client_or_log() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let mut all = String::new();
    for verb in ["RCPT", "MAIL", "DATA", "."] {
        smarthost.answer(verb, "550-5.1.1 <someone@real.example> unknown\r\n550 5.1.1 see someone@real.example");
        all += &daemon.connect().mail("a@b.example", &alias.address, b"x");
        smarthost.answer_well();
    }
    smarthost.answer("EHLO", "550 someone@real.example");
    all += &daemon.connect().mail("a@b.example", &alias.address, b"x");
    assert!(all.contains("550 5.1.1"), "{all}");
    all += &daemon.log();
    assert!(!all.contains("someone") && !all.contains("real.example"), "{all}");
}

#[test]
fn a04_a_relay_that_is_down_is_a_temporary_error() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let daemon = Daemon::start(nowhere);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451 4.4.1"));
    assert_eq!(daemon.remaining(&alias), 1);
}

#[test]
fn a05_a_lost_redis_takes_nothing_down() {
    let (mut redis, key, smarthost) = (RedisServer::start(&[]), directory(), Smarthost::start());
    let daemon = Daemon::with(smarthost.address, &Store::Redis(redis.url(), key.path().join("key")), "");
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let pids = daemon.pids();
    redis.kill();
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("451 4.3.0"));
    assert_eq!(daemon.curl(&["-d", "{\"target\":\"a@b.example\",\"days\":1}"], "/aliases").0, 503);
    redis.up();
    until("mail flows again", || daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("250"));
    assert_eq!(daemon.pids(), pids);
}

#[test]
fn a06_loops_end() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":5");
    // RFC 5321 §6.3 wants at least 100 to be tolerated.
    let hops = "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n".repeat(101);
    let told = daemon.connect().mail("a@b.example", &alias.address, format!("{hops}Subject: x\r\n\r\nx").as_bytes());
    assert!(told.starts_with("554 5.4.6"), "{told}");
    let own = format!("Subject: x\r\ndelivered-TO:  {}\r\n\r\nx", alias.address.to_uppercase());
    let told = daemon.connect().mail("a@b.example", &alias.address, own.as_bytes());
    assert!(told.starts_with("554 5.4.6"), "{told}");
    assert_eq!((smarthost.count(), daemon.remaining(&alias)), (0, 5));
    // In the body it is only text.
    let quoted = format!("Subject: x\r\n\r\nDelivered-To: {}\r\n{hops}", alias.address);
    assert!(daemon.connect().mail("a@b.example", &alias.address, quoted.as_bytes()).starts_with("250"));
}

#[test]
fn a07_an_error_answered_is_nothing_saved() {
    let daemon = Daemon::start(Smarthost::start().address);
    let (status, answer) = daemon.curl(&["-d", "{\"target\":\"no address\",\"days\":1}"], "/aliases");
    assert_eq!(status, 400);
    assert!(!answer.contains("updatekey") && !answer.contains("aid"), "{answer}");
    assert_eq!(answer.matches("\"error\"").count(), 1, "{answer}");
}

#[test]
fn a08_unparsable_json_is_a_400_and_the_server_lives() {
    let daemon = Daemon::start(Smarthost::start().address);
    for body in ["{", "{]", "[", "null", "\u{1}", "{\"target\":", "not json"] {
        let (status, _) = daemon.curl(&["-H", "Content-Type: application/json", "--data-binary", body], "/aliases");
        assert_eq!(status, 400, "{body}");
    }
    assert_eq!(daemon.curl(&[], "/healthz").0, 200);
}

#[test]
fn a10_a_look_up_that_fails_is_no_listing() {
    crate::blocklists::no_answer_is_no_listing();
}

#[test]
fn a11_x_forwarded_for_is_believed_only_from_proxies_that_are_trusted() {
    let trusting = |proxies: &str| {
        let settings = format!("[limits]\ncreations_per_client = 3\n[web]\nprocesses = 1\ntrusted_proxies = {proxies}");
        Daemon::with(Smarthost::start().address, &Store::Any, &settings)
    };
    // Behind a proxy each visitor is itself, whatever it puts before what the proxy adds.
    let daemon = trusting("['127.0.0.1']");
    let statuses: Vec<u16> =
        (0..6).map(|n| make(&daemon, &[&format!("X-Forwarded-For: 203.0.113.{n}, 127.0.0.1, 192.0.2.66")]).0).collect();
    assert_eq!(statuses, [201, 201, 201, 429, 429, 429]);
    assert_eq!(make(&daemon, &["X-Forwarded-For: 192.0.2.67"]).0, 201);
    // Nor does another name for the same help.
    let other = "Forwarded: for=203.0.113.77";
    let statuses = [(); 4].map(|()| make(&daemon, &[other, "X-Forwarded-For: 192.0.2.66"]).0);
    assert_eq!(statuses, [201, 201, 201, 429], "all who contradict themselves are one");
    // Where nobody is trusted, it is not looked at.
    for proxies in ["[]", "['127.0.0.2', '192.0.2.0/24']"] {
        let daemon = trusting(proxies);
        for n in 0..5 {
            let (status, answer) = make(&daemon, &[&format!("X-Forwarded-For: 192.0.2.{n}")]);
            assert!(status == 201 && left(&answer).is_none(), "{answer}");
        }
    }
}

#[test]
fn a12_there_is_no_jsonp() {
    let daemon = Daemon::start(Smarthost::start().address);
    let (status, body) = daemon.curl(&[], "/aliases?callback=alert(1)//&target=a@b.example&days=1");
    assert!(status == 405 || status == 404, "{status}");
    assert!(!body.contains("alert(1)"), "{body}");
}

#[test]
fn a13_the_page_names_the_configured_domain_and_no_third_party() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "domains = ['alias.test']");
    let (status, page) = daemon.curl(&[], "/");
    assert_eq!(status, 200);
    assert!(page.contains("alias.test") && !page.contains("tempalias.com"), "{page}");
    assert!(!page.contains("src=\"http") && !page.contains("src=\"//") && !page.contains("href=\"http"), "{page}");
    assert!(daemon.alias("a@b.example", "\"days\":1").address.ends_with("@alias.test"));
}

#[test]
fn a14_received_ends_its_lines_with_crlf() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"Subject: x\r\n\r\nx").starts_with("250"));
    let caught = smarthost.caught().remove(0);
    let head = &caught.content[..caught.content.len() - caught.below("Subject: x").len()];
    let text = String::from_utf8(head.to_vec()).unwrap();
    assert!(text.starts_with("Received: from client.example") && text.contains("by mx.example.org"), "{text}");
    assert!(text.contains(&format!("Delivered-To: {}\r\n", alias.address)), "{text}");
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
    assert!(!text.contains("real.example"), "{text}");
}

#[test]
fn a15_an_alias_lives_in_its_own_domain_only() {
    let daemon = Daemon::start(Smarthost::start().address);
    let alias = daemon.alias("someone@real.example", "\"days\":1,\"domain\":\"two.example\"");
    let mut client = daemon.connect();
    client.ask("MAIL FROM:<a@b.example>", "250");
    client.ask(&format!("RCPT TO:<{}>", alias.address.replace("two.example", "example.org")), "550 5.1.1");
    client.ask(&format!("RCPT TO:<{}>", alias.address), "250");
}

#[test]
fn a16_the_updatekey_is_of_use() {
    let daemon = Daemon::start(Smarthost::start().address);
    let alias = daemon.alias("someone@real.example", "\"max-usage\":1");
    let bearer = format!("Authorization: Bearer {}", alias.key);
    let path = format!("/aliases/{}", alias.aid);
    let (status, answer) = daemon.curl(&["-X", "PATCH", "-H", &bearer, "-d", "{\"max-usage\":7}"], &path);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(daemon.remaining(&alias), 7);
    assert_eq!(daemon.curl(&[], &path).0, 401);
    assert_eq!(daemon.curl(&["-H", "Authorization: Bearer wrong"], &path).0, 404);
    assert!(!answer.contains("real.example"), "{answer}");
}

#[test]
fn a17_a_content_type_with_a_charset_is_compressed() {
    let daemon = Daemon::start(Smarthost::start().address);
    let mut stream = TcpStream::connect(daemon.web_address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head =
        String::from_utf8_lossy(&answer[..answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap()]).to_lowercase();
    assert!(
        head.contains("content-encoding: gzip")
            && head.contains("charset=utf-8")
            && head.contains("vary: accept-encoding"),
        "{head}"
    );
}
