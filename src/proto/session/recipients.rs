//! Batches of recipients: gathered, asked about, offered, replied to.

use super::{Action, AdmitOutcome, EndReason, Parked, RcptOutcome, RelayResult, Session, State, Turn};
use crate::proto::command::{Command, Recipient};

impl<T> Session<T> {
    /// Adds a recipient to the batch.
    pub(super) fn rcpt(&mut self, recipient: Recipient, turn: &mut Turn<'_, T>) {
        let State::Envelope(_, transaction) = &mut self.state else { return };
        if turn.now >= transaction.deadline {
            // Nobody is asked for a transaction whose time is over: the answer could not be awaited any more.
            self.close(EndReason::TimedOut, turn);
        } else if !transaction.add(&recipient, &self.policy, turn) {
            self.close_batch(Some(Box::new(Ok(Command::Rcpt(recipient)))), turn);
        }
    }

    pub(super) fn has_batch(&self) -> bool {
        matches!(&self.state, State::Envelope(_, transaction) if transaction.has_batch())
    }

    /// No recipient is added to the batch any more.
    pub(super) fn close_batch(&mut self, parked: Option<Parked>, turn: &mut Turn<'_, T>) {
        if self.has_batch() {
            self.state = match self.take_state() {
                State::Envelope(hello, transaction) => State::Recipients(hello, transaction, parked),
                other => other,
            };
            self.proceed_with_batch(turn);
        }
    }

    pub(super) fn admits_answered(&mut self, answers: Vec<AdmitOutcome<T>>, turn: &mut Turn<'_, T>) {
        for answer in answers {
            match (&mut self.state, answer) {
                (State::Recipients(_, transaction, _), answer) if transaction.waits_for_vault() => {
                    transaction.admit_answered(answer);
                }
                // No honest driver gives an answer that was not asked for. A ticket is given back even so.
                (_, AdmitOutcome::Admitted(ticket)) => turn.act(Action::Release(ticket)),
                (_, AdmitOutcome::Busy | AdmitOutcome::No | AdmitOutcome::Unavailable) => {}
            }
        }
        self.proceed_with_batch(turn);
    }

    /// The vault does not answer in time.
    pub(super) fn cancel_admits(&mut self, turn: &mut Turn<'_, T>) {
        if let State::Recipients(_, transaction, _) = &mut self.state {
            transaction.cancel_admits(turn);
            self.proceed_with_batch(turn);
        }
    }

    pub(super) fn recipient_verdicts(&mut self, verdicts: Vec<RelayResult>, turn: &mut Turn<'_, T>) {
        if let State::Recipients(_, transaction, _) = &mut self.state {
            transaction.set_open();
            self.reply_to_batch(verdicts, turn);
        }
    }

    /// Replies to the batch if nobody has to be asked any more.
    fn proceed_with_batch(&mut self, turn: &mut Turn<'_, T>) {
        if let State::Recipients(_, transaction, _) = &self.state
            && !transaction.waits_for_vault()
            && !transaction.wants_relay()
        {
            self.reply_to_batch(Vec::new(), turn);
        }
    }

    /// Replies to all recipients of the batch, then carries out the command that ended it.
    pub(super) fn reply_to_batch(&mut self, verdicts: Vec<RelayResult>, turn: &mut Turn<'_, T>) {
        let mut verdicts = verdicts.into_iter();
        let (hello, mut transaction, parked) = match self.take_state() {
            State::Recipients(hello, transaction, parked) => (hello, transaction, parked),
            other => {
                self.state = other;
                return;
            }
        };
        let mut end = None;
        while end.is_none()
            && let Some(outcome) = transaction.next_outcome(|| verdicts.next(), turn)
        {
            end = self.reply_to_recipient(&outcome, turn);
        }
        self.state = State::Envelope(hello, transaction);
        match (end, parked) {
            (Some(reason), _) => self.close(reason, turn),
            (None, Some(parked)) => self.execute(*parked, turn),
            (None, None) => {}
        }
    }

    /// Replies to one recipient and counts it: why the session is to end, if it is.
    fn reply_to_recipient(&mut self, outcome: &RcptOutcome, turn: &mut Turn<'_, T>) -> Option<EndReason> {
        turn.act(Action::CountRecipient(outcome.result()));
        turn.reply(&outcome.reply());
        match outcome {
            RcptOutcome::Unknown => {
                self.usage.unknown += 1;
                (self.usage.unknown >= self.policy.max_unknown).then_some(EndReason::TooManyUnknown)
            }
            RcptOutcome::RelayDenied => {
                self.usage.errors += 1;
                (self.usage.errors >= self.policy.max_errors).then_some(EndReason::TooManyErrors)
            }
            _ => None,
        }
    }
}
