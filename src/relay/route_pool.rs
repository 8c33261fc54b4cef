//! The connections of one route, and who waits for one.
//!
//! 1. Whoever wants a connection waits for the first that is free: one that comes back, or a new one. Waiting and
//!    connecting are apart ([`super::connects`]), so that one connect that hangs holds up nobody.
//! 2. A free connection goes to the waiter who is next by [`super::permits`]. Of the idle connections it is the one that
//!    was used last, unless that is too old or the host has closed it.
//! 3. A transaction whose connection was lost keeps its permit and waits for a new connection.
//! 4. If somebody waits and nothing is free, a slow stream may be cut ([`super::streams`]).
//! 5. A waiter gives up when for `connect_timeout` no connection has become free, and at its own deadline.

use super::connects::{Connects, Failure};
use super::permits::{Permits, Requester};
use super::pool::{ConnectError, PoolContext};
use super::pooled::PooledConnection;
use super::reuse::Reuse;
use super::route::Route;
use super::streams::{Stream, cut_slowest};
use super::verdict;
use crate::config::settings::relay::Live;
use crate::net::Transport;
use crate::net::smtp_client::{ConnectionError, ConnectionLost, SmtpConnection};
use crate::proto::status::Status;
use crate::wire::metrics::Metric;
use std::cell::{Cell, RefCell};
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{info, warn};

/// A new connection that was idle for so long counts as reused: the host may be about to close it.
const NEW_FOR: Duration = Duration::from_secs(1);

/// What belongs to one route.
pub(super) struct RoutePool {
    pub(super) route: Route,
    context: Rc<PoolContext>,
    state: RefCell<State>,
    /// Wakes the task that begins attempts to connect.
    wanted: Notify,
    /// Wakes the attempts under way when one has succeeded.
    greeted: Notify,
    /// Whether it was logged that the host does not answer; logged again when it does.
    lost: Cell<bool>,
    /// The same of a host that does not take mail from us, until it has taken some.
    refuses_us: Cell<bool>,
}

struct State {
    permits: Permits,
    /// The oldest first.
    waiters: Vec<Waiter>,
    /// The one used last is at the end, and is used next: it is the least likely to have been closed. One that was
    /// refused something is put to the beginning, where it is used when there is no other.
    idle: Vec<Idle>,
    connects: Connects,
    /// Of those who have a permit.
    streams: Vec<Rc<Stream>>,
    /// When a waiter last got a connection.
    last_grant: Instant,
}

struct Idle {
    connection: SmtpConnection,
    reuse: Reuse,
    since: Instant,
    /// Whether no transaction has had it.
    is_new: bool,
}

struct Waiter {
    /// Not taken yet, unless the waiter wants a new connection in place of the one it had.
    permit: Permit,
    ready: oneshot::Sender<Result<PooledConnection, ConnectError>>,
}

/// The right to use a connection, once it is taken; given back when dropped.
pub(super) struct Permit {
    pub(super) pool: Rc<RoutePool>,
    requester: Requester,
    is_taken: bool,
    stream: Option<Rc<Stream>>,
}

impl RoutePool {
    /// Spawns the task that connects: needs a local runtime.
    pub(super) fn new(route: Route, context: Rc<PoolContext>) -> Rc<Self> {
        let permits = Permits::new(context.limits.borrow().max_connections);
        let state = State {
            permits,
            waiters: Vec::new(),
            idle: Vec::new(),
            connects: Connects::new(),
            streams: Vec::new(),
            last_grant: Instant::now(),
        };
        let (state, wanted, greeted) = (RefCell::new(state), Notify::new(), Notify::new());
        let (lost, refuses_us) = (Cell::new(false), Cell::new(false));
        let this = Rc::new(Self { route, context, state, wanted, greeted, lost, refuses_us });
        tokio::task::spawn_local(Rc::clone(&this).serve());
        this
    }

    /// Connections that serve a message now.
    pub(super) fn in_use(&self) -> usize {
        self.state.borrow().permits.in_use()
    }

    /// Connections that serve none.
    #[cfg(test)]
    pub(super) fn idle(&self) -> usize {
        self.state.borrow().idle.len()
    }

    #[cfg(test)]
    pub(super) fn connects_under_way(&self) -> usize {
        self.state.borrow().connects.under_way()
    }

    /// A connection for this requester.
    pub(super) async fn get(self: &Rc<Self>, requester: Requester) -> Result<PooledConnection, ConnectError> {
        self.wait(Permit { pool: Rc::clone(self), requester, is_taken: false, stream: None }).await
    }

    /// A connection that replaces the one of this permit.
    pub(super) async fn replace(permit: Permit) -> Result<PooledConnection, ConnectError> {
        Rc::clone(&permit.pool).wait(permit).await
    }

