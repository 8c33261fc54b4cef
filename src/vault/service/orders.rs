//! vault ← web: orders of aliases.
//!
//! 1. For whom, where and within which limits: as it was typed, or as a token says.
//! 2. The seed of the names: random, or made of the Idempotency-Key, whose order is noted for a day.
//! 3. What of the order is there already was made for an answer that was lost: it is answered again, as it is now.
//!    What was answered before and is not there has ended, and stays so.
//! 4. The rest is admitted, made, and announced to the target where it must confirm; or nothing of it is kept.

use super::Desk;
use super::tokens::seconds;
use crate::alias::{
    Account, AliasAddress, DAY, Domain, Limits, MAX_ALIASES_PER_ORDER, OrderError, RealAddress, Time, Wish,
};
use crate::vault::capability::{Capability, Seed, Token};
use crate::vault::seal::{Noted, hash_manage_key, same};
use crate::vault::store::{Counter, Creation, Key, Outage, Owner, Record};
use crate::wire::metrics::Metric;
use crate::wire::vault_web::{AliasInfo, CreatedAlias, Order, OrderFor, RequestError};
use crate::words::Language;
use std::rc::Rc;
use tokio::sync::Mutex;

/// An order that can be granted.
struct Granted {
    target: RealAddress,
    owner: Owner,
    domain: Domain,
    limits: Limits,
    /// Whether the target has asked for it.
    confirmed: bool,
    /// Whether the target must confirm first.
    pending: bool,
    seed: Seed,
    /// All that was ordered, in octets.
    content: Vec<u8>,
    now: Time,
}

/// One alias of an order.
struct Item {
    address: AliasAddress,
    at: Key,
    key: String,
}

