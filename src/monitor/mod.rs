//! The monitor: the supervisor of all other processes, as systemd is the monitor's.
//!
//! 1. Take the listening sockets, or bind them.
//! 2. Preflight: the user to become, directories, a lock, the administrator's door.
//! 3. Spawn every role with its sockets, its doors and a control channel.
//! 4. Send each its init message: its slice of the configuration, and the callers at its doors.
//! 5. Wait until all are ready; give up root; enter the sandbox; notify systemd.
//! 6. Supervise: wait for a signal, or for a role that ends. If one ends, all end.

mod children;
mod doors;
mod exit_status;
mod preflight;
mod sockets;
mod topology;

pub use sockets::Sockets;
pub use topology::{ROLES, Role, RoleSpec};

use crate::config::{self, Config, Located};
use crate::runtime::control::ControlMessage;
use crate::runtime::{self, Fatal, Probe};
use crate::sys::exit;
use crate::sys::log::Verbosity;
use crate::sys::notify::{self, Notifier};
use crate::sys::reopenable_file::ReopenableFile;
use crate::sys::sandbox::{self, ProbeAction, Promise, Strictness};
use crate::sys::signals::{MONITOR_SIGNALS, Signals};
use children::{Children, SpawnOptions};
use preflight::Preflight;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};
use tracing::{error, info, warn};

/// How long all roles may take to become ready. Redb may have to repair a large table after a power cut.
const READY_TIMEOUT: Duration = Duration::from_secs(90);

/// How much longer than the drain deadline a process may take to end before it is killed.
const TERMINATION_GRACE: Duration = Duration::from_secs(5);

/// Pings that may go unanswered, one after the other, before it is logged that the watchdog will strike.
const MAX_MISSED_PINGS: u32 = 3;

/// How the daemon ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A signal asked it to stop.
    Stopped,
    /// A process ended by itself, so all did. The code of sysexits(3) says why.
    RoleEnded(u8),
    /// The same before the daemon was ready.
    NotReady(u8),
}

/// How to run, beside what the configuration says.
pub struct StartOptions {
    /// Where the configuration was read from, to be read again on SIGHUP.
    pub file: PathBuf,
    /// How much is logged.
    pub verbosity: Verbosity,
    /// What happens to a process that breaks its promises.
    pub strictness: Strictness,
    /// What a role (`None`: the monitor) is to try in its sandbox, for a test.
    pub probe: Option<(Option<Role>, ProbeAction)>,
}

/// Runs the daemon until a signal stops it or a role ends.
///
/// # Errors
/// What keeps the daemon from starting.
pub fn run(config: Config, sockets: Sockets, options: StartOptions) -> Result<Exit, Fatal> {
    runtime::block_on(async move {
        let signals = Signals::catch(&[&[SIGCHLD][..], &MONITOR_SIGNALS].concat())?;
        let notifier = Notifier::from_env();
        let file = ReopenableFile::open(&options.file)?;
        let config = config.with_credentials(credentials_directory().as_deref());
        let (preflight, admin) = Preflight::prepare(&config)?;
        let StartOptions { verbosity, strictness, probe, .. } = options;
        let mut children = Children::spawn(&config, &sockets, &admin)?;
        // Only the role that serves a socket keeps it open.
        drop((sockets, admin));
        children.initialize(&config, &preflight, &SpawnOptions { verbosity, strictness, probe: probe.clone() })?;
        if let Some(exit) = wait_until_ready(&mut children, &signals).await {
            return Ok(exit);
        }
        let pids = children.pids();
        let promises = [Promise::Children(pids.clone()), Promise::Reread(file.directory())];
        let walls = sandbox::enter(&promises, preflight.identity.as_ref(), &config.monitor.runtime_dir, strictness)?;
        if let Some(gap) = walls.gap() {
            warn!("{gap}");
        }
        if let Some((None, action)) = probe {
            Probe { action, sibling: pids.first().copied().unwrap_or_default() }.run();
        }
        info!(pids = %children, %walls, "ready");
        children.send_to_all(&ControlMessage::AllReady(children.processes(&walls)));
        let monitor = Monitor { config, path: options.file, file, children, notifier, _preflight: preflight };
        Ok(monitor.supervise(signals).await)
    })
}

/// Waits until all processes are ready: `None` once they are, else how the daemon ends.
async fn wait_until_ready(children: &mut Children, signals: &Signals) -> Option<Exit> {
    let deadline = Instant::now() + READY_TIMEOUT;
    while !children.are_ready() {
        tokio::select! {
            () = children.receive_reply() => {}
            signal = signals.next() => match signal {
                SIGTERM | SIGINT => return Some(Exit::Stopped),
                SIGCHLD => {
                    if let Some(code) = children.reap(false) {
                        return Some(Exit::NotReady(code));
                    }
                }
                _ => {}
            },
            () = sleep_until(deadline) => {
                error!(roles = children.not_ready(), "not ready within {READY_TIMEOUT:?}");
                return Some(Exit::NotReady(exit::TEMPFAIL));
            }
        }
    }
    None
}

