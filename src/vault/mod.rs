//! The `vault` role: the table, the keys, and who may know what of them.

mod admin;
mod capability;
mod notification;
mod outbox;
mod seal;
mod service;
mod srs;
mod store;
pub mod testing;
mod tickets;

use crate::channel::{Door, MaybeReady, RpcServer};
use crate::config::settings::vault::{Fixed, Live, Redis, Store, Topology};
use crate::runtime::{self, Fatal, Ports, Promise, Startup};
use seal::Seal;
use service::Desk;
use std::rc::Rc;
use std::time::Duration;
use store::Engine;

/// How often tickets past their deadline and aliases past their purge time are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Startup::<Fixed, Live>::take("vault")?;
    runtime::block_on(async move {
        let seal = start.open(|| Seal::open(&start.fixed.key_file))?;
        let engine = start.open(|| open_engine(&start.fixed.store, &seal))?;
        let [smtp, relay, web] = [Door::VaultSmtp, Door::VaultRelay, Door::VaultWeb].map(|door| start.callers(door));
        let admin = start.listener(Door::VaultAdmin)?;
        let drain = start.fixed.drain;
        let desk = Rc::new(Desk::new(&start.fixed, &start.live, seal, engine));
        start.confine()?;
        let mut server = RpcServer::default();
        server.serve(smtp?, answer_by(&desk, Desk::smtp));
        server.serve(relay?, answer_by(&desk, Desk::relay));
        server.serve(web?, answer_by(&desk, Desk::web));
        tokio::task::spawn_local(admin::serve(admin, Rc::clone(&desk)));
        let stop = start.ready(Rc::clone(&desk)).await?;
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                // Callers that drain still need answers: the vault leaves last, when all have closed.
                () = stop.requested() => {
                    let _ = tokio::time::timeout(drain, server.closed()).await;
                    return Ok(());
                }
                cause = server.hostile() => return Err(cause.into()),
                _ = sweep.tick() => desk.sweep(),
            }
        }
    })
}

fn open_engine(store: &Store, seal: &Seal) -> Result<Rc<dyn Engine>, Fatal> {
    Ok(match store {
        Store::Redb { path } => Rc::new(store::redb::Redb::open(path, seal.fingerprint())?),
        Store::Redis(redis) => Rc::new(store::redis::Redis::open(redis)?),
    })
}

/// Whether a Redis answers, asked from outside of the daemon.
///
/// # Errors
/// Why it does not.
pub async fn ask_redis(redis: &Redis) -> Result<(), String> {
    let engine = store::redis::Redis::open(redis).map_err(|fatal| fatal.to_string())?;
    engine.now().get().await.map(drop).map_err(|outage| outage.to_string())
}

/// What the vault may do once it is in the sandbox: a file is read and written by threads, a Redis is connected to.
/// Nodes that Sentinels or a Cluster name may be at any port.
pub fn promises(store: &Store) -> Vec<Promise> {
    match store {
        Store::Redb { .. } => vec![Promise::Accept, Promise::Table, Promise::Threads],
        Store::Redis(Redis { nodes, topology, .. }) => {
            let ports = match topology {
                Topology::Single => Ports::Only(store::redis::ports(nodes)),
                _ => Ports::Any,
            };
            vec![Promise::Accept, Promise::Internet(ports), Promise::Table]
        }
    }
}

/// The method of the desk that answers at one door.
fn answer_by<Q: 'static, A: 'static>(
    desk: &Rc<Desk>,
    answer: fn(&Rc<Desk>, i32, Q) -> Option<MaybeReady<A>>,
) -> impl Fn(i32, Q) -> Option<MaybeReady<A>> + Clone + 'static {
    let desk = Rc::clone(desk);
    move |pid, request| answer(&desk, pid, request)
}
