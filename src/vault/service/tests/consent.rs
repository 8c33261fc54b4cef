//! Consent: notifications, and the links in them.

use super::*;
use crate::alias::RefusedShape;
use crate::wire::vault_web::{InspectLink, LinkPurpose, OptOut};

#[test]
fn with_consent_an_alias_lives_once_its_target_says_so() {
    run(|context| async move {
        context.reload(Live { confirm: true, ..Live::clone(&context.live()) });
        let ordering = tokio::task::spawn_local({
            let context = Rc::clone(&context);
            async move { create(&context, 2).await }
        });
        let (target, text) = next_notification(&context, 250).await;
        assert_eq!(target, "someone@real.example");
        assert!(text.contains("Auto-Submitted: auto-generated") && text.contains("Message-ID: <"), "{text}");
        let (alias, _) = ordering.await.unwrap();
        assert!(!text.contains(alias.name()), "the notification does not name it");
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::No);
        let links = links(&text);
        let look = |at: usize| InspectLink { link: links[at].clone() };
        let follow = |at: usize| FollowLink { link: links[at].clone() };
        for _ in 0..3 {
            let purpose = LinkPurpose::Activate(vec![alias.clone()]);
            assert_eq!(web(&context, look(0)).await, Ok(purpose));
            assert_eq!(web(&context, look(1)).await, Ok(LinkPurpose::OptOut));
        }
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::No, "to look at a link changes nothing");
        for _ in 0..2 {
            assert_eq!(web(&context, follow(0)).await, Ok(Followed::Activated(vec![alias.clone()])));
        }
        assert!(matches!(admit(&context, &alias).await, AdmitAnswer::Admitted { .. }));
        assert_eq!(web(&context, follow(1)).await, Ok(Followed::Done));
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::No);
        let refused = Err(RequestError::Rejected(OrderError::OptedOut));
        assert_eq!(ask(&context, order("someone@real.example", None, 1)).await, refused);
        assert_eq!(web(&context, follow(0)).await, Err(RequestError::NotFound), "it does not come back");
    });
}

#[test]
fn an_alias_whose_notification_is_not_taken_is_not_kept() {
    run(|context| async move {
        context.reload(Live { confirm: true, ..Live::clone(&context.live()) });
        let (refused, unsent) =
            (Err(RequestError::Rejected(OrderError::Undeliverable)), Err(RequestError::EmailNotSent));
        // What was refused counts, what could not be sent does not.
        for (code, expected) in [(550, refused.clone()), (451, unsent), (550, refused)] {
            let ordering = tokio::task::spawn_local({
                let context = Rc::clone(&context);
                async move { ask(&context, order("someone@real.example", None, 1)).await }
            });
            next_notification(&context, code).await;
            assert_eq!(ordering.await.unwrap(), expected);
            assert_eq!(context.store.alias_count().get().await, Ok(Some(0)));
        }
        let more = ask(&context, order("someone@real.example", None, 1)).await;
        assert_eq!(more, Err(RequestError::Rejected(OrderError::TooManyEmails)));
    });
}

#[test]
fn who_opts_out_can_opt_in_again() {
    run(|context| async move {
        let asking = |context: &Rc<VaultContext>| {
            let request = OptOut { target: "someone@real.example".to_owned(), language: Language::German };
            let context = Rc::clone(context);
            tokio::task::spawn_local(async move { web(&context, request).await })
        };
        for (purpose, expected) in
            [(LinkPurpose::OptOut, Some(Err(RequestError::Rejected(OrderError::OptedOut)))), (LinkPurpose::OptIn, None)]
        {
            let asked = asking(&context);
            let (_, text) = next_notification(&context, 250).await;
            assert_eq!(asked.await.unwrap(), Ok(()));
            let link = links(&text).remove(0);
            let found = web(&context, InspectLink { link: link.clone() }).await;
            assert_eq!(found, Ok(purpose));
            assert_eq!(web(&context, FollowLink { link }).await, Ok(Followed::Done));
            let outcome = ask(&context, order("someone@real.example", None, 1)).await;
            match expected {
                Some(expected) => assert_eq!(outcome, expected),
                None => drop(the_one(outcome)),
            }
        }
    });
}

/// Follows the link of the notification that `request` causes.
pub(super) async fn by_notification(context: &Rc<VaultContext>, request: OptOut) -> Result<Followed, RequestError> {
    let asked = tokio::task::spawn_local({
        let context = Rc::clone(context);
        async move { web(&context, request).await }
    });
    let (_, text) = next_notification(context, 250).await;
    assert_eq!(asked.await.unwrap(), Ok(()));
    let link = links(&text).remove(0);
    web(context, FollowLink { link }).await
}

fn opt_out() -> OptOut {
    opt_out_of("someone@real.example")
}

pub(super) fn opt_out_of(target: &str) -> OptOut {
    OptOut { target: target.to_owned(), language: Language::English }
}

#[test]
fn no_spelling_gets_round_an_opt_out() {
    run(|context| async move {
        let before = token(&context).await;
        assert_eq!(by_notification(&context, opt_out()).await, Ok(Followed::Done));
        for (target, fault) in [
            ("SomeOne@Real.example", OrderError::OptedOut),
            ("someone+shop@real.example", OrderError::OptedOut),
            ("\"someone\"@real.example", OrderError::TargetShape(RefusedShape::Quoted)),
            ("\"some\\one\"@real.example", OrderError::TargetShape(RefusedShape::Quoted)),
            ("abuse+x@real.example", OrderError::Reserved),
        ] {
            assert_eq!(ask(&context, order(target, None, 1)).await, Err(RequestError::Rejected(fault)), "{target}");
        }
        assert_eq!(ask(&context, by_token(&before)).await, Err(RequestError::InvalidToken));
        // Strangers can have one e-mail a day sent to somebody who has refused, and no more.
        assert_eq!(by_notification(&context, opt_out()).await, Ok(Followed::Done));
        assert_eq!(
            ask(&context, by_token(&before)).await,
            Err(RequestError::InvalidToken),
            "a token does not come back"
        );
        the_one(ask(&context, order("someone@real.example", None, 1)).await);
        let refused = Err(RequestError::Rejected(OrderError::TooManyEmails));
        assert_eq!(web(&context, opt_out()).await, refused);
        let office = OptOut { target: "abuse@real.example".to_owned(), language: Language::English };
        assert_eq!(web(&context, office).await, Err(RequestError::Rejected(OrderError::Reserved)));
    });
}

#[test]
fn notifications_are_limited_in_all() {
    run(|context| async move {
        context.reload(Live { emails_per_day: 1, ..Live::clone(&context.live()) });
        assert_eq!(by_notification(&context, opt_out()).await, Ok(Followed::Done));
        let other = OptOut { target: "other@real.example".to_owned(), language: Language::English };
        assert_eq!(web(&context, other).await, Err(RequestError::EmailNotSent));
    });
}

#[test]
fn an_activation_that_always_loses_the_race_is_given_up() {
    run_faulty(|context, table| async move {
        context.reload(Live { confirm: true, ..Live::clone(&context.live()) });
        let ordering = tokio::task::spawn_local({
            let context = Rc::clone(&context);
            async move { create(&context, 2).await }
        });
        let (_, text) = next_notification(&context, 250).await;
        ordering.await.unwrap();
        table.raced.set(true);
        let link = links(&text).remove(0);
        assert_eq!(web(&context, FollowLink { link }).await, Err(RequestError::Unavailable));
    });
}
