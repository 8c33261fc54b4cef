//! The desk on a real table: who is told what.

use super::*;
use crate::alias::{AliasAddress, Caps, Change, Domain, Fault, RealAddress, Wish};
use crate::config::settings::{ReversePath, Store};
use crate::vault::store::redb::Redb;
use crate::wire::relay_smtp::{Origin, Verdict};
use crate::wire::{vault_admin, vault_relay, vault_smtp, vault_web};
use crate::words::Language;
use std::path::Path;

fn desk(dir: &Path) -> Rc<Desk> {
    let settings = settings::Vault {
        domains: vec![Domain::parse("example.org").unwrap(), Domain::parse("two.example").unwrap()],
        store: Store::Redb { path: dir.join("t") },
        key_file: dir.join("key"),
        caps: Caps { max_days: 60, max_usage: 100 },
        creations_per_address: 3,
        alive_per_address: 100,
        letters: 0,
        letters_per_address: 2,
        reserved: vec!["abuse".to_owned()],
        confirm: false,
        site: "https://alias.example".to_owned(),
        token_epoch: 1,
        token_days: 10,
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

/// An order of one alias for as many messages.
fn order(target: &str, domain: Option<&str>, max_usage: i64) -> vault_web::Order {
    let wish = Wish { max_usage: Some(max_usage), ..Wish::default() };
    vault_web::Order {
        whose: vault_web::Whose::Target { target: target.to_owned(), wish },
        domain: domain.map(str::to_owned),
        count: 1,
        idempotency_key: None,
        language: Language::English,
    }
}

async fn ask(desk: &Rc<Desk>, order: vault_web::Order) -> vault_web::Answer {
    desk.web(3, vault_web::Request::Create(order)).get().await
}

fn the_one(answer: vault_web::Answer) -> (AliasAddress, String) {
    match answer {
        vault_web::Answer::Created(mut made) if made.len() == 1 => {
            let vault_web::Made { alias, key } = made.remove(0);
            (alias.address, key)
        }
        other => panic!("{other:?}"),
    }
}

async fn create(desk: &Rc<Desk>, max_usage: i64) -> (AliasAddress, String) {
    the_one(ask(desk, order("someone@real.example", Some("Two.example"), max_usage)).await)
}

async fn hold(desk: &Rc<Desk>, recipient: &AliasAddress) -> vault_smtp::Answer {
    desk.smtp(1, vault_smtp::Request::Hold { recipient: recipient.clone() }).get().await
}

#[test]
fn one_message_from_hold_to_settle() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        let vault_smtp::Answer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        assert_eq!(hold(&desk, &alias).await, vault_smtp::Answer::Busy);
        let redeem = || vault_relay::Request::Redeem { ticket, reverse_path: "a@sender.example".to_owned() };
        let vault_relay::Answer::Redeemed { target, reverse_path, counted } = desk.relay(2, redeem()).get().await
        else {
            panic!()
        };
        assert!(counted && target.expose() == "someone@real.example");
        assert!(reverse_path.starts_with("SRS0=") && reverse_path.ends_with("=sender.example=a@two.example"));
        assert!(desk.relay(2, redeem()).get().await == vault_relay::Answer::No, "a ticket is redeemed once");
        assert!(desk.relay(2, vault_relay::Request::Spend { ticket }).get().await == vault_relay::Answer::Done);
        assert_eq!(hold(&desk, &alias).await, vault_smtp::Answer::No);
        assert!(desk.relay(2, vault_relay::Request::Refund { ticket }).get().await == vault_relay::Answer::Done);
        assert!(
            desk.relay(2, vault_relay::Request::Refund { ticket }).get().await == vault_relay::Answer::No,
            "and refunded once"
        );
        assert!(matches!(hold(&desk, &alias).await, vault_smtp::Answer::Held { .. }));
    });
}

#[test]
fn a_released_use_is_free() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        let vault_smtp::Answer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        assert_eq!(desk.smtp(1, vault_smtp::Request::Release { ticket }).get().await, vault_smtp::Answer::Done);
        tokio::task::yield_now().await;
        assert!(matches!(hold(&desk, &alias).await, vault_smtp::Answer::Held { .. }));
        assert!(
            desk.relay(2, vault_relay::Request::Redeem { ticket, reverse_path: String::new() }).get().await
                == vault_relay::Answer::No
        );
    });
}

