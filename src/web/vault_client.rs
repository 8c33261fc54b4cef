//! What is asked of the vault, for pages and programs alike.

use super::WebContext;
use super::body::Fields;
use super::error::Refusal;
use crate::alias::{AliasAddress, Change, Fault, Wish};
use crate::channel::Disconnected;
use crate::wire::vault_web::{self, Alias, Order, Purpose, Token, Whose};
use crate::words::Language;
use hyper::header::{self, HeaderMap};

/// An alias that was just made, with all that is known only now.
pub(super) struct Made {
    pub(super) alias: Alias,
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
    Token(Token),
    /// The target is refused from now on, or no longer.
    Done(Purpose),
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
                    let told = "the token says for whom and within which limits; leave them out";
                    return Err(Refusal::Misfit(if fields.has("target") { "target" } else { "days" }, told));
                }
                (Whose::Token(token.to_owned()), None)
            }
            None => {
                let target = fields.text("target", Fault::Target)?.ok_or(Fault::Target)?.trim().to_owned();
                (Whose::Target { target: target.clone(), wish }, Some(target))
            }
        };
        let idempotency_key = idempotency_key(headers)?;
        let made = self.order(Order { whose, domain, count, idempotency_key, language }).await?;
        let describe = |vault_web::Made { alias, key }| Made { alias, key, target: target.clone(), days: wish.days };
        Ok(made.into_iter().map(describe).collect())
    }

    /// Makes aliases.
    pub(super) async fn order(&self, order: Order) -> Result<Vec<vault_web::Made>, Refusal> {
        match self.vault.call(vault_web::Request::Create(order)).await {
            Ok(vault_web::Answer::Created(made)) => Ok(made),
            other => Err(refused(other)),
        }
    }

    /// How an alias stands.
    pub(super) async fn inspect(&self, aid: String, key: String) -> Result<Alias, Refusal> {
        match self.vault.call(vault_web::Request::Inspect { aid, key }).await {
            Ok(vault_web::Answer::Alias(alias)) => Ok(alias),
            other => Err(refused(other)),
        }
    }

    /// Extends, pauses or resumes it.
    pub(super) async fn change(&self, aid: String, key: String, change: Change) -> Result<Alias, Refusal> {
        match self.vault.call(vault_web::Request::Change { aid, key, change }).await {
            Ok(vault_web::Answer::Alias(alias)) => Ok(alias),
            other => Err(refused(other)),
        }
    }

    /// Ends it for good.
    pub(super) async fn revoke(&self, aid: String, key: String) -> Result<(), Refusal> {
        self.done(vault_web::Request::Revoke { aid, key }).await
    }

    /// Makes a token; one without text is in the letter to its target.
    pub(super) async fn make_token(&self, fields: &Fields, language: Language) -> Result<Token, Refusal> {
        let target = fields.text("target", Fault::Target)?.ok_or(Fault::Target)?.trim().to_owned();
        let domain = fields.text("domain", Fault::Domain)?.map(str::to_owned);
        let Wish { days, max_usage, valid_from, valid_until } = fields.wish(self.settings.caps)?;
        // A token makes aliases again and again: limits that depend on the day on which they are asked for are none.
        match (valid_from, valid_until) {
            (None, None) => {}
            (Some(_), _) => return Err(Refusal::Misfit("valid-from", FOR_A_TOKEN)),
            (None, Some(_)) => return Err(Refusal::Misfit("valid-until", FOR_A_TOKEN)),
        }
        match self.vault.call(vault_web::Request::MakeToken { target, domain, days, max_usage, language }).await {
            Ok(vault_web::Answer::Token(token)) => Ok(token),
            other => Err(refused(other)),
        }
    }

    /// Makes a token void.
    pub(super) async fn revoke_token(&self, token: String) -> Result<(), Refusal> {
        self.done(vault_web::Request::RevokeToken { token }).await
    }

    /// Has the target of `fields` sent the letter with which it opts out, or in again.
    pub(super) async fn opt_out(&self, fields: &Fields, language: Language) -> Result<(), Refusal> {
        let target = fields.text("target", Fault::Target)?.ok_or(Fault::Target)?.trim().to_owned();
        self.done(vault_web::Request::OptOut { target, language }).await
    }

    /// What a link of a letter would do.
    pub(super) async fn look(&self, link: String) -> Result<Purpose, Refusal> {
        match self.vault.call(vault_web::Request::Look { link }).await {
            Ok(vault_web::Answer::Link(purpose)) => Ok(purpose),
            Ok(vault_web::Answer::No) => Err(Refusal::NoLink),
            other => Err(refused(other)),
        }
    }

    /// Does it.
    pub(super) async fn follow(&self, link: String) -> Result<Followed, Refusal> {
        let purpose = self.look(link.clone()).await?;
        match self.vault.call(vault_web::Request::Follow { link }).await {
            Ok(vault_web::Answer::Activated(aliases)) => Ok(Followed::Activated(aliases)),
            Ok(vault_web::Answer::Token(token)) => Ok(Followed::Token(token)),
            Ok(vault_web::Answer::Done) => Ok(Followed::Done(purpose)),
            Ok(vault_web::Answer::No) => Err(Refusal::NoLink),
            other => Err(refused(other)),
        }
    }

    async fn done(&self, request: vault_web::Request) -> Result<(), Refusal> {
        match self.vault.call(request).await {
            Ok(vault_web::Answer::Done) => Ok(()),
            other => Err(refused(other)),
        }
    }
}

const FOR_A_TOKEN: &str = "a token makes aliases again and again; give days, max-usage, or both";

fn refused(answer: Result<vault_web::Answer, Disconnected>) -> Refusal {
    match answer {
        Ok(vault_web::Answer::Refused(fault)) => Refusal::Fault(fault),
        Ok(vault_web::Answer::No) => Refusal::NotFound,
        Ok(vault_web::Answer::NoToken) => Refusal::NoToken,
        Ok(vault_web::Answer::Unsent) => Refusal::Unsent,
        _ => Refusal::Unavailable,
    }
}

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
    let wrong =
        Refusal::Misfit("Idempotency-Key", "Idempotency-Key must be 16 to 255 printable characters; draw a UUID");
    if fits { Ok(Some(value.to_owned())) } else { Err(wrong) }
}
