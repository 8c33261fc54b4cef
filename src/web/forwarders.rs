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

use super::WebContext;
use super::answer::Answer;
use super::api::{self, timestamp};
use super::body;
use super::error::Refusal;
use super::vault_client::Made;
use crate::alias::Fault;
use crate::wire::vault_web::{self, Order, OrderFor};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

/// What can be done here.
const METHODS: &str = "POST, OPTIONS";

/// Octets of a body at the most: it repeats the whole address of a page, which may be long.
const MAX_BODY: usize = 16 * 1024;

/// OrderFor shape a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// addy.io, formerly AnonAddy.
    Addy,
    /// SimpleLogin.
    SimpleLogin,
}

impl Service {
    /// OrderFor path this is. A base URL that ends in a slash gives `//api/…`; a slash at the end changes nothing.
    pub(super) fn at(path: &str) -> Option<Self> {
        match path.trim_matches('/') {
            "api/v1/aliases" => Some(Self::Addy),
            "api/alias/random/new" => Some(Self::SimpleLogin),
            _ => None,
        }
    }

    fn describe(self, made: &Made, base: &str) -> Value {
        match self {
            Self::Addy => json!({ "data": addy(made, base) }),
            Self::SimpleLogin => simple_login(made, base),
        }
    }
}

impl WebContext {
    /// One request to one of the two paths. The query is not looked at.
    pub(super) async fn forwarder(&self, service: Service, request: Request<Incoming>) -> Answer {
        match *request.method() {
            Method::POST => self.forward(service, request).await,
            Method::OPTIONS => api::preflight(METHODS),
            _ => Refusal::NotAllowed(METHODS).json(request.headers()),
        }
    }

    async fn forward(&self, service: Service, request: Request<Incoming>) -> Answer {
        let (headers, base, knock) = (request.headers().clone(), self.base(&request), self.knock(&request));
        let made = async {
            let token = token(&headers).ok_or(Refusal::NoToken)?;
            let body = body::octets(request, self.settings.body_timeout, MAX_BODY).await?;
            let domain = match service {
                Service::Addy => domain(&body)?,
                // SimpleLogin's own server takes any body, too: all that it could say is a note.
                Service::SimpleLogin => None,
            };
            knock.grant(1, self.make_with(token, domain, &headers)).await
        };
        match made.await {
            Ok(made) => api::json_answer(StatusCode::CREATED, &service.describe(&made, &base), &headers),
            Err(refusal) => {
                let mut answer = Words::of(&refusal).json(&headers);
                refusal.set_headers(&mut answer);
                answer
            }
        }
    }

    /// Makes an alias for whoever has a token.
    async fn make_with(&self, token: String, domain: Option<String>, headers: &HeaderMap) -> Result<Made, Refusal> {
        let (whose, language) = (OrderFor::Token(token), api::language(headers));
        let made = self.order(Order { whose, domain, count: 1, idempotency_key: None, language }).await?;
        let vault_web::CreatedAlias { alias, key } = made.into_iter().next().ok_or(Refusal::Unavailable)?;
        Ok(Made { alias, key, target: None, days: None })
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
        (!token.is_empty()).then(|| token.to_owned())
    })
}

/// The domain that the body asks for; `null`, the empty text and no body at all leave it to the token.
fn domain(body: &[u8]) -> Result<Option<String>, Refusal> {
    let fields = body::json(body)?;
    let domain =
        fields.text("domain", Fault::Domain).map_err(|_| Refusal::Misfit("domain", "domain must be a text"))?;
    Ok(domain.map(str::trim).filter(|domain| !domain.is_empty()).map(str::to_owned))
}

/// What an error says.
struct Words {
    status: StatusCode,
    error: &'static str,
    field: Option<&'static str>,
    message: String,
}

impl Words {
    fn of(refusal: &Refusal) -> Self {
        let (status, error, field, message) = match refusal {
            // Where somebody with a token may make aliases is what the token is about, not the form of the request.
            Refusal::Fault(fault @ Fault::Domain) => {
                (StatusCode::FORBIDDEN, "forbidden", Some(fault.field()), fault.to_string())
            }
            other => other.words(),
        };
        Self { status, error, field, message }
    }

    fn json(&self, request: &HeaderMap) -> Answer {
        let content = json!({
            "error": self.error,
            "description": self.status.canonical_reason().unwrap_or_default(),
            "message": self.message,
            "field": self.field,
        });
        api::json_answer(self.status, &content, request)
    }
}

/// An alias with all the fields that addy.io gives one.
fn addy(made: &Made, base: &str) -> Value {
    let address = &made.alias.address;
    let now = timestamp(made.alias.now).strftime("%Y-%m-%d %H:%M:%S").to_string();
    json!({
        "id": address.name(),
        "user_id": null,
        "aliasable_id": null,
        "aliasable_type": null,
        "local_part": address.name(),
        "extension": null,
        "domain": address.domain(),
        "email": address.as_str(),
        "active": !made.alias.account.paused,
        "pinned": false,
        "description": null,
        "from_name": null,
        "attached_recipients_only": false,
        "emails_forwarded": made.alias.account.spent,
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
        "manage_url": made.manage_url(base),
    })
}

/// An alias with all the fields that SimpleLogin gives one.
fn simple_login(made: &Made, base: &str) -> Value {
    let address = made.alias.address.as_str();
    json!({
        "alias": address,
        // A number there; our names are none.
        "id": null,
        "email": address,
        "name": null,
        "enabled": !made.alias.account.paused,
        "creation_date": timestamp(made.alias.now).strftime("%Y-%m-%d %H:%M:%S+00:00").to_string(),
        "creation_timestamp": made.alias.now,
        "note": null,
        "nb_block": 0,
        "nb_forward": made.alias.account.spent,
        "nb_reply": 0,
        "latest_activity": null,
        "mailbox": null,
        "mailboxes": [],
        "support_pgp": false,
        "disable_pgp": false,
        "pinned": false,
        // Ours: without it nobody could ever manage this alias.
        "manage_url": made.manage_url(base),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderName, HeaderValue};

    #[test]
    fn paths() {
        for (path, service) in [
            ("/api/v1/aliases", Some(Service::Addy)),
            ("//api/v1/aliases", Some(Service::Addy)),
            ("///api/v1/aliases//", Some(Service::Addy)),
            ("/api/alias/random/new/", Some(Service::SimpleLogin)),
            ("/api/v1", None),
            ("/api//v1/aliases", None),
            ("/api", None),
            ("/", None),
        ] {
            assert_eq!(Service::at(path), service, "{path}");
        }
    }

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