#[test]
fn owners_prove_themselves_with_the_manage_key() {
    run(|desk| async move {
        let (alias, key) = create(&desk, 1).await;
        let aid = alias.name().to_owned();
        let inspect = |aid: &str, key: &str| vault_web::Request::Inspect { aid: aid.to_owned(), key: key.to_owned() };
        assert!(matches!(desk.web(3, inspect(&aid, &key)).get().await, vault_web::Answer::Alias(_)));
        assert!(matches!(desk.web(3, inspect(alias.as_str(), &key)).get().await, vault_web::Answer::Alias(_)));
        assert_eq!(desk.web(3, inspect(&aid, "wrong")).get().await, vault_web::Answer::No);
        assert_eq!(desk.web(3, inspect("unknown", &key)).get().await, vault_web::Answer::No);
        let change = Change { max_usage: Some(5), paused: Some(true), ..Change::default() };
        let changed =
            desk.web(3, vault_web::Request::Change { aid: aid.clone(), key: key.clone(), change }).get().await;
        assert!(matches!(changed, vault_web::Answer::Alias(a) if a.account.paused && a.account.remaining() == Some(5)));
        assert_eq!(hold(&desk, &alias).await, vault_smtp::Answer::No);
        assert_eq!(desk.web(3, vault_web::Request::Revoke { aid, key }).get().await, vault_web::Answer::Done);
    });
}

#[test]
fn wishes_are_refused() {
    run(|desk| async move {
        for (target, domain, fault) in [
            ("nobody", None, Fault::Target),
            ("a@Example.org", None, Fault::TargetIsOurs),
            ("a@b.example", Some("else.example"), Fault::Domain),
            ("Abuse@b.example", None, Fault::Reserved),
        ] {
            assert_eq!(ask(&desk, order(target, domain, 1)).await, vault_web::Answer::Refused(fault));
        }
        for _ in 0..3 {
            create(&desk, 1).await;
        }
        let again = ask(&desk, order("SomeOne@real.example", None, 1)).await;
        assert_eq!(again, vault_web::Answer::Refused(Fault::TooManyForTarget));
    });
}

#[test]
fn the_administrator_forgets_a_person() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        create(&desk, 1).await;
        let vault_admin::Answer::Status(status) = desk.admin(vault_admin::Request::Status).get().await else {
            panic!()
        };
        assert_eq!(status.aliases, Some(2));
        let forget = vault_admin::Request::Forget { address: "Someone@Real.example".to_owned(), for_ever: true };
        assert_eq!(desk.admin(forget).get().await, vault_admin::Answer::Removed(2));
        assert_eq!(hold(&desk, &alias).await, vault_smtp::Answer::No);
        let refused = vault_web::Answer::Refused(Fault::OptedOut);
        assert_eq!(ask(&desk, order("someone@real.example", None, 1)).await, refused);
    });
}

#[test]
fn postmaster_is_the_administrator() {
    run(|desk| async move {
        let alias = AliasAddress::parse("abuse@example.org", &desk.settings().domains).unwrap();
        let vault_smtp::Answer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        let redeem = vault_relay::Request::Redeem { ticket, reverse_path: String::new() };
        let vault_relay::Answer::Redeemed { target, counted: false, .. } = desk.relay(2, redeem).get().await else {
            panic!()
        };
        assert_eq!(target.expose(), "boss@real.example");
    });
}

#[test]
fn the_same_order_is_made_once() {
    run(|desk| async move {
        let keyed = |max_usage, key: &str| vault_web::Order {
            idempotency_key: Some(key.to_owned()),
            count: 3,
            ..order("someone@real.example", None, max_usage)
        };
        let made = |answer| match answer {
            vault_web::Answer::Created(made) => made,
            other => panic!("{other:?}"),
        };
        let first = made(ask(&desk, keyed(5, "one")).await);
        assert_eq!(first.len(), 3);
        let again = made(ask(&desk, keyed(5, "one")).await);
        let known = |made: &[vault_web::Made]| -> Vec<_> {
            made.iter().map(|one| (one.alias.address.clone(), one.key.clone())).collect()
        };
        assert_eq!(known(&first), known(&again));
        assert_eq!(ask(&desk, keyed(6, "one")).await, vault_web::Answer::Refused(Fault::KeyReused));
        // That was as many as the target gets: the same order costs nothing, another one does.
        assert_eq!(ask(&desk, keyed(5, "two")).await, vault_web::Answer::Refused(Fault::TooManyForTarget));
        assert_eq!(made(ask(&desk, keyed(5, "one")).await).len(), 3);
        for count in [0, 21, -1] {
            let order = vault_web::Order { count, ..order("someone@real.example", None, 1) };
            assert_eq!(ask(&desk, order).await, vault_web::Answer::Refused(Fault::Count { max: 20 }));
        }
    });
}

