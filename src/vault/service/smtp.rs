//! vault ← smtp: hold and release.

use super::Desk;
use crate::alias::AliasAddress;
use crate::channel::MaybeReady;
use crate::vault::store::{self, Key, Outage};
use crate::vault::tickets::Target;
use crate::wire::Ticket;
use crate::wire::vault_smtp::{Answer, Hold, HoldAnswer, Release, Request};
use std::rc::Rc;
use std::time::Instant;

impl Desk {
    /// Answers the process at port 25.
    pub(in crate::vault) fn smtp(self: &Rc<Self>, pid: i32, request: Request) -> Option<MaybeReady<Answer>> {
        match request {
            Request::Hold(Hold { recipient }) => return Some(self.hold(recipient).map(Answer::Hold)),
            Request::Release(Release { ticket }) => {
                if let Some(key) = self.tickets.borrow_mut().release(ticket) {
                    tokio::task::spawn_local(self.engine.release(key, ticket).get());
                }
            }
            Request::Metrics(metrics) => self.note(pid, metrics),
        }
        None
    }

    fn hold(self: &Rc<Self>, alias: AliasAddress) -> MaybeReady<HoldAnswer> {
        let Ok(random) = self.seal.random() else { return MaybeReady::Ready(HoldAnswer::Unavailable) };
        let ticket = Ticket::from_random(random);
        if alias.is_role() {
            let Some(_) = self.settings().postmaster else { return MaybeReady::Ready(HoldAnswer::No) };
            self.tickets.borrow_mut().issue(ticket, Target::Postmaster, None, Instant::now());
            return MaybeReady::Ready(HoldAnswer::Held { ticket });
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

    fn held(&self, alias: AliasAddress, key: Key, ticket: Ticket, outcome: Result<store::Hold, Outage>) -> HoldAnswer {
        match self.read(outcome) {
            Ok(store::Hold::Held { counted, sealed }) => {
                let target = Target::Sealed { alias, sealed };
                self.tickets.borrow_mut().issue(ticket, target, counted.then_some(key), Instant::now());
                HoldAnswer::Held { ticket }
            }
            Ok(store::Hold::Busy) => HoldAnswer::Busy,
            Ok(store::Hold::No) => HoldAnswer::No,
            Err(_) => HoldAnswer::Unavailable,
        }
    }
}