    async fn wait(&self, permit: Permit) -> Result<PooledConnection, ConnectError> {
        let requester = permit.requester;
        let (ready, mut got) = oneshot::channel();
        self.state.borrow_mut().waiters.push(Waiter { permit, ready });
        self.dispatch();
        let timeouts = self.context.timeouts;
        let began = Instant::now();
        // As long as one connect may take, with DNS, greeting and EHLO.
        let deadline = began + timeouts.connect.saturating_mul(3).saturating_add(timeouts.command.saturating_mul(3));
        let mut patient_until = began + timeouts.connect;
        loop {
            match timeout_at(patient_until.min(deadline), &mut got).await {
                Ok(got) => return got.unwrap_or(Err(ConnectError)),
                Err(_) => patient_until = self.state.borrow().patient_until(timeouts.connect),
            }
            let now = Instant::now();
            if now >= patient_until || now >= deadline {
                warn!("{}; see relay.max_connections", self.state.borrow().scarcity(&requester));
                // Nobody waits any more: a permit comes back.
                drop(got);
                self.dispatch();
                return Err(ConnectError);
            }
        }
    }

    /// Begins attempts to connect for as long as the role lives.
    async fn serve(self: Rc<Self>) {
        loop {
            let new = {
                let mut state = self.state.borrow_mut();
                let (wanted, open) = (state.wanted(), state.open());
                state.connects.begin(wanted, open)
            };
            for _ in 0..new {
                tokio::task::spawn_local(Rc::clone(&self).connect());
            }
            self.wanted.notified().await;
        }
    }

    /// Gives what is free within the limits, as they are now, to those that wait for it, and has the task connect for
    /// those that get nothing. Closes what is idle for too long, and what is too much.
    pub(super) fn dispatch(&self) {
        let Live { max_connections, max_idle, idle_timeout } = *self.context.limits.borrow();
        // Nothing is borrowed where a permit may be dropped: it comes back here.
        let gone = {
            let mut state = self.state.borrow_mut();
            // Nobody has a share of connections that the host does not take.
            let limit = state.connects.ceiling().map_or(max_connections, |ceiling| ceiling.min(max_connections));
            state.permits.set_limit(limit);
            state.take_gone()
        };
        drop(gone);
        loop {
            let next = self.state.borrow_mut().next_grant(idle_timeout);
            let Some((waiter, idle)) = next else { break };
            let (reused, Idle { connection, reuse, .. }) = (!idle.is_fresh(), idle);
            drop(waiter.ready.send(Ok(PooledConnection { connection, reused, reuse, permit: waiter.permit })));
        }
        let failed = self.state.borrow_mut().take_failed();
        failed.into_iter().for_each(|waiter| drop(waiter.ready.send(Err(ConnectError))));
        let mut state = self.state.borrow_mut();
        state.close_surplus(max_idle, idle_timeout);
        if !state.waiters.is_empty() {
            self.wanted.notify_one();
            state.cut_stream();
        }
    }

    /// Takes back a connection on which no transaction is under way. It retires if it has served for long enough.
    pub(super) fn put(&self, used: PooledConnection) {
        let PooledConnection { mut connection, reuse, permit, .. } = used;
        connection.shrink();
        // Without idle connections, each serves one message.
        if reuse.is_over() || self.context.limits.borrow().max_idle == 0 {
            connection.quit();
        } else {
            let idle = &mut self.state.borrow_mut().idle;
            let place = if reuse.was_refused() { 0 } else { idle.len() };
            idle.insert(place, Idle { connection, reuse, since: Instant::now(), is_new: false });
        }
        drop(permit);
    }

    /// Closes all idle connections with QUIT.
    pub(super) fn close(&self) {
        self.state.borrow_mut().idle.drain(..).for_each(|idle| idle.connection.quit());
    }

    /// Logs once that the host refuses us, if this `is_refusal`.
    pub(super) fn note_refusal_of_us(&self, Status { code, enhanced }: Status, is_refusal: bool) {
        if is_refusal && !self.refuses_us.replace(true) {
            let Route::Smarthost(host) = &self.route;
            warn!(
                host = host.name,
                port = host.port,
                code,
                %enhanced,
                "the next host does not take mail from this host, mail is deferred; it has to allow this host's address \
                 without encryption or authentication"
            );
        }
    }

    /// Logs that the host takes mail again, if it does.
    pub(super) fn note_reply_to_message(&self, status: Status) {
        if verdict::refuses_us(status) {
            self.note_refusal_of_us(status, true);
        } else if status.is_positive() && self.refuses_us.replace(false) {
            info!("the next host takes mail from this host again");
        }
    }

