//! The accept loop of a role's listening sockets.

use super::{Drain, ShutdownSignal};
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tracing::warn;

/// How long to wait after accept(2) has failed: if descriptors are short, connections that close give some back.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Calls `take` with each connection that any of `listeners` accepts, and its peer's address, until a shutdown is
/// requested; then closes the listeners and drains: waits for the connections in `drain`, at most for `drain_timeout`.
pub async fn accept_connections(
    listeners: Vec<TcpListener>,
    take: impl Fn(TcpStream, IpAddr),
    shutdown: &ShutdownSignal,
    drain: &Drain,
    drain_timeout: Duration,
) {
    tokio::select! {
        () = shutdown.requested() => {}
        () = accept_all(&listeners, &take) => {}
    }
    drop(listeners);
    drain.finish(drain_timeout).await;
}

async fn accept_all(listeners: &[TcpListener], take: &impl Fn(TcpStream, IpAddr)) {
    match listeners {
        [] => std::future::pending().await,
        [one] => accept(one, take).await,
        [first, rest @ ..] => {
            tokio::join!(accept(first, take), Box::pin(accept_all(rest, take)));
        }
    }
}

async fn accept(listener: &TcpListener, take: &impl Fn(TcpStream, IpAddr)) {
    loop {
        match listener.accept().await {
            // On a socket for both, an IPv4 client has an IPv6 address that stands for its own.
            Ok((stream, peer)) => take(stream, peer.ip().to_canonical()),
            Err(cause) => {
                warn!(%cause, "cannot accept; if descriptors are short, raise LimitNOFILE= or lower the number of sessions");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}
