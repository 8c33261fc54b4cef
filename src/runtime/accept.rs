//! Taking connections from the network.

use super::{Drain, ShutdownSignal};
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tracing::warn;

/// How long not to accept after a failure to: it may be for want of descriptors, which come back.
const PAUSE: Duration = Duration::from_millis(100);

/// Hands each new connection on any of `listeners`, and where it comes from, to `take`, until told to stop; then
/// sees the draining out.
pub async fn accept_connections(
    listeners: Vec<TcpListener>,
    take: impl Fn(TcpStream, IpAddr),
    shutdown: &ShutdownSignal,
    draining: &Drain,
    drain_timeout: Duration,
) {
    tokio::select! {
        () = shutdown.requested() => {}
        () = accept_all(&listeners, &take) => {}
    }
    drop(listeners);
    draining.finish(drain_timeout).await;
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
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
