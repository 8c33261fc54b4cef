//! A message from hold to settle.

use super::*;
use crate::wire::vault_relay::{Refund, RefundAnswer, Spend, SpendAnswer};
use crate::wire::vault_smtp::Release;

#[test]
fn one_message_from_hold_to_settle() {
    run(|context| async move {
        let (alias, _) = create(&context, 1).await;
        let HoldAnswer::Held { ticket } = hold(&context, &alias).await else { panic!() };
        assert_eq!(hold(&context, &alias).await, HoldAnswer::Busy);
        let redeem = || Redeem { ticket, reverse_path: "a@sender.example".to_owned() };
        let RedeemAnswer::Redeemed { target, reverse_path, counted } = relay(&context, redeem()).await else {
            panic!()
        };
        assert!(counted && target.expose() == "someone@real.example");
        assert!(reverse_path.starts_with("SRS0=") && reverse_path.ends_with("=sender.example=a@two.example"));
        assert!(relay(&context, redeem()).await == RedeemAnswer::No, "a ticket is redeemed once");
        assert!(relay(&context, Spend { ticket }).await == SpendAnswer::Done);
        assert_eq!(hold(&context, &alias).await, HoldAnswer::No);
        assert!(relay(&context, Refund { ticket }).await == RefundAnswer::Done);
        assert!(relay(&context, Refund { ticket }).await == RefundAnswer::No, "and refunded once");
        assert!(matches!(hold(&context, &alias).await, HoldAnswer::Held { .. }));
    });
}

#[test]
fn a_released_use_is_free() {
    run(|context| async move {
        let (alias, _) = create(&context, 1).await;
        let HoldAnswer::Held { ticket } = hold(&context, &alias).await else { panic!() };
        assert!(smtp::answer(&context, 1, Release { ticket }.into()).is_none(), "wants no answer");
        tokio::task::yield_now().await;
        assert!(matches!(hold(&context, &alias).await, HoldAnswer::Held { .. }));
        assert!(relay(&context, Redeem { ticket, reverse_path: String::new() }).await == RedeemAnswer::No);
    });
}

#[test]
fn postmaster_is_the_administrator() {
    run(|context| async move {
        let alias = AliasAddress::parse("abuse@example.org", &context.live().domains).unwrap();
        let HoldAnswer::Held { ticket } = hold(&context, &alias).await else { panic!() };
        let redeem = Redeem { ticket, reverse_path: String::new() };
        let RedeemAnswer::Redeemed { target, counted: false, .. } = relay(&context, redeem).await else { panic!() };
        assert_eq!(target.expose(), "boss@real.example");
    });
}
