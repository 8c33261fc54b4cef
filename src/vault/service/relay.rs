//! The door vault ← relay: redeem a ticket; spend, refund and settle its use; send notifications.

use super::targets::refuse_undeliverable;
use crate::alias::{Domain, Mailbox, RealAddress};
use crate::channel::MaybeReady;
use crate::config::settings::vault::ReversePath;
use crate::vault::clock;
use crate::vault::context::VaultContext;
use crate::vault::retry;
use crate::vault::srs;
use crate::vault::store::{Engine as _, Key, SpendOutcome};
use crate::vault::tickets::{Spendable, Spent, TargetSource};
use crate::wire::Ticket;
use crate::wire::metrics::Metric;
use crate::wire::vault_relay::{
    Answer, NextNotification, NotificationSent, Redeem, RedeemAnswer, Refund, RefundAnswer, Request, Settle,
    SettleLast, Settled, Spend, SpendAnswer,
};
use std::rc::Rc;
use std::time::Instant;
use tracing::warn;

/// Answers a process of the role `relay`.
pub(in crate::vault) fn answer(context: &Rc<VaultContext>, pid: i32, request: Request) -> Option<MaybeReady<Answer>> {
    Some(match request {
        Request::Redeem(Redeem { ticket, reverse_path }) => {
            MaybeReady::Ready(Answer::Redeem(redeem(context, ticket, &reverse_path)))
        }
        Request::Spend(Spend { ticket }) => spend(context, ticket).map(Answer::Spend),
        Request::Refund(Refund { ticket }) => refund(context, ticket).map(Answer::Refund),
        Request::SettleLast(SettleLast { ticket }) => settle(context, ticket).map(Answer::SettleLast),
        Request::NextNotification(NextNotification) => {
            let context = Rc::clone(context);
            MaybeReady::later(async move { Answer::NextNotification(context.outbox.next().await) })
        }
        Request::Settle(Settle { ticket }) => {
            if let MaybeReady::Future(settled) = settle(context, ticket) {
                tokio::task::spawn_local(settled);
            }
            return None;
        }
        Request::NotificationSent(NotificationSent { number, verdict }) => {
            context.outbox.report(number, verdict);
            return None;
        }
        Request::Metrics(metrics) => {
            context.metrics.report(pid, metrics);
            return None;
        }
    })
}

fn redeem(context: &VaultContext, ticket: Ticket, reverse_path: &str) -> RedeemAnswer {
    let redeemed = context.tickets.borrow_mut().redeem(ticket);
    let Some((target, scarce)) = redeemed else { return RedeemAnswer::No };
    let is_alias = matches!(target, TargetSource::Sealed { .. });
    let Some((target, domain)) = reveal(context, &target) else { return RedeemAnswer::No };
    // An older version has taken what is refused today.
    if is_alias && refuse_undeliverable(context, &target).is_err() {
        warn!("an alias of an older version has a target that is refused today");
        return RedeemAnswer::Dead;
    }
    if claims_to_return(context, reverse_path) {
        return RedeemAnswer::Forged;
    }
    let reverse_path = match context.live().reverse_path {
        ReversePath::Keep => reverse_path.to_owned(),
        ReversePath::Srs => srs::rewrite(reverse_path, &domain, &context.hashes, clock::now()),
    };
    RedeemAnswer::Redeemed { target, reverse_path, scarce }
}

/// Whether a reverse-path looks like a return path of ours and is none.
fn claims_to_return(context: &VaultContext, reverse_path: &str) -> bool {
    let live = context.live();
    let is_here = |path: &Mailbox| {
        let mut names = live.domains.iter().cloned().chain(Domain::parse(&live.hostname).ok());
        names.any(|name| name.is(path.domain()))
    };
    Mailbox::parse(reverse_path)
        .is_ok_and(|path| path.is_rewritten() && is_here(&path) && !srs::is_ours(&path, &context.hashes, clock::now()))
}

