//! The door vault ← relay: redeem a ticket; spend, refund and settle its use; send notifications.

use crate::alias::{Domain, RealAddress};
use crate::channel::MaybeReady;
use crate::config::settings::vault::ReversePath;
use crate::vault::clock;
use crate::vault::context::VaultContext;
use crate::vault::srs;
use crate::vault::store::Engine as _;
use crate::vault::tickets::TargetSource;
use crate::wire::Ticket;
use crate::wire::metrics::Metric;
use crate::wire::vault_relay::{
    Answer, NextNotification, NotificationSent, Redeem, RedeemAnswer, Refund, RefundAnswer, Request, Settle, Spend,
    SpendAnswer,
};
use std::rc::Rc;

/// Answers a process of the role `relay`.
pub(in crate::vault) fn answer(context: &Rc<VaultContext>, pid: i32, request: Request) -> Option<MaybeReady<Answer>> {
    Some(match request {
        Request::Redeem(Redeem { ticket, reverse_path }) => {
            MaybeReady::Ready(Answer::Redeem(redeem(context, ticket, &reverse_path)))
        }
        Request::Spend(Spend { ticket }) => spend(context, ticket).map(Answer::Spend),
        Request::Refund(Refund { ticket }) => refund(context, ticket).map(Answer::Refund),
        Request::NextNotification(NextNotification) => {
            let context = Rc::clone(context);
            MaybeReady::later(async move { Answer::NextNotification(context.outbox.next().await) })
        }
        Request::Settle(Settle { ticket }) => {
            context.tickets.borrow_mut().settle(ticket);
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
    let Some((target, counted)) = redeemed else { return RedeemAnswer::No };
    let Some((target, domain)) = reveal(context, &target) else { return RedeemAnswer::No };
    let reverse_path = match context.live().reverse_path {
        ReversePath::Keep => reverse_path.to_owned(),
        ReversePath::Srs => srs::rewrite(reverse_path, &domain, &context.hashes, clock::now()),
    };
    RedeemAnswer::Redeemed { target, reverse_path, counted }
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

fn spend(context: &Rc<VaultContext>, ticket: Ticket) -> MaybeReady<SpendAnswer> {
    let redeemed = context.tickets.borrow_mut().spend(ticket);
    let Some(key) = redeemed else { return MaybeReady::Ready(SpendAnswer::No) };
    let step = context.store.spend(key, ticket);
    let (context, guard) = (Rc::clone(context), context.requests.enter());
    step.map(move |outcome| {
        let _guard = guard;
        match outcome {
            Ok(true) => {
                context.metrics.increment(Metric::UsesSpent);
                SpendAnswer::Done
            }
            Ok(false) => SpendAnswer::No,
            Err(_) => {
                // The relay gives the message up: it is not delivered, and must cost nothing.
                tokio::task::spawn_local(context.store.undo(key, ticket).get());
                SpendAnswer::Unavailable
            }
        }
    })
}

fn refund(context: &Rc<VaultContext>, ticket: Ticket) -> MaybeReady<RefundAnswer> {
    let spent = context.tickets.borrow_mut().settle(ticket);
    let Some(key) = spent else { return MaybeReady::Ready(RefundAnswer::No) };
    let step = context.store.refund(key, ticket);
    let (context, guard) = (Rc::clone(context), context.requests.enter());
    step.map(move |outcome| {
        let _guard = guard;
        match outcome {
            Ok(()) => {
                context.metrics.increment(Metric::UsesRefunded);
                RefundAnswer::Done
            }
            Err(_) => RefundAnswer::Unavailable,
        }
    })
}
