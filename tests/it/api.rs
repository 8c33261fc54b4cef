//! The API over HTTP, as programs use it:
//!
//! 1. An error has one shape and names the field at fault.
//! 2. An Idempotency-Key: the same request gets the same answer, across connections, processes and restarts.
//! 3. `count`: that many or none, and all limits are shared.
//! 4. Scripts of other sites may read every answer.
//! 5. A token makes aliases within its limits until it is revoked.
//! 6. For one target no more are made than are allowed, however they are asked for.

use crate::fixture::{Daemon, Smarthost, Store};
use serde_json::{Value, json};

/// Status, header in lower case, and the body, which is JSON or nothing.
struct Answer {
    status: u16,
    head: String,
    body: Value,
}

fn ask(daemon: &Daemon, method: &str, path: &str, fields: &[&str], body: Option<&str>) -> Answer {
    let mut arguments = vec!["-i", "-X", method];
    fields.iter().for_each(|field| arguments.extend(["-H", field]));
    body.iter().for_each(|body| arguments.extend(["--data-binary", body]));
    let (status, answer) = daemon.curl(&arguments, path);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    let body =
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")) };
    Answer { status, head: head.to_lowercase(), body }
}

fn post(daemon: &Daemon, fields: &[&str], body: &Value) -> Answer {
    ask(daemon, "POST", "/aliases", fields, Some(&body.to_string()))
}

fn token(daemon: &Daemon, order: &Value) -> String {
    let answer = ask(daemon, "POST", "/tokens", &[], Some(&order.to_string()));
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["token"].as_str().unwrap().to_owned()
}

fn delivers(daemon: &Daemon, address: &Value) -> bool {
    daemon.connect().mail("a@b.example", address.as_str().unwrap(), b"x").starts_with("250")
}

/// What makes two answers the same alias.
fn identity(body: &Value) -> [Value; 3] {
    ["address", "updatekey", "manage_url"].map(|name| body[name].clone())
}

