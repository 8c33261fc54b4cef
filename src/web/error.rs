//! Why a request is not granted: a status and a word for programs, a sentence for people.

use super::answer::{self, Answer};
use super::api::json_answer;
use super::body::{Misfit, Unusable};
use super::limiter::Allowance;
use crate::alias::{DAY, Fault};
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};
use serde_json::json;

/// Seconds after which to ask again when the store is away.
pub(super) const RETRY_AFTER: &str = "30";

/// Why a request is not granted.
pub(super) enum Refusal {
    Body(Unusable),
    Fault(Fault),
    Misfit(&'static str, &'static str),
    /// No key was presented; what is wanted.
    NoKey(&'static str),
    /// Not a token, or void.
    NoToken,
    /// The visitor's address is on a block list.
    Listed,
    /// The visitor has made enough for now.
    TooMany(Allowance),
    /// Nothing is at this path.
    NoPage,
    /// Something is, but not this can be done with it; what can.
    NotAllowed(&'static str),
    /// No such alias, or not its key.
    NotFound,
    /// A link of no letter, or its day is over.
    NoLink,
    /// A letter cannot be sent now. Unlike other outages it counts: somebody else's mail server may be the cause.
    Unsent,
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
            Misfit::Count => Self::Misfit("count", "count must be a whole number"),
            Misfit::Nothing => Self::Misfit(
                "days",
                "give days, max-usage, valid-until or paused; without one of them, nothing would change",
            ),
        }
    }
}

impl Refusal {
    /// Status, a word for programs, the field at fault, and a sentence for people.
    pub(super) fn words(&self) -> (StatusCode, &'static str, Option<&'static str>, String) {
        match self {
            Self::Body(Unusable::TooLong(limit)) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", None, format!("the body is longer than {limit} octets"))
            }
            Self::Body(Unusable::Slow) => {
                (StatusCode::REQUEST_TIMEOUT, "timeout", None, "the body did not arrive in time".to_owned())
            }
            Self::Body(Unusable::Malformed(what)) => (StatusCode::BAD_REQUEST, "malformed", None, what.clone()),
            Self::Fault(fault) => {
                let (status, word) = rank(*fault);
                (status, word, Some(fault.field()), fault.to_string())
            }
            Self::Misfit(field, what) => (StatusCode::BAD_REQUEST, "invalid", Some(field), (*what).to_owned()),
            Self::NoKey(wanted) => (StatusCode::UNAUTHORIZED, "unauthorized", None, (*wanted).to_owned()),
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                None,
                "this is not a token of this site, or it is no longer valid; create a new one on the tools page"
                    .to_owned(),
            ),
            Self::Listed => (
                StatusCode::FORBIDDEN,
                "listed",
                None,
                "your network address is on a block list; ask the operator of your network, or use another network"
                    .to_owned(),
            ),
            Self::TooMany(allowance) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many",
                None,
                match allowance.wait_seconds.div_ceil(60) {
                    _ if allowance.remaining > 0 => {
                        format!("your network can create only {} more for now", allowance.remaining)
                    }
                    minutes => format!(
                        "your network has reached the limit of {} creations within an hour; try again in {minutes} minutes",
                        allowance.limit
                    ),
                },
            ),
            Self::NoPage => (StatusCode::NOT_FOUND, "no_page", None, "there is nothing here".to_owned()),
            Self::NotAllowed(methods) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "not_allowed",
                None,
                format!("this method is not allowed here; allowed are: {methods}"),
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "not_found", None, "there is no such alias, or this is not its key".to_owned())
            }
            Self::NoLink => (
                StatusCode::NOT_FOUND,
                "no_link",
                None,
                "this link is not valid, or no longer valid; most links are valid for a day".to_owned(),
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                None,
                "the store does not answer; try again later".to_owned(),
            ),
            Self::Unsent => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                None,
                "the e-mail to the target cannot be sent now; try again later".to_owned(),
            ),
        }
    }

    /// The answer to a program.
    pub(super) fn json(&self, request: &HeaderMap) -> Answer {
        let (status, error, field, message) = self.words();
        let description = status.canonical_reason().unwrap_or_default();
        let content = json!({ "error": error, "description": description, "message": message, "field": field });
        let mut answer = json_answer(status, &content, request);
        self.set_headers(&mut answer);
        answer
    }

    /// What such an answer says in its header.
    pub(super) fn set_headers(&self, answer: &mut Answer) {
        match self {
            Self::NotAllowed(methods) => answer::set(answer, header::ALLOW, methods),
            Self::NoKey(_) | Self::NoToken => answer::set(answer, header::WWW_AUTHENTICATE, "Bearer"),
            Self::Unavailable | Self::Unsent => answer::set(answer, header::RETRY_AFTER, RETRY_AFTER),
            Self::Fault(fault) if rank(*fault).0 == StatusCode::TOO_MANY_REQUESTS => {
                answer::set_text(answer, header::RETRY_AFTER, &DAY.to_string());
            }
            Self::TooMany(allowance) => {
                // Not before what the answer says of the allowance has changed.
                let seconds = allowance.wait_seconds.max(allowance.reset_seconds);
                answer::set_text(answer, header::RETRY_AFTER, &seconds.to_string());
            }
            _ => {}
        }
    }
}

/// How programs are told of a fault.
fn rank(fault: Fault) -> (StatusCode, &'static str) {
    match fault {
        Fault::TooManyForTarget | Fault::TooManyAlive | Fault::TooManyLetters => {
            (StatusCode::TOO_MANY_REQUESTS, "too_many")
        }
        Fault::OptedOut => (StatusCode::FORBIDDEN, "refused"),
        Fault::Ended => (StatusCode::GONE, "ended"),
        Fault::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "key_reused"),
        Fault::Undeliverable => (StatusCode::UNPROCESSABLE_ENTITY, "undeliverable"),
        _ => (StatusCode::BAD_REQUEST, "invalid"),
    }
}
