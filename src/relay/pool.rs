//! The connection pool: connections to the next hosts, by route, kept from one message to the next (connection reuse).
//!
//! 1. A transaction asks for a connection of its route, and waits for a permit: so many may be in use at the same time.
//! 2. It gets the idle connection that was used last, unless that has been idle for too long or the host has closed it;
//!    else a new one.
//! 3. If none can be made, the route counts as failed, and nobody tries again for a moment.
//! 4. A connection on which no transaction is under way comes back and is idle. Those idle for too long are closed.
//! 5. The limits may change at any time: connections in use stay, idle ones beyond the new limits are closed.

use super::permits::{Permit, Permits};
use super::route::Route;
use crate::config::settings::relay::{Fixed, Live};
use crate::net::smtp_client::{ConnectionLost, SmtpConnection, Timeouts};
use crate::runtime::{MetricRecorder, Resolver};
use crate::wire::metrics::Metric;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

/// After a failure to connect, for this long no other attempt is made on the same route.
const CONNECT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// How often idle connections are looked through.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The next host cannot be reached, or every connection to it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConnectError;

/// All connections there are: idle ones here, those in use counted.
pub(super) struct Pool {
    /// For EHLO.
    hostname: String,
    timeouts: Timeouts,
    /// Of each route.
    limits: RefCell<Live>,
    resolver: Resolver,
    routes: RefCell<HashMap<Route, Rc<RoutePool>>>,
    recorder: Rc<MetricRecorder>,
}

/// What belongs to one route.
struct RoutePool {
    route: Route,
    permits: Rc<Permits>,
    /// The one used last is at the end, and is used next: it is the least likely to have been closed.
    idle: RefCell<Vec<Idle>>,
    /// When no connection could be made.
    failed: Cell<Option<Instant>>,
    /// Whether that was logged; logged again when a connection can be made.
    lost: Cell<bool>,
}

struct Idle {
    connection: SmtpConnection,
    since: Instant,
}

/// A connection in use.
pub(super) struct PooledConnection {
    pub(super) connection: SmtpConnection,
    /// Whether it has served before: then its loss may only mean that the host did not want to keep it for longer.
    pub(super) reused: bool,
    route: Rc<RoutePool>,
    permit: Permit,
}

impl PooledConnection {
    pub(super) fn route(&self) -> &Route {
        &self.route.route
    }
}

