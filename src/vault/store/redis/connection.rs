//! The connection to Redis: single server, Sentinel or Cluster. Made when it is needed, and again after it is lost.

use crate::config::settings::Secret;
use crate::config::settings::vault::{Redis as RedisSettings, Topology};
use crate::runtime::{Fatal, Resolver};
use crate::vault::store::StoreError;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::io::AsyncDNSResolver;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, Pipeline,
    RedisError, RedisFuture, TlsCertificates, Value,
};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// The time between attempts to connect: doubled with every failure, up to the second value.
const MIN_BACKOFF: Duration = Duration::from_millis(50);
const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// Redirections of a Cluster that are followed for one request.
const MAX_REDIRECTIONS: u32 = 4;

/// Where to connect to.
enum Servers {
    Single(Client),
    Cluster(Box<ClusterClient>),
    /// The Sentinels are asked for the master each time.
    Sentinel(Sentinels),
}

/// The Sentinels, which know the node that is the master.
struct Sentinels {
    nodes: Vec<ConnectionInfo>,
    master: String,
    certificates: Option<TlsCertificates>,
}

/// A connection that many requests share.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Makes connections, and keeps the one that works.
pub(super) struct Connector {
    servers: Servers,
    resolver: Resolver,
    timeout: Duration,
    current: RefCell<Option<Connection>>,
    /// Counts connections, so that a late failure of an old one does not cost the new one.
    generation: Cell<u64>,
    /// Held by the one who connects.
    connecting: Mutex<()>,
    /// No attempt to connect before.
    retry_at: Cell<Option<Instant>>,
    backoff: Cell<Duration>,
}

impl Connector {
    /// Connects to nothing yet.
    pub(super) fn new(settings: &RedisSettings) -> Result<Self, Fatal> {
        // The URL may hold a password: it is not repeated.
        let wrong = |cause: RedisError| Fatal::Config(format!("store.url: {cause}"));
        let nodes: Vec<ConnectionInfo> = settings
            .nodes
            .iter()
            .map(|node| node.expose().into_connection_info())
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        let hosts = nodes.iter().filter_map(|node| address(node)).map(|(host, _)| host);
        let resolver = match settings.topology {
            Topology::Single => Resolver::for_hosts(hosts).map_err(Fatal::Config)?,
            // They may name other nodes, by name.
            Topology::Cluster | Topology::Sentinel { .. } => Resolver::for_any(hosts).map_err(Fatal::Config)?,
        };
        let certificates = certificates(settings)?;
        let servers = match (&settings.topology, certificates) {
            (Topology::Single, certificates) => {
                let node =
                    nodes.into_iter().next().ok_or_else(|| Fatal::Config("store.url names no host".to_owned()))?;
                Servers::Single(client(node, certificates.as_ref()).map_err(wrong)?)
            }
            (Topology::Cluster, certificates) => {
                let builder = ClusterClient::builder(nodes).retries(MAX_REDIRECTIONS);
                let builder = builder.connection_timeout(settings.timeout).response_timeout(settings.timeout);
                let builder = builder.async_dns_resolver(Lookup(resolver.clone()));
                let builder = match certificates {
                    Some(certificates) => builder.certs(certificates),
                    None => builder,
                };
                Servers::Cluster(Box::new(builder.build().map_err(wrong)?))
            }
            (Topology::Sentinel { master }, certificates) => {
                Servers::Sentinel(Sentinels { nodes, master: master.clone(), certificates })
            }
        };
        Ok(Self {
            servers,
            resolver,
            timeout: settings.timeout,
            current: RefCell::default(),
            generation: Cell::new(0),
            connecting: Mutex::default(),
            retry_at: Cell::new(None),
            backoff: Cell::new(MIN_BACKOFF),
        })
    }

    /// The outcome of `request` on the connection, within the time that a step has.
    pub(super) async fn run<T>(
        &self,
        request: impl AsyncFnOnce(Connection) -> Result<T, RedisError>,
    ) -> Result<T, StoreError> {
        let running = async {
            let (connection, generation) = self.connection().await?;
            let is_cluster = matches!(connection, Connection::Cluster(_));
            let answer = request(connection).await;
            answer.map_err(|cause| {
                // A Cluster client mends its own connections; the failure of one node is not that of all.
                if !is_cluster || cause.is_unrecoverable_error() {
                    self.forget(generation);
                }
                StoreError(cause.to_string())
            })
        };
        match timeout(self.timeout, running).await {
            Ok(answer) => answer,
            Err(_) => {
                self.forget(self.generation.get());
                Err(StoreError(format!("no answer within {:?}", self.timeout)))
            }
        }
    }

