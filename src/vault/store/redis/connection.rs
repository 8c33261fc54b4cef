//! A connection to Redis: single, Sentinel or Cluster, made when it is needed and again when it is lost.

use crate::config::settings::Secret;
use crate::config::settings::vault::{Redis as RedisSettings, Topology};
use crate::runtime::{Fatal, Resolver};
use crate::vault::store::Outage;
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

/// Between attempts to connect: doubled with every failure, up to the second value.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Cluster redirections followed for one request.
const REDIRECTIONS: u32 = 4;

/// How to connect.
enum Way {
    Single(Client),
    Cluster(Box<ClusterClient>),
    /// Asks the Sentinels anew each time.
    Sentinel(Sentinels),
}

/// Those who know which node is the master.
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

/// Makes connections, keeps the one that works.
pub(super) struct Connector {
    way: Way,
    resolver: Resolver,
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
            // They may name others by names.
            Topology::Cluster | Topology::Sentinel { .. } => Resolver::for_any(hosts).map_err(Fatal::Config)?,
        };
        let certificates = certificates(settings)?;
        let way = match (&settings.topology, certificates) {
            (Topology::Single, certificates) => {
                let node =
                    nodes.into_iter().next().ok_or_else(|| Fatal::Config("store.url names no host".to_owned()))?;
                Way::Single(client(node, certificates.as_ref()).map_err(wrong)?)
            }
            (Topology::Cluster, certificates) => {
                let builder = ClusterClient::builder(nodes).retries(REDIRECTIONS);
                let builder = builder.connection_timeout(settings.timeout).response_timeout(settings.timeout);
                let builder = builder.async_dns_resolver(Lookup(resolver.clone()));
                let builder = match certificates {
                    Some(certificates) => builder.certs(certificates),
                    None => builder,
                };
                Way::Cluster(Box::new(builder.build().map_err(wrong)?))
            }
            (Topology::Sentinel { master }, certificates) => {
                Way::Sentinel(Sentinels { nodes, master: master.clone(), certificates })
            }
        };
        Ok(Self {
            way,
            resolver,
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
            .set_dns_resolver(Lookup(self.resolver.clone()))
            .set_connection_timeout(Some(self.patience))
            .set_response_timeout(Some(self.patience));
        match &self.way {
            Way::Single(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Single)
            }
            Way::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
            Way::Sentinel(sentinels) => sentinels.connect(&config).await.map(Connection::Single),
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
            match self.ask(sentinel, config).await {
                Ok(connection) => return Ok(connection),
                Err(cause) => failure = cause,
            }
        }
        Err(failure)
    }

    /// [The protocol for clients](https://redis.io/docs/latest/develop/reference/sentinel-clients/): ask for the
    /// master's address, connect, make sure that it is the master.
    async fn ask(
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

/// A client that vouches for nobody whom `certificates` do not.
fn client(info: ConnectionInfo, certificates: Option<&TlsCertificates>) -> Result<Client, RedisError> {
    match certificates {
        Some(certificates) => Client::build_with_tls(info, certificates.clone()),
        None => Client::open(info),
    }
}

/// Our resolver for the client library, whose own would open files.
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

/// The authorities' certificates, if any node wants TLS: read now, within walls no file can be.
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
