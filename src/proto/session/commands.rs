//! What each command does.

use super::hello::Hello;
use super::message::Passing;
use super::transaction::Transaction;
use super::{Action, EndReason, MessageId, Session, State, Turn};
use crate::proto::command::{Command, Mail};
use crate::proto::reply::{self, Reply};

impl<T> Session<T> {
    /// The first reply, before any command.
    pub(super) fn greet(&mut self, turn: &mut Turn<'_, T>) {
        turn.replies.extend_from_slice(reply::greeting(&self.policy.hostname).as_bytes());
        self.silent_since = turn.now;
        self.state = State::Greeted;
    }

    /// Carries out a command, or replies to a line that is none.
    pub(super) fn execute(&mut self, command: Result<Command, Reply>, turn: &mut Turn<'_, T>) {
        match command {
            Ok(Command::Helo(name)) => self.hello(Hello { name: name.into(), extended: false }, turn),
            Ok(Command::Ehlo(name)) => self.hello(Hello { name: name.into(), extended: true }, turn),
            Ok(Command::Mail(mail)) => self.mail(mail, turn),
            Ok(Command::Rcpt(recipient)) => self.rcpt(recipient, turn),
            Ok(Command::Data) => self.data(turn),
            Ok(Command::Rset) => {
                self.end_transaction(turn);
                turn.reply(&reply::OK);
            }
            Ok(Command::Noop) => turn.reply(&reply::OK),
            Ok(Command::Vrfy) => turn.reply(&reply::CANNOT_VERIFY),
            Ok(Command::Help) => turn.reply(&reply::HELP),
            Ok(Command::Quit) => self.close(EndReason::Quit, turn),
            Err(reply) => self.error(&reply, turn),
        }
    }

    /// Replies to something wrong, which counts.
    fn error(&mut self, reply: &Reply, turn: &mut Turn<'_, T>) {
        turn.reply(reply);
        self.usage.errors += 1;
        if self.usage.errors >= self.policy.max_errors {
            self.close(EndReason::TooManyErrors, turn);
        }
    }

    fn hello(&mut self, hello: Hello, turn: &mut Turn<'_, T>) {
        self.end_transaction(turn);
        hello.write_reply(&self.policy, turn.replies);
        self.state = State::Ready(hello);
    }

    /// RSET: back to where the session was after HELO or EHLO.
    fn end_transaction(&mut self, turn: &mut Turn<'_, T>) {
        self.state = match self.take_state() {
            State::Envelope(hello, transaction) => {
                transaction.abort(turn);
                State::Ready(hello)
            }
            other => other,
        };
    }

    fn mail(&mut self, mail: Mail, turn: &mut Turn<'_, T>) {
        if mail.size.is_some_and(|size| size > self.policy.max_message_size) {
            turn.reply(&reply::TOO_LARGE);
            return;
        }
        if !self.is_own && mail.reverse_path.as_ref().is_some_and(|path| self.policy.is_ours(path)) {
            self.error(&reply::SENDER_IS_OURS, turn);
            return;
        }
        match self.take_state() {
            State::Ready(hello) => {
                let deadline = turn.now + self.policy.transaction_timeout;
                turn.reply(&reply::SENDER_OK);
                self.state = State::Envelope(hello, Box::new(Transaction::new(mail, deadline)));
            }
            other => self.out_of_sequence(other, turn),
        }
    }

    /// A command that has no place in `state`: nothing changes.
    fn out_of_sequence(&mut self, state: State<T>, turn: &mut Turn<'_, T>) {
        self.state = state;
        self.error(&reply::BAD_SEQUENCE, turn);
    }

    fn data(&mut self, turn: &mut Turn<'_, T>) {
        match self.take_state() {
            State::Envelope(hello, transaction) if transaction.accepted() == 0 => {
                self.state = State::Envelope(hello, transaction);
                self.error(&reply::NO_RECIPIENTS, turn);
            }
            State::Envelope(hello, transaction) if transaction.has_lost_relay() => {
                transaction.release(turn);
                turn.reply(&reply::LOCAL_ERROR);
                self.state = State::Ready(hello);
            }
            State::Envelope(hello, transaction) => {
                self.messages += 1;
                let id = MessageId { session: self.id, number: self.messages };
                let passing =
                    Passing::new(id, &hello, transaction, (self.peer, self.is_own), &self.policy, (turn.date)());
                turn.act(Action::MessageBegun { id, aliases: passing.header.recipients().to_vec() });
                turn.reply(&reply::START_MAIL_INPUT);
                self.flush_due = true;
                self.state = State::Content(hello, Box::new(passing));
            }
            other => self.out_of_sequence(other, turn),
        }
    }
}
