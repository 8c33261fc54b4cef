//! Why a request is not granted, from the body that cannot be read to the vault that does not answer: one error type.
//!
//! [`WebError::report`] says how each is told: a status and a code for programs, the field at fault, and a sentence.
//! People get the title and text of the same kind of problem in their language instead.

use super::answer::{self, Answer};
use super::limiter::Allowance;
use crate::alias::{DAY, OrderError, RefusedShape};
use crate::words::ProblemKind;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};
use serde_json::json;

/// Seconds after which to ask again when the store is away.
pub(super) const STORE_RETRY_AFTER_SECONDS: &str = "30";

/// Why a request is not granted.
#[derive(Debug)]
pub(super) enum WebError {
    /// The body is longer than that many octets.
    BodyTooLong(usize),
    /// The body did not come in time, or not whole.
    BodyTimeout,
    /// The body is not JSON, or not an object; the text says what.
    BodyMalformed(String),
    /// The request names no host, several, or what is none.
    BadHost,
    /// The body is encoded as nothing here is decoded.
    UnsupportedTransferCoding,
    /// The content type says neither JSON nor a form.
    UnsupportedMediaType,
    /// A value of the body has a name that is not known here.
    UnknownMember {
        /// The name.
        name: String,
        /// The known one that it resembles.
        meant: Option<&'static str>,
        /// All known ones.
        members: &'static [&'static str],
    },
    /// A field of the request is not valid.
    Field(FieldError),
    /// The order is not granted.
    Order(OrderError),
    /// No manage key or token was presented.
    NoKey(KeyKind),
    /// Not a token, or void.
    InvalidToken,
    /// The token is for another domain.
    ForbiddenDomain,
    /// The visitor's address is on a block list.
    Listed,
    /// The rate limit of the visitor's network is reached.
    RateLimited(Allowance),
    /// Nothing is at this path.
    NoPage,
    /// Something is, but this cannot be done with it; the methods that are allowed.
    MethodNotAllowed(&'static str),
    /// No such alias, or not its key.
    NotFound,
    /// The link of no e-mail, or its day is over.
    NoLink,
    /// An e-mail cannot be sent now. Unlike other outages it counts: somebody else's mail server may be the cause.
    EmailNotSent,
    /// The store does not answer.
    Unavailable,
}

/// What a request must present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    /// The manage key of an alias.
    ManageKey,
    /// A token.
    Token,
}

/// Why a field is not valid, as far as it can be said without the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldError {
    /// `paused` is neither true nor false.
    Paused,
    /// `count` is not a number.
    Count,
    /// `domain` is not a text.
    Domain,
    /// The change changes nothing.
    NothingChanges,
    /// A target beside a token, which names its own.
    TargetBesideToken,
    /// Limits beside a token, which has its own.
    LimitsBesideToken,
    /// A token cannot begin later.
    TokenFrom,
    /// A token cannot have a fixed end: it makes aliases again and again.
    TokenUntil,
    /// The Idempotency-Key is too short, too long, or holds what is not printable.
    IdempotencyKey,
}

/// How an error is told.
pub(super) struct Report {
    pub(super) status: StatusCode,
    pub(super) kind: ProblemKind,
    /// The field at fault, as the API names it.
    pub(super) field: Option<&'static str>,
    /// A sentence for whoever writes the program.
    pub(super) message: String,
}

impl From<FieldError> for WebError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl From<OrderError> for WebError {
    fn from(error: OrderError) -> Self {
        Self::Order(error)
    }
}

