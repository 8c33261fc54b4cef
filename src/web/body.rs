//! What a client sends: JSON or a form, either as a flat set of named values.

use super::error::{FieldError, WebError};
use crate::alias::{Caps, Change, OrderError, RequestedLimits};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::time::Duration;

/// Octets of a body at the most.
const MAX_BODY_OCTETS: usize = 1024;

/// As many edits a name may be away from a known one that is meant by it.
const MAX_NAME_EDITS: usize = 2;

/// The names of values that an order of aliases may have. A name with an underscore is that of the 2010 original, or
/// what programs make of the one with a hyphen.
pub(super) const ORDER_MEMBERS: &[&str] = &[
    "target",
    "domain",
    "days",
    "max-usage",
    "max_usage",
    "valid-from",
    "valid_from",
    "valid-until",
    "valid_until",
    "count",
];

/// The names of values that a change of an alias may have; `action` is the button of a form.
pub(super) const CHANGE_MEMBERS: &[&str] =
    &["days", "max-usage", "max_usage", "valid-until", "valid_until", "paused", "action"];

/// The names of values that an order of a token may have. Times are among them to be refused with the reason.
pub(super) const TOKEN_MEMBERS: &[&str] =
    &["target", "domain", "days", "max-usage", "max_usage", "valid-from", "valid_from", "valid-until", "valid_until"];

/// The one value by which a token is revoked.
pub(super) const TOKEN_REVOCATION_MEMBERS: &[&str] = &["token"];

/// The one value by which somebody opts out.
pub(super) const OPT_OUT_MEMBERS: &[&str] = &["target"];

/// In what form a body comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediaType {
    Json,
    /// Of a form, of plain text, or not said: programs often say the wrong one.
    Form,
    /// None that is read here.
    Other,
}

impl MediaType {
    fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Self::Form };
        let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/json" => Self::Json,
            structured if structured.starts_with("application/") && structured.ends_with("+json") => Self::Json,
            "" | "application/x-www-form-urlencoded" | "text/plain" => Self::Form,
            _ => Self::Other,
        }
    }
}

/// Named values.
pub(super) struct Fields(Map<String, Value>);

/// Reads the request's body, whose values may have the names in `members`. A name that is none of them is an error:
/// a limit whose name is misspelt would silently be none.
///
/// Programs that POST with curl's `-d` send JSON under the content type of a form, as they did to
/// the original: what begins with a brace is JSON.
pub(super) async fn read(
    body: Incoming,
    headers: &HeaderMap,
    within: Duration,
    members: &'static [&'static str],
) -> Result<Fields, WebError> {
    let media_type = MediaType::of(headers);
    let octets = octets(body, within, MAX_BODY_OCTETS).await?;
    if media_type == MediaType::Other && !is_object(&octets) {
        return Err(WebError::UnsupportedMediaType);
    }
    let fields = parse(media_type == MediaType::Json, &octets)?;
    fields.refuse_unknown(members)?;
    Ok(fields)
}

/// Whether the body is a JSON object, whatever its content type says.
fn is_object(body: &[u8]) -> bool {
    without_mark(body).trim_ascii_start().starts_with(b"{")
}

/// Some programs put a byte order mark before their UTF-8 (RFC 8259 §8.1 lets a reader ignore it).
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The named values of a body: of JSON, if its content type says so or it begins with a brace; else of a form.
pub(super) fn parse(says_json: bool, body: &[u8]) -> Result<Fields, WebError> {
    if says_json || is_object(body) {
        return json(body);
    }
    // What is not UTF-8 is decoded to U+FFFD, which nobody means.
    if form_urlencoded::parse(body).any(|(name, value)| [name, value].iter().any(|text| text.contains('\u{fffd}'))) {
        return Err(WebError::BodyMalformed("the body is not UTF-8".to_owned()));
    }
    let fields = form_urlencoded::parse(body).filter(|(_, value)| !value.trim().is_empty());
    Ok(Fields(fields.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()))
}

/// The octets of the body, `limit` at the most.
pub(super) async fn octets(body: Incoming, within: Duration, limit: usize) -> Result<Bytes, WebError> {
    let body = Limited::new(body, limit).collect();
    match tokio::time::timeout(within, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(cause)) if cause.is::<LengthLimitError>() => Err(WebError::BodyTooLong(limit)),
        Ok(Err(_)) | Err(_) => Err(WebError::BodyTimeout),
    }
}

/// The members of a JSON object; none if there is nothing at all.
pub(super) fn json(body: &[u8]) -> Result<Fields, WebError> {
    let body = without_mark(body);
    if body.trim_ascii().is_empty() {
        return Ok(Fields(Map::new()));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(Fields(fields)),
        Ok(_) => Err(WebError::BodyMalformed("the body must be a JSON object".to_owned())),
        Err(cause) => Err(WebError::BodyMalformed(format!("the body is not JSON: {cause}"))),
    }
}

impl Fields {
    /// A value under the first of its names that is given; `null` is as if it were not.
    fn get(&self, names: &[&str]) -> Option<&Value> {
        names.iter().filter_map(|name| self.0.get(*name)).find(|value| !value.is_null())
    }

