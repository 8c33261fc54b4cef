//! The roles that are alive, and what is said between them and the monitor.

use super::Role;
use super::doors::{Doors, serving};
use super::preflight::Preflight;
use super::sockets::Sockets;
use crate::channel::Door;
use crate::config::Config;
use crate::config::settings::Slice;
use crate::runtime::Fatal;
use crate::runtime::control::{CONTROL, ControlMessage, ControlReply, InitMessage, framed, take};
use crate::sys::exit;
use crate::sys::log::Verbosity;
use crate::sys::sandbox::{Deed, Strictness, Walls};
use crate::sys::spawn::spawn;
use crate::wire::vault_admin::Process;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream as StdStream};
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tracing::{error, warn};

/// One process of a role.
struct Child {
    role: Role,
    /// Which of its role's processes, from 0.
    number: usize,
    pid: Pid,
    /// Dropping it tells the process to stop.
    control: Option<Control>,
    /// Once it is ready.
    walls: Option<Walls>,
    /// Whether it has answered the last ping.
    answered: bool,
}

/// The monitor's words on a control channel; the end of them when dropped.
struct Control(StdStream);

impl Drop for Control {
    fn drop(&mut self) {
        // It fails when the other end is closed already.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

/// How each role is to begin.
pub(super) struct SpawnOptions {
    pub(super) verbosity: Verbosity,
    pub(super) strictness: Strictness,
    pub(super) probe: Option<(Option<Role>, Deed)>,
}

/// All processes but the monitor.
pub(super) struct Children {
    children: Vec<Child>,
    replies: mpsc::UnboundedReceiver<(Pid, ControlReply)>,
}

impl Children {
    /// Starts every role with its sockets, its ends of the doors and a control channel. Needs a local runtime.
    pub(super) fn spawn(config: &Config, sockets: &Sockets, admin: &UnixListener) -> Result<Self, Fatal> {
        let (heard, replies) = mpsc::unbounded_channel();
        let mut children = Self { children: Vec::new(), replies };
        let mut doors = Doors::make(config, admin)?;
        for role in Role::ALL {
            for number in 0..role.processes(config) {
                let (ours, theirs) = StdStream::pair()?;
                let mut descriptors: Vec<(String, OwnedFd)> = vec![(CONTROL.to_owned(), theirs.into())];
                descriptors.extend(sockets.of(role)?);
                descriptors.extend(doors.of((role, number))?);
                let child = spawn(&["role", role.name()], &[], descriptors)?;
                let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
                ours.set_nonblocking(true)?;
                let control = Some(Control(ours.try_clone()?));
                tokio::task::spawn_local(hear(pid, UnixStream::from_std(ours)?, heard.clone()));
                children.children.push(Child { role, number, pid, control, walls: None, answered: true });
            }
        }
        Ok(children)
    }

    /// Gives each its init.
    ///
    /// # Errors
    /// A configuration that is too long for a frame.
    pub(super) fn initialize(
        &self,
        config: &Config,
        preflight: &Preflight,
        options: &SpawnOptions,
    ) -> Result<(), Fatal> {
        for child in &self.children {
            let init = match child.role {
                Role::Smtp => self.init(child, &config.smtp, config, preflight, options),
                Role::Relay => self.init(child, &config.relay, config, preflight, options),
                Role::Vault => self.init(child, &config.vault, config, preflight, options),
                Role::Web => self.init(child, &config.web, config, preflight, options),
            };
            // One that is gone already is noticed when it does not get ready.
            if let Err(cause) = child.say(&init.map_err(|cause| Fatal::Config(cause.to_string()))?) {
                warn!(role = child.role.name(), %cause, "a role does not take its init");
            }
        }
        Ok(())
    }

    /// Those whom `owner` serves at a door of its role, in the order of its connections.
    fn callers_of(&self, door: Door, owner: &Child) -> Vec<i32> {
        let owners = self.children.iter().filter(|child| child.role == owner.role).count();
        let calls = |child: &&Child| {
            child.role.calls().contains(&door) && (!door.is_pairs() || serving(child.number, owners) == owner.number)
        };
        self.children.iter().filter(calls).map(|child| child.pid.as_raw()).collect()
    }

    fn init<Fixed: Serialize, Live: Serialize>(
        &self,
        child: &Child,
        slice: &Slice<Fixed, Live>,
        config: &Config,
        preflight: &Preflight,
        options: &SpawnOptions,
    ) -> io::Result<Vec<u8>> {
        let probe = options.probe.as_ref().filter(|(role, _)| *role == Some(child.role));
        framed(&InitMessage {
            fixed: &slice.fixed,
            live: &slice.live,
            verbosity: options.verbosity,
            runtime_dir: config.monitor.runtime_dir.clone(),
            callers: child.role.doors().iter().map(|door| (*door, self.callers_of(*door, child))).collect(),
            processes: self.pids(),
            identity: preflight.identity.clone(),
            strictness: options.strictness,
            probe: probe.map(|(_, deed)| (deed.clone(), self.sibling(child.pid))),
        })
    }

    /// Some process of the daemon, not this one.
    pub(super) fn sibling(&self, pid: Pid) -> i32 {
        self.children.iter().map(|child| child.pid).find(|other| *other != pid).map_or(0, Pid::as_raw)
    }

    /// Tells all what needs no slice of the configuration.
    pub(super) fn tell(&self, word: &ControlMessage<()>) {
        for child in &self.children {
            if let Err(cause) = framed(word).and_then(|frame| child.say(&frame)) {
                warn!(role = child.role.name(), pid = %child.pid, %cause, "a role cannot be told");
            }
        }
    }

    /// Gives all their new settings.
    ///
    /// # Errors
    /// Settings that are too long for a frame; nobody has got any then.
    pub(super) fn reload(&self, config: &Config) -> io::Result<()> {
        let smtp = framed(&ControlMessage::Reload(&config.smtp.live))?;
        let relay = framed(&ControlMessage::Reload(&config.relay.live))?;
        let vault = framed(&ControlMessage::Reload(&config.vault.live))?;
        let web = framed(&ControlMessage::Reload(&config.web.live))?;
        for child in &self.children {
            let frame = match child.role {
                Role::Smtp => &smtp,
                Role::Relay => &relay,
                Role::Vault => &vault,
                Role::Web => &web,
            };
            if let Err(cause) = child.say(frame) {
                warn!(role = child.role.name(), pid = %child.pid, %cause, "a role does not take new settings");
            }
        }
        Ok(())
    }

    /// All processes and their walls, once all are ready; `monitor` are the monitor's own.
    pub(super) fn processes(&self, monitor: &Walls) -> Vec<Process> {
        let ours =
            Process { role: "monitor".to_owned(), pid: std::process::id().cast_signed(), walls: monitor.to_string() };
        let theirs = self.children.iter().map(|child| Process {
            role: child.role.name().to_owned(),
            pid: child.pid.as_raw(),
            walls: child.walls.as_ref().map(Walls::to_string).unwrap_or_default(),
        });
        std::iter::once(ours).chain(theirs).collect()
    }

    /// What a role says next. Cancel safe.
    pub(super) async fn hear(&mut self) {
        // There is always a sender while there is a child.
        let Some((pid, reply)) = self.replies.recv().await else { return std::future::pending().await };
        let Some(child) = self.children.iter_mut().find(|child| child.pid == pid) else { return };
        match reply {
            ControlReply::Ready(walls) => child.walls = child.walls.take().or(Some(walls)),
            ControlReply::Alive => child.answered = true,
        }
    }

    /// Whether all can serve.
    pub(super) fn is_ready(&self) -> bool {
        self.children.iter().all(|child| child.walls.is_some())
    }

    /// Asks all whether they are alive, but those that were told to stop; false if one has not answered since.
    pub(super) fn ping(&mut self) -> bool {
        let mut heard = self.children.iter().filter(|child| child.control.is_some());
        let alive = heard.all(|child| child.answered);
        if alive {
            self.children.iter_mut().for_each(|child| child.answered = false);
            self.tell(&ControlMessage::Ping);
        }
        alive
    }

    /// Names those that have not answered the last ping.
    pub(super) fn silent(&self) -> String {
        self.names(|child| child.control.is_some() && !child.answered)
    }

    /// Names those that are not ready.
    pub(super) fn not_ready(&self) -> String {
        self.names(|child| child.walls.is_none())
    }

    fn names(&self, which: impl Fn(&Child) -> bool) -> String {
        let names: Vec<String> = self.children.iter().filter(|child| which(child)).map(Child::to_string).collect();
        names.join(" ")
    }

    /// Tells each role to stop that nobody calls on any more: first those that hear the Internet, the vault last.
    pub(super) fn stop_unused(&mut self) {
        let present: Vec<Role> = self.children.iter().map(|child| child.role).collect();
        for child in &mut self.children {
            let doors = child.role.doors();
            if !present.iter().any(|role| role.calls().iter().any(|door| doors.contains(door))) {
                child.control = None;
            }
        }
    }

    /// Takes leave of roles that have ended. If that was not `expected`, the exit code to end with.
    pub(super) fn reap(&mut self, expected: bool) -> Option<u8> {
        let mut code = None;
        self.children.retain(|child| match waitpid(child.pid, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => true,
            Ok(status) => {
                let (role, pid, cause) = (child.role.name(), child.pid, Cause(status));
                if !expected {
                    let what =
                        if child.walls.is_some() { "a role has ended, so all end" } else { "a role did not get ready" };
                    error!(role, %pid, %cause, "{what}");
                    code = Some(cause.exit_code());
                } else if !matches!(status, WaitStatus::Exited(_, 0)) {
                    warn!(role, %pid, %cause, "a role has not ended well");
                }
                false
            }
            Err(_) => false,
        });
        code
    }

    pub(super) fn pids(&self) -> Vec<i32> {
        self.children.iter().map(|child| child.pid.as_raw()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub(super) fn kill_all(&mut self) {
        for child in self.children.drain(..) {
            // It may be gone already.
            if kill(child.pid, Signal::SIGKILL).is_ok() {
                let _ = waitpid(child.pid, None);
            }
        }
    }
}

/// Whatever goes wrong in the monitor, no role outlives it.
impl Drop for Children {
    fn drop(&mut self) {
        self.kill_all();
    }
}

impl Child {
    /// Says it at once: there is room, or the role has not listened for long.
    fn say(&self, frame: &[u8]) -> io::Result<()> {
        let Some(Control(stream)) = &self.control else { return Ok(()) };
        match (&mut &*stream).write(frame)? {
            written if written == frame.len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

impl fmt::Display for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.role.name(), self.pid)
    }
}

impl fmt::Display for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names(|_| true))
    }
}

/// Passes on what one process says, until it has ended or says what no role says.
async fn hear(pid: Pid, mut input: UnixStream, heard: mpsc::UnboundedSender<(Pid, ControlReply)>) {
    let mut octets = Vec::new();
    while input.read_buf(&mut octets).await.is_ok_and(|count| count > 0) {
        loop {
            match take::<ControlReply>(&mut octets) {
                Ok(Some(reply)) => drop(heard.send((pid, reply))),
                Ok(None) => break,
                Err(cause) => return error!(%pid, %cause, "a role is not heard any more"),
            }
        }
    }
}

/// Why a role ended, in words.
struct Cause(WaitStatus);

impl Cause {
    fn exit_code(&self) -> u8 {
        match self.0 {
            WaitStatus::Exited(_, code) if code != 0 => u8::try_from(code).unwrap_or(exit::SOFTWARE),
            _ => exit::SOFTWARE,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            WaitStatus::Exited(_, code) => write!(f, "exit code {code}"),
            WaitStatus::Signaled(_, Signal::SIGSYS, _) => {
                f.write_str("killed by SIGSYS: it tried a system call that it has not promised; see --sandbox=report")
            }
            WaitStatus::Signaled(_, signal, _) => write!(f, "killed by {signal}"),
            _ => f.write_str("no answer"),
        }
    }
}
