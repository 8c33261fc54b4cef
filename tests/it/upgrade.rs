//! A table, a server key, tokens and links made by an earlier version are good for this one.
//!
//! - Aliases keep their limits, uses and owners; what was paused, not confirmed or used up takes no mail.
//! - Manage keys, tokens and links are read; what was revoked, forgotten or refused for ever stays so.
//!
//! `tests/upgrade/` holds a table of version 0.1.0 as it was in November 2026 (commit c369e67), compressed, with its key
//! and what its owners knew. It was made by [`make_the_table`].

use crate::fixture::{Alias, Caught, Daemon, Smarthost, Store};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Tokens are good for ten years: this file can be read until the end of 2036.
const SETTINGS: &str = "[web]\nurl = 'http://site.example'\ntoken_days = 3650\n[limits]\ncreations_per_address = 100";

fn files(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade").join(name)).unwrap()
}

fn bearer(secret: &Value) -> String {
    format!("Authorization: Bearer {}", secret.as_str().unwrap())
}

fn order(daemon: &Daemon, body: &str) -> (u16, String) {
    daemon.curl(&["-d", body], "/aliases")
}

fn order_by(daemon: &Daemon, token: &Value) -> u16 {
    daemon.curl(&["-X", "POST", "-H", &bearer(token)], "/aliases").0
}

fn mail(daemon: &Daemon, to: &str) -> String {
    daemon.connect().mail("a@b.example", to, b"Subject: x\r\n\r\nx")
}

/// Sets members of an alias, by its manage key.
fn change(daemon: &Daemon, alias: &Alias, body: &str) {
    let path = format!("/aliases/{}", alias.aid);
    let key = format!("Authorization: Bearer {}", alias.key);
    assert_eq!(daemon.curl(&["-X", "PATCH", "-H", &key, "-d", body], &path).0, 200);
}

fn told(alias: &Alias) -> Value {
    json!({ "address": alias.address, "aid": alias.aid, "key": alias.key })
}

fn known(alias: &Value) -> Alias {
    let text = |name: &str| alias[name].as_str().unwrap().to_owned();
    Alias { address: text("address"), aid: text("aid"), key: text("key") }
}

#[test]
fn a_table_of_an_earlier_version_is_read() {
    let made: Value = serde_json::from_slice(&files("made.json")).unwrap();
    let mut table = Vec::new();
    GzDecoder::new(files("aliases.redb.gz").as_slice()).read_to_end(&mut table).unwrap();
    let smarthost = Smarthost::start();
    let state = [("aliases.redb", table.as_slice()), ("server.key", &files("server.key"))];
    let daemon = Daemon::on_files(smarthost.address, SETTINGS, &state);

    let alias = known(&made["used"]);
    assert_eq!(daemon.remaining(&alias), 3);
    assert!(mail(&daemon, &alias.address).starts_with("250"));
    assert_eq!(smarthost.caught().remove(0).rcpt, ["RCPT TO:<someone@real.example>"]);
    assert_eq!(daemon.remaining(&alias), 2);
    for dead in ["paused", "used up", "unconfirmed"] {
        assert!(mail(&daemon, made[dead]["address"].as_str().unwrap()).starts_with("550 5.1.1"), "{dead}");
    }
    let paused = known(&made["paused"]);
    change(&daemon, &paused, "{\"paused\":false}");
    assert!(mail(&daemon, &paused.address).starts_with("250"));

    assert_eq!(order_by(&daemon, &made["token"]), 201);
    assert_eq!(order_by(&daemon, &made["revoked token"]), 401);
    assert_eq!(order_by(&daemon, &made["forgotten token"]), 401);
    assert_eq!(daemon.curl(&["-X", "DELETE", "-H", &bearer(&made["token"])], "/tokens").0, 204);
    assert_eq!(order_by(&daemon, &made["token"]), 401);

    assert_eq!(order(&daemon, "{\"target\":\"Refused+shop@real.example\",\"days\":1}").0, 403);
    let opt_out = made["link to opt out"].as_str().unwrap();
    assert_eq!(daemon.curl(&[], opt_out).0, 200);
    assert_eq!(daemon.curl(&["-X", "POST"], opt_out).0, 200);
    assert_eq!(order(&daemon, "{\"target\":\"other@real.example\",\"days\":1}").0, 403);
}

