//! The `smtp` role: hears port 25, and knows no real address.
//!
//! A recipient is an alias that the vault holds a use of, or it is refused; what it stands for, only
//! the relay learns. A message goes through in pieces as it comes, and the client is told what the
//! next host said to it.

mod client;
mod crowd;
mod link;
mod message;
mod session;
mod trace;
mod transaction;

use crate::config::settings;
use crate::door::{Caller, Door};
use crate::role::{self, Fatal, Guests, Start};
use crate::wire::smtp::{Answer, Request};
use client::Client;
use crowd::Crowd;
use link::Links;
use session::Session;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tracing::warn;

/// How long not to accept after a failure to: it may be for want of descriptors, which come back.
const PAUSE: Duration = Duration::from_millis(100);

/// What all sessions share.
struct House {
    settings: settings::Smtp,
    vault: Caller<Request, Answer>,
    links: Links,
    crowd: Rc<Crowd>,
    /// Number of the next session; begins with the time of the start, so that no two lives share one.
    next: Cell<u64>,
}

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Start::<settings::Smtp>::take("smtp")?;
    role::block_on(async move {
        let listeners = start.listeners("smtp")?;
        let settings = start.config.clone();
        let drain = settings.drain;
        let house = Rc::new(House {
            vault: Caller::new(start.path(Door::VaultSmtp)),
            links: Links::new(start.path(Door::RelaySmtp)),
            crowd: Crowd::new(settings.max_sessions, settings.max_sessions_per_address),
            next: Cell::new(first_number()),
            settings,
        });
        let stop = start.ready()?;
        let guests = Guests::default();
        tokio::select! {
            () = stop.requested() => {}
            () = accept_all(&listeners, &house, &guests) => {}
        }
        drop(listeners);
        guests.see_out(drain).await;
        Ok(())
    })
}

/// The time of the start, with room for 4,096 sessions in each millisecond of this life.
fn first_number() -> u64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or_default() << 12
}

async fn accept_all(listeners: &[TcpListener], house: &Rc<House>, guests: &Guests) {
    match listeners {
        [] => std::future::pending().await,
        [one] => accept(one, house, guests).await,
        [first, rest @ ..] => {
            tokio::join!(accept(first, house, guests), Box::pin(accept_all(rest, house, guests)));
        }
    }
}

async fn accept(listener: &TcpListener, house: &Rc<House>, guests: &Guests) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let peer = peer.ip().to_canonical();
                match house.crowd.admit(peer) {
                    Some(place) => {
                        let session = Session::new(Client::new(stream), peer, place, Rc::clone(house));
                        tokio::task::spawn_local(session.attend(guests.welcome()));
                    }
                    None => client::turn_away(&stream),
                }
            }
            Err(cause) => {
                warn!(%cause, "cannot accept; if descriptors are short, raise LimitNOFILE= or lower smtp.max_sessions");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
