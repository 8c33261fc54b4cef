//! The desk on a real table: who is told what.

use super::*;
use crate::alias::Account;
use crate::alias::{AliasAddress, Caps, Change, Domain, OrderError, RealAddress, Wish};
use crate::config::settings::vault::{ReversePath, Store};
use crate::vault::store::redb::Redb;
use crate::vault::store::{self, Counter, Creation, Key, Mark, Owner, Record, Step};
use crate::wire::relay_smtp::{Origin, Verdict};
use crate::wire::vault_admin::{self, Forget, VaultAdmin};
use crate::wire::vault_relay::{
    NextNotification, Notification, NotificationSent, Redeem, RedeemAnswer, Refund, RefundAnswer, Spend, SpendAnswer,
    VaultRelay,
};
use crate::wire::vault_smtp::{Hold, HoldAnswer, Release, VaultSmtp};
use crate::wire::vault_web::{
    self, Amend, CreatedAlias, FollowLink, Followed, Inspect, InspectLink, IssueToken, IssuedToken, LinkPurpose,
    OptOut, Order, OrderFor, RequestError, RevokeToken, VaultWeb,
};
use crate::wire::{Rpc, Ticket};
use crate::words::Language;
use std::path::Path;
use std::time::Duration;

/// A table whose steps can be made to fail.
struct Faulty {
    table: Redb,
    /// Counting down fails.
    no_uncount: Cell<bool>,
    /// Somebody else is always first to change an alias.
    raced: Cell<bool>,
}

fn outage<T>() -> Step<T> {
    MaybeReady::Ready(Err(Outage("the test wants it".to_owned())))
}

impl Engine for Faulty {
    fn now(&self) -> Step<Time> {
        self.table.now()
    }
    fn create(&self, key: Key, record: Record, now: Time, most: u32) -> Step<Creation> {
        self.table.create(key, record, now, most)
    }
    fn count(&self, counter: Counter, limit: u32, more: u32) -> Step<bool> {
        self.table.count(counter, limit, more)
    }
    fn uncount(&self, counter: Counter, fewer: u32) -> Step<()> {
        if self.no_uncount.get() { outage() } else { self.table.uncount(counter, fewer) }
    }
    fn read(&self, key: Key) -> Step<Option<Record>> {
        self.table.read(key)
    }
    fn hold(&self, key: Key, ticket: Ticket, seconds: u64) -> Step<store::Hold> {
        self.table.hold(key, ticket, seconds)
    }
    fn release(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.table.release(key, ticket)
    }
    fn spend(&self, key: Key, ticket: Ticket) -> Step<bool> {
        self.table.spend(key, ticket)
    }
    fn refund(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.table.refund(key, ticket)
    }
    fn undo(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.table.undo(key, ticket)
    }
    fn amend(&self, key: Key, seen: Account, new: Account) -> Step<bool> {
        if !self.raced.get() {
            return self.table.amend(key, seen, new);
        }
        MaybeReady::later(async {
            tokio::task::yield_now().await;
            Ok(false)
        })
    }
    fn remove(&self, key: Key) -> Step<bool> {
        self.table.remove(key)
    }
    fn forget(&self, owner: Owner) -> Step<u64> {
        self.table.forget(owner)
    }
    fn sweep(&self) -> Step<u64> {
        self.table.sweep()
    }
    fn mark(&self, mark: Mark, until: Option<Time>) -> Step<()> {
        self.table.mark(mark, until)
    }
    fn unmark(&self, mark: Mark) -> Step<bool> {
        self.table.unmark(mark)
    }
    fn marked(&self, mark: Mark) -> Step<Option<Time>> {
        self.table.marked(mark)
    }
    fn alias_count(&self) -> Step<Option<u64>> {
        self.table.alias_count()
    }
}

fn desk(dir: &Path) -> Rc<Desk> {
    desk_and_table(dir).0
}

