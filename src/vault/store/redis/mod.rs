//! The shared table: Redis or Valkey, alone, behind Sentinel, or as a Cluster.
//!
//! | key | type | holds |
//! |---|---|---|
//! | `tempalias:{alias}` | hash | limits, `spent`, hash of the manage key, owner, sealed address; expires by itself |
//! | `tempalias:{alias}:held` | sorted set | tickets that hold or have spent a use |
//! | `tempalias:owner:{owner}` | sorted set | the owner's aliases by purge time, for `forget` |
//! | `tempalias:new:{counter}` | number | what was counted within a day; expires by itself |
//! | `tempalias:mark:{mark}` | number | since when the mark is there; expires by itself |
//!
//! `alias`, `owner`, `counter` and `mark` are keyed hashes in hexadecimal. Every step is one script on one hash slot,
//! with the server's clock; a step that is sent twice, because its answer was lost, counts once.

mod connection;
mod owners;
#[cfg(test)]
pub(crate) mod server;
#[cfg(test)]
mod tests;

use super::{Counter, Creation, Engine, Hold, Key, Mark, Outage, Owner, Record, Step};
use crate::alias::{Account, CONFIRM_WITHIN, DAY, GRACE, Limits, Time};
use crate::channel::MaybeReady;
use crate::config::settings::vault::Redis as RedisSettings;
use crate::runtime::Fatal;
use crate::wire::Ticket;
pub(crate) use connection::ports;
use connection::{Connection, Connector};
use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use redis::{ErrorKind, FromRedisValue, RedisError, Script, Value};
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

/// How long a spent ticket is remembered whose hold has run out: longer than any next host takes to answer.
const MEMORY: Duration = Duration::from_secs(3600);

/// The engine; clones share one connection.
#[derive(Clone)]
pub(crate) struct Redis(Rc<Inner>);

struct Inner {
    connector: Connector,
    min_replicas: u32,
    patience: Duration,
    scripts: Scripts,
}

struct Scripts {
    create: Script,
    hold: Script,
    spend: Script,
    refund: Script,
    amend: Script,
    index: Script,
    count: Script,
    uncount: Script,
    remove: Script,
    mark: Script,
    unmark: Script,
}

/// Arguments of a script.
type Octets = Vec<u8>;

impl Redis {
    /// Connects when it is first asked, so that the daemon starts while Redis is away.
    ///
    /// # Errors
    /// A URL that cannot be one.
    pub(crate) fn open(settings: &RedisSettings) -> Result<Self, Fatal> {
        let scripts = Scripts {
            create: Script::new(include_str!("lua/create.lua")),
            hold: Script::new(include_str!("lua/hold.lua")),
            spend: Script::new(include_str!("lua/spend.lua")),
            refund: Script::new(include_str!("lua/refund.lua")),
            amend: Script::new(include_str!("lua/amend.lua")),
            index: Script::new(include_str!("lua/index.lua")),
            count: Script::new(include_str!("lua/count.lua")),
            uncount: Script::new(include_str!("lua/uncount.lua")),
            remove: Script::new(include_str!("lua/remove.lua")),
            mark: Script::new(include_str!("lua/mark.lua")),
            unmark: Script::new(include_str!("lua/unmark.lua")),
        };
        let connector = Connector::new(settings)?;
        let (min_replicas, patience) = (settings.min_replicas, settings.timeout);
        Ok(Self(Rc::new(Inner { connector, min_replicas, patience, scripts })))
    }

    /// One step: the future of `work` on the shared state.
    fn step<T: 'static>(&self, work: impl AsyncFnOnce(Rc<Inner>) -> Result<T, Outage> + 'static) -> Step<T> {
        let inner = Rc::clone(&self.0);
        MaybeReady::later(async move { work(inner).await })
    }
}

impl Inner {
    async fn call<T: FromRedisValue>(&self, script: &Script, keys: &[String], args: &[Octets]) -> Result<T, Outage> {
        self.connector.with(async |mut connection| invoke(script, keys, args, &mut connection).await).await
    }

    /// The same for a step that must not be forgotten: enough replicas have it when it succeeds.
    async fn call_durably<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        args: &[Octets],
    ) -> Result<T, Outage> {
        let wait = (self.min_replicas > 0).then_some(self.min_replicas);
        self.connector
            .with(async |mut connection| {
                let answer = invoke(script, keys, args, &mut connection).await?;
                match (wait, keys.first()) {
                    (Some(replicas), Some(key)) => {
                        replicated(replicas, self.patience, key, &mut connection).await.map(|()| answer)
                    }
                    _ => Ok(answer),
                }
            })
            .await
    }
}

async fn invoke<T: FromRedisValue>(
    script: &Script,
    keys: &[String],
    args: &[Octets],
    connection: &mut Connection,
) -> Result<T, RedisError> {
    let mut invocation = script.prepare_invoke();
    for key in keys {
        invocation.key(key);
    }
    for arg in args {
        invocation.arg(arg.as_slice());
    }
    invocation.invoke_async(connection).await
}

