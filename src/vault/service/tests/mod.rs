//! The services on a real table: who is answered what.

mod addresses;
mod aliases;
mod consent;
mod faulty;
mod mail;
mod orders;
mod tokens;

use super::{admin, relay, smtp, web};
use crate::alias::{AliasAddress, Caps, Change, Domain, OrderError, RealAddress, RequestedLimits};
use crate::config::settings::vault::{Fixed, Live, ReversePath, Store};
use crate::runtime::RoleHandler as _;
use crate::vault::context::VaultContext;
use crate::vault::keys::ServerKey;
use crate::vault::store::Engine;
use crate::vault::store::redb::Redb;
use crate::wire::Rpc;
use crate::wire::relay_smtp::{Origin, Verdict};
use crate::wire::vault_admin::VaultAdmin;
use crate::wire::vault_relay::{NextNotification, Notification, NotificationSent, Redeem, RedeemAnswer, VaultRelay};
use crate::wire::vault_smtp::{Admit, AdmitAnswer, VaultSmtp};
use crate::wire::vault_web::{
    self, CreatedAlias, FollowLink, Followed, IssueToken, IssuedToken, Order, OrderFor, RequestError, VaultWeb,
};
use crate::words::Language;
use faulty::Faulty;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

fn context(dir: &Path) -> Rc<VaultContext> {
    context_and_table(dir).0
}

/// Settings of a vault that keeps its state in `dir`.
pub(in crate::vault) fn fixed(dir: &Path) -> Fixed {
    Fixed {
        store: Store::Redb { path: dir.join("t") },
        key_file: dir.join("key"),
        ticket_lifetime: Duration::from_secs(60),
        unsettled_lifetime: Duration::from_secs(60),
        drain_timeout: Duration::from_secs(1),
    }
}

pub(in crate::vault) fn live() -> Live {
    Live {
        hostname: "mx.example.org".to_owned(),
        domains: vec![Domain::parse("example.org").unwrap(), Domain::parse("two.example").unwrap()],
        max_tickets: 50,
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
        postmaster: Some(RealAddress::parse_new("boss@real.example").unwrap()),
        reverse_path: ReversePath::Srs,
    }
}

fn context_and_table(dir: &Path) -> (Rc<VaultContext>, Rc<Faulty>) {
    let fixed = fixed(dir);
    let server_key = ServerKey::open(&fixed.key_file).unwrap();
    let table = Redb::open(&dir.join("t"), server_key.fingerprint()).unwrap();
    let engine = Rc::new(Faulty::new(table));
    let table: Rc<dyn Engine> = Rc::clone(&engine) as _;
    (Rc::new(VaultContext::new(&fixed, &live(), server_key, table).unwrap()), engine)
}

/// A test of a table with faults.
fn run_faulty<F: Future<Output = ()>>(test: impl FnOnce(Rc<VaultContext>, Rc<Faulty>) -> F) {
    let dir = tempfile::tempdir().unwrap();
    let test = async {
        let (context, table) = context_and_table(dir.path());
        let answered = tokio::time::timeout(Duration::from_secs(10), test(context, table)).await;
        assert!(answered.is_ok(), "no answer");
    };
    tokio::runtime::LocalRuntime::new().unwrap().block_on(test);
}

fn run<F: Future<Output = ()>>(test: impl FnOnce(Rc<VaultContext>) -> F) {
    let dir = tempfile::tempdir().unwrap();
    tokio::runtime::LocalRuntime::new().unwrap().block_on(async { test(context(dir.path())).await });
    // P7: neither the alias's name nor the real address is in any file.
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let stored = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in ["someone", "real.example", "example.org", "two.example"] {
            assert!(!stored.windows(secret.len()).any(|w| w == secret.as_bytes()));
        }
    }
}

/// An order of one alias for as many messages.
pub(in crate::vault) fn order(target: &str, domain: Option<&str>, max_usage: i64) -> Order {
    let limits = RequestedLimits { max_usage: Some(max_usage), ..RequestedLimits::default() };
    Order {
        whose: OrderFor::Target { target: target.to_owned(), limits },
        domain: domain.map(str::to_owned),
        count: 1,
        idempotency_key: None,
        language: Language::English,
    }
}

/// Calls the vault as `smtp`, `relay`, `web` and the administrator do.
async fn smtp<R: Rpc<VaultSmtp>>(context: &Rc<VaultContext>, request: R) -> R::Answer {
    R::answer(smtp::answer(context, 1, request.into()).unwrap().get().await).unwrap()
}

async fn relay<R: Rpc<VaultRelay>>(context: &Rc<VaultContext>, request: R) -> R::Answer {
    R::answer(relay::answer(context, 2, request.into()).unwrap().get().await).unwrap()
}

async fn web<R: Rpc<VaultWeb>>(context: &Rc<VaultContext>, request: R) -> R::Answer {
    R::answer(web::answer(context, 3, request.into()).unwrap().get().await).unwrap()
}

async fn admin<R: Rpc<VaultAdmin>>(context: &Rc<VaultContext>, request: R) -> R::Answer {
    R::answer(admin::answer(context, request.into()).unwrap().get().await).unwrap()
}

type Created = Result<Vec<CreatedAlias>, RequestError>;

async fn ask(context: &Rc<VaultContext>, order: Order) -> Created {
    web(context, order).await
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

async fn create(context: &Rc<VaultContext>, max_usage: i64) -> (AliasAddress, String) {
    the_one(ask(context, order("someone@real.example", Some("Two.example"), max_usage)).await)
}

async fn admit(context: &Rc<VaultContext>, recipient: &AliasAddress) -> AdmitAnswer {
    smtp(context, Admit { recipient: recipient.clone() }).await
}

async fn token(context: &Rc<VaultContext>) -> String {
    let (target, language) = ("someone@real.example".to_owned(), Language::English);
    let request = IssueToken { target, domain: None, days: Some(3), max_usage: None, language };
    match web(context, request).await {
        Ok(IssuedToken { token: Some(token), days: Some(3), .. }) => token,
        other => panic!("{other:?}"),
    }
}

fn by_token(token: &str) -> Order {
    Order { whose: OrderFor::Token(token.to_owned()), ..order("", None, 1) }
}

/// Takes the next notification as a relay does, and reports the next host's reply to it.
async fn next_notification(context: &Rc<VaultContext>, code: u16) -> (String, String) {
    let Notification { number, target, message } = relay(context, NextNotification).await;
    let verdict = Verdict { code, enhanced: (code as u8 / 100, 0, 0), origin: Origin::NextHost };
    assert!(relay::answer(context, 2, NotificationSent { number, verdict }.into()).is_none(), "wants no answer");
    (target.expose().to_owned(), String::from_utf8(message).unwrap().replace("=\r\n", ""))
}

/// The last segments of the links in a notification.
fn links(text: &str) -> Vec<String> {
    let of = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    text.split("https://alias.example/confirm/").skip(1).map(of).collect()
}
