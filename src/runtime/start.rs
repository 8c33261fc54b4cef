//! The start of a role: from its first instruction to its loop.

use super::Fatal;
use super::control::{CONTROL, ControlMessage, ControlReply, InitMessage, ProcessInit, framed, receive, take};
use crate::channel::{AdminListener, Door, HandoffReceiver, HandoffSender, Stream};
use crate::sys::inherit::Inherited;
use crate::sys::log;
use crate::sys::sandbox::{self, Walls, raise_descriptor_limit};
use crate::sys::signals::ignore_monitor_signals;
use crate::sys::spawn::{die_with_parent, set_process_name};
use crate::wire::metrics::Metrics;
use crate::wire::vault_admin::Process;
use serde::de::DeserializeOwned;
use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// How often a role reports its metrics to the vault, if they have changed.
const METRICS_INTERVAL: Duration = Duration::from_secs(1);

/// A process of a role that has received its [`InitMessage`] and does not serve yet.
pub struct Startup<Fixed, Live> {
    /// The role's settings that stay as they are.
    pub fixed: Fixed,
    /// The role's settings as they are now: a reload replaces them.
    pub live: Live,
    process: ProcessInit,
    inherited: Inherited,
    control: UnixStream,
    /// Once it is in the sandbox.
    walls: Option<Walls>,
}

/// What a role does about messages on the control channel.
pub trait RoleHandler<Live> {
    /// Takes new settings, for what begins from now on.
    fn reload(&self, live: Live);

    /// The values of its metrics.
    fn metrics(&self) -> Metrics;

    /// Notes that all processes are ready; `processes` are all of them, the monitor first.
    fn all_ready(&self, _processes: Vec<Process>) {}
}

