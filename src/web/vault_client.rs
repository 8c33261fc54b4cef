//! What is asked of the vault, for pages and programs alike.

use super::body::Fields;
use super::context::WebContext;
use super::error::{FieldError, WebError};
use super::request::RequestContext;
use crate::alias::{Change, RequestedLimits};
use crate::channel::Disconnected;
use crate::wire::Rpc;
use crate::wire::vault_web::{
    AliasInfo, Amend, CreatedAlias, FollowLink, Followed, Inspect, InspectLink, IssueToken, IssuedToken, LinkPurpose,
    OptOut, Order, OrderFor, RequestError, RevokeAlias, RevokeToken, VaultWeb,
};
use crate::words::Language;
use hyper::header::{self, HeaderMap};
use std::time::Duration;
use tokio::time::timeout;

/// How long the vault may take: longer than a notification, and than every step of the store, may.
const VAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Octets of an alias, key, token or link at the most: a token for the longest address at the longest domain has some
/// 800. Together with the limits of a door they bound what visitors can make the vault keep while its store is slow.
const MAX_CAPABILITY_OCTETS: usize = 1024;

/// An alias that was just created, with what only its request tells.
pub(super) struct NewAlias {
    pub(super) created: CreatedAlias,
    /// As it was typed; absent if a token was used.
    pub(super) target: Option<String>,
    pub(super) days: Option<i64>,
}

impl NewAlias {
    /// Where its owner manages it, on the site that calls itself `base`.
    pub(super) fn manage_url(&self, base: &str) -> String {
        format!("{base}/manage/{}/{}", self.created.alias.address, self.created.key)
    }
}

impl WebContext {
    /// Creates `count` of what the fields, or the token in the header, order.
    pub(super) async fn create(
        &self,
        count: i64,
        fields: &Fields,
        request: &RequestContext,
        language: Language,
    ) -> Result<Vec<NewAlias>, WebError> {
        let domain = fields.domain()?;
        let limits = fields.requested_limits(self.settings.caps)?;
        let (whose, target) = match bearer(&request.headers) {
            Some(_) if fields.has("target") => return Err(FieldError::TargetBesideToken.into()),
            Some(_) if limits != RequestedLimits::default() => return Err(FieldError::LimitsBesideToken.into()),
            Some(token) => (OrderFor::Token(token.to_owned()), None),
            None => {
                let target = fields.target()?;
                (OrderFor::Target { target: target.clone(), limits }, Some(target))
            }
        };
        let idempotency_key = idempotency_key(&request.headers)?;
        let created = self.call_vault(Order { whose, domain, count, idempotency_key, language }).await?;
        Ok(created.into_iter().map(|created| NewAlias { created, target: target.clone(), days: limits.days }).collect())
    }

    /// Issues a token; one without text is in the e-mail to its target.
    pub(super) async fn issue_token(&self, fields: &Fields, language: Language) -> Result<IssuedToken, WebError> {
        let (target, domain) = (fields.target()?, fields.domain()?);
        let RequestedLimits { days, max_usage, valid_from, valid_until } =
            fields.requested_limits(self.settings.caps)?;
        // A token makes aliases again and again: limits that depend on the day on which they are asked for are none.
        match (valid_from, valid_until) {
            (None, None) => {}
            (Some(_), _) => return Err(FieldError::TokenFrom.into()),
            (None, Some(_)) => return Err(FieldError::TokenUntil.into()),
        }
        self.call_vault(IssueToken { target, domain, days, max_usage, language }).await
    }

    /// How an alias stands.
    pub(super) async fn inspect(&self, aid: String, key: String) -> Result<AliasInfo, WebError> {
        self.call_vault(Inspect { aid, key }).await
    }

    /// Extends, pauses or resumes it.
    pub(super) async fn amend(&self, aid: String, key: String, change: Change) -> Result<AliasInfo, WebError> {
        self.call_vault(Amend { aid, key, change }).await
    }

    /// Ends it for good.
    pub(super) async fn revoke(&self, aid: String, key: String) -> Result<(), WebError> {
        self.call_vault(RevokeAlias { aid, key }).await
    }

    /// Makes a token void.
    pub(super) async fn revoke_token(&self, token: String) -> Result<(), WebError> {
        self.call_vault(RevokeToken { token }).await
    }

    /// Has the target of `fields` sent the e-mail with which it opts out, or in again.
    pub(super) async fn opt_out(&self, fields: &Fields, language: Language) -> Result<(), WebError> {
        let target = fields.target()?;
        self.call_vault(OptOut { target, language }).await
    }

    /// What a link of an e-mail would do.
    pub(super) async fn inspect_link(&self, link: String) -> Result<LinkPurpose, WebError> {
        self.call_vault(InspectLink { link }).await.map_err(no_link)
    }

    /// Does it: what it was for, and what came of it.
    pub(super) async fn follow_link(&self, link: String) -> Result<(LinkPurpose, Followed), WebError> {
        let purpose = self.inspect_link(link.clone()).await?;
        Ok((purpose, self.call_vault(FollowLink { link }).await.map_err(no_link)?))
    }

    /// Calls the vault.
    pub(super) async fn call_vault<T, R>(&self, request: R) -> Result<T, WebError>
    where
        R: Rpc<VaultWeb, Answer = Result<T, RequestError>>,
    {
        match timeout(VAULT_TIMEOUT, self.vault.call(request)).await {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(Ok(Err(RequestError::Rejected(error)))) => Err(WebError::Order(error)),
            Ok(Ok(Err(RequestError::NotFound))) => Err(WebError::NotFound),
            Ok(Ok(Err(RequestError::InvalidToken))) => Err(WebError::InvalidToken),
            Ok(Ok(Err(RequestError::EmailNotSent))) => Err(WebError::EmailNotSent),
            Ok(Ok(Err(RequestError::Unavailable)) | Err(Disconnected)) | Err(_) => Err(WebError::Unavailable),
        }
    }
}

/// An alias, key, token or link as it was presented. What is too long to be one becomes one that nobody has.
pub(super) fn presented(text: &str) -> &str {
    if text.len() <= MAX_CAPABILITY_OCTETS { text } else { "" }
}

/// What is not found where a link leads is the link.
fn no_link(error: WebError) -> WebError {
    match error {
        WebError::NotFound => WebError::NoLink,
        other => other,
    }
}

/// The manage key or token that a request presents (RFC 6750 §2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = Some(key.trim()).filter(|key| scheme.eq_ignore_ascii_case("bearer") && !key.is_empty());
    key.map(presented)
}

/// The Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), with or without the quotes of a structured field.
///
/// Whoever knows the key and the order gets the aliases of the order: a key that can be guessed protects nothing.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, WebError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let fits = (16..=255).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_graphic());
    if fits { Ok(Some(value.to_owned())) } else { Err(FieldError::IdempotencyKey.into()) }
}
