//! Answers, and the header fields that all of one kind carry.

use super::negotiate;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use std::io::Write;

pub(super) type Answer = Response<Full<Bytes>>;

/// Everything comes from this site, nobody frames it, nothing runs that is not a file of it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What pages of ours never ask a browser for.
const PERMISSIONS_POLICY_VALUE: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Shorter answers are not worth compressing.
const MIN_COMPRESSED_OCTETS: usize = 1024;

/// An answer of this type and content.
pub(super) fn of(status: StatusCode, content_type: &'static str, content: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(content.into()));
    *answer.status_mut() = status;
    set(&mut answer, header::CONTENT_TYPE, content_type);
    set(&mut answer, header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(&mut answer, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut answer, header::REFERRER_POLICY, "no-referrer");
    answer
}

/// An answer made for this request alone: not stored by anybody, compressed if it is long.
pub(super) fn fresh(
    status: StatusCode,
    content_type: &'static str,
    content: impl Into<Bytes>,
    request: &HeaderMap,
) -> Answer {
    let content = content.into();
    let worth = content.len() > MIN_COMPRESSED_OCTETS;
    let zipped = if worth && negotiate::takes_gzip(request) { gzip(&content, Compression::default()) } else { None };
    let coded = zipped.is_some();
    let mut answer = of(status, content_type, zipped.map_or(content, Bytes::from));
    if worth {
        set(&mut answer, header::VARY, "Accept-Encoding");
    }
    if coded {
        set(&mut answer, header::CONTENT_ENCODING, "gzip");
    }
    set(&mut answer, header::CACHE_CONTROL, "no-store");
    answer
}

/// Keeps what is ours apart from other sites: their windows, their embedding.
pub(super) fn isolate(answer: &mut Answer) {
    set(answer, OPENER_POLICY, "same-origin");
    set(answer, PERMISSIONS_POLICY, PERMISSIONS_POLICY_VALUE);
    set(answer, RESOURCE_POLICY, "same-origin");
}

/// Lets a window that another site has opened talk to it: the bookmarklet's.
pub(super) fn keep_opener(answer: &mut Answer) {
    set(answer, OPENER_POLICY, "unsafe-none");
}

/// Tells browsers to come back by HTTPS only.
pub(super) fn insist_on_tls(answer: &mut Answer) {
    set(answer, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
}

/// Plain text for people who look with curl.
pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut answer = of(status, "text/plain; charset=utf-8", text);
    set(&mut answer, header::CACHE_CONTROL, "no-store");
    answer
}

/// Sets a field to a value known to be valid.
pub(super) fn set(answer: &mut Answer, name: HeaderName, value: &'static str) {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// Sets a field to a value made of what we know; left out if it cannot be a value.
pub(super) fn set_text(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// `content` compressed; `None` where that does not make it shorter.
pub(super) fn gzip(content: &[u8], level: Compression) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(content).ok()?;
    encoder.finish().ok().filter(|zipped| zipped.len() < content.len())
}

/// An answer to a program, from any site.
pub(super) fn json(status: StatusCode, content: &Value, request: &HeaderMap) -> Answer {
    let mut answer = fresh(status, "application/json; charset=utf-8", format!("{content}\n"), request);
    allow_all_origins(&mut answer);
    answer
}

/// To a program: it is done, and there is nothing to tell.
pub(super) fn no_content() -> Answer {
    let mut answer = text(StatusCode::NO_CONTENT, "");
    allow_all_origins(&mut answer);
    answer
}

/// To a browser that asks whether a script of another site may use the API: it may, it has no credentials to abuse.
pub(super) fn preflight(methods: &'static str) -> Answer {
    let mut answer = no_content();
    set(&mut answer, header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    set(
        &mut answer,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, authentication, content-type, accept, idempotency-key, x-requested-with",
    );
    set(&mut answer, header::ACCESS_CONTROL_MAX_AGE, "86400");
    set(&mut answer, header::ALLOW, methods);
    answer
}

/// Scripts of every site may read it: there are no cookies, so that they read nothing that they could not without.
fn allow_all_origins(answer: &mut Answer) {
    set(answer, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    set(answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, "Location, RateLimit, RateLimit-Policy, Retry-After");
}
