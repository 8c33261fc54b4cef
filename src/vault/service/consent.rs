//! Consent: the links in notifications, by which a target confirms aliases, refuses them forever, or allows them again.
//!
//! A link is a capability and not stored. To look at one changes nothing: programs that scan e-mail follow links, and
//! only a form that a person sends does what the link is for. Following a link twice has no further effect.

use super::aliases::MAX_AMEND_ATTEMPTS;
use super::notifications::{self, count_one};
use super::targets::{has_opted_out, parse_target};
use super::tokens;
use crate::alias::{AliasAddress, AliasState, CONFIRM_WITHIN_SECONDS, Domain, Time};
use crate::vault::context::VaultContext;
use crate::vault::hashes::{CounterKind, MarkKind, Seed};
use crate::vault::store::{Engine as _, Mark, Owner, StoreError};
use crate::vault::token::{self, Capability, seconds};
use crate::wire::vault_web::{Followed, LinkPurpose, RequestError};
use crate::words::Language;

/// How often one person may opt out in a day.
const MAX_OPT_OUTS_PER_DAY: u32 = 10;

/// How many notifications with a link to allow aliases again are sent in a day to somebody who has opted out: strangers
/// can ask for them as often as they like.
const MAX_OPT_IN_NOTIFICATIONS_PER_DAY: u32 = 1;

/// Sends whoever reads mail to `target` a link by which they refuse aliases forever; to those who have, one by which
/// they allow them again.
pub(super) async fn send_opt_out_link(
    context: &VaultContext,
    target: &str,
    language: Language,
) -> Result<(), RequestError> {
    let target = parse_target(context, target)?;
    let owner = context.hashes.owner(&target);
    let now = context.store.now().get().await?;
    if has_opted_out(context, &target).await? {
        let counter = context.hashes.counter(CounterKind::OptInNotifications, &owner);
        count_one(context, counter, MAX_OPT_IN_NOTIFICATIONS_PER_DAY).await?;
        let link = notifications::link(context, &Capability::opt_in(context.hashes.owners(&target), seconds(now)))?;
        notifications::send(context, &target, &owner, language, |words, site, _| words.notification_allow(site, &link))
            .await
    } else {
        notifications::send(context, &target, &owner, language, |words, site, opt_out| {
            words.notification_refuse(site, opt_out)
        })
        .await
    }
}

/// What a link would do.
pub(super) async fn inspect_link(context: &VaultContext, link: &str) -> Result<LinkPurpose, RequestError> {
    let now = context.store.now().get().await?;
    Ok(match read(context, link, now).await? {
        Capability::Activate { seed, domain, count, .. } => {
            let ordered = addresses(context, &seed, &domain, count);
            let is_pending = !unconfirmed(context, &ordered).await?.is_empty();
            if !is_pending && !is_any_alive(context, &ordered).await? {
                return Err(RequestError::NotFound);
            }
            LinkPurpose::Activate(ordered)
        }
        Capability::HandOut(token) => LinkPurpose::HandOut { days: token.days, max_usage: token.max_usage },
        Capability::OptOut(_) | Capability::OptOutOfAll(_) => LinkPurpose::OptOut,
        Capability::OptIn { .. } | Capability::OptInOfAll { .. } => LinkPurpose::OptIn,
        Capability::Token(_) => return Err(RequestError::NotFound),
    })
}

/// Does what a link is for.
pub(super) async fn follow_link(context: &VaultContext, link: &str) -> Result<Followed, RequestError> {
    let now = context.store.now().get().await?;
    match read(context, link, now).await? {
        Capability::Activate { seed, domain, count, .. } => activate(context, &seed, &domain, count).await,
        Capability::HandOut(token) => tokens::hand_out(context, token, now).map(Followed::Token),
        Capability::OptOut(owner) => opt_out(context, &[owner]).await,
        Capability::OptOutOfAll(owners) => opt_out(context, &owners).await,
        Capability::OptIn { owner, .. } => opt_in(context, &[owner]).await,
        Capability::OptInOfAll { owners, .. } => opt_in(context, &owners).await,
        Capability::Token(_) => Err(RequestError::NotFound),
    }
}

