//! The monitor: what systemd is to it, it is to its roles.
//!
//! 1. Take the listening sockets, or bind them.
//! 2. Lock the runtime directory and bind the doors in it.
//! 3. Spawn every role with its sockets, its doors and a control channel.
//! 4. Give each its orders: its slice of the configuration, and who may use its doors.
//! 5. Wait until all are Ready.
//! 6. Only wait: for a signal that ends the daemon, or for a role that ends. One gone, all go.

mod roles;
mod sockets;

pub use roles::Role;
pub use sockets::Sockets;

use crate::config::Config;
use crate::door::Door;
use crate::role::{self, CONTROL, Fatal, Orders, Ready};
use crate::sys::log::Verbosity;
use crate::sys::spawn::spawn;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, alarm};
use serde::Serialize;
use signal_hook::consts::{SIGALRM, SIGCHLD, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tracing::{error, info, warn};

/// How long all roles may take to get Ready. Redb may have to repair a large table after a power cut.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// How much longer than the drain deadline a role may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How the daemon ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to.
    Asked,
    /// A role ended by itself, so all did; the exit code says why (sysexits(3)).
    RoleGone(u8),
}

/// A running role.
struct Child {
    role: Role,
    pid: Pid,
    /// Closing it tells the role to stop.
    control: Option<UnixStream>,
}

/// Runs the daemon until it is asked to end or a role ends. `on_ready` is called once all serve.
pub fn run(config: &Config, sockets: Sockets, verbosity: Verbosity, on_ready: impl FnOnce()) -> Result<End, Fatal> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGCHLD, SIGALRM])?;
    let _lock = lock(&config.runtime_dir)?;
    let mut family = Family { children: spawn_all(config, sockets)? };
    family.instruct(config, verbosity)?;
    if let Some(end) = family.wait_until_ready()? {
        return Ok(end);
    }
    info!(pids = %family, "ready");
    on_ready();
    Ok(family.wait(&mut signals, config.drain))
}

/// Makes the runtime directory and makes sure that no other daemon uses it.
fn lock(runtime_dir: &Path) -> Result<nix::fcntl::Flock<File>, Fatal> {
    let unusable = |what: String| Fatal::File { path: runtime_dir.to_owned(), what };
    if !runtime_dir.is_dir() {
        let made = fs::DirBuilder::new().mode(0o750).create(runtime_dir);
        made.map_err(|e| {
            unusable(format!("cannot be made ({e}); make it for the user tempalias, or set runtime_dir"))
        })?;
    }
    let file = File::create(runtime_dir.join("lock"))
        .map_err(|e| unusable(format!("cannot be written to ({e}); it must belong to the user that runs tempalias")))?;
    nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock)
        .map_err(|_| unusable("is in use by another tempalias; stop it, or set another runtime_dir".to_owned()))
}

fn spawn_all(config: &Config, mut sockets: Sockets) -> Result<Vec<Child>, Fatal> {
    let mut children = Vec::new();
    for role in Role::ALL {
        let (ours, theirs) = UnixStream::pair()?;
        let mut descriptors: Vec<(String, OwnedFd)> = vec![(CONTROL.to_owned(), theirs.into())];
        for listener in sockets.take(role) {
            descriptors.push((role.name().to_owned(), listener.into()));
        }
        for door in role.doors() {
            descriptors.push((door.name().to_owned(), bind(door.path(&config.runtime_dir))?.into()));
        }
        let child = spawn(&["role", role.name()], descriptors)?;
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        children.push(Child { role, pid: Pid::from_raw(pid), control: Some(ours) });
    }
    Ok(children)
}

/// Binds a door, in place of one that an earlier life has left.
fn bind(path: PathBuf) -> Result<UnixListener, Fatal> {
    match fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    let listener = UnixListener::bind(&path)
        .map_err(|e| Fatal::File { path: path.clone(), what: format!("cannot be bound ({e}); see runtime_dir") })?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// The roles that are alive.
struct Family {
    children: Vec<Child>,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pids: Vec<String> = self.children.iter().map(|c| format!("{}:{}", c.role.name(), c.pid)).collect();
        f.write_str(&pids.join(" "))
    }
}

impl Family {
    fn instruct(&mut self, config: &Config, verbosity: Verbosity) -> Result<(), Fatal> {
        let pids: Vec<(Role, i32)> = self.children.iter().map(|c| (c.role, c.pid.as_raw())).collect();
        let callers_of = |door: Door| {
            let pids = pids.iter().filter(|(role, _)| role.calls().contains(&door)).map(|(_, pid)| *pid);
            (door, pids.collect::<Vec<_>>())
        };
        for child in &mut self.children {
            let Some(control) = child.control.as_mut() else { continue };
            let callers = child.role.doors().iter().copied().map(callers_of).collect();
            let sent = match child.role {
                Role::Smtp => order(control, &config.smtp, config, verbosity, callers),
                Role::Relay => order(control, &config.relay, config, verbosity, callers),
                Role::Vault => order(control, &config.vault, config, verbosity, callers),
                Role::Web => order(control, &config.web, config, verbosity, callers),
            };
            // A role that is gone already is noticed when it does not get Ready.
            if let Err(cause) = sent {
                warn!(role = child.role.name(), %cause, "a role does not take its orders");
            }
        }
        Ok(())
    }

