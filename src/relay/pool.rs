//! Connections to the next host, kept from one message to the next.

use super::permits::Permits;
use super::upstream::Upstream;
use crate::config::settings::relay::{Fixed, Live};
use crate::runtime::{MetricRecorder, Resolver};
use crate::wire::metrics::Metric;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

/// After a failure to connect, others are told so for this long without trying.
const MEMORY: Duration = Duration::from_secs(1);

/// How often idle connections are looked through.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// The next host cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreachable;

/// All connections there are: idle ones here, those in use counted.
pub(super) struct Pool {
    settings: Fixed,
    live: RefCell<Live>,
    resolver: Resolver,
    /// The one used last is at the end, and is used next: it is the least likely to have been closed.
    idle: RefCell<Vec<Upstream>>,
    permits: Rc<Permits>,
    failed: Cell<Option<Instant>>,
    /// Whether the loss of the next host has been told.
    lost: Cell<bool>,
    recorder: Rc<MetricRecorder>,
}

impl Pool {
    /// Spawns the task that closes what has been idle for too long: needs a local runtime.
    pub(super) fn new(settings: &Fixed, live: &Live, resolver: Resolver, recorder: Rc<MetricRecorder>) -> Rc<Self> {
        let pool = Rc::new(Self {
            resolver,
            recorder,
            idle: RefCell::default(),
            permits: Permits::new(live.max_connections),
            failed: Cell::new(None),
            lost: Cell::new(false),
            settings: settings.clone(),
            live: RefCell::new(live.clone()),
        });
        let this = Rc::clone(&pool);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(TIDY_EVERY).await;
                this.tidy();
            }
        });
        pool
    }

    /// Takes new settings: connections in use stay, idle ones beyond the new bounds go.
    pub(super) fn reload(&self, live: Live) {
        self.permits.set_limit(live.max_connections);
        self.live.replace(live);
        self.tidy();
    }

    /// Connections that serve a message now.
    pub(super) fn in_use(&self) -> usize {
        self.permits.in_use()
    }

    /// A connection that is ready for MAIL.
    pub(super) async fn get(&self) -> Result<Upstream, Unreachable> {
        let permit = timeout(self.settings.connect_timeout, Rc::clone(&self.permits).acquire()).await;
        let Ok(permit) = permit else {
            warn!("every connection to the next host is in use; see relay.max_connections");
            return Err(Unreachable);
        };
        let idle_timeout = self.live.borrow().idle_timeout;
        while let Some(mut upstream) = self.pop() {
            if upstream.idle_since.elapsed() < idle_timeout && !upstream.is_stale() {
                upstream.permit = Some(permit);
                return Ok(upstream);
            }
            upstream.quit();
        }
        let mut upstream = self.connect().await?;
        upstream.permit = Some(permit);
        Ok(upstream)
    }

    // A method of its own, so that the cell is not borrowed while a connection is used.
    fn pop(&self) -> Option<Upstream> {
        self.idle.borrow_mut().pop()
    }

    /// A new connection in place of one that is lost, whatever is idle.
    pub(super) async fn replace(&self, mut lost: Upstream) -> Result<Upstream, Unreachable> {
        let permit = lost.permit.take();
        drop(lost);
        let mut upstream = self.connect().await?;
        upstream.permit = permit;
        Ok(upstream)
    }

    async fn connect(&self) -> Result<Upstream, Unreachable> {
        if self.failed.get().is_some_and(|at| at.elapsed() < MEMORY) {
            return Err(Unreachable);
        }
        // A DNS that does not answer is a host that does not.
        let host = &self.settings.smarthost;
        let resolved = timeout(self.settings.connect_timeout, self.resolver.addresses(&host.name, host.port));
        let addresses = resolved.await.unwrap_or_default();
        for address in addresses {
            if let Ok(upstream) = Upstream::connect(address, &self.settings).await {
                self.failed.set(None);
                if self.lost.replace(false) {
                    info!("the next host answers again");
                }
                return Ok(upstream);
            }
        }
        self.failed.set(Some(Instant::now()));
        self.recorder.increment(Metric::RelayConnectionFailures);
        if !self.lost.replace(true) {
            let (host, port) = (&self.settings.smarthost.name, self.settings.smarthost.port);
            warn!(host, port, "the next host does not answer, mail is put off; see relay.smarthost");
        }
        Err(Unreachable)
    }

    /// Takes back a connection on which no transaction is under way.
    pub(super) fn put(&self, mut upstream: Upstream) {
        upstream.reused = true;
        upstream.idle_since = Instant::now();
        upstream.output = Vec::new();
        upstream.permit = None;
        let mut idle = self.idle.borrow_mut();
        if idle.len() < self.live.borrow().max_idle { idle.push(upstream) } else { upstream.quit() }
    }

    /// Takes back a connection whose transaction ended before DATA, and has the host forget it.
    pub(super) async fn release(&self, mut upstream: Upstream) {
        if upstream.reset(self.settings.command_timeout).await.is_ok() {
            self.put(upstream);
        }
    }

    fn tidy(&self) {
        let Live { max_idle, idle_timeout, .. } = *self.live.borrow();
        let mut idle = self.idle.borrow_mut();
        let old = idle.iter().take_while(|u| u.idle_since.elapsed() >= idle_timeout).count();
        let surplus = idle.len().saturating_sub(max_idle);
        idle.drain(..old.max(surplus)).for_each(Upstream::quit);
    }

    /// Takes leave of the next host.
    pub(super) async fn close(&self) {
        self.idle.borrow_mut().drain(..).for_each(Upstream::quit);
    }
}
