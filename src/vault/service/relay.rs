//! vault ← relay: whose is this ticket, and count it.

use super::Desk;
use crate::alias::{Domain, RealAddress, Time};
use crate::channel::MaybeReady;
use crate::config::settings::vault::ReversePath;
use crate::vault::outbox::Letter;
use crate::vault::srs;
use crate::vault::tickets::Target;
use crate::wire::Ticket;
use crate::wire::metrics::Metric;
use crate::wire::vault_relay::{
    Answer, NextNotification, Notification, NotificationSent, Redeem, RedeemAnswer, Refund, RefundAnswer, Request,
    Settle, Spend, SpendAnswer,
};
use std::rc::Rc;
use std::time::SystemTime;

impl Desk {
    /// Answers the process that speaks to the Internet.
    pub(in crate::vault) fn relay(self: &Rc<Self>, pid: i32, request: Request) -> Option<MaybeReady<Answer>> {
        Some(match request {
            Request::Redeem(Redeem { ticket, reverse_path }) => {
                MaybeReady::Ready(Answer::Redeem(self.redeem(ticket, &reverse_path)))
            }
            Request::Spend(Spend { ticket }) => self.spend(ticket).map(Answer::Spend),
            Request::Refund(Refund { ticket }) => self.refund(ticket).map(Answer::Refund),
            Request::NextNotification(NextNotification) => {
                let desk = Rc::clone(self);
                MaybeReady::later(async move {
                    let (number, Letter { target, message }) = desk.letters.take().await;
                    Answer::NextNotification(Notification { number, target, message })
                })
            }
            Request::Settle(Settle { ticket }) => {
                self.tickets.borrow_mut().settle(ticket);
                return None;
            }
            Request::NotificationSent(NotificationSent { number, verdict }) => {
                self.letters.sent(number, verdict);
                return None;
            }
            Request::Metrics(metrics) => {
                self.note(pid, metrics);
                return None;
            }
        })
    }

    fn redeem(&self, ticket: Ticket, reverse_path: &str) -> RedeemAnswer {
        let Some((target, counted)) = self.tickets.borrow_mut().redeem(ticket) else { return RedeemAnswer::No };
        let Some((target, domain)) = self.reveal(&target) else { return RedeemAnswer::No };
        let reverse_path = match self.settings().reverse_path {
            ReversePath::Keep => reverse_path.to_owned(),
            ReversePath::Srs => srs::rewrite(reverse_path, &domain, &self.seal, today()),
        };
        RedeemAnswer::Redeemed { target, reverse_path, counted }
    }

    /// The real address behind a ticket, and the domain of ours it was reached under.
    fn reveal(&self, target: &Target) -> Option<(RealAddress, Domain)> {
        match target {
            Target::Sealed { alias, sealed } => {
                Some((self.seal.open_address(alias, sealed)?, Domain::parse(alias.domain()).ok()?))
            }
            Target::Postmaster => Some((self.settings().postmaster.clone()?, self.settings().domains.first()?.clone())),
        }
    }

    fn spend(self: &Rc<Self>, ticket: Ticket) -> MaybeReady<SpendAnswer> {
        let Some(key) = self.tickets.borrow_mut().spend(ticket) else { return MaybeReady::Ready(SpendAnswer::No) };
        let desk = Rc::clone(self);
        self.engine.spend(key, ticket).map(move |outcome| match desk.written(outcome) {
            Ok(true) => {
                desk.recorder.increment(Metric::UsesSpent);
                SpendAnswer::Done
            }
            Ok(false) => SpendAnswer::No,
            Err(_) => {
                // The relay gives the message up: it is not delivered, and must cost nothing.
                tokio::task::spawn_local(desk.engine.undo(key, ticket).get());
                SpendAnswer::Unavailable
            }
        })
    }

    fn refund(self: &Rc<Self>, ticket: Ticket) -> MaybeReady<RefundAnswer> {
        let Some(key) = self.tickets.borrow_mut().settle(ticket) else { return MaybeReady::Ready(RefundAnswer::No) };
        let desk = Rc::clone(self);
        self.engine.refund(key, ticket).map(move |outcome| match desk.written(outcome) {
            Ok(()) => {
                desk.recorder.increment(Metric::UsesRefunded);
                RefundAnswer::Done
            }
            Err(_) => RefundAnswer::Unavailable,
        })
    }
}

/// Only the day matters to SRS.
fn today() -> Time {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |t| t.as_secs())
}
