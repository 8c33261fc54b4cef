//! The content of a message: taken from the client, forwarded to the relay, replied to.

use super::hello::Hello;
use super::message::{Discarded, Passing, Progress};
use super::{Action, MessageSummary, RelayResult, Session, State, Turn};
use crate::proto::reply::{self, Reply};

impl<T> Session<T> {
    /// Takes content, up to the final dot if it is there.
    pub(super) fn receive_content(&mut self, input: &[u8], turn: &mut Turn<'_, T>) -> usize {
        self.silent_since = turn.now;
        let (taken, progress) = match &mut self.state {
            State::Content(_, passing) => passing.feed(input, &self.policy),
            State::Discarding(_, discarded) => {
                let (taken, ended) = discarded.feed(input);
                if ended {
                    self.finish_discarded(turn);
                }
                return taken;
            }
            _ => return 0,
        };
        self.state = match (self.take_state(), progress) {
            (State::Content(hello, passing), Progress::Refused(reply, ended)) => {
                let (discarded, transaction) = passing.refuse(reply);
                transaction.abort(turn);
                self.state = State::Discarding(hello, discarded);
                if ended {
                    self.finish_discarded(turn);
                }
                return taken;
            }
            (State::Content(hello, mut passing), Progress::Ended) => {
                passing.incoming.deadline = turn.now + self.policy.after_final_dot;
                State::AwaitingVerdict(hello, passing)
            }
            (State::Content(hello, passing), Progress::More) if passing.wants_forward() => {
                State::Forwarding(hello, passing)
            }
            (other, _) => other,
        };
        taken
    }

    pub(super) fn forwarded(&mut self, turn: &mut Turn<'_, T>) {
        self.state = match self.take_state() {
            State::Forwarding(hello, mut passing) => {
                passing.incoming.outgoing.clear();
                self.silent_since = turn.now;
                State::Content(hello, passing)
            }
            other => other,
        };
    }

    pub(super) fn message_verdict(&mut self, verdict: RelayResult, turn: &mut Turn<'_, T>) {
        match self.take_state() {
            State::AwaitingVerdict(hello, passing) => {
                let Passing { incoming, transaction, .. } = *passing;
                turn.act(Action::FreeRelay);
                let reply = match verdict {
                    Ok(()) => incoming.taken(),
                    Err(reply) => {
                        transaction.release(turn);
                        reply
                    }
                };
                self.finish_message(hello, incoming.summary(&reply), &reply, turn);
            }
            other => self.state = other,
        }
    }

    fn finish_discarded(&mut self, turn: &mut Turn<'_, T>) {
        match self.take_state() {
            State::Discarding(hello, discarded) => {
                let Discarded { incoming, reply } = *discarded;
                self.finish_message(hello, incoming.summary(&reply), &reply, turn);
            }
            other => self.state = other,
        }
    }

    fn finish_message(&mut self, hello: Hello, summary: MessageSummary, reply: &Reply, turn: &mut Turn<'_, T>) {
        turn.reply(reply);
        turn.act(Action::MessageDone(summary));
        self.flush_due = true;
        self.state = State::Ready(hello);
    }

    pub(super) fn lose_relay(&mut self, turn: &mut Turn<'_, T>) {
        match self.take_state() {
            State::Recipients(hello, mut transaction, parked) => {
                transaction.lose_relay(turn);
                self.state = State::Recipients(hello, transaction, parked);
                self.reply_to_batch(Vec::new(), turn);
            }
            State::Forwarding(hello, passing) => {
                let (discarded, transaction) = passing.refuse(reply::LOCAL_ERROR);
                transaction.abandon(turn);
                self.state = State::Discarding(hello, discarded);
            }
            State::AwaitingVerdict(hello, passing) => {
                // The message may have been delivered: what becomes of its use, relay and vault know.
                turn.act(Action::DropRelay);
                let reply = reply::LOCAL_ERROR;
                self.finish_message(hello, passing.incoming.summary(&reply), &reply, turn);
            }
            other => self.state = other,
        }
    }
}