async fn token(desk: &Rc<Desk>) -> String {
    let (target, language) = ("someone@real.example".to_owned(), Language::English);
    let request = vault_web::Request::MakeToken { target, domain: None, days: Some(3), max_usage: None, language };
    match desk.web(3, request).get().await {
        vault_web::Answer::Token(vault_web::Token { token: Some(token), days: Some(3), .. }) => token,
        other => panic!("{other:?}"),
    }
}

fn by_token(token: &str) -> vault_web::Order {
    vault_web::Order { whose: vault_web::Whose::Token(token.to_owned()), ..order("", None, 1) }
}

#[test]
fn what_was_answered_and_has_ended_does_not_come_back() {
    run(|desk| async move {
        let order =
            || vault_web::Order { idempotency_key: Some("one".to_owned()), ..order("someone@real.example", None, 1) };
        let (alias, key) = the_one(ask(&desk, order()).await);
        assert_eq!(the_one(ask(&desk, order()).await), (alias.clone(), key.clone()));
        let revoke = vault_web::Request::Revoke { aid: alias.as_str().to_owned(), key };
        assert_eq!(desk.web(3, revoke).get().await, vault_web::Answer::Done);
        assert_eq!(ask(&desk, order()).await, vault_web::Answer::Refused(Fault::Ended));
        assert_eq!(hold(&desk, &alias).await, vault_smtp::Answer::No);
    });
}

#[test]
fn a_token_makes_aliases_until_it_is_revoked() {
    run(|desk| async move {
        let (one, other) = (token(&desk).await, token(&desk).await);
        let (alias, _) = the_one(ask(&desk, by_token(&one)).await);
        assert!(matches!(hold(&desk, &alias).await, vault_smtp::Answer::Held { .. }));
        let elsewhere = vault_web::Order { domain: Some("two.example".to_owned()), ..by_token(&one) };
        assert!(the_one(ask(&desk, elsewhere).await).0.as_str().ends_with("@two.example"));
        assert_eq!(
            desk.web(3, vault_web::Request::RevokeToken { token: one.clone() }).get().await,
            vault_web::Answer::Done
        );
        assert_eq!(ask(&desk, by_token(&one)).await, vault_web::Answer::NoToken);
        assert_eq!(desk.web(3, vault_web::Request::RevokeToken { token: one }).get().await, vault_web::Answer::NoToken);
        the_one(ask(&desk, by_token(&other)).await);
        let forget = vault_admin::Request::Forget { address: "someone@real.example".to_owned(), for_ever: false };
        assert_eq!(desk.admin(forget).get().await, vault_admin::Answer::Removed(3));
        assert_eq!(ask(&desk, by_token(&other)).await, vault_web::Answer::NoToken);
    });
}

#[test]
fn tokens_of_another_epoch_are_void() {
    run(|desk| async move {
        let token = token(&desk).await;
        let settings = settings::Vault { token_epoch: 2, ..settings::Vault::clone(&desk.settings()) };
        desk.reload(settings);
        assert_eq!(ask(&desk, by_token(&token)).await, vault_web::Answer::NoToken);
    });
}

/// Takes the next letter as a relay does, and tells what the next host says to it.
async fn next_letter(desk: &Rc<Desk>, code: u16) -> (String, String) {
    let vault_relay::Answer::Letter { number, target, message } =
        desk.relay(2, vault_relay::Request::Letter).get().await
    else {
        panic!()
    };
    let verdict = Verdict { code, enhanced: (code as u8 / 100, 0, 0), origin: Origin::NextHost };
    desk.relay(2, vault_relay::Request::Sent { number, verdict });
    (target.expose().to_owned(), String::from_utf8(message).unwrap().replace("=\r\n", ""))
}

