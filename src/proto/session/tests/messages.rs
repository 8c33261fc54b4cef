//! DATA: what goes to the relay, what is refused, whose verdict is the reply; and the session whatever comes in which
//! pieces.

use super::rig::{MAIL, Rig, SECOND, policy};
use crate::proto::session::{Event, MessageResult, Wait};
use proptest::prelude::*;

const FROM_CLIENT: &str = "Received: from client.example ([192.0.2.1])\r\n\tby mx.example.org with ESMTP id \
                           00000000000000fe.1;\r\n\tThu, 01 Jan 1970 00:00:00 +0000\r\n";

#[test]
fn a_message_arrives_below_its_trace_fields() {
    let mut rig = Rig::in_state("content");
    assert_eq!(rig.ask("Subject: x\r\n\r\n..dot\r\n.\r\n"), "250 free ready");
    let expected = format!("{FROM_CLIENT}Delivered-To: ok@example.org\r\nSubject: x\r\n\r\n.dot\r\n");
    assert_eq!(String::from_utf8_lossy(&rig.delivered[0]), expected);
    let last = rig.replies.len() - "250 2.0.0 Message 00000000000000fe.1 taken by the next host\r\n".len();
    assert_eq!(&rig.replies[last..], b"250 2.0.0 Message 00000000000000fe.1 taken by the next host\r\n");
}

#[test]
fn received_names_the_protocol_and_delivered_to_only_one_recipient() {
    for (mail, recipients, with, delivered_to) in [
        ("HELO c\r\nMAIL FROM:<>\r\n", "RCPT TO:<a@example.org>\r\n", "SMTP", 1),
        ("EHLO c\r\nMAIL FROM:<>\r\n", "RCPT TO:<a@example.org>\r\n", "ESMTP", 1),
        ("EHLO c\r\nMAIL FROM:<> SMTPUTF8\r\n", "RCPT TO:<a@example.org>\r\n", "UTF8SMTP", 1),
        ("EHLO c\r\nMAIL FROM:<>\r\n", "RCPT TO:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n", "ESMTP", 0),
    ] {
        let mut rig = Rig::new(policy());
        rig.send(format!("{mail}{recipients}DATA\r\nx\r\n.\r\n"));
        let delivered = String::from_utf8_lossy(&rig.delivered[0]).into_owned();
        assert!(delivered.contains(&format!(" with {with} id ")), "{delivered}");
        assert_eq!(delivered.matches("Delivered-To").count(), delivered_to, "{delivered}");
    }
}

/// Refused before its end, a message is read to its final dot, and costs nothing.
#[test]
fn messages_that_are_refused() {
    let large = "0123456789\r\n".repeat(100_000);
    let hops = "Received: x\r\n".repeat(101);
    for (content, reply) in [
        ("a\nb\r\n", "554 5.6.0 Message holds a bare CR, a bare LF or a NUL"),
        ("a\rb\r\n", "554 5.6.0 Message holds a bare CR, a bare LF or a NUL"),
        ("a\0b\r\n", "554 5.6.0 Message holds a bare CR, a bare LF or a NUL"),
        (&*large, "552 5.3.4 Message too large"),
        ("Delivered-To: OK@example.org\r\n\r\nx\r\n", "554 5.4.6 Routing loop detected"),
        (&*hops, "554 5.4.6 Routing loop detected"),
    ] {
        let mut rig = Rig::in_state("content");
        let before = rig.replies.len();
        rig.send(format!("{content}RCPT TO:<x@example.org>\r\n.\r\nNOOP\r\n"));
        let replies = String::from_utf8_lossy(&rig.replies[before..]).into_owned();
        assert_eq!(replies, format!("{reply}\r\n250 2.0.0 OK\r\n"));
        assert_eq!((rig.state(), rig.delivered.len(), rig.tickets.len()), ("ready", 0, 0));
        assert_eq!(rig.results, [MessageResult::Rejected]);
    }
}

#[test]
fn the_verdict_on_the_message_is_the_reply() {
    let mut rig = Rig::in_state("content");
    assert_eq!(rig.ask("please refuse\r\n.\r\n"), "450 free release ready");
    assert_eq!((rig.results.as_slice(), rig.tickets.len()), (&[MessageResult::Deferred][..], 0));
    // Lost after the final dot it is in doubt: nothing is given back.
    let mut rig = Rig::in_state("verdict");
    rig.step(Event::RelayLost);
    assert_eq!((rig.report().as_str(), rig.tickets.len()), ("451 drop ready", 1));
    assert_eq!(rig.results, [MessageResult::Deferred]);
}