fn desk_and_table(dir: &Path) -> (Rc<Desk>, Rc<Faulty>) {
    let fixed = Fixed {
        store: Store::Redb { path: dir.join("t") },
        key_file: dir.join("key"),
        ticket_lifetime: Duration::from_secs(60),
        drain: Duration::from_secs(1),
    };
    let live = Live {
        domains: vec![Domain::parse("example.org").unwrap(), Domain::parse("two.example").unwrap()],
        caps: Caps { max_days: 60, max_usage: 100 },
        creations_per_address: 3,
        alive_per_address: 100,
        emails_per_day: 0,
        emails_per_address: 2,
        reserved: vec!["abuse".to_owned()],
        confirm: false,
        site: "https://alias.example".to_owned(),
        token_epoch: 1,
        token_days: 10,
        postmaster: Some(RealAddress::parse("boss@real.example").unwrap()),
        reverse_path: ReversePath::Srs,
    };
    let seal = Seal::open(&fixed.key_file).unwrap();
    let table = Redb::open(&dir.join("t"), seal.fingerprint()).unwrap();
    let engine = Rc::new(Faulty { table, no_uncount: Cell::new(false), raced: Cell::new(false) });
    let table: Rc<dyn Engine> = Rc::clone(&engine) as _;
    (Rc::new(Desk::new(&fixed, &live, seal, table)), engine)
}

/// A test of a table with faults.
fn run_faulty<F: Future<Output = ()>>(test: impl FnOnce(Rc<Desk>, Rc<Faulty>) -> F) {
    let dir = tempfile::tempdir().unwrap();
    let test = async {
        let (desk, table) = desk_and_table(dir.path());
        let answered = tokio::time::timeout(Duration::from_secs(10), test(desk, table)).await;
        assert!(answered.is_ok(), "no answer");
    };
    tokio::runtime::LocalRuntime::new().unwrap().block_on(test);
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
fn order(target: &str, domain: Option<&str>, max_usage: i64) -> Order {
    let wish = Wish { max_usage: Some(max_usage), ..Wish::default() };
    Order {
        whose: OrderFor::Target { target: target.to_owned(), wish },
        domain: domain.map(str::to_owned),
        count: 1,
        idempotency_key: None,
        language: Language::English,
    }
}

/// Calls the vault as `smtp`, `relay`, `web` and the administrator do.
async fn smtp<R: Rpc<VaultSmtp>>(desk: &Rc<Desk>, request: R) -> R::Answer {
    R::answer(desk.smtp(1, request.into()).unwrap().get().await).unwrap()
}

async fn relay<R: Rpc<VaultRelay>>(desk: &Rc<Desk>, request: R) -> R::Answer {
    R::answer(desk.relay(2, request.into()).unwrap().get().await).unwrap()
}

async fn web<R: Rpc<VaultWeb>>(desk: &Rc<Desk>, request: R) -> R::Answer {
    R::answer(desk.web(3, request.into()).unwrap().get().await).unwrap()
}

async fn admin<R: Rpc<VaultAdmin>>(desk: &Rc<Desk>, request: R) -> R::Answer {
    R::answer(desk.admin(request.into()).unwrap().get().await).unwrap()
}

type Created = Result<Vec<CreatedAlias>, RequestError>;

async fn ask(desk: &Rc<Desk>, order: Order) -> Created {
    web(desk, order).await
}

fn the_one(answer: Created) -> (AliasAddress, String) {
    match answer {
        Ok(mut made) if made.len() == 1 => {
            let CreatedAlias { alias, key } = made.remove(0);
            (alias.address, key)
        }
        other => panic!("{other:?}"),
    }
}

async fn create(desk: &Rc<Desk>, max_usage: i64) -> (AliasAddress, String) {
    the_one(ask(desk, order("someone@real.example", Some("Two.example"), max_usage)).await)
}

async fn hold(desk: &Rc<Desk>, recipient: &AliasAddress) -> HoldAnswer {
    smtp(desk, Hold { recipient: recipient.clone() }).await
}

#[test]
fn one_message_from_hold_to_settle() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        let HoldAnswer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        assert_eq!(hold(&desk, &alias).await, HoldAnswer::Busy);
        let redeem = || Redeem { ticket, reverse_path: "a@sender.example".to_owned() };
        let RedeemAnswer::Redeemed { target, reverse_path, counted } = relay(&desk, redeem()).await else { panic!() };
        assert!(counted && target.expose() == "someone@real.example");
        assert!(reverse_path.starts_with("SRS0=") && reverse_path.ends_with("=sender.example=a@two.example"));
        assert!(relay(&desk, redeem()).await == RedeemAnswer::No, "a ticket is redeemed once");
        assert!(relay(&desk, Spend { ticket }).await == SpendAnswer::Done);
        assert_eq!(hold(&desk, &alias).await, HoldAnswer::No);
        assert!(relay(&desk, Refund { ticket }).await == RefundAnswer::Done);
        assert!(relay(&desk, Refund { ticket }).await == RefundAnswer::No, "and refunded once");
        assert!(matches!(hold(&desk, &alias).await, HoldAnswer::Held { .. }));
    });
}