impl Pool {
    /// Spawns the task that closes what has been idle for too long: needs a local runtime.
    pub(super) fn new(settings: &Fixed, limits: Live, resolver: Resolver, recorder: Rc<MetricRecorder>) -> Rc<Self> {
        let timeouts = Timeouts {
            connect: settings.connect_timeout,
            command: settings.command_timeout,
            data_init: settings.data_init_timeout,
            data_block: settings.data_block_timeout,
            data_end: settings.data_end_timeout,
        };
        let (hostname, limits, routes) = (settings.hostname.clone(), RefCell::new(limits), RefCell::default());
        let pool = Rc::new(Self { hostname, timeouts, limits, resolver, routes, recorder });
        let this = Rc::clone(&pool);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(IDLE_CHECK_INTERVAL).await;
                this.close_surplus();
            }
        });
        pool
    }

    /// Takes new limits: connections in use stay, idle ones beyond the new limits are closed.
    pub(super) fn reload(&self, limits: Live) {
        self.routes.borrow().values().for_each(|route| route.permits.set_limit(limits.max_connections));
        self.limits.replace(limits);
        self.close_surplus();
    }

    /// Connections that serve a message now.
    pub(super) fn in_use(&self) -> usize {
        self.routes.borrow().values().map(|route| route.permits.in_use()).sum()
    }

    /// A connection that is ready for MAIL.
    pub(super) async fn get(&self, route: &Route) -> Result<PooledConnection, ConnectError> {
        let route = self.pool_of(route);
        let permit = timeout(self.timeouts.connect, Rc::clone(&route.permits).acquire()).await;
        let Ok(permit) = permit else {
            warn!("every connection to the next host is in use; see relay.max_connections");
            return Err(ConnectError);
        };
        let idle_timeout = self.limits.borrow().idle_timeout;
        while let Some(Idle { mut connection, since }) = route.pop_idle() {
            if since.elapsed() < idle_timeout && !connection.is_stale() {
                return Ok(PooledConnection { connection, reused: true, route, permit });
            }
            connection.quit();
        }
        let connection = self.connect(&route).await?;
        Ok(PooledConnection { connection, reused: false, route, permit })
    }

    /// A new connection in place of one that is lost, whatever is idle.
    pub(super) async fn replace(&self, lost: PooledConnection) -> Result<PooledConnection, ConnectError> {
        let PooledConnection { connection, route, permit, .. } = lost;
        drop(connection);
        let connection = self.connect(&route).await?;
        Ok(PooledConnection { connection, reused: false, route, permit })
    }

    fn pool_of(&self, route: &Route) -> Rc<RoutePool> {
        if let Some(known) = self.routes.borrow().get(route) {
            return Rc::clone(known);
        }
        let new = Rc::new(RoutePool {
            route: route.clone(),
            permits: Permits::new(self.limits.borrow().max_connections),
            idle: RefCell::default(),
            failed: Cell::default(),
            lost: Cell::default(),
        });
        self.routes.borrow_mut().insert(route.clone(), Rc::clone(&new));
        new
    }

    async fn connect(&self, route: &RoutePool) -> Result<SmtpConnection, ConnectError> {
        if route.failed.get().is_some_and(|at| at.elapsed() < CONNECT_RETRY_AFTER) {
            return Err(ConnectError);
        }
        let mut failure = "its name does not resolve to an address".to_owned();
        for address in self.addresses(&route.route).await {
            match SmtpConnection::connect(address, &self.hostname, self.timeouts).await {
                Ok(connection) => {
                    route.failed.set(None);
                    if route.lost.replace(false) {
                        info!("the next host answers again");
                    }
                    return Ok(connection);
                }
                Err(ConnectionLost { cause, .. }) => failure = cause.to_string(),
            }
        }
        route.failed.set(Some(Instant::now()));
        self.recorder.increment(Metric::RelayConnectionFailures);
        if !route.lost.replace(true) {
            let Route::Smarthost(host) = &route.route;
            let (host, port) = (&host.name, host.port);
            warn!(host, port, cause = failure, "the next host does not answer, mail is deferred; see relay.smarthost");
        }
        Err(ConnectError)
    }

    /// Where to connect to, in the order to try. A DNS that does not answer is the same as a host that does not.
    async fn addresses(&self, route: &Route) -> Vec<SocketAddr> {
        let Route::Smarthost(host) = route;
        let resolved = timeout(self.timeouts.connect, self.resolver.addresses(&host.name, host.port));
        resolved.await.unwrap_or_default()
    }

    /// Takes back a connection on which no transaction is under way.
    pub(super) fn put(&self, used: PooledConnection) {
        let PooledConnection { mut connection, route, .. } = used;
        connection.shrink();
        let mut idle = route.idle.borrow_mut();
        if idle.len() < self.limits.borrow().max_idle {
            idle.push(Idle { connection, since: Instant::now() });
        } else {
            connection.quit();
        }
    }

    /// Takes back a connection whose transaction ended before DATA, and has the host forget it.
    pub(super) async fn reset_and_put(&self, mut used: PooledConnection) {
        if used.connection.reset().await.is_ok() {
            self.put(used);
        }
    }

    /// Closes connections that have been idle for too long, and those that are too many.
    fn close_surplus(&self) {
        let Live { max_idle, idle_timeout, .. } = *self.limits.borrow();
        for route in self.routes.borrow().values() {
            let mut idle = route.idle.borrow_mut();
            let old = idle.iter().take_while(|idle| idle.since.elapsed() >= idle_timeout).count();
            let surplus = idle.len().saturating_sub(max_idle);
            idle.drain(..old.max(surplus)).for_each(|idle| idle.connection.quit());
        }
    }

    /// Closes all idle connections with QUIT.
    pub(super) fn close(&self) {
        for route in self.routes.borrow().values() {
            route.idle.borrow_mut().drain(..).for_each(|idle| idle.connection.quit());
        }
    }
}

