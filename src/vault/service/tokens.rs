//! Tokens, by which programs make aliases for one target. None of them is stored; those that are void are.

use super::notifications;
use super::targets::{choose_domain, parse_target, refuse_opted_out};
use crate::alias::{DAY, RequestedLimits, Time};
use crate::config::settings::vault::MAX_TOKEN_DAYS;
use crate::vault::context::VaultContext;
use crate::vault::hashes::MarkKind;
use crate::vault::keys::random;
use crate::vault::store::{Engine as _, Owner, StoreError};
use crate::vault::token::{self, Capability, Token, seconds};
use crate::wire::vault_web::{IssueToken, IssuedToken, RequestError};

/// Seconds after which every token has ended, whatever the configuration said when it was made.
const MAX_TOKEN_LIFETIME: Time = MAX_TOKEN_DAYS as Time * DAY;

/// Issues a token, or writes to its target if that must confirm first.
pub(super) async fn issue(context: &VaultContext, request: IssueToken) -> Result<IssuedToken, RequestError> {
    let IssueToken { target, domain, days, max_usage, language } = request;
    let (target, domain) = (parse_target(context, &target)?, choose_domain(context, domain.as_deref())?);
    let now = context.store.now().get().await?;
    let live = context.live();
    let limits = RequestedLimits { days, max_usage, ..RequestedLimits::default() }.grant(now, live.caps)?;
    let owner = context.hashes.owner(&target);
    refuse_opted_out(context, &target).await?;
    let token = Token {
        id: random()?,
        epoch: live.token_epoch,
        target,
        domain,
        days: days.and_then(|days| u32::try_from(days).ok()),
        max_usage: limits.max_usage,
        made: seconds(now),
        until: seconds(now + Time::from(live.token_days) * DAY),
        confirmed: live.confirm,
    };
    if !live.confirm {
        return hand_out(context, token, now);
    }
    let described = describe(&token, now);
    let target = token.target.clone();
    let link = notifications::link(context, &Capability::HandOut(token))?;
    notifications::send(context, &target, &owner, language, |words, site, opt_out| {
        words.notification_token(site, &link, opt_out)
    })
    .await?;
    Ok(described)
}

/// Makes a token void.
pub(super) async fn revoke(context: &VaultContext, token: &str) -> Result<(), RequestError> {
    let now = context.store.now().get().await?;
    let token = read(context, token, now).await?;
    let mark = context.hashes.mark(MarkKind::TokenRevoked, &token.id);
    context.store.mark(mark, Some(token.until.into())).get().await?;
    Ok(())
}

/// Makes every token void that was issued for `owner` until now.
pub(super) async fn revoke_all_of(context: &VaultContext, owner: &Owner) -> Result<(), StoreError> {
    let until = context.store.now().get().await? + MAX_TOKEN_LIFETIME;
    let mark = context.hashes.mark(MarkKind::TokensVoided, owner);
    context.store.mark(mark, Some(until)).get().await
}

/// The token that a text spells, if it is good at `now`.
pub(super) async fn read(context: &VaultContext, token: &str, now: Time) -> Result<Token, RequestError> {
    match token::read(&context.seal, token) {
        Some(Capability::Token(token)) if is_good(context, &token, now).await? => Ok(token),
        _ => Err(RequestError::InvalidToken),
    }
}

/// Whether a token is of this epoch, has not ended, and is void neither by itself nor with all of its target's.
pub(super) async fn is_good(context: &VaultContext, token: &Token, now: Time) -> Result<bool, StoreError> {
    if token.epoch != context.live().token_epoch || now >= Time::from(token.until) {
        return Ok(false);
    }
    let revoked = context.hashes.mark(MarkKind::TokenRevoked, &token.id);
    if context.store.marked(revoked).get().await?.is_some() {
        return Ok(false);
    }
    for owner in context.hashes.owners(&token.target) {
        let voided = context.store.marked(context.hashes.mark(MarkKind::TokensVoided, &owner)).get().await?;
        if voided.is_some_and(|since| Time::from(token.made) <= since) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The answer that holds a token.
pub(super) fn hand_out(context: &VaultContext, token: Token, now: Time) -> Result<IssuedToken, RequestError> {
    let described = describe(&token, now);
    let spelled = token::spell(&context.seal, &Capability::Token(token)).ok_or(RequestError::Unavailable)?;
    Ok(IssuedToken { token: Some(spelled), ..described })
}

/// What a token is good for, without it.
fn describe(token: &Token, now: Time) -> IssuedToken {
    let Token { domain, days, max_usage, until, .. } = token;
    let until = Time::from(*until);
    IssuedToken { token: None, domain: domain.clone(), days: *days, max_usage: *max_usage, until, now }
}