#[test]
fn errors_name_the_field() {
    let daemon = Daemon::start(Smarthost::start().address);
    let owned = post(&daemon, &[], &json!({ "target": "someone@real.example", "days": 1 })).body;
    let (aid, key) = (owned["aid"].as_str().unwrap(), owned["updatekey"].as_str().unwrap());
    let (alias, bearer) = (format!("/aliases/{aid}"), format!("Authorization: Bearer {key}"));
    let target = "someone@real.example";
    for (method, path, field, body, status, error, at) in [
        ("POST", "/aliases", "", json!({ "days": 1 }), 400, "invalid", Some("target")),
        ("POST", "/aliases", "", json!({ "target": null, "days": 1 }), 400, "invalid", Some("target")),
        ("POST", "/aliases", "", json!({ "target": 7, "days": 1 }), 400, "invalid", Some("target")),
        ("POST", "/aliases", "", json!({ "target": "nobody", "days": 1 }), 400, "invalid", Some("target")),
        ("POST", "/aliases", "", json!({ "target": "a@example.org", "days": 1 }), 400, "invalid", Some("target")),
        ("POST", "/aliases", "", json!({ "target": "abuse@real.example", "days": 1 }), 400, "invalid", Some("target")),
        ("POST", "/aliases", "", json!({ "target": target }), 400, "invalid", Some("days")),
        ("POST", "/aliases", "", json!({ "target": target, "days": 0 }), 400, "invalid", Some("days")),
        ("POST", "/aliases", "", json!({ "target": target, "days": 1.5 }), 400, "invalid", Some("days")),
        ("POST", "/aliases", "", json!({ "target": target, "days": true }), 400, "invalid", Some("days")),
        ("POST", "/aliases", "", json!({ "target": target, "days": "many" }), 400, "invalid", Some("days")),
        ("POST", "/aliases", "", json!({ "target": target, "days": 61 }), 400, "invalid", Some("days")),
        ("POST", "/aliases", "", json!({ "target": target, "max-usage": -1 }), 400, "invalid", Some("max-usage")),
        ("POST", "/aliases", "", json!({ "target": target, "max_usage": 1e40 }), 400, "invalid", Some("max-usage")),
        (
            "POST",
            "/aliases",
            "",
            json!({ "target": target, "days": 1, "valid-from": "soon" }),
            400,
            "invalid",
            Some("valid-from"),
        ),
        (
            "POST",
            "/aliases",
            "",
            json!({ "target": target, "valid-until": "2001-01-01T00:00:00Z" }),
            400,
            "invalid",
            Some("valid-until"),
        ),
        (
            "POST",
            "/aliases",
            "",
            json!({ "target": target, "days": 1, "domain": "else.example" }),
            400,
            "invalid",
            Some("domain"),
        ),
        ("POST", "/aliases", "", json!({ "target": target, "days": 1, "domain": 5 }), 400, "invalid", Some("domain")),
        ("POST", "/aliases", "", json!({ "target": target, "days": 1, "count": 0 }), 400, "invalid", Some("count")),
        ("POST", "/aliases", "", json!({ "target": target, "days": 1, "count": 21 }), 400, "invalid", Some("count")),
        ("POST", "/aliases", "", json!({ "target": target, "days": 1, "count": "x" }), 400, "invalid", Some("count")),
        (
            "POST",
            "/aliases",
            "Idempotency-Key: short",
            json!({ "target": target, "days": 1 }),
            400,
            "invalid",
            Some("Idempotency-Key"),
        ),
        ("POST", "/aliases", "Authorization: Bearer ta_no", json!({}), 401, "unauthorized", None),
        ("POST", "/aliases", "", json!("a text"), 400, "malformed", None),
        ("POST", "/aliases", "", json!({ "target": target, "more": "x".repeat(2000) }), 413, "too_large", None),
        ("POST", "/tokens", "", json!({ "target": target }), 400, "invalid", Some("days")),
        ("POST", "/tokens", "", json!({ "target": target, "days": 61 }), 400, "invalid", Some("days")),
        (
            "POST",
            "/tokens",
            "",
            json!({ "target": target, "days": 1, "domain": "else.example" }),
            400,
            "invalid",
            Some("domain"),
        ),
        (
            "POST",
            "/tokens",
            "",
            json!({ "target": target, "valid-until": "2036-01-01T00:00:00Z" }),
            400,
            "invalid",
            Some("valid-until"),
        ),
        ("DELETE", "/tokens", "", json!({}), 401, "unauthorized", None),
        ("POST", "/opt-out", "", json!({}), 400, "invalid", Some("target")),
        ("GET", &alias, "", json!({}), 401, "unauthorized", None),
        ("GET", &alias, "Authorization: Bearer wrong", json!({}), 404, "not_found", None),
        ("GET", "/aliases/nobody", &bearer, json!({}), 404, "not_found", None),
        ("PATCH", &alias, &bearer, json!({}), 400, "invalid", Some("days")),
        ("PATCH", &alias, &bearer, json!({ "paused": "maybe" }), 400, "invalid", Some("paused")),
        ("PATCH", &alias, &bearer, json!({ "days": 1000 }), 400, "invalid", Some("days")),
        (
            "PATCH",
            &alias,
            &bearer,
            json!({ "days": 1, "valid-until": "2036-01-01T00:00:00Z" }),
            400,
            "invalid",
            Some("valid-until"),
        ),
        ("GET", "/confirm/nothing", "", json!({}), 404, "no_link", None),
        ("POST", "/confirm/nothing", "", json!({}), 404, "no_link", None),
    ] {
        // curl takes a field without a value off its list.
        let fields = [if field.is_empty() { "X-Nothing:" } else { field }, "Content-Type: application/json"];
        let body = body.to_string();
        let answer = ask(&daemon, method, path, &fields, (method != "GET").then_some(body.as_str()));
        let what = format!("{method} {path} {body} {field}: {} {}", answer.status, answer.body);
        assert_eq!((answer.status, answer.body["error"].as_str()), (status, Some(error)), "{what}");
        assert_eq!(answer.body["field"].as_str(), at, "{what}");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.len() > 10 && !message.contains("real.example"), "{what}");
        assert!(answer.body["description"].is_string(), "{what}");
        assert_eq!(answer.head.contains("www-authenticate: bearer"), status == 401, "{what}");
    }
}

