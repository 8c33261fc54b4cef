//! Tables, each run again octet by octet and from every cut; and properties.

use super::command::{self, Command, Phase, Recipient};
use super::content::Content;
use super::dot_stuffing::DotStuffer;
use super::header::{HeaderDecision, HeaderSection};
use super::line::{LineError, Lines, MAX_COMMAND_LINE_OCTETS, Next};
use super::reply::Reply;
use super::status::EnhancedCode;
use super::{reply, response};
use crate::alias::Domain;
use proptest::prelude::*;
use std::rc::Rc;

/// What comes out of the content machine, and what is left behind the final dot.
fn content(pieces: &[&[u8]]) -> (Vec<u8>, bool, Option<Vec<u8>>) {
    let (mut machine, mut out, mut rest) = (Content::default(), Vec::new(), None);
    for piece in pieces {
        match &mut rest {
            Some(rest) => Vec::extend_from_slice(rest, piece),
            None => {
                let (taken, ended) = machine.feed(piece, &mut out);
                rest = ended.then(|| piece[taken..].to_vec());
            }
        }
    }
    assert_eq!(machine.size(), out.len() as u64);
    (out, machine.is_flawed(), rest)
}

/// In any phase in which it may come.
fn parse(line: &[u8]) -> Result<Command, Reply> {
    let anywhere = |phase| command::parse(line).and_then(|parsed| parsed.allowed_in(phase));
    anywhere(Phase::Ready).or_else(|_| anywhere(Phase::Transaction))
}

fn every_cut(input: &[u8], check: impl Fn(&[&[u8]])) {
    check(&[input]);
    check(&input.chunks(1).collect::<Vec<_>>());
    for cut in 0..=input.len() {
        check(&[&input[..cut], &input[cut..]]);
    }
}

