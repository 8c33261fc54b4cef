//! A message from RCPT to what becomes of its use.

use super::faulty::Spending;
use super::*;
use crate::wire::Ticket;
use crate::wire::vault_relay::{Refund, RefundAnswer, Settle, SettleLast, Settled, Spend, SpendAnswer};
use crate::wire::vault_smtp::Release;
use crate::wire::vault_web::Amend;

const SPENT: SpendAnswer = SpendAnswer::Done { counted: true, last: false };
const SPENT_LAST: SpendAnswer = SpendAnswer::Done { counted: true, last: true };

async fn ticket(context: &Rc<VaultContext>, alias: &AliasAddress) -> Ticket {
    match admit(context, alias).await {
        AdmitAnswer::Admitted { ticket } => ticket,
        other => panic!("{other:?}"),
    }
}

/// A ticket that is redeemed, and whether its use is scarce.
async fn redeemed(context: &Rc<VaultContext>, alias: &AliasAddress) -> (Ticket, bool) {
    let ticket = ticket(context, alias).await;
    match relay(context, Redeem { ticket, reverse_path: String::new() }).await {
        RedeemAnswer::Redeemed { scarce, .. } => (ticket, scarce),
        _ => panic!("it is redeemed"),
    }
}

async fn spend(context: &Rc<VaultContext>, ticket: Ticket) -> SpendAnswer {
    relay(context, Spend { ticket }).await
}

#[test]
fn one_message_from_rcpt_to_refund() {
    run(|context| async move {
        let (alias, _) = create(&context, 1).await;
        let (ticket, other) = (ticket(&context, &alias).await, ticket(&context, &alias).await);
        assert_eq!(spend(&context, ticket).await, SpendAnswer::Unavailable, "not redeemed");
        let redeem = || Redeem { ticket, reverse_path: "a@sender.example".to_owned() };
        for _ in 0..2 {
            let RedeemAnswer::Redeemed { target, reverse_path, scarce } = relay(&context, redeem()).await else {
                panic!()
            };
            assert!(scarce && target.expose() == "someone@real.example");
            assert!(reverse_path.starts_with("SRS0=") && reverse_path.ends_with("=sender.example=a@two.example"));
        }
        assert_eq!(spend(&context, ticket).await, SPENT_LAST);
        assert!(relay(&context, redeem()).await == RedeemAnswer::No, "it is spent");
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::Busy);
        assert!(relay(&context, Redeem { ticket: other, reverse_path: String::new() }).await != RedeemAnswer::No);
        assert_eq!(spend(&context, other).await, SpendAnswer::Busy);
        assert_eq!(spend(&context, other).await, SpendAnswer::Unavailable, "the ticket is gone");
        assert!(relay(&context, Refund { ticket: other }).await == RefundAnswer::No, "it has spent nothing");
        assert!(relay(&context, Refund { ticket }).await == RefundAnswer::Done);
        assert!(relay(&context, Refund { ticket }).await == RefundAnswer::No, "it is refunded once");
        assert!(matches!(admit(&context, &alias).await, AdmitAnswer::Admitted { .. }));
    });
}

#[test]
fn a_settled_use_is_not_given_back() {
    run(|context| async move {
        let (alias, _) = create(&context, 2).await;
        let ((one, _), (two, _)) = (redeemed(&context, &alias).await, redeemed(&context, &alias).await);
        assert_eq!((spend(&context, one).await, spend(&context, two).await), (SPENT, SPENT_LAST));
        assert!(super::relay::answer(&context, 2, Settle { ticket: one }.into()).is_none(), "wants no answer");
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::Busy);
        assert_eq!(relay(&context, SettleLast { ticket: two }).await, Settled);
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::No);
        assert!(relay(&context, Refund { ticket: two }).await == RefundAnswer::No);
        assert_eq!(context.tickets.borrow().count(), 0);
    });
}

/// A ticket takes nothing, whatever becomes of it.
#[test]
fn tickets_take_no_use() {
    run(|context| async move {
        let (alias, _) = create(&context, 1).await;
        let released = ticket(&context, &alias).await;
        for _ in 0..20 {
            redeemed(&context, &alias).await;
        }
        assert!(smtp::answer(&context, 1, Release { ticket: released }.into()).is_none(), "wants no answer");
        assert!(relay(&context, Redeem { ticket: released, reverse_path: String::new() }).await == RedeemAnswer::No);
        let (ticket, _) = redeemed(&context, &alias).await;
        assert_eq!(spend(&context, ticket).await, SPENT_LAST);
    });
}

