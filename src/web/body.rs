//! What a client sends: JSON or a form, either as a flat set of named values.

use super::error::{FieldError, WebError};
use crate::alias::{Caps, Change, OrderError, RequestedLimits};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// Octets of a body at the most.
const MAX_BODY_OCTETS: usize = 1024;

/// Named values.
pub(super) struct Fields(Map<String, Value>);

/// Reads the request's body.
///
/// Programs that POST with curl's `-d` send JSON under the content type of a form, as they did to
/// the original: what begins with a brace is JSON.
pub(super) async fn read(body: Incoming, headers: &HeaderMap, within: Duration) -> Result<Fields, WebError> {
    let says_json = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("application/json"));
    parse(says_json, &octets(body, within, MAX_BODY_OCTETS).await?)
}

/// The named values of a body: of JSON, if its content type says so or it begins with a brace; else of a form.
pub(super) fn parse(says_json: bool, body: &[u8]) -> Result<Fields, WebError> {
    if says_json || body.trim_ascii_start().starts_with(b"{") {
        return json(body);
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
        names.iter().find_map(|name| self.0.get(*name)).filter(|value| !value.is_null())
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

    fn time(&self, names: &[&str], error: OrderError) -> Result<Option<i64>, OrderError> {
        self.get(names).map(|value| time(value).ok_or(error)).transpose()
    }

    /// The limits of a new alias.
    pub(super) fn requested_limits(&self, caps: Caps) -> Result<RequestedLimits, OrderError> {
        Ok(RequestedLimits {
            days: self.whole(&["days"], OrderError::Days { max: caps.max_days })?,
            max_usage: self.whole(&["max-usage", "max_usage"], OrderError::MaxUsage { max: caps.max_usage })?,
            valid_from: self.time(&["valid-from", "valid_from"], OrderError::ValidFrom)?,
            valid_until: self.time(&["valid-until", "valid_until"], OrderError::ValidUntil { max: caps.max_days })?,
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

/// A time as RFC 3339 has it, or Unix seconds.
fn time(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => match text.trim().parse::<Timestamp>() {
            Ok(time) => Some(time.as_second()),
            Err(_) => whole(value),
        },
        _ => whole(value),
    }
}
