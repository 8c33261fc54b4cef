//! The supervised processes, and the control channel to each.

use super::doors::{Doors, server_of};
use super::exit_status::ExitStatus;
use super::preflight::Preflight;
use super::sockets::Sockets;
use super::topology::{ROLES, Role};
use crate::channel::{Door, DoorKind};
use crate::config::Config;
use crate::runtime::control::{CONTROL, ControlMessage, ControlReply, ProcessInit, framed, take};
use crate::runtime::{Fatal, Probe};
use crate::sys::log::Verbosity;
use crate::sys::sandbox::{ProbeAction, Strictness, Walls};
use crate::sys::spawn::spawn;
use crate::wire::vault_admin::Process;
use std::fmt;
use std::io::{self, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream as StdStream};
use std::process;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tracing::{error, warn};

/// Replies of all processes together that may wait for the monitor. Beyond that they wait in the control channels, so
/// that a process that was taken over cannot fill the monitor's memory (backpressure).
const MAX_WAITING_REPLIES: usize = 64;

/// One process of a role.
struct Child {
    role: Role,
    /// Which of its role's processes, from 0.
    number: usize,
    pid: i32,
    process: process::Child,
    /// `None` once it was told to shut down.
    control: Option<ControlChannel>,
    /// Its sandbox, once it is ready.
    walls: Option<Walls>,
    /// Whether it has answered the last ping.
    alive: bool,
}

/// The monitor's end of a control channel. Dropping it tells the process to shut down.
struct ControlChannel(StdStream);

impl Drop for ControlChannel {
    fn drop(&mut self) {
        // It fails if the process has ended, and then does not matter.
        let _ = self.0.shutdown(Shutdown::Write);
    }
}

/// How each process is to run, beside what the configuration says.
pub(super) struct SpawnOptions {
    pub(super) verbosity: Verbosity,
    pub(super) strictness: Strictness,
    /// What a role (`None`: the monitor) is to try in its sandbox.
    pub(super) probe: Option<(Option<Role>, ProbeAction)>,
}

/// All processes but the monitor.
pub(super) struct Children {
    children: Vec<Child>,
    replies: mpsc::Receiver<(i32, ControlReply)>,
}

impl Children {
    /// Starts every process of every role with its sockets, its ends of the doors and a control channel. Needs a local
    /// runtime.
    pub(super) fn spawn(config: &Config, sockets: &Sockets, admin: &UnixListener) -> Result<Self, Fatal> {
        let (sender, replies) = mpsc::channel(MAX_WAITING_REPLIES);
        let mut children = Self { children: Vec::new(), replies };
        let mut doors = Doors::make(config, admin)?;
        for role in ROLES {
            for number in 0..(role.processes)(config) {
                let (ours, theirs) = StdStream::pair()?;
                let mut descriptors: Vec<(String, OwnedFd)> = vec![(CONTROL.to_owned(), theirs.into())];
                descriptors.extend(sockets.of(role)?);
                descriptors.extend(doors.take(role, number)?);
                let process = spawn(&["role", role.name], &[], descriptors)?;
                let pid = process.id().cast_signed();
                ours.set_nonblocking(true)?;
                let control = Some(ControlChannel(ours.try_clone()?));
                tokio::task::spawn_local(read_replies(pid, UnixStream::from_std(ours)?, sender.clone()));
                children.children.push(Child { role, number, pid, process, control, walls: None, alive: true });
            }
        }
        Ok(children)
    }

