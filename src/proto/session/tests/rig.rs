//! A session with a vault and a relay that answer as recipients' names say, and an account of every ticket.

use super::super::{Action, AdmitOutcome, Event, MessageResult, Policy, Session, SessionId, State, Turn, Wait};
use crate::alias::{AliasAddress, Domain};
use crate::proto::reply::Reply;
use crate::proto::status::EnhancedCode;
use jiff::Timestamp;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MAIL: &str = "EHLO client.example\r\nMAIL FROM:<a@b.example>\r\n";

/// Small limits; time-outs that differ from each other.
pub(super) fn policy() -> Policy {
    Policy {
        hostname: "mx.example.org".to_owned(),
        domains: vec![Domain::parse("example.org").unwrap()],
        own_names: ["example.org", "mx.example.org"].map(|name| Domain::parse(name).unwrap()).into(),
        max_message_size: 1 << 20,
        max_recipients: 3,
        max_commands: 1000,
        max_errors: 5,
        max_unknown: 5,
        command_timeout: 300 * SECOND,
        data_timeout: 180 * SECOND,
        transaction_timeout: 900 * SECOND,
        after_final_dot: 1200 * SECOND,
    }
}

pub(super) fn refusal() -> Reply {
    Reply::new(450, EnhancedCode::new(4, 2, 0), "The next host does not take it now, try again later")
}

pub(super) struct Rig {
    pub(super) session: Session<usize>,
    pub(super) now: Duration,
    pub(super) input: Vec<u8>,
    /// All octets for the client so far.
    pub(super) replies: Vec<u8>,
    reported: usize,
    /// What was done since the last report, without what only counts or logs.
    done: Vec<String>,
    /// Aliases about which there is no answer.
    asked: VecDeque<AliasAddress>,
    /// Aliases of tickets, which are numbers from 1.
    issued: Vec<AliasAddress>,
    /// Tickets that were issued, neither given back nor the relay's.
    pub(super) tickets: BTreeSet<usize>,
    /// What the relay has of the message under way.
    content: Vec<u8>,
    /// Messages the relay has taken.
    pub(super) delivered: Vec<Vec<u8>>,
    pub(super) results: Vec<MessageResult>,
}

impl Rig {
    /// A session that was greeted.
    pub(super) fn new(policy: Policy) -> Self {
        let mut rig = Self::connected(policy);
        rig.step(Event::GreetingDue);
        rig.step(Event::Flushed);
        rig.report();
        rig
    }

    pub(super) fn connected(policy: Policy) -> Self {
        Self {
            session: Session::new(Rc::new(policy), SessionId(0xfe), "192.0.2.1".parse().unwrap()),
            now: Duration::ZERO,
            input: Vec::new(),
            replies: Vec::new(),
            reported: 0,
            done: Vec::new(),
            asked: VecDeque::new(),
            issued: Vec::new(),
            tickets: BTreeSet::new(),
            content: Vec::new(),
            delivered: Vec::new(),
            results: Vec::new(),
        }
    }

