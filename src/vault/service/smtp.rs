//! The door vault ← smtp: hold a use of an alias, and release it.

use crate::alias::AliasAddress;
use crate::channel::MaybeReady;
use crate::vault::context::VaultContext;
use crate::vault::keys::random;
use crate::vault::store::{self, Engine as _, Key, StoreError};
use crate::vault::tickets::TargetSource;
use crate::wire::Ticket;
use crate::wire::vault_smtp::{Answer, Hold, HoldAnswer, Release, Request};
use std::rc::Rc;
use std::time::Instant;

/// Answers a process of the role `smtp`.
pub(in crate::vault) fn answer(context: &Rc<VaultContext>, pid: i32, request: Request) -> Option<MaybeReady<Answer>> {
    match request {
        Request::Hold(Hold { recipient }) => return Some(hold(context, recipient).map(Answer::Hold)),
        Request::Release(Release { ticket }) => release(context, ticket),
        Request::Metrics(metrics) => context.metrics.report(pid, metrics),
    }
    None
}

/// Holds one use of an alias and issues a ticket for it. Where the store is on this host, the answer is ready at once
/// and costs no task.
fn hold(context: &Rc<VaultContext>, alias: AliasAddress) -> MaybeReady<HoldAnswer> {
    let Ok(octets) = random() else { return MaybeReady::Ready(HoldAnswer::Unavailable) };
    let ticket = Ticket::from_random(octets);
    if alias.is_role() {
        if context.live().postmaster.is_none() {
            return MaybeReady::Ready(HoldAnswer::No);
        }
        context.tickets.borrow_mut().issue(ticket, TargetSource::Postmaster, None, Instant::now());
        return MaybeReady::Ready(HoldAnswer::Held { ticket });
    }
    let key = context.hashes.alias(&alias);
    let seconds = context.tickets.borrow().lifetime_seconds();
    match context.store.hold(key, ticket, seconds) {
        MaybeReady::Ready(outcome) => MaybeReady::Ready(issue(context, alias, key, ticket, outcome)),
        MaybeReady::Future(outcome) => {
            let (context, guard) = (Rc::clone(context), context.requests.enter());
            MaybeReady::later(async move {
                let _guard = guard;
                issue(&context, alias, key, ticket, outcome.await)
            })
        }
    }
}

/// Issues the ticket, if the alias is alive.
fn issue(
    context: &VaultContext,
    alias: AliasAddress,
    key: Key,
    ticket: Ticket,
    outcome: Result<store::HoldResult, StoreError>,
) -> HoldAnswer {
    match outcome {
        Ok(store::HoldResult::Held { counted, sealed }) => {
            let target = TargetSource::Sealed { alias, sealed };
            context.tickets.borrow_mut().issue(ticket, target, counted.then_some(key), Instant::now());
            HoldAnswer::Held { ticket }
        }
        Ok(store::HoldResult::Busy) => HoldAnswer::Busy,
        Ok(store::HoldResult::No) => HoldAnswer::No,
        Err(_) => HoldAnswer::Unavailable,
    }
}

/// Gives a held use back, in the background.
fn release(context: &VaultContext, ticket: Ticket) {
    let released = context.tickets.borrow_mut().release(ticket);
    if let Some(key) = released {
        tokio::task::spawn_local(context.store.release(key, ticket).get());
    }
}
