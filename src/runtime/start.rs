//! A role between its first instruction and its loop.

use super::Fatal;
use super::control::{CONTROL, ControlMessage, ControlReply, InitMessage, framed, receive, take};
use crate::channel::{AdminListener, Door, SlotIn, SlotOut, Stream};
use crate::sys::identity::Identity;
use crate::sys::inherit::Inherited;
use crate::sys::log;
use crate::sys::sandbox::{self, Deed, Promise, Strictness, Walls, raise_descriptor_limit};
use crate::sys::scheduling;
use crate::sys::signals::leave_to_the_monitor;
use crate::sys::spawn::{die_with_parent, take_name};
use crate::wire::metrics::Metrics;
use crate::wire::vault_admin::Process;
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

/// How often a role tells the vault what it has counted.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A role that has its init.
pub struct Startup<Fixed, Live> {
    /// The role's settings that stay as they are.
    pub fixed: Fixed,
    /// The role's settings as they are now: a reload replaces them.
    pub live: Live,
    inherited: Inherited,
    control: UnixStream,
    runtime_dir: PathBuf,
    callers: Vec<(Door, Vec<i32>)>,
    processes: Vec<i32>,
    identity: Option<Identity>,
    strictness: Strictness,
    probe: Option<(Deed, i32)>,
    walls: Option<Walls>,
}

/// What a role does when the monitor speaks to it.
pub trait RoleHandler<Live> {
    /// Takes new settings, for what begins from now on.
    fn reload(&self, live: Live);

    /// What it has counted.
    fn metrics(&self) -> Metrics;

    /// All are ready; what they are.
    fn all_ready(&self, _processes: Vec<Process>) {}
}

impl<Fixed: DeserializeOwned, Live: DeserializeOwned + 'static> Startup<Fixed, Live> {
    /// Takes descriptors and init, and starts the log.
    pub fn take(role: &'static str) -> Result<Self, Fatal> {
        take_name();
        die_with_parent()?;
        leave_to_the_monitor()?;
        raise_descriptor_limit()?;
        scheduling::work_in_batches();
        let mut inherited = Inherited::from_env();
        let mut control = inherited.unix_stream(CONTROL)?;
        let init: InitMessage<Fixed, Live> = receive(&mut control)?;
        log::start(role, init.verbosity);
        Ok(Self {
            fixed: init.fixed,
            live: init.live,
            inherited,
            control,
            runtime_dir: init.runtime_dir,
            callers: init.callers,
            processes: init.processes,
            identity: init.identity,
            strictness: init.strictness,
            probe: init.probe,
            walls: None,
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

    /// The connection through a door of another role. Needs a runtime.
    pub fn caller(&mut self, door: Door) -> Result<Stream, Fatal> {
        Ok(Stream::new(self.inherited.unix_stream(door.name())?)?)
    }

    /// The connections of those who call at a door of this role, with their pids. Needs a runtime.
    pub fn callers(&mut self, door: Door) -> Result<Vec<(Stream, i32)>, Fatal> {
        let streams = self.inherited.unix_streams(door.name())?.into_iter();
        let pids = self.callers.iter().find(|(of, _)| *of == door).map_or(&[][..], |(_, pids)| pids);
        Ok(streams.zip(pids).map(|(stream, pid)| Ok((Stream::new(stream)?, *pid))).collect::<io::Result<_>>()?)
    }

    /// The door for people. Needs a runtime.
    pub fn listener(&mut self, door: Door) -> Result<AdminListener, Fatal> {
        Ok(AdminListener::new(self.inherited.unix_listener(door.name())?, self.processes.clone())?)
    }

    /// The end of a slot that this role puts into. Needs a runtime.
    pub fn slot_in(&mut self, door: Door) -> Result<SlotIn, Fatal> {
        Ok(SlotIn::new(self.inherited.slot(door.name())?)?)
    }

    /// The end of a slot that this role takes out of. Needs a runtime.
    pub fn slot_out(&mut self, door: Door) -> Result<SlotOut, Fatal> {
        Ok(SlotOut::new(self.inherited.slot(door.name())?)?)
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
        let walls = sandbox::enter(promises, self.identity.as_ref(), &self.runtime_dir, self.strictness)?;
        self.walls = Some(walls);
        if let Some((deed, sibling)) = self.probe.take() {
            match deed.attempt(sibling) {
                Ok(()) => error!(?deed, "probe: succeeded"),
                Err(cause) => info!(?deed, %cause, "probe: refused"),
            }
        }
        Ok(())
    }

    /// Tells the vault every second what this role has counted: `tell` goes through the role's own door.
    pub fn report_metrics(&self, handler: Rc<impl RoleHandler<Live> + 'static>, tell: impl Fn(Metrics) + 'static) {
        tokio::task::spawn_local(async move {
            let mut every = tokio::time::interval(TELL_EVERY);
            let mut told = Metrics::default();
            loop {
                every.tick().await;
                let metrics = handler.metrics();
                if told != metrics {
                    told = metrics.clone();
                    tell(metrics);
                }
            }
        });
    }

    /// Tells the monitor that this role can serve, and waits until all can. What is left after this is the loop.
    ///
    /// # Errors
    /// A defect: there are no walls yet.
    pub async fn ready(mut self, handler: Rc<impl RoleHandler<Live> + 'static>) -> Result<ShutdownSignal, Fatal> {
        let walls = self.walls.take().ok_or_else(|| io::Error::other("a role without walls is not ready"))?;
        self.control.write_all(&framed(&ControlReply::Ready(walls))?)?;
        self.control.set_nonblocking(true)?;
        let control = tokio::net::UnixStream::from_std(self.control)?;
        let (told, mut stop) = watch::channel(false);
        tokio::task::spawn_local(async move {
            // However it ends, the monitor has nothing more to say.
            if let Err(cause) = obey_monitor(control, &*handler, &told).await {
                error!(%cause, "the monitor cannot be heard");
            }
        });
        // An error means that the monitor wants us to stop already.
        let _ = stop.wait_for(|together| *together).await;
        Ok(ShutdownSignal(stop))
    }
}

/// Does what the monitor says until it closes the channel.
async fn obey_monitor<Live: DeserializeOwned>(
    mut control: tokio::net::UnixStream,
    handler: &impl RoleHandler<Live>,
    told: &watch::Sender<bool>,
) -> io::Result<()> {
    let mut input = Vec::new();
    while control.read_buf(&mut input).await? > 0 {
        while let Some(word) = take::<ControlMessage<Live>>(&mut input).map_err(io::Error::other)? {
            match word {
                ControlMessage::Ping => control.write_all(&framed(&ControlReply::Alive)?).await?,
                ControlMessage::Reload(live) => handler.reload(live),
                ControlMessage::AllReady(processes) => {
                    handler.all_ready(processes);
                    told.send_replace(true);
                }
                ControlMessage::LogState => info!("state: {}", handler.metrics().in_words()),
            }
        }
    }
    Ok(())
}

/// Tells when to stop.
#[derive(Clone)]
pub struct ShutdownSignal(watch::Receiver<bool>);

impl ShutdownSignal {
    /// Completes when the monitor closes the control channel, or is gone. Cancel safe.
    pub async fn requested(&self) {
        // An error means that the sender is gone.
        let mut told = self.0.clone();
        while told.changed().await.is_ok() {}
    }
}
