//! The JSON that programs get; field names are those of the 2010 original, and a few more.

use super::House;
use super::answer::{self, Answer};
use super::body::{self, Fields, Misfit, Unusable};
use super::limiter::Allowance;
use crate::alias::{Change, DAY, Fault, Time};
use crate::wire::web::{self, Alias};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Seconds after which to ask again when the store is away.
pub(super) const RETRY_AFTER: &str = "30";

/// Why a request of the API is not granted.
pub(super) enum Refusal {
    Body(Unusable),
    Fault(Fault),
    Misfit(&'static str, &'static str),
    /// No manage key was presented.
    NoKey,
    /// The visitor's address is on a block list.
    Listed,
    /// No such alias, or not its key.
    NotFound,
    /// The visitor has made enough for now.
    TooMany(Allowance),
    Unavailable,
}

impl From<Unusable> for Refusal {
    fn from(unusable: Unusable) -> Self {
        Self::Body(unusable)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Self {
        match misfit {
            Misfit::Fault(fault) => Self::Fault(fault),
            Misfit::Paused => Self::Misfit("paused", "paused must be true or false"),
            Misfit::Nothing => {
                Self::Misfit("days", "give days, max-usage, valid-until or paused: nothing would change")
            }
        }
    }
}

impl Refusal {
    /// Status, a word for programs, the field at fault, and a sentence for people.
    pub(super) fn words(&self) -> (StatusCode, &'static str, Option<&'static str>, String) {
        match self {
            Self::Body(Unusable::TooLong) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                None,
                format!("the body is longer than {} octets", body::MAX_BODY),
            ),
            Self::Body(Unusable::Slow) => {
                (StatusCode::REQUEST_TIMEOUT, "timeout", None, "the body did not come in time".to_owned())
            }
            Self::Body(Unusable::Malformed(what)) => (StatusCode::BAD_REQUEST, "malformed", None, what.clone()),
            Self::Fault(fault @ Fault::TooManyForTarget) => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many", Some(fault.field()), fault.to_string())
            }
            Self::Fault(fault) => (StatusCode::BAD_REQUEST, "invalid", Some(fault.field()), fault.to_string()),
            Self::Misfit(field, what) => (StatusCode::BAD_REQUEST, "invalid", Some(field), (*what).to_owned()),
            Self::NoKey => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                None,
                "present the alias's manage key: Authorization: Bearer KEY".to_owned(),
            ),
            Self::Listed => (
                StatusCode::FORBIDDEN,
                "listed",
                None,
                "the address you come from is on a block list; ask whose network it is, or come another way".to_owned(),
            ),
            Self::TooMany(allowance) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many",
                None,
                match allowance.wait_seconds.div_ceil(60) {
                    _ if allowance.remaining > 0 => {
                        format!("only {} more can be made from your network for now", allowance.remaining)
                    }
                    minutes => format!(
                        "{} have been made from your network within an hour; try again in {minutes} minutes",
                        allowance.limit
                    ),
                },
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "not_found", None, "there is no such alias, or this is not its key".to_owned())
            }
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                None,
                "the store does not answer; try again later".to_owned(),
            ),
        }
    }

    fn json(&self, request: &HeaderMap) -> Answer {
        let (status, error, field, message) = self.words();
        let description = status.canonical_reason().unwrap_or_default();
        let content = json!({ "error": error, "description": description, "message": message, "field": field });
        let mut answer = json_answer(status, &content, request);
        self.set_headers(&mut answer);
        answer
    }

    pub(super) fn set_headers(&self, answer: &mut Answer) {
        match self {
            Self::NoKey => answer::set(answer, header::WWW_AUTHENTICATE, "Bearer"),
            Self::Unavailable => answer::set(answer, header::RETRY_AFTER, RETRY_AFTER),
            Self::Fault(Fault::TooManyForTarget) => answer::set_text(answer, header::RETRY_AFTER, &DAY.to_string()),
            Self::TooMany(allowance) => {
                // Not before what the answer says of the allowance has changed.
                let seconds = allowance.wait_seconds.max(allowance.reset_seconds);
                answer::set_text(answer, header::RETRY_AFTER, &seconds.to_string());
            }
            _ => {}
        }
    }
}

/// An alias that was just made, with all that is known only now.
pub(super) struct Made {
    pub(super) alias: Alias,
    pub(super) key: String,
    pub(super) target: String,
    pub(super) days: Option<i64>,
}

impl Made {
    /// Where its owner manages it, on the site that calls itself `base`.
    pub(super) fn manage_url(&self, base: &str) -> String {
        format!("{base}/manage/{}/{}", self.alias.address, self.key)
    }
}

impl House {
    /// Makes the alias that the fields describe.
    pub(super) async fn make(&self, fields: &Fields) -> Result<Made, Refusal> {
        let target = fields.text("target", Fault::Target)?.ok_or(Fault::Target)?.trim().to_owned();
        let domain = fields.text("domain", Fault::Domain)?.map(str::to_owned);
        let wish = fields.wish(self.settings.caps)?;
        match self.vault.ask(web::Request::Create { target: target.clone(), domain, wish }).await {
            Ok(web::Answer::Created { alias, key }) => Ok(Made { alias, key, target, days: wish.days }),
            other => Err(refused(other)),
        }
    }

