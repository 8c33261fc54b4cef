//! The accept loop of a role's listening sockets.

use super::{Drain, ShutdownSignal};
use crate::sys::accept_error::AcceptError;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};
use tracing::warn;

/// How long to wait after accept(2) has failed: if descriptors are short, connections that close give some back.
const ACCEPT_RETRY_AFTER: Duration = Duration::from_millis(100);

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
    let mut next = 0;
    // Until when those pause that have failed: the others go on meanwhile.
    let mut pauses: Vec<Option<Instant>> = vec![None; listeners.len()];
    loop {
        let first_pause_ends = pauses.iter().flatten().min().copied();
        let (accepted, at) = tokio::select! {
            accepted = accept_any(listeners, &pauses, next) => accepted,
            () = sleep_until(first_pause_ends.unwrap_or_else(Instant::now)), if first_pause_ends.is_some() => {
                let now = Instant::now();
                pauses.iter_mut().for_each(|pause| *pause = pause.filter(|end| *end > now));
                continue;
            }
        };
        // The others have their turn first.
        next = at + 1;
        match accepted {
            // On a socket for both, an IPv4 client has an IPv6 address that stands for its own.
            Ok((stream, peer)) => take(stream, peer.ip().to_canonical()),
            Err(cause) if AcceptError::of(&cause) == AcceptError::Listener => {
                log_accept_error(&cause);
                pauses[at] = Some(Instant::now() + ACCEPT_RETRY_AFTER);
            }
            Err(cause) => handle_accept_error(&cause).await,
        }
    }
}

/// For every accept loop on one socket: logs why accept(2) failed, and waits until the loop should accept again. If only
/// the connection that was to be accepted is gone, there is nothing to log, and nothing to wait for.
pub async fn handle_accept_error(cause: &io::Error) {
    log_accept_error(cause);
    if AcceptError::of(cause) != AcceptError::Connection {
        tokio::time::sleep(ACCEPT_RETRY_AFTER).await;
    }
}

fn log_accept_error(cause: &io::Error) {
    match AcceptError::of(cause) {
        AcceptError::Connection => {}
        AcceptError::Shortage => warn!(%cause, "cannot accept: raise LimitNOFILE=, or lower the number of sessions"),
        AcceptError::Listener => warn!(%cause, "cannot accept on a listening socket"),
    }
}

/// What the first of `listeners` accepts that does not pause and has something to accept, from the one at `first` on and
/// round; and which. Never completes without listeners. Cancel safe.
async fn accept_any(
    listeners: &[TcpListener],
    pauses: &[Option<Instant>],
    first: usize,
) -> (io::Result<(TcpStream, SocketAddr)>, usize) {
    poll_fn(|context| {
        let in_turn = (0..listeners.len()).map(|step| (first + step) % listeners.len());
        for at in in_turn.filter(|&at| pauses[at].is_none()) {
            if let Poll::Ready(accepted) = listeners[at].poll_accept(context) {
                return Poll::Ready((accepted, at));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream as StdStream;

    #[test]
    fn only_a_shortage_and_a_broken_listener_are_waited_for() {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            for (name, errno, waits) in
                [("ECONNABORTED", 103, false), ("EINTR", 4, false), ("EMFILE", 24, true), ("EBADF", 9, true)]
            {
                let started = Instant::now();
                handle_accept_error(&io::Error::from_raw_os_error(errno)).await;
                assert_eq!(started.elapsed() >= ACCEPT_RETRY_AFTER, waits, "{name}");
            }
        });
    }

    #[test]
    fn every_listener_has_its_turn_however_busy_another_is() {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            let mut listeners = Vec::new();
            for address in ["127.0.0.1:0", "[::1]:0", "127.0.0.1:0"] {
                listeners.push(TcpListener::bind(address).await.unwrap());
            }
            let addresses: Vec<SocketAddr> = listeners.iter().map(|l| l.local_addr().unwrap()).collect();
            // Ten wait at the first before one comes to each of the others.
            let busy = [0; 10].iter().chain(&[1, 2]);
            let clients: Vec<StdStream> = busy.map(|&at| StdStream::connect(addresses[at]).unwrap()).collect();
            let (mut served, mut next) = (Vec::new(), 0);
            for _ in &clients {
                let accept = tokio::time::timeout(Duration::from_secs(10), accept_any(&listeners, &[None; 3], next));
                let (accepted, at) = accept.await.unwrap();
                accepted.unwrap();
                served.push(at);
                next = at + 1;
            }
            assert_eq!(served, [0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            let nobody = accept_any(&listeners, &[None; 3], next);
            assert!(tokio::time::timeout(Duration::from_millis(20), nobody).await.is_err());
            assert!(tokio::time::timeout(Duration::from_millis(20), accept_any(&[], &[], 0)).await.is_err());
        });
    }

    /// What every accept(2) on fails with EINVAL: a stream whose peer has closed it.
    fn broken_listener() -> TcpListener {
        let real = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = StdStream::connect(real.local_addr().unwrap()).unwrap();
        stream.set_nonblocking(true).unwrap();
        TcpListener::from_std(std::os::fd::OwnedFd::from(stream).into()).unwrap()
    }

    #[test]
    fn a_broken_listener_does_not_slow_the_others() {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = good.local_addr().unwrap();
            let clients: Vec<StdStream> = (0..60).map(|_| StdStream::connect(address).unwrap()).collect();
            let (taken, done) = (std::cell::Cell::new(0), tokio::sync::Notify::new());
            let take = |_, _| {
                taken.set(taken.get() + 1);
                if taken.get() == clients.len() {
                    done.notify_one();
                }
            };
            let started = Instant::now();
            let listeners = [broken_listener(), good];
            tokio::select! {
                () = accept_all(&listeners, &take) => {}
                () = done.notified() => {}
            }
            // One in each pause of the broken one would be six seconds.
            assert!(started.elapsed() < ACCEPT_RETRY_AFTER * 30, "{:?}", started.elapsed());
        });
    }
}