    fn turn<O>(&mut self, run: impl FnOnce(&mut Session<usize>, &[u8], &mut Turn<'_, usize>) -> O) -> O {
        let mut actions = Vec::new();
        let mut turn =
            Turn { now: self.now, date: || Timestamp::UNIX_EPOCH, actions: &mut actions, replies: &mut self.replies };
        let outcome = run(&mut self.session, &self.input, &mut turn);
        actions.into_iter().for_each(|action| self.perform(action));
        outcome
    }

    fn perform(&mut self, action: Action<usize>) {
        match action {
            Action::Admit(alias) => {
                self.done.push("admit".to_owned());
                self.asked.push_back(alias);
            }
            Action::CancelAdmits => {
                self.done.push("cancel".to_owned());
                self.asked.clear();
            }
            Action::Release(ticket) => {
                self.done.push("release".to_owned());
                assert!(self.tickets.remove(&ticket), "ticket {ticket} is given back once, and only if it was issued");
            }
            Action::Abort => self.done.push("abort".to_owned()),
            Action::FreeRelay => self.done.push("free".to_owned()),
            Action::DropRelay => self.done.push("drop".to_owned()),
            Action::MessageDone(summary) => self.results.push(summary.result()),
            Action::MessageBegun { aliases, .. } => assert!(!aliases.is_empty()),
            Action::CountRecipient(_) => {}
        }
    }

    pub(super) fn step(&mut self, event: Event<usize>) {
        if let Event::AdmitsAnswered(answers) = &event {
            self.tickets.extend(answers.iter().filter_map(|answer| match answer {
                AdmitOutcome::Admitted(ticket) => Some(*ticket),
                AdmitOutcome::Busy | AdmitOutcome::No | AdmitOutcome::Unavailable => None,
            }));
        }
        self.turn(|session, _, turn| session.step(event, turn));
    }

    pub(super) fn is_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    pub(super) fn receive(&mut self) {
        let taken = self.turn(|session, input, turn| session.receive(input, turn));
        self.input.drain(..taken);
    }

    /// Sends octets and lets everybody answer, until the session waits as `halt` says or needs more of the client.
    pub(super) fn send_until(&mut self, octets: &[u8], halt: impl Fn(Wait<'_, usize>) -> bool) {
        self.input.extend_from_slice(octets);
        loop {
            self.receive();
            let wait = self.session.wait();
            if matches!(wait, Wait::Client { .. } | Wait::Greeting | Wait::Closed) || halt(wait) {
                return;
            }
            self.answer();
        }
    }

    pub(super) fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.send_until(octets.as_ref(), |_| false);
        if !matches!(self.session.wait(), Wait::Closed) {
            self.step(Event::Flushed);
        }
    }

    /// Sends octets, and reports what came of them.
    pub(super) fn ask(&mut self, octets: impl AsRef<[u8]>) -> String {
        self.send(octets);
        self.report()
    }

    /// What the session waits for answers, as the recipient's name says.
    pub(super) fn answer(&mut self) {
        let event = match self.session.wait() {
            Wait::Flush => Event::Flushed,
            Wait::Vault => {
                let alias = self.asked.pop_front().expect("admits were asked for before they are waited for");
                let answer = match alias.name() {
                    "no" | "postmaster" => AdmitOutcome::No,
                    "busy" => AdmitOutcome::Busy,
                    "away" => AdmitOutcome::Unavailable,
                    _ => {
                        self.issued.push(alias);
                        AdmitOutcome::Admitted(self.issued.len())
                    }
                };
                Event::AdmitsAnswered(vec![answer])
            }
            Wait::Offer(offer) => {
                let name = |ticket: &usize| self.issued[ticket - 1].name();
                let verdict = |ticket| if name(ticket) == "refused" { Err(refusal()) } else { Ok(()) };
                Event::RecipientVerdicts(offer.tickets().map(verdict).collect())
            }
            Wait::Forward(content) => {
                self.content.extend_from_slice(content);
                Event::Forwarded
            }
            Wait::End(rest) => {
                self.content.extend_from_slice(rest);
                let content = std::mem::take(&mut self.content);
                if content.windows(6).any(|part| part == b"refuse") {
                    Event::MessageVerdict(Err(refusal()))
                } else {
                    self.delivered.push(content);
                    self.tickets.clear();
                    Event::MessageVerdict(Ok(()))
                }
            }
            Wait::Client { .. } | Wait::Greeting | Wait::Closed => return,
        };
        self.step(event);
    }

    /// What came of it: codes of the replies, what was done, and where the session stands.
    pub(super) fn report(&mut self) -> String {
        let new = String::from_utf8(self.replies[self.reported..].to_vec()).unwrap();
        self.reported = self.replies.len();
        assert!(new.is_empty() || new.ends_with("\r\n"), "{new:?}");
        let mut words: Vec<String> =
            new.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| line[..3].to_owned()).collect();
        let mut done = std::mem::take(&mut self.done);
        done.dedup();
        words.append(&mut done);
        words.push(self.state().to_owned());
        words.join(" ")
    }

    pub(super) fn state(&self) -> &'static str {
        match &self.session.state {
            State::Connected => "connected",
            State::Greeted => "greeted",
            State::Ready(_) => "ready",
            State::Envelope(_, transaction) if transaction.has_lost_relay() => "lost",
            State::Envelope(_, transaction) if transaction.accepted() > 0 => "rcpt",
            State::Envelope(..) => "mail",
            State::Recipients(_, transaction, _) if transaction.waits_for_vault() => "asked",
            State::Recipients(..) => "offered",
            State::Content(..) => "content",
            State::Forwarding(..) => "forwarding",
            State::AwaitingVerdict(..) => "verdict",
            State::Discarding(..) => "discarding",
            State::Closed(_) => "closed",
        }
    }

    /// A session in the state of this name.
    pub(super) fn in_state(name: &str) -> Self {
        let mut rig = Self::new(policy());
        let recipient = format!("{MAIL}RCPT TO:<ok@example.org>\r\n");
        let content = format!("{recipient}DATA\r\n");
        match name {
            "connected" => rig = Self::connected(policy()),
            "greeted" => {}
            "ready" => rig.send("EHLO client.example\r\n"),
            "mail" => rig.send(MAIL),
            "asked" => rig.send_until(recipient.as_bytes(), |wait| matches!(wait, Wait::Vault)),
            "offered" => rig.send_until(recipient.as_bytes(), |wait| matches!(wait, Wait::Offer(_))),
            "rcpt" => rig.send(&recipient),
            "lost" => {
                rig.send(&recipient);
                rig.send_until(b"RCPT TO:<ok2@example.org>\r\n", |wait| matches!(wait, Wait::Offer(_)));
                rig.step(Event::RelayLost);
            }
            "content" => rig.send(&content),
            "forwarding" => {
                rig.send(&content);
                rig.send_until(&[b'x'; 40_000], |wait| matches!(wait, Wait::Forward(_)));
            }
            "verdict" => {
                rig.send(&content);
                rig.send_until(b"x\r\n.\r\n", |wait| matches!(wait, Wait::End(_)));
            }
            "discarding" => {
                rig.send(&content);
                rig.send("x\nx\r\n");
            }
            "closed" => rig.send("QUIT\r\n"),
            other => panic!("{other}"),
        }
        assert_eq!(rig.state(), name);
        rig.report();
        rig
    }
}

/// All states, as [`Rig::state`] calls them.
pub(super) const STATES: [&str; 13] = [
    "connected",
    "greeted",
    "ready",
    "mail",
    "asked",
    "offered",
    "rcpt",
    "lost",
    "content",
    "forwarding",
    "verdict",
    "discarding",
    "closed",
];