    pub(super) async fn inspect(&self, aid: String, key: String) -> Result<Alias, Refusal> {
        match self.vault.ask(web::Request::Inspect { aid, key }).await {
            Ok(web::Answer::Alias(alias)) => Ok(alias),
            other => Err(refused(other)),
        }
    }

    pub(super) async fn change(&self, aid: String, key: String, change: Change) -> Result<Alias, Refusal> {
        match self.vault.ask(web::Request::Change { aid, key, change }).await {
            Ok(web::Answer::Alias(alias)) => Ok(alias),
            other => Err(refused(other)),
        }
    }

    pub(super) async fn revoke(&self, aid: String, key: String) -> Result<(), Refusal> {
        match self.vault.ask(web::Request::Revoke { aid, key }).await {
            Ok(web::Answer::Done) => Ok(()),
            other => Err(refused(other)),
        }
    }

    /// `POST /aliases` of a program.
    pub(super) async fn api_create(&self, request: Request<Incoming>) -> Answer {
        let (headers, base) = (request.headers().clone(), self.base(&request));
        let mut knock = self.knock(self.visitor(&request));
        let made = async {
            let fields = body::read(request, self.settings.body_timeout).await?;
            knock.admit(1).await?;
            self.make(&fields).await.inspect_err(|refusal| knock.failed(1, refusal))
        };
        let made = made.await;
        match made {
            Ok(made) => {
                let mut fields = describe(&made.alias);
                fields.insert("manage_url".to_owned(), made.manage_url(&base).into());
                fields.insert("target".to_owned(), made.target.into());
                fields.insert("days".to_owned(), made.days.into());
                let aid = made.alias.address.name();
                let location = format!("/aliases/{aid}");
                fields.insert("updatekey".to_owned(), made.key.into());
                let mut answer = json_answer(StatusCode::CREATED, &Value::Object(fields), &headers);
                answer::set_text(&mut answer, header::LOCATION, &location);
                answer
            }
            Err(refusal) => refusal.json(&headers),
        }
    }

    /// `GET /aliases/{aid}`.
    pub(super) async fn api_inspect(&self, aid: String, headers: &HeaderMap) -> Answer {
        let found = async { self.inspect(aid, bearer(headers)?).await }.await;
        shown(found, headers)
    }

    /// `PATCH /aliases/{aid}`.
    pub(super) async fn api_change(&self, aid: String, request: Request<Incoming>) -> Answer {
        let headers = request.headers().clone();
        let changed = async {
            let key = bearer(&headers)?;
            let change = body::read(request, self.settings.body_timeout).await?.change(self.settings.caps)?;
            self.change(aid, key, change).await
        };
        shown(changed.await, &headers)
    }

    /// `DELETE /aliases/{aid}`.
    pub(super) async fn api_revoke(&self, aid: String, headers: &HeaderMap) -> Answer {
        match async { self.revoke(aid, bearer(headers)?).await }.await {
            Ok(()) => {
                let mut answer = answer::text(StatusCode::NO_CONTENT, "");
                answer::set(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
                answer
            }
            Err(refusal) => refusal.json(headers),
        }
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

fn refused(answer: Result<web::Answer, crate::door::Gone>) -> Refusal {
    match answer {
        Ok(web::Answer::Refused(fault)) => Refusal::Fault(fault),
        Ok(web::Answer::No) => Refusal::NotFound,
        _ => Refusal::Unavailable,
    }
}

fn shown(found: Result<Alias, Refusal>, headers: &HeaderMap) -> Answer {
    match found {
        Ok(alias) => json_answer(StatusCode::OK, &Value::Object(describe(&alias)), headers),
        Err(refusal) => refusal.json(headers),
    }
}

fn bearer(headers: &HeaderMap) -> Result<String, Refusal> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty() => {
            Ok(key.trim().to_owned())
        }
        _ => Err(Refusal::NoKey),
    }
}

/// What an owner may know. No real address is among it.
fn describe(alias: &Alias) -> Map<String, Value> {
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
        "currentDate": rfc3339(alias.now),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
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

fn json_answer(status: StatusCode, content: &Value, request: &HeaderMap) -> Answer {
    let mut answer = answer::fresh(status, "application/json; charset=utf-8", format!("{content}\n"), request);
    answer::set(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    answer
}

/// To a browser that asks whether a script of another site may use the API: it may, it has no credentials to abuse.
pub(super) fn preflight(methods: &'static str) -> Answer {
    let mut answer = answer::text(StatusCode::NO_CONTENT, "");
    answer::set(&mut answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    answer::set(&mut answer, header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    answer::set(&mut answer, header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type");
    answer::set(&mut answer, header::ACCESS_CONTROL_MAX_AGE, "86400");
    answer::set(&mut answer, header::ALLOW, methods);
    answer
}
