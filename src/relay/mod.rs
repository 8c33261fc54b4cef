//! The `relay` role: connects to the next host, and hears nobody but `smtp`, and what `web` asks of the DNS.
//!
//! Here a ticket becomes a real address, for as long as one message takes. What the next host says
//! is read for its codes; its words are forgotten where they are parsed.

mod blocklist;
mod letters;
mod pool;
mod session;
mod transaction;
mod upstream;
mod uses;
mod verdict;

use crate::alias::Domain;
use crate::config::settings;
use crate::door::{self, Caller, Door, SlotOut, Soon, Stream};
use crate::role::{self, Duties, Fatal, Guests, Promise, Resolver, Start, Tally};
use crate::wire::figures::{Figure, Figures};
use crate::wire::listed;
use crate::wire::relay::{Answer, Request};
use blocklist::Blocklists;
use pool::Pool;
use std::io;
use std::rc::Rc;
use tokio::sync::mpsc;

/// What all sessions share.
struct House {
    settings: settings::Relay,
    vault: Caller<Request, Answer>,
    pool: Rc<Pool>,
    tally: Rc<Tally>,
}

impl Duties<settings::Relay> for House {
    /// Its walls are as the first settings want them: other ones take a restart.
    fn reload(&self, _: settings::Relay) {}

    fn figures(&self) -> Figures {
        self.tally.set(Figure::RelayConnections, self.pool.in_use() as u64);
        self.tally.figures()
    }
}

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut start = Start::<settings::Relay>::take("relay")?;
    role::block_on(async move {
        let (vault, door) = (start.caller(Door::VaultRelay)?, start.slot_out(Door::RelaySmtp)?);
        let askers = start.callers(Door::RelayWeb)?;
        let settings = start.config.clone();
        let drain = settings.drain;
        let resolver = Resolver::for_hosts([settings.smarthost.name.as_str()].into_iter()).map_err(Fatal::Config)?;
        let blocklists = Blocklists::of(settings.dnsbl.iter().map(Domain::as_str)).map_err(Fatal::Config)?;
        start.confine(&[Promise::Internet(&[settings.smarthost.port])])?;
        let tally = Rc::new(Tally::default());
        let vault = Caller::new(vault);
        let pool = Pool::new(&settings, resolver, Rc::clone(&tally));
        let house = Rc::new(House { vault: vault.clone(), pool, settings, tally });
        start.keep_telling(Rc::clone(&house), move |figures| vault.tell(Request::Figures(figures)));
        let stop = start.ready(Rc::clone(&house)).await?;
        let guests = Rc::new(Guests::default());
        letters::serve(&house, &guests);
        let (broken, hostile) = mpsc::channel(1);
        attend(askers, blocklists.as_ref(), &broken);
        tokio::select! {
            // `smtp` has gone by then: what is left are messages whose sender is not there any more.
            () = stop.requested() => {}
            failed = serve(&door, &house, &guests, broken, hostile) => return Err(failed),
        }
        guests.see_out(drain).await;
        house.pool.close().await;
        Ok(())
    })
}

/// Answers those of `web` in the background, by what the block lists say.
fn attend(askers: Vec<(Stream, i32)>, blocklists: Option<&Rc<Blocklists>>, broken: &mpsc::Sender<io::Error>) {
    for (stream, _) in askers {
        let (blocklists, broken) = (blocklists.cloned(), broken.clone());
        tokio::task::spawn_local(async move {
            let answer = |request: listed::Request| match &blocklists {
                Some(blocklists) => blocklists.answer(request),
                None => Soon::Now(listed::Answer::Unknown),
            };
            match door::serve(stream, Vec::new(), answer).await {
                // Its end is the monitor's affair.
                Ok(()) => {}
                Err(cause) if matches!(cause.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {}
                Err(cause) => drop(broken.try_send(cause)),
            }
        });
    }
}

/// Serves sessions until something fails that must not.
async fn serve(
    door: &SlotOut,
    house: &Rc<House>,
    guests: &Guests,
    broken: mpsc::Sender<io::Error>,
    mut hostile: mpsc::Receiver<io::Error>,
) -> Fatal {
    loop {
        let stream = tokio::select! {
            Some(cause) = hostile.recv() => return cause.into(),
            accepted = door.accept() => match accepted {
                Ok(Some(stream)) => stream,
                // `smtp` is gone, and the monitor is about to end us all.
                Ok(None) => std::future::pending().await,
                Err(cause) => return cause.into(),
            },
        };
        let (house, mut guest, broken) = (Rc::clone(house), guests.welcome(), broken.clone());
        tokio::task::spawn_local(async move {
            tokio::select! {
                served = session::serve(stream, &house) => {
                    if let Err(cause) = served {
                        // The channel holds one: the first is enough to end the process.
                        let _ = broken.try_send(cause);
                    }
                }
                () = guest.over() => {}
            }
        });
    }
}