#[test]
fn a_released_use_is_free() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        let HoldAnswer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        assert!(desk.smtp(1, Release { ticket }.into()).is_none(), "wants no answer");
        tokio::task::yield_now().await;
        assert!(matches!(hold(&desk, &alias).await, HoldAnswer::Held { .. }));
        assert!(relay(&desk, Redeem { ticket, reverse_path: String::new() }).await == RedeemAnswer::No);
    });
}

#[test]
fn owners_prove_themselves_with_the_manage_key() {
    run(|desk| async move {
        let (alias, key) = create(&desk, 1).await;
        let aid = alias.name().to_owned();
        let inspect = |aid: &str, key: &str| Inspect { aid: aid.to_owned(), key: key.to_owned() };
        assert!(web(&desk, inspect(&aid, &key)).await.is_ok());
        assert!(web(&desk, inspect(alias.as_str(), &key)).await.is_ok());
        assert_eq!(web(&desk, inspect(&aid, "wrong")).await, Err(RequestError::NotFound));
        assert_eq!(web(&desk, inspect("unknown", &key)).await, Err(RequestError::NotFound));
        let change = Change { max_usage: Some(5), paused: Some(true), ..Change::default() };
        let changed = web(&desk, Amend { aid: aid.clone(), key: key.clone(), change }).await;
        assert!(matches!(changed, Ok(a) if a.account.paused && a.account.remaining() == Some(5)));
        assert_eq!(hold(&desk, &alias).await, HoldAnswer::No);
        assert_eq!(web(&desk, vault_web::Revoke { aid, key }).await, Ok(()));
    });
}

#[test]
fn wishes_are_refused() {
    run(|desk| async move {
        for (target, domain, fault) in [
            ("nobody", None, OrderError::Target),
            ("a@Example.org", None, OrderError::TargetIsOurs),
            ("a@b.example", Some("else.example"), OrderError::Domain),
            ("Abuse@b.example", None, OrderError::Reserved),
        ] {
            assert_eq!(ask(&desk, order(target, domain, 1)).await, Err(RequestError::Rejected(fault)));
        }
        for _ in 0..3 {
            create(&desk, 1).await;
        }
        let again = ask(&desk, order("SomeOne@real.example", None, 1)).await;
        assert_eq!(again, Err(RequestError::Rejected(OrderError::TooManyForTarget)));
    });
}

#[test]
fn the_administrator_forgets_a_person() {
    run(|desk| async move {
        let (alias, _) = create(&desk, 1).await;
        create(&desk, 1).await;
        let Ok(status) = admin(&desk, vault_admin::GetStatus).await else { panic!() };
        assert_eq!(status.aliases, Some(2));
        let forget = Forget { address: "Someone@Real.example".to_owned(), forever: true };
        assert_eq!(admin(&desk, forget).await, Ok(2));
        assert_eq!(hold(&desk, &alias).await, HoldAnswer::No);
        let refused = Err(RequestError::Rejected(OrderError::OptedOut));
        assert_eq!(ask(&desk, order("someone@real.example", None, 1)).await, refused);
    });
}

#[test]
fn postmaster_is_the_administrator() {
    run(|desk| async move {
        let alias = AliasAddress::parse("abuse@example.org", &desk.settings().domains).unwrap();
        let HoldAnswer::Held { ticket } = hold(&desk, &alias).await else { panic!() };
        let redeem = Redeem { ticket, reverse_path: String::new() };
        let RedeemAnswer::Redeemed { target, counted: false, .. } = relay(&desk, redeem).await else { panic!() };
        assert_eq!(target.expose(), "boss@real.example");
    });
}

#[test]
fn the_same_order_is_made_once() {
    run(|desk| async move {
        let keyed = |max_usage, key: &str| Order {
            idempotency_key: Some(key.to_owned()),
            count: 3,
            ..order("someone@real.example", None, max_usage)
        };
        let made = |answer| match answer {
            Ok(made) => made,
            other => panic!("{other:?}"),
        };
        let first = made(ask(&desk, keyed(5, "one")).await);
        assert_eq!(first.len(), 3);
        let again = made(ask(&desk, keyed(5, "one")).await);
        let known = |made: &[CreatedAlias]| -> Vec<_> {
            made.iter().map(|one| (one.alias.address.clone(), one.key.clone())).collect()
        };
        assert_eq!(known(&first), known(&again));
        assert_eq!(ask(&desk, keyed(6, "one")).await, Err(RequestError::Rejected(OrderError::KeyReused)));
        // That was as many as the target gets: the same order costs nothing, another one does.
        assert_eq!(ask(&desk, keyed(5, "two")).await, Err(RequestError::Rejected(OrderError::TooManyForTarget)));
        assert_eq!(made(ask(&desk, keyed(5, "one")).await).len(), 3);
        for count in [0, 21, -1] {
            let order = Order { count, ..order("someone@real.example", None, 1) };
            assert_eq!(ask(&desk, order).await, Err(RequestError::Rejected(OrderError::Count { max: 20 })));
        }
    });
}

