//! RCPT: outcomes, batches of pipelined recipients, duplicates, too many, a relay that is lost.

use super::rig::{MAIL, Rig, SECOND, policy};
use crate::proto::session::{AdmitOutcome, Event, RcptOutcome, RecipientResult, Wait};
use std::time::Duration;

fn rcpt(names: &[&str]) -> String {
    names.iter().map(|name| format!("RCPT TO:<{name}>\r\n")).collect()
}

#[test]
fn every_outcome_with_its_reply() {
    let rows: &[(&str, &str)] = &[
        ("RCPT TO:<ok@example.org>", "250 2.1.5 Recipient OK"),
        ("RCPT TO:<OK+shop@Example.ORG>", "250 2.1.5 Recipient OK"),
        ("RCPT TO:<no@example.org>", "550 5.1.1 User unknown"),
        ("RCPT TO:<busy@example.org>", "450 4.2.1 Mailbox busy, try again later"),
        ("RCPT TO:<away@example.org>", "451 4.3.0 Temporary local trouble, try again later"),
        ("RCPT TO:<refused@example.org>", "450 4.2.0 The next host does not take it now, try again later"),
        ("RCPT TO:<x@else.example>", "550 5.7.1 Relay access denied"),
        ("RCPT TO:<\u{fc}@example.org>", "553 5.6.7 Such an address needs SMTPUTF8"),
        ("RCPT TO:<postmaster>", "550 5.1.1 Nobody reads this mailbox here"),
        ("RCPT TO:<postmaster@example.org>", "550 5.1.1 Nobody reads this mailbox here"),
        ("RCPT TO:<>", "501 5.1.7 Bad address syntax"),
    ];
    for (line, reply) in rows {
        let mut rig = Rig::in_state("mail");
        let before = rig.replies.len();
        rig.send(format!("{line}\r\n"));
        assert_eq!(String::from_utf8_lossy(&rig.replies[before..]), format!("{reply}\r\n"), "{line}");
    }
    let mut rig = Rig::in_state("rcpt");
    assert_eq!(rig.ask(rcpt(&["ok@example.org"])), "250 rcpt", "a duplicate is not admitted twice");
}

#[test]
fn every_outcome_as_it_is_counted() {
    let refused = |code| {
        let enhanced = crate::proto::status::EnhancedCode::new((code / 100) as u8, 1, 1);
        RcptOutcome::Refused(crate::proto::reply::Reply::new(code, enhanced, "User unknown"))
    };
    for (outcome, result) in [
        (RcptOutcome::Accepted, RecipientResult::Accepted),
        (RcptOutcome::Duplicate, RecipientResult::Accepted),
        (RcptOutcome::Unknown, RecipientResult::Unknown),
        (RcptOutcome::NoPostmaster, RecipientResult::Rejected),
        (RcptOutcome::Busy, RecipientResult::Deferred),
        (RcptOutcome::Unavailable, RecipientResult::Deferred),
        (RcptOutcome::NeedsUtf8, RecipientResult::Rejected),
        (RcptOutcome::RelayDenied, RecipientResult::Rejected),
        (RcptOutcome::TooMany, RecipientResult::Deferred),
        (refused(450), RecipientResult::Deferred),
        // The next host's refusal in the words of our own is still the next host's.
        (refused(550), RecipientResult::Rejected),
    ] {
        assert_eq!(outcome.result(), result, "{outcome:?}");
    }
}

/// NOOP keeps the connection open, but not the transaction: nobody is asked when its time is over.
#[test]
fn r0023_a_transaction_whose_time_is_over_asks_nobody() {
    let mut rig = Rig::in_state("mail");
    for _ in 0..4 {
        rig.now += Duration::from_secs(200);
        assert_eq!(rig.ask("NOOP\r\n"), "250 mail");
    }
    assert_eq!(rig.session.deadline(), Duration::from_secs(900), "the silence may not outlast the transaction");
    rig.now = Duration::from_secs(901);
    assert_eq!(rig.ask(rcpt(&["ok@example.org", "ok2@example.org"])), "421 drop closed");
}

/// Whether the envelope goes to the relay, and with how many tickets; if the session waits for that.
fn offered(rig: &Rig) -> Option<(bool, usize)> {
    match rig.session.wait() {
        Wait::Offer(offer) => Some((offer.begin.is_some(), offer.tickets().count())),
        _ => None,
    }
}

#[test]
fn pipelined_recipients_are_asked_about_at_once_offered_at_once_and_replied_to_in_order() {
    let mut rig = Rig::in_state("mail");
    let names = ["a@example.org", "x@else.example", "no@example.org"];
    rig.send_until(format!("{}DATA\r\n", rcpt(&names)).as_bytes(), |wait| matches!(wait, Wait::Vault));
    assert_eq!(rig.report(), "admit asked", "no reply before all are known");
    rig.answer();
    rig.answer();
    assert_eq!((rig.report(), offered(&rig)), ("offered".to_owned(), Some((true, 1))));
    rig.answer();
    assert_eq!(rig.report(), "250 550 550 354 content");
    // The envelope goes to the relay once.
    let mut rig = Rig::in_state("rcpt");
    rig.send_until(rcpt(&["b@example.org", "c@example.org"]).as_bytes(), |wait| matches!(wait, Wait::Offer(_)));
    assert_eq!(offered(&rig), Some((false, 2)));
}

