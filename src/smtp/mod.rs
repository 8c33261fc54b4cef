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
use crate::role::{self, Crowd, Duties, Fatal, Guests, Promise, Start, Tally};
use crate::wire::figures::{Figure, Figures};
use crate::wire::smtp::{Answer, Request};
use client::Client;
use link::Links;
use session::Session;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::SystemTime;

/// What sessions share. New settings make a new one, for the sessions that begin from then on.
#[derive(Clone)]
struct House {
    settings: settings::Smtp,
    vault: Caller<Request, Answer>,
    links: Rc<Links>,
    crowd: Rc<Crowd>,
    tally: Rc<Tally>,
    numbers: Rc<Numbers>,
}

/// The house as who comes now finds it.
struct Current(RefCell<Rc<House>>);

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Start::<settings::Smtp>::take("smtp")?;
    role::block_on(async move {
        let listeners = start.listeners("smtp")?;
        let (vault, relay) = (start.caller(Door::VaultSmtp)?, start.slot_in(Door::RelaySmtp)?);
        start.confine(&[Promise::Accept, Promise::Pairs])?;
        let settings = start.config.clone();
        let drain = settings.drain;
        let vault = Caller::new(vault);
        let current = Rc::new(Current(RefCell::new(Rc::new(House {
            vault: vault.clone(),
            links: Rc::new(Links::new(relay)),
            crowd: Crowd::new(settings.max_sessions, settings.max_sessions_per_address),
            tally: Rc::default(),
            numbers: Rc::new(Numbers::new()),
            settings,
        }))));
        start.keep_telling(Rc::clone(&current), move |figures| vault.tell(Request::Figures(figures)));
        let stop = start.ready(Rc::clone(&current)).await?;
        let guests = Guests::default();
        let take = |stream, peer| {
            let house = Rc::clone(&current.0.borrow());
            match house.crowd.admit(peer) {
                Some(place) => {
                    house.tally.count(Figure::SmtpSessionsTotal);
                    let session = Session::new(Client::new(stream), peer, place, house);
                    tokio::task::spawn_local(session.attend(guests.welcome()));
                }
                None => {
                    house.tally.count(Figure::SmtpTurnedAway);
                    client::turn_away(&stream);
                }
            }
        };
        role::host(listeners, take, &stop, &guests, drain).await;
        Ok(())
    })
}

impl Duties<settings::Smtp> for Current {
    fn reload(&self, settings: settings::Smtp) {
        let mut house = self.0.borrow_mut();
        house.crowd.bound(settings.max_sessions, settings.max_sessions_per_address);
        *house = Rc::new(House { settings, ..House::clone(&house) });
    }

    fn figures(&self) -> Figures {
        let house = self.0.borrow();
        house.tally.set(Figure::SmtpSessions, house.crowd.present() as u64);
        house.tally.figures()
    }
}

/// Numbers of sessions, so made that no two lives and no two processes share one.
struct Numbers {
    /// The time of the start, with room for 4,096 sessions in each millisecond of this life.
    next: Cell<u64>,
    /// Which of several processes that started together this is.
    process: u64,
}

impl Numbers {
    fn new() -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let milliseconds = u64::try_from(since_1970.as_millis()).unwrap_or_default();
        Self { next: Cell::new(milliseconds << 12), process: u64::from(std::process::id()) & 0xff }
    }

    fn next(&self) -> u64 {
        let next = self.next.get();
        self.next.set(next + 1);
        next << 8 | self.process
    }
}
