//! vault ← relay: whose is this ticket, and count it.

use super::Desk;
use crate::alias::{AliasAddress, Domain, RealAddress, Time};
use crate::channel::MaybeReady;
use crate::config::settings::ReversePath;
use crate::vault::outbox::Letter;
use crate::vault::srs;
use crate::vault::tickets::Target;
use crate::wire::Ticket;
use crate::wire::metrics::Metric;
use crate::wire::vault_relay::{Answer, Request};
use std::rc::Rc;
use std::time::SystemTime;

impl Desk {
    /// Answers the process that speaks to the Internet.
    pub(in crate::vault) fn relay(self: &Rc<Self>, pid: i32, request: Request) -> MaybeReady<Answer> {
        match request {
            Request::Redeem { ticket, reverse_path } => MaybeReady::Ready(self.redeem(ticket, &reverse_path)),
            Request::Spend { ticket } => self.spend(ticket),
            Request::Refund { ticket } => self.refund(ticket),
            Request::Settle { ticket } => {
                self.tickets.borrow_mut().settle(ticket);
                MaybeReady::Ready(Answer::Done)
            }
            Request::Letter => {
                let desk = Rc::clone(self);
                MaybeReady::later(async move {
                    let (number, Letter { target, message }) = desk.letters.take().await;
                    Answer::Letter { number, target, message }
                })
            }
            Request::Sent { number, verdict } => {
                self.letters.sent(number, verdict);
                MaybeReady::Ready(Answer::Done)
            }
            Request::Metrics(metrics) => {
                self.note(pid, metrics);
                MaybeReady::Ready(Answer::Done)
            }
        }
    }

    fn redeem(&self, ticket: Ticket, reverse_path: &str) -> Answer {
        let Some((target, counted)) = self.tickets.borrow_mut().redeem(ticket) else { return Answer::No };
        let Some((target, domain)) = self.reveal(&target) else { return Answer::No };
        let reverse_path = match self.settings().reverse_path {
            ReversePath::Keep => reverse_path.to_owned(),
            ReversePath::Srs => srs::rewrite(reverse_path, &domain, &self.seal, today()),
        };
        Answer::Redeemed { target, reverse_path, counted }
    }

    /// The real address behind a ticket, and the domain of ours it was reached under.
    fn reveal(&self, target: &Target) -> Option<(RealAddress, Domain)> {
        match target {
            Target::Sealed { alias, sealed } => Some((self.seal.open_address(alias, sealed)?, domain_of(alias)?)),
            Target::Postmaster => Some((self.settings().postmaster.clone()?, self.settings().domains.first()?.clone())),
        }
    }

    fn spend(self: &Rc<Self>, ticket: Ticket) -> MaybeReady<Answer> {
        let Some(key) = self.tickets.borrow_mut().spend(ticket) else { return MaybeReady::Ready(Answer::No) };
        let desk = Rc::clone(self);
        self.engine.spend(key, ticket).map(move |outcome| match desk.written(outcome) {
            Ok(true) => {
                desk.recorder.increment(Metric::UsesSpent);
                Answer::Done
            }
            Ok(false) => Answer::No,
            Err(_) => {
                // The relay gives the message up: it is not delivered, and must cost nothing.
                tokio::task::spawn_local(desk.engine.undo(key, ticket).get());
                Answer::Unavailable
            }
        })
    }

    fn refund(self: &Rc<Self>, ticket: Ticket) -> MaybeReady<Answer> {
        let Some(key) = self.tickets.borrow_mut().settle(ticket) else { return MaybeReady::Ready(Answer::No) };
        let desk = Rc::clone(self);
        self.engine.refund(key, ticket).map(move |outcome| match desk.written(outcome) {
            Ok(()) => {
                desk.recorder.increment(Metric::UsesRefunded);
                Answer::Done
            }
            Err(_) => Answer::Unavailable,
        })
    }
}

fn domain_of(alias: &AliasAddress) -> Option<Domain> {
    alias.as_str().rsplit_once('@').and_then(|(_, domain)| Domain::parse(domain).ok())
}

/// Only the day matters to SRS.
fn today() -> Time {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |t| t.as_secs())
}