#[test]
fn the_same_request_gets_the_same_alias() {
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::with(smarthost.address, &Store::Any, "[web]\nprocesses = 3");
    let key = "Idempotency-Key: 5b1f0f8e-8c0c-4b0a-9d5e-2f6f3f1f7a10";
    let order = json!({ "target": "someone@real.example", "max-usage": 2 });
    let first = post(&daemon, &[key], &order);
    assert_eq!(first.status, 201, "{}", first.body);
    // Each connection may meet another process.
    for _ in 0..12 {
        let again = post(&daemon, &[key], &order);
        assert_eq!((again.status, identity(&again.body)), (201, identity(&first.body)));
    }
    // A form, another order of the fields, and the key in quotes are the same request.
    let quoted = "Idempotency-Key: \"5b1f0f8e-8c0c-4b0a-9d5e-2f6f3f1f7a10\"";
    let form = ask(&daemon, "POST", "/aliases", &[quoted], Some("max-usage=2&target=someone%40real.example"));
    assert_eq!((form.status, identity(&form.body)), (201, identity(&first.body)), "{}", form.body);
    assert!(delivers(&daemon, &first.body["address"]));
    daemon.stop();
    daemon.up();
    let again = post(&daemon, &[key], &order);
    assert_eq!((again.status, identity(&again.body)), (201, identity(&first.body)));
    assert_eq!(again.body["remaining"], 1, "it is answered as it now is: {}", again.body);
    // It is the same alias, not one like it: it carries two messages in all.
    assert!(delivers(&daemon, &first.body["address"]));
    assert!(!delivers(&daemon, &first.body["address"]));
    assert_eq!(smarthost.count(), 2);

    for (fields, order) in [
        (vec![key], json!({ "target": "someone@real.example", "max-usage": 3 })),
        (vec![key], json!({ "target": "other@real.example", "max-usage": 2 })),
        (vec![key], json!({ "target": "someone@real.example", "max-usage": 2, "domain": "two.example" })),
        (vec![key], json!({ "target": "someone@real.example", "max-usage": 2, "count": 2 })),
    ] {
        let answer = post(&daemon, &fields, &order);
        assert_eq!(
            (answer.status, answer.body["error"].as_str()),
            (422, Some("key_reused")),
            "{order}: {}",
            answer.body
        );
        assert_eq!(answer.body["field"], "Idempotency-Key");
    }
    let other = post(&daemon, &["Idempotency-Key: 5b1f0f8e-8c0c-4b0a-9d5e-2f6f3f1f7a11"], &order);
    assert_ne!(identity(&other.body), identity(&first.body), "another key is another request");
    let none = post(&daemon, &[], &order);
    assert_ne!(identity(&none.body), identity(&first.body), "no key is another request");
}

#[test]
fn the_same_request_at_once_makes_one_alias() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(
        smarthost.address,
        &Store::Any,
        "[web]\nprocesses = 2\n[limits]\ncreations_per_address = 100\nalive_per_address = 4",
    );
    let key = "Idempotency-Key: 00000000-0000-4000-8000-000000000000";
    let order = json!({ "target": "someone@real.example", "days": 1, "count": 3 });
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| post(&daemon, &[key], &order))).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    let addresses = |answer: &Answer| -> Vec<Value> {
        let made = answer.body["aliases"].as_array().unwrap_or_else(|| panic!("{} {}", answer.status, answer.body));
        made.iter().flat_map(identity).collect()
    };
    for answer in &answers {
        assert_eq!((answer.status, addresses(answer)), (201, addresses(&answers[0])));
    }
    // Three live: there is room for one more, and not for two.
    let one = json!({ "target": "someone@real.example", "days": 1 });
    assert_eq!(post(&daemon, &[], &one).status, 201);
    assert_eq!(post(&daemon, &[], &one).status, 429);
}

#[test]
fn the_same_request_at_once_is_one_order_and_one_letter() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(
        smarthost.address,
        &Store::Any,
        "[web]\nprocesses = 2\nconfirm = true\n[limits]\ncreations_per_address = 2\nemails_per_address = 1",
    );
    let key = "Idempotency-Key: 00000000-0000-4000-8000-000000000000";
    let order = json!({ "target": "someone@real.example", "days": 1, "count": 2 });
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| post(&daemon, &[key], &order))).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!(
            (answer.status, &answer.body["aliases"][1]["address"]),
            (201, &answers[0].body["aliases"][1]["address"])
        );
    }
    // A refusal of one of them would have undone what the others were told.
    for alias in answers[0].body["aliases"].as_array().unwrap() {
        let bearer = format!("Authorization: Bearer {}", alias["updatekey"].as_str().unwrap());
        let path = format!("/aliases/{}", alias["aid"].as_str().unwrap());
        let found = ask(&daemon, "GET", &path, &[&bearer], None);
        assert_eq!((found.status, &found.body["confirmed"]), (200, &json!(false)), "{}", found.body);
    }
    assert_eq!(smarthost.count(), 1);
}

