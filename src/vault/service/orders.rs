//! Orders of aliases.
//!
//! 1. For whom, where and within which limits: as it was typed, or as a token says.
//! 2. The seed of the names is random. With an Idempotency-Key it is derived from the key, and the order is marked for
//!    a day.
//! 3. Aliases of the order that are there already were made for an answer that was lost: they are answered again, as
//!    they are now. If the order was answered and they are not there, they have ended, and stay so.
//! 4. The others are counted, made, and announced to the target if it must confirm. If a step fails, nothing of them is
//!    kept.

use super::notifications;
use super::targets::{choose_domain, parse_target, refuse_opted_out, refuse_undeliverable};
use super::tokens;
use crate::alias::{
    AliasAddress, AliasState, DAY, Domain, Limits, MAX_ALIASES_PER_ORDER, OrderError, RealAddress, RequestedLimits,
    Time,
};
use crate::vault::context::VaultContext;
use crate::vault::hashes::{CounterKind, MarkKind, Seed, hash_manage_key, is_same};
use crate::vault::keys::random;
use crate::vault::store::{Counter, Creation, Engine as _, Key, Owner, Record, StoreError};
use crate::vault::token::{Capability, Token, seconds};
use crate::wire::metrics::Metric;
use crate::wire::vault_web::{AliasInfo, CreatedAlias, Order, OrderFor, RequestError};
use crate::words::Language;

/// An order that can be granted.
struct Grant {
    target: RealAddress,
    owner: Owner,
    domain: Domain,
    limits: Limits,
    count: u8,
    /// Whether the target has asked for it.
    is_confirmed: bool,
    /// Whether the target must confirm first.
    is_pending: bool,
    /// All that was ordered, in octets.
    content: Vec<u8>,
    now: Time,
}

/// One alias of an order.
struct Item {
    address: AliasAddress,
    key: Key,
    manage_key: String,
}

/// Makes the aliases of an order.
pub(super) async fn place(context: &VaultContext, order: Order) -> Result<Vec<CreatedAlias>, RequestError> {
    let idempotency_key = order.idempotency_key.clone();
    let language = order.language;
    let grant = grant(context, order).await?;
    let lock = match idempotency_key.as_deref() {
        Some(key) => Some(context.order_locks.of(key).ok_or(RequestError::Unavailable)?),
        None => None,
    };
    let _one_at_a_time = match &lock {
        Some(lock) => Some(lock.lock().await),
        None => None,
    };
    refuse_opted_out(context, &grant.target).await?;
    let Some(idempotency_key) = idempotency_key else {
        return fill(context, &grant, &random()?, language).await;
    };
    let seed = seed_of(context, &grant, &idempotency_key).await?;
    let answered = context.hashes.mark(MarkKind::Answered, &seed);
    if context.store.marked(answered).get().await?.is_some() {
        return remaining(context, &grant, &seed).await;
    }
    let created = fill(context, &grant, &seed, language).await?;
    context.store.mark(answered, Some(grant.now + DAY)).get().await?;
    Ok(created)
}

/// What is granted of what was ordered.
async fn grant(context: &VaultContext, order: Order) -> Result<Grant, RequestError> {
    let Order { whose, domain, count, .. } = order;
    let count = u8::try_from(count).ok().filter(|count| (1..=MAX_ALIASES_PER_ORDER).contains(count));
    let count = count.ok_or(OrderError::Count { max: MAX_ALIASES_PER_ORDER.into() })?;
    let now = context.store.now().get().await?;
    let (target, domain, requested, is_confirmed) = match whose {
        OrderFor::Target { target, limits } => {
            (parse_target(context, &target)?, choose_domain(context, domain.as_deref())?, limits, false)
        }
        OrderFor::Token(token) => {
            let token = tokens::read(context, &token, now).await?;
            let Token { target, domain: usual, days, max_usage, confirmed, .. } = token;
            refuse_undeliverable(context, &target)?;
            let domain = match domain {
                Some(domain) => choose_domain(context, Some(&domain))?,
                // The domain may have been ours when the token was made.
                None => choose_domain(context, Some(usual.as_str())).or_else(|_| choose_domain(context, None))?,
            };
            let requested = RequestedLimits {
                days: days.map(i64::from),
                max_usage: max_usage.map(i64::from),
                ..RequestedLimits::default()
            };
            (target, domain, requested, confirmed)
        }
    };
    let live = context.live();
    let limits = requested.grant(now, live.caps)?;
    let content =
        postcard::to_allocvec(&(target.expose(), &domain, requested, count)).map_err(|_| RequestError::Unavailable)?;
    let owner = context.hashes.owner(&target);
    let is_pending = live.confirm && !is_confirmed;
    Ok(Grant { target, owner, domain, limits, count, is_confirmed, is_pending, content, now })
}