#[test]
fn a_relay_that_is_lost_within_a_message_costs_nothing_and_the_session_stays_in_step() {
    let mut rig = Rig::in_state("forwarding");
    rig.step(Event::RelayLost);
    assert_eq!(rig.report(), "drop release discarding");
    assert_eq!(rig.ask("RSET\r\n.\r\nRSET\r\n"), "451 250 ready");
}

/// Backpressure: nothing is received while the relay has not taken what is outgoing.
#[test]
fn no_content_is_received_while_the_relay_is_busy() {
    let mut rig = Rig::in_state("forwarding");
    rig.input = b"more\r\n.\r\n".to_vec();
    rig.receive();
    assert_eq!(rig.input, b"more\r\n.\r\n");
    rig.now = 300 * SECOND;
    rig.answer();
    assert_eq!(rig.session.deadline(), 480 * SECOND, "the client was not heard meanwhile, and so was not silent");
    assert_eq!(rig.ask(""), "250 free ready");
    assert!(rig.delivered[0].ends_with(b"xxxmore\r\n"));
}

#[test]
fn replies_to_data_and_to_messages_are_flushed_before_anything_else() {
    let mut rig = Rig::in_state("rcpt");
    rig.send_until(b"DATA\r\nx\r\n.\r\nNOOP\r\n", |wait| matches!(wait, Wait::Flush));
    assert_eq!((rig.report().as_str(), rig.input.as_slice()), ("354 content", &b"x\r\n.\r\nNOOP\r\n"[..]));
    rig.answer();
    rig.send_until(b"", |wait| matches!(wait, Wait::Flush));
    assert_eq!((rig.report().as_str(), rig.input.as_slice()), ("250 free ready", &b"NOOP\r\n"[..]));
}

#[test]
fn silence_ends_when_replies_are_out_and_octets_without_a_line_do_not_break_it() {
    let mut rig = Rig::in_state("ready");
    rig.now = 200 * SECOND;
    rig.send_until(b"NO", |_| false);
    assert_eq!(rig.session.deadline(), 300 * SECOND);
    rig.send("OP\r\n");
    assert_eq!(rig.session.deadline(), 500 * SECOND);
    // Content does.
    let mut rig = Rig::in_state("content");
    rig.now = 100 * SECOND;
    rig.send_until(b"x", |_| false);
    assert_eq!(rig.session.deadline(), 280 * SECOND);
    rig.now = 800 * SECOND;
    rig.send_until(b"x", |_| false);
    assert_eq!(rig.session.deadline(), 900 * SECOND, "a transaction ends all the same");
    rig.send_until(b"\r\n.\r\n", |wait| matches!(wait, Wait::End(_)));
    assert_eq!(rig.session.deadline(), 2000 * SECOND, "the time of others is counted from the final dot");
}

#[test]
fn a_drain_waits_for_the_transaction() {
    let mut rig = Rig::in_state("mail");
    rig.step(Event::Drain);
    assert_eq!(rig.report(), "mail");
    rig.send("RSET\r\n");
    rig.step(Event::Drain);
    assert_eq!(rig.report(), "250 421 closed");
}

#[test]
fn the_greeting_and_the_extensions() {
    let mut rig = Rig::new(policy());
    rig.send("HELO c\r\nEHLO c\r\n");
    assert_eq!(
        String::from_utf8_lossy(&rig.replies),
        "220 mx.example.org ESMTP tempalias\r\n250 mx.example.org\r\n250-mx.example.org\r\n250-PIPELINING\r\n\
         250-SIZE 1048576\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n"
    );
    assert_eq!(Rig::in_state("ready").ask("MAIL FROM:<> SIZE=1048577\r\n"), "552 ready", "too large is no error");
}

