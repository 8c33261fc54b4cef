//! Addresses that an older version has kept: its opt-outs hold, its aliases go on, and what it should not have taken is
//! refused.

use super::*;
use crate::alias::{AliasState, DAY, Limits, Mailbox};
use crate::vault::hashes::{MarkKind, hash_manage_key};
use crate::vault::store::Record;
use crate::wire::vault_admin::Forget;
use crate::wire::vault_web::Inspect;

/// An alias as an older version has stored it: under this spelling, for this target.
async fn store(context: &Rc<VaultContext>, alias: &AliasAddress, target: &str, folded: &str) {
    let target = RealAddress::parse_stored(target).unwrap();
    let now = context.store.now().get().await.unwrap();
    let limits = Limits { not_before: None, not_after: Some(now + DAY), max_usage: None };
    let record = Record {
        state: AliasState::new(limits, false),
        manage: hash_manage_key("key"),
        owner: context.hashes.owner_of(folded),
        sealed: context.seal.seal_address(alias, &target).unwrap(),
    };
    context.store.create(context.hashes.alias(alias), record, now, 0).get().await.unwrap();
}

fn alias(text: &str, domain: &str) -> AliasAddress {
    AliasAddress::of(&Mailbox::parse_path(text).unwrap(), &[Domain::parse(domain).unwrap()]).unwrap()
}

async fn redeem(context: &Rc<VaultContext>, recipient: &AliasAddress, reverse_path: &str) -> RedeemAnswer {
    let AdmitAnswer::Admitted { ticket } = admit(context, recipient).await else { panic!("not admitted") };
    relay(context, Redeem { ticket, reverse_path: reverse_path.to_owned() }).await
}

const SPELLINGS: [&str; 4] =
    ["you@m\u{fc}ller.example", "You+x@xn--mller-kva.example", "you@mu\u{308}ller.example", "you@M\u{dc}LLER.example."];

#[test]
fn an_opt_out_of_an_older_version_holds_in_every_spelling_and_can_be_taken_back() {
    for folded in ["you@m\u{fc}ller.example", "you@mu\u{308}ller.example"] {
        run(|context| async move {
            let owner = context.hashes.owner_of(folded);
            context.store.mark(context.hashes.mark(MarkKind::OptedOut, &owner), None).get().await.unwrap();
            for target in SPELLINGS {
                let refused = Err(RequestError::Rejected(OrderError::OptedOut));
                assert_eq!(ask(&context, order(target, None, 1)).await, refused, "{folded}: {target}");
            }
            let request = consent::opt_out_of(SPELLINGS[1]);
            assert_eq!(consent::by_notification(&context, request).await, Ok(Followed::Done));
            the_one(ask(&context, order(SPELLINGS[0], None, 1)).await);
            // Today's opt-out covers what was made under either hash.
            store(&context, &alias("old@example.org", "example.org"), "you@m\u{fc}ller.example", folded).await;
            let request = consent::opt_out_of(SPELLINGS[2]);
            assert_eq!(consent::by_notification(&context, request).await, Ok(Followed::Done));
            let forgotten = admin(&context, Forget { address: SPELLINGS[1].to_owned(), forever: false }).await;
            assert_eq!(forgotten.unwrap(), 0);
        });
    }
}

#[test]
fn what_an_older_version_made_for_somebody_is_forgotten_in_every_spelling() {
    for spelling in SPELLINGS {
        run(|context| async move {
            let old = alias("old@example.org", "example.org");
            store(&context, &old, "you@m\u{fc}ller.example", "you@m\u{fc}ller.example").await;
            the_one(ask(&context, order(SPELLINGS[1], None, 1)).await);
            let forgotten = admin(&context, Forget { address: spelling.to_owned(), forever: false }).await;
            assert_eq!(forgotten.unwrap(), 2, "{spelling}");
        });
    }
}

#[test]
fn targets_of_an_older_version_that_are_refused_today_get_no_mail() {
    run(|context| async move {
        for (number, (target, expected)) in [
            ("victim%b.example@smart.test", None),
            ("b.example!victim@smart.test", None),
            ("-x@smart.test", None),
            ("you\u{200b}@a.example", None),
            ("someone@mx.example.org", None),
            ("someone@sub.example.org", None),
            ("you@m\u{fc}ller.example", Some("you@xn--mller-kva.example")),
            ("You@A.example", Some("You@A.example")),
        ]
        .into_iter()
        .enumerate()
        {
            let old = alias(&format!("old{number}@example.org"), "example.org");
            store(&context, &old, target, target).await;
            match (redeem(&context, &old, "s@b.example").await, expected) {
                (RedeemAnswer::Dead, None) => {}
                (RedeemAnswer::Redeemed { target, .. }, Some(expected)) => assert_eq!(target.expose(), expected),
                _ => panic!("{target}"),
            }
        }
    });
}

#[test]
fn return_paths_are_ours_or_forged() {
    run(|context| async move {
        let (address, _) = create(&context, 10).await;
        let RedeemAnswer::Redeemed { reverse_path, .. } = redeem(&context, &address, "s@b.example").await else {
            panic!()
        };
        assert!(reverse_path.starts_with("SRS0="), "{reverse_path}");
        assert!(matches!(redeem(&context, &address, &reverse_path).await, RedeemAnswer::Redeemed { .. }));
        for forged in [
            "SRS0=AAAA=AA=b.example=s@example.org",
            "srs1=AAAA=b.example==AAAA=AA=x=s@TWO.example",
            "SRS0=x@mx.example.org",
        ] {
            assert!(matches!(redeem(&context, &address, forged).await, RedeemAnswer::Forged), "{forged}");
        }
        let theirs = redeem(&context, &address, "SRS0=AAAA=AA=b.example=s@forwarder.example").await;
        assert!(matches!(theirs, RedeemAnswer::Redeemed { .. }));
    });
}

#[test]
fn an_alias_in_a_domain_that_was_configured_in_u_labels_goes_on() {
    run(|context| async move {
        let domains = vec![Domain::parse("m\u{fc}ller.test").unwrap()];
        context.reload(Live { domains, ..Live::clone(&context.live()) });
        let today = alias("old@m\u{fc}ller.test", "m\u{fc}ller.test");
        assert_eq!(today.as_str(), "old@xn--mller-kva.test");
        let old = today.former().unwrap();
        assert_eq!(old.as_str(), "old@m\u{fc}ller.test");
        store(&context, &old, "you@a.example", "you@a.example").await;
        assert!(matches!(redeem(&context, &today, "").await, RedeemAnswer::Redeemed { .. }));
        let inspect = Inspect { aid: "old".to_owned(), key: "key".to_owned() };
        assert_eq!(web(&context, inspect).await.unwrap().address, today);
    });
}