/// The supervisor, once all processes serve.
struct Monitor {
    config: Config,
    path: PathBuf,
    file: ReopenableFile,
    children: Children,
    notifier: Notifier,
    _preflight: Preflight,
}

impl Monitor {
    async fn supervise(mut self, signals: Signals) -> Exit {
        self.notifier.notify(&format!("READY=1\nSTATUS={}", self.status()));
        // A quarter of the watchdog's time: two of them are half of it, so that one answer may be late.
        let mut watchdog = notify::watchdog().map(|timeout| interval_of(timeout / 4));
        let mut missed_pings = 0;
        // Set once the daemon shuts down: when the processes that are left are killed.
        let mut kill_at = None;
        loop {
            tokio::select! {
                signal = signals.next() => match signal {
                    SIGTERM | SIGINT if kill_at.is_none() => kill_at = Some(self.shut_down()),
                    SIGHUP if kill_at.is_none() => self.reload(),
                    SIGUSR1 => {
                        info!(pids = %self.children, "state: {}", self.status());
                        self.children.send_to_all(&ControlMessage::LogState);
                    }
                    SIGCHLD => {
                        if let Some(code) = self.children.reap(kill_at.is_some()) {
                            return Exit::RoleEnded(code);
                        }
                        if kill_at.is_some() {
                            if self.children.is_empty() {
                                return Exit::Stopped;
                            }
                            self.children.stop_unused();
                        }
                    }
                    _ => {}
                },
                () = self.children.receive_reply() => {}
                () = next_tick(&mut watchdog) => {
                    if self.children.ping() {
                        self.notifier.notify("WATCHDOG=1");
                        missed_pings = 0;
                    } else {
                        missed_pings += 1;
                        if missed_pings == MAX_MISSED_PINGS {
                            error!(roles = self.children.unresponsive(), "roles do not answer pings; the watchdog will restart the daemon");
                        }
                    }
                }
                () = sleep_until_some(kill_at) => {
                    warn!(roles = %self.children, "not drained in time, killed");
                    return Exit::Stopped;
                }
            }
        }
    }

    /// Begins the graceful shutdown; until when it may take.
    fn shut_down(&mut self) -> Instant {
        info!("stopping");
        let timeout = self.config.monitor.drain_timeout + TERMINATION_GRACE;
        let extension = (timeout + Duration::from_secs(1)).as_micros();
        self.notifier
            .notify(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={extension}\nSTATUS=finishing what is under way"));
        self.children.stop_unused();
        Instant::now() + timeout
    }

    fn status(&self) -> String {
        format!("{} processes serve mail to {}", self.children.pids().len() + 1, self.config.domains_in_words())
    }

    /// Reads the configuration file again and applies it; if it is faulty, all stays as it was.
    fn reload(&mut self) {
        let now = notify::monotonic_microseconds().unwrap_or_default();
        self.notifier.notify(&format!("RELOADING=1\nMONOTONIC_USEC={now}"));
        let path = self.path.clone();
        match self.file.read() {
            Ok(text) => {
                let parsed = config::parse(&text);
                for fault in &parsed.faults {
                    error!("{}", Located(&path, fault));
                }
                match parsed.config {
                    Some(new) => self.apply(new),
                    None => error!("the configuration stays as it was"),
                }
            }
            Err(cause) => {
                let path = path.display();
                error!(%cause, "{path} cannot be read again, the configuration stays as it was; restart to have it read");
            }
        }
        self.notifier.notify(&format!("READY=1\nSTATUS={}", self.status()));
    }

    /// Sends the roles what can be changed while they run, and warns of what cannot.
    fn apply(&mut self, new: Config) {
        let new = new.with_credentials(credentials_directory().as_deref());
        for what in self.config.restart_keys(&new) {
            warn!("{what} has changed, which takes effect with a restart");
        }
        let config = self.config.reloaded(new);
        match self.children.reload(&config) {
            Ok(()) => {
                self.config = config;
                info!("the configuration was read again");
            }
            Err(cause) => error!(%cause, "the configuration stays as it was"),
        }
    }
}

/// Where systemd puts secrets for this service (systemd.exec(5), `LoadCredential=`).
fn credentials_directory() -> Option<OsString> {
    std::env::var_os("CREDENTIALS_DIRECTORY")
}

fn interval_of(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn next_tick(interval: &mut Option<Interval>) {
    match interval {
        Some(interval) => drop(interval.tick().await),
        None => std::future::pending().await,
    }
}

async fn sleep_until_some(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