/// Waits until `replicas` have all that this connection has written to the node of `key`.
async fn replicated(
    replicas: u32,
    patience: Duration,
    key: &str,
    connection: &mut Connection,
) -> Result<(), RedisError> {
    let mut wait = redis::cmd("WAIT");
    wait.arg(replicas).arg(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX));
    let acknowledged: u32 = match connection {
        Connection::Single(connection) => wait.query_async(connection).await?,
        Connection::Cluster(connection) => {
            // WAIT names no key; it goes to the node of this one.
            let slot = redis::cmd("CLUSTER").arg("KEYSLOT").arg(key).query_async(connection).await?;
            let route = Route::new(slot, SlotAddr::Master);
            let routing = RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(route));
            redis::from_redis_value(connection.route_command(wait, routing).await?)?
        }
    };
    if acknowledged >= replicas {
        Ok(())
    } else {
        Err((ErrorKind::Io, "fewer replicas than store.min_replicas have it").into())
    }
}

fn alias_key(key: &Key) -> String {
    format!("tempalias:{{{}}}", hex(key))
}

/// An alias and its holds: one hash slot.
fn pair(key: &Key) -> [String; 2] {
    let alias = alias_key(key);
    let held = format!("{alias}:held");
    [alias, held]
}

fn counter_key(counter: &Counter) -> String {
    format!("tempalias:new:{{{}}}", hex(counter))
}

fn mark_key(mark: &Mark) -> String {
    format!("tempalias:mark:{{{}}}", hex(mark))
}