/// Whatever the pieces, the same conversation: replies, and what is delivered.
#[test]
fn octet_by_octet_and_split_at_every_index() {
    let conversation = format!(
        "NOOP\r\n{MAIL}RCPT TO:<a@example.org>\r\nRCPT TO:<no@example.org>\r\nRCPT TO:<A@example.org>\r\n\
         RCPT TO:<refused@example.org>\r\nBOGUS\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.x\r\n\r\n.\r\nMAIL FROM:<>\r\n\
         RCPT TO:<b@example.org>\r\nDATA\r\nDelivered-To: b@example.org\r\n\r\nRSET\r\n.\r\nMAIL FROM:<>\r\nRSET\r\n\
         {MAIL}RCPT TO:<c@example.org>\r\nDATA\r\nrefuse\r\n.\r\nQUIT\r\nNOOP\r\n"
    );
    let run = |pieces: &[&[u8]]| {
        let mut rig = Rig::new(policy());
        pieces.iter().for_each(|piece| rig.send(piece));
        assert_eq!((rig.state(), rig.tickets.len()), ("closed", 0));
        (String::from_utf8(rig.replies).unwrap(), rig.delivered, rig.results)
    };
    let conversation = conversation.as_bytes();
    let whole = run(&[conversation]);
    let codes: Vec<_> = whole.0.lines().filter(|l| l.as_bytes()[3] == b' ').map(|l| &l[..3]).collect();
    assert_eq!(
        codes.join(" "),
        "220 250 250 250 250 550 250 450 500 354 250 250 250 354 554 250 250 250 250 250 354 450 221"
    );
    assert_eq!(whole.1.len(), 1);
    assert_eq!(run(&conversation.chunks(1).collect::<Vec<_>>()), whole);
    for cut in 0..=conversation.len() {
        assert_eq!(run(&[&conversation[..cut], &conversation[cut..]]), whole, "cut at {cut}");
    }
}

/// A step of a session that nobody planned.
#[derive(Clone, Debug)]
enum Chance {
    Send(&'static str),
    Answer,
    Event(u8),
    Wait(u32),
}

fn chances() -> impl Strategy<Value = Vec<Chance>> {
    let text = proptest::sample::select(vec![
        "EHLO c\r\nMAIL FROM:<a@b.c>\r\n",
        "MAIL FROM:<a@b.c>\r\nRCPT TO:<a@example.org>\r\nRCPT TO:<refused@example.org>\r\nDATA\r\n",
        "RCPT TO:<a@example.org>\r\n",
        "RCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\n",
        "RCPT TO:<no@example.org>\r\n",
        "RCPT TO:<refused@example.org>\r\n",
        "RCPT TO:<busy@example.org>\r\n",
        "RCPT TO:<x@else.example>\r\n",
        "DATA\r\n",
        "x\r\n.\r\n",
        "refuse\r\n.\r\n",
        "RSET\r\n",
        "BOGUS\r\n",
        "x\n",
        ".",
        "\r\n",
        "QUIT\r\n",
    ]);
    let one = prop_oneof![
        8 => text.prop_map(Chance::Send),
        16 => Just(Chance::Answer),
        1 => (0u8..8).prop_map(Chance::Event),
        1 => (0u32..400).prop_map(Chance::Wait),
    ];
    proptest::collection::vec(one, 0..80)
}

proptest! {
    /// In whatever order things happen: every ticket that was issued is given back once, or its message was taken or is in
    /// doubt; the session ends, and what it says is whole replies.
    #[test]
    fn no_ticket_is_lost_whatever_happens(chances in chances()) {
        let mut rig = Rig::in_state("mail");
        let mut in_doubt = 0;
        for chance in chances {
            match chance {
                Chance::Send(text) => rig.input.extend_from_slice(text.as_bytes()),
                Chance::Answer => rig.answer(),
                Chance::Wait(seconds) => rig.now += seconds * SECOND,
                Chance::Event(number) => {
                    let doubtful = rig.state() == "verdict" && (4..6).contains(&number);
                    in_doubt += if doubtful { rig.tickets.len() } else { 0 };
                    if doubtful {
                        rig.tickets.clear();
                    }
                    rig.step(match number {
                        0 => Event::ClientClosed,
                        1 => Event::Drain,
                        2 => Event::DrainExpired,
                        3 => Event::EarlyTalk,
                        4 => Event::TimedOut,
                        5 => Event::RelayLost,
                        6 => Event::RelayUnavailable,
                        _ => Event::Flushed,
                    });
                }
            }
            rig.receive();
            let waits = rig.session.wait();
            prop_assert!(!matches!(waits, Wait::Vault) || rig.is_asked(), "nobody waits for what was not asked");
        }
        rig.step(Event::DrainExpired);
        prop_assert_eq!((rig.state(), rig.tickets.len()), ("closed", 0), "{} in doubt", in_doubt);
        prop_assert!(rig.replies.ends_with(b"\r\n"));
        prop_assert!(rig.replies.split(|&b| b == b'\n').all(|l| l.is_empty() || l[..3].iter().all(u8::is_ascii_digit)));
    }
}