/// The last segments of the links in a letter.
fn links(letter: &str) -> Vec<String> {
    let of = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    letter.split("https://alias.example/confirm/").skip(1).map(of).collect()
}

#[test]
fn with_consent_an_alias_lives_once_its_target_says_so() {
    run(|desk| async move {
        desk.reload(settings::Vault { confirm: true, ..settings::Vault::clone(&desk.settings()) });
        let ordering = tokio::task::spawn_local({
            let desk = Rc::clone(&desk);
            async move { create(&desk, 2).await }
        });
        let (target, letter) = next_letter(&desk, 250).await;
        assert_eq!(target, "someone@real.example");
        assert!(letter.contains("Auto-Submitted: auto-generated") && letter.contains("Message-ID: <"), "{letter}");
        let (alias, _) = ordering.await.unwrap();
        assert!(!letter.contains(alias.name()), "a letter does not name it");
        assert_eq!(hold(&desk, &alias).await, vault_smtp::Answer::No);
        let links = links(&letter);
        let look = |at: usize| vault_web::Request::Look { link: links[at].clone() };
        let follow = |at: usize| vault_web::Request::Follow { link: links[at].clone() };
        for _ in 0..3 {
            let purpose = vault_web::Purpose::Activate(vec![alias.clone()]);
            assert_eq!(desk.web(3, look(0)).get().await, vault_web::Answer::Link(purpose));
            assert_eq!(desk.web(3, look(1)).get().await, vault_web::Answer::Link(vault_web::Purpose::OptOut));
        }
        assert_eq!(hold(&desk, &alias).await, vault_smtp::Answer::No, "who only looks changes nothing");
        for _ in 0..2 {
            assert_eq!(desk.web(3, follow(0)).get().await, vault_web::Answer::Activated(vec![alias.clone()]));
        }
        assert!(matches!(hold(&desk, &alias).await, vault_smtp::Answer::Held { .. }));
        assert_eq!(desk.web(3, follow(1)).get().await, vault_web::Answer::Done);
        assert_eq!(hold(&desk, &alias).await, vault_smtp::Answer::No);
        let refused = vault_web::Answer::Refused(Fault::OptedOut);
        assert_eq!(ask(&desk, order("someone@real.example", None, 1)).await, refused);
        assert_eq!(desk.web(3, follow(0)).get().await, vault_web::Answer::No, "it does not come back");
    });
}

#[test]
fn an_alias_whose_letter_is_not_taken_is_not_kept() {
    run(|desk| async move {
        desk.reload(settings::Vault { confirm: true, ..settings::Vault::clone(&desk.settings()) });
        let (refused, unsent) = (vault_web::Answer::Refused(Fault::Undeliverable), vault_web::Answer::Unsent);
        // What was refused counts, what could not be sent does not.
        for (code, expected) in [(550, refused.clone()), (451, unsent), (550, refused)] {
            let ordering = tokio::task::spawn_local({
                let desk = Rc::clone(&desk);
                async move { ask(&desk, order("someone@real.example", None, 1)).await }
            });
            next_letter(&desk, code).await;
            assert_eq!(ordering.await.unwrap(), expected);
            assert_eq!(desk.engine.count().get().await, Ok(Some(0)));
        }
        let more = ask(&desk, order("someone@real.example", None, 1)).await;
        assert_eq!(more, vault_web::Answer::Refused(Fault::TooManyLetters));
    });
}

#[test]
fn who_opts_out_can_opt_in_again() {
    run(|desk| async move {
        let asking = |desk: &Rc<Desk>| {
            let request =
                vault_web::Request::OptOut { target: "someone@real.example".to_owned(), language: Language::German };
            let desk = Rc::clone(desk);
            tokio::task::spawn_local(async move { desk.web(3, request).get().await })
        };
        for (purpose, expected) in [
            (vault_web::Purpose::OptOut, Some(vault_web::Answer::Refused(Fault::OptedOut))),
            (vault_web::Purpose::OptIn, None),
        ] {
            let asked = asking(&desk);
            let (_, letter) = next_letter(&desk, 250).await;
            assert_eq!(asked.await.unwrap(), vault_web::Answer::Done);
            let link = links(&letter).remove(0);
            let found = desk.web(3, vault_web::Request::Look { link: link.clone() }).get().await;
            assert_eq!(found, vault_web::Answer::Link(purpose));
            assert_eq!(desk.web(3, vault_web::Request::Follow { link }).get().await, vault_web::Answer::Done);
            let outcome = ask(&desk, order("someone@real.example", None, 1)).await;
            match expected {
                Some(expected) => assert_eq!(outcome, expected),
                None => drop(the_one(outcome)),
            }
        }
    });
}