impl<Fixed: DeserializeOwned, Live: DeserializeOwned + 'static> Startup<Fixed, Live> {
    /// Takes the inherited descriptors, receives the [`InitMessage`] and starts the log. Call first, and once.
    ///
    /// # Errors
    /// Of the operating system; [`Fatal::Descriptor`] if the monitor did not start this process.
    pub fn take(role: &'static str) -> Result<Self, Fatal> {
        set_process_name();
        die_with_parent()?;
        ignore_monitor_signals()?;
        raise_descriptor_limit()?;
        let mut inherited = Inherited::from_env();
        let mut control = inherited.unix_stream(CONTROL)?;
        let InitMessage { fixed, live, process } = receive(&mut control)?;
        log::start(role, process.verbosity);
        Ok(Self { fixed, live, process, inherited, control, walls: None })
    }

    /// The listening TCP sockets of this name. Needs a runtime.
    pub fn tcp_listeners(&mut self, name: &str) -> Result<Vec<TcpListener>, Fatal> {
        let listeners = self.inherited.tcp_listeners(name)?;
        let take = |listener: std::net::TcpListener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        Ok(listeners.into_iter().map(take).collect::<Result<_, _>>()?)
    }

    /// This process's own connection to a door of another role, which the monitor has made. Needs a runtime.
    pub fn connect_to(&mut self, door: Door) -> Result<Stream, Fatal> {
        Ok(Stream::new(self.inherited.unix_stream(door.name())?)?)
    }

    /// The connections of the callers at a door of this role, with their pids. Needs a runtime.
    pub fn callers(&mut self, door: Door) -> Result<Vec<(Stream, i32)>, Fatal> {
        let streams = self.inherited.unix_streams(door.name())?.into_iter();
        let pids = self.process.callers.iter().find(|(of, _)| *of == door).map_or(&[][..], |(_, pids)| pids);
        Ok(streams.zip(pids).map(|(stream, pid)| Ok((Stream::new(stream)?, *pid))).collect::<io::Result<_>>()?)
    }

    /// The listening socket of the administrator's door. Needs a runtime.
    pub fn admin_listener(&mut self, door: Door) -> Result<AdminListener, Fatal> {
        Ok(AdminListener::new(self.inherited.unix_listener(door.name())?, self.process.pids.clone())?)
    }

    /// The sending end of a handoff door. Needs a runtime.
    pub fn handoff_sender(&mut self, door: Door) -> Result<HandoffSender, Fatal> {
        Ok(HandoffSender::new(self.inherited.handoff(door.name())?)?)
    }

    /// The receiving end of a handoff door. Needs a runtime.
    pub fn handoff_receiver(&mut self, door: Door) -> Result<HandoffReceiver, Fatal> {
        Ok(HandoffReceiver::new(self.inherited.handoff(door.name())?)?)
    }

    /// Does `work` with the privileges that this process will have in the sandbox, so that the files it makes belong to
    /// the user it becomes.
    ///
    /// # Errors
    /// Those of `work`, and of changing the user.
    pub fn open<T>(&self, work: impl FnOnce() -> Result<T, Fatal>) -> Result<T, Fatal> {
        match &self.process.identity {
            Some(identity) => identity.act(work)?,
            None => work(),
        }
    }

    /// Enters the sandbox, with the promises that the monitor's table has for this role. Whatever starts threads comes
    /// afterwards: those that exist already would stay outside.
    ///
    /// # Errors
    /// Of the first wall that does not stand; the process must end.
    pub fn confine(&mut self) -> Result<(), Fatal> {
        let ProcessInit { promises, identity, runtime_dir, strictness, probe, .. } = &self.process;
        self.walls = Some(sandbox::enter(promises, identity.as_ref(), runtime_dir, *strictness)?);
        if let Some(probe) = probe {
            probe.run();
        }
        Ok(())
    }

    /// Reports the metrics of `handler` by `report`, which sends them through the role's own door to the vault, once a
    /// second if they have changed. Needs a local runtime.
    pub fn report_metrics(&self, handler: Rc<impl RoleHandler<Live> + 'static>, report: impl Fn(Metrics) + 'static) {
        tokio::task::spawn_local(async move {
            let mut interval = tokio::time::interval(METRICS_INTERVAL);
            let mut reported = Metrics::default();
            loop {
                interval.tick().await;
                let metrics = handler.metrics();
                if reported != metrics {
                    reported = metrics.clone();
                    report(metrics);
                }
            }
        });
    }

    /// Tells the monitor that this process can serve, and waits until all can. Needs a local runtime.
    ///
    /// # Errors
    /// Of the control channel; a defect, if the process is not in the sandbox yet.
    pub async fn ready(mut self, handler: Rc<impl RoleHandler<Live> + 'static>) -> Result<ShutdownSignal, Fatal> {
        let walls = self.walls.take().ok_or_else(|| io::Error::other("a role without a sandbox is not ready"))?;
        self.control.write_all(&framed(&ControlReply::Ready(walls))?)?;
        self.control.set_nonblocking(true)?;
        let control = tokio::net::UnixStream::from_std(self.control)?;
        let shutdown = ShutdownSignal(CancellationToken::new());
        let on_end = shutdown.0.clone().drop_guard();
        let (all_ready, until_all_ready) = oneshot::channel();
        tokio::task::spawn_local(async move {
            let _on_end = on_end;
            if let Err(cause) = handle_control_messages(control, &*handler, all_ready).await {
                error!(%cause, "the control channel is broken");
            }
        });
        // If the channel closes before all are ready, the signal is there already.
        let _ = until_all_ready.await;
        Ok(shutdown)
    }
}

/// Handles the monitor's messages until it closes the control channel.
async fn handle_control_messages<Live: DeserializeOwned>(
    mut control: tokio::net::UnixStream,
    handler: &impl RoleHandler<Live>,
    all_ready: oneshot::Sender<()>,
) -> io::Result<()> {
    let mut all_ready = Some(all_ready);
    let mut input = Vec::new();
    while control.read_buf(&mut input).await? > 0 {
        while let Some(message) = take::<ControlMessage<Live>>(&mut input).map_err(io::Error::other)? {
            match message {
                ControlMessage::Ping => control.write_all(&framed(&ControlReply::Alive)?).await?,
                ControlMessage::Reload(live) => handler.reload(live),
                ControlMessage::AllReady(processes) => {
                    handler.all_ready(processes);
                    // It comes once; the process may be about to end, and not wait any more.
                    let _ = all_ready.take().map(|all_ready| all_ready.send(()));
                }
                ControlMessage::LogState => info!("state: {}", handler.metrics().in_words()),
            }
        }
    }
    Ok(())
}

/// Tells a role to shut down gracefully.
#[derive(Clone)]
pub struct ShutdownSignal(CancellationToken);

impl ShutdownSignal {
    /// Completes when the monitor closes the control channel, or is gone. Cancel safe.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }
}
