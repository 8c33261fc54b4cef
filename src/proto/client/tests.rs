//! Every state with every class of reply, and with every command; whole dialogs. Each table is run again octet by octet
//! and split at every index.

use super::*;

/// The replies that are tried in each state, by class (RFC 5321 §4.2.1); the last one is none.
const REPLIES: [&str; 6] = ["250 x\r\n", "354 x\r\n", "450 x\r\n", "550-x\r\n550 x\r\n", "421 x\r\n", "HTTP/1.1\r\n"];

const STATES: [&str; 16] = [
    "Greeting",
    "Ehlo",
    "Helo",
    "Ready",
    "Ready, RSET owed",
    "Mail",
    "Mail, RCPT behind it",
    "MailRefused",
    "Rcpt",
    "Open",
    "Data",
    "Content",
    "DotQueued",
    "DotFlushed",
    "Quit",
    "Closed",
];

fn address(text: &str) -> RealAddress {
    RealAddress::parse_new(text).unwrap()
}

fn hello(announced: &[u8]) -> ClientSession {
    let mut client = ClientSession::new("us.example");
    let greetings = [b"220 x\r\n", announced].concat();
    let events = converse(&mut client, &[&greetings], &mut Vec::new());
    assert_eq!(events, Ok(vec![ClientEvent::Ready]));
    client
}

/// A dialog with a host that knows PIPELINING, in the state of this name.
fn at(state: &str) -> ClientSession {
    let mut client = hello(b"250-x\r\n250-PIPELINING\r\n250 SIZE\r\n");
    let out = &mut Vec::new();
    let one = address("one@a.example");
    let hear = |client: &mut ClientSession, replies: &str| {
        converse(client, &[replies.as_bytes()], &mut Vec::new()).unwrap();
    };
    match state {
        "Greeting" => return ClientSession::new("us.example"),
        "Ehlo" | "Helo" => {
            client = ClientSession::new("us.example");
            hear(&mut client, "220 x\r\n");
            if state == "Helo" {
                hear(&mut client, "502 x\r\n");
            }
        }
        "Ready" => {}
        "Ready, RSET owed" => client.reset(out).unwrap(),
        "Mail" => client.mail(&MailFrom::default(), &[], out).unwrap(),
        "Mail, RCPT behind it" => client.mail(&MailFrom::default(), &[&one], out).unwrap(),
        "MailRefused" => {
            client.mail(&MailFrom::default(), &[&one], out).unwrap();
            hear(&mut client, "452 x\r\n");
        }
        "Rcpt" | "Open" | "Data" | "Content" | "DotQueued" | "DotFlushed" => {
            client.mail(&MailFrom::default(), &[&one], out).unwrap();
            hear(&mut client, "250 x\r\n");
            if state == "Rcpt" {
                return client;
            }
            hear(&mut client, "250 x\r\n");
            if state == "Open" {
                return client;
            }
            client.data(out).unwrap();
            if state == "Data" {
                return client;
            }
            hear(&mut client, "354 x\r\n");
            if state == "Content" {
                return client;
            }
            client.content(b"x\r\n", out).unwrap();
            client.end(out).unwrap();
            if state == "DotFlushed" {
                client.flushed();
            }
        }
        "Quit" => client.quit(out).unwrap(),
        "Closed" => client.lost(),
        other => panic!("no state {other}"),
    }
    client
}

fn name(client: &ClientSession) -> &'static str {
    match client.state {
        State::Greeting { .. } => "Greeting",
        State::Ehlo { .. } => "Ehlo",
        State::Helo { .. } => "Helo",
        State::Ready if client.owed_resets > 0 => "Ready, RSET owed",
        State::Ready => "Ready",
        State::Mail { recipients: 0 } => "Mail",
        State::Mail { .. } => "Mail, RCPT behind it",
        State::MailRefused { .. } => "MailRefused",
        State::Rcpt { .. } => "Rcpt",
        State::Open => "Open",
        State::Data => "Data",
        State::Content(_) => "Content",
        State::DotQueued => "DotQueued",
        State::DotFlushed => "DotFlushed",
        State::Quit => "Quit",
        State::Closed { in_doubt: false } => "Closed",
        State::Closed { in_doubt: true } => "Closed, in doubt",
    }
}

