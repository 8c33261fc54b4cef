//! The `web` role: serves port 80, and knows what one visitor just typed.
//!
//! Files are prepared once and served from memory: a path that leads elsewhere cannot be expressed.

mod answer;
mod api;
mod body;
mod calendar;
mod context;
mod error;
mod files;
mod forwarded;
mod forwarders;
mod guard;
mod limiter;
mod locale;
mod metrics;
mod negotiate;
mod openapi;
mod pages;
mod prose;
mod proxy_protocol;
mod request;
mod request_head;
mod router;
mod routes;
pub mod testing;
mod vault_client;
mod visitor;

use crate::channel::{Door, RpcClient};
use crate::config::settings::web::{Fixed, Live};
use crate::runtime::{self, ConnectionLimits, ConnectionPermit, Drain, DrainGuard, Fatal, RoleHandler, Startup};
use crate::wire::metrics::{Metric, Metrics};
use context::WebContext;
use files::Files;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use limiter::RateLimiter;
use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tracing::error;
use visitor::{PeerInfo, trusts};

/// How long one connection may be used, so that a client that reads slowly does not stay forever.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(300);

/// Octets of a request's header at the most; more is `431`.
const MAX_HEADER_OCTETS: usize = 16 * 1024;

/// What a connection that comes now gets.
struct SharedContext(RefCell<Rc<WebContext>>);

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Startup::<Fixed, Live>::take("web")?;
    runtime::block_on(async move {
        let listeners = start.tcp_listeners("web")?;
        let metrics = start.tcp_listeners("metrics")?;
        let (fixed, settings) = (start.fixed.clone(), start.live.clone());
        let drain_timeout = fixed.drain_timeout;
        let files = Rc::new(Files::prepare(&settings)?);
        let (vault, relay) = (start.connect_to(Door::VaultWeb)?, start.connect_to(Door::RelayWeb)?);
        start.confine()?;
        let (vault, relay) = (RpcClient::new(vault), RpcClient::new(relay));
        let connection_limits = ConnectionLimits::new(settings.max_connections, settings.max_connections_per_address);
        let rate_limiter = Rc::new(RateLimiter::new(settings.creations_per_client));
        let context = WebContext {
            vault: vault.clone(),
            relay,
            files,
            connection_limits,
            recorder: Rc::default(),
            rate_limiter,
            logged_once: Rc::default(),
            fixed,
            settings,
        };
        let shared = Rc::new(SharedContext(RefCell::new(Rc::new(context))));
        let metrics_vault = vault.clone();
        start.report_metrics(Rc::clone(&shared), move |metrics| metrics_vault.send(metrics));
        let stop = start.ready(Rc::clone(&shared)).await?;
        tokio::task::spawn_local(metrics::serve(metrics, vault));
        let drain = Drain::default();
        let take = |stream, peer| {
            let context = Rc::clone(&shared.0.borrow());
            let permit = match trusts(&context.settings.trusted_proxies, peer) {
                true => context.connection_limits.try_acquire_for_proxy(peer),
                false => context.connection_limits.try_acquire(peer),
            };
            match permit {
                Some(permit) => {
                    context.recorder.increment(Metric::WebConnectionsTotal);
                    tokio::task::spawn_local(serve(stream, peer, context, drain.enter(), permit));
                }
                None => {
                    context.recorder.increment(Metric::WebConnectionsRejected);
                    reject(&stream);
                }
            }
        };
        runtime::accept_connections(listeners, take, &stop, &drain, drain_timeout).await;
        Ok(())
    })
}

impl RoleHandler<Live> for SharedContext {
    fn reload(&self, settings: Live) {
        let mut context = self.0.borrow_mut();
        match Files::prepare(&settings) {
            Ok(files) => {
                context.connection_limits.set(settings.max_connections, settings.max_connections_per_address);
                context.rate_limiter.set_limit(settings.creations_per_client);
                *context = Rc::new(WebContext { settings, files: Rc::new(files), ..WebContext::clone(&context) });
            }
            Err(cause) => error!(%cause, "the site cannot be made of the new settings and stays as it was"),
        }
    }

    fn metrics(&self) -> Metrics {
        let context = self.0.borrow();
        context.recorder.set(Metric::WebConnections, context.connection_limits.open() as u64);
        context.recorder.snapshot()
    }
}

impl WebContext {
    /// Who is at the other end of a connection that was just accepted; `None` if it is to be closed.
    async fn peer_info(&self, stream: &mut TcpStream, peer: IpAddr) -> Option<PeerInfo> {
        let settings = &self.settings;
        if !settings.proxy_protocol || !trusts(&settings.trusted_proxies, peer) {
            return Some(PeerInfo { peer, secure: false });
        }
        let info = tokio::time::timeout(settings.header_timeout, proxy_protocol::take(stream, peer)).await;
        if matches!(&info, Ok(Err(cause)) if cause.kind() == io::ErrorKind::InvalidData) {
            self.logged_once.not_proxied(peer);
        }
        info.ok()?.ok()
    }
}

/// Tells a visitor that a connection limit is reached, at no cost.
fn reject(stream: &TcpStream) {
    // A new connection has room for it; if not, the visitor sees a closed connection.
    let _ = stream.try_write(
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
}

async fn serve(
    mut stream: TcpStream,
    peer: IpAddr,
    context: Rc<WebContext>,
    guard: DrainGuard,
    _permit: ConnectionPermit,
) {
    // Without it answers would wait for acknowledgements; where it cannot be set, they do.
    let _ = stream.set_nodelay(true);
    let info = tokio::select! {
        info = context.peer_info(&mut stream, peer) => info,
        () = guard.stopping() => None,
    };
    if let Some(info) = info {
        serve_http(stream, info, context, guard).await;
    }
}

/// HTTP/1.1 over a connection of any kind, until its client has had enough, or it has lived long enough, or the daemon
/// drains: then gracefully, so that the answer under way is completed.
async fn serve_http<S>(stream: S, info: PeerInfo, context: Rc<WebContext>, guard: DrainGuard)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let header_timeout = context.settings.header_timeout;
    let answer = service_fn(move |request| {
        let context = Rc::clone(&context);
        async move { Ok::<_, Infallible>(context.answer(request, info).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEADER_OCTETS)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        // Errors here are those of the client's connection (reset, malformed HTTP); there is nothing to do about them.
        _ = connection.as_mut() => return,
        () = guard.stopping() => {}
        () = tokio::time::sleep(CONNECTION_LIFETIME) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = guard.expired() => {}
        () = tokio::time::sleep(header_timeout) => {}
    }
}