/// Links of the last notification that `smarthost` has caught.
fn links(smarthost: &Smarthost) -> Vec<String> {
    let Caught { content, .. } = smarthost.caught().pop().unwrap();
    let text = String::from_utf8(content).unwrap().replace("=\r\n", "");
    let of = |rest: &str| -> String {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
    };
    text.split("http://site.example/confirm/").skip(1).map(|rest| format!("/confirm/{}", of(rest))).collect()
}

/// Makes the files of `tests/upgrade` with the program in `TEMPALIAS_EARLIER_PROGRAM`.
#[test]
#[ignore = "makes the files that the other test reads"]
fn make_the_table() {
    let program = env::var_os("TEMPALIAS_EARLIER_PROGRAM").expect("the path of an earlier program");
    let smarthost = Smarthost::start();
    let mut daemon = Daemon::of(program.clone().into(), smarthost.address, &Store::Redb, SETTINGS);
    let token = |target: &str| -> Value {
        let body = format!("{{\"target\":\"{target}\",\"max-usage\":5}}");
        let (status, answer) = daemon.curl(&["-d", &body], "/tokens");
        assert_eq!(status, 201, "{answer}");
        serde_json::from_str::<Value>(&answer).unwrap()["token"].clone()
    };
    let opt_out = |target: &str| {
        let body = format!("{{\"target\":\"{target}\"}}");
        assert_eq!(daemon.curl(&["-d", &body], "/opt-out").0, 202);
        links(&smarthost).remove(0)
    };
    let used = daemon.alias("someone@real.example", "\"max-usage\":5");
    let used_up = daemon.alias("someone@real.example", "\"max-usage\":1");
    for alias in [&used, &used, &used_up] {
        assert!(mail(&daemon, &alias.address).starts_with("250"));
    }
    let paused = daemon.alias("someone@real.example", "\"max-usage\":5");
    change(&daemon, &paused, "{\"paused\":true}");
    let (good, revoked, forgotten) =
        (token("someone@real.example"), token("someone@real.example"), token("forgotten@real.example"));
    assert_eq!(daemon.curl(&["-X", "DELETE", "-H", &bearer(&revoked)], "/tokens").0, 204);
    let mut forget = Command::new(&program);
    forget.args(["forget", "forgotten@real.example", "--config"]).arg(daemon.config_path());
    assert!(forget.status().unwrap().success());
    let keyed =
        ["-H", "Idempotency-Key: 5b1f0f8e-8c0c-4b0a-9d5e", "-d", "{\"target\":\"keyed@real.example\",\"max-usage\":1}"];
    assert_eq!(daemon.curl(&keyed, "/aliases").0, 201);
    assert_eq!(daemon.curl(&["-X", "POST"], &opt_out("refused@real.example")).0, 200);
    let link = opt_out("other@real.example");
    // A vault that asks for confirmation makes one that waits for it.
    daemon.stop();
    let text = fs::read_to_string(daemon.config_path()).unwrap();
    fs::write(daemon.config_path(), text.replace("token_days", "confirm = true\ntoken_days")).unwrap();
    daemon.up();
    let unconfirmed = daemon.alias("someone@real.example", "\"max-usage\":5");
    daemon.stop();

    let made = json!({
        "used": told(&used),
        "used up": told(&used_up),
        "paused": told(&paused),
        "unconfirmed": told(&unconfirmed),
        "token": good,
        "revoked token": revoked,
        "forgotten token": forgotten,
        "link to opt out": link,
    });
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    fs::create_dir_all(&to).unwrap();
    fs::write(to.join("made.json"), serde_json::to_vec_pretty(&made).unwrap()).unwrap();
    fs::copy(daemon.dir().join("server.key"), to.join("server.key")).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&fs::read(daemon.dir().join("aliases.redb")).unwrap()).unwrap();
    fs::write(to.join("aliases.redb.gz"), packed.finish().unwrap()).unwrap();
}