/// Input; content; whether it is flawed; what is left after the final dot.
type Row = (&'static [u8], &'static [u8], bool, Option<&'static [u8]>);

#[test]
fn contents() {
    let rows: &[Row] = &[
        (b".\r\n", b"", false, Some(b"")),
        (b"\r\n.\r\n", b"\r\n", false, Some(b"")),
        (b"a\r\n.\r\nNOOP\r\n", b"a\r\n", false, Some(b"NOOP\r\n")),
        (b"..\r\n.\r\n", b".\r\n", false, Some(b"")),
        (b".a\r\n..b\r\n.\r\n", b"a\r\n.b\r\n", false, Some(b"")),
        (b"a.\r\n.\r\n", b"a.\r\n", false, Some(b"")),
        (b".\rX\r\n.\r\n", b"\rX\r\n", true, Some(b"")),
        (b"a\n.\r\n.\r\n", b"a\n.\r\n", true, Some(b"")),
        (b"a\n.\nb\r\n.\r\n", b"a\n.\nb\r\n", true, Some(b"")),
        (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\nb\r\n", true, Some(b"")),
        (b"a\r.\r\n.\r\n", b"a\r.\r\n", true, Some(b"")),
        (b"a\r\r\n.\r\n", b"a\r\r\n", true, Some(b"")),
        (b".\r\r\n.\r\n", b"\r\r\n", true, Some(b"")),
        (b"a\0b\r\n.\r\n", b"a\0b\r\n", true, Some(b"")),
        (b"\0\r\n.\r\n", b"\0\r\n", true, Some(b"")),
        (b"\n.\r\n.\r\n", b"\n.\r\n", true, Some(b"")),
        (b"\x80\xff\r\n.\r\n", b"\x80\xff\r\n", false, Some(b"")),
        (b"a\r\n.", b"a\r\n", false, None),
    ];
    for (input, expected, flawed, rest) in rows {
        every_cut(input, |pieces| {
            let (out, bad, left) = content(pieces);
            assert_eq!((out.as_slice(), bad, left.as_deref()), (*expected, *flawed, *rest), "{}", input.escape_ascii());
        });
    }
}

/// What the lines of a stream are that comes in pieces, as a connection reads them.
fn lines(pieces: &[&[u8]]) -> Vec<Result<Vec<u8>, LineError>> {
    let (mut lines, mut input, mut found) = (Lines::default(), Vec::new(), Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        let mut at = 0;
        loop {
            match lines.next(&input[at..]) {
                Next::Line(line, taken) => {
                    found.push(line.map(<[u8]>::to_vec));
                    at += taken;
                }
                Next::Swallow(taken) => at += taken,
                Next::More => break,
            }
        }
        input.drain(..at);
        assert!(input.len() <= MAX_COMMAND_LINE_OCTETS + 1, "what is kept is bounded");
    }
    found
}

#[test]
fn lines_from_every_cut() {
    let line = |text: &[u8]| Ok(text.to_vec());
    let long = [&[b'x'; MAX_COMMAND_LINE_OCTETS + 1][..], b"\r\nNOOP\r\n"].concat();
    let longest = [&[b'x'; MAX_COMMAND_LINE_OCTETS][..], b"\r\n"].concat();
    for (input, expected) in [
        (&b"a\r\nb\r\nc"[..], vec![line(b"a"), line(b"b")]),
        (b"a\nb\r\n", vec![Err(LineError::Discipline)]),
        (b"a\nb\nc\r\nd\r\n", vec![Err(LineError::Discipline), Err(LineError::Discipline), line(b"d")]),
        (b"a\n", vec![Err(LineError::Discipline)]),
        (b"\n\r\nd\r\n", vec![Err(LineError::Discipline), line(b"d")]),
        (&[&long[..long.len() - 8], b"\nx\r\nNOOP\r\n"].concat(), vec![Err(LineError::TooLong), line(b"NOOP")]),
        (b"a\rb\r\n\0\r\nx\r\n", vec![Err(LineError::Discipline), Err(LineError::Discipline), line(b"x")]),
        (b"a\r\r\n\r\n", vec![Err(LineError::Discipline), line(b"")]),
        (&long, vec![Err(LineError::TooLong), line(b"NOOP")]),
        (&longest, vec![line(&longest[..MAX_COMMAND_LINE_OCTETS])]),
    ] {
        every_cut(input, |pieces| assert!(lines(pieces) == expected, "{:?}", pieces.iter().map(|p| p.len())));
    }
    let mut lines = Lines::default();
    assert_eq!(lines.next(&[b'x'; MAX_COMMAND_LINE_OCTETS + 2]), Next::Swallow(MAX_COMMAND_LINE_OCTETS + 1));
    assert_eq!(lines.next(b"x\r\n"), Next::Line(Err(LineError::TooLong), 3));
    assert_eq!(lines.next(b"x\r\n"), Next::Line(Ok(b"x"), 3));
}

/// Found by fuzzing: such a line was too long if its CR and its LF came one after the other.
#[test]
fn f01_the_longest_line_is_taken_from_every_cut() {
    let line = [vec![b'x'; MAX_COMMAND_LINE_OCTETS], b"\r\n".to_vec()].concat();
    for cut in MAX_COMMAND_LINE_OCTETS - 1..=line.len() {
        let mut lines = Lines::default();
        if cut < line.len() {
            assert_eq!(lines.next(&line[..cut]), Next::More, "{cut}");
        }
        assert_eq!(lines.next(&line), Next::Line(Ok(&line[..MAX_COMMAND_LINE_OCTETS]), line.len()), "{cut}");
    }
}

#[test]
fn dots_are_stuffed_from_every_cut() {
    for (content, expected) in [
        (&b""[..], &b".\r\n"[..]),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.b\r\n..\r\n", b"a\r\n..b\r\n...\r\n.\r\n"),
        (b"a.\r\n", b"a.\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"a\r", b"a\r\r\n.\r\n"),
        (b"a\n.b\r\n", b"a\n.b\r\n.\r\n"),
        (b"\r\n\r\n.", b"\r\n\r\n..\r\n.\r\n"),
    ] {
        every_cut(content, |pieces| {
            let (mut stuffer, mut out) = (DotStuffer::default(), Vec::new());
            pieces.iter().for_each(|piece| stuffer.feed(piece, &mut out));
            stuffer.end(&mut out);
            assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
        });
    }
}

#[test]
fn commands() {
    let path = |line: &str| match parse(line.as_bytes()) {
        Ok(Command::Mail(mail)) => mail.reverse_path.map_or("null".to_owned(), |m| m.as_str().to_owned()),
        Ok(Command::Rcpt(Recipient::Path(path))) => path.as_str().to_owned(),
        Ok(Command::Rcpt(Recipient::Postmaster)) => "postmaster".to_owned(),
        Ok(other) => format!("{other:?}"),
        Err(refused) => refused.code.to_string(),
    };
    for (line, expected) in [
        ("MAIL FROM:<>", "null"),
        ("mail from: <a@b.c> SIZE=12 BODY=8BITMIME", "a@b.c"),
        ("MAIL FROM:<@x,@y:a@b.c>", "a@b.c"),
        ("MAIL FROM:<\"a>b\"@b.c>", "\"a>b\"@b.c"),
        ("MAIL FROM:<a@b.c>SIZE=1", "501"),
        ("MAIL FROM:a@b.c", "a@b.c"),
        ("MAIL FROM: a@b.c SIZE=1", "a@b.c"),
        ("MAIL FROM:\"a b\"@b.c SIZE=1", "\"a b\"@b.c"),
        ("MAIL FROM:<a@b.c>\tSIZE=1", "a@b.c"),
        ("MAIL FROM:<a@b.c.>", "a@b.c"),
        ("MAIL FROM:<a@b.c..>", "501"),
        ("MAIL FROM:<a..b@b.c>", "\"a..b\"@b.c"),
        ("MAIL FROM:<.a.@b.c>", "\".a.\"@b.c"),
        ("MAIL FROM:<\u{fc}..b@b.c> SMTPUTF8", "\"\u{fc}..b\"@b.c"),
        ("MAIL FROM:<a@M\u{dc}LLER.c>", "a@xn--mller-kva.c"),
        ("MAIL FROM:<a@m\u{fc}_ller\u{378}.c> SMTPUTF8", "501"),
        ("MAIL FROM:<a@xn--a.c>", "a@xn--a.c"),
        ("MAIL FROM:", "501"),
        ("MAIL FROM:<a@b.c> SIZE=", "501"),
        ("MAIL FROM:<a@b.c> SIZE=+1", "501"),
        ("MAIL FROM:<a@b.c> SIZE=99999999999999999999999", "a@b.c"),
        ("RCPT TO:a@b.c", "a@b.c"),
        ("RCPT TO:postmaster", "postmaster"),
        ("EHLO foo bar", "Ehlo(\"foo\")"),
        ("MAIL FROM:<a@b.c", "501"),
        ("MAIL TO:<a@b.c>", "501"),
        ("MAIL", "501"),
        ("MAIL FROM:<a@b.c> SIZE=x", "501"),
        ("MAIL FROM:<a@b.c> BODY=BINARYMIME", "501"),
        ("MAIL FROM:<a@b.c> RET=HDRS", "555"),
        ("MAIL FROM:<ü@b.c>", "553"),
        ("MAIL FROM:<ü@b.c> SMTPUTF8", "ü@b.c"),
        ("RCPT TO:<PostMaster>", "postmaster"),
        ("RCPT TO:<>", "501"),
        ("RCPT TO:<a@b.c> NOTIFY=NEVER", "555"),
        ("RCPT TO:<a@b.c>", "a@b.c"),
        ("EHLO", "501"),
        ("EHLO a(b", "501"),
        ("EHLO [IPv6:::1]", "Ehlo(\"[IPv6:::1]\")"),
        ("DATA x", "501"),
        ("STARTTLS", "502"),
        ("GET / HTTP/1.1", "500"),
        ("", "500"),
    ] {
        assert_eq!(path(line), expected, "{line}");
    }
    assert_eq!(parse(b"NOOP \xff"), Err(reply::BAD_ARGUMENTS));
}

#[test]
fn replies_of_the_server_on_the_wire() {
    for (reply, line) in [
        (reply::HELP, "214 2.0.0 RFC 5321 is spoken here; aliases are made on the web"),
        (reply::BYE, "221 2.0.0 Bye"),
        (reply::OK, "250 2.0.0 OK"),
        (reply::SENDER_OK, "250 2.1.0 Sender OK"),
        (reply::RECIPIENT_OK, "250 2.1.5 Recipient OK"),
        (reply::CANNOT_VERIFY, "252 2.5.0 Send some mail, it will be tried"),
        (reply::START_MAIL_INPUT, "354 End data with <CR><LF>.<CR><LF>"),
        (reply::TOO_MANY_SESSIONS, "421 4.7.0 Too many sessions, try again later"),
        (reply::SHUTTING_DOWN, "421 4.3.2 Service shutting down, try again later"),
        (reply::TIMED_OUT, "421 4.4.2 Timed out"),
        (reply::TOO_MANY_COMMANDS, "421 4.7.0 Too many commands"),
        (reply::TOO_MANY_ERRORS, "421 4.7.0 Too many errors"),
        (reply::TOO_MANY_UNKNOWN, "421 4.7.0 Too many unknown recipients"),
        (reply::BUSY, "450 4.2.1 Mailbox busy, try again later"),
        (reply::LOCAL_ERROR, "451 4.3.0 Temporary local trouble, try again later"),
        (reply::TOO_MANY_RECIPIENTS, "452 4.5.3 Too many recipients"),
        (reply::LINE_TOO_LONG, "500 5.5.2 Line too long"),
        (reply::BAD_LINE, "500 5.5.2 Lines end with <CR><LF> and hold no other CR, LF or NUL"),
        (reply::UNKNOWN_COMMAND, "500 5.5.1 Command not recognized"),
        (reply::BAD_ARGUMENTS, "501 5.5.4 Syntax error in arguments"),
        (reply::BAD_PATH, "501 5.1.7 Bad address syntax"),
        (reply::NOT_IMPLEMENTED, "502 5.5.1 Command not implemented"),
        (reply::BAD_SEQUENCE, "503 5.5.1 Bad sequence of commands"),
        (reply::NO_RECIPIENTS, "554 5.5.1 No valid recipients"),
        (reply::UNKNOWN_USER, "550 5.1.1 User unknown"),
        (reply::NO_POSTMASTER, "550 5.1.1 Nobody reads this mailbox here"),
        (reply::RELAY_DENIED, "550 5.7.1 Relay access denied"),
        (reply::SENDER_IS_OURS, "550 5.7.1 You may not send as an address of this host"),
        (reply::TOO_LARGE, "552 5.3.4 Message too large"),
        (reply::NEEDS_UTF8, "553 5.6.7 Such an address needs SMTPUTF8"),
        (reply::EARLY_TALKER, "554 5.5.0 You must wait for the greeting"),
        (reply::BAD_CONTENT, "554 5.6.0 Message holds a bare CR, a bare LF or a NUL"),
        (reply::ROUTING_LOOP, "554 5.4.6 Routing loop detected"),
        (reply::UNKNOWN_PARAMETER, "555 5.5.4 Parameter not recognized or not implemented"),
        (Reply::new(599, EnhancedCode::new(5, 10, 100), "x"), "599 5.10.100 x"),
    ] {
        let mut out = Vec::new();
        reply.write(&mut out);
        assert_eq!(String::from_utf8_lossy(&out), format!("{line}\r\n"));
    }
}

#[test]
fn replies_of_a_next_host() {
    let text = b"250-mx\r\n250-PIPELINING\r\n250-SIZE 100\r\n250-8BITMIME\r\n250 SMTPUTF8\r\nrest";
    for cut in 0..text.len() - 4 {
        assert_eq!(response::parse(&text[..cut]), Ok(None), "{cut}");
    }
    let (status, extensions, taken) = response::parse(text).unwrap().unwrap();
    assert_eq!((status.code, taken), (250, text.len() - 4));
    assert!(extensions.pipelining && extensions.size && extensions.eight_bit_mime && extensions.smtp_utf8);
    let enhanced = |line: &[u8]| response::parse(line).unwrap().unwrap().0.enhanced;
    assert_eq!(enhanced(b"550 5.7.1 no\r\n"), EnhancedCode::new(5, 7, 1));
    for odd in ["550 4.7.1 no", "550 5.1234.1", "550 5.7", "550 5.7.1.1", "550", "550 x"] {
        assert_eq!(enhanced(format!("{odd}\r\n").as_bytes()), EnhancedCode::new(5, 0, 0), "{odd}");
    }
    for bad in ["no\r\n", "199 x\r\n", "600 x\r\n", "250_x\r\n", "\r\n"] {
        assert_eq!(response::parse(bad.as_bytes()), Err(response::ResponseError), "{bad}");
    }
    assert_eq!(response::parse(&[b'2'; 5000]), Err(response::ResponseError));
    assert_eq!(response::parse(&b"250-x\r\n".repeat(200)), Err(response::ResponseError));
}

/// Found by fuzzing: such a reply was taken if it came in one piece.
#[test]
fn f02_a_reply_line_that_is_too_long_is_refused_whole_and_in_pieces() {
    let reply = [b"220 ", &[b'x'; 4092][..], b"\r\n"].concat();
    for cut in [reply.len() - 1, reply.len()] {
        assert_eq!(response::parse(&reply[..cut]), Err(response::ResponseError), "{cut}");
    }
    assert!(matches!(response::parse(&[&reply[..4095], b"\n"].concat()), Ok(Some(_))));
}

#[test]
fn loops_are_seen_from_every_cut() {
    let looks = |header: &[u8], expected: bool| {
        every_cut(header, |pieces| {
            let mut section = HeaderSection::new(vec!["name@example.org".into()]);
            let decision = pieces.iter().map(|piece| section.feed(piece)).last();
            assert_eq!(decision == Some(HeaderDecision::Loop), expected);
        });
    };
    looks(b"Subject: x\r\ndelivered-to:  NAME@example.org \r\n\r\n", true);
    looks(b"Subject: x\r\n\r\nDelivered-To: name@example.org\r\n", false);
    looks(b"Delivered-To: other@example.org\r\nX-Delivered-To: name@example.org\r\n", false);
    let mut section = HeaderSection::new(Vec::new());
    every_cut(&b"Received: x\r\n".repeat(101), |pieces| {
        let mut section = HeaderSection::new(Vec::new());
        assert_eq!(pieces.iter().map(|piece| section.feed(piece)).last(), Some(HeaderDecision::Loop));
    });
    assert_eq!(section.feed(&b"Received: x\r\n".repeat(100)), HeaderDecision::Pass);
    assert_eq!(section.feed(b"RECEIVED : y\r\n"), HeaderDecision::Loop);
    let mut long = HeaderSection::new(Vec::new());
    assert_eq!(long.feed(&vec![b'x'; 1 << 20]), HeaderDecision::Pass);
}

#[test]
fn h5_a_from_of_ours_is_seen_from_every_cut() {
    let names: Rc<[Domain]> =
        ["example.org", "mx.example.org", "m\u{fc}ller.test"].map(|n| Domain::parse(n).unwrap()).into();
    for (header, expected) in [
        ("From: a@example.org\r\n", true),
        ("FROM : A <a@EXAMPLE.ORG.>\r\n", true),
        ("from:\r\n\ta@mx.example.org\r\n", true),
        ("From: a@b.example, c@example.org\r\n", true),
        ("From: a@b.example\r\nSubject: x\r\nFrom: c@example.org\r\n", true),
        ("From: a@b.example\r\nFrom: c@example.org\r\n", true),
        ("From: group: a@b.example, c@example.org;\r\n", true),
        ("From: a (b) @ (c(d)\\)) example (e) . org (f)\r\n", true),
        ("From: a @\r\n example.\r\n org\r\n", true),
        ("From: \"a b\"@example.org\r\n", true),
        ("From: <@example.org:a@b.example>\r\n", true),
        ("From: b <a@example.org>\r\n", true),
        ("From: b@b.example <a@example.org>\r\n", true),
        ("From: a@example.org <b@b.example> c\r\n", true),
        ("From: a@example.org <b@b.example> <c@c.example>\r\n", true),
        ("From: <b@b.example> a@example.org\r\n", true),
        ("From: <b@b.example> \"c\" <a@example.org>\r\n", true),
        ("From: <b@b.example, a@example.org>\r\n", true),
        ("From: a@example.org <b@b.example\r\n", true),
        ("From: b@b.example>, a@example.org\r\n", true),
        ("From: a@example.org, <b@b.example>\r\n", true),
        ("From: <b@b.example>, a@example.org\r\n", true),
        ("From: a@example.org <>\r\n", true),
        // An alias as the name of a program's customer, wrong by RFC 5322 and common.
        ("From: a@example.org <b@b.example>\r\n", false),
        ("From: a@example.org via Shop <b@b.example> (c)\r\n", false),
        ("From: =?utf-8?Q?a@example.org?=\r\n <b@b.example>\r\nTo: x\r\n", false),
        ("From: a@example.org <b@b.example>, c@example.org <d@d.example>\r\n", false),
        ("From: a@m\u{fc}ller.test\r\n", true),
        ("From: a@xn--mller-kva.test\r\n", true),
        ("From: \"never closed a@example.org\r\n", true),
        ("From: (never closed a@example.org\r\nSubject: x\r\n", true),
        ("Subject: x\r\n \r\nFrom: a@example.org\r\n", true),
        ("From: a@example.org", true),
        ("From: a@b.example\r\n", false),
        ("From: \"a@example.org\" <b@b.example>\r\n", false),
        ("From: b@b.example (a@example.org)\r\n", false),
        ("From: =?utf-8?q?a=40example.org?= <b@b.example>\r\n", false),
        ("From: a@sub.example.org, b@example.org.example, c@myexample.org\r\n", false),
        ("From: a@example.orgx, b@example org\r\n", false),
        ("From: example.org@b.example\r\n", false),
        ("To: a@example.org\r\nX-From: a@example.org\r\nFrom-X: a@example.org\r\n", false),
        ("Fro: a@example.org\r\nFromm: a@example.org\r\n", false),
        ("From x@example.org Mon\r\n", false),
        ("From: a@b.example\r\n\r\nFrom: c@example.org\r\n", false),
    ] {
        let expected = if expected { HeaderDecision::FromOurs } else { HeaderDecision::Pass };
        every_cut(header.as_bytes(), |pieces| {
            let mut section = HeaderSection::new(Vec::new()).guarding(Rc::clone(&names));
            for piece in pieces {
                section.feed(piece);
            }
            assert_eq!(section.end(), expected, "{header:?}");
            let mut section = HeaderSection::new(Vec::new());
            for piece in pieces {
                section.feed(piece);
            }
            assert_eq!(section.end(), HeaderDecision::Pass, "{header:?}");
        });
    }
    // However long it is, it takes no more memory, and nothing is missed behind it.
    let mut section = HeaderSection::new(Vec::new()).guarding(names);
    section.feed(b"From: (");
    section.feed(&vec![b'x'; 1 << 20]);
    section.feed(b") a@");
    section.feed(&vec![b'x'; 1 << 20]);
    assert_eq!(section.feed(b", b@example.org\r\nTo: x\r\n"), HeaderDecision::FromOurs);
}

fn lines_of_alphabet() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![Just(&b"\r\n"[..]), Just(&b"."[..]), Just(&b"x"[..]), Just(&b"\x80"[..])],
        0..40,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_is_stuffed_comes_back(text in lines_of_alphabet(), cut in 0usize..60) {
        let cut = cut.min(text.len());
        let (mut stuffer, mut wire) = (DotStuffer::default(), Vec::new());
        stuffer.feed(&text[..cut], &mut wire);
        stuffer.feed(&text[cut..], &mut wire);
        stuffer.end(&mut wire);
        let (out, flawed, rest) = content(&[&wire]);
        let whole = if text.is_empty() || text.ends_with(b"\r\n") { text } else { [&text[..], b"\r\n"].concat() };
        prop_assert_eq!((out, flawed, rest), (whole, false, Some(Vec::new())));
    }

    #[test]
    fn no_octets_are_too_strange(input in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&input);
        let _ = response::parse(&input);
        let _ = content(&[&input]);
        HeaderSection::new(Vec::new()).feed(&input);
    }

    #[test]
    fn pieces_make_no_difference(parts in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(0), Just(b'a')], 0..40), cut in 0usize..40) {
        let cut = cut.min(parts.len());
        prop_assert_eq!(content(&[&parts]), content(&[&parts[..cut], &parts[cut..]]));
    }
}
