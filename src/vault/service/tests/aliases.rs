//! What owners and the administrator do with aliases, and what is not granted.

use super::*;
use crate::wire::vault_admin::{self, Forget};
use crate::wire::vault_web::{Amend, Inspect};

#[test]
fn owners_prove_themselves_with_the_manage_key() {
    run(|context| async move {
        let (alias, key) = create(&context, 1).await;
        let aid = alias.name().to_owned();
        let inspect = |aid: &str, key: &str| Inspect { aid: aid.to_owned(), key: key.to_owned() };
        assert!(web(&context, inspect(&aid, &key)).await.is_ok());
        assert!(web(&context, inspect(alias.as_str(), &key)).await.is_ok());
        assert_eq!(web(&context, inspect(&aid, "wrong")).await, Err(RequestError::NotFound));
        assert_eq!(web(&context, inspect("unknown", &key)).await, Err(RequestError::NotFound));
        let change = Change { max_usage: Some(5), paused: Some(true), ..Change::default() };
        let changed = web(&context, Amend { aid: aid.clone(), key: key.clone(), change }).await;
        assert!(matches!(changed, Ok(a) if a.state.paused && a.state.remaining() == Some(5)));
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::No);
        assert_eq!(web(&context, vault_web::RevokeAlias { aid, key }).await, Ok(()));
    });
}

#[test]
fn wishes_are_refused() {
    run(|context| async move {
        for (target, domain, fault) in [
            ("nobody", None, OrderError::Target),
            ("a@Example.org", None, OrderError::TargetIsOurs),
            ("a@b.example", Some("else.example"), OrderError::Domain),
            ("Abuse@b.example", None, OrderError::Reserved),
        ] {
            assert_eq!(ask(&context, order(target, domain, 1)).await, Err(RequestError::Rejected(fault)));
        }
        for _ in 0..3 {
            create(&context, 1).await;
        }
        let again = ask(&context, order("SomeOne@real.example", None, 1)).await;
        assert_eq!(again, Err(RequestError::Rejected(OrderError::TooManyForTarget)));
    });
}

#[test]
fn the_administrator_forgets_a_person() {
    run(|context| async move {
        let (alias, _) = create(&context, 1).await;
        create(&context, 1).await;
        let Ok(status) = admin(&context, vault_admin::GetStatus).await else { panic!() };
        assert_eq!(status.aliases, Some(2));
        let forget = Forget { address: "Someone@Real.example".to_owned(), forever: true };
        assert_eq!(admin(&context, forget).await, Ok(2));
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::No);
        let refused = Err(RequestError::Rejected(OrderError::OptedOut));
        assert_eq!(ask(&context, order("someone@real.example", None, 1)).await, refused);
    });
}

/// Compare-and-set is tried again, but not forever.
#[test]
fn a_change_that_always_loses_the_race_is_given_up() {
    run_faulty(|context, table| async move {
        let (alias, key) = create(&context, 1).await;
        table.raced.set(true);
        let change = Change { paused: Some(true), ..Change::default() };
        let amend = Amend { aid: alias.as_str().to_owned(), key, change };
        assert_eq!(web(&context, amend).await, Err(RequestError::Unavailable));
    });
}
