//! The desk on a real table: who is told what.

use super::*;
use crate::alias::{AliasAddress, Caps, Change, Domain, Fault, RealAddress, Wish};
use crate::config::settings::{ReversePath, Store};
use crate::vault::engine::redb::Redb;
use crate::wire::{admin, relay, smtp, web};
use std::path::Path;

fn desk(dir: &Path) -> Rc<Desk> {
    let settings = settings::Vault {
        domains: vec![Domain::parse("example.org").unwrap(), Domain::parse("two.example").unwrap()],
        store: Store::Redb { path: dir.join("t") },
        key_file: dir.join("key"),
        caps: Caps { max_days: 60, max_usage: 100 },
        creations_per_address: 3,
        postmaster: Some(RealAddress::parse("boss@real.example").unwrap()),
        reverse_path: ReversePath::Srs,
        ticket_lifetime: Duration::from_secs(60),
        drain: Duration::from_secs(1),
    };
    let seal = Seal::open(&settings.key_file).unwrap();
    let engine = Rc::new(Redb::open(&dir.join("t"), seal.fingerprint()).unwrap());
    Rc::new(Desk::new(&settings, seal, engine))
}

fn run<F: Future<Output = ()>>(test: impl FnOnce(Rc<Desk>) -> F) {
    let dir = tempfile::tempdir().unwrap();
    tokio::runtime::LocalRuntime::new().unwrap().block_on(async { test(desk(dir.path())).await });
    // P7: neither the alias's name nor the real address is in any file.
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let stored = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in ["someone", "real.example", "example.org", "two.example"] {
            assert!(!stored.windows(secret.len()).any(|w| w == secret.as_bytes()));
        }
    }
}

async fn create(desk: &Rc<Desk>, max_usage: i64) -> (AliasAddress, String) {
    let wish = Wish { max_usage: Some(max_usage), ..Wish::default() };
    let request = web::Request::Create {
        target: "someone@real.example".to_owned(),
        domain: Some("Two.example".to_owned()),
        wish,
    };
    match desk.web(3, request).get().await {
        web::Answer::Created { alias, key } => (alias.address, key),
        other => panic!("{other:?}"),
    }
}

async fn hold(desk: &Rc<Desk>, recipient: &AliasAddress) -> smtp::Answer {
    desk.smtp(1, smtp::Request::Hold { recipient: recipient.clone() }).get().await
}

#[test]
fn one_message_from_hold_to_settle() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        let smtp::Answer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        assert_eq!(hold(&desk, &alias).await, smtp::Answer::Busy);
        let redeem = || relay::Request::Redeem { ticket, reverse_path: "a@sender.example".to_owned() };
        let relay::Answer::Redeemed { target, reverse_path, counted } = desk.relay(2, redeem()).get().await else {
            panic!()
        };
        assert!(counted && target.expose() == "someone@real.example");
        assert!(reverse_path.starts_with("SRS0=") && reverse_path.ends_with("=sender.example=a@two.example"));
        assert!(desk.relay(2, redeem()).get().await == relay::Answer::No, "a ticket is redeemed once");
        assert!(desk.relay(2, relay::Request::Spend { ticket }).get().await == relay::Answer::Done);
        assert_eq!(hold(&desk, &alias).await, smtp::Answer::No);
        assert!(desk.relay(2, relay::Request::Refund { ticket }).get().await == relay::Answer::Done);
        assert!(desk.relay(2, relay::Request::Refund { ticket }).get().await == relay::Answer::No, "and refunded once");
        assert!(matches!(hold(&desk, &alias).await, smtp::Answer::Held { .. }));
    });
}

#[test]
fn a_released_use_is_free() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        let smtp::Answer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        assert_eq!(desk.smtp(1, smtp::Request::Release { ticket }).get().await, smtp::Answer::Done);
        tokio::task::yield_now().await;
        assert!(matches!(hold(&desk, &alias).await, smtp::Answer::Held { .. }));
        assert!(
            desk.relay(2, relay::Request::Redeem { ticket, reverse_path: String::new() }).get().await
                == relay::Answer::No
        );
    });
}

#[test]
fn owners_prove_themselves_with_the_manage_key() {
    run(|desk| async move {
        let (alias, key) = create(&desk, 1).await;
        let aid = alias.name().to_owned();
        let inspect = |aid: &str, key: &str| web::Request::Inspect { aid: aid.to_owned(), key: key.to_owned() };
        assert!(matches!(desk.web(3, inspect(&aid, &key)).get().await, web::Answer::Alias(_)));
        assert!(matches!(desk.web(3, inspect(alias.as_str(), &key)).get().await, web::Answer::Alias(_)));
        assert_eq!(desk.web(3, inspect(&aid, "wrong")).get().await, web::Answer::No);
        assert_eq!(desk.web(3, inspect("unknown", &key)).get().await, web::Answer::No);
        let change = Change { max_usage: Some(5), paused: Some(true), ..Change::default() };
        let changed = desk.web(3, web::Request::Change { aid: aid.clone(), key: key.clone(), change }).get().await;
        assert!(matches!(changed, web::Answer::Alias(a) if a.account.paused && a.account.remaining() == Some(5)));
        assert_eq!(hold(&desk, &alias).await, smtp::Answer::No);
        assert_eq!(desk.web(3, web::Request::Revoke { aid, key }).get().await, web::Answer::Done);
    });
}

#[test]
fn wishes_are_refused() {
    run(|desk| async move {
        for (target, domain, fault) in [
            ("nobody", None, Fault::Target),
            ("a@Example.org", None, Fault::TargetIsOurs),
            ("a@b.example", Some("else.example"), Fault::Domain),
        ] {
            let wish = Wish { days: Some(1), ..Wish::default() };
            let request = web::Request::Create { target: target.to_owned(), domain: domain.map(str::to_owned), wish };
            assert_eq!(desk.web(3, request).get().await, web::Answer::Refused(fault));
        }
        for _ in 0..3 {
            create(&desk, 1).await;
        }
        let wish = Wish { days: Some(1), ..Wish::default() };
        let request = web::Request::Create { target: "SomeOne@real.example".to_owned(), domain: None, wish };
        assert_eq!(desk.web(3, request).get().await, web::Answer::Refused(Fault::TooManyForTarget));
    });
}

#[test]
fn the_administrator_forgets_a_person() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        create(&desk, 1).await;
        let admin::Answer::Status(status) = desk.admin(admin::Request::Status).get().await else { panic!() };
        assert_eq!(status.aliases, Some(2));
        let forget = admin::Request::Forget { address: "Someone@Real.example".to_owned() };
        assert_eq!(desk.admin(forget).get().await, admin::Answer::Removed(2));
        assert_eq!(hold(&desk, &alias).await, smtp::Answer::No);
    });
}

#[test]
fn postmaster_is_the_administrator() {
    run(|desk| async move {
        let alias = AliasAddress::parse("abuse@example.org", &desk.settings().domains).unwrap();
        let smtp::Answer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        let redeem = relay::Request::Redeem { ticket, reverse_path: String::new() };
        let relay::Answer::Redeemed { target, counted: false, .. } = desk.relay(2, redeem).get().await else {
            panic!()
        };
        assert_eq!(target.expose(), "boss@real.example");
    });
}
