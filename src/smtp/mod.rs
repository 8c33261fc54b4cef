//! The `smtp` role: hears port 25, and knows no real address.
//!
//! A recipient is an alias that the vault holds a use of, or it is refused; what it stands for, only
//! the relay learns. A message goes through in pieces as it comes, and the client is told what the
//! next host said to it.

mod connection;
mod link;
mod message;
mod session;
mod trace;
mod transaction;

use crate::channel::{Door, RpcClient};
use crate::config::settings::smtp::{Fixed, Live};
use crate::runtime::{self, ConnectionLimits, Drain, Fatal, MetricRecorder, RoleHandler, Startup};
use crate::wire::metrics::{Metric, Metrics};
use crate::wire::vault_smtp::VaultSmtp;
use connection::Connection;
use link::Links;
use session::Session;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::SystemTime;

/// What sessions share. New settings make a new one, for the sessions that begin from then on.
#[derive(Clone)]
struct SmtpContext {
    fixed: Fixed,
    settings: Live,
    vault: RpcClient<VaultSmtp>,
    links: Rc<Links>,
    connection_limits: Rc<ConnectionLimits>,
    recorder: Rc<MetricRecorder>,
    numbers: Rc<Numbers>,
}

/// The context as who comes now finds it.
struct SharedContext(RefCell<Rc<SmtpContext>>);

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Startup::<Fixed, Live>::take("smtp")?;
    runtime::block_on(async move {
        let listeners = start.listeners("smtp")?;
        let (vault, relay) = (start.caller(Door::VaultSmtp)?, start.slot_in(Door::RelaySmtp)?);
        start.confine()?;
        let (fixed, settings) = (start.fixed.clone(), start.live.clone());
        let drain = fixed.drain;
        let vault = RpcClient::new(vault);
        let shared = Rc::new(SharedContext(RefCell::new(Rc::new(SmtpContext {
            vault: vault.clone(),
            links: Rc::new(Links::new(relay)),
            connection_limits: ConnectionLimits::new(settings.max_sessions, settings.max_sessions_per_address),
            recorder: Rc::default(),
            numbers: Rc::new(Numbers::new(start.process_number())),
            fixed,
            settings,
        }))));
        start.report_metrics(Rc::clone(&shared), move |metrics| vault.notify(metrics));
        let stop = start.ready(Rc::clone(&shared)).await?;
        let draining = Drain::default();
        let take = |stream, peer| {
            let context = Rc::clone(&shared.0.borrow());
            match context.connection_limits.try_acquire(peer) {
                Some(place) => {
                    context.recorder.increment(Metric::SmtpSessionsTotal);
                    let session = Session::new(Connection::new(stream), peer, place, context);
                    tokio::task::spawn_local(session.attend(draining.enter()));
                }
                None => {
                    context.recorder.increment(Metric::SmtpConnectionsRejected);
                    connection::reject(&stream);
                }
            }
        };
        runtime::accept_connections(listeners, take, &stop, &draining, drain).await;
        Ok(())
    })
}

impl RoleHandler<Live> for SharedContext {
    fn reload(&self, settings: Live) {
        let mut context = self.0.borrow_mut();
        context.connection_limits.set(settings.max_sessions, settings.max_sessions_per_address);
        *context = Rc::new(SmtpContext { settings, ..SmtpContext::clone(&context) });
    }

    fn metrics(&self) -> Metrics {
        let context = self.0.borrow();
        context.recorder.set(Metric::SmtpSessions, context.connection_limits.open() as u64);
        context.recorder.snapshot()
    }
}

/// Numbers of sessions. No two processes of one life share one, nor do two lives of the daemon.
struct Numbers {
    /// The time of the start, with room for 4,096 sessions in each millisecond of this life.
    next: Cell<u64>,
    /// Which of the role's processes this is.
    process: u64,
}

impl Numbers {
    fn new(process_number: usize) -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let milliseconds = u64::try_from(since_1970.as_millis()).unwrap_or_default();
        Self { next: Cell::new(milliseconds << 12), process: process_number as u64 & 0xff }
    }

    fn next(&self) -> u64 {
        let next = self.next.get();
        self.next.set(next + 1);
        next << 8 | self.process
    }
}
