//! Starting a role: this program again, with descriptors at the places `LISTEN_FDS` promises.

use command_fds::{CommandFdExt, FdMapping, FdMappingCollision};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Where inherited descriptors begin (sd_listen_fds(3)).
const LISTEN_FDS_START: i32 = 3;

/// Runs this very program with `arguments` and the named `descriptors`.
///
/// The child is in a process group of its own, so that a terminal's Ctrl-C reaches the monitor alone.
pub fn spawn(arguments: &[&str], descriptors: Vec<(String, OwnedFd)>) -> io::Result<Child> {
    let names: Vec<&str> = descriptors.iter().map(|(name, _)| name.as_str()).collect();
    // LISTEN_PID stays unset: the child's pid is not known before it is there.
    let mut command = Command::new("/proc/self/exe");
    command
        .args(arguments)
        .env_remove("LISTEN_PID")
        .env("LISTEN_FDS", names.len().to_string())
        .env("LISTEN_FDNAMES", names.join(":"))
        .stdin(Stdio::null())
        .process_group(0);
    let mappings =
        (LISTEN_FDS_START..).zip(descriptors).map(|(child_fd, (_, parent_fd))| FdMapping { parent_fd, child_fd });
    command.fd_mappings(mappings.collect()).map_err(|FdMappingCollision| io::ErrorKind::InvalidInput)?;
    command.spawn()
}

/// Allows this process as many descriptors as the system lets it have: a session takes one.
pub fn raise_descriptor_limit() -> io::Result<()> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// Has the kernel kill this process when its parent is gone: a role does not outlive the monitor.
pub fn die_with_parent() -> io::Result<()> {
    Ok(nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?)
}