#[test]
fn a_key_at_once_for_different_requests_is_good_for_one() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[web]\nprocesses = 2");
    for round in 0..5 {
        let key = format!("Idempotency-Key: 00000000-0000-4000-8000-00000000000{round}");
        let statuses: Vec<(u16, i32)> = std::thread::scope(|scope| {
            let order = |days: i32| json!({ "target": "someone@real.example", "days": days });
            let (daemon, key) = (&daemon, &key);
            let asking: Vec<_> =
                (1..=6).map(|days| scope.spawn(move || (post(daemon, &[key], &order(days)).status, days))).collect();
            asking.into_iter().map(|asking| asking.join().unwrap()).collect()
        });
        let granted = statuses.iter().filter(|(status, _)| *status == 201).count();
        assert!(granted == 1 && statuses.iter().all(|(status, _)| [201, 422].contains(status)), "{statuses:?}");
    }
}

#[test]
fn a_key_must_be_worth_its_name() {
    let daemon = Daemon::start(Smarthost::start().address);
    let order = json!({ "target": "someone@real.example", "days": 1 });
    for (key, status) in [
        ("0123456789abcde".to_owned(), 400),
        ("0123456789abcdef".to_owned(), 201),
        ("x".repeat(255), 201),
        ("x".repeat(256), 400),
        ("0123456789 abcdef".to_owned(), 400),
        ("0123456789abcd\u{e9}".to_owned(), 400),
    ] {
        let answer = post(&daemon, &[&format!("Idempotency-Key: {key}")], &order);
        assert_eq!(answer.status, status, "{key}: {}", answer.body);
        assert_eq!(answer.body["field"].as_str(), (status == 400).then_some("Idempotency-Key"), "{key}");
    }
}

#[test]
fn several_at_once() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    for count in [1, 20] {
        let order =
            json!({ "target": "someone@real.example", "max-usage": 1, "domain": "two.example", "count": count });
        let answer = post(&daemon, &[], &order);
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert!(!answer.head.contains("\r\nlocation: "), "{}", answer.head);
        assert_eq!(answer.body.as_object().unwrap().len(), 1, "{}", answer.body);
        let aliases = answer.body["aliases"].as_array().unwrap();
        assert_eq!(aliases.len(), count);
        let mut seen: Vec<String> = aliases.iter().flat_map(identity).map(|text| text.to_string()).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 3 * count, "each has a name and a key of its own");
        for alias in aliases {
            assert_eq!((&alias["max_usage"], &alias["remaining"]), (&json!(1), &json!(1)));
            let address = &alias["address"];
            assert!(address.as_str().unwrap().ends_with("@two.example"));
            assert!(delivers(&daemon, address) && !delivers(&daemon, address), "{alias}");
            let bearer = format!("Authorization: Bearer {}", alias["updatekey"].as_str().unwrap());
            let path = format!("/aliases/{}", alias["aid"].as_str().unwrap());
            assert_eq!(ask(&daemon, "GET", &path, &[&bearer], None).body["used"], 1);
        }
    }
    assert_eq!(smarthost.count(), 21);
    let form = ask(&daemon, "POST", "/aliases", &[], Some("target=someone%40real.example&days=1&count=2"));
    assert_eq!(form.body["aliases"].as_array().map(Vec::len), Some(2), "{}", form.body);
    let empty = ask(&daemon, "POST", "/aliases", &[], Some("target=someone%40real.example&days=1&count="));
    assert!(empty.status == 201 && empty.body["aid"].is_string(), "what is empty is not given: {}", empty.body);
}