/// Paused between RCPT and the final dot.
#[test]
fn what_is_dead_at_the_dot_is_not_spent() {
    run(|context| async move {
        let (alias, key) = create(&context, 9).await;
        let (ticket, scarce) = redeemed(&context, &alias).await;
        let change = Change { paused: Some(true), ..Change::default() };
        assert!(web(&context, Amend { aid: alias.name().to_owned(), key, change }).await.is_ok());
        assert_eq!((spend(&context, ticket).await, scarce), (SpendAnswer::No, false));
        assert!(relay(&context, Refund { ticket }).await == RefundAnswer::No);
        assert_eq!(context.tickets.borrow().count(), 0);
    });
}

/// A process that was taken over cannot fill the vault's memory, and takes nothing from the others.
#[test]
fn a_process_has_so_many_tickets_and_no_more() {
    run(|context| async move {
        let (alias, _) = create(&context, 9).await;
        let mut tickets = Vec::new();
        for _ in 0..live().max_tickets {
            tickets.push(ticket(&context, &alias).await);
        }
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::Unavailable);
        let role = AliasAddress::parse("abuse@example.org", &context.live().domains).unwrap();
        assert_eq!(admit(&context, &role).await, AdmitAnswer::Unavailable);
        let by_another = smtp::answer(&context, 9, Admit { recipient: alias.clone() }.into()).unwrap().get().await;
        assert!(matches!(Admit::answer(by_another), Some(AdmitAnswer::Admitted { .. })));
        assert!(smtp::answer(&context, 1, Release { ticket: tickets[0] }.into()).is_none());
        ticket(&context, &alias).await;
    });
}

/// P9: what the store does not take is told again until it does, and the alias is busy meanwhile.
#[test]
fn a_refund_that_fails_is_repeated() {
    run_faulty(|context, table| async move {
        let (alias, _) = create(&context, 1).await;
        let (ticket, _) = redeemed(&context, &alias).await;
        assert_eq!(spend(&context, ticket).await, SPENT_LAST);
        table.failures.set(3);
        assert!(relay(&context, Refund { ticket }).await == RefundAnswer::Unavailable);
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::Busy);
        until(async || matches!(admit(&context, &alias).await, AdmitAnswer::Admitted { .. })).await;
        assert_eq!(table.failures.get(), 0);
    });
}

#[test]
fn a_spend_without_an_answer_is_undone() {
    run_faulty(|context, table| async move {
        let (alias, _) = create(&context, 1).await;
        for (spending, failures) in [(Spending::Fails, 0), (Spending::IsNotAnswered, 0), (Spending::IsNotAnswered, 3)] {
            let (ticket, _) = redeemed(&context, &alias).await;
            table.spending.set(spending);
            table.failures.set(failures);
            assert_eq!(spend(&context, ticket).await, SpendAnswer::Unavailable);
            assert!(relay(&context, Refund { ticket }).await == RefundAnswer::No);
            until(async || matches!(admit(&context, &alias).await, AdmitAnswer::Admitted { .. })).await;
            assert_eq!(table.failures.get(), 0);
        }
        table.spending.set(Spending::Works);
        let (ticket, _) = redeemed(&context, &alias).await;
        assert_eq!(spend(&context, ticket).await, SPENT_LAST);
    });
}

#[test]
fn a_settlement_that_fails_is_repeated() {
    run_faulty(|context, table| async move {
        let (alias, _) = create(&context, 1).await;
        let (ticket, _) = redeemed(&context, &alias).await;
        assert_eq!(spend(&context, ticket).await, SPENT_LAST);
        table.failures.set(2);
        assert_eq!(relay(&context, SettleLast { ticket }).await, Settled);
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::Busy);
        until(async || admit(&context, &alias).await == AdmitAnswer::No).await;
    });
}

/// Waits until that is so; the caller has a deadline.
async fn until(condition: impl AsyncFn() -> bool) {
    while !condition().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn postmaster_is_the_administrator() {
    run(|context| async move {
        let alias = AliasAddress::parse("abuse@example.org", &context.live().domains).unwrap();
        let ticket = ticket(&context, &alias).await;
        let redeem = Redeem { ticket, reverse_path: String::new() };
        let RedeemAnswer::Redeemed { target, scarce: false, .. } = relay(&context, redeem).await else { panic!() };
        assert_eq!(target.expose(), "boss@real.example");
        assert_eq!(spend(&context, ticket).await, SpendAnswer::Done { counted: false, last: false });
        assert_eq!(context.tickets.borrow().count(), 0);
    });
}