    /// One attempt: tells what became of it.
    async fn connect(self: Rc<Self>) {
        let mut result = Err(io::Error::other("its name does not resolve to an address").into());
        for address in self.context.addresses(&self.route).await {
            result = self.connect_to(address).await.map_err(|lost| lost.cause);
            if result.is_ok() {
                break;
            }
        }
        match result {
            Ok(connection) => self.add(connection),
            Err(cause) => self.fail(&cause),
        }
        self.dispatch();
    }

    /// Once connected, the host may take as long for its greeting as for any reply: hosts that make their clients wait
    /// could not be used otherwise. But while another connection works, one that hangs is probably too much for it.
    async fn connect_to(&self, address: SocketAddr) -> Result<SmtpConnection, ConnectionLost> {
        let (timeouts, hung) = (self.context.timeouts, || io::Error::from(io::ErrorKind::TimedOut));
        let transport = timeout(timeouts.connect, Transport::connect(address)).await.map_err(|_| hung())??;
        let mut greeting = pin!(SmtpConnection::over(transport, &self.context.hostname, timeouts));
        if self.state.borrow().open() == 0 {
            // Nor does the first that is greeted make the others hang.
            return greeting.await;
        }
        if let Ok(greeted) = timeout(timeouts.connect, &mut greeting).await {
            return greeted;
        }
        while self.state.borrow().open() == 0 {
            tokio::select! {
                greeted = &mut greeting => return greeted,
                () = self.greeted.notified() => {}
            }
        }
        Err(hung().into())
    }

    /// A new connection is free.
    fn add(&self, connection: SmtpConnection) {
        let mut state = self.state.borrow_mut();
        state.idle.push(Idle { connection, reuse: Reuse::new(), since: Instant::now(), is_new: true });
        let open = state.open();
        state.connects.greeted(open);
        self.greeted.notify_waiters();
        if self.lost.replace(false) {
            info!("the next host answers again");
        }
    }

    fn dispatch_after(self: &Rc<Self>, pause: Duration) {
        let this = Rc::clone(self);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(pause).await;
            this.dispatch();
        });
    }

    /// No new connection came of an attempt.
    fn fail(self: &Rc<Self>, cause: &ConnectionError) {
        self.context.recorder.increment(Metric::RelayConnectionFailures);
        let (failure, open) = {
            let mut state = self.state.borrow_mut();
            state.idle.retain_mut(|idle| !idle.connection.is_stale());
            let open = state.open();
            (state.connects.failed(open, is_refusal(cause)), open)
        };
        match failure {
            Failure::Ceiling(age) => {
                info!(connections = open, %cause, "the next host takes no more connections for now");
                self.dispatch_after(age);
            }
            Failure::Pause(pause) => {
                info!(connections = open, %cause, "another connection to the next host could not be made");
                self.dispatch_after(pause);
            }
            Failure::NotAlone => {}
            Failure::Host => {
                if !self.lost.replace(true) {
                    let Route::Smarthost(host) = &self.route;
                    let (host, port) = (&host.name, host.port);
                    warn!(host, port, %cause, "the next host does not answer, mail is deferred; see relay.smarthost");
                }
            }
        }
    }
}

/// Whether the host has refused the connection itself: with a reply, or by closing it.
fn is_refusal(cause: &ConnectionError) -> bool {
    match cause {
        ConnectionError::Protocol(_) => true,
        ConnectionError::Io(cause) => matches!(
            cause.kind(),
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof
        ),
    }
}

impl State {
    /// Connections that the host has greeted, in use and idle.
    fn open(&self) -> usize {
        self.permits.in_use() - self.replacing() + self.idle.len()
    }

    /// Waiters whose connection was lost.
    fn replacing(&self) -> usize {
        self.waiters.iter().filter(|waiter| waiter.permit.is_taken).count()
    }

    /// New connections that waiters could use.
    fn wanted(&self) -> usize {
        let is_eligible =
            |waiter: &&Waiter| !waiter.permit.is_taken && self.permits.is_eligible(&waiter.permit.requester);
        self.replacing() + self.waiters.iter().filter(is_eligible).count().min(self.permits.free())
    }

    /// The waiters that wait no longer.
    fn take_gone(&mut self) -> Vec<Waiter> {
        if self.waiters.iter().any(|waiter| waiter.ready.is_closed()) {
            let (gone, waiting) = mem::take(&mut self.waiters).into_iter().partition(|waiter| waiter.ready.is_closed());
            self.waiters = waiting;
            gone
        } else {
            Vec::new()
        }
    }

    /// All waiters, if the host cannot be reached.
    fn take_failed(&mut self) -> Vec<Waiter> {
        let has_failed = self.connects.has_failed() && self.connects.under_way() == 0 && self.open() == 0;
        if has_failed { mem::take(&mut self.waiters) } else { Vec::new() }
    }

