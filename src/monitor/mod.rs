//! The monitor: what systemd is to it, it is to its roles.
//!
//! 1. Take the listening sockets, or bind them.
//! 2. Prepare the preflight: whom to become, directories, a lock, the doors.
//! 3. Spawn every role with its sockets, its doors and a control channel.
//! 4. Give each its init: its slice of the configuration, and who may use its doors.
//! 5. Wait until all are Ready; give up root; enter the sandbox; tell systemd.
//! 6. Only wait: for a signal, or for a role that ends. One gone, all go.

mod children;
mod doors;
mod preflight;
mod sockets;
mod topology;

pub use sockets::Sockets;
pub use topology::Role;

use crate::config::{self, Config, Located};
use crate::runtime::control::ControlMessage;
use crate::runtime::{self, Fatal};
use crate::sys::exit;
use crate::sys::lasting::Lasting;
use crate::sys::log::Verbosity;
use crate::sys::notify::{self, Notifier};
use crate::sys::sandbox::{self, Deed, Promise, Strictness};
use crate::sys::signals::Signals;
use children::{Children, SpawnOptions};
use preflight::Preflight;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};
use tracing::{error, info, warn};

/// How long all roles may take to get Ready. Redb may have to repair a large table after a power cut.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// How much longer than the drain deadline a role may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// Signals for people and systemd.
pub const SIGNALS: [i32; 4] = [SIGHUP, SIGINT, SIGTERM, SIGUSR1];

/// How the daemon ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to.
    Asked,
    /// A role ended by itself, so all did; the exit code says why (sysexits(3)).
    RoleGone(u8),
    /// The same before the daemon was ready.
    NotReady(u8),
}

/// How to run, beside what the configuration says.
pub struct StartOptions {
    /// Where the configuration was read from, to be read again on SIGHUP.
    pub file: PathBuf,
    /// How much is logged.
    pub verbosity: Verbosity,
    /// What becomes of a process that breaks its promises.
    pub strictness: Strictness,
    /// A deed that a role (`None`: the monitor) is to try within its walls.
    pub probe: Option<(Option<Role>, Deed)>,
}

/// Runs the daemon until it is asked to end or a role ends.
pub fn run(config: Config, sockets: Sockets, options: StartOptions) -> Result<End, Fatal> {
    runtime::block_on(async move {
        let signals = Signals::catch(&[&[SIGCHLD][..], &SIGNALS].concat())?;
        let notifier = Notifier::from_env();
        let file = Lasting::open(&options.file)?;
        let config = config.with_credentials(credentials().as_deref());
        let (preflight, admin) = Preflight::prepare(&config)?;
        let StartOptions { verbosity, strictness, probe, .. } = options;
        let mut children = Children::spawn(&config, &sockets, &admin)?;
        // Nobody but its owner is to hear on a socket.
        drop((sockets, admin));
        children.initialize(&config, &preflight, &SpawnOptions { verbosity, strictness, probe: probe.clone() })?;
        if let Some(end) = wait_until_ready(&mut children, &signals).await {
            return Ok(end);
        }
        let pids = children.pids();
        let promises = [Promise::Children(&pids), Promise::Reread(file.directory())];
        let walls = sandbox::enter(&promises, preflight.identity.as_ref(), &config.monitor.runtime_dir, strictness)?;
        if let Some(gap) = walls.gap() {
            warn!("{gap}");
        }
        if let Some((None, deed)) = probe {
            match deed.attempt(pids.first().copied().unwrap_or_default()) {
                Ok(()) => error!(?deed, "probe: succeeded"),
                Err(cause) => info!(?deed, %cause, "probe: refused"),
            }
        }
        info!(pids = %children, %walls, "ready");
        children.tell(&ControlMessage::AllReady(children.processes(&walls)));
        let monitor = Monitor { config, path: options.file, file, children, notifier, _preflight: preflight };
        Ok(monitor.live(signals).await)
    })
}

