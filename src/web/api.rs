//! The JSON that programs get; field names are those of the 2010 original, and a few more.

use super::WebContext;
use super::answer::{self, Answer};
use super::body;
use super::error::Refusal;
use super::vault_client::{Followed, Made, bearer};
use crate::alias::Time;
use crate::wire::vault_web::{AliasInfo, IssuedToken, LinkPurpose};
use crate::words::Language;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const NO_MANAGE_KEY: Refusal = Refusal::NoKey("present the alias's manage key: Authorization: Bearer KEY");
const NO_TOKEN: Refusal = Refusal::NoKey("present the token: Authorization: Bearer TOKEN");

impl WebContext {
    /// `POST /aliases` of a program.
    pub(super) async fn api_create(&self, request: Request<Incoming>) -> Answer {
        let (headers, base, knock) = (request.headers().clone(), self.base(&request), self.knock(&request));
        let made = async {
            let fields = body::read(request, self.settings.body_timeout).await?;
            let count = fields.count()?;
            let work = self.make(count.unwrap_or(1), &fields, &headers, language(&headers));
            let made = knock.grant(cost(count), work).await?;
            Ok::<_, Refusal>((made, count.is_some()))
        };
        match made.await {
            Ok((made, true)) => {
                let aliases: Vec<Value> = made.into_iter().map(|made| made.json(&base)).collect();
                json_answer(StatusCode::CREATED, &json!({ "aliases": aliases }), &headers)
            }
            Ok((made, false)) => match made.into_iter().next() {
                Some(made) => {
                    let location = format!("/aliases/{}", made.alias.address.name());
                    let mut answer = json_answer(StatusCode::CREATED, &made.json(&base), &headers);
                    answer::set_text(&mut answer, header::LOCATION, &location);
                    answer
                }
                None => Refusal::Unavailable.json(&headers),
            },
            Err(refusal) => refusal.json(&headers),
        }
    }

    /// `GET /aliases/{aid}`.
    pub(super) async fn api_inspect(&self, aid: String, headers: &HeaderMap) -> Answer {
        let found = async {
            let key = bearer(headers).ok_or(NO_MANAGE_KEY)?.to_owned();
            self.inspect(aid, key).await
        };
        shown(found.await, headers)
    }

    /// `PATCH /aliases/{aid}`.
    pub(super) async fn api_change(&self, aid: String, request: Request<Incoming>) -> Answer {
        let headers = request.headers().clone();
        let changed = async {
            let key = bearer(&headers).ok_or(NO_MANAGE_KEY)?.to_owned();
            let change = body::read(request, self.settings.body_timeout).await?.change(self.settings.caps)?;
            self.change(aid, key, change).await
        };
        shown(changed.await, &headers)
    }

    /// `DELETE /aliases/{aid}`.
    pub(super) async fn api_revoke(&self, aid: String, headers: &HeaderMap) -> Answer {
        let revoked = async {
            let key = bearer(headers).ok_or(NO_MANAGE_KEY)?.to_owned();
            self.revoke(aid, key).await
        };
        gone(revoked.await, headers)
    }

    /// `POST /tokens` of a program.
    pub(super) async fn api_make_token(&self, request: Request<Incoming>) -> Answer {
        let (headers, knock) = (request.headers().clone(), self.knock(&request));
        let made = async {
            let fields = body::read(request, self.settings.body_timeout).await?;
            knock.grant(1, self.make_token(&fields, language(&headers))).await
        };
        match made.await {
            Ok(token) => {
                let status = if token.token.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
                json_answer(status, &token_json(&token), &headers)
            }
            Err(refusal) => refusal.json(&headers),
        }
    }

    /// `DELETE /tokens`.
    pub(super) async fn api_revoke_token(&self, headers: &HeaderMap) -> Answer {
        let revoked = async {
            let token = bearer(headers).ok_or(NO_TOKEN)?.to_owned();
            self.revoke_token(token).await
        };
        gone(revoked.await, headers)
    }

    /// `POST /opt-out` of a program.
    pub(super) async fn api_opt_out(&self, request: Request<Incoming>) -> Answer {
        let (headers, knock) = (request.headers().clone(), self.knock(&request));
        let sent = async {
            let fields = body::read(request, self.settings.body_timeout).await?;
            knock.grant(1, self.opt_out(&fields, language(&headers))).await
        };
        match sent.await {
            Ok(()) => json_answer(StatusCode::ACCEPTED, &json!({ "sent": true }), &headers),
            Err(refusal) => refusal.json(&headers),
        }
    }

    /// `GET /confirm/{link}` of a program.
    pub(super) async fn api_look(&self, link: String, headers: &HeaderMap) -> Answer {
        match self.look(link).await {
            Ok(purpose) => {
                let purpose = match purpose {
                    LinkPurpose::Activate(_) => "activate",
                    LinkPurpose::HandOut { .. } => "token",
                    LinkPurpose::OptOut => "refuse",
                    LinkPurpose::OptIn => "allow",
                };
                json_answer(StatusCode::OK, &json!({ "purpose": purpose }), headers)
            }
            Err(refusal) => refusal.json(headers),
        }
    }