#[test]
fn one_alone_says_where_it_is() {
    let daemon = Daemon::start(Smarthost::start().address);
    let answer = post(&daemon, &[], &json!({ "target": " someone@real.example ", "days": 3, "max-usage": 5 }));
    let aid = answer.body["aid"].as_str().unwrap().to_owned();
    assert!(answer.head.contains(&format!("\r\nlocation: /aliases/{aid}\r\n")), "{}", answer.head);
    let mut fields = answer.body;
    let fields = fields.as_object_mut().unwrap();
    let mut take = |name: &str| fields.remove(name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(take("aid"), aid);
    assert_eq!(take("address"), format!("{aid}@example.org"));
    assert_eq!(take("target"), "someone@real.example");
    assert_eq!(
        (take("days"), take("max_usage"), take("used"), take("remaining")),
        (3.into(), 5.into(), 0.into(), 5.into())
    );
    assert_eq!((take("paused"), take("confirmed"), take("valid_from")), (false.into(), true.into(), Value::Null));
    let until = take("valid_until");
    assert!(until.as_str().unwrap().ends_with('Z') && until == take("expires_at"));
    assert!(take("currentDate").is_string());
    let (url, key) = (take("manage_url"), take("updatekey"));
    assert!(url.as_str().unwrap().ends_with(&format!("/manage/{aid}@example.org/{}", key.as_str().unwrap())), "{url}");
    assert!(fields.is_empty(), "{fields:?}");
}

#[test]
fn scripts_of_other_sites_may_read_every_answer() {
    let daemon = Daemon::start(Smarthost::start().address);
    let origin = "Origin: https://else.example";
    let made = post(&daemon, &[origin], &json!({ "target": "someone@real.example", "days": 1 }));
    let alias = format!("/aliases/{}", made.body["aid"].as_str().unwrap());
    let bearer = format!("Authorization: Bearer {}", made.body["updatekey"].as_str().unwrap());
    let token = token(&daemon, &json!({ "target": "someone@real.example", "days": 1 }));
    let by_token = format!("Authorization: Bearer {token}");
    for (method, path, field, body, status) in [
        ("POST", "/aliases", "X-Nothing:", "{\"target\":\"someone@real.example\",\"days\":1}", 201),
        ("POST", "/aliases", "X-Nothing:", "{", 400),
        ("GET", alias.as_str(), bearer.as_str(), "", 200),
        ("GET", &alias, "X-Nothing:", "", 401),
        ("PATCH", &alias, &bearer, "{\"paused\":true}", 200),
        ("DELETE", &alias, &bearer, "", 204),
        ("DELETE", &alias, &bearer, "", 404),
        ("POST", "/tokens", "X-Nothing:", "target=someone%40real.example&days=1", 201),
        ("DELETE", "/tokens", &by_token, "", 204),
        ("DELETE", "/tokens", &by_token, "", 401),
        ("POST", "/opt-out", "X-Nothing:", "{}", 400),
        ("GET", "/confirm/x", "X-Nothing:", "", 404),
        ("POST", "/confirm/x", "X-Nothing:", "", 404),
    ] {
        let answer = ask(&daemon, method, path, &[origin, field], (!body.is_empty()).then_some(body));
        let what = format!("{method} {path}: {}", answer.head);
        assert_eq!(answer.status, status, "{what}");
        assert!(answer.head.contains("\r\naccess-control-allow-origin: *"), "{what}");
        assert!(!answer.head.contains("access-control-allow-credentials"), "{what}");
        let exposed = answer.head.lines().find_map(|line| line.strip_prefix("access-control-expose-headers: "));
        let exposed: Vec<&str> = exposed.unwrap_or_else(|| panic!("{what}")).split(',').map(str::trim).collect();
        for name in ["location", "ratelimit", "ratelimit-policy", "retry-after"] {
            assert!(exposed.contains(&name), "{name}: {what}");
        }
    }
    for path in ["/aliases", &alias, "/tokens", "/opt-out", "/confirm/x"] {
        let answer = ask(&daemon, "OPTIONS", path, &[origin, "Access-Control-Request-Method: POST"], None);
        assert_eq!(answer.status, 204, "{path}");
        for name in ["authorization", "authentication", "content-type", "accept", "idempotency-key", "x-requested-with"]
        {
            let line = answer.head.lines().find_map(|line| line.strip_prefix("access-control-allow-headers: "));
            assert!(line.unwrap().split(',').any(|allowed| allowed.trim() == name), "{path}: {}", answer.head);
        }
    }
}

#[test]
fn a_token_makes_aliases_until_it_is_revoked() {
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::with(smarthost.address, &Store::Any, "[web]\nprocesses = 2");
    let order = json!({ "target": "someone@real.example", "max-usage": 2, "domain": "two.example" });
    let made = ask(&daemon, "POST", "/tokens", &[], Some(&order.to_string()));
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!((&made.body["max_usage"], &made.body["days"]), (&json!(2), &Value::Null));
    assert_eq!((&made.body["domain"], &made.body["confirmed"]), (&json!("two.example"), &json!(true)));
    let token = made.body["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("ta_") && !made.body.to_string().contains("real.example"), "{}", made.body);
    let bearer = format!("Authorization: Bearer {token}");
    let other = self::token(&daemon, &order);

    daemon.stop();
    daemon.up();
    let alias = ask(&daemon, "POST", "/aliases", &[&bearer], None);
    assert_eq!(alias.status, 201, "{}", alias.body);
    assert_eq!(
        (&alias.body["target"], &alias.body["days"], &alias.body["max_usage"]),
        (&Value::Null, &Value::Null, &json!(2))
    );
    let address = alias.body["address"].clone();
    assert!(address.as_str().unwrap().ends_with("@two.example"));
    assert!(delivers(&daemon, &address) && delivers(&daemon, &address) && !delivers(&daemon, &address));
    assert!(smarthost.caught()[0].mail.contains("SRS"), "the reverse-path is rewritten");
    let elsewhere = ask(&daemon, "POST", "/aliases", &[&bearer], Some("{\"domain\":\"example.org\",\"count\":3}"));
    assert_eq!(elsewhere.body["aliases"].as_array().map(Vec::len), Some(3), "{}", elsewhere.body);
    assert!(elsewhere.body["aliases"][0]["address"].as_str().unwrap().ends_with("@example.org"));
    // What the token says is not said again.
    for body in ["{\"target\":\"x@real.example\"}", "{\"days\":1}", "{\"max-usage\":100}", "{\"count\":21}"] {
        assert_eq!(ask(&daemon, "POST", "/aliases", &[&bearer], Some(body)).status, 400, "{body}");
    }

    // A token manages no alias, and a key makes none.
    let path = format!("/aliases/{}", alias.body["aid"].as_str().unwrap());
    assert_eq!(ask(&daemon, "GET", &path, &[&bearer], None).status, 404);
    let key = format!("Authorization: Bearer {}", alias.body["updatekey"].as_str().unwrap());
    assert_eq!(ask(&daemon, "POST", "/aliases", &[&key], None).status, 401);
    assert_eq!(ask(&daemon, "DELETE", "/tokens", &[&key], None).status, 401);

    assert_eq!(ask(&daemon, "DELETE", "/tokens", &[&bearer], None).status, 204);
    daemon.stop();
    daemon.up();
    for _ in 0..4 {
        let answer = ask(&daemon, "POST", "/aliases", &[&bearer], None);
        assert_eq!((answer.status, answer.body["error"].as_str()), (401, Some("unauthorized")));
    }
    assert_eq!(ask(&daemon, "DELETE", "/tokens", &[&bearer], None).status, 401);
    let other = ask(&daemon, "POST", "/aliases", &[&format!("Authorization: Bearer {other}")], None);
    assert_eq!(other.status, 201, "it was revoked singly");
    let living = &elsewhere.body["aliases"][0]["address"];
    assert!(delivers(&daemon, living), "aliases outlive the token");
}

#[test]
fn a_new_epoch_ends_all_tokens() {
    let mut daemon = Daemon::start(Smarthost::start().address);
    let bearer =
        format!("Authorization: Bearer {}", token(&daemon, &json!({ "target": "someone@real.example", "days": 1 })));
    assert_eq!(ask(&daemon, "POST", "/aliases", &[&bearer], None).status, 201);
    daemon.stop();
    let configuration = std::fs::read_to_string(daemon.config_path()).unwrap();
    let mut configuration: toml::Table = configuration.parse().unwrap();
    let web = configuration.entry("web").or_insert_with(|| toml::Table::new().into());
    web.as_table_mut().unwrap().insert("token_epoch".to_owned(), 2.into());
    std::fs::write(daemon.config_path(), configuration.to_string()).unwrap();
    daemon.up();
    assert_eq!(ask(&daemon, "POST", "/aliases", &[&bearer], None).status, 401);
    let new = token(&daemon, &json!({ "target": "someone@real.example", "days": 1 }));
    assert_eq!(ask(&daemon, "POST", "/aliases", &[&format!("Authorization: Bearer {new}")], None).status, 201);
}

#[test]
fn no_more_for_one_target_than_are_allowed() {
    let daemon = Daemon::with(
        Smarthost::start().address,
        &Store::Any,
        "[limits]\ncreations_per_address = 6\nalive_per_address = 100\n[web]\nprocesses = 2",
    );
    let token = token(&daemon, &json!({ "target": "Someone@Real.example", "days": 1 }));
    let bearer = format!("Authorization: Bearer {token}");
    let authentication = format!("Authentication: {token}");
    let order = json!({ "target": "someone@real.example", "days": 1 });
    let batch = json!({ "target": "someone@real.example", "days": 1, "count": 3 });
    assert_eq!(post(&daemon, &[], &order).status, 201);
    assert_eq!(ask(&daemon, "POST", "/aliases", &[&bearer], None).status, 201);
    assert_eq!(ask(&daemon, "POST", "/api/alias/random/new", &[&authentication], Some("{}")).status, 201);
    assert_eq!(post(&daemon, &[], &json!({ "target": "someone@real.example", "days": 1, "count": 2 })).status, 201);
    // One is left: three are refused, and none of them is made.
    let refused = post(&daemon, &[], &batch);
    assert_eq!((refused.status, refused.body["error"].as_str()), (429, Some("too_many")), "{}", refused.body);
    assert_eq!(refused.body["field"], "target");
    assert!(refused.head.contains("\r\nretry-after: "), "{}", refused.head);
    let key = "Idempotency-Key: 5b1f0f8e-8c0c-4b0a-9d5e-2f6f3f1f7a10";
    let last = post(&daemon, &[key], &order);
    assert_eq!(last.status, 201, "{}", last.body);
    for _ in 0..4 {
        assert_eq!(post(&daemon, &[], &order).status, 429);
        assert_eq!(ask(&daemon, "POST", "/aliases", &[&bearer], None).status, 429);
        assert_eq!(ask(&daemon, "POST", "/api/v1/aliases", &[&bearer], Some("{}")).status, 429);
        // What was made already is made.
        let again = post(&daemon, &[key], &order);
        assert_eq!((again.status, identity(&again.body)), (201, identity(&last.body)));
    }
    assert_eq!(post(&daemon, &[], &json!({ "target": "other@real.example", "days": 1, "count": 6 })).status, 201);
}

#[test]
fn the_description_has_the_limits_of_this_site() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[limits]\nmax_days = 33\nmax_usage = 44");
    let description = ask(&daemon, "GET", "/openapi.json", &[], None);
    assert_eq!(description.status, 200);
    assert!(description.head.contains("\r\naccess-control-allow-origin: *"), "{}", description.head);
    let at = |pointer: &str| description.body.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).clone();
    assert_eq!(at("/openapi"), "3.1.0");
    assert_eq!(at("/components/schemas/Days/maximum"), 33);
    assert_eq!(at("/components/schemas/MaxUsage/maximum"), 44);
    assert_eq!(at("/components/schemas/Domain/enum"), json!(["example.org", "two.example"]));
    assert_eq!(at("/components/schemas/Target/not/pattern"), "@(example\\.org|two\\.example)$");
}