    /// The next waiter who gets a connection, and which.
    fn next_grant(&mut self, idle_timeout: Duration) -> Option<(Waiter, Idle)> {
        let (waiter, idle) = match self.next_replacement() {
            Some(next) => next,
            None => self.next_waiter(idle_timeout)?,
        };
        self.last_grant = Instant::now();
        Some((waiter, idle))
    }

    /// A transaction that has lost a connection which was kept idle wants a new one. If the host takes no more, it has to
    /// do with what there is.
    fn next_replacement(&mut self) -> Option<(Waiter, Idle)> {
        let at = self.waiters.iter().position(|waiter| waiter.permit.is_taken)?;
        let is_limited = self.connects.ceiling().is_some();
        loop {
            let idle = self.idle.iter().rposition(|idle| is_limited || idle.is_fresh())?;
            let mut idle = self.idle.remove(idle);
            if idle.is_fresh() || !idle.connection.is_stale() {
                return Some((self.waiters.remove(at), idle));
            }
            idle.connection.quit();
        }
    }

    fn next_waiter(&mut self, idle_timeout: Duration) -> Option<(Waiter, Idle)> {
        loop {
            if self.idle.is_empty() {
                return None;
            }
            let requesters =
                self.waiters.iter().map(|waiter| (!waiter.permit.is_taken).then_some(&waiter.permit.requester));
            let at = self.permits.next(requesters)?;
            let mut idle = self.idle.pop()?;
            // A new one that is of no use is the waiter's: in place of one after the other there would be no end.
            if !idle.is_fresh() && (idle.is_over(idle_timeout) || idle.connection.is_stale()) {
                idle.connection.quit();
                continue;
            }
            let mut waiter = self.waiters.remove(at);
            self.permits.take(&waiter.permit.requester);
            waiter.permit.is_taken = true;
            return Some((waiter, idle));
        }
    }

    /// Until when a waiter waits on from now: connections become free, or the attempts under way, which have time-outs
    /// of their own, are the only hope.
    fn patient_until(&self, patience: Duration) -> Instant {
        let is_hoping = self.open() == 0 && self.connects.under_way() > 0;
        (if is_hoping { Instant::now() } else { self.last_grant }) + patience
    }

    /// Cuts a slow stream if somebody waits and nothing is free.
    fn cut_stream(&self) {
        let is_at_ceiling = |ceiling| self.open() + self.connects.under_way() >= ceiling;
        let waiting = self.waiters.iter().filter(|waiter| !waiter.permit.is_taken);
        let is_anybody_eligible = waiting.clone().any(|waiter| self.permits.is_eligible(&waiter.permit.requester));
        let is_full = !is_anybody_eligible || self.connects.ceiling().is_some_and(is_at_ceiling);
        // What is idle is of no use to those who have their share.
        let is_idle_free = is_anybody_eligible && !self.idle.is_empty();
        if self.streams.is_empty() || is_idle_free || !is_full {
            return;
        }
        let fewest = waiting.map(|waiter| self.permits.held_by_network(&waiter.permit.requester)).min();
        cut_slowest(&self.streams, |streaming| {
            fewest.is_some_and(|fewest| self.permits.held_by_network(streaming) > fewest)
        });
    }

    fn close_surplus(&mut self, max_idle: usize, idle_timeout: Duration) {
        self.idle.extract_if(.., |idle| idle.is_over(idle_timeout)).for_each(|idle| idle.connection.quit());
        let surplus = self.idle.len().saturating_sub(max_idle);
        self.idle.drain(..surplus).for_each(|idle| idle.connection.quit());
    }

    /// Why a waiter got nothing.
    fn scarcity(&self, requester: &Requester) -> &'static str {
        if self.permits.free() == 0 {
            "every connection to the next host is in use"
        } else if !self.permits.is_eligible(requester) {
            "one network, or mail to one domain, has its share of the connections to the next host"
        } else {
            "the next host takes no more connections"
        }
    }
}

impl Idle {
    fn is_fresh(&self) -> bool {
        self.is_new && self.since.elapsed() < NEW_FOR
    }

    fn is_over(&self, idle_timeout: Duration) -> bool {
        self.since.elapsed() >= idle_timeout || self.reuse.is_over()
    }
}

impl Permit {
    /// The content of a message that is too large to be kept goes out from now on.
    pub(super) fn begin_stream(&mut self) {
        let stream = Stream::new(self.requester);
        self.pool.state.borrow_mut().streams.push(Rc::clone(&stream));
        self.stream = Some(stream);
    }

    /// The stream, once it has begun.
    pub(super) fn stream(&self) -> Option<&Stream> {
        self.stream.as_deref()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_taken {
            {
                let mut state = self.pool.state.borrow_mut();
                state.permits.give_back(&self.requester);
                if let Some(mine) = self.stream.take() {
                    state.streams.retain(|stream| !Rc::ptr_eq(stream, &mine));
                }
            }
            self.pool.dispatch();
        }
    }
}