    fn refuse_unknown(&self, members: &'static [&'static str]) -> Result<(), WebError> {
        match self.0.keys().find(|name| !members.contains(&name.as_str())) {
            Some(name) => Err(WebError::UnknownMember { name: name.clone(), meant: closest(name, members), members }),
            None => Ok(()),
        }
    }

    /// Whether a value is given under this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(&[name]).is_some()
    }

    /// How many are wanted.
    pub(super) fn count(&self) -> Result<Option<i64>, FieldError> {
        self.get(&["count"]).map(|value| whole(value).ok_or(FieldError::Count)).transpose()
    }

    /// A text, or `error` if it is something else.
    pub(super) fn text(&self, name: &str, error: OrderError) -> Result<Option<&str>, OrderError> {
        self.get(&[name]).map(|value| value.as_str().ok_or(error)).transpose()
    }

    /// The target, which must be there.
    pub(super) fn target(&self) -> Result<String, OrderError> {
        Ok(self.text("target", OrderError::Target)?.ok_or(OrderError::Target)?.trim().to_owned())
    }

    /// The domain that is asked for, if one is.
    pub(super) fn domain(&self) -> Result<Option<String>, OrderError> {
        Ok(self.text("domain", OrderError::Domain)?.map(str::to_owned))
    }

    /// The text of a form's button or hidden field.
    pub(super) fn plain(&self, name: &str) -> &str {
        self.get(&[name]).and_then(Value::as_str).unwrap_or_default()
    }

    fn whole(&self, names: &[&str], error: OrderError) -> Result<Option<i64>, OrderError> {
        self.get(names).map(|value| whole(value).ok_or(error)).transpose()
    }

    fn time(&self, names: &[&str], edge: Edge, error: OrderError) -> Result<Option<i64>, OrderError> {
        self.get(names).map(|value| time(value, edge).ok_or(error)).transpose()
    }

    /// The limits of a new alias.
    pub(super) fn requested_limits(&self, caps: Caps) -> Result<RequestedLimits, OrderError> {
        Ok(RequestedLimits {
            days: self.whole(&["days"], OrderError::Days { max: caps.max_days })?,
            max_usage: self.whole(&["max-usage", "max_usage"], OrderError::MaxUsage { max: caps.max_usage })?,
            valid_from: self.time(&["valid-from", "valid_from"], Edge::Start, OrderError::ValidFrom)?,
            valid_until: self.time(
                &["valid-until", "valid_until"],
                Edge::End,
                OrderError::ValidUntil { max: caps.max_days },
            )?,
        })
    }

    /// What is to change.
    pub(super) fn change(&self, caps: Caps) -> Result<Change, WebError> {
        let paused = match self.get(&["paused"]) {
            None => None,
            Some(Value::Bool(paused)) => Some(*paused),
            Some(Value::String(text)) if text == "true" || text == "false" => Some(text == "true"),
            Some(_) => return Err(FieldError::Paused.into()),
        };
        let RequestedLimits { days, max_usage, valid_until, .. } = self.requested_limits(caps)?;
        let change = Change { days, max_usage, valid_until, paused };
        if change == Change::default() { Err(FieldError::NothingChanges.into()) } else { Ok(change) }
    }
}

/// The known name that is meant by another one, if there is one that resembles it.
fn closest(name: &str, members: &'static [&'static str]) -> Option<&'static str> {
    // `maxUsage` and `MAX_USAGE` are spelled as other programs spell names.
    let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '_'], "");
    let edits = |known: &&&str| strsim::levenshtein(&plain(known), &plain(name));
    members.iter().min_by_key(edits).filter(|near| edits(near) <= MAX_NAME_EDITS).copied()
}

/// A whole number; forms and some programs send it as text.
fn whole(value: &Value) -> Option<i64> {
    match value {
        // JSON has one kind of number: 3.0 is 3.
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(exact)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A whole number that was written with a fraction; `None` where an `f64` no longer tells it from its neighbours.
fn exact(number: f64) -> Option<i64> {
    const EXACT: f64 = (1_i64 << f64::MANTISSA_DIGITS) as f64;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

/// Which end of a day a date stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    /// Its first second.
    Start,
    /// The first second after it: the day is included.
    End,
}

/// A time as RFC 3339 has it, a date, which is a day in UTC, or Unix seconds.
fn time(value: &Value, edge: Edge) -> Option<i64> {
    match value {
        Value::String(text) => match text.trim().parse::<Timestamp>() {
            Ok(time) => Some(time.as_second()),
            Err(_) => day(text.trim(), edge).or_else(|| whole(value)),
        },
        _ => whole(value),
    }
}

fn day(text: &str, edge: Edge) -> Option<i64> {
    // The parser would take a time after the date as well, and ignore it.
    let date: Date = Some(text).filter(|text| text.len() == "2026-12-01".len())?.parse().ok()?;
    let date = if edge == Edge::End { date.tomorrow().ok()? } else { date };
    Some(TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok()?.as_second())
}
