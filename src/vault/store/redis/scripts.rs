//! Scripts, by which every step is atomic, and how they are run.

use super::connection::{Connection, Connector};
use super::encoding::Octets;
use crate::vault::store::StoreError;
use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use redis::{ErrorKind, FromRedisValue, RedisError, Script};
use std::time::Duration;

/// What the steps share.
pub(super) struct Inner {
    pub(super) connector: Connector,
    pub(super) min_replicas: u32,
    pub(super) timeout: Duration,
    pub(super) scripts: Scripts,
}

/// A script for each step that changes something.
pub(super) struct Scripts {
    pub(super) create: Script,
    pub(super) admit: Script,
    pub(super) spend: Script,
    pub(super) refund: Script,
    pub(super) settle: Script,
    pub(super) amend: Script,
    pub(super) index: Script,
    pub(super) count: Script,
    pub(super) uncount: Script,
    pub(super) remove: Script,
    pub(super) mark: Script,
    pub(super) unmark: Script,
}

impl Scripts {
    pub(super) fn load() -> Self {
        Self {
            create: Script::new(include_str!("lua/create.lua")),
            admit: Script::new(include_str!("lua/admit.lua")),
            spend: Script::new(include_str!("lua/spend.lua")),
            refund: Script::new(include_str!("lua/refund.lua")),
            settle: Script::new(include_str!("lua/settle.lua")),
            amend: Script::new(include_str!("lua/amend.lua")),
            index: Script::new(include_str!("lua/index.lua")),
            count: Script::new(include_str!("lua/count.lua")),
            uncount: Script::new(include_str!("lua/uncount.lua")),
            remove: Script::new(include_str!("lua/remove.lua")),
            mark: Script::new(include_str!("lua/mark.lua")),
            unmark: Script::new(include_str!("lua/unmark.lua")),
        }
    }
}

impl Inner {
    /// Runs a script, which is one step.
    pub(super) async fn call<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        args: &[Octets],
    ) -> Result<T, StoreError> {
        self.connector.run(async |mut connection| invoke(script, keys, args, &mut connection).await).await
    }

    /// The same for a step that must not be lost: enough replicas have it when it succeeds.
    pub(super) async fn call_durably<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        args: &[Octets],
    ) -> Result<T, StoreError> {
        let wait = (self.min_replicas > 0).then_some(self.min_replicas);
        self.connector
            .run(async |mut connection| {
                let answer = invoke(script, keys, args, &mut connection).await?;
                match (wait, keys.first()) {
                    (Some(replicas), Some(key)) => {
                        replicated(replicas, self.timeout, key, &mut connection).await.map(|()| answer)
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
    timeout: Duration,
    key: &str,
    connection: &mut Connection,
) -> Result<(), RedisError> {
    let mut wait = redis::cmd("WAIT");
    wait.arg(replicas).arg(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
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