#[test]
fn duplicates_in_one_batch_wait_for_each_other() {
    let twice = |name: &str| Rig::in_state("mail").ask(rcpt(&[name, name]));
    assert_eq!(twice("ok@example.org"), "250 250 admit rcpt");
    assert_eq!(twice("no@example.org"), "550 550 admit mail");
    assert_eq!(twice("refused@example.org"), "450 450 admit release admit release mail");
}

#[test]
fn recipients_beyond_the_limit_are_452_and_free_places_are_taken() {
    let names = |first: [&str; 3]| {
        let mut all: Vec<_> = first.iter().map(|name| format!("{name}@example.org")).collect();
        all.extend(["d@example.org".to_owned(), "e@example.org".to_owned()]);
        rcpt(&all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let ask = |first| Rig::in_state("mail").ask(names(first));
    assert_eq!(ask(["a", "b", "c"]), "250 250 250 452 452 admit rcpt");
    assert_eq!(ask(["a", "no", "c"]), "250 550 250 250 452 admit rcpt");
    assert_eq!(ask(["no", "busy", "refused"]), "550 450 450 250 250 admit release admit rcpt");
}

#[test]
fn a_relay_that_is_lost_voids_the_batch_and_then_the_message_once() {
    let mut rig = Rig::in_state("lost");
    assert_eq!(rig.tickets.len(), 1, "the recipient of the batch is given back, the one before it is still accepted");
    assert_eq!(rig.ask(rcpt(&["b@example.org", "no@example.org"])), "451 550 admit release lost");
    assert_eq!(rig.ask("DATA\r\n"), "451 release ready");
    assert_eq!(rig.ask("DATA\r\n"), "503 ready");
    assert!(rig.tickets.is_empty());
}

#[test]
fn a_relay_that_cannot_be_had_is_asked_again() {
    let mut rig = Rig::in_state("mail");
    rig.send_until(rcpt(&["a@example.org"]).as_bytes(), |wait| matches!(wait, Wait::Offer(_)));
    rig.step(Event::RelayUnavailable);
    assert_eq!(rig.report(), "451 admit release mail");
    rig.send_until(rcpt(&["a@example.org"]).as_bytes(), |wait| matches!(wait, Wait::Offer(_)));
    assert_eq!(offered(&rig), Some((true, 1)));
}

#[test]
fn unknown_recipients_end_the_session_in_the_middle_of_a_batch() {
    let mut rig = Rig::new(super::super::Policy { max_recipients: 100, max_unknown: 2, ..policy() });
    rig.send(MAIL);
    rig.report();
    let names = ["a@example.org", "no@example.org", "no@example.org", "b@example.org", "c@example.org"];
    assert_eq!(rig.ask(rcpt(&names)), "250 550 550 421 admit drop release closed");
    assert!(rig.tickets.is_empty());
}

#[test]
fn recipients_elsewhere_are_errors() {
    let mut rig = Rig::in_state("mail");
    let names = ["x@else.example"; 6];
    assert_eq!(rig.ask(rcpt(&names[..4])), "550 550 550 550 mail");
    assert_eq!(rig.ask(rcpt(&names[4..])), "550 421 drop closed");
}

#[test]
fn commands_beyond_the_limit_end_the_session_without_the_replies_that_are_due() {
    let mut rig = Rig::new(super::super::Policy { max_commands: 4, ..policy() });
    assert_eq!(
        rig.ask(format!("{MAIL}{}", rcpt(&["a@example.org", "b@example.org", "c@example.org"]))),
        "250 250 421 admit drop cancel closed"
    );
    assert!(rig.tickets.is_empty());
}

#[test]
fn a_vault_that_does_not_answer_in_time_costs_the_recipients_without_an_answer() {
    let mut rig = Rig::in_state("mail");
    rig.send_until(rcpt(&["a@example.org", "b@example.org", "no@example.org"]).as_bytes(), |wait| {
        matches!(wait, Wait::Vault)
    });
    rig.step(Event::AdmitsAnswered(vec![AdmitOutcome::Admitted(7)]));
    rig.now += 901 * SECOND;
    rig.step(Event::TimedOut);
    assert_eq!(rig.report(), "admit cancel offered");
    rig.step(Event::RecipientVerdicts(vec![Ok(())]));
    assert_eq!((rig.report().as_str(), rig.tickets.len()), ("250 451 451 rcpt", 1));
}
