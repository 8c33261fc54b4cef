//! Password managers, unchanged: what Bitwarden's clients send to a self-hosted addy.io or SimpleLogin, octet by octet.
//!
//! What they do, as published on GitHub (bitwarden/clients, `simple-login.ts` of 08b40ba and `rest-client.spec.ts` of
//! b5f5281; bitwarden/sdk-internal at b57d1bb):
//!
//! | | TypeScript: extension, desktop, web | its ancestor, until 2024 | Rust SDK: `bitwarden-generators` |
//! |---|---|---|---|
//! | where | `libs/tools/generator/core/src/integration`, `…/engine/rpc` | `libs/common/src/tools/generator/username/forwarders` | `src/username_forwarders` |
//! | base URL | as typed, path appended: a slash at its end gives `//api` | the same | the same |
//! | addy.io: where, who | `/api/v1/aliases`, `Authorization: Bearer TOKEN` | the same, `X-Requested-With: XMLHttpRequest` | the same as the ancestor |
//! | addy.io: body | `domain` (never empty), `description` | the same | both texts, `domain` may be empty |
//! | SimpleLogin: where, who | `/api/alias/random/new`, `Authentication: TOKEN` | the same | the same |
//! | SimpleLogin: query | `?hostname=` and the website, not escaped; none without a website | the same | the same, what the URL parser escapes is |
//! | SimpleLogin: body | `note` | `note` | `note` |
//! | `Content-Type` | `application/json` | `application/json` | `application/json` |
//! | `Accept` | `application/json` | the browser's `*/*` | `*/*` |
//! | redirects | `manual`: a redirect is a failure | `manual` | followed, and a POST becomes a GET |
//! | cross-origin | the extension may; the web vault's policy (`apps/web`) names the services it speaks to, and none that is self-hosted | the same | in a browser, as fetch: with a preflight |
//! | success | 200 or 201 | 200 or 201 | any 2xx |
//! | reads | `data.email`; `alias` | `data.email`; `alias` | `data.email`; `alias`, each a text |
//! | 401 | "invalid token", with what is below | "invalid token" | "invalid API key" |
//! | 403 | "refused", with what is below | the reason phrase, `error` | status line |
//! | other errors | `error: message` of the JSON, or text without `<`, or the reason phrase | SimpleLogin: `error` | status line |
//!
//! The website is a host name, or the whole URL of the item, however long. Not escaped means: by Bitwarden. What makes
//! requests of URLs, in browsers as in Rust, escapes controls, the space, `"`, `<`, `>` and (in browsers) what is not
//! ASCII, and takes `#` for the end; all else comes as it is. The released SDK speaks to https:// only.
//!
//! SimpleLogin's own server answers 201 with the fields that its `docs/api.md` lists, and `alias`; addy.io's with its
//! `AliasResource`.

use crate::fixture::{DEADLINE, Daemon, Smarthost, Store};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const ADDY: &str = "/api/v1/aliases";
const SIMPLE_LOGIN: &str = "/api/alias/random/new";

/// An answer, taken apart.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// What came to exactly these octets.
    fn to(daemon: &Daemon, request: &str) -> Self {
        let mut stream = TcpStream::connect(daemon.web_address()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}\n{answer}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// A text that must be there.
    fn text(&self, pointer: &str) -> String {
        let found = self.json();
        found.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {found}")).to_owned()
    }

    fn has(&self, field: &str) -> bool {
        self.head.lines().any(|line| line == field)
    }
}

/// A client's way to ask.
struct Client {
    name: &'static str,
    fields: &'static [&'static str],
}

const TYPESCRIPT: Client = Client {
    name: "TypeScript",
    fields: &[
        "Accept: application/json",
        "Accept-Language: en",
        "Cache-Control: no-cache",
        "Pragma: no-cache",
        "Sec-Fetch-Mode: cors",
    ],
};
const ANCESTOR: Client = Client {
    name: "its ancestor",
    fields: &[
        "Accept: */*",
        "Accept-Encoding: gzip, deflate, br",
        "X-Requested-With: XMLHttpRequest",
        "Origin: chrome-extension://x",
    ],
};
const RUST: Client = Client { name: "Rust SDK", fields: &["accept: */*", "x-requested-with: XMLHttpRequest"] };

