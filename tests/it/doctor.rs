//! What `tempalias doctor` finds, with a daemon that runs, and with what is broken. The DNS is looked at in
//! tests/system, where there is one.

use crate::fixture::{Daemon, Smarthost, Store, free_port, signal, until};
use serde_json::Value;
use std::process::Command;

/// Exit code, and every finding as `state subject: what`.
fn doctor(daemon: &Daemon) -> (Option<i32>, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tempalias"));
    let output = command.args(["doctor", "--json", "--config"]).arg(daemon.config_path()).output().unwrap();
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let line = |f: &Value| format!("{} {}: {}", text(f, "state"), text(f, "subject"), text(f, "what"));
    (output.status.code(), findings.as_array().unwrap().iter().map(line).collect())
}

#[track_caller]
fn has(findings: &[String], state_and_subject: &str, what: &str) {
    let found = findings.iter().any(|finding| finding.starts_with(state_and_subject) && finding.contains(what));
    assert!(found, "no {state_and_subject} … {what} in {findings:#?}");
}

/// The ports that the test gave the daemon, in its configuration too.
fn daemon(smarthost: &Smarthost, overrides: &str) -> Daemon {
    let (smtp, web) = (free_port(), free_port());
    let listen = format!("[smtp]\nlisten = ['127.0.0.1:{smtp}']\n[web]\nlisten = ['127.0.0.1:{web}']");
    let all = format!("postmaster = 'boss@real.example'\n{listen}\n{overrides}");
    Daemon::on_ports(smarthost.address, &Store::Any, &all, smtp, web)
}

#[test]
fn all_is_well_but_the_names() {
    let smarthost = Smarthost::start();
    let daemon = daemon(&smarthost, "");
    let (code, findings) = doctor(&daemon);
    has(&findings, "ok config", "is valid");
    has(&findings, "ok daemon", "processes");
    has(&findings, "ok port", "answers as mx.example.org");
    has(&findings, "ok store", "");
    has(&findings, "ok smarthost", "takes mail for the postmaster");
    has(&findings, "warning smarthost", "takes postmaster%example.org@mx.example.org as a recipient");
    // Nobody's name; where there is no DNS, that is said and nothing is guessed.
    let unasked = findings.iter().any(|finding| finding.contains("could not be asked about mx.example.org"));
    if !unasked {
        has(&findings, "fault dns", "mx.example.org has no address");
    }
    let faults = findings.iter().any(|finding| finding.starts_with("fault"));
    assert_eq!(code, Some(if faults { 69 } else { 0 }), "{findings:#?}");
    assert_eq!(smarthost.count(), 0, "no mail is sent");
    assert!(findings.iter().all(|finding| !finding.contains("boss@real.example")));
}

#[test]
fn a_port_that_wants_the_proxy_protocol_is_asked_in_it() {
    let smarthost = Smarthost::start();
    let proxied = "proxy_protocol = true\ntrusted_proxies = ['127.0.0.0/8']";
    let (_, findings) = doctor(&daemon(&smarthost, proxied));
    assert_eq!(findings.iter().filter(|finding| finding.starts_with("ok port")).count(), 2, "{findings:#?}");
}

#[test]
fn each_fault_has_its_cure() {
    let smarthost = Smarthost::start();
    let daemon = daemon(&smarthost, "");
    smarthost.answer("RCPT", "554 5.7.1 <boss@real.example>: Relay access denied");
    let (_, findings) = doctor(&daemon);
    has(&findings, "fault smarthost", "allow this host to relay");
    smarthost.stop();
    let (_, findings) = doctor(&daemon);
    has(&findings, "fault smarthost", "start it, or correct smarthost");
    signal(daemon.pid(), "TERM");
    until("it has ended", || crate::fixture::is_gone(daemon.pid()));
    let (_, findings) = doctor(&daemon);
    has(&findings, "warning daemon", "does not run");
    std::fs::write(daemon.config_path(), "hostnam = 'x'").unwrap();
    let (code, findings) = doctor(&daemon);
    has(&findings, "fault config", "did you mean hostname?");
    assert_eq!(code, Some(69));
}

/// What the smarthost says, verb by verb, and what that means.
#[test]
fn a_smarthost_that_refuses() {
    let smarthost = Smarthost::start();
    let daemon = daemon(&smarthost, "");
    for (verb, reply, state, what) in [
        ("CONNECT", "554 5.7.1 no", "fault smarthost", "greets with 554"),
        ("CONNECT", "421 4.3.2 no", "warning smarthost", "defers for now (421)"),
        ("CONNECT", "HTTP/1.1 400 Bad Request", "fault smarthost", "does not speak SMTP with us (not SMTP)"),
        ("EHLO", "502 5.5.1 no", "fault smarthost", "answers EHLO with 502"),
        ("EHLO", "250 smarthost.example", "warning smarthost", "has no 8BITMIME"),
        ("MAIL", "550 5.7.1 no", "fault smarthost", "takes no mail from our domain (550)"),
        ("MAIL", "421 4.3.2 no", "warning smarthost", "defers for now (421)"),
        ("RCPT", "450 4.7.1 greylisted", "warning smarthost", "defers for now (450)"),
        ("RCPT", "421 4.3.2 no", "warning smarthost", "defers for now (421)"),
        ("RCPT", "", "fault smarthost", "does not speak SMTP with us"),
    ] {
        smarthost.answer(verb, reply);
        has(&doctor(&daemon).1, state, what);
        smarthost.answer_well();
    }
    assert_eq!(smarthost.count(), 0);
}
