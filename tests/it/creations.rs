//! A flood of creations from one place is limited, and others go on.
//!
//! - From one address of IPv4, and from one /64 of IPv6: as many as the limit, then 429 that says when to come again.
//! - Every answer says how the client stands; who is not limited is not told.
//! - What was refused for another reason costs nothing; a reload changes the limit and forgets nothing.

use crate::fixture::{Daemon, Smarthost, Store, signal, until};
use crate::proxies::{left, make};
use std::fs;

const BROWSER: &str = "Accept: text/html";

fn daemon(limit: u32) -> Daemon {
    let settings = format!(
        "[limits]\ncreations_per_client = {limit}\n[web]\nprocesses = 1\ntrusted_proxies = ['127.0.0.1', '::1']"
    );
    Daemon::with(Smarthost::start().address, &Store::Any, &settings)
}

fn from(address: &str) -> String {
    format!("X-Forwarded-For: {address}")
}

/// The value of a header field.
fn field(answer: &str, name: &str) -> Option<String> {
    let head = answer.split("\r\n\r\n").next().unwrap();
    let named = |line: &str| {
        let (field, value) = line.split_once(": ")?;
        field.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    };
    head.lines().find_map(named)
}

#[test]
fn a_flood_from_one_place_is_limited_and_others_go_on() {
    let daemon = daemon(5);
    let flood: [(&str, Vec<String>); 2] = [
        ("one address", vec!["192.0.2.66".to_owned(); 30]),
        ("one /64", (0..30).map(|host| format!("2001:db8:1:2:{host:x}::{host:x}")).collect()),
    ];
    for (what, addresses) in flood {
        let answers: Vec<(u16, String)> = addresses.iter().map(|address| make(&daemon, &[&from(address)])).collect();
        for (number, (status, answer)) in answers.iter().enumerate() {
            let left = 4_u32.saturating_sub(number as u32);
            assert_eq!(*status, if number < 5 { 201 } else { 429 }, "{what} {number}: {answer}");
            assert_eq!(field(answer, "ratelimit-policy").as_deref(), Some("\"creations\";q=5;w=3600"), "{answer}");
            let told = field(answer, "ratelimit").unwrap();
            let seconds: u64 = told.strip_prefix(&format!("\"creations\";r={left};t=")).unwrap().parse().unwrap();
            assert!((1..=3600).contains(&seconds), "{told}");
            let again = field(answer, "retry-after");
            assert_eq!(again.is_some(), number >= 5, "{answer}");
            if let Some(again) = again {
                assert!((seconds..=3900).contains(&again.parse().unwrap()), "{answer}");
                assert!(answer.contains("\"error\":\"too_many\"") && answer.contains("\"field\":null"), "{answer}");
                assert!(!answer.contains("updatekey"), "{answer}");
            }
        }
        for other in ["192.0.2.67", "2001:db8:1:3::1", "2001:db8:1:1:ffff::1"] {
            assert_eq!(make(&daemon, &[&from(other)]).0, 201, "{other}");
        }
    }
    // A browser reads a page.
    let (status, page) = make(&daemon, &[&from("192.0.2.66"), BROWSER]);
    assert!(status == 429 && page.contains("<html") && page.contains("within an hour"), "{status} {page}");
    assert!(field(&page, "retry-after").is_some() && left(&page) == Some(0), "{page}");
    // This host is not limited, and not told.
    for _ in 0..12 {
        let (status, answer) = make(&daemon, &[]);
        assert!(status == 201 && left(&answer).is_none() && field(&answer, "ratelimit-policy").is_none(), "{answer}");
    }
    // What only reads is nobody's creation.
    assert_eq!(daemon.curl(&["-H", &from("192.0.2.66")], "/").0, 200);
    assert!(!daemon.log().contains("192.0.2.66"), "{}", daemon.log());
}

#[test]
fn without_a_limit_nobody_is_told_of_one() {
    let daemon = daemon(0);
    for _ in 0..150 {
        let (status, answer) = make(&daemon, &[&from("192.0.2.66")]);
        assert!(status == 201 && left(&answer).is_none(), "{answer}");
    }
}

#[test]
fn only_what_is_made_counts() {
    let daemon = daemon(3);
    let client = from("192.0.2.66");
    for body in ["{", "{\"days\":", "not json at all {"] {
        let (status, answer) =
            daemon.curl(&["-i", "-H", &client, "-H", "Content-Type: application/json", "-d", body], "/aliases");
        assert!(status == 400 && left(&answer) == Some(3), "{answer}");
    }
    assert_eq!(left(&make(&daemon, &[&client]).1), Some(2));
}

#[test]
fn a_reload_changes_the_limit_and_forgets_nothing() {
    let daemon = daemon(2);
    let client = from("192.0.2.66");
    assert_eq!([(); 3].map(|()| make(&daemon, &[&client]).0), [201, 201, 429]);
    let file = fs::read_to_string(daemon.config_path()).unwrap();
    fs::write(daemon.config_path(), file.replace("creations_per_client = 2", "creations_per_client = 4")).unwrap();
    signal(daemon.pid(), "HUP");
    until("the new limit is in force", || {
        make(&daemon, &[&from("192.0.2.99"), "Accept: application/json"]).1.contains("q=4")
    });
    assert_eq!([(); 3].map(|()| make(&daemon, &[&client]).0), [201, 201, 429]);
}

/// A page shows one alias, whatever its form asks for, and one it costs.
#[test]
fn a_form_makes_one() {
    let daemon = daemon(5);
    let form = ["-H", &from("192.0.2.80"), "-H", "Accept: text/html", "-d", "target=a%40b.example&days=1&count=20"];
    for made in 1..=5 {
        let (status, answer) = daemon.curl(&[&["-i"], &form[..]].concat(), "/aliases");
        assert_eq!((status, left(&answer)), (201, Some(5 - made)), "{answer}");
    }
    assert_eq!(daemon.curl(&form, "/aliases").0, 429);
}
