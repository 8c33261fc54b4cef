//! The shared table: Redis or Valkey, alone, behind Sentinel, or as a Cluster.
//!
//! | key | type | holds |
//! |---|---|---|
//! | `tempalias:{alias}` | hash | limits, `spent`, hash of the manage key, owner, sealed address; expires by itself |
//! | `tempalias:{alias}:unsettled` | sorted set | tickets whose use is spent and may be given back; expires by itself |
//! | `tempalias:owner:{owner}` | sorted set | the owner's aliases by purge time, for `forget` |
//! | `tempalias:new:{counter}` | number | what was counted within a day; expires by itself |
//! | `tempalias:mark:{mark}` | number | since when the mark is there; expires by itself |
//!
//! `alias`, `owner`, `counter` and `mark` are keyed hashes in hexadecimal. Every step is one script on one hash slot,
//! with the server's clock. A spend or refund that is sent twice, because its answer was lost, counts once.

mod connection;
mod encoding;
mod owners;
mod scripts;
#[cfg(test)]
pub(crate) mod server;
#[cfg(test)]
mod tests;

use super::{AdmitOutcome, Counter, Creation, Engine, Key, Mark, Owner, Record, SpendOutcome, Step, StoreError};
use crate::alias::{AliasState, CONFIRM_WITHIN_SECONDS, DAY, Time, USED_UP_RETENTION_SECONDS};
use crate::channel::MaybeReady;
use crate::config::settings::vault::Redis as RedisSettings;
use crate::runtime::Fatal;
use crate::wire::Ticket;
pub(crate) use connection::ports;
use connection::{Connection, Connector};
use encoding::{
    FIELDS, Octets, alias_and_unsettled, alias_key, arguments, counter_key, damaged, mark_key, number, optional,
    outcome, record, unhex,
};
use redis::{FromRedisValue, Value};
use scripts::{Inner, Scripts};
use std::rc::Rc;
use std::time::Duration;

/// The engine. Clones share one connection.
#[derive(Clone)]
pub(crate) struct Redis(Rc<Inner>);

impl Redis {
    /// Connects when it is first asked, so that the daemon starts while Redis is away.
    ///
    /// # Errors
    /// A URL that cannot be one.
    pub(crate) fn open(settings: &RedisSettings) -> Result<Self, Fatal> {
        let scripts = Scripts::load();
        let connector = Connector::new(settings)?;
        let (min_replicas, timeout) = (settings.min_replicas, settings.timeout);
        Ok(Self(Rc::new(Inner { connector, min_replicas, timeout, scripts })))
    }

    /// One step: the future of `work` on the shared state.
    fn step<T: 'static>(&self, work: impl AsyncFnOnce(Rc<Inner>) -> Result<T, StoreError> + 'static) -> Step<T> {
        let inner = Rc::clone(&self.0);
        MaybeReady::later(async move { work(inner).await })
    }
}

impl Engine for Redis {
    fn now(&self) -> Step<Time> {
        self.step(async |inner| {
            let time = async |mut connection: Connection| redis::cmd("TIME").query_async(&mut connection).await;
            let (seconds, _): (Time, u32) = inner.connector.run(time).await?;
            Ok(seconds)
        })
    }

    fn create(&self, key: Key, record: Record, now: Time, limit: u32) -> Step<Creation> {
        self.step(async move |inner| {
            let purge = record.state.purge_at(now);
            // First, so that `forget` finds whatever exists.
            if !inner.index(&record.owner, &key, purge, limit).await? {
                // An outage may have left aliases in the index that were never made.
                let tidied = inner.tidy(&record.owner).await?;
                if !tidied || !inner.index(&record.owner, &key, purge, limit).await? {
                    return Ok(Creation::Full);
                }
            }
            let (manage, owner) = (record.manage.to_vec(), record.owner.to_vec());
            let mut args = vec![manage, owner, record.sealed.into_vec(), optional(purge)];
            args.extend(arguments(&record.state));
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
            record(inner.connector.run(read).await?)
        })
    }

    fn admit(&self, key: Key) -> Step<AdmitOutcome> {
        self.step(async move |inner| {
            let answer: Vec<Value> = inner.call(&inner.scripts.admit, &alias_and_unsettled(&key), &[]).await?;
            let mut answer = answer.into_iter();
            match (answer.next(), answer.next(), answer.next()) {
                (_, Some(sealed), remaining) => {
                    let sealed = Octets::from_redis_value(sealed).map_err(|_| damaged())?;
                    let remaining = remaining.map(u32::from_redis_value).transpose().map_err(|_| damaged())?;
                    Ok(AdmitOutcome::Admitted { sealed: sealed.into(), remaining })
                }
                (Some(Value::Int(1)), None, _) => Ok(AdmitOutcome::Busy),
                _ => Ok(AdmitOutcome::No),
            }
        })
    }

    fn spend(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<SpendOutcome> {
        self.step(async move |inner| {
            let args = [ticket.as_bytes().to_vec(), number(lifetime.as_millis()), number(USED_UP_RETENTION_SECONDS)];
            let answer = inner.call_durably(&inner.scripts.spend, &alias_and_unsettled(&key), &args).await?;
            Ok(match <Vec<i64>>::as_slice(&answer) {
                [2, counted, last] => SpendOutcome::Done { counted: *counted == 1, last: *last == 1 },
                [1] => SpendOutcome::Busy,
                _ => SpendOutcome::No,
            })
        })
    }

    fn refund(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.step(async move |inner| inner.refund(&key, vec![ticket.as_bytes().to_vec()]).await)
    }

    fn settle(&self, key: Key, ticket: Ticket) -> Step<()> {
        self.step(async move |inner| {
            let args = [ticket.as_bytes().to_vec()];
            let (_, end) = outcome(inner.call(&inner.scripts.settle, &alias_and_unsettled(&key), &args).await?)?;
            match end {
                Some((owner, purge)) => inner.index(&owner, &key, purge, 0).await.map(drop),
                None => Ok(()),
            }
        })
    }

    fn undo(&self, key: Key, ticket: Ticket, lifetime: Duration) -> Step<()> {
        self.step(async move |inner| {
            inner.refund(&key, vec![ticket.as_bytes().to_vec(), number(lifetime.as_millis())]).await
        })
    }

    fn amend(&self, key: Key, seen: AliasState, new: AliasState) -> Step<bool> {
        self.step(async move |inner| {
            let mut args = vec![number(USED_UP_RETENTION_SECONDS), number(CONFIRM_WITHIN_SECONDS)];
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
                // One by one: what is made meanwhile stays in the index.
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
            inner.connector.run(look).await
        })
    }

    fn alias_count(&self) -> Step<Option<u64>> {
        MaybeReady::Ready(Ok(None))
    }
}