    /// `None` once all are Ready; how it ended if one is not.
    fn wait_until_ready(&mut self) -> Result<Option<End>, Fatal> {
        let deadline = Instant::now() + READY_WITHIN;
        for at in 0..self.children.len() {
            let child = &mut self.children[at];
            let Some(control) = child.control.as_mut() else { continue };
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            control.set_read_timeout(Some(left))?;
            if role::receive::<Ready>(control).is_err() {
                let (role, pid) = (child.role, child.pid);
                // It may be slow rather than gone: then there is no status yet, and it is killed.
                let status = waitpid(pid, Some(WaitPidFlag::WNOHANG)).unwrap_or(WaitStatus::StillAlive);
                error!(role = role.name(), %pid, cause = %Cause(status), "a role did not get ready");
                if status != WaitStatus::StillAlive {
                    self.children.remove(at);
                }
                self.kill_all();
                return Ok(Some(End::RoleGone(Cause(status).exit_code())));
            }
        }
        Ok(None)
    }

    fn wait(&mut self, signals: &mut Signals, drain: Duration) -> End {
        let mut end = None;
        loop {
            for signal in signals.wait() {
                match signal {
                    SIGTERM | SIGINT if end.is_none() => {
                        info!("stopping");
                        end = Some(End::Asked);
                        self.dismiss();
                        let deadline = (drain + GRACE).as_secs().clamp(1, u64::from(u32::MAX));
                        alarm::set(deadline as u32);
                    }
                    SIGALRM if end.is_some() => {
                        warn!(roles = %self, "not drained in time, killed");
                        self.kill_all();
                    }
                    _ => {}
                }
            }
            if let Some(code) = self.reap(end.is_none()) {
                self.kill_all();
                return End::RoleGone(code);
            }
            if self.children.is_empty() {
                return end.unwrap_or(End::Asked);
            }
            if end.is_some() {
                self.dismiss();
            }
        }
    }

    /// Tells each role to stop that nobody calls on any more: first those that hear the Internet, the vault last.
    fn dismiss(&mut self) {
        let present: Vec<Role> = self.children.iter().map(|child| child.role).collect();
        for child in &mut self.children {
            let doors = child.role.doors();
            if !present.iter().any(|role| role.calls().iter().any(|door| doors.contains(door))) {
                child.control = None;
            }
        }
    }

    /// Takes leave of roles that have ended. If that was not `expected`, the exit code to end with.
    fn reap(&mut self, unexpected: bool) -> Option<u8> {
        let mut code = None;
        self.children.retain(|child| match waitpid(child.pid, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => true,
            Ok(status) => {
                if unexpected {
                    let cause = Cause(status);
                    error!(role = child.role.name(), pid = %child.pid, %cause, "a role has ended, so all end");
                    code = Some(cause.exit_code());
                }
                false
            }
            Err(_) => false,
        });
        code
    }

    fn kill_all(&mut self) {
        for child in self.children.drain(..) {
            // It may be gone already.
            let _ = kill(child.pid, Signal::SIGKILL);
            let _ = waitpid(child.pid, None);
        }
    }
}

/// Whatever goes wrong in the monitor, no role outlives it.
impl Drop for Family {
    fn drop(&mut self) {
        self.kill_all();
    }
}

fn order<C: Serialize + Clone>(
    control: &mut UnixStream,
    slice: &C,
    config: &Config,
    verbosity: Verbosity,
    callers: Vec<(Door, Vec<i32>)>,
) -> Result<(), Fatal> {
    let orders = Orders { config: slice.clone(), verbosity, runtime_dir: config.runtime_dir.clone(), callers };
    role::send(control, &orders)
}

/// Why a role ended, in words.
struct Cause(WaitStatus);

impl Cause {
    fn exit_code(&self) -> u8 {
        /// EX_SOFTWARE: an internal fault, worth a restart.
        const SOFTWARE: u8 = 70;
        match self.0 {
            WaitStatus::Exited(_, code) if code != 0 => u8::try_from(code).unwrap_or(SOFTWARE),
            _ => SOFTWARE,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            WaitStatus::Exited(_, code) => write!(f, "exit code {code}"),
            WaitStatus::Signaled(_, signal, _) => write!(f, "killed by {signal}"),
            _ => f.write_str("no answer"),
        }
    }
}
