//! The JSON that programs get; field names are those of the 2010 original, and a few more.

use super::answer::{self, Answer};
use super::body;
use super::calendar::rfc3339;
use super::context::WebContext;
use super::error::{KeyKind, WebError};
use super::negotiate::language;
use super::request::RequestContext;
use super::vault_client::{NewAlias, bearer};
use crate::alias::{MAX_ALIASES_PER_ORDER, Time};
use crate::wire::vault_web::{AliasInfo, Followed, IssuedToken, LinkPurpose};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use serde_json::{Map, Value, json};

impl WebContext {
    /// `POST /aliases` of a program.
    pub(super) async fn api_create(&self, request: &RequestContext, body: Incoming) -> Answer {
        let headers = &request.headers;
        let base = self.base_url(request);
        let created = async {
            let fields = body::read(body, headers, self.settings.body_timeout, body::ORDER_MEMBERS).await?;
            let count = fields.count()?;
            let work = self.create(count.unwrap_or(1), &fields, request, language(headers));
            let created = self.creation_guard(request).grant(cost(count), work).await?;
            Ok::<_, WebError>((created, count.is_some()))
        };
        match created.await {
            Ok((created, true)) => {
                let aliases: Vec<Value> = created.into_iter().map(|alias| alias.json(&base)).collect();
                answer::json(StatusCode::CREATED, &json!({ "aliases": aliases }), headers)
            }
            Ok((created, false)) => match created.into_iter().next() {
                Some(alias) => {
                    let location = format!("/aliases/{}", alias.created.alias.address.name());
                    let mut answer = answer::json(StatusCode::CREATED, &alias.json(&base), headers);
                    answer::set_text(&mut answer, header::LOCATION, &location);
                    answer
                }
                None => WebError::Unavailable.json(headers),
            },
            Err(error) => error.json(headers),
        }
    }

    /// `GET /aliases/{aid}`.
    pub(super) async fn api_inspect(&self, aid: String, request: &RequestContext) -> Answer {
        let found = async { self.inspect(aid, key(request, KeyKind::ManageKey)?).await };
        alias_json(found.await, &request.headers)
    }

    /// `PATCH /aliases/{aid}`.
    pub(super) async fn api_amend(&self, aid: String, request: &RequestContext, body: Incoming) -> Answer {
        let amended = async {
            let key = key(request, KeyKind::ManageKey)?;
            let fields = body::read(body, &request.headers, self.settings.body_timeout, body::CHANGE_MEMBERS).await?;
            self.amend(aid, key, fields.change(self.settings.caps)?).await
        };
        alias_json(amended.await, &request.headers)
    }

    /// `DELETE /aliases/{aid}`.
    pub(super) async fn api_revoke(&self, aid: String, request: &RequestContext) -> Answer {
        let revoked = async { self.revoke(aid, key(request, KeyKind::ManageKey)?).await };
        no_content(revoked.await, &request.headers)
    }

    /// `POST /tokens` of a program.
    pub(super) async fn api_issue_token(&self, request: &RequestContext, body: Incoming) -> Answer {
        let headers = &request.headers;
        let issued = async {
            let fields = body::read(body, headers, self.settings.body_timeout, body::TOKEN_MEMBERS).await?;
            self.creation_guard(request).grant(1, self.issue_token(&fields, language(headers))).await
        };
        match issued.await {
            Ok(token) => {
                let status = if token.token.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
                answer::json(status, &token_json(&token), headers)
            }
            Err(error) => error.json(headers),
        }
    }

    /// `DELETE /tokens`.
    pub(super) async fn api_revoke_token(&self, request: &RequestContext) -> Answer {
        let revoked = async { self.revoke_token(key(request, KeyKind::Token)?).await };
        no_content(revoked.await, &request.headers)
    }

    /// `POST /opt-out` of a program.
    pub(super) async fn api_opt_out(&self, request: &RequestContext, body: Incoming) -> Answer {
        let headers = &request.headers;
        let sent = async {
            let fields = body::read(body, headers, self.settings.body_timeout, body::OPT_OUT_MEMBERS).await?;
            self.creation_guard(request).grant(1, self.opt_out(&fields, language(headers))).await
        };
        match sent.await {
            Ok(()) => answer::json(StatusCode::ACCEPTED, &json!({ "sent": true }), headers),
            Err(error) => error.json(headers),
        }
    }