    /// Sends each process its init message.
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
            let probe = options.probe.as_ref().filter(|(role, _)| *role == Some(child.role));
            let process = ProcessInit {
                promises: (child.role.promises)(config),
                verbosity: options.verbosity,
                runtime_dir: config.monitor.runtime_dir.clone(),
                callers: child.role.opens.iter().map(|door| (*door, self.callers_of(*door, child))).collect(),
                pids: self.pids(),
                identity: preflight.identity.clone(),
                strictness: options.strictness,
                probe: probe.map(|(_, action)| Probe { action: action.clone(), sibling: self.sibling_of(child.pid) }),
            };
            let init = (child.role.settings)(config).init(process).map_err(|cause| Fatal::Config(cause.to_string()))?;
            // A process that has ended already is noticed because it does not become ready.
            if let Err(cause) = child.send(&init) {
                warn!(role = child.role.name, %cause, "a role does not take its init message");
            }
        }
        Ok(())
    }

    /// The pids of those whom `owner` serves at a door of its role, in the order of its connections.
    fn callers_of(&self, door: Door, owner: &Child) -> Vec<i32> {
        let owners = self.children.iter().filter(|child| child.role == owner.role).count();
        let serves = |caller: &Child| door.kind() != DoorKind::Rpc || server_of(caller.number, owners) == owner.number;
        let callers = self.children.iter().filter(|child| child.role.calls.contains(&door) && serves(child));
        callers.map(|child| child.pid).collect()
    }

    /// The pid of some process of the daemon other than `pid`.
    fn sibling_of(&self, pid: i32) -> i32 {
        self.children.iter().map(|child| child.pid).find(|other| *other != pid).unwrap_or_default()
    }

    /// Sends all processes a message without settings.
    pub(super) fn send_to_all(&self, message: &ControlMessage<()>) {
        for child in &self.children {
            if let Err(cause) = framed(message).and_then(|frame| child.send(&frame)) {
                warn!(role = child.role.name, pid = child.pid, %cause, "a control message could not be sent");
            }
        }
    }

    /// Sends all processes the settings that a reload changes.
    ///
    /// # Errors
    /// Settings that are too long for a frame; then none were sent.
    pub(super) fn reload(&self, config: &Config) -> io::Result<()> {
        let reload = |role: Role| Ok((role, (role.settings)(config).reload()?));
        let frames: Vec<(Role, Vec<u8>)> = ROLES.iter().map(reload).collect::<io::Result<_>>()?;
        for child in &self.children {
            let Some((_, frame)) = frames.iter().find(|(role, _)| *role == child.role) else { continue };
            if let Err(cause) = child.send(frame) {
                warn!(role = child.role.name, pid = child.pid, %cause, "a role does not take new settings");
            }
        }
        Ok(())
    }

    /// All processes with their sandboxes, once all are ready; `monitor` is the monitor's own.
    pub(super) fn processes(&self, monitor: &Walls) -> Vec<Process> {
        let monitor =
            Process { role: "monitor".to_owned(), pid: std::process::id().cast_signed(), walls: monitor.to_string() };
        let children = self.children.iter().map(|child| Process {
            role: child.role.name.to_owned(),
            pid: child.pid,
            walls: child.walls.as_ref().map(Walls::to_string).unwrap_or_default(),
        });
        std::iter::once(monitor).chain(children).collect()
    }

    /// Receives the next reply of any process, and notes it. Cancel safe.
    pub(super) async fn receive_reply(&mut self) {
        // When all processes have ended there is no sender left, and no reply to come.
        let Some((pid, reply)) = self.replies.recv().await else { return std::future::pending().await };
        let Some(child) = self.children.iter_mut().find(|child| child.pid == pid) else { return };
        match reply {
            ControlReply::Ready(walls) => child.walls = child.walls.take().or(Some(walls)),
            ControlReply::Alive => child.alive = true,
        }
    }

    /// Whether all processes are ready.
    pub(super) fn are_ready(&self) -> bool {
        self.children.iter().all(|child| child.walls.is_some())
    }

    /// Pings all processes, but those that were told to shut down; `false`, and no new ping, if one has not answered
    /// the last.
    pub(super) fn ping(&mut self) -> bool {
        let alive = self.children.iter().filter(|child| child.control.is_some()).all(|child| child.alive);
        if alive {
            self.children.iter_mut().for_each(|child| child.alive = false);
            self.send_to_all(&ControlMessage::Ping);
        }
        alive
    }

    /// Names the processes that have not answered the last ping.
    pub(super) fn unresponsive(&self) -> String {
        self.names(|child| child.control.is_some() && !child.alive)
    }

    /// Names the processes that are not ready.
    pub(super) fn not_ready(&self) -> String {
        self.names(|child| child.walls.is_none())
    }

    fn names(&self, which: impl Fn(&Child) -> bool) -> String {
        let names: Vec<String> = self.children.iter().filter(|child| which(child)).map(Child::to_string).collect();
        names.join(" ")
    }

    /// Tells each process to shut down whose role has no caller left: first those that serve the Internet, the vault
    /// last.
    pub(super) fn stop_unused(&mut self) {
        let called: Vec<Door> = self.children.iter().flat_map(|child| child.role.calls).copied().collect();
        for child in &mut self.children {
            if !child.role.opens.iter().any(|door| called.contains(door)) {
                child.control = None;
            }
        }
    }

    /// Collects the exit status of processes that have ended. If that was not `expected`, the exit code for the daemon.
    pub(super) fn reap(&mut self, expected: bool) -> Option<u8> {
        let mut code = None;
        self.children.retain_mut(|child| match child.process.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) => {
                let (role, pid, cause) = (child.role.name, child.pid, ExitStatus(status));
                if !expected {
                    let what =
                        if child.walls.is_some() { "a role has ended, so all end" } else { "a role did not get ready" };
                    error!(role, pid, %cause, "{what}");
                    code = Some(cause.exit_code());
                } else if !status.success() {
                    warn!(role, pid, %cause, "a role has not ended well");
                }
                false
            }
            Err(_) => false,
        });
        code
    }

    /// The pids of all processes.
    pub(super) fn pids(&self) -> Vec<i32> {
        self.children.iter().map(|child| child.pid).collect()
    }

    /// Whether all processes have ended.
    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    fn kill_all(&mut self) {
        for mut child in self.children.drain(..) {
            // It may have ended already.
            if child.process.kill().is_ok() {
                let _ = child.process.wait();
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
    /// Sends a frame without waiting: the channel has room, unless the process has not read for long.
    fn send(&self, frame: &[u8]) -> io::Result<()> {
        let Some(ControlChannel(stream)) = &self.control else { return Ok(()) };
        match (&mut &*stream).write(frame)? {
            written if written == frame.len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

impl fmt::Display for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.role.name, self.pid)
    }
}

impl fmt::Display for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names(|_| true))
    }
}

