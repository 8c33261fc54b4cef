//! The `vault` role: the table, the keys, and who may know what of them.

mod desk;
mod engine;
mod seal;
mod srs;
mod tickets;

use crate::config::settings::{self, Store};
use crate::door::{Door, Listener, Soon, serve};
use crate::role::{self, Fatal, Start};
use desk::Desk;
use engine::Engine;
use seal::Seal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often tickets past their deadline and aliases past their purge time are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Start::<settings::Vault>::take("vault")?;
    role::block_on(async move {
        let seal = Seal::open(&start.config.key_file)?;
        let engine: Rc<dyn Engine> = match &start.config.store {
            Store::Redb { path } => Rc::new(engine::redb::Redb::open(path, seal.fingerprint())?),
            Store::Redis(redis) => Rc::new(engine::redis::Redis::open(redis)?),
        };
        let desk = Rc::new(Desk::new(&start.config, seal, engine));
        let (broken, mut hostile) = mpsc::channel(1);
        open(start.door(Door::VaultSmtp)?, &desk, Desk::smtp, &broken);
        open(start.door(Door::VaultRelay)?, &desk, Desk::relay, &broken);
        open(start.door(Door::VaultWeb)?, &desk, Desk::web, &broken);
        open(start.door(Door::VaultAdmin)?, &desk, Desk::admin, &broken);
        let stop = start.ready()?;
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                // Callers that drain still need answers: the vault leaves last, when all have closed.
                () = stop.requested() => return drain(&desk).await,
                Some(cause) = hostile.recv() => return Err(Fatal::System(cause)),
                _ = sweep.tick() => desk.sweep(),
            }
        }
    })
}

/// Serves a door in the background, each connection by `answer`.
fn open<Q, A>(
    door: Listener,
    desk: &Rc<Desk>,
    answer: fn(&Rc<Desk>, Q) -> Soon<A>,
    broken: &mpsc::Sender<std::io::Error>,
) where
    Q: DeserializeOwned + 'static,
    A: Serialize + 'static,
{
    let (desk, broken) = (Rc::clone(desk), broken.clone());
    tokio::task::spawn_local(async move {
        loop {
            let stream = match door.accept().await {
                Ok(stream) => stream,
                Err(cause) => return drop(broken.send(cause).await),
            };
            let (desk, broken) = (Rc::clone(&desk), broken.clone());
            tokio::task::spawn_local(async move {
                desk.enter();
                let end = serve(stream, |request| answer(&desk, request)).await;
                desk.leave();
                // A caller that has ended is the monitor's affair; one that breaks the protocol is ours.
                if let Err(cause) = end.or_else(gone) {
                    let _ = broken.send(cause).await;
                }
            });
        }
    });
}

fn gone(cause: std::io::Error) -> std::io::Result<()> {
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
    if matches!(cause.kind(), BrokenPipe | ConnectionReset) { Ok(()) } else { Err(cause) }
}

async fn drain(desk: &Desk) -> Result<(), Fatal> {
    let _ = tokio::time::timeout(desk.drain(), desk.empty()).await;
    Ok(())
}