impl WebError {
    /// How it is told.
    pub(super) fn report(&self) -> Report {
        let (status, kind, field, message) = match self {
            Self::BodyTooLong(limit) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                ProblemKind::TooLarge,
                None,
                format!("the body is longer than {limit} octets"),
            ),
            Self::BodyTimeout => {
                (StatusCode::REQUEST_TIMEOUT, ProblemKind::Timeout, None, "the body did not arrive in time".to_owned())
            }
            Self::BodyMalformed(what) => (StatusCode::BAD_REQUEST, ProblemKind::Malformed, None, what.clone()),
            Self::BadHost => (
                StatusCode::BAD_REQUEST,
                ProblemKind::Malformed,
                None,
                "the request must have one Host field with a host, and a port if need be".to_owned(),
            ),
            Self::UnsupportedTransferCoding => (
                StatusCode::NOT_IMPLEMENTED,
                ProblemKind::Malformed,
                None,
                "Transfer-Encoding must be chunked, or absent".to_owned(),
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ProblemKind::Malformed,
                None,
                "the body must be application/json or application/x-www-form-urlencoded".to_owned(),
            ),
            Self::UnknownMember { name, meant, members } => {
                let hint = match meant {
                    Some(meant) => format!("did you mean {meant}?"),
                    None => format!("known here: {}", members.join(", ")),
                };
                (StatusCode::BAD_REQUEST, ProblemKind::Invalid, *meant, format!("{name:?} is not known here; {hint}"))
            }
            Self::Field(error) => {
                (StatusCode::BAD_REQUEST, ProblemKind::Invalid, Some(error.field()), error.message().to_owned())
            }
            Self::Order(error) => {
                let (status, kind) = order_status(*error);
                (status, kind, Some(order_field(*error)), order_message(*error))
            }
            Self::NoKey(wanted) => {
                (StatusCode::UNAUTHORIZED, ProblemKind::Unauthorized, None, wanted.message().to_owned())
            }
            Self::InvalidToken => (
                StatusCode::UNAUTHORIZED,
                ProblemKind::Unauthorized,
                None,
                "this is not a token of this site, or it is no longer valid; create a new one on the tools page"
                    .to_owned(),
            ),
            Self::ForbiddenDomain => (
                StatusCode::FORBIDDEN,
                ProblemKind::Forbidden,
                Some(order_field(OrderError::Domain)),
                order_message(OrderError::Domain),
            ),
            Self::Listed => (
                StatusCode::FORBIDDEN,
                ProblemKind::Listed,
                None,
                "your network address is on a block list; ask the operator of your network, or use another network"
                    .to_owned(),
            ),
            Self::RateLimited(allowance) => {
                (StatusCode::TOO_MANY_REQUESTS, ProblemKind::TooMany, None, rate_limit_message(allowance))
            }
            Self::NoPage => (StatusCode::NOT_FOUND, ProblemKind::NoPage, None, "there is nothing here".to_owned()),
            Self::MethodNotAllowed(methods) => (
                StatusCode::METHOD_NOT_ALLOWED,
                ProblemKind::NotAllowed,
                None,
                format!("this method is not allowed here; allowed are: {methods}"),
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                ProblemKind::NotFound,
                None,
                "there is no such alias, or this is not its key".to_owned(),
            ),
            Self::NoLink => (
                StatusCode::NOT_FOUND,
                ProblemKind::NoLink,
                None,
                "this link is not valid, or no longer valid; most links are valid for a day".to_owned(),
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                ProblemKind::Unavailable,
                None,
                "the store does not answer; try again later".to_owned(),
            ),
            Self::EmailNotSent => (
                StatusCode::SERVICE_UNAVAILABLE,
                ProblemKind::Unavailable,
                None,
                "the e-mail to the target cannot be sent now; try again later".to_owned(),
            ),
        };
        Report { status, kind, field, message }
    }

    /// The answer to a program.
    pub(super) fn json(&self, request: &HeaderMap) -> Answer {
        let Report { status, kind, field, message } = self.report();
        let description = status.canonical_reason().unwrap_or_default();
        let content = json!({ "error": code(kind), "description": description, "message": message, "field": field });
        let mut answer = answer::json(status, &content, request);
        self.set_headers(&mut answer);
        answer
    }

    /// What such an answer says in its header.
    pub(super) fn set_headers(&self, answer: &mut Answer) {
        match self {
            Self::MethodNotAllowed(methods) => answer::set(answer, header::ALLOW, methods),
            Self::NoKey(_) | Self::InvalidToken => answer::set(answer, header::WWW_AUTHENTICATE, "Bearer"),
            Self::Unavailable | Self::EmailNotSent => {
                answer::set(answer, header::RETRY_AFTER, STORE_RETRY_AFTER_SECONDS)
            }
            Self::Order(error) if order_status(*error).0 == StatusCode::TOO_MANY_REQUESTS => {
                answer::set_text(answer, header::RETRY_AFTER, &DAY.to_string());
            }
            Self::RateLimited(allowance) => {
                // Not before what the answer says of the allowance has changed.
                let seconds = allowance.wait_seconds.max(allowance.reset_seconds);
                answer::set_text(answer, header::RETRY_AFTER, &seconds.to_string());
            }
            _ => {}
        }
    }
}

