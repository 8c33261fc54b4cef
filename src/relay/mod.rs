//! The `relay` role: connects to the next hosts. Only `smtp` talks to it, and `web`, which asks what block lists say.
//!
//! 1. `smtp` hands over a connection for each message that is under way at the same time ([`link`]).
//! 2. The vault redeems the tickets: only here, and for as long as one message takes, a ticket becomes a real address.
//!    The address decides the [`route`].
//! 3. A [`delivery`] takes a connection of its route from the [`pool`], says the [`envelope`], has the uses spent,
//!    and delivers. Nothing is queued: a message that cannot be delivered now is deferred with 4xx, and its sender
//!    keeps it.
//! 4. The next host's reply becomes a [`verdict`]: its codes, without its words, which may name people.
//! 5. Notifications of our own go the same way ([`outbox`]). What the DNS says about a visitor's address is a matter of
//!    its own ([`blocklist`]).

mod blocklist;
mod connects;
mod content;
mod context;
mod delivery;
mod envelope;
mod link;
mod outbox;
mod permits;
mod pool;
mod pooled;
mod reopening;
mod reuse;
mod route;
mod route_pool;
mod streams;
mod uses;
mod verdict;

use crate::alias::Domain;
use crate::channel::{Door, HandoffReceiver, MaybeReady, RpcClient, RpcServer};
use crate::config::settings::relay::{Fixed, Live};
use crate::runtime::{self, Drain, Fatal, MetricRecorder, Resolver, Startup};
use crate::wire::relay_web;
use blocklist::Blocklists;
use context::RelayContext;
use permits::DomainHasher;
use pool::Pool;
use route::Routes;
use std::rc::Rc;

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let mut startup = Startup::<Fixed, Live>::take("relay")?;
    runtime::block_on(async move {
        let (vault, door) = (startup.connect_to(Door::VaultRelay)?, startup.handoff_receiver(Door::RelaySmtp)?);
        let web_callers = startup.callers(Door::RelayWeb)?;
        let settings = startup.fixed.clone();
        let drain_timeout = settings.drain_timeout;
        let resolver = Resolver::for_hosts([settings.smarthost.name.as_str()].into_iter()).map_err(Fatal::Config)?;
        let blocklists = Blocklists::of(settings.dnsbl.iter().map(Domain::as_str)).map_err(Fatal::Config)?;
        startup.confine()?;
        let recorder = Rc::new(MetricRecorder::default());
        let vault = RpcClient::new(vault);
        let pool = Pool::new(&settings, startup.live.clone(), resolver, Rc::clone(&recorder));
        let routes = Routes::smarthost(settings.smarthost);
        let context =
            Rc::new(RelayContext { vault: vault.clone(), routes, pool, domains: DomainHasher::default(), recorder });
        startup.report_metrics(Rc::clone(&context), move |metrics| vault.send(metrics));
        let shutdown = startup.ready(Rc::clone(&context)).await?;
        let drain = Rc::new(Drain::default());
        outbox::serve(&context, &drain);
        let mut server = RpcServer::default();
        server.serve(web_callers, move |_, relay_web::Request::IsListed(request)| {
            let listing = match &blocklists {
                Some(blocklists) => blocklists.answer(request),
                None => MaybeReady::Ready(relay_web::Listing::Unknown),
            };
            Some(listing.map(relay_web::Answer::IsListed))
        });
        tokio::select! {
            // `smtp` has gone by then: what is left are messages whose sender is not there any more.
            () = shutdown.requested() => {}
            failed = serve(&door, &context, &drain, &mut server) => return Err(failed),
        }
        drain.finish(drain_timeout).await;
        context.pool.close();
        Ok(())
    })
}

/// Serves links until something fails that must not.
async fn serve(door: &HandoffReceiver, context: &Rc<RelayContext>, drain: &Drain, server: &mut RpcServer) -> Fatal {
    loop {
        let stream = tokio::select! {
            cause = server.hostile() => return cause.into(),
            accepted = door.accept() => match accepted {
                Ok(Some(stream)) => stream,
                // `smtp` is gone, and the monitor is about to end us all.
                Ok(None) => std::future::pending().await,
                Err(cause) => return cause.into(),
            },
        };
        let (context, guard) = (Rc::clone(context), drain.enter());
        server.spawn(async move {
            tokio::select! {
                served = link::serve(stream, &context) => served,
                () = guard.expired() => Ok(()),
            }
        });
    }
}