impl RoutePool {
    // A method of its own, so that the cell is not borrowed while a connection is used.
    fn pop_idle(&self) -> Option<Idle> {
        self.idle.borrow_mut().pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::relay::Host;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    const LIMITS: Live = Live { max_connections: 2, max_idle: 2, idle_timeout: Duration::from_secs(60) };

    fn pool() -> Rc<Pool> {
        // Short only where the tests wait for nothing to come.
        let (connect, reply) = (Duration::from_millis(500), Duration::from_secs(10));
        let settings = Fixed {
            hostname: "us.example".to_owned(),
            smarthost: Host { name: "127.0.0.1".to_owned(), port: 25 },
            dnsbl: Vec::new(),
            connect_timeout: connect,
            command_timeout: reply,
            data_init_timeout: reply,
            data_block_timeout: reply,
            data_end_timeout: reply,
            drain_timeout: reply,
        };
        let resolver = Resolver::for_hosts(["127.0.0.1"].into_iter()).unwrap();
        Pool::new(&settings, LIMITS, resolver, Rc::default())
    }

    fn route(port: u16) -> Route {
        Route::Smarthost(Rc::new(Host { name: "127.0.0.1".to_owned(), port }))
    }

    /// Greets everybody and then says 250 to whatever it reads.
    fn host() -> Route {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let _ = stream.write_all(b"220 x\r\n");
                    while matches!(stream.read(&mut [0; 1000]), Ok(1..)) && stream.write_all(b"250 x\r\n").is_ok() {}
                });
            }
        });
        route(port)
    }

    fn idle(pool: &Pool, route: &Route) -> usize {
        pool.pool_of(route).idle.borrow().len()
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::LocalRuntime::new().unwrap().block_on(test);
    }

    #[test]
    fn each_route_has_its_own_connections_permits_and_failures() {
        run(async {
            let (pool, one, two) = (pool(), host(), host());
            let nobody = {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                route(listener.local_addr().unwrap().port())
            };
            let first = pool.get(&one).await.unwrap_or_else(|_| panic!("no connection"));
            let second = pool.get(&one).await.unwrap_or_else(|_| panic!("no connection"));
            assert!(first.route() == &one && !first.reused);
            assert!(pool.get(&nobody).await.is_err(), "nobody listens");
            assert!(pool.get(&one).await.is_err(), "both are in use");
            let other = pool.get(&two).await.unwrap_or_else(|_| panic!("another route's connections are in use"));
            assert_eq!(pool.in_use(), 3);
            pool.put(first);
            assert_eq!((pool.in_use(), idle(&pool, &one), idle(&pool, &two)), (2, 1, 0));
            let reused = pool.get(&one).await.unwrap_or_else(|_| panic!("no connection"));
            assert!(reused.reused && idle(&pool, &one) == 0);
            drop((second, other, reused));
            assert_eq!(pool.in_use(), 0);
        });
    }

    #[test]
    fn limits_change_while_connections_are_in_use() {
        run(async {
            let (pool, route) = (pool(), host());
            let first = pool.get(&route).await.unwrap_or_else(|_| panic!("no connection"));
            let second = pool.get(&route).await.unwrap_or_else(|_| panic!("no connection"));
            pool.reload(Live { max_connections: 1, ..LIMITS });
            assert_eq!(pool.in_use(), 2);
            pool.put(first);
            assert_eq!((pool.in_use(), idle(&pool, &route)), (1, 1));
            assert!(pool.get(&route).await.is_err(), "one is in use");
            pool.reload(Live { max_connections: 3, ..LIMITS });
            let third = pool.get(&route).await.unwrap_or_else(|_| panic!("no connection"));
            let fourth = pool.get(&route).await.unwrap_or_else(|_| panic!("no connection"));
            assert_eq!(pool.in_use(), 3);
            [second, third, fourth].into_iter().for_each(|used| pool.put(used));
            assert_eq!((pool.in_use(), idle(&pool, &route)), (0, 2), "the third idle one is too many");
            pool.reload(Live { max_idle: 1, ..LIMITS });
            assert_eq!(idle(&pool, &route), 1);
            pool.reload(Live { idle_timeout: Duration::ZERO, ..LIMITS });
            assert_eq!(idle(&pool, &route), 0);
        });
    }
}