impl KeyKind {
    fn message(self) -> &'static str {
        match self {
            Self::ManageKey => "present the alias's manage key: Authorization: Bearer KEY",
            Self::Token => "present the token: Authorization: Bearer TOKEN",
        }
    }
}

impl FieldError {
    /// The field, as the API names it.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Count => "count",
            Self::Domain => "domain",
            Self::NothingChanges | Self::LimitsBesideToken => "days",
            Self::TargetBesideToken => "target",
            Self::TokenFrom => "valid-from",
            Self::TokenUntil => "valid-until",
            Self::IdempotencyKey => "Idempotency-Key",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Paused => "paused must be true or false",
            Self::Count => "count must be a whole number",
            Self::Domain => "domain must be a text",
            Self::NothingChanges => {
                "give days, max-usage, valid-until or paused; without one of them, nothing would change"
            }
            Self::TargetBesideToken | Self::LimitsBesideToken => {
                "the token determines the target and the limits; leave them out"
            }
            Self::TokenFrom | Self::TokenUntil => {
                "a token creates aliases at different times; give days, max-usage, or both"
            }
            Self::IdempotencyKey => "Idempotency-Key must be 16 to 255 printable ASCII characters, for example a UUID",
        }
    }
}

/// The word for a kind of problem in the JSON of an error.
fn code(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Malformed => "malformed",
        ProblemKind::Invalid => "invalid",
        ProblemKind::Unauthorized => "unauthorized",
        ProblemKind::Refused => "refused",
        ProblemKind::Listed => "listed",
        ProblemKind::Forbidden => "forbidden",
        ProblemKind::NotFound => "not_found",
        ProblemKind::NoPage => "no_page",
        ProblemKind::NoLink => "no_link",
        ProblemKind::NotAllowed => "not_allowed",
        ProblemKind::Timeout => "timeout",
        ProblemKind::TooLarge => "too_large",
        ProblemKind::Ended => "ended",
        ProblemKind::KeyReused => "key_reused",
        ProblemKind::Undeliverable => "undeliverable",
        ProblemKind::TooMany => "too_many",
        ProblemKind::Unavailable => "unavailable",
    }
}

fn order_status(error: OrderError) -> (StatusCode, ProblemKind) {
    match error {
        OrderError::TooManyForTarget | OrderError::TooManyAlive | OrderError::TooManyEmails => {
            (StatusCode::TOO_MANY_REQUESTS, ProblemKind::TooMany)
        }
        OrderError::OptedOut => (StatusCode::FORBIDDEN, ProblemKind::Refused),
        OrderError::Ended => (StatusCode::GONE, ProblemKind::Ended),
        OrderError::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, ProblemKind::KeyReused),
        OrderError::Undeliverable => (StatusCode::UNPROCESSABLE_ENTITY, ProblemKind::Undeliverable),
        OrderError::Target
        | OrderError::TargetShape(_)
        | OrderError::TargetCharacter
        | OrderError::TargetIsOurs
        | OrderError::Domain
        | OrderError::Days { .. }
        | OrderError::MaxUsage { .. }
        | OrderError::NoLimit
        | OrderError::TwoEnds
        | OrderError::ValidFrom
        | OrderError::ValidUntil { .. }
        | OrderError::Reserved
        | OrderError::Count { .. } => (StatusCode::BAD_REQUEST, ProblemKind::Invalid),
    }
}

