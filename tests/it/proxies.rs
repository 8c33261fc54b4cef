//! Behind proxies: who is believed to say who the client is.
//!
//! - `Forwarded` and `X-Forwarded-For` from a trusted proxy, in their forms, walked to the first who is not trusted;
//!   from anybody else they mean nothing, and the log says so once (a11 in `ancestor` has the attack).
//! - Whether the visitor speaks TLS, for links.
//! - The PROXY protocol in both versions, in whatever pieces it comes; a connection without is closed.
//! - The bound of connections from one address is not a proxy's.

use crate::fixture::{DEADLINE, Daemon, Smarthost, Store, until};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const BODY: &str = "{\"target\":\"someone@real.example\",\"days\":1}";

/// A daemon with one web process that counts creations, up to a thousand a client.
fn daemon(web: &str) -> Daemon {
    let settings = format!("[limits]\ncreations_per_client = 1000\n[web]\nprocesses = 1\n{web}");
    Daemon::with(Smarthost::start().address, &Store::Any, &settings)
}

/// What `RateLimit` says is left.
pub fn left(answer: &str) -> Option<u32> {
    let value = answer.lines().find_map(|line| line.to_lowercase().strip_prefix("ratelimit: ").map(str::to_owned))?;
    let left = value.strip_prefix("\"creations\";r=")?.split(';').next()?;
    Some(left.parse().unwrap())
}

/// Makes an alias with these header fields: the status, and the answer with its head.
pub fn make(daemon: &Daemon, fields: &[&str]) -> (u16, String) {
    let fields = fields.iter().flat_map(|field| ["-H", field]);
    daemon.curl(&["-i", "-d", BODY].into_iter().chain(fields).collect::<Vec<_>>(), "/aliases")
}

/// How many creations the client of these header fields has left; `None` if it is not counted.
#[track_caller]
fn left_of(daemon: &Daemon, fields: &[&str]) -> Option<u32> {
    let (status, answer) = make(daemon, fields);
    assert_eq!(status, 201, "{answer}\n{}", daemon.log());
    left(&answer)
}

#[test]
fn forwarded_in_its_forms() {
    let daemon = daemon("trusted_proxies = ['127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48']");
    let mut used = 0;
    // All of them are 192.0.2.43, which therefore has one less each time.
    for field in [
        "X-Forwarded-For: 192.0.2.43",
        "X-Forwarded-For: 192.0.2.43, 10.1.2.3",
        "X-Forwarded-For: 198.51.100.9, 192.0.2.43,10.1.2.3, 2001:db8:ffff::1",
        "X-Forwarded-For: 192.0.2.43:4711",
        "X-Forwarded-For: ::ffff:192.0.2.43",
        "Forwarded: for=192.0.2.43",
        "forwarded: For=\"192.0.2.43:4711\";proto=http;by=_us",
        "Forwarded: for=\"[2001:db8::1]\", for=192.0.2.43, for=\"[2001:db8:ffff::7]:99\"",
        "Forwarded: for=unknown, for=\"[::ffff:192.0.2.43]\"",
    ] {
        used += 1;
        assert_eq!(left_of(&daemon, &[field]), Some(1000 - used), "{field}");
    }
    // One /64 is one client, too.
    for (used, field) in
        [(1, "Forwarded: for=\"[2001:db8:cafe::17]:4711\""), (2, "X-Forwarded-For: [2001:db8:cafe::18]")]
    {
        assert_eq!(left_of(&daemon, &[field]), Some(1000 - used), "{field}");
    }
    // Who is not named is one client with all whom the proxy does not name.
    let hidden =
        ["Forwarded: for=unknown", "Forwarded: for=_SEVKISEK", "X-Forwarded-For: someone", "Forwarded: for=\""];
    for (used, field) in hidden.into_iter().enumerate() {
        assert_eq!(left_of(&daemon, &[field]), Some(999 - used as u32), "{field}");
    }
    // Which of the two the proxy has set is not to be seen.
    let both = ["Forwarded: for=203.0.113.5", "X-Forwarded-For: 192.0.2.43"];
    assert_eq!(left_of(&daemon, &both), Some(995));
    assert_eq!(left_of(&daemon, &["Forwarded: for=192.0.2.43", both[1]]), Some(1000 - used - 1));
    assert_eq!(daemon.log().matches("they disagree").count(), 1, "{}", daemon.log());
    // The proxy's own requests are this host's.
    assert_eq!(left_of(&daemon, &[]), None);
}