    /// `GET /confirm/{link}` of a program.
    pub(super) async fn api_inspect_link(&self, link: String, request: &RequestContext) -> Answer {
        match self.inspect_link(link).await {
            Ok(purpose) => {
                let purpose = match purpose {
                    LinkPurpose::Activate(_) => "activate",
                    LinkPurpose::HandOut { .. } => "token",
                    LinkPurpose::OptOut => "refuse",
                    LinkPurpose::OptIn => "allow",
                };
                answer::json(StatusCode::OK, &json!({ "purpose": purpose }), &request.headers)
            }
            Err(error) => error.json(&request.headers),
        }
    }

    /// `POST /confirm/{link}` of a program.
    pub(super) async fn api_follow_link(&self, link: String, request: &RequestContext) -> Answer {
        let done = match self.follow_link(link).await {
            Ok((_, Followed::Activated(aliases))) => {
                let addresses: Vec<&str> = aliases.iter().map(|alias| alias.as_str()).collect();
                json!({ "done": "activated", "addresses": addresses })
            }
            Ok((_, Followed::Token(token))) => {
                let mut fields = token_json(&token);
                fields["done"] = "token".into();
                fields
            }
            Ok((LinkPurpose::OptIn, Followed::Done)) => json!({ "done": "allowed" }),
            Ok((_, Followed::Done)) => json!({ "done": "refused" }),
            Err(error) => return error.json(&request.headers),
        };
        answer::json(StatusCode::OK, &done, &request.headers)
    }

    /// How visitors call this site, without a slash at its end.
    pub(super) fn base_url(&self, request: &RequestContext) -> String {
        request.base_url(self.settings.url.as_deref())
    }
}

impl NewAlias {
    /// All that its creator learns, once.
    fn json(self, base: &str) -> Value {
        let mut fields = describe(&self.created.alias);
        fields.insert("manage_url".to_owned(), self.manage_url(base).into());
        fields.insert("target".to_owned(), self.target.into());
        fields.insert("days".to_owned(), self.days.into());
        fields.insert("updatekey".to_owned(), self.created.key.into());
        Value::Object(fields)
    }
}

/// The key or token that a request presents.
fn key(request: &RequestContext, wanted: KeyKind) -> Result<String, WebError> {
    bearer(&request.headers).map(str::to_owned).ok_or(WebError::NoKey(wanted))
}

/// As how many creations an order counts; a number that will be refused counts as one.
fn cost(count: Option<i64>) -> u32 {
    let max = u32::from(MAX_ALIASES_PER_ORDER);
    count.and_then(|count| u32::try_from(count).ok()).map_or(1, |count| count.clamp(1, max))
}

fn alias_json(found: Result<AliasInfo, WebError>, headers: &HeaderMap) -> Answer {
    match found {
        Ok(alias) => answer::json(StatusCode::OK, &Value::Object(describe(&alias)), headers),
        Err(error) => error.json(headers),
    }
}

fn no_content(done: Result<(), WebError>, headers: &HeaderMap) -> Answer {
    match done {
        Ok(()) => answer::no_content(),
        Err(error) => error.json(headers),
    }
}

/// What an owner may know. No real address is among it.
fn describe(alias: &AliasInfo) -> Map<String, Value> {
    let state = &alias.state;
    let limits = &state.limits;
    let time = |time: Option<Time>| time.map(rfc3339);
    let fields = json!({
        "aid": alias.address.name(),
        "address": alias.address.as_str(),
        "valid_from": time(limits.not_before),
        "valid_until": time(limits.not_after),
        "expires_at": time(limits.not_after),
        "max_usage": limits.max_usage,
        "used": state.spent,
        "remaining": state.remaining(),
        "paused": state.paused,
        "confirmed": !state.pending,
        "currentDate": rfc3339(alias.now),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn token_json(token: &IssuedToken) -> Value {
    json!({
        "token": token.token,
        "confirmed": token.token.is_some(),
        "domain": token.domain.as_str(),
        "days": token.days,
        "max_usage": token.max_usage,
        "expires_at": rfc3339(token.until),
    })
}
