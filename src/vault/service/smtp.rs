//! The door vault ← smtp: whether an alias takes one more message, and tickets that are not wanted any more.

use crate::alias::AliasAddress;
use crate::channel::MaybeReady;
use crate::vault::context::VaultContext;
use crate::vault::keys::random;
use crate::vault::store::{AdmitOutcome, Engine as _, Key, StoreError};
use crate::vault::tickets::{Admitted, TargetSource};
use crate::wire::Ticket;
use crate::wire::vault_smtp::{Admit, AdmitAnswer, Answer, Release, Request};
use std::rc::Rc;
use std::time::Instant;

/// Answers a process of the role `smtp`.
pub(in crate::vault) fn answer(context: &Rc<VaultContext>, pid: i32, request: Request) -> Option<MaybeReady<Answer>> {
    match request {
        Request::Admit(Admit { recipient }) => return Some(admit(context, pid, recipient).map(Answer::Admit)),
        Request::Release(Release { ticket }) => context.tickets.borrow_mut().release(ticket),
        Request::Metrics(metrics) => context.metrics.report(pid, metrics),
    }
    None
}

/// Looks at an alias and issues a ticket for it. Where the store is on this host, the answer is ready at once and costs
/// no task.
fn admit(context: &Rc<VaultContext>, pid: i32, alias: AliasAddress) -> MaybeReady<AdmitAnswer> {
    if alias.is_role() {
        let is_read = context.live().postmaster.is_some();
        return MaybeReady::Ready(if is_read {
            issue(context, pid, TargetSource::Postmaster, None)
        } else {
            AdmitAnswer::No
        });
    }
    let Some(former) = alias.former() else { return admit_under(context, pid, alias) };
    // An older version may have made it.
    let context = Rc::clone(context);
    MaybeReady::later(async move {
        match admit_under(&context, pid, alias).get().await {
            AdmitAnswer::No => admit_under(&context, pid, former).get().await,
            answer => answer,
        }
    })
}

/// Admits mail for an alias that is stored under this spelling.
fn admit_under(context: &Rc<VaultContext>, pid: i32, alias: AliasAddress) -> MaybeReady<AdmitAnswer> {
    let key = context.hashes.alias(&alias);
    match context.store.admit(key) {
        MaybeReady::Ready(outcome) => MaybeReady::Ready(admitted(context, pid, alias, key, outcome)),
        MaybeReady::Future(outcome) => {
            let (context, guard) = (Rc::clone(context), context.requests.enter());
            MaybeReady::later(async move {
                let _guard = guard;
                admitted(&context, pid, alias, key, outcome.await)
            })
        }
    }
}

fn admitted(
    context: &VaultContext,
    pid: i32,
    alias: AliasAddress,
    key: Key,
    outcome: Result<AdmitOutcome, StoreError>,
) -> AdmitAnswer {
    match outcome {
        Ok(AdmitOutcome::Admitted { sealed, remaining }) => {
            issue(context, pid, TargetSource::Sealed { alias, sealed }, Some(Admitted { key, remaining }))
        }
        Ok(AdmitOutcome::Busy) => AdmitAnswer::Busy,
        Ok(AdmitOutcome::No) => AdmitAnswer::No,
        Err(_) => AdmitAnswer::Unavailable,
    }
}

/// Issues a ticket, unless the process has as many as it may have.
fn issue(context: &VaultContext, pid: i32, source: TargetSource, admitted: Option<Admitted>) -> AdmitAnswer {
    let mut tickets = context.tickets.borrow_mut();
    match random() {
        Ok(octets) if tickets.count_of(pid) < context.live().max_tickets => {
            let ticket = Ticket::from_random(octets);
            tickets.issue(ticket, source, admitted, pid, Instant::now());
            AdmitAnswer::Admitted { ticket }
        }
        _ => AdmitAnswer::Unavailable,
    }
}
