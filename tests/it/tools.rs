//! The tools that people use deliver through it, into smtp-sink and into a real Postfix, and what
//! arrives below our trace headers is octet for octet what was sent (P10).

use crate::fixture::{Daemon, Mailboxes, Postfix, Sink, until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A message with LF line ends: 8-bit, long lines, leading dots, and about `size` octets of body.
fn message(subject: &str, size: usize) -> Vec<u8> {
    let mut message = format!(
        "From: <a@b.example>\nTo: <x@example.org>\nSubject: {subject}\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nMessage-ID: <{subject}@b.example>\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n.dot\n..dots\n.\n\u{fc}mlaut \u{2709}\n"
    )
    .into_bytes();
    message.retain(|&b| b != 0);
    // Not a lone dot: some of the tools take that for the end.
    let lone = message.windows(3).position(|w| w == b"\n.\n").unwrap();
    message.splice(lone + 1..lone + 2, *b". x");
    message.extend([vec![b'w'; 990], b"\n".to_vec()].concat());
    let mut n = 0_u32;
    while message.len() < size {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        message.extend(format!("{n:08x} the quick brown fox jumps over the lazy dog {n:08x}\n").into_bytes());
    }
    message
}

fn digest(octets: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, octets).as_ref().to_vec()
}

struct Post {
    host: String,
    port: String,
    to: String,
    file: PathBuf,
}

type Send = fn(&Post) -> Command;

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn swaks(post: &Post) -> Command {
    let data = format!("@{}", post.file.display());
    command(
        "swaks",
        &["--server", &post.host, "--port", &post.port, "-f", "a@b.example", "-t", &post.to, "--data", &data],
    )
}

fn curl(post: &Post) -> Command {
    let url = format!("smtp://{}:{}", post.host, post.port);
    let file = post.file.to_str().unwrap();
    command(
        "curl",
        &["-sS", "--crlf", &url, "--mail-from", "a@b.example", "--mail-rcpt", &post.to, "--upload-file", file],
    )
}

fn smtplib(post: &Post) -> Command {
    const SCRIPT: &str = "import smtplib, sys\n\
        data = open(sys.argv[4], 'rb').read().replace(b'\\n', b'\\r\\n')\n\
        s = smtplib.SMTP(sys.argv[1], int(sys.argv[2]))\n\
        s.sendmail('a@b.example', [sys.argv[3]], data, mail_options=['BODY=8BITMIME'])\n\
        s.quit()";
    command("python3", &["-c", SCRIPT, &post.host, &post.port, &post.to, post.file.to_str().unwrap()])
}

fn smtp_source(post: &Post) -> Command {
    let server = format!("{}:{}", post.host, post.port);
    let file = post.file.to_str().unwrap();
    command("/usr/sbin/smtp-source", &["-F", file, "-f", "a@b.example", "-t", &post.to, &server])
}

fn all_deliver_into(next: &impl Mailboxes) {
    let daemon = Daemon::start(next.address());
    let alias = daemon.alias("someone@real.example", "\"days\":1");
    let tools: [(&str, Send, usize); 6] = [
        ("swaks", swaks, 100_000),
        ("curl", curl, 100_000),
        ("smtplib", smtplib, 100_000),
        ("smtp-source", smtp_source, 100_000),
        ("curl-25MB", curl, 25 << 20),
        ("smtplib-25MB", smtplib, 25 << 20),
    ];
    for (name, tool, size) in tools {
        let sent = message(name, size);
        let file = daemon.dir().join(name);
        fs::write(&file, &sent).unwrap();
        let post = Post {
            host: daemon.smtp_address().ip().to_string(),
            port: daemon.smtp_address().port().to_string(),
            to: alias.address.clone(),
            file,
        };
        let output = tool(&post).output().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat())
        );
        let mark = format!("Subject: {name}\n").into_bytes();
        let find = || next.messages().into_iter().find(|m| m.windows(mark.len()).any(|w| w == mark));
        // Postfix delivers after it has answered.
        until(&format!("{name}'s message is there"), || find().is_some());
        let mut arrived = find().unwrap();
        let begin = arrived.windows(20).position(|w| w == b"From: <a@b.example>\n").unwrap();
        arrived.drain(..begin);
        while arrived.ends_with(b"\n\n") {
            arrived.pop(); // smtp-sink ends a file with an empty line
        }
        assert_eq!(digest(&arrived), digest(&sent), "{name}: {} of {} octets", arrived.len(), sent.len());
        for path in next.directory().read_dir().unwrap() {
            fs::remove_file(path.unwrap().path()).unwrap();
        }
    }
    let log = daemon.log();
    assert!(!log.contains("real.example") && !log.contains(&alias.address), "{log}");
    assert_eq!(log.matches("code=250").count(), tools.len(), "one line a message: {log}");
}

#[test]
fn into_smtp_sink() {
    all_deliver_into(&Sink::start());
}

#[test]
fn into_a_real_postfix() {
    let Some(postfix) = Postfix::start() else {
        eprintln!("not root: Postfix cannot be started, nothing is tested");
        return;
    };
    assert!(Path::new("/usr/sbin/postfix").exists());
    all_deliver_into(&postfix);
}