/// Each a way in which programs write a limit that was silently none, or meant well and was refused.
#[test]
fn names_that_are_not_known_are_refused_with_the_one_that_is_meant() {
    let daemon = Daemon::start(Smarthost::start().address);
    for (name, meant) in [
        ("maxUsage", Some("max-usage")),
        ("max usage", Some("max-usage")),
        ("MAX-USAGE", Some("max-usage")),
        ("max-usages", Some("max-usage")),
        ("maxuse", Some("max-usage")),
        ("Days", Some("days")),
        ("day", Some("days")),
        ("validUntil", Some("valid-until")),
        ("valid-untill", Some("valid-until")),
        ("expires_at", None),
        ("paused", None),
        ("", None),
    ] {
        let answer = post(&daemon, &[], &json!({ "target": "someone@real.example", "days": 3, name: 1 }));
        assert_eq!((answer.status, &answer.body["error"]), (400, &"invalid".into()), "{name}: {}", answer.body);
        assert_eq!(answer.body["field"], meant.map_or(Value::Null, Value::from), "{name}");
        let hint =
            meant.map_or("known here: target, domain, days".to_owned(), |meant| format!("did you mean {meant}?"));
        assert!(answer.body["message"].as_str().unwrap().contains(&hint), "{name}: {}", answer.body);
    }
    let form = ask(&daemon, "POST", "/aliases", &[], Some("target=someone@real.example&days=3&maxUsage=1"));
    assert_eq!((form.status, &form.body["field"]), (400, &"max-usage".into()));
    let token = ask(&daemon, "POST", "/tokens", &[], Some("{\"target\":\"someone@real.example\",\"day\":1}"));
    assert_eq!((token.status, &token.body["field"]), (400, &"days".into()));
    let out = ask(&daemon, "POST", "/opt-out", &[], Some("{\"target\":\"someone@real.example\",\"days\":1}"));
    assert_eq!(out.status, 400);
    let owned = post(&daemon, &[], &json!({ "target": "someone@real.example", "days": 1 })).body;
    let bearer = format!("Authorization: Bearer {}", owned["updatekey"].as_str().unwrap());
    let alias = format!("/aliases/{}", owned["aid"].as_str().unwrap());
    let amended = ask(&daemon, "PATCH", &alias, &[&bearer], Some("{\"days\":2,\"maxUsage\":1}"));
    assert_eq!((amended.status, &amended.body["field"]), (400, &"max-usage".into()));
}