/// Passes on the replies of one process, until it has ended or sends something that is no reply.
async fn read_replies(pid: i32, mut control: UnixStream, replies: mpsc::Sender<(i32, ControlReply)>) {
    let mut input = Vec::new();
    while control.read_buf(&mut input).await.is_ok_and(|octets| octets > 0) {
        loop {
            match take::<ControlReply>(&mut input) {
                // The receiver is gone when the monitor is about to end.
                Ok(Some(reply)) => drop(replies.send((pid, reply)).await),
                Ok(None) => break,
                Err(cause) => return error!(pid, %cause, "a role sent an invalid control reply; ignored from now on"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::sleep;

    /// A process that was taken over sends replies without end: they wait in the socket, not in the monitor's memory.
    #[test]
    fn replies_that_wait_are_bounded() {
        let flood = framed(&ControlReply::Alive).unwrap().repeat(1_000);
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            let (ours, theirs) = StdStream::pair().unwrap();
            ours.set_nonblocking(true).unwrap();
            theirs.set_nonblocking(true).unwrap();
            let (sender, mut replies) = mpsc::channel(MAX_WAITING_REPLIES);
            tokio::task::spawn_local(read_replies(1, UnixStream::from_std(ours).unwrap(), sender));
            let (mut sent, mut refused) = (0, 0);
            while refused < 10 {
                match (&theirs).write(&flood) {
                    Ok(octets) => (sent, refused) = (sent + octets, 0),
                    Err(_) => refused += 1,
                }
                assert!(sent < 4 << 20, "{sent} octets of replies were taken");
                sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(replies.len(), MAX_WAITING_REPLIES);
            assert_eq!(replies.recv().await, Some((1, ControlReply::Alive)));
        });
    }
}
