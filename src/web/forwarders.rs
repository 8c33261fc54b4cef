//! Password managers, unchanged: what Bitwarden's forwarders for self-hosted addy.io and SimpleLogin ask for.
//!
//! Both make one alias with a token in place of an account. What they send of a page, `description`, `note` and
//! `hostname`, says where somebody has an account: it is read over and stored nowhere, and so the answers have
//! `null` there, as for everything else that we do not have.
//!
//! 1. The path is ours however many slashes the base URL ended in; nothing here redirects, for a POST that follows
//!    a redirect becomes a GET, or is not followed at all.
//! 2. The token comes as `Authentication: TOKEN` or `Authorization: Bearer TOKEN`, on both paths.
//! 3. The body is JSON, or is not there; its `domain` counts, if there is one.
//! 4. Answers and errors have the shape that the two services give them; people read `error` and `message`.

use super::answer::{self, Answer};
use super::body;
use super::calendar::timestamp;
use super::context::WebContext;
use super::error::{FieldError, WebError};
use super::negotiate::language;
use super::request::RequestContext;
use super::vault_client::{NewAlias, presented};
use crate::alias::OrderError;
use crate::wire::vault_web::{Order, OrderFor};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use serde_json::{Value, json};

/// Octets of a body at the most: it repeats the whole address of a page, which may be long.
const MAX_BODY_OCTETS: usize = 16 * 1024;

/// Whose shape a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ForwarderApi {
    /// addy.io, formerly AnonAddy.
    Addy,
    /// SimpleLogin.
    SimpleLogin,
}

impl ForwarderApi {
    fn describe(self, alias: &NewAlias, base: &str) -> Value {
        match self {
            Self::Addy => json!({ "data": addy(alias, base) }),
            Self::SimpleLogin => simple_login(alias, base),
        }
    }
}

impl WebContext {
    /// One request to one of the two paths. The query is not looked at.
    pub(super) async fn forward(&self, api: ForwarderApi, request: &RequestContext, body: Incoming) -> Answer {
        let headers = &request.headers;
        let created = async {
            let token = token(headers).ok_or(WebError::InvalidToken)?;
            let body = body::octets(body, self.settings.body_timeout, MAX_BODY_OCTETS).await?;
            let domain = match api {
                ForwarderApi::Addy => domain(&body)?,
                // SimpleLogin's own server takes any body, too: all that it could say is a note.
                ForwarderApi::SimpleLogin => None,
            };
            self.creation_guard(request).grant(1, self.create_with(token, domain, headers)).await
        };
        match created.await {
            Ok(alias) => answer::json(StatusCode::CREATED, &api.describe(&alias, &self.base_url(request)), headers),
            // Where somebody with a token may create aliases is what the token is about, not the form of the request.
            Err(WebError::Order(OrderError::Domain)) => WebError::ForbiddenDomain.json(headers),
            Err(error) => error.json(headers),
        }
    }

    /// Creates an alias for whoever has a token.
    async fn create_with(
        &self,
        token: String,
        domain: Option<String>,
        headers: &HeaderMap,
    ) -> Result<NewAlias, WebError> {
        let (whose, language) = (OrderFor::Token(token), language(headers));
        let created = self.call_vault(Order { whose, domain, count: 1, idempotency_key: None, language }).await?;
        let created = created.into_iter().next().ok_or(WebError::Unavailable)?;
        Ok(NewAlias { created, target: None, days: None })
    }
}

/// The token, under either header field; the word `Bearer` before it is optional.
fn token(headers: &HeaderMap) -> Option<String> {
    ["authentication", "authorization"].into_iter().find_map(|name| {
        let value = headers.get(name)?.to_str().ok()?.trim();
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => value,
        };
        (!token.is_empty()).then(|| presented(token).to_owned())
    })
}

/// The domain that the body asks for; `null`, the empty text and no body at all leave it to the token.
fn domain(body: &[u8]) -> Result<Option<String>, WebError> {
    let fields = body::json(body)?;
    let domain = fields.text("domain", OrderError::Domain).map_err(|_| FieldError::Domain)?;
    Ok(domain.map(str::trim).filter(|domain| !domain.is_empty()).map(str::to_owned))
}

/// An alias with all the fields that addy.io gives one.
fn addy(alias: &NewAlias, base: &str) -> Value {
    let address = &alias.created.alias.address;
    let now = timestamp(alias.created.alias.now).strftime("%Y-%m-%d %H:%M:%S").to_string();
    json!({
        "id": address.name(),
        "user_id": null,
        "aliasable_id": null,
        "aliasable_type": null,
        "local_part": address.name(),
        "extension": null,
        "domain": address.domain(),
        "email": address.as_str(),
        "active": !alias.created.alias.state.paused,
        "pinned": false,
        "description": null,
        "from_name": null,
        "attached_recipients_only": false,
        "emails_forwarded": alias.created.alias.state.spent,
        "emails_blocked": 0,
        "emails_replied": 0,
        "emails_sent": 0,
        "recipients": [],
        "last_forwarded": null,
        "last_blocked": null,
        "last_replied": null,
        "last_sent": null,
        "created_at": now,
        "updated_at": now,
        "deleted_at": null,
        // Ours: without it nobody could ever manage this alias.
        "manage_url": alias.manage_url(base),
    })
}

/// An alias with all the fields that SimpleLogin gives one.
fn simple_login(alias: &NewAlias, base: &str) -> Value {
    let address = alias.created.alias.address.as_str();
    json!({
        "alias": address,
        // A number there; our names are none.
        "id": null,
        "email": address,
        "name": null,
        "enabled": !alias.created.alias.state.paused,
        "creation_date": timestamp(alias.created.alias.now).strftime("%Y-%m-%d %H:%M:%S+00:00").to_string(),
        "creation_timestamp": alias.created.alias.now,
        "note": null,
        "nb_block": 0,
        "nb_forward": alias.created.alias.state.spent,
        "nb_reply": 0,
        "latest_activity": null,
        "mailbox": null,
        "mailboxes": [],
        "support_pgp": false,
        "disable_pgp": false,
        "pinned": false,
        // Ours: without it nobody could ever manage this alias.
        "manage_url": alias.manage_url(base),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderName, HeaderValue};

    #[test]
    fn tokens_under_either_name() {
        for (name, value, expected) in [
            ("authorization", "Bearer ta_x", Some("ta_x")),
            ("authorization", "bearer  ta_x ", Some("ta_x")),
            ("authorization", "ta_x", Some("ta_x")),
            ("authentication", "ta_x", Some("ta_x")),
            ("authentication", "Bearer ta_x", Some("ta_x")),
            ("authentication", "", None),
            ("x-token", "ta_x", None),
        ] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(token(&headers).as_deref(), expected, "{name}: {value}");
        }
    }

    #[test]
    fn domains() {
        for (body, expected) in [
            (&b""[..], Ok(None)),
            (b"  ", Ok(None)),
            (b"{}", Ok(None)),
            (b"{\"domain\":null,\"description\":null}", Ok(None)),
            (b"{\"domain\":\"\"}", Ok(None)),
            (b"{\"domain\":\" example.org \"}", Ok(Some("example.org"))),
            (b"{\"domain\":1}", Err(())),
            (b"[]", Err(())),
            (b"domain=example.org", Err(())),
        ] {
            let found = domain(body);
            assert_eq!(found.as_ref().map(Option::as_deref).map_err(|_| ()), expected, "{}", body.escape_ascii());
        }
    }
}