fn hex(octets: &[u8; 16]) -> String {
    octets.iter().fold(String::with_capacity(32), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

fn unhex(text: &[u8]) -> Option<Key> {
    let text = std::str::from_utf8(text).ok()?;
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

fn damaged() -> Outage {
    Outage("an entry of the table is damaged".to_owned())
}

fn number(number: impl ToString) -> Octets {
    number.to_string().into_bytes()
}

fn optional(value: Option<impl ToString>) -> Octets {
    value.map_or_else(Vec::new, number)
}

/// Limits, paused and pending as arguments, in the order of the scripts.
fn arguments(account: &Account) -> [Octets; 5] {
    let Limits { not_before, not_after, max_usage } = account.limits;
    let flag = |set: bool| optional(set.then_some(1));
    [optional(not_before), optional(not_after), optional(max_usage), flag(account.paused), flag(account.pending)]
}

/// The fields of an alias, in the order in which they are read.
const FIELDS: [&str; 9] =
    ["not-before", "not-after", "max-usage", "paused", "pending", "spent", "manage", "owner", "sealed"];

fn record(fields: Vec<Option<Octets>>) -> Result<Option<Record>, Outage> {
    let [not_before, not_after, max_usage, paused, pending, spent, manage, owner, sealed] =
        <[Option<Octets>; 9]>::try_from(fields).map_err(|_| damaged())?;
    let Some(sealed) = sealed else { return Ok(None) };
    let limits =
        Limits { not_before: parsed(not_before)?, not_after: parsed(not_after)?, max_usage: parsed(max_usage)? };
    let spent = parsed(spent)?.ok_or_else(damaged)?;
    let sixteen = |octets: Option<Octets>| octets.and_then(|o| o.try_into().ok()).ok_or_else(damaged);
    Ok(Some(Record {
        account: Account { limits, spent, paused: paused.is_some(), pending: pending.is_some() },
        manage: sixteen(manage)?,
        owner: sixteen(owner)?,
        sealed: sealed.into(),
    }))
}

fn parsed<T: std::str::FromStr>(text: Option<Octets>) -> Result<Option<T>, Outage> {
    let parse = |text: Octets| std::str::from_utf8(&text).ok()?.parse().ok();
    text.map(|text| parse(text).ok_or_else(damaged)).transpose()
}

/// For the index: whose alias it is, and when it ends.
type End = (Owner, Option<Time>);

/// `{done, owner, purge time}` of a script: whether it did something, and what the index must be told.
fn outcome(values: Vec<Value>) -> Result<(i64, Option<End>), Outage> {
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

impl Engine for Redis {
    fn now(&self) -> Step<Time> {
        self.step(async |inner| {
            let time = async |mut connection: Connection| redis::cmd("TIME").query_async(&mut connection).await;
            let (seconds, _): (Time, u32) = inner.connector.with(time).await?;
            Ok(seconds)
        })
    }

    fn create(&self, key: Key, record: Record, now: Time, most: u32) -> Step<Creation> {
        self.step(async move |inner| {
            let purge = record.account.purge_at(now);
            // First, so that `forget` finds whatever exists.
            if !inner.index(&record.owner, &key, purge, most).await? {
                // An outage may have left some in the list that were never made.
                let tidied = inner.tidy(&record.owner).await?;
                if !tidied || !inner.index(&record.owner, &key, purge, most).await? {
                    return Ok(Creation::Full);
                }
            }
            let (manage, owner) = (record.manage.to_vec(), record.owner.to_vec());
            let mut args = vec![manage, owner, record.sealed.into_vec(), optional(purge)];
            args.extend(arguments(&record.account));
            let made = inner.call_durably(&inner.scripts.create, &[alias_key(&key)], &args).await?;
            Ok(if made { Creation::Made } else { Creation::Taken })
        })
    }

    fn count(&self, counter: Counter, limit: u32, more: u32) -> Step<bool> {
        self.step(async move |inner| {
            let args = [number(limit), number(DAY), number(more)];
            inner.call(&inner.scripts.count, &[counter_key(&counter)], &args).await
        })
    }

    fn uncount(&self, counter: Counter, fewer: u32) -> Step<()> {
        self.step(async move |inner| {
            inner.call::<i64>(&inner.scripts.uncount, &[counter_key(&counter)], &[number(fewer)]).await.map(drop)
        })
    }

    fn read(&self, key: Key) -> Step<Option<Record>> {
        self.step(async move |inner| {
            let read = async |mut connection: Connection| {
                redis::cmd("HMGET").arg(alias_key(&key)).arg(&FIELDS).query_async(&mut connection).await
            };
            record(inner.connector.with(read).await?)
        })
    }

    fn hold(&self, key: Key, ticket: Ticket, seconds: u64) -> Step<Hold> {
        self.step(async move |inner| {
            let args = [ticket.as_bytes().to_vec(), number(seconds.saturating_mul(1000))];
            let answer: Vec<Value> = inner.call(&inner.scripts.hold, &pair(&key), &args).await?;
            match <[Value; 3]>::try_from(answer) {
                Ok([_, sealed, counted]) => {
                    let sealed = Octets::from_redis_value(sealed).map_err(|_| damaged())?;
                    Ok(Hold::Held { counted: counted == Value::Int(1), sealed: sealed.into() })
                }
                Err(short) if short.first() == Some(&Value::Int(1)) => Ok(Hold::Busy),
                Err(_) => Ok(Hold::No),
            }
        })
    }

    fn release(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.step(async move |inner| {
            let [_, held] = pair(&key);
            // The desk releases no ticket that is spent, so the mark of a spent one is never removed here.
            let release = async |mut connection: Connection| {
                let mut release = redis::cmd("ZREM");
                release.arg(held).arg(ticket.as_bytes().as_slice());
                release.query_async::<()>(&mut connection).await
            };
            inner.connector.with(release).await
        })
    }

    fn spend(&self, key: Key, ticket: Ticket) -> Step<bool> {
        self.step(async move |inner| {
            let args = [ticket.as_bytes().to_vec(), number(MEMORY.as_millis()), number(GRACE)];
            let answer = inner.call_durably(&inner.scripts.spend, &pair(&key), &args).await?;
            let (done, last) = outcome(answer)?;
            if let Some((owner, purge)) = last {
                // The use is counted: a stale index is no reason to fail.
                let _ = inner.index(&owner, &key, purge, 0).await;
            }
            Ok(done == 1)
        })
    }

    fn refund(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.step(async move |inner| {
            let args = [ticket.as_bytes().to_vec()];
            inner.call_durably::<i64>(&inner.scripts.refund, &pair(&key), &args).await.map(drop)
        })
    }

    fn undo(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.refund(key, ticket)
    }

    fn amend(&self, key: Key, seen: Account, new: Account) -> Step<bool> {
        self.step(async move |inner| {
            let mut args = vec![number(GRACE), number(CONFIRM_WITHIN)];
            args.extend([arguments(&seen), arguments(&new)].concat());
            let (done, ends) = outcome(inner.call_durably(&inner.scripts.amend, &[alias_key(&key)], &args).await?)?;
            if let Some((owner, purge)) = ends {
                inner.index(&owner, &key, purge, 0).await?;
            }
            Ok(done == 1)
        })
    }

    fn remove(&self, key: Key) -> Step<bool> {
        self.step(async move |inner| inner.remove(&key).await)
    }

    fn forget(&self, owner: Owner) -> Step<u64> {
        self.step(async move |inner| {
            let mut removed = 0;
            for alias in inner.listed(&owner).await? {
                let key = unhex(&alias).ok_or_else(damaged)?;
                removed += u64::from(inner.remove(&key).await?);
                // One by one: what is made meanwhile stays listed.
                inner.unlist(&owner, &alias).await?;
            }
            Ok(removed)
        })
    }

    fn sweep(&self) -> Step<u64> {
        // Keys expire by themselves.
        MaybeReady::Ready(Ok(0))
    }

    fn mark(&self, mark: Mark, until: Option<Time>) -> Step<()> {
        self.step(async move |inner| {
            inner.call_durably::<i64>(&inner.scripts.mark, &[mark_key(&mark)], &[optional(until)]).await.map(drop)
        })
    }

    fn unmark(&self, mark: Mark) -> Step<bool> {
        self.step(async move |inner| inner.call_durably(&inner.scripts.unmark, &[mark_key(&mark)], &[]).await)
    }

    fn marked(&self, mark: Mark) -> Step<Option<Time>> {
        self.step(async move |inner| {
            let look = async |mut connection: Connection| {
                redis::cmd("GET").arg(mark_key(&mark)).query_async(&mut connection).await
            };
            inner.connector.with(look).await
        })
    }

    fn alias_count(&self) -> Step<Option<u64>> {
        MaybeReady::Ready(Ok(None))
    }
}
