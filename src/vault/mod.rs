//! The `vault` role: it keeps the table of aliases and the server key, and answers the other processes.
//!
//! ```text
//! door ─▶ service::{smtp, relay, web, admin} ─▶ services ─▶ VaultContext: store, seal, hashes, tickets, outbox
//! ```

mod admin_socket;
mod clock;
mod context;
mod hashes;
mod keys;
mod metrics;
mod opening;
mod outbox;
mod retry;
mod seal;
mod service;
mod srs;
mod store;
pub mod testing;
mod tickets;
mod token;

#[cfg(test)]
mod tests;

use crate::channel::{Door, MaybeReady, RpcServer};
use crate::config::settings::vault::{Fixed, Live, Redis, Store, Topology};
use crate::runtime::{self, Fatal, Ports, Promise, Startup};
use context::VaultContext;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use store::Engine as _;
use tokio::time::timeout;

/// How often tickets past their deadline and aliases past their purge time are removed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// How long requests may still be answered after the store has broken, and how long their answers may still be written.
/// Steps fail at once by then; only some requests wait for the next host's reply to a notification.
const LAST_ANSWERS_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Startup::<Fixed, Live>::take("vault")?;
    runtime::block_on(async move {
        let (server_key, engine) = start.open(|| opening::open(&start.fixed))?;
        let [smtp, relay, web] = [Door::VaultSmtp, Door::VaultRelay, Door::VaultWeb].map(|door| start.callers(door));
        let admin = start.admin_listener(Door::VaultAdmin)?;
        let drain = start.fixed.drain_timeout;
        let context = Rc::new(VaultContext::new(&start.fixed, &start.live, server_key, engine)?);
        start.confine()?;
        let server = RpcServer::default();
        server.serve(smtp?, answer_by(&context, service::smtp::answer));
        server.serve(relay?, answer_by(&context, service::relay::answer));
        server.serve(web?, answer_by(&context, service::web::answer));
        tokio::task::spawn_local(admin_socket::serve(admin, Rc::clone(&context)));
        let stop = start.ready(Rc::clone(&context)).await?;
        serve_until(&context, server, stop.requested(), drain).await
    })
}

/// Serves until `stop` completes, or until the vault cannot go on.
async fn serve_until(
    context: &VaultContext,
    mut server: RpcServer,
    stop: impl Future<Output = ()>,
    drain: Duration,
) -> Result<(), Fatal> {
    let mut stop = pin!(stop);
    let mut broken = context.store.broken();
    let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        tokio::select! {
            // Callers that drain still need answers: the vault leaves last, when all have closed.
            () = &mut stop => {
                let _ = timeout(drain, server.closed()).await;
                return Ok(());
            }
            cause = server.hostile() => return Err(cause.into()),
            cause = &mut broken => {
                context.requests.finish(LAST_ANSWERS_TIMEOUT).await;
                let _ = timeout(LAST_ANSWERS_TIMEOUT, server.answers_written()).await;
                return Err(Fatal::Store(cause.to_string()));
            }
            _ = sweep.tick() => context.sweep(),
        }
    }
}

/// Asks a Redis for the time, from outside of the daemon.
///
/// # Errors
/// Why it does not answer.
pub async fn check_redis(redis: &Redis) -> Result<(), String> {
    let engine = store::redis::Redis::open(redis).map_err(|fatal| fatal.to_string())?;
    engine.now().get().await.map(drop).map_err(|error| error.to_string())
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

/// The function that answers at one door, with its context.
fn answer_by<Q: 'static, A: 'static>(
    context: &Rc<VaultContext>,
    answer: fn(&Rc<VaultContext>, i32, Q) -> Option<MaybeReady<A>>,
) -> impl Fn(i32, Q) -> Option<MaybeReady<A>> + Clone + 'static {
    let context = Rc::clone(context);
    move |pid, request| answer(&context, pid, request)
}