/// What is meant well is taken as it is meant; what cannot be taken is told why.
#[test]
fn bodies_of_many_programs() {
    let daemon = Daemon::start(Smarthost::start().address);
    let json = "Content-Type: application/json";
    let form = "Content-Type: application/x-www-form-urlencoded";
    for (fields, body, status, max_usage) in [
        (&[json][..], "{\"target\":\"a@b.example\",\"max-usage\":null,\"max_usage\":5}", 201, json!(5)),
        (&[form], "target=a%40b.example&max-usage=&max_usage=5", 201, json!(5)),
        (&[form], "target=a%40b.example&days=&max-usage=5", 201, json!(5)),
        (&[json], "{\"target\":\"a@b.example\",\"days\":\"\"}", 400, Value::Null),
        (&[json], "\u{feff}{\"target\":\"a@b.example\",\"max-usage\":5}", 201, json!(5)),
        (&[form], "\u{feff}{\"target\":\"a@b.example\",\"max-usage\":5}", 201, json!(5)),
        (
            &["Content-Type: application/vnd.x+json; charset=utf-8"],
            "{\"target\":\"a@b.example\",\"days\":1}",
            201,
            Value::Null,
        ),
        (&["Content-Type: application/octet-stream"], "{\"target\":\"a@b.example\",\"days\":1}", 201, Value::Null),
        (&["Content-Type:"], "target=a%40b.example&days=1", 201, Value::Null),
        (&["Content-Type: text/plain"], "target=a%40b.example&days=1", 201, Value::Null),
        (&["Content-Type: multipart/form-data; boundary=x"], "--x\r\n\r\n--x--\r\n", 415, Value::Null),
        (&["Content-Type: application/xml"], "<target>a@b.example</target>", 415, Value::Null),
        (&[json, "Transfer-Encoding: chunked"], "{\"target\":\"a@b.example\",\"days\":1}", 201, Value::Null),
        (&[json, "Transfer-Encoding: gzip, chunked"], "{\"target\":\"a@b.example\",\"days\":1}", 501, Value::Null),
    ] {
        let answer = ask(&daemon, "POST", "/aliases", fields, Some(body));
        assert_eq!(
            (answer.status, &answer.body["max_usage"]),
            (status, &max_usage),
            "{fields:?} {body}: {}",
            answer.body
        );
    }
    let answer = ask(&daemon, "POST", "/aliases/", &[], Some("{\"target\":\"a@b.example\",\"days\":1}"));
    assert_eq!(answer.status, 201, "a slash at the end changes nothing");
    let (status, _) = daemon.curl(&["-X", "OPTIONS", "--request-target", "*"], "");
    assert_eq!(status, 204);
    for path in ["/tools/", "/de/tools/", "/about/"] {
        assert_eq!(daemon.curl(&[], path).0, 200, "{path}");
    }
}

/// A date alone is a day in UTC, and its last moment is meant by an end.
#[test]
fn a_date_is_a_whole_day() {
    let daemon = Daemon::start(Smarthost::start().address);
    let tomorrow = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date().tomorrow().unwrap();
    let after = tomorrow.tomorrow().unwrap();
    let order = |until: &str| post(&daemon, &[], &json!({ "target": "someone@real.example", "valid-until": until }));
    let answer = order(&tomorrow.to_string());
    assert_eq!((answer.status, &answer.body["valid_until"]), (201, &format!("{after}T00:00:00Z").into()));
    for wrong in ["2026-13-01", "tomorrow", "2026-12-01T10:00:00"] {
        let answer = order(wrong);
        assert_eq!((answer.status, &answer.body["field"]), (400, &"valid-until".into()), "{wrong}");
    }
}