/// What a link spells, if it is good at `now`.
async fn read(context: &VaultContext, link: &str, now: Time) -> Result<Capability, RequestError> {
    let capability = token::read(&context.seal, link).ok_or(RequestError::NotFound)?;
    let is_fresh = |made: u32| now < Time::from(made) + CONFIRM_WITHIN_SECONDS;
    let is_good = match &capability {
        Capability::Activate { made, .. } | Capability::OptIn { made, .. } | Capability::OptInOfAll { made, .. } => {
            is_fresh(*made)
        }
        Capability::HandOut(token) => is_fresh(token.made) && tokens::is_good(context, token, now).await?,
        // Whoever has had a notification may refuse more of them at any time.
        Capability::OptOut(_) | Capability::OptOutOfAll(_) => true,
        Capability::Token(_) => false,
    };
    if is_good { Ok(capability) } else { Err(RequestError::NotFound) }
}

/// Has a person refused, under each of their hashes; the first one is today's.
async fn opt_out(context: &VaultContext, owners: &[Owner]) -> Result<Followed, RequestError> {
    let _one_at_a_time = context.consent_lock.lock().await;
    let mut is_done = true;
    for mark in owners.iter().flat_map(|owner| opt_out_marks(context, owner)) {
        is_done &= context.store.marked(mark).get().await?.is_some();
    }
    if !is_done && let Some(first) = owners.first() {
        // To find all that somebody has, the whole table may have to be read.
        count_one(context, context.hashes.counter(CounterKind::OptOuts, first), MAX_OPT_OUTS_PER_DAY).await?;
        for owner in owners {
            let [opted_out, emptied] = opt_out_marks(context, owner);
            // In this order: what is being made meanwhile is either refused or found.
            context.store.mark(opted_out, None).get().await?;
            tokens::revoke_all_of(context, owner).await?;
            context.store.forget(*owner).get().await?;
            context.store.mark(emptied, None).get().await?;
        }
    }
    Ok(Followed::Done)
}

async fn opt_in(context: &VaultContext, owners: &[Owner]) -> Result<Followed, RequestError> {
    let _one_at_a_time = context.consent_lock.lock().await;
    for owner in owners {
        let [opted_out, emptied] = opt_out_marks(context, owner);
        for mark in [emptied, opted_out] {
            context.store.unmark(mark).get().await?;
        }
    }
    Ok(Followed::Done)
}

fn opt_out_marks(context: &VaultContext, owner: &Owner) -> [Mark; 2] {
    [MarkKind::OptedOut, MarkKind::Emptied].map(|kind| context.hashes.mark(kind, owner))
}

/// The aliases of an order.
fn addresses(context: &VaultContext, seed: &Seed, domain: &Domain, count: u8) -> Vec<AliasAddress> {
    (0..count).map(|number| context.hashes.name(seed, number).at(domain)).collect()
}

async fn activate(context: &VaultContext, seed: &Seed, domain: &Domain, count: u8) -> Result<Followed, RequestError> {
    let ordered = addresses(context, seed, domain, count);
    for _ in 0..MAX_AMEND_ATTEMPTS {
        let mut has_lost_a_race = false;
        for (address, seen) in unconfirmed(context, &ordered).await? {
            let new = AliasState { pending: false, ..seen };
            // Its owner may be changing it at the same time: then it is read again.
            has_lost_a_race |= !context.store.amend(context.hashes.alias(&address), seen, new).get().await?;
        }
        if !has_lost_a_race {
            let is_alive = is_any_alive(context, &ordered).await?;
            return if is_alive { Ok(Followed::Activated(ordered)) } else { Err(RequestError::NotFound) };
        }
    }
    Err(RequestError::Unavailable)
}

/// Those of these aliases that wait to be confirmed, as they are.
async fn unconfirmed(
    context: &VaultContext,
    ordered: &[AliasAddress],
) -> Result<Vec<(AliasAddress, AliasState)>, StoreError> {
    let mut waiting = Vec::new();
    for address in ordered {
        match context.store.read(context.hashes.alias(address)).get().await? {
            Some(record) if record.state.pending => waiting.push((address.clone(), record.state)),
            _ => {}
        }
    }
    Ok(waiting)
}

/// Whether at least one of these aliases is there and confirmed.
async fn is_any_alive(context: &VaultContext, ordered: &[AliasAddress]) -> Result<bool, StoreError> {
    for address in ordered {
        let found = context.store.read(context.hashes.alias(address)).get().await?;
        if found.is_some_and(|record| !record.state.pending) {
            return Ok(true);
        }
    }
    Ok(false)
}
