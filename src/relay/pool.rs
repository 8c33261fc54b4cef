//! The connection pool: connections to the next hosts, by route, kept from one message to the next (connection reuse).
//!
//! 1. A transaction asks for a connection of its route ([`super::route_pool`]), and waits for a permit: so many may be in
//!    use at the same time, and they are shared among senders and recipients' domains ([`super::permits`]).
//! 2. It gets an idle connection or a new one.
//! 3. If none can be made and none works, the route counts as failed, and nobody tries again for a moment.
//! 4. A connection on which no transaction is under way comes back and is idle. It retires with QUIT after so many
//!    transactions and refusals, and at an age ([`super::reuse`]). Those idle for too long are closed.
//! 5. The limits may change at any time: connections in use stay, idle ones beyond the new limits are closed.

use super::permits::Requester;
use super::pooled::PooledConnection;
use super::route::Route;
use super::route_pool::RoutePool;
use crate::config::settings::relay::{Fixed, Live};
use crate::net::smtp_client::Timeouts;
use crate::runtime::{MetricRecorder, Resolver};
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;

/// How often idle connections are looked through.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The next host cannot be reached, or every connection to it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConnectError;

/// All connections there are.
pub(super) struct Pool {
    context: Rc<PoolContext>,
    routes: RefCell<HashMap<Route, Rc<RoutePool>>>,
}

/// What all routes share.
pub(super) struct PoolContext {
    /// For EHLO.
    pub(super) hostname: String,
    pub(super) timeouts: Timeouts,
    /// Of each route.
    pub(super) limits: RefCell<Live>,
    resolver: Resolver,
    pub(super) recorder: Rc<MetricRecorder>,
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
        let (hostname, limits) = (settings.hostname.clone(), RefCell::new(limits));
        let context = Rc::new(PoolContext { hostname, timeouts, limits, resolver, recorder });
        let pool = Rc::new(Self { context, routes: RefCell::default() });
        let this = Rc::clone(&pool);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(IDLE_CHECK_INTERVAL).await;
                this.dispatch();
            }
        });
        pool
    }

    /// Takes new limits: connections in use stay, idle ones beyond the new limits are closed.
    pub(super) fn reload(&self, limits: Live) {
        self.context.limits.replace(limits);
        self.dispatch();
    }

    /// Connections that serve a message now.
    pub(super) fn in_use(&self) -> usize {
        self.routes.borrow().values().map(|route| route.in_use()).sum()
    }

    /// A connection that is ready for MAIL.
    pub(super) async fn get(&self, route: &Route, requester: Requester) -> Result<PooledConnection, ConnectError> {
        self.pool_of(route).get(requester).await
    }

    /// A new connection in place of one that is lost, or that the host does not want to keep, whatever is idle. One that
    /// was idle only if the host takes no new ones.
    pub(super) async fn replace(&self, used: PooledConnection) -> Result<PooledConnection, ConnectError> {
        let PooledConnection { connection, permit, .. } = used;
        connection.quit();
        let replaced = RoutePool::replace(permit).await?;
        // Tried once.
        Ok(PooledConnection { reused: false, ..replaced })
    }

    fn pool_of(&self, route: &Route) -> Rc<RoutePool> {
        let mut routes = self.routes.borrow_mut();
        let new = || RoutePool::new(route.clone(), Rc::clone(&self.context));
        Rc::clone(routes.entry(route.clone()).or_insert_with(new))
    }

    /// Takes back a connection on which no transaction is under way. It retires if it has served for long enough.
    pub(super) fn put(&self, used: PooledConnection) {
        Rc::clone(&used.permit.pool).put(used);
    }

    /// Takes back a connection whose transaction ended before DATA, and has the host forget it.
    pub(super) async fn reset_and_put(&self, mut used: PooledConnection) {
        // QUIT ends the transaction as well (RFC 5321 §4.1.1.10).
        if used.reuse.is_over() || used.connection.reset().await.is_ok() {
            self.put(used);
        }
    }

    /// Applies the limits to what there is.
    fn dispatch(&self) {
        self.routes.borrow().values().for_each(|route| route.dispatch());
    }

    /// Closes all idle connections with QUIT.
    pub(super) fn close(&self) {
        self.routes.borrow().values().for_each(|route| route.close());
    }
}

