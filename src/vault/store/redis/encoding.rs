//! Names of keys, arguments and answers of scripts, and the fields of an alias.

use crate::alias::{AliasState, Limits, Time};
use crate::vault::store::{Counter, Key, Mark, Owner, Record, StoreError};
use data_encoding::HEXLOWER;
use redis::{FromRedisValue, Value};

/// An argument or an answer of a script.
pub(super) type Octets = Vec<u8>;

pub(super) fn alias_key(key: &Key) -> String {
    format!("tempalias:{{{}}}", hex(key))
}

/// An alias and its unsettled uses, on one hash slot.
pub(super) fn alias_and_unsettled(key: &Key) -> [String; 2] {
    let alias = alias_key(key);
    let unsettled = format!("{alias}:unsettled");
    [alias, unsettled]
}

/// What an earlier version held of an alias: not read any more, and expires by itself.
pub(super) fn held_key(key: &Key) -> String {
    format!("{}:held", alias_key(key))
}

pub(super) fn counter_key(counter: &Counter) -> String {
    format!("tempalias:new:{{{}}}", hex(counter))
}

pub(super) fn mark_key(mark: &Mark) -> String {
    format!("tempalias:mark:{{{}}}", hex(mark))
}

pub(super) fn hex(octets: &[u8; 16]) -> String {
    HEXLOWER.encode(octets)
}

pub(super) fn unhex(text: &[u8]) -> Option<Key> {
    HEXLOWER.decode(text).ok()?.try_into().ok()
}

pub(super) fn damaged() -> StoreError {
    StoreError("an entry of the table is damaged".to_owned())
}

pub(super) fn number(number: impl ToString) -> Octets {
    number.to_string().into_bytes()
}

pub(super) fn optional(value: Option<impl ToString>) -> Octets {
    value.map_or_else(Vec::new, number)
}

/// Limits, paused and pending as arguments, in the order of the scripts.
pub(super) fn arguments(state: &AliasState) -> [Octets; 5] {
    let Limits { not_before, not_after, max_usage } = state.limits;
    let flag = |set: bool| optional(set.then_some(1));
    [optional(not_before), optional(not_after), optional(max_usage), flag(state.paused), flag(state.pending)]
}

/// The fields of an alias, in the order in which they are read.
pub(super) const FIELDS: [&str; 9] =
    ["not-before", "not-after", "max-usage", "paused", "pending", "spent", "manage", "owner", "sealed"];

pub(super) fn record(fields: Vec<Option<Octets>>) -> Result<Option<Record>, StoreError> {
    let [not_before, not_after, max_usage, paused, pending, spent, manage, owner, sealed] =
        <[Option<Octets>; 9]>::try_from(fields).map_err(|_| damaged())?;
    let Some(sealed) = sealed else { return Ok(None) };
    let limits =
        Limits { not_before: parsed(not_before)?, not_after: parsed(not_after)?, max_usage: parsed(max_usage)? };
    let spent = parsed(spent)?.ok_or_else(damaged)?;
    let sixteen = |octets: Option<Octets>| octets.and_then(|o| o.try_into().ok()).ok_or_else(damaged);
    Ok(Some(Record {
        state: AliasState { limits, spent, paused: paused.is_some(), pending: pending.is_some() },
        manage: sixteen(manage)?,
        owner: sixteen(owner)?,
        sealed: sealed.into(),
    }))
}

fn parsed<T: std::str::FromStr>(text: Option<Octets>) -> Result<Option<T>, StoreError> {
    let parse = |text: Octets| std::str::from_utf8(&text).ok()?.parse().ok();
    text.map(|text| parse(text).ok_or_else(damaged)).transpose()
}

/// For the index: whose alias it is, and when it ends.
pub(super) type End = (Owner, Option<Time>);

/// `{done, owner, purge time}` of a script: whether it did something, and what the index must be told.
pub(super) fn outcome(values: Vec<Value>) -> Result<(i64, Option<End>), StoreError> {
    let wrong = |_| damaged();
    let mut values = values.into_iter();
    let done = values.next().ok_or_else(damaged)?;
    let done = i64::from_redis_value(done).map_err(wrong)?;
    let (Some(owner), Some(purge)) = (values.next(), values.next()) else { return Ok((done, None)) };
    let owner = Owner::try_from(Octets::from_redis_value(owner).map_err(wrong)?).map_err(|_| damaged())?;
    let purge = match purge {
        Value::Int(seconds) => Time::try_from(seconds).ok(),
        _ => None,
    };
    Ok((done, Some((owner, purge))))
}
