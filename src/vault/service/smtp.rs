//! vault ← smtp: hold and release.

use super::Desk;
use crate::alias::AliasAddress;
use crate::channel::MaybeReady;
use crate::vault::store::{Hold, Key, Outage};
use crate::vault::tickets::Target;
use crate::wire::Ticket;
use crate::wire::vault_smtp::{Answer, Request};
use std::rc::Rc;
use std::time::Instant;

impl Desk {
    /// Answers the process at port 25.
    pub(in crate::vault) fn smtp(self: &Rc<Self>, pid: i32, request: Request) -> MaybeReady<Answer> {
        match request {
            Request::Hold { recipient } => self.hold(recipient),
            Request::Release { ticket } => {
                if let Some(key) = self.tickets.borrow_mut().release(ticket) {
                    tokio::task::spawn_local(self.engine.release(key, ticket).get());
                }
                MaybeReady::Ready(Answer::Done)
            }
            Request::Metrics(metrics) => {
                self.note(pid, metrics);
                MaybeReady::Ready(Answer::Done)
            }
        }
    }

    fn hold(self: &Rc<Self>, alias: AliasAddress) -> MaybeReady<Answer> {
        let Ok(random) = self.seal.random() else { return MaybeReady::Ready(Answer::Unavailable) };
        let ticket = Ticket::from_random(random);
        if alias.is_role() {
            let Some(_) = self.settings().postmaster else { return MaybeReady::Ready(Answer::No) };
            self.tickets.borrow_mut().issue(ticket, Target::Postmaster, None, Instant::now());
            return MaybeReady::Ready(Answer::Held { ticket });
        }
        let key = self.seal.key(&alias);
        let seconds = self.tickets.borrow().lifetime_seconds();
        match self.engine.hold(key, ticket, seconds) {
            MaybeReady::Ready(outcome) => MaybeReady::Ready(self.held(alias, key, ticket, outcome)),
            MaybeReady::Future(outcome) => {
                let desk = Rc::clone(self);
                MaybeReady::later(async move { desk.held(alias, key, ticket, outcome.await) })
            }
        }
    }

    fn held(&self, alias: AliasAddress, key: Key, ticket: Ticket, outcome: Result<Hold, Outage>) -> Answer {
        match self.read(outcome) {
            Ok(Hold::Held { counted, sealed }) => {
                let target = Target::Sealed { alias, sealed };
                self.tickets.borrow_mut().issue(ticket, target, counted.then_some(key), Instant::now());
                Answer::Held { ticket }
            }
            Ok(Hold::Busy) => Answer::Busy,
            Ok(Hold::No) => Answer::No,
            Err(_) => Answer::Unavailable,
        }
    }
}