async fn token(desk: &Rc<Desk>) -> String {
    let (target, language) = ("someone@real.example".to_owned(), Language::English);
    let request = IssueToken { target, domain: None, days: Some(3), max_usage: None, language };
    match web(desk, request).await {
        Ok(IssuedToken { token: Some(token), days: Some(3), .. }) => token,
        other => panic!("{other:?}"),
    }
}

fn by_token(token: &str) -> Order {
    Order { whose: OrderFor::Token(token.to_owned()), ..order("", None, 1) }
}

#[test]
fn what_was_answered_and_has_ended_does_not_come_back() {
    run(|desk| async move {
        let order = || Order { idempotency_key: Some("one".to_owned()), ..order("someone@real.example", None, 1) };
        let (alias, key) = the_one(ask(&desk, order()).await);
        assert_eq!(the_one(ask(&desk, order()).await), (alias.clone(), key.clone()));
        let revoke = vault_web::Revoke { aid: alias.as_str().to_owned(), key };
        assert_eq!(web(&desk, revoke).await, Ok(()));
        assert_eq!(ask(&desk, order()).await, Err(RequestError::Rejected(OrderError::Ended)));
        assert_eq!(hold(&desk, &alias).await, HoldAnswer::No);
    });
}

#[test]
fn a_token_makes_aliases_until_it_is_revoked() {
    run(|desk| async move {
        let (one, other) = (token(&desk).await, token(&desk).await);
        let (alias, _) = the_one(ask(&desk, by_token(&one)).await);
        assert!(matches!(hold(&desk, &alias).await, HoldAnswer::Held { .. }));
        let elsewhere = Order { domain: Some("two.example".to_owned()), ..by_token(&one) };
        assert!(the_one(ask(&desk, elsewhere).await).0.as_str().ends_with("@two.example"));
        assert_eq!(web(&desk, RevokeToken { token: one.clone() }).await, Ok(()));
        assert_eq!(ask(&desk, by_token(&one)).await, Err(RequestError::InvalidToken));
        assert_eq!(web(&desk, RevokeToken { token: one }).await, Err(RequestError::InvalidToken));
        the_one(ask(&desk, by_token(&other)).await);
        let forget = Forget { address: "someone@real.example".to_owned(), forever: false };
        assert_eq!(admin(&desk, forget).await, Ok(3));
        assert_eq!(ask(&desk, by_token(&other)).await, Err(RequestError::InvalidToken));
    });
}

#[test]
fn tokens_of_another_epoch_are_void() {
    run(|desk| async move {
        let token = token(&desk).await;
        let settings = Live { token_epoch: 2, ..Live::clone(&desk.settings()) };
        desk.reload(settings);
        assert_eq!(ask(&desk, by_token(&token)).await, Err(RequestError::InvalidToken));
    });
}

