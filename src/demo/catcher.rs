//! A mail server for one peer, our own relay: it takes every message and shows it.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Lines of a message's body that are shown.
const SHOWN_LINES: usize = 10;

/// Serves in the background for as long as the process lives.
pub(super) fn start(listener: TcpListener) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // `relay` treats a broken connection as a deferral.
            thread::spawn(move || converse(stream));
        }
    });
}

fn converse(stream: TcpStream) -> io::Result<()> {
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream;
    let mut envelope = Vec::new();
    output.write_all(b"220 demo mail catcher\r\n")?;
    loop {
        let line = read_line(&mut input)?;
        let verb: String = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let reply: &[u8] = match verb.as_str() {
            "EHLO" => b"250-demo mail catcher\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "MAIL" | "RCPT" => {
                envelope.push(line);
                b"250 2.1.0 OK\r\n"
            }
            "DATA" => {
                output.write_all(b"354 go ahead\r\n")?;
                let message = read_message(&mut input)?;
                show(&envelope, &message);
                envelope.clear();
                b"250 2.0.0 caught\r\n"
            }
            "RSET" => {
                envelope.clear();
                b"250 2.0.0 OK\r\n"
            }
            "QUIT" => return output.write_all(b"221 2.0.0 bye\r\n"),
            _ => b"250 2.0.0 OK\r\n",
        };
        output.write_all(reply)?;
    }
}

fn read_line(input: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    if input.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

/// The lines up to the final dot, dot-stuffing removed (RFC 5321 §4.5.2).
fn read_message(input: &mut impl BufRead) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let line = read_line(input)?;
        match line.strip_prefix('.') {
            Some("") => return Ok(lines),
            Some(rest) => lines.push(rest.to_owned()),
            None => lines.push(line),
        }
    }
}

fn show(envelope: &[String], message: &[String]) {
    let header = message.iter().position(String::is_empty).unwrap_or(message.len());
    let shown = message.len().min(header + 1 + SHOWN_LINES);
    let mut text = String::from("── a message has arrived ──\n");
    for line in envelope.iter().chain(&message[..shown]) {
        // A terminal obeys control characters; a stranger's mail must not command it.
        text.extend(line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }));
        text.push('\n');
    }
    match message.len() - shown {
        0 => text.push_str("──\n\n"),
        more => text.push_str(&format!("── and {more} more lines\n\n")),
    }
    // One write keeps messages of several connections apart.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
