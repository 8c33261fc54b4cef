//! The `smtp` role: hears port 25, and knows no real address.
//!
//! A recipient is an alias that the vault holds a use of, or it is refused; what it stands for, only
//! the relay learns. A message goes through in pieces as it comes, and the client is told what the
//! next host said to it.

mod client;
mod link;
mod message;
mod session;
mod trace;
mod transaction;

use crate::config::settings;
use crate::door::{Caller, Door};
use crate::role::{self, Crowd, Fatal, Guests, Start};
use crate::wire::smtp::{Answer, Request};
use client::Client;
use link::Links;
use session::Session;
use std::cell::Cell;
use std::rc::Rc;
use std::time::SystemTime;

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
        let take = |stream, peer| match house.crowd.admit(peer) {
            Some(place) => {
                let session = Session::new(Client::new(stream), peer, place, Rc::clone(&house));
                tokio::task::spawn_local(session.attend(guests.welcome()));
            }
            None => client::turn_away(&stream),
        };
        role::host(listeners, take, &stop, &guests, drain).await;
        Ok(())
    })
}

/// The time of the start, with room for 4,096 sessions in each millisecond of this life.
fn first_number() -> u64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or_default() << 12
}
