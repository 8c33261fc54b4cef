//! What is asked of the vault, for pages and programs alike.

use super::WebContext;
use super::body::Fields;
use super::error::Refusal;
use crate::alias::{AliasAddress, Change, Fault, Wish};
use crate::channel::Disconnected;
use crate::wire::Rpc;
use crate::wire::vault_web::{
    self, AliasInfo, Amend, FollowLink, Inspect, InspectLink, IssueToken, IssuedToken, LinkPurpose, OptOut, Order,
    OrderFor, RequestError, Revoke, RevokeToken, VaultWeb,
};
use crate::words::Language;
use hyper::header::{self, HeaderMap};

/// An alias that was just made, with all that is known only now.
pub(super) struct Made {
    pub(super) alias: AliasInfo,
    pub(super) key: String,
    /// As it was typed; absent if a token was used.
    pub(super) target: Option<String>,
    pub(super) days: Option<i64>,
}

impl Made {
    /// Where its owner manages it, on the site that calls itself `base`.
    pub(super) fn manage_url(&self, base: &str) -> String {
        format!("{base}/manage/{}/{}", self.alias.address, self.key)
    }
}

/// What came of following a link.
pub(super) enum Followed {
    /// These aliases live now.
    Activated(Vec<AliasAddress>),
    /// Here it is.
    Token(IssuedToken),
    /// The target is refused from now on, or no longer.
    Done(LinkPurpose),
}

impl WebContext {
    /// Makes `count` of what the fields, or the token in the header, order.
    pub(super) async fn make(
        &self,
        count: i64,
        fields: &Fields,
        headers: &HeaderMap,
        language: Language,
    ) -> Result<Vec<Made>, Refusal> {
        let domain = fields.text("domain", Fault::Domain)?.map(str::to_owned);
        let wish = fields.wish(self.settings.caps)?;
        let (whose, target) = match bearer(headers) {
            Some(token) => {
                if fields.has("target") || wish != Wish::default() {
                    let told = "the token determines the target and the limits; leave them out";
                    return Err(Refusal::Misfit(if fields.has("target") { "target" } else { "days" }, told));
                }
                (OrderFor::Token(token.to_owned()), None)
            }
            None => {
                let target = fields.text("target", Fault::Target)?.ok_or(Fault::Target)?.trim().to_owned();
                (OrderFor::Target { target: target.clone(), wish }, Some(target))
            }
        };
        let idempotency_key = idempotency_key(headers)?;
        let made = self.order(Order { whose, domain, count, idempotency_key, language }).await?;
        let describe =
            |vault_web::CreatedAlias { alias, key }| Made { alias, key, target: target.clone(), days: wish.days };
        Ok(made.into_iter().map(describe).collect())
    }

    /// Makes aliases.
    pub(super) async fn order(&self, order: Order) -> Result<Vec<vault_web::CreatedAlias>, Refusal> {
        self.ask(order).await
    }

    /// How an alias stands.
    pub(super) async fn inspect(&self, aid: String, key: String) -> Result<AliasInfo, Refusal> {
        self.ask(Inspect { aid, key }).await
    }

    /// Extends, pauses or resumes it.
    pub(super) async fn change(&self, aid: String, key: String, change: Change) -> Result<AliasInfo, Refusal> {
        self.ask(Amend { aid, key, change }).await
    }

    /// Ends it for good.
    pub(super) async fn revoke(&self, aid: String, key: String) -> Result<(), Refusal> {
        self.ask(Revoke { aid, key }).await
    }

    /// Makes a token; one without text is in the letter to its target.
    pub(super) async fn make_token(&self, fields: &Fields, language: Language) -> Result<IssuedToken, Refusal> {
        let target = fields.text("target", Fault::Target)?.ok_or(Fault::Target)?.trim().to_owned();
        let domain = fields.text("domain", Fault::Domain)?.map(str::to_owned);
        let Wish { days, max_usage, valid_from, valid_until } = fields.wish(self.settings.caps)?;
        // A token makes aliases again and again: limits that depend on the day on which they are asked for are none.
        match (valid_from, valid_until) {
            (None, None) => {}
            (Some(_), _) => return Err(Refusal::Misfit("valid-from", FOR_A_TOKEN)),
            (None, Some(_)) => return Err(Refusal::Misfit("valid-until", FOR_A_TOKEN)),
        }
        self.ask(IssueToken { target, domain, days, max_usage, language }).await
    }

    /// Makes a token void.
    pub(super) async fn revoke_token(&self, token: String) -> Result<(), Refusal> {
        self.ask(RevokeToken { token }).await
    }

    /// Has the target of `fields` sent the letter with which it opts out, or in again.
    pub(super) async fn opt_out(&self, fields: &Fields, language: Language) -> Result<(), Refusal> {
        let target = fields.text("target", Fault::Target)?.ok_or(Fault::Target)?.trim().to_owned();
        self.ask(OptOut { target, language }).await
    }

    /// What a link of an e-mail would do.
    pub(super) async fn look(&self, link: String) -> Result<LinkPurpose, Refusal> {
        self.ask(InspectLink { link }).await.map_err(no_link)
    }

    /// Does it.
    pub(super) async fn follow(&self, link: String) -> Result<Followed, Refusal> {
        let purpose = self.look(link.clone()).await?;
        Ok(match self.ask(FollowLink { link }).await.map_err(no_link)? {
            vault_web::Followed::Activated(aliases) => Followed::Activated(aliases),
            vault_web::Followed::Token(token) => Followed::Token(token),
            vault_web::Followed::Done => Followed::Done(purpose),
        })
    }

    async fn ask<T, R>(&self, request: R) -> Result<T, Refusal>
    where
        R: Rpc<VaultWeb, Answer = Result<T, RequestError>>,
    {
        match self.vault.call(request).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(RequestError::Rejected(fault))) => Err(Refusal::Fault(fault)),
            Ok(Err(RequestError::NotFound)) => Err(Refusal::NotFound),
            Ok(Err(RequestError::InvalidToken)) => Err(Refusal::NoToken),
            Ok(Err(RequestError::EmailNotSent)) => Err(Refusal::Unsent),
            Ok(Err(RequestError::Unavailable)) | Err(Disconnected) => Err(Refusal::Unavailable),
        }
    }
}

/// What is not found where a link leads is the link.
fn no_link(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::NotFound => Refusal::NoLink,
        other => other,
    }
}

const FOR_A_TOKEN: &str = "a token creates aliases at different times; give days, max-usage, or both";

/// The manage key or token that a request presents (RFC 6750 §2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    Some(key.trim()).filter(|key| scheme.eq_ignore_ascii_case("bearer") && !key.is_empty())
}

/// The Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), with or without the quotes of a structured field.
///
/// Who knows it and the order gets the aliases of the order, so that one that can be guessed is none.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let fits = (16..=255).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_graphic());
    let wrong = Refusal::Misfit(
        "Idempotency-Key",
        "Idempotency-Key must be 16 to 255 printable ASCII characters, for example a UUID",
    );
    if fits { Ok(Some(value.to_owned())) } else { Err(wrong) }
}