impl Desk {
    /// Makes the aliases of an order.
    pub(super) async fn create(&self, order: Order) -> Result<Vec<CreatedAlias>, RequestError> {
        let Order { whose, domain, count, idempotency_key, language } = order;
        let count = u8::try_from(count).ok().filter(|count| (1..=MAX_ALIASES_PER_ORDER).contains(count));
        let count = count.ok_or(OrderError::Count { max: MAX_ALIASES_PER_ORDER.into() })?;
        let now = self.now().await?;
        let (target, domain, wish, confirmed) = match whose {
            OrderFor::Target { target, wish } => (self.person(&target)?, self.chosen(domain.as_deref())?, wish, false),
            OrderFor::Token(token) => {
                let Token { target, domain: usual, days, max_usage, confirmed, .. } = self.good(&token, now).await?;
                let domain = match domain {
                    Some(domain) => self.chosen(Some(&domain))?,
                    // The domain may have been ours when the token was made.
                    None => self.chosen(Some(usual.as_str())).or_else(|_| self.chosen(None))?,
                };
                let wish = Wish { days: days.map(i64::from), max_usage: max_usage.map(i64::from), ..Wish::default() };
                (target, domain, wish, confirmed)
            }
        };
        let limits = wish.grant(now, self.settings().caps)?;
        let owner = self.seal.owner(&target);
        let content =
            postcard::to_allocvec(&(target.expose(), &domain, wish, count)).map_err(|_| RequestError::Unavailable)?;
        let turn = idempotency_key.as_deref().map(|key| self.turn(key));
        let _mine = match &turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        };
        self.wants_any(&owner).await?;
        let pending = self.settings().confirm && !confirmed;
        let order =
            |seed| Granted { target, owner, domain, limits, confirmed, pending, seed, content: content.clone(), now };
        let Some(key) = idempotency_key else {
            return self.fill(&order(self.seal.random()?), count, language).await;
        };
        let seed = self.seed_of(&key, &owner, &content, now).await?;
        let answered = self.seal.mark(Noted::Answered, &seed);
        if self.read(self.engine.marked(answered).get().await)?.is_some() {
            return self.left(&order(seed), count).await;
        }
        let made = self.fill(&order(seed), count, language).await?;
        self.written(self.engine.mark(answered, Some(now + DAY)).get().await)?;
        Ok(made)
    }

    /// A real address that aliases may be made for.
    pub(super) fn person(&self, target: &str) -> Result<RealAddress, OrderError> {
        let target = RealAddress::parse(target)?;
        let settings = self.settings();
        if target.is_in(&settings.domains) {
            return Err(OrderError::TargetIsOurs);
        }
        let folded = target.folded();
        let local = folded.rsplit_once('@').map_or("", |(local, _)| local);
        if settings.reserved.iter().any(|reserved| reserved == local) {
            return Err(OrderError::Reserved);
        }
        Ok(target)
    }

    /// The domain of ours that was asked for; the first if none was.
    pub(super) fn chosen(&self, wanted: Option<&str>) -> Result<Domain, OrderError> {
        let settings = self.settings();
        let found = match wanted {
            None => settings.domains.first(),
            Some(wanted) => {
                let wanted = Domain::parse(wanted).map_err(|_| OrderError::Domain)?;
                settings.domains.iter().find(|domain| **domain == wanted)
            }
        };
        found.cloned().ok_or(OrderError::Domain)
    }

    /// Refuses those who have opted out.
    pub(super) async fn wants_any(&self, owner: &Owner) -> Result<(), RequestError> {
        let mark = self.seal.mark(Noted::OptedOut, owner);
        match self.read(self.engine.marked(mark).get().await)? {
            Some(_) => Err(OrderError::OptedOut.into()),
            None => Ok(()),
        }
    }

    /// Who orders under this key: the same request that came over another connection waits for the answer of the first.
    fn turn(&self, key: &str) -> Rc<Mutex<()>> {
        let mut turns = self.turns.borrow_mut();
        // Where nobody waits or works any more.
        turns.retain(|_, turn| Rc::strong_count(turn) > 1);
        Rc::clone(turns.entry(key.to_owned()).or_default())
    }

    /// The seed for an Idempotency-Key, which is noted with what was ordered under it.
    async fn seed_of(&self, key: &str, owner: &Owner, content: &[u8], now: Time) -> Result<Seed, RequestError> {
        let with_content = self.seal.mark(Noted::Ordered, &[key.as_bytes(), &[0], content].concat());
        let alone = self.seal.mark(Noted::Ordered, key.as_bytes());
        if self.read(self.engine.marked(alone).get().await)?.is_none() {
            // In this order: the key alone must never stand for an order that is not known.
            for mark in [with_content, alone] {
                self.written(self.engine.mark(mark, Some(now + DAY)).get().await)?;
            }
        }
        // Read, not reckoned: whoever asks again must find the same.
        let since = self.read(self.engine.marked(alone).get().await)?.ok_or(RequestError::Unavailable)?;
        if self.read(self.engine.marked(with_content).get().await)?.is_none() {
            return Err(OrderError::KeyReused.into());
        }
        Ok(self.seal.seed(key, owner, since))
    }

    /// What is left of an order that was answered.
    async fn left(&self, granted: &Granted, count: u8) -> Result<Vec<CreatedAlias>, RequestError> {
        let mut left = Vec::new();
        for at in 0..count {
            left.extend(self.found(&self.item(granted, at), granted.now).await?);
        }
        if left.is_empty() { Err(OrderError::Ended.into()) } else { Ok(left) }
    }

    /// Makes what of an order is not there.
    async fn fill(&self, granted: &Granted, count: u8, language: Language) -> Result<Vec<CreatedAlias>, RequestError> {
        let items: Vec<Item> = (0..count).map(|at| self.item(granted, at)).collect();
        let mut made = Vec::with_capacity(items.len());
        for item in &items {
            made.push(self.found(item, granted.now).await?);
        }
        let missing = made.iter().filter(|found| found.is_none()).count();
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        self.count(granted, missing).await?;
        // CreatedAlias here and now: what another host of the same table has made meanwhile is its to announce, or to undo.
        let mut ours = Vec::new();
        let outcome = async {
            for (item, made) in items.iter().zip(&mut made).filter(|(_, made)| made.is_none()) {
                let (put, is_ours) = self.put(item, granted).await?;
                *made = Some(put);
                if is_ours {
                    ours.push(item.at);
                }
            }
            // Once more: who opts out meanwhile is either seen here, or finds what was made.
            self.wants_any(&granted.owner).await?;
            // Not only for what is new: the letter for what is there may have been lost with its asker.
            if made.iter().flatten().any(|made| made.alias.account.pending) {
                self.ask_to_activate(granted, count, language).await?;
            }
            Ok(())
        };
        if let Err(cause) = outcome.await {
            self.undo(granted, missing, &ours).await?;
            return Err(cause);
        }
        Ok(made.into_iter().flatten().collect())
    }

    /// Leaves nothing of a failed order: an error answered is nothing saved, and nothing counted. One step that fails
    /// keeps none of the others from being tried.
    async fn undo(&self, granted: &Granted, counted: u32, made: &[Key]) -> Result<(), Outage> {
        let mut outcome = Ok(());
        for key in made {
            outcome = outcome.and(self.written(self.engine.remove(*key).get().await).map(drop));
        }
        outcome.and(self.uncount(granted, counted).await)
    }

    /// Counts so many more aliases for the target, if it gets them.
    async fn count(&self, granted: &Granted, more: u32) -> Result<(), RequestError> {
        let limit = self.settings().creations_per_address;
        if more == 0 || limit == 0 {
            return Ok(());
        }
        match self.written(self.engine.count(self.counter(granted), limit, more).get().await)? {
            true => Ok(()),
            false => Err(OrderError::TooManyForTarget.into()),
        }
    }

    /// Takes back what [`Desk::count`] has counted.
    async fn uncount(&self, granted: &Granted, fewer: u32) -> Result<(), Outage> {
        if fewer == 0 || self.settings().creations_per_address == 0 {
            return Ok(());
        }
        self.written(self.engine.uncount(self.counter(granted), fewer).get().await)
    }

    /// What strangers order for a person leaves what they order themselves.
    fn counter(&self, granted: &Granted) -> Counter {
        match granted.confirmed {
            true => self.seal.mark(Noted::OwnOrders, &granted.owner),
            false => granted.owner,
        }
    }

    fn item(&self, granted: &Granted, at: u8) -> Item {
        let address = self.seal.name(&granted.seed, at).at(&granted.domain);
        let key = self.seal.manage_key(&granted.seed, at, &granted.content);
        Item { at: self.seal.key(&address), address, key }
    }

    /// What an earlier answer to the same order told.
    async fn found(&self, item: &Item, now: Time) -> Result<Option<CreatedAlias>, RequestError> {
        let found = self.read(self.engine.read(item.at).get().await)?;
        let ours = found.filter(|record| same(&record.manage, &hash_manage_key(&item.key)));
        Ok(ours.map(|record| item.made(record.account, now)))
    }

    /// An alias of the order, and whether it was made here.
    async fn put(&self, item: &Item, granted: &Granted) -> Result<(CreatedAlias, bool), RequestError> {
        let account = Account::new(granted.limits, granted.pending);
        let sealed = self.seal.seal(&item.address, &granted.target).ok_or(RequestError::Unavailable)?;
        let record = Record { account, manage: hash_manage_key(&item.key), owner: granted.owner, sealed };
        let most = self.settings().alive_per_address;
        match self.written(self.engine.create(item.at, record, granted.now, most).get().await)? {
            Creation::Made => {
                self.recorder.increment(Metric::AliasesCreated);
                Ok((item.made(account, granted.now), true))
            }
            Creation::Full => Err(OrderError::TooManyAlive.into()),
            // By the same order on another host; or a matter of 2^-60, and then asking again settles it.
            Creation::Taken => {
                self.found(item, granted.now).await?.map(|found| (found, false)).ok_or(RequestError::Unavailable)
            }
        }
    }

    async fn ask_to_activate(&self, granted: &Granted, count: u8, language: Language) -> Result<(), RequestError> {
        let made = seconds(granted.now);
        let (seed, domain) = (granted.seed, granted.domain.clone());
        let link = self.spell(&Capability::Activate { seed, domain, count, made })?;
        self.send(
            &granted.target,
            &granted.owner,
            |words, site, never| words.letter_activate(site, &link, never),
            language,
        )
        .await
    }
}

impl Item {
    fn made(&self, account: Account, now: Time) -> CreatedAlias {
        CreatedAlias { alias: AliasInfo { address: self.address.clone(), account, now }, key: self.key.clone() }
    }
}