/// The seed for an Idempotency-Key, which is marked with what was ordered under it.
async fn seed_of(context: &VaultContext, grant: &Grant, idempotency_key: &str) -> Result<Seed, RequestError> {
    let key = idempotency_key.as_bytes();
    let with_content = context.hashes.mark(MarkKind::Ordered, &[key, &[0], &grant.content].concat());
    let alone = context.hashes.mark(MarkKind::Ordered, key);
    if context.store.marked(alone).get().await?.is_none() {
        // In this order: the key alone must never stand for an order that is not known.
        for mark in [with_content, alone] {
            context.store.mark(mark, Some(grant.now + DAY)).get().await?;
        }
    }
    // Read and not computed, so that the same order later finds the same.
    let since = context.store.marked(alone).get().await?.ok_or(RequestError::Unavailable)?;
    if context.store.marked(with_content).get().await?.is_none() {
        return Err(OrderError::KeyReused.into());
    }
    Ok(context.hashes.seed(idempotency_key, &grant.owner, since))
}

/// What remains of an order that was answered.
async fn remaining(context: &VaultContext, grant: &Grant, seed: &Seed) -> Result<Vec<CreatedAlias>, RequestError> {
    let mut remaining = Vec::new();
    for item in items(context, grant, seed) {
        remaining.extend(find(context, &item, grant.now).await?);
    }
    if remaining.is_empty() { Err(OrderError::Ended.into()) } else { Ok(remaining) }
}

/// Makes those aliases of an order that are not there.
async fn fill(
    context: &VaultContext,
    grant: &Grant,
    seed: &Seed,
    language: Language,
) -> Result<Vec<CreatedAlias>, RequestError> {
    let items = items(context, grant, seed);
    let mut created = Vec::with_capacity(items.len());
    for item in &items {
        created.push(find(context, item, grant.now).await?);
    }
    let missing = created.iter().filter(|found| found.is_none()).count();
    let missing = u32::try_from(missing).unwrap_or(u32::MAX);
    count(context, grant, missing).await?;
    // Made here and now: what another host of the same store has made meanwhile is its to announce, or to undo.
    let mut made_here = Vec::new();
    let outcome = async {
        for (item, created) in items.iter().zip(&mut created).filter(|(_, created)| created.is_none()) {
            let (alias, is_new) = create(context, item, grant).await?;
            *created = Some(alias);
            if is_new {
                made_here.push(item.key);
            }
        }
        // Once more: whoever opts out meanwhile is either seen here, or finds what was made.
        refuse_opted_out(context, &grant.target).await?;
        // Not for new ones only: the notification for those that were there may have been lost with the answer.
        if created.iter().flatten().any(|created| created.alias.state.pending) {
            request_confirmation(context, grant, seed, language).await?;
        }
        Ok(())
    };
    if let Err(error) = outcome.await {
        undo(context, grant, missing, &made_here).await?;
        return Err(error);
    }
    Ok(created.into_iter().flatten().collect())
}

/// Leaves nothing of a failed order: an error answered is nothing saved, and nothing counted. One step that fails keeps
/// none of the others from being tried.
async fn undo(context: &VaultContext, grant: &Grant, counted: u32, made: &[Key]) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    for key in made {
        outcome = outcome.and(context.store.remove(*key).get().await.map(drop));
    }
    outcome.and(uncount(context, grant, counted).await)
}