const CLIENTS: [Client; 3] = [TYPESCRIPT, ANCESTOR, RUST];

impl Client {
    fn post(&self, daemon: &Daemon, target: &str, token: &str, body: &str) -> Answer {
        let fields: String = self.fields.iter().map(|field| format!("{field}\r\n")).collect();
        Answer::to(
            daemon,
            &format!(
                "POST {target} HTTP/1.1\r\nHost: alias.example\r\n{token}\r\nContent-Type: application/json\r\n{fields}\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            ),
        )
    }
}

fn token(daemon: &Daemon, order: &Value) -> String {
    let (status, answer) = daemon.curl(&["-d", &order.to_string()], "/tokens");
    assert_eq!(status, 201, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

fn start() -> (Smarthost, Daemon, String) {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let token = token(&daemon, &json!({ "target": "someone@real.example", "days": 3, "max-usage": 5 }));
    (smarthost, daemon, token)
}

fn delivers(daemon: &Daemon, address: &str) -> bool {
    daemon.connect().mail("a@b.example", address, b"x").starts_with("250")
}

#[test]
fn addy() {
    let (smarthost, daemon, token) = start();
    let bearer = format!("Authorization: Bearer {token}");
    let about = "Website: https://shop.example/login?next=%2F. Generated by Bitwarden.";
    let mut made = 0;
    for client in &CLIENTS {
        for (target, body, domain) in [
            (ADDY, json!({ "domain": "example.org", "description": about }), "example.org"),
            // The base URL ends in a slash, or in two.
            ("//api/v1/aliases", json!({ "domain": "two.example", "description": about }), "two.example"),
            ("///api/v1/aliases", json!({ "domain": "Two.Example", "description": about }), "two.example"),
            ("/api/v1/aliases/", json!({ "domain": " example.org", "description": "" }), "example.org"),
            ("/api/v1/aliases?x=https://a.example/?b#", json!({ "domain": "", "description": null }), "example.org"),
            (ADDY, json!({ "domain": null, "description": null }), "example.org"),
            (ADDY, json!({ "description": about }), "example.org"),
            (ADDY, json!({ "domain": "two.example" }), "two.example"),
            (ADDY, json!({ "domain": null, "description": 5, "local_part": "me", "format": "uuid" }), "example.org"),
            (ADDY, json!({}), "example.org"),
        ] {
            let target = target.trim_end_matches('#');
            let answer = client.post(&daemon, target, &bearer, &body.to_string());
            let what = format!("{}: {target} {body}: {} {}", client.name, answer.status, answer.body);
            assert_eq!(answer.status, 201, "{what}");
            let address = answer.text("/data/email");
            assert!(address.ends_with(&format!("@{domain}")), "{what}");
            assert!(!answer.body.contains("real.example") && !answer.body.contains("shop.example"), "{what}");
            made += 1;
            if body.get("local_part").is_some() {
                assert!(delivers(&daemon, &address), "{what}");
            }
        }
        // Nothing at all is also a body.
        assert_eq!(client.post(&daemon, ADDY, &bearer, "").status, 201, "{}", client.name);
    }
    assert_eq!((made, smarthost.count()), (30, 3));
}

#[test]
fn addy_tells_all_that_addy_tells() {
    let (_smarthost, daemon, token) = start();
    let answer =
        TYPESCRIPT.post(&daemon, ADDY, &format!("Authorization: Bearer {token}"), "{\"domain\":\"two.example\"}");
    let mut data = answer.json()["data"].take();
    let email = data["email"].as_str().unwrap().to_owned();
    let name = email.strip_suffix("@two.example").unwrap();
    let known = [("id", name), ("local_part", name), ("domain", "two.example"), ("email", &email)];
    let data = data.as_object_mut().unwrap();
    for (field, value) in known {
        assert_eq!(data.remove(field).unwrap(), value, "{field}");
    }
    for time in ["created_at", "updated_at"] {
        let time = data.remove(time).unwrap();
        let time = time.as_str().unwrap();
        assert!(time.len() == 19 && time.starts_with("20") && time.as_bytes()[10] == b' ', "{time}");
    }
    assert!(data.remove("manage_url").unwrap().as_str().unwrap().contains(&format!("/manage/{email}/")));
    assert_eq!(
        Value::Object(data.clone()),
        json!({
            "user_id": null, "aliasable_id": null, "aliasable_type": null, "extension": null,
            "active": true, "pinned": false, "description": null, "from_name": null, "attached_recipients_only": false,
            "emails_forwarded": 0, "emails_blocked": 0, "emails_replied": 0, "emails_sent": 0, "recipients": [],
            "last_forwarded": null, "last_blocked": null, "last_replied": null, "last_sent": null, "deleted_at": null,
        })
    );
}

#[test]
fn simple_login() {
    let (smarthost, daemon, token) = start();
    let authentication = format!("Authentication: {token}");
    let note = json!({ "note": "Website: https://shop.example/a?b=c. Generated by Bitwarden." }).to_string();
    let mut made = 0;
    for client in &CLIENTS {
        for query in [
            "",
            "?hostname=shop.example",
            "?hostname=https://shop.example/a/b?c=d&e=f",
            "?hostname=https%3A%2F%2Fshop.example%2Fa%20b%3Fc%3Dd",
            "?hostname=https://user:pass@shop.example:8443/%zz/%",
            "?hostname=androidapp://com.shop.example",
            "?hostname=http://[::1]:8080/{x}|y^z`",
            "?hostname=https://shop.example/\u{fc}ber/\u{4f60}\u{597d}",
            "?hostname=",
            "?hostname",
            "?",
            "?mode=word&hostname=a&hostname=b",
            "?mode=neither",
        ] {
            let target = format!("{SIMPLE_LOGIN}{query}");
            let answer = client.post(&daemon, &target, &authentication, &note);
            let what = format!("{}: {target}: {} {}", client.name, answer.status, answer.body);
            assert_eq!(answer.status, 201, "{what}");
            assert_eq!(answer.text("/alias"), answer.text("/email"), "{what}");
            assert!(!answer.body.contains("real.example") && !answer.body.contains("shop.example"), "{what}");
            made += 1;
        }
        for (target, body) in [
            ("//api/alias/random/new?hostname=https://shop.example", note.as_str()),
            ("/api/alias/random/new/", &note),
            ("//api/alias/random/new/?hostname=x", "{\"note\":null}"),
            (SIMPLE_LOGIN, "{}"),
            (SIMPLE_LOGIN, ""),
            (SIMPLE_LOGIN, "null"),
            (SIMPLE_LOGIN, "{\"note\":7,\"domain\":\"else.example\"}"),
        ] {
            let answer = client.post(&daemon, target, &authentication, body);
            assert_eq!(answer.status, 201, "{}: {target} {body}: {}", client.name, answer.body);
            made += 1;
        }
        let bearer = format!("Authorization: Bearer {token}");
        let answer = client.post(&daemon, SIMPLE_LOGIN, &bearer, &note);
        assert!(delivers(&daemon, &answer.text("/alias")));
        // A page's address may be longer than any other body.
        let long = json!({ "note": format!("Website: https://shop.example/?q={}.", "x".repeat(8000)) }).to_string();
        let target = format!("{SIMPLE_LOGIN}?hostname=https://shop.example/?q={}", "x".repeat(8000));
        let answer = client.post(&daemon, &target, &authentication, &long);
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    assert_eq!((made, smarthost.count()), (60, 3));
}

#[test]
fn simple_login_tells_all_that_simple_login_tells() {
    let (_smarthost, daemon, token) = start();
    let answer = RUST.post(&daemon, SIMPLE_LOGIN, &format!("Authentication: {token}"), "{\"note\":\"x\"}");
    let mut answer = answer.json();
    let fields = answer.as_object_mut().unwrap();
    let alias = fields.remove("alias").unwrap();
    assert_eq!(Some(&alias), fields.remove("email").as_ref());
    let date = fields.remove("creation_date").unwrap();
    let date = date.as_str().unwrap();
    assert!(date.len() == 25 && date.ends_with("+00:00"), "{date}");
    assert!(fields.remove("creation_timestamp").unwrap().as_u64().unwrap() > 1_700_000_000);
    assert!(fields.remove("manage_url").unwrap().as_str().unwrap().contains("/manage/"));
    assert_eq!(
        answer,
        json!({
            "id": null, "name": null, "enabled": true, "note": null, "nb_block": 0, "nb_forward": 0, "nb_reply": 0,
            "latest_activity": null, "mailbox": null, "mailboxes": [], "support_pgp": false, "disable_pgp": false,
            "pinned": false,
        })
    );
}

#[test]
fn the_limits_are_the_tokens() {
    let (_smarthost, daemon, token) = start();
    for (target, pointer) in [(ADDY, "/data/manage_url"), (SIMPLE_LOGIN, "/manage_url")] {
        let answer = TYPESCRIPT.post(&daemon, target, &format!("Authorization: Bearer {token}"), "{}");
        let manage = answer.text(pointer);
        let mut parts = manage.rsplit('/');
        let (key, address) = (parts.next().unwrap(), parts.next().unwrap());
        let (status, alias) =
            daemon.curl(&["-H", &format!("Authorization: Bearer {key}")], &format!("/aliases/{address}"));
        let alias: Value = serde_json::from_str(&alias).unwrap();
        assert_eq!((status, &alias["max_usage"], &alias["confirmed"]), (200, &json!(5), &json!(true)), "{alias}");
        assert!(alias["valid_until"].is_string(), "{alias}");
    }
}

#[test]
fn bad_tokens() {
    let (_smarthost, daemon, token) = start();
    let cut = &token[..token.len() - 1];
    let other = Daemon::start(Smarthost::start().address);
    let elsewhere = self::token(&other, &json!({ "target": "someone@real.example", "days": 3 }));
    let revoked = self::token(&daemon, &json!({ "target": "someone@real.example", "days": 3 }));
    let (status, _) = daemon.curl(&["-X", "DELETE", "-H", &format!("Authorization: Bearer {revoked}")], "/tokens");
    assert_eq!(status, 204);
    for client in &CLIENTS {
        for target in [ADDY, "//api/v1/aliases", SIMPLE_LOGIN, "//api/alias/random/new?hostname=https://x.example/"] {
            for field in [
                "X-Nothing: x".to_owned(),
                "Authorization: Bearer ".to_owned(),
                "Authorization: Basic dXNlcjpwYXNz".to_owned(),
                "Authentication: ".to_owned(),
                "Authentication: MY_TOKEN".to_owned(),
                "Authorization: Bearer MY_TOKEN".to_owned(),
                format!("Authorization: Bearer {cut}"),
                format!("Authentication: {token}x"),
                format!("Authentication: {elsewhere}"),
                format!("Authorization: Bearer {revoked}"),
            ] {
                let answer = client.post(&daemon, target, &field, "{\"domain\":\"example.org\"}");
                let what = format!("{}: {target} {field}: {} {}", client.name, answer.status, answer.body);
                assert_eq!(answer.status, 401, "{what}");
                assert_eq!(answer.text("/error"), "unauthorized", "{what}");
                assert!(answer.text("/message").contains("token"), "{what}");
                assert!(answer.has("www-authenticate: bearer"), "{what}: {}", answer.head);
                assert!(answer.has("access-control-allow-origin: *"), "{what}: {}", answer.head);
                assert!(!answer.body.contains('<') && !answer.head.contains("location:"), "{what}");
            }
        }
    }
}

#[test]
fn a_domain_that_is_not_ours() {
    let (_smarthost, daemon, token) = start();
    for client in &CLIENTS {
        for domain in ["else.example", "org", "x.example.org", "not a domain", "@", "example.org."] {
            let body = json!({ "domain": domain, "description": "x" }).to_string();
            let answer = client.post(&daemon, ADDY, &format!("Authorization: Bearer {token}"), &body);
            let what = format!("{}: {domain}: {} {}", client.name, answer.status, answer.body);
            assert_eq!(answer.status, 403, "{what}");
            assert_eq!((answer.text("/error"), answer.text("/field")), ("forbidden".into(), "domain".into()), "{what}");
            assert!(answer.text("/message").contains("domain"), "{what}");
        }
    }
    for body in ["{\"domain\":7}", "{\"domain\":[\"example.org\"]}", "[]", "{", "domain=example.org"] {
        let answer = RUST.post(&daemon, ADDY, &format!("Authorization: Bearer {token}"), body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(!answer.text("/error").is_empty() && !answer.text("/message").is_empty());
    }
}

#[test]
fn errors_say_what_in_error_and_message() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::with(smarthost.address, &Store::Any, "[limits]\ncreations_per_address = 1");
    let token = token(&daemon, &json!({ "target": "someone@real.example", "days": 3 }));
    let field = format!("Authentication: {token}");
    assert_eq!(TYPESCRIPT.post(&daemon, SIMPLE_LOGIN, &field, "{}").status, 201);
    let answers = [
        (429, TYPESCRIPT.post(&daemon, ADDY, &field, "{}")),
        (429, RUST.post(&daemon, SIMPLE_LOGIN, &field, "{}")),
        (413, RUST.post(&daemon, ADDY, &field, &format!("{{\"description\":\"{}\"}}", "x".repeat(20_000)))),
        (413, RUST.post(&daemon, SIMPLE_LOGIN, &field, &" ".repeat(20_000))),
        (405, Answer::to(&daemon, "GET //api/v1/aliases HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
        (405, Answer::to(&daemon, "PUT /api/alias/random/new/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
    ];
    for (status, answer) in answers {
        let what = format!("{}\n{}", answer.head, answer.body);
        assert_eq!(answer.status, status, "{what}");
        assert!(!answer.text("/error").is_empty() && !answer.text("/message").is_empty(), "{what}");
        assert!(answer.has("access-control-allow-origin: *"), "{what}");
        assert_eq!(answer.head.contains("\r\nretry-after: "), status == 429, "{what}");
        assert_eq!(answer.has("allow: post, options"), status == 405, "{what}");
        assert!(!answer.body.contains("real.example"), "{what}");
    }
}

#[test]
fn preflight() {
    let daemon = Daemon::start(Smarthost::start().address);
    for target in
        [ADDY, "//api/v1/aliases", "/api/v1/aliases/", SIMPLE_LOGIN, "//api/alias/random/new?hostname=https://x/"]
    {
        for wanted in ["authorization,content-type,x-requested-with", "authentication,content-type", "accept"] {
            let answer = Answer::to(
                &daemon,
                &format!(
                    "OPTIONS {target} HTTP/1.1\r\nHost: x\r\nOrigin: https://vault.example\r\nConnection: close\r\n\
                     Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: {wanted}\r\n\r\n"
                ),
            );
            assert_eq!(answer.status, 204, "{target} {}", answer.head);
            let line = |name: &str| {
                let found = answer.head.lines().find_map(|line| line.strip_prefix(name));
                found.unwrap_or_else(|| panic!("{target}: {}", answer.head)).to_owned()
            };
            assert_eq!(line("access-control-allow-origin: "), "*");
            assert!(line("access-control-allow-methods: ").contains("post"));
            let allowed = line("access-control-allow-headers: ");
            let allowed: Vec<&str> = allowed.split(',').map(str::trim).collect();
            assert!(wanted.split(',').all(|name| allowed.contains(&name)), "{allowed:?}");
        }
    }
}
