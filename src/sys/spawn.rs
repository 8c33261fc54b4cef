//! Starting a role: this program again, with descriptors at the places `LISTEN_FDS` promises.

use command_fds::{CommandFdExt, FdMapping, FdMappingCollision};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// What processes are called in lists of them.
const NAME: &str = "tempalias";

/// Where inherited descriptors begin (sd_listen_fds(3)).
const LISTEN_FDS_START: i32 = 3;

/// Runs this very program with `arguments`, `variables` beside those it would inherit, and the named `descriptors`.
///
/// The child is in a process group of its own, so that a terminal's Ctrl-C reaches the monitor alone.
pub fn spawn(
    arguments: &[&str],
    variables: &[(&str, &OsStr)],
    descriptors: Vec<(String, OwnedFd)>,
) -> io::Result<Child> {
    let names: Vec<&str> = descriptors.iter().map(|(name, _)| name.as_str()).collect();
    // LISTEN_PID stays unset: the child's pid is not known before it is there.
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0(NAME)
        .args(arguments)
        .env_remove("LISTEN_PID")
        // What systemd asked of us is not asked of them.
        .env_remove("NOTIFY_SOCKET")
        .env_remove("WATCHDOG_PID")
        .env_remove("WATCHDOG_USEC")
        .env("LISTEN_FDS", names.len().to_string())
        .env("LISTEN_FDNAMES", names.join(":"))
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .process_group(0);
    let mappings =
        (LISTEN_FDS_START..).zip(descriptors).map(|(child_fd, (_, parent_fd))| FdMapping { parent_fd, child_fd });
    command.fd_mappings(mappings.collect()).map_err(|FdMappingCollision| io::ErrorKind::InvalidInput)?;
    command.spawn()
}

/// Has the kernel kill this process when its parent is gone: a role does not outlive the monitor.
pub fn die_with_parent() -> io::Result<()> {
    Ok(nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?)
}

/// Asks a child to end; without effect on one that has.
pub fn terminate(child: &Child) -> io::Result<()> {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    match nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM) {
        Err(nix::errno::Errno::ESRCH) | Ok(()) => Ok(()),
        Err(cause) => Err(cause.into()),
    }
}

/// Has lists of processes show this one by its name, not by the path that it was started by.
pub fn take_name() {
    // It cannot fail, and is only for the eye.
    let _ = nix::sys::prctl::set_name(c"tempalias");
}