/// Counts so many more aliases for the target, if it may have them.
async fn count(context: &VaultContext, grant: &Grant, more: u32) -> Result<(), RequestError> {
    let limit = context.live().creations_per_address;
    if more == 0 || limit == 0 {
        return Ok(());
    }
    let mut counted = Vec::new();
    for counter in counters(context, grant) {
        if !context.store.count(counter, limit, more).get().await? {
            for counter in counted {
                context.store.uncount(counter, more).get().await?;
            }
            return Err(OrderError::TooManyForTarget.into());
        }
        counted.push(counter);
    }
    Ok(())
}

/// Takes back what [`count`] has counted.
async fn uncount(context: &VaultContext, grant: &Grant, fewer: u32) -> Result<(), StoreError> {
    if fewer == 0 || context.live().creations_per_address == 0 {
        return Ok(());
    }
    let mut outcome = Ok(());
    for counter in counters(context, grant) {
        outcome = outcome.and(context.store.uncount(counter, fewer).get().await);
    }
    outcome
}

/// What strangers order for a person leaves what they order themselves. What an older version has counted under another
/// hash counts as well.
fn counters(context: &VaultContext, grant: &Grant) -> Vec<Counter> {
    let counter = |owner: Owner| match grant.is_confirmed {
        true => context.hashes.counter(CounterKind::OwnOrders, &owner),
        false => owner,
    };
    context.hashes.owners(&grant.target).into_iter().map(counter).collect()
}

fn items(context: &VaultContext, grant: &Grant, seed: &Seed) -> Vec<Item> {
    let item = |number| {
        let address = context.hashes.name(seed, number).at(&grant.domain);
        let manage_key = context.hashes.manage_key(seed, number, &grant.content);
        Item { key: context.hashes.alias(&address), address, manage_key }
    };
    (0..grant.count).map(item).collect()
}

/// The alias as it is, if an earlier answer to the same order has told of it.
async fn find(context: &VaultContext, item: &Item, now: Time) -> Result<Option<CreatedAlias>, StoreError> {
    let found = context.store.read(item.key).get().await?;
    let ours = found.filter(|record| is_same(&record.manage, &hash_manage_key(&item.manage_key)));
    Ok(ours.map(|record| item.created(record.state, now)))
}

/// Makes an alias of the order. Answers whether it was made here.
async fn create(context: &VaultContext, item: &Item, grant: &Grant) -> Result<(CreatedAlias, bool), RequestError> {
    let state = AliasState::new(grant.limits, grant.is_pending);
    let sealed = context.seal.seal_address(&item.address, &grant.target).ok_or(RequestError::Unavailable)?;
    let record = Record { state, manage: hash_manage_key(&item.manage_key), owner: grant.owner, sealed };
    let limit = context.live().alive_per_address;
    match context.store.create(item.key, record, grant.now, limit).get().await? {
        Creation::Made => {
            context.metrics.increment(Metric::AliasesCreated);
            Ok((item.created(state, grant.now), true))
        }
        Creation::Full => Err(OrderError::TooManyAlive.into()),
        // By the same order on another host; or by chance, of 2^-60, and then the same request again succeeds.
        Creation::Taken => {
            let found = find(context, item, grant.now).await?;
            found.map(|found| (found, false)).ok_or(RequestError::Unavailable)
        }
    }
}

async fn request_confirmation(
    context: &VaultContext,
    grant: &Grant,
    seed: &Seed,
    language: Language,
) -> Result<(), RequestError> {
    let Grant { target, owner, domain, count, now, .. } = grant;
    let (seed, domain, made) = (*seed, domain.clone(), seconds(*now));
    let link = notifications::link(context, &Capability::Activate { seed, domain, count: *count, made })?;
    notifications::send(context, target, owner, language, |words, site, opt_out| {
        words.notification_activate(site, &link, opt_out)
    })
    .await
}

impl Item {
    fn created(&self, state: AliasState, now: Time) -> CreatedAlias {
        CreatedAlias { alias: AliasInfo { address: self.address.clone(), state, now }, key: self.manage_key.clone() }
    }
}