#[test]
fn who_is_not_trusted_is_told_apart_and_told_once() {
    let daemon = daemon("trusted_proxies = ['192.0.2.0/24', '127.0.0.9']");
    for field in ["X-Forwarded-For: 192.0.2.43", "Forwarded: for=192.0.2.43"] {
        assert_eq!(left_of(&daemon, &[field]), None, "a client of this host, whatever it says");
    }
    assert_eq!(daemon.log().matches("add it to web.trusted_proxies").count(), 1, "{}", daemon.log());
}

#[test]
fn links_are_to_where_the_visitor_is() {
    let trusting = daemon("trusted_proxies = ['127.0.0.0/8']");
    let base = |daemon: &Daemon, fields: &[&str]| {
        let (_, answer) = make(daemon, &[&["Host: alias.example"], fields].concat());
        let from = answer.find("\"manage_url\":\"").unwrap_or_else(|| panic!("{answer}")) + 14;
        answer[from..].split("/manage/").next().unwrap().to_owned()
    };
    let (https, http) = ("https://alias.example", "http://alias.example");
    let from = "X-Forwarded-For: 192.0.2.1";
    for (fields, expected) in [
        (&[from, "X-Forwarded-Proto: https"][..], https),
        (&[from, "X-Forwarded-Proto: http"], http),
        (&[from, "X-Forwarded-Proto: gopher"], http),
        (&[from], http),
        (&["Forwarded: for=192.0.2.1;proto=https"], https),
        (&["Forwarded: for=192.0.2.1;proto=https, for=127.0.0.8;proto=http"], https),
    ] {
        assert_eq!(base(&trusting, fields), expected, "{fields:?}");
    }
    let distrusting = daemon("");
    assert_eq!(base(&distrusting, &[from, "X-Forwarded-Proto: https"]), http);
    assert_eq!(base(&distrusting, &["Forwarded: for=192.0.2.1;proto=https"]), http);
}

