//! Who reads mail to an address has a say: nothing lives without them where that is asked, and no is no for ever.

use crate::fixture::{Caught, Daemon, Smarthost, Store};
use serde_json::Value;

const CONFIRM: &str = "[web]\nconfirm = true\nurl = 'http://site.example'";

/// The letters that went out, their soft line ends taken away.
fn letters(smarthost: &Smarthost) -> Vec<String> {
    let text = |caught: Caught| String::from_utf8(caught.content).unwrap().replace("=\r\n", "");
    smarthost.caught().into_iter().map(text).collect()
}

/// Paths of the links in a letter.
fn links(letter: &str) -> Vec<String> {
    let of =
        |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect::<String>();
    letter.split("http://site.example/confirm/").skip(1).map(|rest| format!("/confirm/{}", of(rest))).collect()
}

fn post(daemon: &Daemon, path: &str, body: &str) -> (u16, Value) {
    let (status, answer) = daemon.curl(&["-X", "POST", "-d", body], path);
    (status, serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}")))
}

#[test]
fn an_alias_lives_once_its_target_has_said_yes() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, CONFIRM);
    let (status, made) = post(&daemon, "/aliases", "{\"target\":\"someone@real.example\",\"days\":3,\"count\":2}");
    assert_eq!(status, 201);
    let address = |at: usize| made["aliases"][at]["address"].as_str().unwrap().to_owned();
    assert_eq!(made["aliases"][0]["confirmed"], false);
    let mail = |to: &str| daemon.connect().mail("a@b.example", to, b"Subject: x\r\n\r\nx");
    assert!(mail(&address(0)).starts_with("550 5.1.1"));
    // One letter for all, and a proper one.
    let caught = smarthost.caught();
    assert_eq!(caught.len(), 1);
    assert!(caught[0].mail.starts_with("MAIL FROM:<>") && caught[0].rcpt[0].contains("<someone@real.example>"));
    let letter = letters(&smarthost).remove(0);
    for field in
        ["Auto-Submitted: auto-generated\r\n", "Message-ID: <", "Date: ", "From: ", "To: <someone@real.example>\r\n"]
    {
        assert_eq!(letter.matches(field).count(), 1, "{field}: {letter}");
    }
    let links = links(&letter);
    let (confirm, never) = (&links[0], &links[1]);
    for _ in 0..20 {
        assert_eq!(daemon.curl(&[], confirm).0, 200);
        assert_eq!(daemon.curl(&["-I"], never).0, 200);
    }
    assert!(mail(&address(0)).starts_with("550 5.1.1"), "whoever looks changes nothing");
    assert_eq!(post(&daemon, confirm, "").1["done"], "activated");
    assert_eq!(post(&daemon, confirm, "").0, 200, "twice is once");
    assert!(mail(&address(0)).starts_with("250") && mail(&address(1)).starts_with("250"));
    // Never again: what there is ends, and nothing new begins.
    assert_eq!(post(&daemon, never, "").1["done"], "refused");
    assert!(mail(&address(0)).starts_with("550 5.1.1"));
    let (status, refused) = post(&daemon, "/aliases", "{\"target\":\"SomeOne@Real.example\",\"days\":3}");
    assert_eq!((status, &refused["error"]), (403, &Value::from("refused")));
    assert_eq!(post(&daemon, confirm, "").0, 404);
    assert_eq!(smarthost.count(), 3, "no letter to who has opted out");
    assert!(!daemon.log().contains("real.example"), "{}", daemon.log());
}

#[test]
fn a_token_is_handed_out_to_its_target_alone() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, CONFIRM);
    let (status, asked) = post(&daemon, "/tokens", "{\"target\":\"someone@real.example\",\"days\":3}");
    assert_eq!((status, &asked["token"], &asked["confirmed"]), (202, &Value::Null, &Value::from(false)));
    let link = links(&letters(&smarthost)[0]).remove(0);
    let (status, done) = post(&daemon, &link, "");
    assert_eq!((status, &done["done"]), (200, &Value::from("token")));
    let bearer = format!("Authorization: Bearer {}", done["token"].as_str().unwrap());
    let (status, made) = daemon.curl(&["-X", "POST", "-H", &bearer], "/aliases");
    assert_eq!(status, 201, "{made}");
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!((&made["confirmed"], &made["target"]), (&Value::from(true), &Value::Null));
    let address = made["address"].as_str().unwrap();
    assert!(daemon.connect().mail("a@b.example", address, b"Subject: x\r\n\r\nx").starts_with("250"));
    assert_eq!(daemon.curl(&["-X", "DELETE", "-H", &bearer], "/tokens").0, 204);
    assert_eq!(daemon.curl(&["-X", "POST", "-H", &bearer], "/aliases").0, 401);
}

#[test]
fn opting_out_works_without_confirmation_and_lasts() {
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::with(smarthost.address, &Store::Any, "[web]\nurl = 'http://site.example'");
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    assert_eq!(post(&daemon, "/opt-out", "{\"target\":\"someone@real.example\"}").0, 202);
    let link = links(&letters(&smarthost)[0]).remove(0);
    assert_eq!(post(&daemon, &link, "").1["done"], "refused");
    daemon.stop();
    daemon.up();
    assert!(daemon.connect().mail("a@b.example", &alias.address, b"x").starts_with("550 5.1.1"));
    assert_eq!(post(&daemon, "/aliases", "{\"target\":\"someone@real.example\",\"days\":3}").0, 403);
    assert_eq!(post(&daemon, "/opt-out", "{\"target\":\"someone@real.example\"}").0, 202);
    let link = links(&letters(&smarthost)[1]).remove(0);
    assert_eq!(post(&daemon, &link, "").1["done"], "allowed");
    daemon.alias("someone@real.example", "\"days\":1");
}

#[test]
fn a_letter_that_is_not_taken_is_told_and_nothing_is_kept() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, CONFIRM);
    let make = || post(&daemon, "/aliases", "{\"target\":\"someone@real.example\",\"days\":3}");
    smarthost.answer("RCPT", "550 5.1.1 <someone@real.example> unknown");
    let (status, refused) = make();
    assert_eq!((status, &refused["error"]), (422, &Value::from("undeliverable")));
    assert!(!refused.to_string().contains("real.example") && refused["updatekey"].is_null());
    smarthost.answer("RCPT", "451 4.3.0 later");
    assert_eq!(make().0, 503);
    smarthost.answer(".", "550 5.7.1 spam");
    smarthost.answer("RCPT", "250 2.1.5 ok");
    assert_eq!(make().0, 422);
    smarthost.answer_well();
    // Two were refused, which counts; the one that could not be sent does not.
    for _ in 0..3 {
        assert_eq!(make().0, 201);
    }
    let (status, more) = make();
    assert_eq!((status, &more["error"]), (429, &Value::from("too_many")), "a target gets so many letters in a day");
    assert!(!daemon.log().contains("real.example"), "{}", daemon.log());
}
