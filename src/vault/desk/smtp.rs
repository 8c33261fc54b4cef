//! vault ← smtp: hold and release.

use super::Desk;
use crate::alias::AliasAddress;
use crate::door::Soon;
use crate::vault::engine::{Hold, Key, Outage};
use crate::vault::tickets::Target;
use crate::wire::Ticket;
use crate::wire::smtp::{Answer, Request};
use std::rc::Rc;
use std::time::Instant;

impl Desk {
    /// Answers the process at port 25.
    pub(in crate::vault) fn smtp(self: &Rc<Self>, pid: i32, request: Request) -> Soon<Answer> {
        match request {
            Request::Hold { recipient } => self.hold(recipient),
            Request::Release { ticket } => {
                if let Some(key) = self.tickets.borrow_mut().release(ticket) {
                    tokio::task::spawn_local(self.engine.release(key, ticket).get());
                }
                Soon::Now(Answer::Done)
            }
            Request::Figures(figures) => {
                self.note(pid, figures);
                Soon::Now(Answer::Done)
            }
        }
    }

    fn hold(self: &Rc<Self>, alias: AliasAddress) -> Soon<Answer> {
        let Ok(random) = self.seal.random() else { return Soon::Now(Answer::Unavailable) };
        let ticket = Ticket::from_random(random);
        if alias.is_role() {
            let Some(_) = self.settings().postmaster else { return Soon::Now(Answer::No) };
            self.tickets.borrow_mut().issue(ticket, Target::Postmaster, None, Instant::now());
            return Soon::Now(Answer::Held { ticket });
        }
        let key = self.seal.key(&alias);
        let seconds = self.tickets.borrow().lifetime_seconds();
        match self.engine.hold(key, ticket, seconds) {
            Soon::Now(outcome) => Soon::Now(self.held(alias, key, ticket, outcome)),
            Soon::Later(outcome) => {
                let desk = Rc::clone(self);
                Soon::later(async move { desk.held(alias, key, ticket, outcome.await) })
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
