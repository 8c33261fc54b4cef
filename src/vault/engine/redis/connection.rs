//! A connection to Redis: single, Sentinel or Cluster, made when it is needed and again when it is lost.

use crate::config::settings::{self, Topology};
use crate::role::Fatal;
use crate::vault::engine::Outage;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo, Pipeline, RedisError, RedisFuture, Value};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// Between attempts to connect: doubled with every failure, up to the second value.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Cluster redirections followed for one request.
const REDIRECTIONS: u32 = 4;

/// How to connect.
enum Way {
    Single(Client),
    Cluster(ClusterClient),
    /// Asks the Sentinels anew each time.
    Sentinel(Mutex<SentinelClient>),
}

/// A connection that many requests share.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Makes connections, keeps the one that works.
pub(super) struct Connector {
    way: Way,
    patience: Duration,
    current: RefCell<Option<Connection>>,
    /// Counts connections, so that a late failure of an old one does not cost the new one.
    generation: Cell<u64>,
    connecting: Mutex<()>,
    retry_at: Cell<Option<Instant>>,
    delay: Cell<Duration>,
}

impl Connector {
    /// Connects to nothing yet.
    pub(super) fn new(settings: &settings::Redis) -> Result<Self, Fatal> {
        // The URL may hold a password: it is not repeated.
        let wrong = |cause: RedisError| Fatal::Config(format!("store.url: {cause}"));
        let nodes = settings.nodes.clone();
        let way = match &settings.topology {
            Topology::Single => {
                let node = nodes.first().ok_or_else(|| Fatal::Config("store.url names no host".to_owned()))?;
                Way::Single(Client::open(node.as_str()).map_err(wrong)?)
            }
            Topology::Cluster => {
                let builder = ClusterClient::builder(nodes).retries(REDIRECTIONS);
                let builder = builder.connection_timeout(settings.timeout).response_timeout(settings.timeout);
                Way::Cluster(builder.build().map_err(wrong)?)
            }
            Topology::Sentinel { master } => {
                let info = nodes.first().map(|node| node.as_str().into_connection_info()).transpose().map_err(wrong)?;
                let mut node = SentinelNodeConnectionInfo::default();
                if let Some(info) = info {
                    node = node.set_redis_connection_info(info.redis_settings().clone());
                    if nodes.iter().all(|node| node.starts_with("rediss:")) {
                        node = node.set_tls_mode(redis::TlsMode::Secure);
                    }
                }
                let client = SentinelClient::build(nodes, master.clone(), Some(node), SentinelServerType::Master);
                Way::Sentinel(Mutex::new(client.map_err(wrong)?))
            }
        };
        Ok(Self {
            way,
            patience: settings.timeout,
            current: RefCell::default(),
            generation: Cell::new(0),
            connecting: Mutex::default(),
            retry_at: Cell::new(None),
            delay: Cell::new(BACKOFF.0),
        })
    }

    /// The outcome of `ask` on the connection, in the time that a step has.
    pub(super) async fn with<T>(
        &self,
        ask: impl AsyncFnOnce(Connection) -> Result<T, RedisError>,
    ) -> Result<T, Outage> {
        let asked = async {
            let (connection, generation) = self.connection().await?;
            let is_cluster = matches!(connection, Connection::Cluster(_));
            let answer = ask(connection).await;
            answer.map_err(|cause| {
                // A cluster mends its own connections; one node's trouble is not every node's.
                if !is_cluster || cause.is_unrecoverable_error() {
                    self.forget(generation);
                }
                Outage(cause.to_string())
            })
        };
        match timeout(self.patience, asked).await {
            Ok(answer) => answer,
            Err(_) => {
                self.forget(self.generation.get());
                Err(Outage(format!("no answer within {:?}", self.patience)))
            }
        }
    }

    async fn connection(&self) -> Result<(Connection, u64), Outage> {
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let _alone = self.connecting.lock().await;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        if self.retry_at.get().is_some_and(|at| Instant::now() < at) {
            return Err(Outage("cannot be reached; tried again soon".to_owned()));
        }
        // Set before trying: whoever stops waiting for it has failed.
        self.retry_at.set(Some(Instant::now() + self.delay.get()));
        self.delay.set((self.delay.get() * 2).min(BACKOFF.1));
        match self.connect().await {
            Ok(connection) => {
                self.retry_at.set(None);
                self.delay.set(BACKOFF.0);
                self.generation.set(self.generation.get() + 1);
                *self.current.borrow_mut() = Some(connection.clone());
                Ok((connection, self.generation.get()))
            }
            Err(cause) => Err(Outage(format!("cannot be reached: {cause}"))),
        }
    }

    async fn connect(&self) -> Result<Connection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.patience))
            .set_response_timeout(Some(self.patience));
        match &self.way {
            Way::Single(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Single)
            }
            Way::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
            Way::Sentinel(client) => {
                let mut client = client.lock().await;
                client.get_async_connection_with_config(&config).await.map(Connection::Single)
            }
        }
    }

    fn current(&self) -> Option<(Connection, u64)> {
        self.current.borrow().clone().map(|connection| (connection, self.generation.get()))
    }

    fn forget(&self, generation: u64) {
        if self.generation.get() == generation {
            *self.current.borrow_mut() = None;
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