/// Reads `pieces` as a driver does: all events until the first error.
fn converse(
    client: &mut ClientSession,
    pieces: &[&[u8]],
    output: &mut Vec<u8>,
) -> Result<Vec<ClientEvent>, ClientError> {
    let (mut input, mut events) = (Vec::new(), Vec::new());
    for piece in pieces {
        input.extend_from_slice(piece);
        loop {
            let (taken, event) = client.receive(&input, output)?;
            input.drain(..taken);
            match event {
                Some(event) => events.push(event),
                None => break,
            }
        }
    }
    Ok(events)
}

fn every_cut(input: &[u8], check: impl Fn(&[&[u8]])) {
    check(&[input]);
    check(&input.chunks(1).collect::<Vec<_>>());
    for cut in 0..=input.len() {
        check(&[&input[..cut], &input[cut..]]);
    }
}

/// What a reply comes to: events or error, what is sent, and the state after it.
fn outcome(state: &str, pieces: &[&[u8]]) -> String {
    let (mut client, mut output) = (at(state), Vec::new());
    let short = |text: String| text.split_once("Status").map_or(text.clone(), |(before, _)| format!("{before}…)"));
    let what = match converse(&mut client, pieces, &mut output) {
        Ok(events) => events.iter().map(|event| short(format!("{event:?}"))).collect::<Vec<_>>().join(" "),
        Err(error) => format!("! {}", short(format!("{error:?}"))),
    };
    let sent = String::from_utf8(output).unwrap();
    let parts = [what.as_str(), sent.trim_end(), name(&client)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_state_with_every_class_of_reply() {
    let unasked = ["! Unasked, Closed"; 6];
    let greeting_refused = "! GreetingRefused(…), Closed";
    let malformed = "! Malformed, Closed";
    let unexpected = "! Unexpected(…), Closed";
    let quit = "Closed, Closed";
    let table: [[&str; 6]; 16] = [
        // 250, 354, 450, 550, 421, not SMTP
        ["EHLO us.example, Ehlo", greeting_refused, greeting_refused, greeting_refused, greeting_refused, malformed],
        [
            "Ready, Ready",
            "! HelloRefused(…), Closed",
            "! HelloRefused(…), Closed",
            "HELO us.example, Helo",
            "! HelloRefused(…), Closed",
            malformed,
        ],
        [
            "Ready, Ready",
            "! HelloRefused(…), Closed",
            "! HelloRefused(…), Closed",
            "! HelloRefused(…), Closed",
            "! HelloRefused(…), Closed",
            malformed,
        ],
        unasked,
        ["Ready", "Ready", "Ready", "Ready", unexpected, malformed],
        ["MailAccepted, Open", unexpected, "MailRefused(…), Ready", "MailRefused(…), Ready", unexpected, malformed],
        ["MailAccepted, Rcpt", unexpected, "MailRefused", "MailRefused", unexpected, malformed],
        [
            "MailRefused(…), Ready",
            "MailRefused(…), Ready",
            "MailRefused(…), Ready",
            "MailRefused(…), Ready",
            "MailRefused(…), Ready",
            malformed,
        ],
        ["Recipient(…), Open", unexpected, "Recipient(…), Open", "Recipient(…), Open", unexpected, malformed],
        unasked,
        [unexpected, "GoAhead, Content", "DataRefused(…), Open", "DataRefused(…), Open", unexpected, malformed],
        ["! Unasked, Closed", "! Unasked, Closed", "Message(…), Closed", "Message(…), Closed", unexpected, malformed],
        ["! Unasked, Closed", "! Unasked, Closed", "Message(…), Closed", "Message(…), Closed", unexpected, malformed],
        [
            "Message(…), Ready",
            "Message(…), Closed",
            "Message(…), Ready",
            "Message(…), Ready",
            "Message(…), Closed",
            "! Malformed, Closed, in doubt",
        ],
        [quit, quit, quit, quit, quit, malformed],
        unasked,
    ];
    for (state, row) in STATES.iter().zip(table) {
        assert_eq!(name(&at(state)), *state);
        for (reply, expected) in REPLIES.iter().zip(row) {
            every_cut(reply.as_bytes(), |pieces| {
                assert_eq!(outcome(state, pieces), expected, "{state}, {reply:?} in {} pieces", pieces.len());
            });
        }
    }
}

/// In each state: what can be said, and whether a message is in doubt if the connection is lost there.
#[test]
fn every_state_with_every_command() {
    let table: [(&str, bool); 16] = [
        ("", false),
        ("", false),
        ("", false),
        ("mail reset quit", false),
        ("mail reset quit", false),
        ("", false),
        ("", false),
        ("", false),
        ("", false),
        ("rcpt data reset quit", false),
        ("", false),
        ("content end", false),
        ("", false),
        ("", true),
        ("", false),
        ("", false),
    ];
    let one = address("one@a.example");
    for (state, (allowed, in_doubt)) in STATES.iter().zip(table) {
        for command in ["mail", "rcpt", "data", "content", "end", "reset", "quit"] {
            let (mut client, mut output) = (at(state), Vec::new());
            let said = match command {
                "mail" => client.mail(&MailFrom::default(), &[&one], &mut output),
                "rcpt" => client.rcpt(&[&one], &mut output),
                "data" => client.data(&mut output),
                "content" => client.content(b"x", &mut output),
                "end" => client.end(&mut output),
                "reset" => client.reset(&mut output),
                _ => client.quit(&mut output),
            };
            let expected =
                if allowed.split(' ').any(|one| one == command) { Ok(()) } else { Err(ClientError::OutOfOrder) };
            assert_eq!(said, expected, "{state}, {command}");
            assert_eq!(output.is_empty(), said.is_err(), "{state}, {command}");
        }
        let mut client = at(state);
        client.lost();
        assert_eq!((client.is_in_doubt(), client.is_ready()), (in_doubt, false), "{state}");
    }
}

#[test]
fn a_whole_dialog_with_pipelining() {
    let (one, two) = (address("one@a.example"), address("two@b.example"));
    let refused = ClientEvent::Recipient(status("550 5.1.1 x\r\n"));
    let accepted = ClientEvent::Recipient(status("250 x\r\n"));
    every_cut(b"250 x\r\n550 5.1.1 x\r\n250-x\r\n250 x\r\n", |pieces| {
        let (mut client, mut output) = (at("Ready, RSET owed"), Vec::new());
        // RSET's reply comes before that to MAIL, and means nothing.
        assert_eq!(converse(&mut client, &[b"250 x\r\n"], &mut output), Ok(vec![]));
        let mail = MailFrom { reverse_path: "s@c.example".to_owned(), size: Some(5), ..MailFrom::default() };
        client.mail(&mail, &[&one, &two], &mut output).unwrap();
        let said = "MAIL FROM:<s@c.example> SIZE=5\r\nRCPT TO:<one@a.example>\r\nRCPT TO:<two@b.example>\r\n";
        assert_eq!(output, said.as_bytes());
        output.clear();
        assert_eq!(converse(&mut client, pieces, &mut output), Ok(vec![ClientEvent::MailAccepted, refused, accepted]));
        client.rcpt(&[&two, &one], &mut output).unwrap();
        assert_eq!(output, b"RCPT TO:<two@b.example>\r\nRCPT TO:<one@a.example>\r\n");
        output.clear();
        assert_eq!(converse(&mut client, &[b"250 x\r\n250 x\r\n"], &mut output), Ok(vec![accepted, accepted]));
        client.rcpt(&[], &mut output).unwrap();
        client.data(&mut output).unwrap();
        assert_eq!(converse(&mut client, &[b"354 x\r\n"], &mut output), Ok(vec![ClientEvent::GoAhead]));
        client.content(b".a\r", &mut output).unwrap();
        client.content(b"\n.b", &mut output).unwrap();
        client.end(&mut output).unwrap();
        assert_eq!(output, b"DATA\r\n..a\r\n..b\r\n.\r\n");
        assert_eq!(client.phase(), DialogPhase::DataBlock);
        client.flushed();
        assert_eq!(client.phase(), DialogPhase::DataEnd);
        let taken = ClientEvent::Message(status("250 x\r\n"));
        assert_eq!(converse(&mut client, &[b"250 x\r\n"], &mut output), Ok(vec![taken]));
        assert!(client.is_ready());
    });
}

/// Each command waits for the reply to the one before, RSET included (F13).
#[test]
fn without_pipelining_one_command_at_a_time() {
    let (one, two) = (address("one@a.example"), address("two@b.example"));
    let begin = || {
        let (mut client, mut output) = (hello(b"250 x\r\n"), Vec::new());
        client.reset(&mut output).unwrap();
        client.mail(&MailFrom::default(), &[&one, &two], &mut output).unwrap();
        assert_eq!(output, b"RSET\r\n");
        (client, Vec::new())
    };
    let replies: [(&[u8], &[u8]); 4] = [
        (b"250 x\r\n", b"MAIL FROM:<>\r\n"),
        (b"250 x\r\n", b"RCPT TO:<one@a.example>\r\n"),
        (b"450 x\r\n", b"RCPT TO:<two@b.example>\r\n"),
        (b"250 x\r\n", b""),
    ];
    let (mut client, mut output) = begin();
    for (reply, next_command) in replies {
        let (last, first) = reply.split_last().unwrap();
        let input = [first, &[*last]].concat();
        assert_eq!(client.receive(first, &mut output), Ok((0, None)));
        assert!(output.is_empty());
        assert_eq!(client.receive(&input, &mut output).unwrap().0, input.len());
        assert_eq!(output, next_command);
        output.clear();
    }
    assert_eq!((name(&client), client.held_back.len()), ("Open", 0));
    // A refused MAIL takes the RCPTs that were held back with it.
    let (mut client, mut output) = begin();
    let refused = ClientEvent::MailRefused(status("450 x\r\n"));
    assert_eq!(converse(&mut client, &[b"250 x\r\n450 x\r\n"], &mut output), Ok(vec![refused]));
    assert_eq!((output.as_slice(), name(&client), client.held_back.len()), (&b"MAIL FROM:<>\r\n"[..], "Ready", 0));
}

/// A host that gave a reply too many would have the sender told that a message is delivered which is not (F11).
#[test]
fn a_reply_that_nobody_asked_for() {
    for (state, replies) in [
        ("Ehlo", "250 x\r\n250 x\r\n"),
        ("Mail", "250 x\r\n250 x\r\n"),
        ("Mail, RCPT behind it", "250 x\r\n250 x\r\n250 x\r\n"),
        ("Rcpt", "250 x\r\n250 x\r\n"),
        ("Data", "354 x\r\n250 x\r\n"),
        ("Data", "450 x\r\n250 x\r\n"),
        ("DotFlushed", "250 x\r\n250 x\r\n"),
        ("Ready, RSET owed", "250 x\r\n250 x\r\n"),
    ] {
        every_cut(replies.as_bytes(), |pieces| {
            assert_eq!(
                converse(&mut at(state), pieces, &mut Vec::new()),
                Err(ClientError::Unasked),
                "{state}, {replies:?}"
            );
        });
    }
}

#[test]
fn parameters_of_mail() {
    let mail = |size, eight_bit, utf8| MailFrom { reverse_path: "s@c.example".to_owned(), size, eight_bit, utf8 };
    for (announced, mail, expected) in [
        ("250 x\r\n", mail(Some(9), false, false), ""),
        ("250-x\r\n250 SIZE\r\n", mail(Some(9), false, false), " SIZE=9"),
        ("250-x\r\n250 SIZE\r\n", mail(None, true, false), " BODY=8BITMIME"),
        (
            "250-x\r\n250 SIZE 10\r\n",
            mail(Some(u64::MAX), true, true),
            " SIZE=18446744073709551615 BODY=8BITMIME SMTPUTF8",
        ),
    ] {
        let (mut client, mut output) = (hello(announced.as_bytes()), Vec::new());
        client.mail(&mail, &[], &mut output).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), format!("MAIL FROM:<s@c.example>{expected}\r\n"));
    }
}

