//! Privilege separation, the part of starting the roles: each is this program again (fork and exec, so that each has an
//! address space layout of its own), with descriptors at the numbers that `LISTEN_FDS` promises.

use command_fds::{CommandFdExt, FdMapping, FdMappingCollision};
use std::ffi::{CStr, OsStr};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// The name of every process in ps(1) and top(1).
const PROCESS_NAME: &CStr = c"tempalias";

/// The number of the first inherited descriptor (sd_listen_fds(3)).
const LISTEN_FDS_START: i32 = 3;

/// Runs this program with `arguments`, with `variables` beside those that it inherits, and with the named
/// `descriptors`.
///
/// The child is in a process group of its own, so that a terminal's Ctrl-C reaches the monitor alone.
///
/// # Errors
/// Of fork(2) and execve(2).
pub fn spawn(
    arguments: &[&str],
    variables: &[(&str, &OsStr)],
    descriptors: Vec<(String, OwnedFd)>,
) -> io::Result<Child> {
    let names: Vec<&str> = descriptors.iter().map(|(name, _)| name.as_str()).collect();
    // LISTEN_PID stays unset: the child's pid is not known before it is there.
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0(OsStr::from_bytes(PROCESS_NAME.to_bytes()))
        .args(arguments)
        .env_remove("LISTEN_PID")
        // Only the monitor notifies systemd.
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

/// Has the kernel kill this process when its parent ends: no role outlives the monitor.
///
/// # Errors
/// Of prctl(2).
pub fn die_with_parent() -> io::Result<()> {
    Ok(nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?)
}

/// Asks a child to end (SIGTERM); without effect if it has ended.
///
/// # Errors
/// Of kill(2).
pub fn terminate(child: &Child) -> io::Result<()> {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    match nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM) {
        Err(nix::errno::Errno::ESRCH) | Ok(()) => Ok(()),
        Err(cause) => Err(cause.into()),
    }
}

/// Sets the name of this process in ps(1) and top(1), which would otherwise be that of `/proc/self/exe`: `exe`.
pub fn set_process_name() {
    // It fails for an invalid pointer only.
    let _ = nix::sys::prctl::set_name(PROCESS_NAME);
}
