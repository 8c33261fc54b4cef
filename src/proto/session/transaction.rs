//! A mail transaction from MAIL on: its envelope, its tickets, and the recipients that are not replied to yet.

use super::interface::{Action, AdmitOutcome, RelayResult, Turn};
use super::outcome::RcptOutcome;
use super::{Policy, RECIPIENT_TIMEOUT};
use crate::alias::AliasAddress;
use crate::proto::command::{Mail, Recipient};
use std::collections::VecDeque;
use std::time::Duration;

/// What the relay knows of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upstream {
    /// Nothing: no recipient was offered yet.
    None,
    /// It is open there.
    Open,
    /// It was, and the connection is lost.
    Lost,
}

/// A recipient that is accepted, and the ticket for it.
struct Accepted<T> {
    alias: AliasAddress,
    ticket: T,
}

/// A RCPT that is not replied to yet.
#[derive(Debug)]
enum Slot<T> {
    Known(RcptOutcome),
    /// The vault was asked to admit a message.
    Asked(AliasAddress),
    /// It does; the relay is offered the ticket.
    Admitted(AliasAddress, T),
}

/// An envelope and its tickets.
pub(super) struct Transaction<T> {
    pub(super) mail: Mail,
    /// When the client must have sent its final dot.
    pub(super) deadline: Duration,
    accepted: Vec<Accepted<T>>,
    /// Recipients that are pipelined (RFC 2920) make a batch: they are asked about and offered all at once, and replied
    /// to in order.
    batch: VecDeque<Slot<T>>,
    /// Slots from the first on that wait for no answer of the vault.
    answered: usize,
    upstream: Upstream,
}

/// What the relay is to be told in one flush.
#[derive(Debug)]
pub struct Offer<'a, T> {
    /// The envelope, if the relay does not know of the transaction yet.
    pub begin: Option<&'a Mail>,
    batch: &'a VecDeque<Slot<T>>,
}

impl<T> Offer<'_, T> {
    /// Each wants a verdict.
    pub fn tickets(&self) -> impl Iterator<Item = &T> {
        self.batch.iter().filter_map(|slot| match slot {
            Slot::Admitted(_, ticket) => Some(ticket),
            Slot::Known(_) | Slot::Asked(_) => None,
        })
    }
}

impl<T> Transaction<T> {
    pub(super) fn new(mail: Mail, deadline: Duration) -> Self {
        Self { mail, deadline, accepted: Vec::new(), batch: VecDeque::new(), answered: 0, upstream: Upstream::None }
    }

    pub(super) fn accepted(&self) -> usize {
        self.accepted.len()
    }

    /// The recipient, if there is one only.
    pub(super) fn only_recipient(&self) -> Option<&AliasAddress> {
        match &self.accepted[..] {
            [one] => Some(&one.alias),
            _ => None,
        }
    }

    pub(super) fn aliases(&self) -> Vec<Box<str>> {
        self.accepted.iter().map(|recipient| recipient.alias.as_str().into()).collect()
    }

    /// Until when a client that is silent since then may be.
    pub(super) fn silence_ends(&self, since: Duration, policy: &Policy) -> Duration {
        let silence = if self.accepted.is_empty() {
            policy.command_timeout
        } else {
            policy.command_timeout.min(RECIPIENT_TIMEOUT)
        };
        (since + silence).min(self.deadline)
    }

    /// Adds a recipient to the batch; false if the batch must be replied to first, because those in it decide whether
    /// this one is a duplicate or one too many.
    pub(super) fn add(&mut self, recipient: &Recipient, policy: &Policy, turn: &mut Turn<'_, T>) -> bool {
        let alias = match self.alias(recipient, policy) {
            Ok(alias) => alias,
            Err(outcome) => {
                self.batch.push_back(Slot::Known(outcome));
                return true;
            }
        };
        let full = self.accepted.len() + self.batch.len() >= policy.max_recipients;
        if !self.batch.is_empty() && (full || self.is_asked_for(&alias)) {
            return false;
        }
        self.batch.push_back(if self.accepted.iter().any(|recipient| recipient.alias == alias) {
            Slot::Known(RcptOutcome::Duplicate)
        } else if self.accepted.len() >= policy.max_recipients {
            Slot::Known(RcptOutcome::TooMany)
        } else {
            turn.act(Action::Admit(alias.clone()));
            Slot::Asked(alias)
        });
        true
    }

    fn alias(&self, recipient: &Recipient, policy: &Policy) -> Result<AliasAddress, RcptOutcome> {
        let domains = &policy.domains;
        let alias = match recipient {
            Recipient::Path(path) if !path.is_ascii() && !self.mail.utf8 => return Err(RcptOutcome::NeedsUtf8),
            // RFC 5321 §4.5.1: at this host's own name, too.
            Recipient::Path(path) => AliasAddress::of(path, domains).or_else(|| policy.role_at_this_host(path)),
            Recipient::Postmaster => policy.role("postmaster"),
        };
        alias.ok_or(RcptOutcome::RelayDenied)
    }

