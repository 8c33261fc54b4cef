//! A role between its first instruction and its loop.

use super::Fatal;
use super::control::{CONTROL, Orders, Reply, Word, framed, receive, take};
use crate::door::{Door, Listener};
use crate::sys::identity::Identity;
use crate::sys::inherit::Inherited;
use crate::sys::log;
use crate::sys::sandbox::{self, Deed, Promise, Strictness, raise_descriptor_limit};
use crate::sys::scheduling;
use crate::sys::spawn::{die_with_parent, take_name};
use crate::wire::figures::{Figures, Report};
use serde::de::DeserializeOwned;
use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{error, info};

/// How often a role tells the vault how it is.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// A role that has its orders.
pub struct Start<C> {
    /// The role's slice of the configuration.
    pub config: C,
    role: &'static str,
    inherited: Inherited,
    control: UnixStream,
    runtime_dir: PathBuf,
    callers: Vec<(Door, Vec<i32>)>,
    identity: Option<Identity>,
    strictness: Strictness,
    probe: Option<(Deed, i32)>,
    walls: String,
}

/// What a role does when the monitor speaks to it.
pub trait Duties<C> {
    /// Takes new settings, for what begins from now on.
    fn reload(&self, settings: C);

    /// What it has counted.
    fn figures(&self) -> Figures;

    /// All are ready; the monitor's walls.
    fn together(&self, _monitor: String) {}
}

impl<C: DeserializeOwned + 'static> Start<C> {
    /// Takes descriptors and orders, and starts the log.
    pub fn take(role: &'static str) -> Result<Self, Fatal> {
        take_name();
        die_with_parent()?;
        raise_descriptor_limit()?;
        scheduling::work_in_batches();
        let mut inherited = Inherited::from_env();
        let mut control = inherited.unix_stream(CONTROL)?;
        let orders: Orders<C> = receive(&mut control)?;
        log::start(role, orders.verbosity);
        Ok(Self {
            config: orders.config,
            role,
            inherited,
            control,
            runtime_dir: orders.runtime_dir,
            callers: orders.callers,
            identity: orders.identity,
            strictness: orders.strictness,
            probe: orders.probe,
            walls: String::new(),
        })
    }

    /// The listening TCP sockets of this name. Needs a runtime.
    pub fn listeners(&mut self, name: &str) -> Result<Vec<TcpListener>, Fatal> {
        let listeners = self.inherited.tcp_listeners(name)?;
        let take = |listener: std::net::TcpListener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        Ok(listeners.into_iter().map(take).collect::<Result<_, _>>()?)
    }

    /// A door this role owns. Needs a runtime.
    pub fn door(&mut self, door: Door) -> Result<Listener, Fatal> {
        let socket = self.inherited.unix_listener(door.name())?;
        let callers = self.callers.iter().find(|(d, _)| *d == door).map(|(_, pids)| pids.clone());
        let callers = if door.is_for_people() { None } else { Some(callers.unwrap_or_default()) };
        Ok(Listener::new(socket, callers)?)
    }

    /// Does `work` with the rights that this role will have in the end, so that files it makes are its own.
    pub fn open<T>(&self, work: impl FnOnce() -> Result<T, Fatal>) -> Result<T, Fatal> {
        match &self.identity {
            Some(identity) => identity.act(work)?,
            None => work(),
        }
    }

    /// Enters the sandbox. Threads are started afterwards, and doors called at.
    pub fn confine(&mut self, promises: &[Promise<'_>]) -> Result<(), Fatal> {
        std::env::set_current_dir(&self.runtime_dir)?;
        let walls = sandbox::enter(promises, self.identity.as_ref(), &self.runtime_dir, self.strictness)?;
        self.walls = walls.to_string();
        if let Some((deed, sibling)) = self.probe.take() {
            match deed.attempt(sibling) {
                Ok(()) => error!(?deed, "probe: succeeded"),
                Err(cause) => info!(?deed, %cause, "probe: refused"),
            }
        }
        Ok(())
    }

    /// How this role is.
    pub fn report(&self, figures: Figures) -> Report {
        Report { role: self.role.to_owned(), walls: self.walls.clone(), figures }
    }

    /// Tells the vault every second how this role is: `tell` goes through the role's own door.
    pub fn keep_telling(&self, duties: Rc<impl Duties<C> + 'static>, tell: impl Fn(Report) + 'static) {
        let mut report = self.report(Figures::default());
        tokio::task::spawn_local(async move {
            let mut every = tokio::time::interval(REPORT_EVERY);
            tell(report.clone());
            loop {
                every.tick().await;
                let figures = duties.figures();
                if report.figures != figures {
                    report.figures = figures;
                    tell(report.clone());
                }
            }
        });
    }

    /// Tells the monitor that this role can serve. What is left after this is the loop.
    pub fn ready(mut self, duties: Rc<impl Duties<C> + 'static>) -> Result<Stop, Fatal> {
        self.control.write_all(&framed(&Reply::Ready(self.walls.clone()))?)?;
        self.control.set_nonblocking(true)?;
        let control = tokio::net::UnixStream::from_std(self.control)?;
        let (stopper, stop) = watch::channel(());
        tokio::task::spawn_local(async move {
            // However it ends, the monitor has nothing more to say.
            if let Err(cause) = obey(control, &*duties).await {
                error!(%cause, "the monitor cannot be heard");
            }
            drop(stopper);
        });
        Ok(Stop(stop))
    }
}

/// Does what the monitor says until it closes the channel.
async fn obey<C: DeserializeOwned>(mut control: tokio::net::UnixStream, duties: &impl Duties<C>) -> io::Result<()> {
    let mut input = Vec::new();
    while control.read_buf(&mut input).await? > 0 {
        while let Some(word) = take::<Word<C>>(&mut input).map_err(io::Error::other)? {
            match word {
                Word::Ping => control.write_all(&framed(&Reply::Alive)?).await?,
                Word::Reload(settings) => duties.reload(settings),
                Word::Together(monitor) => duties.together(monitor),
                Word::State => info!("state: {}", duties.figures().in_words()),
            }
        }
    }
    Ok(())
}

/// Tells when to stop.
#[derive(Clone)]
pub struct Stop(watch::Receiver<()>);

impl Stop {
    /// Completes when the monitor closes the control channel, or is gone. Cancel safe.
    pub async fn requested(&self) {
        // Nothing is ever sent: an error means that the sender is gone.
        while self.0.clone().changed().await.is_ok() {}
    }
}