/// Takes the next letter as a relay does, and tells what the next host says to it.
async fn next_letter(desk: &Rc<Desk>, code: u16) -> (String, String) {
    let Notification { number, target, message } = relay(desk, NextNotification).await;
    let verdict = Verdict { code, enhanced: (code as u8 / 100, 0, 0), origin: Origin::NextHost };
    assert!(desk.relay(2, NotificationSent { number, verdict }.into()).is_none(), "wants no answer");
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
        desk.reload(Live { confirm: true, ..Live::clone(&desk.settings()) });
        let ordering = tokio::task::spawn_local({
            let desk = Rc::clone(&desk);
            async move { create(&desk, 2).await }
        });
        let (target, letter) = next_letter(&desk, 250).await;
        assert_eq!(target, "someone@real.example");
        assert!(letter.contains("Auto-Submitted: auto-generated") && letter.contains("Message-ID: <"), "{letter}");
        let (alias, _) = ordering.await.unwrap();
        assert!(!letter.contains(alias.name()), "a letter does not name it");
        assert_eq!(hold(&desk, &alias).await, HoldAnswer::No);
        let links = links(&letter);
        let look = |at: usize| InspectLink { link: links[at].clone() };
        let follow = |at: usize| FollowLink { link: links[at].clone() };
        for _ in 0..3 {
            let purpose = LinkPurpose::Activate(vec![alias.clone()]);
            assert_eq!(web(&desk, look(0)).await, Ok(purpose));
            assert_eq!(web(&desk, look(1)).await, Ok(LinkPurpose::OptOut));
        }
        assert_eq!(hold(&desk, &alias).await, HoldAnswer::No, "who only looks changes nothing");
        for _ in 0..2 {
            assert_eq!(web(&desk, follow(0)).await, Ok(Followed::Activated(vec![alias.clone()])));
        }
        assert!(matches!(hold(&desk, &alias).await, HoldAnswer::Held { .. }));
        assert_eq!(web(&desk, follow(1)).await, Ok(Followed::Done));
        assert_eq!(hold(&desk, &alias).await, HoldAnswer::No);
        let refused = Err(RequestError::Rejected(OrderError::OptedOut));
        assert_eq!(ask(&desk, order("someone@real.example", None, 1)).await, refused);
        assert_eq!(web(&desk, follow(0)).await, Err(RequestError::NotFound), "it does not come back");
    });
}

#[test]
fn an_alias_whose_letter_is_not_taken_is_not_kept() {
    run(|desk| async move {
        desk.reload(Live { confirm: true, ..Live::clone(&desk.settings()) });
        let (refused, unsent) = (Err(RequestError::Rejected(OrderError::Undeliverable)), Err(RequestError::EmailNotSent));
        // What was refused counts, what could not be sent does not.
        for (code, expected) in [(550, refused.clone()), (451, unsent), (550, refused)] {
            let ordering = tokio::task::spawn_local({
                let desk = Rc::clone(&desk);
                async move { ask(&desk, order("someone@real.example", None, 1)).await }
            });
            next_letter(&desk, code).await;
            assert_eq!(ordering.await.unwrap(), expected);
            assert_eq!(desk.engine.alias_count().get().await, Ok(Some(0)));
        }
        let more = ask(&desk, order("someone@real.example", None, 1)).await;
        assert_eq!(more, Err(RequestError::Rejected(OrderError::TooManyEmails)));
    });
}

#[test]
fn who_opts_out_can_opt_in_again() {
    run(|desk| async move {
        let asking = |desk: &Rc<Desk>| {
            let request = OptOut { target: "someone@real.example".to_owned(), language: Language::German };
            let desk = Rc::clone(desk);
            tokio::task::spawn_local(async move { web(&desk, request).await })
        };
        for (purpose, expected) in
            [(LinkPurpose::OptOut, Some(Err(RequestError::Rejected(OrderError::OptedOut)))), (LinkPurpose::OptIn, None)]
        {
            let asked = asking(&desk);
            let (_, letter) = next_letter(&desk, 250).await;
            assert_eq!(asked.await.unwrap(), Ok(()));
            let link = links(&letter).remove(0);
            let found = web(&desk, InspectLink { link: link.clone() }).await;
            assert_eq!(found, Ok(purpose));
            assert_eq!(web(&desk, FollowLink { link }).await, Ok(Followed::Done));
            let outcome = ask(&desk, order("someone@real.example", None, 1)).await;
            match expected {
                Some(expected) => assert_eq!(outcome, expected),
                None => drop(the_one(outcome)),
            }
        }
    });
}

/// Follows the link of the letter that `request` sends.
async fn by_letter(desk: &Rc<Desk>, request: OptOut) -> Result<Followed, RequestError> {
    let asked = tokio::task::spawn_local({
        let desk = Rc::clone(desk);
        async move { web(&desk, request).await }
    });
    let (_, letter) = next_letter(desk, 250).await;
    assert_eq!(asked.await.unwrap(), Ok(()));
    let link = links(&letter).remove(0);
    web(desk, FollowLink { link }).await
}

fn opt_out() -> OptOut {
    OptOut { target: "someone@real.example".to_owned(), language: Language::English }
}