    fn is_asked_for(&self, alias: &AliasAddress) -> bool {
        self.batch.iter().any(|slot| matches!(slot, Slot::Asked(asked) if asked == alias))
    }

    /// Whether a recipient is not replied to yet.
    pub(super) fn has_batch(&self) -> bool {
        !self.batch.is_empty()
    }

    /// The first recipient of the batch for which the vault has not answered.
    fn first_asked(&self) -> Option<usize> {
        (self.answered..self.batch.len()).find(|&at| matches!(self.batch[at], Slot::Asked(_)))
    }

    /// Whether answers of the vault are due.
    pub(super) fn waits_for_vault(&self) -> bool {
        self.first_asked().is_some()
    }

    /// Takes the vault's answer for the first recipient that has none.
    pub(super) fn admit_answered(&mut self, answer: AdmitOutcome<T>) {
        let Some(at) = self.first_asked() else { return };
        let slot = &mut self.batch[at];
        if let Slot::Asked(alias) = std::mem::replace(slot, Slot::Known(RcptOutcome::Unavailable)) {
            *slot = match answer {
                AdmitOutcome::Admitted(ticket) => Slot::Admitted(alias, ticket),
                AdmitOutcome::No if alias.is_role() => Slot::Known(RcptOutcome::NoPostmaster),
                AdmitOutcome::No => Slot::Known(RcptOutcome::Unknown),
                AdmitOutcome::Busy => Slot::Known(RcptOutcome::Busy),
                AdmitOutcome::Unavailable => Slot::Known(RcptOutcome::Unavailable),
            };
        }
        self.answered = at + 1;
    }

    /// Gives up on the answers of the vault that are due.
    pub(super) fn cancel_admits(&mut self, turn: &mut Turn<'_, T>) {
        if self.waits_for_vault() {
            turn.act(Action::CancelAdmits);
        }
        for slot in self.batch.iter_mut().skip(self.answered) {
            if matches!(slot, Slot::Asked(_)) {
                *slot = Slot::Known(RcptOutcome::Unavailable);
            }
        }
    }

    /// Whether tickets of the batch are to be offered to the relay.
    pub(super) fn wants_relay(&self) -> bool {
        self.upstream != Upstream::Lost && self.batch.iter().any(|slot| matches!(slot, Slot::Admitted(..)))
    }

    pub(super) fn offer(&self) -> Offer<'_, T> {
        Offer { begin: (self.upstream == Upstream::None).then_some(&self.mail), batch: &self.batch }
    }

    /// The relay has taken the offer.
    pub(super) fn set_open(&mut self) {
        self.upstream = Upstream::Open;
    }

    /// The connection to the relay is lost, if there was one.
    pub(super) fn lose_relay(&mut self, turn: &mut Turn<'_, T>) {
        self.upstream = Upstream::Lost;
        turn.act(Action::DropRelay);
    }

    pub(super) fn has_lost_relay(&self) -> bool {
        self.upstream == Upstream::Lost
    }

    /// Takes the first recipient of the batch: how it ends. `verdict` is the relay's, if it was offered.
    pub(super) fn next_outcome(
        &mut self,
        verdict: impl FnOnce() -> Option<RelayResult>,
        turn: &mut Turn<'_, T>,
    ) -> Option<RcptOutcome> {
        let slot = self.batch.pop_front()?;
        self.answered = 0;
        Some(match slot {
            Slot::Known(outcome) => outcome,
            Slot::Asked(_) => RcptOutcome::Unavailable,
            Slot::Admitted(alias, ticket) => match verdict() {
                Some(Ok(())) => {
                    self.accepted.push(Accepted { alias, ticket });
                    RcptOutcome::Accepted
                }
                refused => {
                    turn.act(Action::Release(ticket));
                    refused.and_then(Result::err).map_or(RcptOutcome::Unavailable, RcptOutcome::Refused)
                }
            },
        })
    }

    /// Ends it without a message: the relay forgets it.
    pub(super) fn abort(self, turn: &mut Turn<'_, T>) {
        if self.upstream == Upstream::Open {
            turn.act(Action::Abort);
        }
        self.release(turn);
    }

    /// Ends it together with the session. Its connection to the relay is closed.
    pub(super) fn abandon(self, turn: &mut Turn<'_, T>) {
        if self.upstream != Upstream::Lost {
            turn.act(Action::DropRelay);
        }
        self.release(turn);
    }

    /// Releases every ticket. Without effect on those that are spent.
    pub(super) fn release(mut self, turn: &mut Turn<'_, T>) {
        self.cancel_admits(turn);
        let admitted = self.batch.into_iter().filter_map(|slot| match slot {
            Slot::Admitted(_, ticket) => Some(ticket),
            Slot::Known(_) | Slot::Asked(_) => None,
        });
        let accepted = self.accepted.into_iter().map(|recipient| recipient.ticket);
        turn.actions.extend(accepted.chain(admitted).map(Action::Release));
    }
}
