//! What a person may ask for over HTTP, and what they are told when it cannot be.

use crate::fixture::{Daemon, Smarthost, Store};

#[test]
fn wishes_that_are_not_granted_name_their_field() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[limits]\nmax_usage = 100");
    for (body, field) in [
        ("{\"days\":1}", "target"),
        ("{\"target\":\"nobody\",\"days\":1}", "target"),
        ("{\"target\":7,\"days\":1}", "target"),
        ("{\"target\":\"a@example.org\",\"days\":1}", "target"),
        ("{\"target\":\"a@TWO.example\",\"days\":1}", "target"),
        ("{\"target\":\"a@b.example\\r\\nRCPT TO:<x@y.example>\",\"days\":1}", "target"),
        ("{\"target\":\"a@b.example\",\"days\":0}", "days"),
        ("{\"target\":\"a@b.example\",\"days\":-1}", "days"),
        ("{\"target\":\"a@b.example\",\"days\":1e308}", "days"),
        ("{\"target\":\"a@b.example\",\"days\":61}", "days"),
        ("{\"target\":\"a@b.example\",\"days\":1.5}", "days"),
        ("{\"target\":\"a@b.example\",\"days\":[1]}", "days"),
        ("{\"target\":\"a@b.example\"}", "days"),
        ("{\"target\":\"a@b.example\",\"max-usage\":101}", "max-usage"),
        ("{\"target\":\"a@b.example\",\"max-usage\":true}", "max-usage"),
        ("{\"target\":\"a@b.example\",\"days\":1,\"domain\":\"else.example\"}", "domain"),
        ("{\"target\":\"a@b.example\",\"valid-until\":\"yesterday\"}", "valid-until"),
        ("{\"target\":\"a@b.example\",\"valid-until\":\"2001-01-01T00:00:00Z\"}", "valid-until"),
    ] {
        let (status, answer) = daemon.curl(&["-d", body], "/aliases");
        assert_eq!(status, 400, "{body}: {answer}");
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["field"], field, "{body}: {answer}");
        assert!(answer["error"].is_string() && answer["description"].is_string() && answer["message"].is_string());
    }
}

#[test]
fn the_field_names_of_2010() {
    let daemon = Daemon::start(Smarthost::start().address);
    let (status, answer) = daemon.curl(&["-d", "{\"target\":\"a@b.example\",\"days\":3,\"max-usage\":5}"], "/aliases");
    assert!(status == 201 || status == 200);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    for name in [
        "aid",
        "target",
        "valid_from",
        "valid_until",
        "max_usage",
        "days",
        "currentDate",
        "updatekey",
        "address",
        "expires_at",
        "remaining",
        "manage_url",
    ] {
        assert!(answer.get(name).is_some(), "{name} is missing in {answer}");
    }
    assert_eq!(
        (&answer["days"], &answer["max_usage"], &answer["target"]),
        (&3.into(), &5.into(), &"a@b.example".into())
    );
}

#[test]
fn as_many_for_one_address_as_configured() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[limits]\ncreations_per_address = 2");
    for target in ["someone@real.example", "SomeOne@Real.example"] {
        daemon.alias(target, "\"days\":1");
    }
    assert_eq!(daemon.curl(&["-d", "{\"target\":\"someone@real.example\",\"days\":1}"], "/aliases").0, 429);
    daemon.alias("other@real.example", "\"days\":1");
}

#[test]
fn large_headers_and_bodies_are_refused() {
    let daemon = Daemon::start(Smarthost::start().address);
    let long = format!("{{\"target\":\"a@b.example\",\"days\":1,\"x\":\"{}\"}}", "x".repeat(2000));
    assert_eq!(daemon.curl(&["-d", &long], "/aliases").0, 413);
    let file = daemon.dir().join("header");
    std::fs::write(&file, format!("X-Long: {}\n", "x".repeat(10_000_000))).unwrap();
    let (status, _) = daemon.curl(&["-H", &format!("@{}", file.display())], "/");
    assert!(status == 431 || status == 0, "{status}");
    assert_eq!(daemon.curl(&[], "/healthz").0, 200);
}