    async fn connection(&self) -> Result<(Connection, u64), StoreError> {
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let _connecting = self.connecting.lock().await;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        if self.retry_at.get().is_some_and(|at| Instant::now() < at) {
            return Err(StoreError("cannot be reached; tried again soon".to_owned()));
        }
        // Set before trying: an attempt that is cancelled has failed.
        self.retry_at.set(Some(Instant::now() + self.backoff.get()));
        self.backoff.set((self.backoff.get() * 2).min(MAX_BACKOFF));
        match self.connect().await {
            Ok(connection) => {
                self.retry_at.set(None);
                self.backoff.set(MIN_BACKOFF);
                self.generation.set(self.generation.get() + 1);
                *self.current.borrow_mut() = Some(connection.clone());
                Ok((connection, self.generation.get()))
            }
            Err(cause) => Err(StoreError(format!("cannot be reached: {cause}"))),
        }
    }

    async fn connect(&self) -> Result<Connection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_dns_resolver(Lookup(self.resolver.clone()))
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        match &self.servers {
            Servers::Single(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Single)
            }
            Servers::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
            Servers::Sentinel(sentinels) => sentinels.connect(&config).await.map(Connection::Single),
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

impl Sentinels {
    /// A connection to the master that the first Sentinel to answer names.
    async fn connect(&self, config: &AsyncConnectionConfig) -> Result<MultiplexedConnection, RedisError> {
        let mut failure = RedisError::from((ErrorKind::InvalidClientConfig, "no Sentinel is named"));
        for sentinel in &self.nodes {
            match self.connect_through(sentinel, config).await {
                Ok(connection) => return Ok(connection),
                Err(cause) => failure = cause,
            }
        }
        Err(failure)
    }

    /// [The protocol for clients](https://redis.io/docs/latest/develop/reference/sentinel-clients/): ask for the
    /// master's address, connect, make sure that it is the master.
    async fn connect_through(
        &self,
        sentinel: &ConnectionInfo,
        config: &AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection, RedisError> {
        let mut asked = self.client(sentinel.clone())?.get_multiplexed_async_connection_with_config(config).await?;
        let question = redis::cmd("SENTINEL").arg("get-master-addr-by-name").arg(&self.master).take();
        let found: Option<(String, u16)> = question.query_async(&mut asked).await?;
        let Some((host, port)) = found else {
            return Err(RedisError::from((
                ErrorKind::InvalidClientConfig,
                "a Sentinel does not know the master's name",
            )));
        };
        let address = match sentinel.addr() {
            ConnectionAddr::TcpTls { .. } => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            _ => ConnectionAddr::Tcp(host, port),
        };
        let master = self.client(sentinel.clone().set_addr(address))?;
        let mut connection = master.get_multiplexed_async_connection_with_config(config).await?;
        let role: Vec<Value> = redis::cmd("ROLE").query_async(&mut connection).await?;
        match role.first() {
            Some(Value::BulkString(role)) if role == b"master" => Ok(connection),
            _ => Err(RedisError::from((ErrorKind::InvalidClientConfig, "a Sentinel names a master that is none"))),
        }
    }

    fn client(&self, info: ConnectionInfo) -> Result<Client, RedisError> {
        client(info, self.certificates.as_ref())
    }
}

/// A client that trusts `certificates` and no others.
fn client(info: ConnectionInfo, certificates: Option<&TlsCertificates>) -> Result<Client, RedisError> {
    match certificates {
        Some(certificates) => Client::build_with_tls(info, certificates.clone()),
        None => Client::open(info),
    }
}

/// Our resolver for the client library, whose own would open files, which the sandbox forbids.
struct Lookup(Resolver);

impl AsyncDNSResolver for Lookup {
    fn resolve<'a, 'b: 'a>(
        &'a self,
        host: &'b str,
        port: u16,
    ) -> RedisFuture<'a, Box<dyn Iterator<Item = SocketAddr> + Send + 'a>> {
        Box::pin(async move {
            let found = self.0.addresses(host, port).await;
            Ok(Box::new(found.into_iter()) as Box<dyn Iterator<Item = SocketAddr> + Send>)
        })
    }
}

/// Host and port of a node.
fn address(node: &ConnectionInfo) -> Option<(&str, u16)> {
    match node.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => Some((host, *port)),
        _ => None,
    }
}

/// The ports that the URLs name.
pub(crate) fn ports(nodes: &[Secret]) -> Vec<u16> {
    let infos = nodes.iter().filter_map(|node| node.expose().into_connection_info().ok());
    infos.filter_map(|info| address(&info).map(|(_, port)| port)).collect()
}

/// The certificates of the authorities, if any node wants TLS. They are read now: the sandbox allows no file.
fn certificates(settings: &RedisSettings) -> Result<Option<TlsCertificates>, Fatal> {
    if !settings.nodes.iter().any(|node| node.expose().starts_with("rediss:")) {
        return Ok(None);
    }
    let unusable = |cause| Fatal::File {
        path: settings.ca_file.clone(),
        what: format!("cannot be read ({cause}); install ca-certificates, or set ca_file under [store]"),
    };
    let root_cert = Some(std::fs::read(&settings.ca_file).map_err(unusable)?);
    Ok(Some(TlsCertificates { client_tls: None, root_cert }))
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