/// A request that makes an alias, on a connection that is closed after it or not.
fn request(connection: &str) -> Vec<u8> {
    format!(
        "POST /aliases HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    )
    .into_bytes()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// All that comes until the connection is closed, however it is.
fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut block = [0; 4096];
    loop {
        match stream.read(&mut block) {
            Ok(0) => break,
            Ok(octets) => all.extend_from_slice(&block[..octets]),
            Err(cause) if cause.kind() == ErrorKind::ConnectionReset => break,
            Err(cause) => panic!("{cause}: {}", all.escape_ascii()),
        }
    }
    String::from_utf8(all).unwrap()
}

/// Sends it in pieces of so many octets, and reads all that comes.
fn converse(daemon: &Daemon, octets: &[u8], piece: usize) -> String {
    let mut stream = connect(daemon.web_address());
    for piece in octets.chunks(piece) {
        // It may have been closed already.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    rest(&mut stream)
}

/// A header of the second version.
fn second(command: u8, processes: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n", &[command, processes][..], &length, rest].concat()
}

const FOUR: [u8; 12] = [192, 0, 2, 43, 127, 0, 0, 1, 0x1f, 0x90, 0, 80];

#[test]
fn the_proxy_protocol_in_both_versions_and_any_pieces() {
    let daemon = daemon("proxy_protocol = true\ntrusted_proxies = ['127.0.0.1']");
    let mut used = 0;
    for header in [
        b"PROXY TCP4 192.0.2.43 127.0.0.1 56324 80\r\n".to_vec(),
        b"PROXY TCP6 ::ffff:192.0.2.43 ::1 56324 80\r\n".to_vec(),
        second(0x21, 0x11, &FOUR),
        // With what else a proxy may tell: a name, a checksum, filling.
        second(0x21, 0x11, &[&FOUR[..], b"\x02\0\x03abc\x04\0\x80", &[0; 128]].concat()),
    ] {
        let sent = [header, request("close")].concat();
        for piece in [1, 5, sent.len()] {
            let answer = converse(&daemon, &sent, piece);
            used += 1;
            assert!(answer.starts_with("HTTP/1.1 201"), "{answer}\n{}", daemon.log());
            assert_eq!(left(&answer), Some(1000 - used), "{answer}");
        }
    }
    // The proxy's own: a client of this host.
    for header in [b"PROXY UNKNOWN\r\n".to_vec(), second(0x20, 0, &[]), second(0x20, 0x11, &FOUR)] {
        let answer = converse(&daemon, &[header, request("close")].concat(), 3);
        assert!(answer.starts_with("HTTP/1.1 201") && left(&answer).is_none(), "{answer}");
    }
    // One header, many requests.
    let header = b"PROXY TCP4 192.0.2.44 127.0.0.1 1 2\r\n".to_vec();
    let answer = converse(&daemon, &[header, request("keep-alive"), request("close")].concat(), 11);
    assert_eq!(answer.matches("HTTP/1.1 201").count(), 2, "{answer}");
    assert!(answer.contains("r=999;") && answer.contains("r=998;"), "{answer}");
    // Whom it names is no proxy that is trusted.
    let header = b"PROXY TCP4 192.0.2.45 127.0.0.1 1 2\r\n";
    let forged =
        String::from_utf8(request("close")).unwrap().replace("Host: x", "Host: x\r\nX-Forwarded-For: 192.0.2.9");
    assert_eq!(left(&converse(&daemon, &[header, forged.as_bytes()].concat(), 99)), Some(999));
    let again = [&header[..], &request("close")].concat();
    assert_eq!(left(&converse(&daemon, &again, 99)), Some(998));
    // A real client of the protocol.
    let (status, answer) = daemon.curl(&["-i", "--haproxy-protocol", "-d", BODY], "/aliases");
    assert_eq!(status, 201, "{answer}");
}

#[test]
fn a_connection_of_a_proxy_without_a_good_header_is_closed() {
    let daemon = daemon("proxy_protocol = true\ntrusted_proxies = ['127.0.0.1']\nheader_timeout = '1s'");
    for bad in [
        request("close"),
        [b"proxy TCP4 192.0.2.43 127.0.0.1 56324 80\r\n".to_vec(), request("close")].concat(),
        [b"PROXY TCP4 192.0.2.43 127.0.0.1 56324\r\n".to_vec(), request("close")].concat(),
        [b"PROXY UNKNOWN ".to_vec(), vec![b'x'; 2000], b"\r\n".to_vec(), request("close")].concat(),
        [second(0x21, 0x11, &FOUR[..8]), request("close")].concat(),
        [second(0x21, 0x11, &[&FOUR[..], &[0; 600]].concat()), request("close")].concat(),
        [second(0x31, 0x11, &FOUR), request("close")].concat(),
        [second(0x21, 0x11, &[&FOUR[..], &[0; 60_000]].concat()), request("close")].concat(),
    ] {
        for piece in [7, bad.len()] {
            let answer = converse(&daemon, &bad, piece);
            assert_eq!(answer, "", "{}", bad[..60].escape_ascii());
        }
    }
    // One that is not finished is waited for, and no longer.
    for part in [&b""[..], b"PROXY TCP4 192.0.", &second(0x21, 0x11, &FOUR)[..20]] {
        let mut stream = connect(daemon.web_address());
        stream.write_all(part).unwrap();
        let began = Instant::now();
        assert_eq!(rest(&mut stream), "");
        assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
    }
    assert_eq!(daemon.log().matches("does not begin with a PROXY protocol header").count(), 1, "{}", daemon.log());
    // It costs nobody else anything.
    let good = [second(0x21, 0x11, &FOUR), request("close")].concat();
    assert!(converse(&daemon, &good, 9).starts_with("HTTP/1.1 201"));
}

#[test]
fn who_is_no_proxy_speaks_plain_http() {
    let daemon = daemon("proxy_protocol = true\ntrusted_proxies = ['127.0.0.9']");
    assert_eq!(make(&daemon, &[]).0, 201);
    let answer =
        converse(&daemon, &[b"PROXY TCP4 192.0.2.43 127.0.0.1 1 2\r\n".to_vec(), request("close")].concat(), 99);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let answer = converse(&daemon, &[second(0x21, 0x11, &FOUR), request("close")].concat(), 99);
    assert!(!answer.contains("HTTP/1.1 2"), "{answer}");
}

#[test]
fn the_bound_of_one_address_is_not_a_proxys() {
    let open = |daemon: &Daemon| -> Vec<TcpStream> { (0..8).map(|_| connect(daemon.web_address())).collect() };
    let served = |streams: &mut Vec<TcpStream>| {
        let ask = |stream: &mut TcpStream| {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").is_ok()
                && rest(stream).starts_with("HTTP/1.1 200")
        };
        streams.iter_mut().filter_map(|stream| ask(stream).then_some(())).count()
    };
    let strict = daemon("max_connections_per_address = 3");
    assert_eq!(served(&mut open(&strict)), 3);
    let proxied = daemon("max_connections_per_address = 3\ntrusted_proxies = ['127.0.0.1']");
    assert_eq!(served(&mut open(&proxied)), 8);
    // And the bound of all is still everybody's.
    let few = daemon("max_connections = 5\ntrusted_proxies = ['127.0.0.1']");
    assert_eq!(served(&mut open(&few)), 5);
    until("there is room again", || few.curl(&[], "/healthz").0 == 200);
}