impl PoolContext {
    /// Where to connect to, in the order to try. A DNS that does not answer is the same as a host that does not.
    pub(super) async fn addresses(&self, route: &Route) -> Vec<SocketAddr> {
        let Route::Smarthost(host) = route;
        let resolved = timeout(self.timeouts.connect, self.resolver.addresses(&host.name, host.port));
        resolved.await.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::relay::Host;
    use crate::proto::status::{EnhancedCode, Status};
    use crate::wire::relay_smtp::ClientNetwork;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

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

    fn somebody() -> Requester {
        Requester { client: Some(ClientNetwork { network: 1, address: 1 }), domain: 1 }
    }

    fn route(port: u16) -> Route {
        Route::Smarthost(Rc::new(Host { name: "127.0.0.1".to_owned(), port }))
    }

    /// Greets everybody and then says 250 to whatever it reads.
    fn host() -> Route {
        host_that(|_, stream| greet(stream))
    }

    fn idle(pool: &Pool, route: &Route) -> usize {
        pool.pool_of(route).idle()
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
            let first = pool.get(&one, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let second = pool.get(&one, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            assert!(first.route() == &one && !first.reused);
            assert!(pool.get(&nobody, somebody()).await.is_err(), "nobody listens");
            assert!(pool.get(&one, somebody()).await.is_err(), "both are in use");
            let other =
                pool.get(&two, somebody()).await.unwrap_or_else(|_| panic!("another route's connections are in use"));
            assert_eq!(pool.in_use(), 3);
            pool.put(first);
            assert_eq!((pool.in_use(), idle(&pool, &one), idle(&pool, &two)), (2, 1, 0));
            let reused = pool.get(&one, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            assert!(reused.reused && idle(&pool, &one) == 0);
            drop((second, other, reused));
            assert_eq!(pool.in_use(), 0);
        });
    }

    #[test]
    fn limits_change_while_connections_are_in_use() {
        run(async {
            let (pool, route) = (pool(), host());
            let first = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let second = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            pool.reload(Live { max_connections: 1, ..LIMITS });
            assert_eq!(pool.in_use(), 2);
            pool.put(first);
            assert_eq!((pool.in_use(), idle(&pool, &route)), (1, 1));
            assert!(pool.get(&route, somebody()).await.is_err(), "one is in use");
            pool.reload(Live { max_connections: 3, ..LIMITS });
            let third = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let fourth = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            assert_eq!(pool.in_use(), 3);
            [second, third, fourth].into_iter().for_each(|used| pool.put(used));
            assert_eq!((pool.in_use(), idle(&pool, &route)), (0, 2), "the third idle one is too many");
            pool.reload(Live { max_idle: 1, ..LIMITS });
            assert_eq!(idle(&pool, &route), 1);
            pool.reload(Live { idle_timeout: Duration::ZERO, ..LIMITS });
            assert_eq!(idle(&pool, &route), 0);
        });
    }

    /// Hands each connection to a thread of its own, with its number from 0.
    fn host_that(serves: fn(usize, TcpStream)) -> Route {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                std::thread::spawn(move || serves(number, stream));
            }
        });
        route(port)
    }

    /// Greets, and says 250 to whatever it reads.
    fn greet(mut stream: TcpStream) {
        let _ = stream.write_all(b"220 x\r\n");
        while matches!(stream.read(&mut [0; 1000]), Ok(1..)) && stream.write_all(b"250 x\r\n").is_ok() {}
    }

    /// F14: longer than `connect_timeout`, and shorter than `command_timeout`.
    #[test]
    fn a_greeting_may_take_long_while_no_connection_works() {
        run(async {
            let slow = host_that(|_, stream| {
                std::thread::sleep(Duration::from_secs(1));
                greet(stream);
            });
            let pool = pool();
            assert!(pool.get(&slow, somebody()).await.is_ok());
        });
    }

    /// F14: the second connection is never greeted. Whoever waits gets the first one, and the host has not failed.
    #[test]
    fn a_connect_that_hangs_holds_up_nobody() {
        run(async {
            let hangs = host_that(|number, stream| match number {
                0 => greet(stream),
                _ => std::thread::sleep(Duration::from_secs(60)),
            });
            let pool = pool();
            let first = pool.get(&hangs, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let later = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                pool.put(first);
            };
            let (second, ()) = tokio::join!(pool.get(&hangs, somebody()), later);
            let second = second.unwrap_or_else(|_| panic!("the first one is free"));
            assert!(second.reused);
            // It was given up by now, because another one works.
            tokio::time::sleep(Duration::from_millis(800)).await;
            assert_eq!(pool.pool_of(&hangs).connects_under_way(), 0);
            pool.put(second);
            assert!(pool.get(&hangs, somebody()).await.is_ok());
        });
    }

    /// F14: a host that takes two connections and says 421 to others.
    #[test]
    fn waiters_share_the_connections_that_the_host_takes() {
        run(async {
            let limited = host_that(|number, mut stream| match number {
                0 | 1 => greet(stream),
                _ => stream.write_all(b"421 too many\r\n").unwrap_or_default(),
            });
            let pool = pool();
            pool.reload(Live { max_connections: 20, ..LIMITS });
            let mut senders = tokio::task::JoinSet::new();
            for _ in 0..40 {
                let (pool, limited) = (Rc::clone(&pool), limited.clone());
                senders.spawn_local(async move {
                    let used = pool.get(&limited, somebody()).await.unwrap_or_else(|_| panic!("it waits on"));
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    pool.put(used);
                });
            }
            assert_eq!(senders.join_all().await.len(), 40);
            assert_eq!(pool.in_use(), 0);
        });
    }

    /// One in place of a connection that was lost is a new one, or one that works if the host takes no more.
    #[test]
    fn a_lost_connection_is_replaced() {
        run(async {
            let limited = host_that(|number, mut stream| match number {
                0..3 => greet(stream),
                _ => stream.write_all(b"421 too many\r\n").unwrap_or_default(),
            });
            let pool = pool();
            let first = pool.get(&limited, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let mut second = pool.get(&limited, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            second.reuse.begin();
            pool.put(second);
            let third = pool.replace(first).await.unwrap_or_else(|_| panic!("no connection"));
            assert_eq!((third.reuse.has_served(), pool.in_use(), idle(&pool, &limited)), (false, 1, 1));
            let second = pool.replace(third).await.unwrap_or_else(|_| panic!("one is idle"));
            assert_eq!((second.reuse.has_served(), second.reused, pool.in_use()), (true, false, 1));
            assert!(pool.replace(second).await.is_err(), "none works");
            assert!(pool.get(&limited, somebody()).await.is_err());
            assert_eq!(pool.in_use(), 0);
        });
    }

    /// A waiter that is gone takes nothing, and a higher limit serves those that wait.
    #[test]
    fn waiters_come_and_go() {
        run(async {
            let (pool, route) = (pool(), host());
            let first = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let second = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            assert!(timeout(Duration::from_millis(10), pool.get(&route, somebody())).await.is_err());
            let more = async {
                tokio::time::sleep(Duration::from_millis(10)).await;
                pool.reload(Live { max_connections: 3, ..LIMITS });
            };
            let (third, ()) = tokio::join!(pool.get(&route, somebody()), more);
            assert_eq!(pool.in_use(), 3);
            drop((first, second, third));
            assert_eq!(pool.in_use(), 0);
        });
    }

    /// A connection that was refused something is used when there is no other; one that has served for long is not.
    #[test]
    fn which_idle_connection_is_used() {
        run(async {
            let (pool, route) = (pool(), host());
            let mut refused = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let mut other = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let refusal = Status { code: 550, enhanced: EnhancedCode::new(5, 1, 1) };
            other.reuse.begin();
            refused.reuse.begin();
            refused.reuse.replied(refusal);
            pool.put(other);
            pool.put(refused);
            let other = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            let mut refused = pool.get(&route, somebody()).await.unwrap_or_else(|_| panic!("no connection"));
            assert_eq!((other.reuse.was_refused(), refused.reuse.was_refused()), (false, true));
            (0..4).for_each(|_| refused.reuse.replied(refusal));
            pool.put(refused);
            assert_eq!(idle(&pool, &route), 0, "it retires");
        });
    }
}
