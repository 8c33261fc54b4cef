//! What an administrator and a newcomer type: help, check, serve on a faulty file, demo.

use crate::fixture::{DEADLINE, Smarthost, free_port, signal, until};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

fn tempalias(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tempalias")).args(arguments).output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[test]
fn help_shows_the_commands_and_not_the_hidden_one() {
    let help = text(&tempalias(&["--help"]).stdout);
    for command in ["serve", "check", "demo"] {
        assert!(help.contains(command), "{help}");
    }
    assert!(!help.contains("role"), "{help}");
}

#[test]
fn check_explains_every_fault_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("t.toml");
    fs::write(&file, "hostname = \"mx.example.org\"\ndomains = []\nhostnam = 1\n[relay]\nsmarthost = \"a b\"\n")
        .unwrap();
    for command in ["check", "serve"] {
        let output = tempalias(&[command, "--config", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(78));
        let said = text(&output.stdout) + &text(&output.stderr);
        for line in [2, 3, 5] {
            assert!(said.contains(&format!("t.toml:{line}")), "{command} does not name line {line}: {said}");
        }
    }
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/tempalias.toml");
    assert_eq!(tempalias(&["check", "--config", shipped.to_str().unwrap()]).status.code(), Some(0));
    let missing = tempalias(&["check", "--config", "/nonexistent/t.toml"]);
    assert_eq!(missing.status.code(), Some(78));
    assert!((text(&missing.stdout) + &text(&missing.stderr)).contains("/nonexistent/t.toml"));
}

#[test]
fn two_daemons_do_not_share_a_directory() {
    let daemon = crate::fixture::Daemon::start(Smarthost::start().address);
    let output = tempalias(&["serve", "--config", daemon.config_path().to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("in use by another tempalias") || text(&output.stderr).contains("listen"));
}

/// The newcomer's first minutes, with the very commands that the demo prints.
#[test]
fn the_demo_shows_two_messages_and_refuses_the_third() {
    let dir = tempfile::tempdir().unwrap();
    let shown = dir.path().join("shown");
    let temporary = dir.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let (smtp, web) = (free_port().to_string(), free_port().to_string());
    let mut demo = Command::new(env!("CARGO_BIN_EXE_tempalias"))
        .args(["demo", "--smtp-port", &smtp, "--web-port", &web])
        .env("TMPDIR", &temporary)
        .stdin(Stdio::null())
        .stdout(File::create(&shown).unwrap())
        .spawn()
        .unwrap();
    let read = || fs::read_to_string(&shown).unwrap_or_default();
    until("the demo prints its commands", || read().contains("is shown here"));
    let printed = read();
    let commands: Vec<&str> = printed.lines().filter(|line| line.contains("curl")).map(str::trim).collect();
    assert_eq!(commands.len(), 2, "{printed}");
    let script = format!("{0}\n{1} || exit 1\n{1} || exit 1\n{1}", commands[0], commands[1]);
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains("550"), "{said}");
    assert_eq!(read().matches("a message has arrived").count(), 2, "{}", read());
    for line in ["RCPT TO:<you@example.net>", "Subject: Hello", "Delivered-To: ", "It works."] {
        assert!(read().contains(line), "{line}: {}", read());
    }
    // Another demo on the same ports names the flag.
    let taken = tempalias(&["demo", "--smtp-port", &smtp, "--web-port", &web]);
    assert!(!taken.status.success() && text(&taken.stderr).contains("--smtp-port"), "{}", text(&taken.stderr));
    signal(demo.id(), "INT");
    let end = Instant::now() + DEADLINE;
    let status = loop {
        if let Some(status) = demo.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < end, "the demo does not end");
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    assert!(status.success(), "{status}");
    let left: Vec<_> = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

/// What ends a demo, by whichever signal, leaves nothing; ports that are taken are no reason to fail unless they were
/// asked for.
#[test]
fn the_demo_takes_free_ports_and_leaves_nothing_whatever_ends_it() {
    // Taken by these at the latest.
    let _taken = [2525, 8080].map(|port| std::net::TcpListener::bind(("127.0.0.1", port)));
    for end in ["HUP", "QUIT", "TERM"] {
        let dir = tempfile::tempdir().unwrap();
        let (shown, warned, temporary) = (dir.path().join("shown"), dir.path().join("warned"), dir.path().join("tmp"));
        fs::create_dir(&temporary).unwrap();
        let mut demo = Command::new(env!("CARGO_BIN_EXE_tempalias"))
            .args(["demo", "--confirm"])
            .env("TMPDIR", &temporary)
            .stdin(Stdio::null())
            .stdout(File::create(&shown).unwrap())
            .stderr(File::create(&warned).unwrap())
            .spawn()
            .unwrap();
        until("the demo prints its commands", || fs::read_to_string(&shown).unwrap().contains("is shown here"));
        let printed = fs::read_to_string(&shown).unwrap();
        assert!(!printed.contains(":2525") && !printed.contains(":8080/"), "{printed}");
        let create = printed.lines().find(|line| line.contains("alias=$(")).unwrap().trim();
        assert!(Command::new("sh").args(["-c", create]).status().unwrap().success());
        until("the link has arrived", || fs::read_to_string(&shown).unwrap().contains("RCPT TO:<you@example.net>"));
        assert_eq!(fs::read_to_string(&warned).unwrap(), "", "warnings that nobody can act on");
        signal(demo.id(), end);
        until("the demo has ended", || demo.try_wait().unwrap().is_some());
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "SIG{end} leaves something behind");
    }
    let refused = Command::new(env!("CARGO_BIN_EXE_tempalias")).arg("demo").env("TMPDIR", "/nowhere").output().unwrap();
    assert!(text(&refused.stderr).contains("/nowhere/") && text(&refused.stderr).contains("TMPDIR"));
}