/// Follows the link of the letter that `request` sends.
async fn by_letter(desk: &Rc<Desk>, request: vault_web::Request) -> vault_web::Answer {
    let asked = tokio::task::spawn_local({
        let desk = Rc::clone(desk);
        async move { desk.web(3, request).get().await }
    });
    let (_, letter) = next_letter(desk, 250).await;
    assert_eq!(asked.await.unwrap(), vault_web::Answer::Done);
    let link = links(&letter).remove(0);
    desk.web(3, vault_web::Request::Follow { link }).get().await
}

fn opt_out() -> vault_web::Request {
    vault_web::Request::OptOut { target: "someone@real.example".to_owned(), language: Language::English }
}

#[test]
fn no_spelling_gets_round_an_opt_out() {
    run(|desk| async move {
        let before = token(&desk).await;
        assert_eq!(by_letter(&desk, opt_out()).await, vault_web::Answer::Done);
        for (target, fault) in [
            ("SomeOne@Real.example", Fault::OptedOut),
            ("someone+shop@real.example", Fault::OptedOut),
            ("\"someone\"@real.example", Fault::Target),
            ("\"some\\one\"@real.example", Fault::Target),
            ("abuse+x@real.example", Fault::Reserved),
        ] {
            assert_eq!(ask(&desk, order(target, None, 1)).await, vault_web::Answer::Refused(fault), "{target}");
        }
        assert_eq!(ask(&desk, by_token(&before)).await, vault_web::Answer::NoToken);
        // Strangers can have one letter sent to who has refused, and no more in a day.
        assert_eq!(by_letter(&desk, opt_out()).await, vault_web::Answer::Done);
        assert_eq!(ask(&desk, by_token(&before)).await, vault_web::Answer::NoToken, "a token does not come back");
        the_one(ask(&desk, order("someone@real.example", None, 1)).await);
        let refused = vault_web::Answer::Refused(Fault::TooManyLetters);
        assert_eq!(desk.web(3, opt_out()).get().await, refused);
        let office =
            vault_web::Request::OptOut { target: "abuse@real.example".to_owned(), language: Language::English };
        assert_eq!(desk.web(3, office).get().await, vault_web::Answer::Refused(Fault::Reserved));
    });
}

#[test]
fn letters_are_bounded_in_all() {
    run(|desk| async move {
        desk.reload(settings::Vault { letters: 1, ..settings::Vault::clone(&desk.settings()) });
        assert_eq!(by_letter(&desk, opt_out()).await, vault_web::Answer::Done);
        let other = vault_web::Request::OptOut { target: "other@real.example".to_owned(), language: Language::English };
        assert_eq!(desk.web(3, other).get().await, vault_web::Answer::Unsent);
    });
}

/// The vault was killed between an alias and its letter: the asker asks again, and the letter goes out.
#[test]
fn an_order_that_was_interrupted_gets_its_letter() {
    run(|desk| async move {
        desk.reload(settings::Vault { confirm: true, ..settings::Vault::clone(&desk.settings()) });
        let keyed =
            || vault_web::Order { idempotency_key: Some("one".to_owned()), ..order("someone@real.example", None, 1) };
        let asking = |desk: &Rc<Desk>| {
            let desk = Rc::clone(desk);
            tokio::task::spawn_local(async move { ask(&desk, keyed()).await })
        };
        let interrupted = asking(&desk);
        while desk.engine.count().get().await != Ok(Some(1)) {
            tokio::task::yield_now().await;
        }
        interrupted.abort();
        assert!(interrupted.await.unwrap_err().is_cancelled());
        let again = asking(&desk);
        let (_, letter) = next_letter(&desk, 250).await;
        let (alias, _) = the_one(again.await.unwrap());
        let link = links(&letter).remove(0);
        let followed = desk.web(3, vault_web::Request::Follow { link }).get().await;
        assert_eq!(followed, vault_web::Answer::Activated(vec![alias]));
    });
}
