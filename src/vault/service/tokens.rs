//! vault ← web: tokens, with which programs make aliases for one target. None of them is stored.

use super::Desk;
use crate::alias::{DAY, Time, Wish};
use crate::config::settings::vault::MAX_TOKEN_DAYS;
use crate::vault::capability::{Capability, Token};
use crate::vault::seal::Noted;
use crate::vault::store::{Outage, Owner};
use crate::wire::vault_web::{IssueToken, IssuedToken, RequestError};

/// Seconds after which no token is good that was made before, whatever the configuration said then.
const LONGEST: Time = MAX_TOKEN_DAYS as Time * DAY;

impl Desk {
    /// Makes a token, or writes to its target if that must confirm.
    pub(super) async fn issue_token(&self, wanted: IssueToken) -> Result<IssuedToken, RequestError> {
        let IssueToken { target, domain, days, max_usage, language } = wanted;
        let (target, domain) = (self.person(&target)?, self.chosen(domain.as_deref())?);
        let now = self.now().await?;
        let wish = Wish { days, max_usage, ..Wish::default() };
        let limits = wish.grant(now, self.settings().caps)?;
        let owner = self.seal.owner(&target);
        self.wants_any(&owner).await?;
        let token = Token {
            id: self.seal.random()?,
            epoch: self.settings().token_epoch,
            target,
            domain,
            days: days.and_then(|days| u32::try_from(days).ok()),
            max_usage: limits.max_usage,
            made: seconds(now),
            until: seconds(now + Time::from(self.settings().token_days) * DAY),
            confirmed: false,
        };
        if !self.settings().confirm {
            return self.told(token, now);
        }
        let token = Token { confirmed: true, ..token };
        let link = self.spell(&Capability::HandOut(token.clone()))?;
        let (target, asked) = (token.target.clone(), self.described(&token, now));
        self.send(&target, &owner, |words, site, never| words.letter_token(site, &link, never), language).await?;
        Ok(asked)
    }

    /// Makes a token void.
    pub(super) async fn revoke_token(&self, token: &str) -> Result<(), RequestError> {
        let now = self.now().await?;
        let token = self.good(token, now).await?;
        let mark = self.seal.mark(Noted::Revoked, &token.id);
        self.written(self.engine.mark(mark, Some(token.until.into())).get().await)?;
        Ok(())
    }

    /// The token that a text spells, if it is good at `now`.
    pub(super) async fn good(&self, token: &str, now: Time) -> Result<Token, RequestError> {
        match self.seal.read(token) {
            Some(Capability::Token(token)) if self.is_good(&token, now).await? => Ok(token),
            _ => Err(RequestError::InvalidToken),
        }
    }

    /// Whether a token is of this epoch, not too old, and neither revoked nor its target's wish to be forgotten.
    pub(super) async fn is_good(&self, token: &Token, now: Time) -> Result<bool, RequestError> {
        if token.epoch != self.settings().token_epoch || now >= Time::from(token.until) {
            return Ok(false);
        }
        let revoked = self.seal.mark(Noted::Revoked, &token.id);
        if self.read(self.engine.marked(revoked).get().await)?.is_some() {
            return Ok(false);
        }
        let forgotten = self.seal.mark(Noted::Forgotten, &self.seal.owner(&token.target));
        let forgotten = self.read(self.engine.marked(forgotten).get().await)?;
        Ok(forgotten.is_none_or(|since| Time::from(token.made) > since))
    }

    /// Makes every token void that was made for `owner` until now.
    pub(super) async fn void_tokens(&self, owner: &Owner) -> Result<(), Outage> {
        let until = self.now().await? + LONGEST;
        self.written(self.engine.mark(self.seal.mark(Noted::Forgotten, owner), Some(until)).get().await)
    }

    /// A token for who may have it.
    pub(super) fn told(&self, token: Token, now: Time) -> Result<IssuedToken, RequestError> {
        let described = self.described(&token, now);
        Ok(IssuedToken { token: Some(self.spell(&Capability::Token(token))?), ..described })
    }

    /// What a token is good for.
    fn described(&self, token: &Token, now: Time) -> IssuedToken {
        let Token { domain, days, max_usage, until, .. } = token;
        let until = Time::from(*until);
        IssuedToken { token: None, domain: domain.clone(), days: *days, max_usage: *max_usage, until, now }
    }
}

/// A time as capabilities hold it.
pub(super) fn seconds(time: Time) -> u32 {
    u32::try_from(time).unwrap_or(u32::MAX)
}