/// The real address behind a ticket, and the domain of ours under which it was reached.
fn reveal(context: &VaultContext, target: &TargetSource) -> Option<(RealAddress, Domain)> {
    match target {
        TargetSource::Sealed { alias, sealed } => {
            Some((context.seal.open_address(alias, sealed)?, Domain::parse(alias.domain()).ok()?))
        }
        TargetSource::Postmaster => {
            let live = context.live();
            Some((live.postmaster.clone()?, live.domains.first()?.clone()))
        }
    }
}

/// Spends the use of a ticket. Which ticket is none any more, is told as an outage: nobody knows how its alias stands.
fn spend(context: &Rc<VaultContext>, ticket: Ticket) -> MaybeReady<SpendAnswer> {
    let key = match context.tickets.borrow_mut().begin_spend(ticket) {
        Some(Spendable::Alias(key)) => key,
        Some(Spendable::Role) => return MaybeReady::Ready(SpendAnswer::Done { counted: false, last: false }),
        None => return MaybeReady::Ready(SpendAnswer::Unavailable),
    };
    let step = context.store.spend(key, ticket, context.tickets.borrow().lifetimes().spent);
    let (context, guard) = (Rc::clone(context), context.requests.enter());
    step.map(move |outcome| {
        let _guard = guard;
        let is_counted = matches!(outcome, Ok(SpendOutcome::Done { counted: true, .. }));
        context.tickets.borrow_mut().end_spend(ticket, is_counted, Instant::now());
        match outcome {
            Ok(SpendOutcome::Done { counted, last }) => {
                if counted {
                    context.metrics.increment(Metric::UsesSpent);
                }
                SpendAnswer::Done { counted, last }
            }
            Ok(SpendOutcome::Busy) => SpendAnswer::Busy,
            Ok(SpendOutcome::No) => SpendAnswer::No,
            Err(_) => {
                undo(&context, key, ticket);
                SpendAnswer::Unavailable
            }
        }
    })
}

/// Takes back what a spend without an answer may have counted, in the background: the relay gives the message up, so that
/// it must cost nothing.
fn undo(context: &Rc<VaultContext>, key: Key, ticket: Ticket) {
    let (context, lifetime) = (Rc::clone(context), context.tickets.borrow().lifetimes().spent);
    tokio::task::spawn_local(async move {
        let again = || context.store.undo(key, ticket, lifetime);
        if again().get().await.is_err() {
            // If it fails to the last, the use stays counted, as one that is in doubt.
            let _ = retry::until(&context.retries, Instant::now() + lifetime, again).await;
        }
    });
}

fn refund(context: &Rc<VaultContext>, ticket: Ticket) -> MaybeReady<RefundAnswer> {
    let spent = context.tickets.borrow_mut().take_spent(ticket);
    let Some(Spent { key, deadline }) = spent else { return MaybeReady::Ready(RefundAnswer::No) };
    let step = context.store.refund(key, ticket);
    let (context, guard) = (Rc::clone(context), context.requests.enter());
    step.map(move |outcome| {
        let _guard = guard;
        if outcome.is_ok() {
            context.metrics.increment(Metric::UsesRefunded);
            return RefundAnswer::Done;
        }
        tokio::task::spawn_local(async move {
            let again = || context.store.refund(key, ticket);
            if retry::until(&context.retries, deadline, again).await.is_ok() {
                context.metrics.increment(Metric::UsesRefunded);
            }
        });
        RefundAnswer::Unavailable
    })
}

/// The use of a ticket is final. While the store is away, others read that the alias is busy, and not that it is dead.
fn settle(context: &Rc<VaultContext>, ticket: Ticket) -> MaybeReady<Settled> {
    let spent = context.tickets.borrow_mut().take_spent(ticket);
    let Some(Spent { key, deadline }) = spent else { return MaybeReady::Ready(Settled) };
    let step = context.store.settle(key, ticket);
    let (context, guard) = (Rc::clone(context), context.requests.enter());
    step.map(move |outcome| {
        let _guard = guard;
        if outcome.is_err() {
            tokio::task::spawn_local(async move {
                let _ = retry::until(&context.retries, deadline, || context.store.settle(key, ticket)).await;
            });
        }
        Settled
    })
}
