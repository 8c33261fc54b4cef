//! Orders: idempotency, and orders that fail.

use super::*;

#[test]
fn idempotency_the_same_order_is_made_once() {
    run(|context| async move {
        let keyed = |max_usage, key: &str| Order {
            idempotency_key: Some(key.to_owned()),
            count: 3,
            ..order("someone@real.example", None, max_usage)
        };
        let made = |answer| match answer {
            Ok(made) => made,
            other => panic!("{other:?}"),
        };
        let first = made(ask(&context, keyed(5, "one")).await);
        assert_eq!(first.len(), 3);
        let again = made(ask(&context, keyed(5, "one")).await);
        let known = |made: &[CreatedAlias]| -> Vec<_> {
            made.iter().map(|one| (one.alias.address.clone(), one.key.clone())).collect()
        };
        assert_eq!(known(&first), known(&again));
        assert_eq!(ask(&context, keyed(6, "one")).await, Err(RequestError::Rejected(OrderError::KeyReused)));
        // That was as many as the target gets: the same order costs nothing, another one does.
        assert_eq!(ask(&context, keyed(5, "two")).await, Err(RequestError::Rejected(OrderError::TooManyForTarget)));
        assert_eq!(made(ask(&context, keyed(5, "one")).await).len(), 3);
        for count in [0, 21, -1] {
            let order = Order { count, ..order("someone@real.example", None, 1) };
            assert_eq!(ask(&context, order).await, Err(RequestError::Rejected(OrderError::Count { max: 20 })));
        }
    });
}

#[test]
fn idempotency_what_was_answered_and_has_ended_does_not_come_back() {
    run(|context| async move {
        let order = || Order { idempotency_key: Some("one".to_owned()), ..order("someone@real.example", None, 1) };
        let (alias, key) = the_one(ask(&context, order()).await);
        assert_eq!(the_one(ask(&context, order()).await), (alias.clone(), key.clone()));
        let revoke = vault_web::RevokeAlias { aid: alias.as_str().to_owned(), key };
        assert_eq!(web(&context, revoke).await, Ok(()));
        assert_eq!(ask(&context, order()).await, Err(RequestError::Rejected(OrderError::Ended)));
        assert_eq!(admit(&context, &alias).await, AdmitAnswer::No);
    });
}

/// All that wait for the first would take room at the door, from visitors who want something else.
#[test]
fn r0024_idempotency_only_a_few_wait_for_the_same_order() {
    run(|context| async move {
        let order = || Order { idempotency_key: Some("one".to_owned()), ..order("someone@real.example", None, 1) };
        let first = context.order_locks.of("one").unwrap();
        let held = first.lock().await;
        let asked: Vec<_> = (0..40)
            .map(|_| {
                let context = Rc::clone(&context);
                tokio::task::spawn_local(async move { ask(&context, order()).await })
            })
            .collect();
        while asked.iter().filter(|answer| answer.is_finished()).count() < 9 {
            tokio::task::yield_now().await;
        }
        drop(held);
        let (mut made, mut unavailable) = (0, 0);
        for answer in asked {
            match answer.await.unwrap() {
                Ok(_) => made += 1,
                Err(RequestError::Unavailable) => unavailable += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((made, unavailable), (31, 9));
        assert!(ask(&context, order()).await.is_ok(), "later it is answered again");
    });
}

/// The vault was killed between an alias and its notification: the same request again sends it.
#[test]
fn idempotency_an_order_that_was_interrupted_gets_its_notification() {
    run(|context| async move {
        context.reload(Live { confirm: true, ..Live::clone(&context.live()) });
        let keyed = || Order { idempotency_key: Some("one".to_owned()), ..order("someone@real.example", None, 1) };
        let asking = |context: &Rc<VaultContext>| {
            let context = Rc::clone(context);
            tokio::task::spawn_local(async move { ask(&context, keyed()).await })
        };
        let interrupted = asking(&context);
        while context.store.alias_count().get().await != Ok(Some(1)) {
            tokio::task::yield_now().await;
        }
        interrupted.abort();
        assert!(interrupted.await.unwrap_err().is_cancelled());
        let again = asking(&context);
        let (_, text) = next_notification(&context, 250).await;
        let (alias, _) = the_one(again.await.unwrap());
        let link = links(&text).remove(0);
        let followed = web(&context, FollowLink { link }).await;
        assert_eq!(followed, Ok(Followed::Activated(vec![alias])));
    });
}

/// What is made for an order that fails is removed, also when its count cannot be given back.
#[test]
fn nothing_is_left_of_a_failed_order_when_counting_down_fails() {
    run_faulty(|context, table| async move {
        context.reload(Live { confirm: true, ..Live::clone(&context.live()) });
        table.no_uncount.set(true);
        let ordering = tokio::task::spawn_local({
            let context = Rc::clone(&context);
            async move { ask(&context, Order { count: 3, ..order("someone@real.example", None, 1) }).await }
        });
        next_notification(&context, 451).await;
        assert_eq!(ordering.await.unwrap(), Err(RequestError::Unavailable));
        assert_eq!(context.store.alias_count().get().await, Ok(Some(0)));
    });
}
