//! The `web` role: hears port 80, and knows what one visitor just typed.
//!
//! Files are prepared once and served from memory: a path that leads elsewhere cannot be expressed.

mod admission;
mod answer;
mod api;
mod asking;
mod body;
mod files;
mod forwarded;
mod forwarders;
mod limiter;
mod metrics;
mod negotiate;
mod openapi;
mod pages;
mod proxied;
mod refusal;
mod router;
mod visitor;

use crate::config::settings;
use crate::door::{Caller, Door};
use crate::role::{self, Crowd, Duties, Fatal, Guest, Guests, Place, Promise, Start, Tally};
use crate::wire::figures::{Figure, Figures};
use crate::wire::listed;
use crate::wire::web::{Answer, Request};
use files::Files;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use limiter::Limiter;
use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tracing::error;
use visitor::{Line, Remarks, trusts};

/// How long one connection may be used, so that a client that reads slowly does not stay for ever.
const LIFETIME: Duration = Duration::from_secs(300);

/// Octets of a request's header at the most; more is `431`.
const MAX_HEADER: usize = 16 * 1024;

/// What connections share. New settings make a new one, for the connections that come from then on.
#[derive(Clone)]
struct House {
    settings: settings::Web,
    vault: Caller<Request, Answer>,
    relay: Caller<listed::Request, listed::Answer>,
    files: Rc<Files>,
    crowd: Rc<Crowd>,
    tally: Rc<Tally>,
    limiter: Rc<Limiter>,
    remarks: Rc<Remarks>,
}

/// The house as who comes now finds it.
struct Current(RefCell<Rc<House>>);

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Start::<settings::Web>::take("web")?;
    role::block_on(async move {
        let listeners = start.listeners("web")?;
        let metrics = start.listeners("metrics")?;
        let settings = start.config.clone();
        let drain = settings.drain;
        let files = Rc::new(Files::prepare(&settings)?);
        let (vault, relay) = (start.caller(Door::VaultWeb)?, start.caller(Door::RelayWeb)?);
        start.confine(&[Promise::Accept])?;
        let (vault, relay) = (Caller::new(vault), Caller::new(relay));
        let crowd = Crowd::new(settings.max_connections, settings.max_connections_per_address);
        let limiter = Rc::new(Limiter::new(settings.creations_per_client));
        let house = House {
            vault: vault.clone(),
            relay,
            files,
            crowd,
            tally: Rc::default(),
            limiter,
            remarks: Rc::default(),
            settings,
        };
        let current = Rc::new(Current(RefCell::new(Rc::new(house))));
        let teller = vault.clone();
        start.keep_telling(Rc::clone(&current), move |figures| teller.tell(Request::Figures(figures)));
        let stop = start.ready(Rc::clone(&current)).await?;
        tokio::task::spawn_local(metrics::serve(metrics, vault));
        let guests = Guests::default();
        let take = |stream, peer| {
            let house = Rc::clone(&current.0.borrow());
            let place = match trusts(&house.settings.trusted_proxies, peer) {
                true => house.crowd.admit_proxy(peer),
                false => house.crowd.admit(peer),
            };
            match place {
                Some(place) => {
                    house.tally.count(Figure::WebConnectionsTotal);
                    tokio::task::spawn_local(serve(stream, peer, house, guests.welcome(), place));
                }
                None => {
                    house.tally.count(Figure::WebTurnedAway);
                    turn_away(&stream);
                }
            }
        };
        role::host(listeners, take, &stop, &guests, drain).await;
        Ok(())
    })
}

impl Duties<settings::Web> for Current {
    fn reload(&self, settings: settings::Web) {
        let mut house = self.0.borrow_mut();
        match Files::prepare(&settings) {
            Ok(files) => {
                house.crowd.bound(settings.max_connections, settings.max_connections_per_address);
                house.limiter.bound(settings.creations_per_client);
                *house = Rc::new(House { settings, files: Rc::new(files), ..House::clone(&house) });
            }
            Err(cause) => error!(%cause, "the site cannot be made of the new settings and stays as it was"),
        }
    }

    fn figures(&self) -> Figures {
        let house = self.0.borrow();
        house.tally.set(Figure::WebConnections, house.crowd.present() as u64);
        house.tally.figures()
    }
}

impl House {
    /// Who is there, on a connection that has just come; `None` if it is to be closed.
    async fn pick_up(&self, stream: &mut TcpStream, peer: IpAddr) -> Option<Line> {
        let settings = &self.settings;
        if !settings.proxy_protocol || !trusts(&settings.trusted_proxies, peer) {
            return Some(Line { peer, secure: false });
        }
        let line = tokio::time::timeout(settings.header_timeout, proxied::take(stream, peer)).await;
        if matches!(&line, Ok(Err(cause)) if cause.kind() == io::ErrorKind::InvalidData) {
            self.remarks.not_proxied(peer);
        }
        line.ok()?.ok()
    }
}

/// One word to a visitor for whom there is no place, at no cost.
fn turn_away(stream: &TcpStream) {
    // A new connection has room for it; if not, the visitor sees a closed connection.
    let _ = stream.try_write(
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
}

async fn serve(mut stream: TcpStream, peer: IpAddr, house: Rc<House>, mut guest: Guest, _place: Place) {
    // Without it answers would wait for acknowledgements; where it cannot be set, they do.
    let _ = stream.set_nodelay(true);
    let header_timeout = house.settings.header_timeout;
    let line = tokio::select! {
        line = house.pick_up(&mut stream, peer) => line,
        () = guest.stopping() => None,
    };
    let Some(line) = line else { return };
    let answer = service_fn(move |request| {
        let house = Rc::clone(&house);
        async move { Ok::<_, Infallible>(house.answer(request, line).await) }
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
