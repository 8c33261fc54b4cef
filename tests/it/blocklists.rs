//! Who is on a block list makes no alias, by a real DNS in a network of its own.
//!
//! - IPv4 and IPv6, by each of several lists, as JSON and as a page; on creation alone.
//! - Whom nobody lists is served; a list that fails, refuses to say, or says something else has nobody (a10 in
//!   `ancestor`), and does not hide what another says.
//! - Clients of this host and of private networks are nobody's question.
//! - Behind a real HAProxy the client is the visitor, however HAProxy says so.
//! - Every process of `web` has a `relay` to ask, whatever their numbers.

use crate::fixture::{DEADLINE_SECONDS, Island, Said, VISITORS, until};
use std::fs;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

const LISTED: Said = Said::Addresses(Vec::new());

/// What the lists say of the clients of these tests. Each list fails in a way of its own for 192.0.2.1 to .4.
fn lists(name: &str) -> Said {
    let address = |octets: [u8; 4]| Said::Addresses(vec![Ipv4Addr::from(octets)]);
    match name {
        "66.2.0.192.one.example" => address([127, 0, 0, 2]),
        "67.2.0.192.two.example" => Said::Addresses(vec![[127, 0, 0, 10].into(), [127, 0, 0, 4].into()]),
        "6.6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.two.example" => address([127, 0, 0, 3]),
        "1.2.0.192.one.example" | "68.2.0.192.one.example" => Said::Failure,
        "68.2.0.192.two.example" => address([127, 0, 0, 2]),
        "2.2.0.192.one.example" => address([127, 255, 255, 254]),
        "3.2.0.192.one.example" => address([192, 0, 2, 3]),
        "4.2.0.192.one.example" => Said::Silence,
        "5.2.0.192.one.example" => LISTED,
        _ => Said::NoSuchName,
    }
}

fn island(overrides: &str) -> Option<Island> {
    let web = if overrides.contains("[web]") { "" } else { "[web]" };
    Island::start(&format!("{overrides}\n{web}\ndnsbl = ['one.example', 'two.example']\n"), lists)
}

/// Status and body of what a client at `address` gets for a wish.
fn make(island: &Island, address: &str, accept: &str) -> (u16, String) {
    let body = "{\"target\":\"someone@real.example\",\"days\":1}";
    let (from, accept) = (format!("X-Forwarded-For: {address}"), format!("Accept: {accept}"));
    island.curl(&["-H", &from, "-H", &accept, "-d", body], "/aliases")
}

#[test]
fn who_is_listed_makes_no_alias_and_others_do() {
    let Some(island) = island("") else { return };
    for listed in ["192.0.2.66", "192.0.2.67", "192.0.2.68", "2001:db8::66", "::ffff:192.0.2.66"] {
        let (status, answer) = make(&island, listed, "*/*");
        assert_eq!(status, 403, "{listed}: {answer}");
        assert!(answer.contains("\"error\":\"listed\"") && answer.contains("block list"), "{answer}");
        let (status, page) = make(&island, listed, "text/html");
        assert!(status == 403 && page.contains("<html") && page.contains("block list"), "{listed}: {page}");
    }
    for other in ["192.0.2.99", "2001:db8::67", "192.0.2.5"] {
        let (status, answer) = make(&island, other, "*/*");
        assert_eq!(status, 201, "{other}: {answer}");
    }
    // What is not a creation asks nobody.
    let before = island.asked().len();
    assert_eq!(island.curl(&["-H", "X-Forwarded-For: 192.0.2.90"], "/").0, 200);
    // Nor do those of whom no list can know.
    for near in ["127.0.0.1", "10.1.2.3", "192.168.1.1", "fd00::1", "unknown"] {
        assert_eq!(make(&island, near, "*/*").0, 201, "{near}");
    }
    assert_eq!(island.asked().len(), before, "{:?}", island.asked());
    assert!(island.asked().iter().all(|name| name.ends_with(".one.example") || name.ends_with(".two.example")));
    assert!(!island.log().contains("192.0.2."), "{}", island.log());
}

/// a10: a look-up failure counted as listed.
pub fn no_answer_is_no_listing() {
    let Some(island) = island("") else { return };
    for (address, what) in [
        ("192.0.2.1", "a failure"),
        ("192.0.2.2", "a refusal to say"),
        ("192.0.2.3", "an address that means nothing"),
        ("192.0.2.4", "silence"),
    ] {
        let began = Instant::now();
        let (status, answer) = make(&island, address, "*/*");
        assert_eq!(status, 201, "{what}: {answer}");
        assert!(began.elapsed() < Duration::from_secs(6), "{what} took {:?}", began.elapsed());
    }
    let log = island.log();
    assert_eq!(log.matches("a block list does not answer").count(), 1, "{log}");
    assert_eq!(make(&island, "192.0.2.66", "*/*").0, 403);
    assert!(island.log().contains("a block list answers again"));
}

/// HAProxy in front: `server` is how it speaks to us, `more` what else it does.
fn behind_haproxy(island: &Island, server: &str, more: &str) {
    let file = island.dir().join("haproxy.cfg");
    let configuration = format!(
        "defaults\n timeout client 15s\n timeout server 15s\n timeout connect 5s\n {more}\n\
         frontend site\n bind 192.0.2.66:8080\n bind 192.0.2.99:8080\n default_backend us\n\
         backend us\n server us 127.0.0.1:80 source 127.0.0.1 {server}\n"
    );
    fs::write(&file, configuration).unwrap();
    let mut haproxy = island.command("haproxy").args(["-db", "-f", file.to_str().unwrap()]).spawn().unwrap();
    let [listed, other] = VISITORS;
    let visit = |address: &str| {
        let body = "{\"target\":\"someone@real.example\",\"days\":1}";
        let url = format!("http://{address}:8080/aliases");
        let mut curl = island.command("curl");
        curl.args(["-sS", "-m", DEADLINE_SECONDS, "-w", "\n%{http_code}", "--interface", address, "-d", body, &url]);
        String::from_utf8(curl.output().unwrap().stdout).unwrap()
    };
    until("haproxy serves", || visit(other).ends_with("201"));
    let refused = visit(listed);
    assert!(refused.ends_with("403") && refused.contains("\"listed\""), "{server}: {refused}\n{}", island.log());
    assert!(visit(other).ends_with("201"));
    haproxy.kill().unwrap();
    haproxy.wait().unwrap();
}

#[test]
fn behind_a_real_haproxy() {
    let Some(proxied) = island("[web]\nproxy_protocol = true") else { return };
    behind_haproxy(&proxied, "send-proxy", "mode tcp");
    behind_haproxy(&proxied, "send-proxy-v2 check inter 200", "mode tcp");
    behind_haproxy(&proxied, "send-proxy-v2-ssl-cn proxy-v2-options crc32c,unique-id", "mode http");
    let Some(forwarded) = island("") else { return };
    behind_haproxy(&forwarded, "", "mode http\n option forwardfor");
}

#[test]
fn every_process_has_somebody_to_ask() {
    for (web, relay) in [(3, 2), (1, 3), (2, 1)] {
        let numbers = format!("[relay]\nprocesses = {relay}\n[smtp]\nprocesses = 2\n[web]\nprocesses = {web}\n");
        let dnsbl = "dnsbl = ['one.example']\n";
        let Some(island) = Island::start(&(numbers + dnsbl), lists) else { return };
        // Connections go to whichever process is there first.
        for _ in 0..12 {
            let (status, answer) = make(&island, "192.0.2.66", "*/*");
            assert_eq!(status, 403, "{web} and {relay}: {answer}");
        }
    }
}