/// Mail to ourselves would be refused for good: no real address is an alias.
#[test]
fn a_host_that_is_ourselves() {
    for (greeting, is_us) in [
        ("220 us.example ESMTP tempalias\r\n", true),
        ("220 us.example ESMTP Postfix\r\n", false),
        ("220 other.example ESMTP tempalias\r\n", false),
    ] {
        every_cut(greeting.as_bytes(), |pieces| {
            let heard = converse(&mut ClientSession::new("us.example"), pieces, &mut Vec::new());
            assert_eq!(heard, if is_us { Err(ClientError::Ourselves) } else { Ok(vec![]) }, "{greeting}");
        });
    }
}

#[test]
fn a_host_that_knows_only_helo() {
    let mut client = ClientSession::new("us.example");
    let mut output = Vec::new();
    let events = converse(&mut client, &[b"220 x\r\n502 x\r\n250-x\r\n250 PIPELINING\r\n"], &mut output);
    assert_eq!((events, output), (Ok(vec![ClientEvent::Ready]), b"EHLO us.example\r\nHELO us.example\r\n".to_vec()));
    assert_eq!(client.refused_ehlo().map(|status| status.code), Some(502));
    // What HELO announces is no extension.
    assert_eq!(client.extensions(), Extensions::default());
}

fn status(reply: &str) -> Status {
    response::parse(reply.as_bytes()).unwrap().unwrap().0
}
