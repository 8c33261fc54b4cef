//! The `web` role: hears port 80, and knows what one visitor just typed.
//!
//! Files are prepared once and served from memory: a path that leads elsewhere cannot be expressed.

mod answer;
mod api;
mod body;
mod files;
mod negotiate;
mod pages;
mod router;

use crate::config::settings;
use crate::door::{Caller, Door};
use crate::role::{self, Crowd, Fatal, Guest, Guests, Place, Start};
use crate::wire::web::{Answer, Request};
use files::Files;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long one connection may be used, so that a client that reads slowly does not stay for ever.
const LIFETIME: Duration = Duration::from_secs(300);

/// Octets of a request's header at the most; more is `431`.
const MAX_HEADER: usize = 16 * 1024;

/// What all connections share.
struct House {
    settings: settings::Web,
    vault: Caller<Request, Answer>,
    files: Files,
}

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Start::<settings::Web>::take("web")?;
    role::block_on(async move {
        let listeners = start.listeners("web")?;
        let settings = start.config.clone();
        let drain = settings.drain;
        let files = Files::prepare(&settings)?;
        let house = Rc::new(House { vault: Caller::new(start.path(Door::VaultWeb)), files, settings });
        let stop = start.ready()?;
        let guests = Guests::default();
        let crowd = Crowd::new(house.settings.max_connections, house.settings.max_connections_per_address);
        let take = |stream, peer| match crowd.admit(peer) {
            Some(place) => {
                tokio::task::spawn_local(serve(stream, Rc::clone(&house), guests.welcome(), place));
            }
            None => turn_away(&stream),
        };
        role::host(listeners, take, &stop, &guests, drain).await;
        Ok(())
    })
}

/// One word to a visitor for whom there is no place, at no cost.
fn turn_away(stream: &TcpStream) {
    // A new connection has room for it; if not, the visitor sees a closed connection.
    let _ = stream.try_write(
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
}

async fn serve(stream: TcpStream, house: Rc<House>, mut guest: Guest, _place: Place) {
    // Without it answers would wait for acknowledgements; where it cannot be set, they do.
    let _ = stream.set_nodelay(true);
    let header_timeout = house.settings.header_timeout;
    let answer = service_fn(move |request| {
        let house = Rc::clone(&house);
        async move { Ok::<_, Infallible>(house.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEADER)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    tokio::select! {
        // What is wrong with a connection its client knows best.
        _ = connection.as_mut() => return,
        () = guest.stopping() => {}
        () = tokio::time::sleep(LIFETIME) => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = guest.over() => {}
        () = tokio::time::sleep(header_timeout) => {}
    }
}
