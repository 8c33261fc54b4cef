//! The `smtp` role: serves mail sessions on port 25, and knows no real address.
//!
//! 1. A connection gets a permit within the connection limits, or one reply.
//! 2. A recipient is an alias that the vault admits a message to, or it is refused; what it stands for, only the relay
//!    learns.
//! 3. A message goes through to the relay in pieces as it comes, and the reply to it is the relay's verdict.
//!
//! The protocol is [`crate::proto::session`]; what is here waits for client, vault and relay in its place.

mod admissions;
mod connection;
mod context;
mod driver;
mod link;
mod verdict;

use crate::channel::{Door, RpcClient};
use crate::config::settings::smtp::{Fixed, Live};
use crate::runtime::{self, ConnectionLimits, Drain, Fatal, RoleHandler, Startup};
use crate::wire::metrics::{Metric, Metrics};
use connection::Connection;
use context::{SmtpContext, policy};
use driver::SessionDriver;
use link::Links;
use std::cell::RefCell;
use std::rc::Rc;
use tokio::time::Instant;

/// The context that new sessions get.
struct SharedContext(RefCell<Rc<SmtpContext>>);

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut startup = Startup::<Fixed, Live>::take("smtp")?;
    runtime::block_on(async move {
        let listeners = startup.tcp_listeners("smtp")?;
        let (vault, relay) = (startup.connect_to(Door::VaultSmtp)?, startup.handoff_sender(Door::RelaySmtp)?);
        startup.confine()?;
        let (fixed, settings) = (startup.fixed.clone(), startup.live.clone());
        let drain_timeout = fixed.drain_timeout;
        let vault = RpcClient::new(vault);
        let shared = Rc::new(SharedContext(RefCell::new(Rc::new(SmtpContext {
            vault: vault.clone(),
            links: Rc::new(Links::new(relay)),
            connection_limits: ConnectionLimits::new(settings.max_sessions, settings.max_sessions_per_address),
            recorder: Rc::default(),
            session_ids: Rc::default(),
            started: Instant::now(),
            greeting_delay: settings.greeting_delay,
            own_networks: settings.own_networks.as_slice().into(),
            policy: Rc::new(policy(&fixed, settings)),
            fixed,
        }))));
        startup.report_metrics(Rc::clone(&shared), move |metrics| vault.send(metrics));
        let shutdown = startup.ready(Rc::clone(&shared)).await?;
        let drain = Drain::default();
        let take = |stream, peer| {
            let context = Rc::clone(&shared.0.borrow());
            match context.connection_limits.try_acquire(peer) {
                Some(permit) => {
                    context.recorder.increment(Metric::SmtpSessionsTotal);
                    let id = context.session_ids.next();
                    let driver = SessionDriver::new(Connection::new(stream), peer, id, permit, context);
                    tokio::task::spawn_local(driver.serve(drain.enter()));
                }
                None => {
                    context.recorder.increment(Metric::SmtpConnectionsRejected);
                    connection::reject(&stream);
                }
            }
        };
        runtime::accept_connections(listeners, take, &shutdown, &drain, drain_timeout).await;
        Ok(())
    })
}

impl RoleHandler<Live> for SharedContext {
    fn reload(&self, settings: Live) {
        let mut context = self.0.borrow_mut();
        context.connection_limits.set(settings.max_sessions, settings.max_sessions_per_address);
        let greeting_delay = settings.greeting_delay;
        let own_networks = settings.own_networks.as_slice().into();
        let policy = Rc::new(policy(&context.fixed, settings));
        *context = Rc::new(SmtpContext { policy, greeting_delay, own_networks, ..SmtpContext::clone(&context) });
    }

    fn metrics(&self) -> Metrics {
        let context = self.0.borrow();
        context.recorder.set(Metric::SmtpSessions, context.connection_limits.open() as u64);
        context.recorder.snapshot()
    }
}

#[cfg(test)]
mod tests;