#[test]
fn no_spelling_gets_round_an_opt_out() {
    run(|desk| async move {
        let before = token(&desk).await;
        assert_eq!(by_letter(&desk, opt_out()).await, Ok(Followed::Done));
        for (target, fault) in [
            ("SomeOne@Real.example", OrderError::OptedOut),
            ("someone+shop@real.example", OrderError::OptedOut),
            ("\"someone\"@real.example", OrderError::Target),
            ("\"some\\one\"@real.example", OrderError::Target),
            ("abuse+x@real.example", OrderError::Reserved),
        ] {
            assert_eq!(ask(&desk, order(target, None, 1)).await, Err(RequestError::Rejected(fault)), "{target}");
        }
        assert_eq!(ask(&desk, by_token(&before)).await, Err(RequestError::InvalidToken));
        // Strangers can have one letter sent to who has refused, and no more in a day.
        assert_eq!(by_letter(&desk, opt_out()).await, Ok(Followed::Done));
        assert_eq!(ask(&desk, by_token(&before)).await, Err(RequestError::InvalidToken), "a token does not come back");
        the_one(ask(&desk, order("someone@real.example", None, 1)).await);
        let refused = Err(RequestError::Rejected(OrderError::TooManyEmails));
        assert_eq!(web(&desk, opt_out()).await, refused);
        let office = OptOut { target: "abuse@real.example".to_owned(), language: Language::English };
        assert_eq!(web(&desk, office).await, Err(RequestError::Rejected(OrderError::Reserved)));
    });
}

#[test]
fn letters_are_bounded_in_all() {
    run(|desk| async move {
        desk.reload(Live { emails_per_day: 1, ..Live::clone(&desk.settings()) });
        assert_eq!(by_letter(&desk, opt_out()).await, Ok(Followed::Done));
        let other = OptOut { target: "other@real.example".to_owned(), language: Language::English };
        assert_eq!(web(&desk, other).await, Err(RequestError::EmailNotSent));
    });
}

/// The vault was killed between an alias and its letter: the asker asks again, and the letter goes out.
#[test]
fn an_order_that_was_interrupted_gets_its_letter() {
    run(|desk| async move {
        desk.reload(Live { confirm: true, ..Live::clone(&desk.settings()) });
        let keyed = || Order { idempotency_key: Some("one".to_owned()), ..order("someone@real.example", None, 1) };
        let asking = |desk: &Rc<Desk>| {
            let desk = Rc::clone(desk);
            tokio::task::spawn_local(async move { ask(&desk, keyed()).await })
        };
        let interrupted = asking(&desk);
        while desk.engine.alias_count().get().await != Ok(Some(1)) {
            tokio::task::yield_now().await;
        }
        interrupted.abort();
        assert!(interrupted.await.unwrap_err().is_cancelled());
        let again = asking(&desk);
        let (_, letter) = next_letter(&desk, 250).await;
        let (alias, _) = the_one(again.await.unwrap());
        let link = links(&letter).remove(0);
        let followed = web(&desk, FollowLink { link }).await;
        assert_eq!(followed, Ok(Followed::Activated(vec![alias])));
    });
}

/// What is made for an order that fails is removed, also when its count cannot be given back.
#[test]
fn nothing_is_left_of_a_failed_order_when_counting_down_fails() {
    run_faulty(|desk, table| async move {
        desk.reload(Live { confirm: true, ..Live::clone(&desk.settings()) });
        table.no_uncount.set(true);
        let ordering = tokio::task::spawn_local({
            let desk = Rc::clone(&desk);
            async move { ask(&desk, Order { count: 3, ..order("someone@real.example", None, 1) }).await }
        });
        next_letter(&desk, 451).await;
        assert_eq!(ordering.await.unwrap(), Err(RequestError::Unavailable));
        assert_eq!(desk.engine.alias_count().get().await, Ok(Some(0)));
    });
}

/// Compare-and-set is tried again, but not for ever.
#[test]
fn a_change_that_always_loses_the_race_is_given_up() {
    run_faulty(|desk, table| async move {
        let (alias, key) = create(&desk, 1).await;
        table.raced.set(true);
        let change = Change { paused: Some(true), ..Change::default() };
        let amend = Amend { aid: alias.as_str().to_owned(), key, change };
        assert_eq!(web(&desk, amend).await, Err(RequestError::Unavailable));
    });
}

#[test]
fn an_activation_that_always_loses_the_race_is_given_up() {
    run_faulty(|desk, table| async move {
        desk.reload(Live { confirm: true, ..Live::clone(&desk.settings()) });
        let ordering = tokio::task::spawn_local({
            let desk = Rc::clone(&desk);
            async move { create(&desk, 2).await }
        });
        let (_, letter) = next_letter(&desk, 250).await;
        ordering.await.unwrap();
        table.raced.set(true);
        let link = links(&letter).remove(0);
        assert_eq!(web(&desk, FollowLink { link }).await, Err(RequestError::Unavailable));
    });
}