/// The field of the API that is at fault.
fn order_field(error: OrderError) -> &'static str {
    match error {
        OrderError::Target
        | OrderError::TargetShape(_)
        | OrderError::TargetCharacter
        | OrderError::TargetIsOurs
        | OrderError::TooManyForTarget
        | OrderError::TooManyAlive
        | OrderError::TooManyEmails
        | OrderError::Reserved
        | OrderError::OptedOut
        | OrderError::Undeliverable => "target",
        OrderError::Count { .. } => "count",
        OrderError::KeyReused | OrderError::Ended => "Idempotency-Key",
        OrderError::Domain => "domain",
        OrderError::Days { .. } | OrderError::NoLimit => "days",
        OrderError::MaxUsage { .. } => "max-usage",
        OrderError::ValidFrom => "valid-from",
        OrderError::ValidUntil { .. } | OrderError::TwoEnds => "valid-until",
    }
}

/// What the API says; pages say the same in the words of a form ([`crate::words`]).
fn order_message(error: OrderError) -> String {
    match error {
        OrderError::Target => "target must be an e-mail address like name@example.org".to_owned(),
        OrderError::TargetShape(shape) => target_shape_message(shape).to_owned(),
        OrderError::TargetCharacter => {
            "the part of target before the @ holds a character that is in nobody's address, \
                                        such as an invisible one"
                .to_owned()
        }
        OrderError::TargetIsOurs => "target is an address of this service itself; give your real address".to_owned(),
        OrderError::Domain => "domain is not one of this service's domains".to_owned(),
        OrderError::Days { max } => format!("days must be a whole number from 1 to {max}"),
        OrderError::MaxUsage { max } => format!("max-usage must be a whole number from 1 to {max}"),
        OrderError::NoLimit => "give days, max-usage, or both; an alias without a limit would never end".to_owned(),
        OrderError::TwoEnds => "give either days or valid-until, not both".to_owned(),
        OrderError::ValidFrom => "valid-from must be a time less than a hundred years from now".to_owned(),
        OrderError::ValidUntil { max } => {
            format!("valid-until must be in the future, after valid-from, and at most {max} days after it")
        }
        OrderError::TooManyForTarget => {
            "this address has received the maximum number of aliases for a day; try again tomorrow".to_owned()
        }
        OrderError::TooManyAlive => {
            "this address has the maximum number of aliases; end some of them, or wait until they end".to_owned()
        }
        OrderError::TooManyEmails => {
            "this address has been sent the maximum number of e-mails for a day; try again tomorrow".to_owned()
        }
        OrderError::Reserved => "target is a role address, like abuse@; give your own address".to_owned(),
        OrderError::OptedOut => "the owner of this address has asked us to create no aliases for it".to_owned(),
        OrderError::Undeliverable => "the mail server of this address does not accept our e-mail".to_owned(),
        OrderError::Count { max } => format!("count must be a whole number from 1 to {max}"),
        OrderError::Ended => {
            "this request was answered before, and its aliases have ended; use a new Idempotency-Key".to_owned()
        }
        OrderError::KeyReused => "this Idempotency-Key was used for a different request".to_owned(),
    }
}

fn target_shape_message(shape: RefusedShape) -> &'static str {
    match shape {
        RefusedShape::Route => {
            "target may be read as a route to another mailbox; give an address without %, ! or : and with one @"
        }
        RefusedShape::Option => "target must not begin with a hyphen: some mail servers read it as an option",
        RefusedShape::File => {
            "target must not begin with / or | nor hold /../: some mail servers read it as a file or a command"
        }
        RefusedShape::Quoted => "target must be written without quotation marks",
        RefusedShape::Literal => "target must have a domain name after the @, like name@example.org, not an IP address",
        RefusedShape::Local => "target must be on the Internet; mail servers take this domain for their own",
    }
}

fn rate_limit_message(allowance: &Allowance) -> String {
    match allowance.wait_seconds.div_ceil(60) {
        _ if allowance.remaining > 0 => format!("your network can create only {} more for now", allowance.remaining),
        minutes => format!(
            "your network has reached the limit of {} creations within an hour; try again in {minutes} minutes",
            allowance.limit
        ),
    }
}