/// `None` once all are Ready; how it ended if they will not be.
async fn wait_until_ready(children: &mut Children, signals: &Signals) -> Option<End> {
    let deadline = Instant::now() + READY_WITHIN;
    while !children.is_ready() {
        tokio::select! {
            () = children.hear() => {}
            signal = signals.next() => match signal {
                SIGTERM | SIGINT => return Some(End::Asked),
                SIGCHLD => {
                    if let Some(code) = children.reap(false) {
                        return Some(End::NotReady(code));
                    }
                }
                _ => {}
            },
            () = sleep_until(deadline) => {
                error!(roles = children.not_ready(), "not ready within {READY_WITHIN:?}");
                return Some(End::NotReady(exit::TEMPFAIL));
            }
        }
    }
    None
}

/// The monitor once all is under way.
struct Monitor {
    config: Config,
    path: PathBuf,
    file: Lasting,
    children: Children,
    notifier: Notifier,
    _preflight: Preflight,
}

impl Monitor {
    async fn live(mut self, signals: Signals) -> End {
        self.notifier.tell(&format!("READY=1\nSTATUS={}", self.status()));
        // Twice as often as it must be fed: one answer may be late.
        let mut watchdog = notify::watchdog().map(|within| often(within / 4));
        let mut unfed = 0;
        let mut deadline = None;
        loop {
            tokio::select! {
                signal = signals.next() => match signal {
                    SIGTERM | SIGINT if deadline.is_none() => {
                        info!("stopping");
                        let within = self.config.monitor.drain + GRACE;
                        let more = (within + Duration::from_secs(1)).as_micros();
                        self.notifier.tell(&format!(
                            "STOPPING=1\nEXTEND_TIMEOUT_USEC={more}\nSTATUS=finishing what is under way"
                        ));
                        deadline = Some(Instant::now() + within);
                        self.children.stop_unused();
                    }
                    SIGHUP if deadline.is_none() => self.reread(),
                    SIGUSR1 => {
                        info!(pids = %self.children, "state: {}", self.status());
                        self.children.tell(&ControlMessage::LogState);
                    }
                    SIGCHLD => {
                        if let Some(code) = self.children.reap(deadline.is_some()) {
                            return End::RoleGone(code);
                        }
                        if deadline.is_some() {
                            if self.children.is_empty() {
                                return End::Asked;
                            }
                            self.children.stop_unused();
                        }
                    }
                    _ => {}
                },
                () = self.children.hear() => {}
                () = tick(&mut watchdog) => {
                    if self.children.ping() {
                        self.notifier.tell("WATCHDOG=1");
                        unfed = 0;
                    } else {
                        unfed += 1;
                        if unfed == 3 {
                            error!(roles = self.children.silent(), "no sign of life; the watchdog will end us");
                        }
                    }
                }
                () = at(deadline) => {
                    warn!(roles = %self.children, "not drained in time, killed");
                    return End::Asked;
                }
            }
        }
    }

    fn status(&self) -> String {
        format!("{} processes serve mail to {}", self.children.pids().len() + 1, self.config.domains_in_words())
    }

    /// Takes what can be taken of a changed configuration; says what cannot.
    fn reread(&mut self) {
        let now = notify::monotonic_microseconds().unwrap_or_default();
        self.notifier.tell(&format!("RELOADING=1\nMONOTONIC_USEC={now}"));
        let path = self.path.clone();
        match self.file.read() {
            Ok(text) => {
                let parsed = config::parse(&text);
                for fault in &parsed.faults {
                    error!("{}", Located(&path, fault));
                }
                match parsed.config {
                    Some(new) => self.adopt(new),
                    None => error!("the configuration stays as it was"),
                }
            }
            Err(cause) => {
                let path = path.display();
                error!(%cause, "{path} cannot be read again, the configuration stays as it was; restart to have it read");
            }
        }
        self.notifier.tell(&format!("READY=1\nSTATUS={}", self.status()));
    }

    fn adopt(&mut self, new: Config) {
        let new = new.with_credentials(credentials().as_deref());
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

/// Where systemd puts secrets for this service.
fn credentials() -> Option<OsString> {
    std::env::var_os("CREDENTIALS_DIRECTORY")
}

fn often(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn tick(watchdog: &mut Option<Interval>) {
    match watchdog {
        Some(interval) => drop(interval.tick().await),
        None => std::future::pending().await,
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