    /// `POST /confirm/{link}` of a program.
    pub(super) async fn api_follow(&self, link: String, headers: &HeaderMap) -> Answer {
        let done = match self.follow(link).await {
            Ok(Followed::Activated(aliases)) => {
                let addresses: Vec<&str> = aliases.iter().map(|alias| alias.as_str()).collect();
                json!({ "done": "activated", "addresses": addresses })
            }
            Ok(Followed::Token(token)) => {
                let mut fields = token_json(&token);
                fields["done"] = "token".into();
                fields
            }
            Ok(Followed::Done(LinkPurpose::OptIn)) => json!({ "done": "allowed" }),
            Ok(Followed::Done(_)) => json!({ "done": "refused" }),
            Err(refusal) => return refusal.json(headers),
        };
        json_answer(StatusCode::OK, &done, headers)
    }

    /// How visitors call this site.
    pub(super) fn base<B>(&self, request: &Request<B>) -> String {
        let valid = |host: &&str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b);
            !host.is_empty() && host.len() < 256 && host.bytes().all(plain)
        };
        let scheme = if self.visitor(request).secure { "https" } else { "http" };
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).filter(valid);
        match (&self.settings.url, host) {
            (Some(url), _) => url.clone(),
            (None, Some(host)) => format!("{scheme}://{host}"),
            (None, None) => String::new(),
        }
    }
}

impl Made {
    /// All that its maker learns, once.
    fn json(self, base: &str) -> Value {
        let mut fields = describe(&self.alias);
        fields.insert("manage_url".to_owned(), self.manage_url(base).into());
        fields.insert("target".to_owned(), self.target.into());
        fields.insert("days".to_owned(), self.days.into());
        fields.insert("updatekey".to_owned(), self.key.into());
        Value::Object(fields)
    }
}

/// As how many creations an order counts; a number that will be refused counts as one.
fn cost(count: Option<i64>) -> u32 {
    count.and_then(|count| u32::try_from(count).ok()).map_or(1, |count| count.clamp(1, 20))
}

/// The language of letters and pages for who has sent these.
pub(super) fn language(headers: &HeaderMap) -> Language {
    Language::negotiate(headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()))
}

fn shown(found: Result<AliasInfo, Refusal>, headers: &HeaderMap) -> Answer {
    match found {
        Ok(alias) => json_answer(StatusCode::OK, &Value::Object(describe(&alias)), headers),
        Err(refusal) => refusal.json(headers),
    }
}

fn gone(done: Result<(), Refusal>, headers: &HeaderMap) -> Answer {
    match done {
        Ok(()) => {
            let mut answer = answer::text(StatusCode::NO_CONTENT, "");
            allow_all(&mut answer);
            answer
        }
        Err(refusal) => refusal.json(headers),
    }
}

/// What an owner may know. No real address is among it.
fn describe(alias: &AliasInfo) -> Map<String, Value> {
    let account = &alias.account;
    let limits = &account.limits;
    let time = |time: Option<Time>| time.map(rfc3339);
    let fields = json!({
        "aid": alias.address.name(),
        "address": alias.address.as_str(),
        "valid_from": time(limits.not_before),
        "valid_until": time(limits.not_after),
        "expires_at": time(limits.not_after),
        "max_usage": limits.max_usage,
        "used": account.spent,
        "remaining": account.remaining(),
        "paused": account.paused,
        "confirmed": !account.pending,
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

/// A time as RFC 3339 has it, in UTC.
fn rfc3339(time: Time) -> String {
    timestamp(time).to_string()
}

/// A time for people or programs; what lies beyond the calendar is its last moment.
pub(super) fn timestamp(time: Time) -> Timestamp {
    let time = i64::try_from(time).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.unwrap_or(Timestamp::MAX)
}

/// An answer to a program, of whichever site.
pub(super) fn json_answer(status: StatusCode, content: &Value, request: &HeaderMap) -> Answer {
    let mut answer = answer::fresh(status, "application/json; charset=utf-8", format!("{content}\n"), request);
    allow_all(&mut answer);
    answer
}

/// Scripts of every site may read it: there are no cookies, so that they read nothing that they could not without.
fn allow_all(answer: &mut Answer) {
    answer::set(answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    answer::set(answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, "Location, RateLimit, RateLimit-Policy, Retry-After");
}

/// To a browser that asks whether a script of another site may use the API: it may, it has no credentials to abuse.
pub(super) fn preflight(methods: &'static str) -> Answer {
    let mut answer = answer::text(StatusCode::NO_CONTENT, "");
    allow_all(&mut answer);
    answer::set(&mut answer, header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    answer::set(
        &mut answer,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, authentication, content-type, accept, idempotency-key, x-requested-with",
    );
    answer::set(&mut answer, header::ACCESS_CONTROL_MAX_AGE, "86400");
    answer::set(&mut answer, header::ALLOW, methods);
    answer
}
