//! The sandbox of a process, called its *walls*: a process names its promises, as with OpenBSD's pledge(2), and from
//! then on it can do nothing else. It is entered once, after everything is open that the process needs.
//!
//! 1. If the process is root, it becomes another user for good ([`Identity`]), in a chroot. Capabilities are emptied.
//! 2. `no_new_privs`: a set-user-ID program gives no privileges. (seccomp does not let any program run.)
//! 3. Not dumpable, no core files: other processes of the same user cannot read its memory.
//! 4. Resource limits on descriptors and processes.
//! 5. Landlock allows the files and TCP ports that are promised, and no others. Without it in the kernel there is one
//!    warning.
//! 6. seccomp allows the system calls of the promises. A few harmless ones fail, any other one kills the process.
//!
//! Landlock and seccomp bind the calling thread and those that it starts: enter before there are others.

mod landlock;
mod limits;
mod probe;
mod report;
mod seccomp;
mod syscalls;

pub use limits::raise_descriptor_limit;
pub use probe::ProbeAction;

use super::identity::Identity;
use nix::sys::prctl;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::path::Path;

/// What a process may still do in the sandbox, beside reading, writing and waiting on what it has open.
///
/// The monitor sends each role its promises. Those that only the monitor has cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Promise {
    /// Accept connections on the listening sockets that it has.
    Accept,
    /// Connect to the Internet over TCP, to these ports; and ask the DNS.
    Internet(Ports),
    /// Make pairs of connected Unix sockets, to hand one end to another process.
    Pairs,
    /// Read, write and lock the files that it has open.
    Table,
    /// Start threads.
    Threads,
    // Those of the monitor come last: serde counts skipped variants when it serializes, and not when it deserializes.
    /// Send signals to these children, and wait for any.
    #[serde(skip)]
    Children(Vec<i32>),
    /// Open and read files in this directory, which it has open.
    #[serde(skip)]
    Reread(RawFd),
}

/// TCP ports to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ports {
    /// All: for peers that are not known before, such as the nodes that a Redis Cluster names.
    Any,
    /// These only. An empty list allows none.
    Only(Vec<u16>),
}

/// What happens to a process that breaks its promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strictness {
    /// The kernel kills it.
    #[default]
    Kill,
    /// The system call fails and its name is written to stderr, for porting to another system.
    Report,
}

/// The sandbox that a process is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walls {
    /// The version of Landlock's ABI that is in force; `None` on a kernel without Landlock.
    pub landlock: Option<u8>,
    /// What seccomp does.
    pub strictness: Strictness,
    /// Whether the file system that the process sees is the runtime directory only.
    pub chroot: bool,
    /// Whether the bounding set of capabilities is empty as well. Only root or systemd can empty it.
    pub bounded: bool,
}

impl Walls {
    /// What is missing because of the kernel's version of Landlock, as a warning; `None` if nothing is.
    pub fn gap(&self) -> Option<&'static str> {
        match self.landlock {
            None => Some(
                "this kernel has no Landlock: only seccomp keeps processes from files, and relay may connect to any TCP port",
            ),
            Some(..4) => Some("this kernel's Landlock has no rules for TCP ports: relay may connect to any"),
            Some(4..) => None,
        }
    }
}

impl fmt::Display for Walls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.strictness {
            Strictness::Kill => "seccomp",
            Strictness::Report => "seccomp only reports",
        })?;
        match self.landlock {
            Some(version) => write!(f, ", landlock {version}")?,
            None => f.write_str(", no landlock")?,
        }
        f.write_str(if self.chroot { ", chroot" } else { "" })?;
        f.write_str(", no capabilities")?;
        f.write_str(if self.bounded { "" } else { " (bounding set kept)" })
    }
}

/// Enters the sandbox, with these promises. `identity` is the user to become if the process is root, and `root` the
/// directory for its chroot.
///
/// # Errors
/// Of the first step that failed, by its name. The process must end then.
pub fn enter(
    promises: &[Promise],
    identity: Option<&Identity>,
    root: &Path,
    strictness: Strictness,
) -> io::Result<Walls> {
    // Before the chroot: rules are made of paths and open directories.
    let ruleset = landlock::ruleset(promises).map_err(step("landlock"))?;
    let bounded = super::identity::empty_bounding_set().map_err(step("capabilities"))?;
    if let Some(identity) = identity {
        identity.become_for_good(root).map_err(step("giving up root"))?;
    }
    super::identity::empty_capabilities().map_err(step("capabilities"))?;
    prctl::set_no_new_privs()?;
    prctl::set_dumpable(false)?;
    limits::set(promises).map_err(step("resource limits"))?;
    let landlock = landlock::restrict(ruleset).map_err(step("landlock"))?;
    seccomp::restrict(promises, strictness).map_err(step("seccomp"))?;
    Ok(Walls { landlock, strictness, chroot: identity.is_some(), bounded })
}

/// Adds the name of a step to its error.
fn step(name: &str) -> impl Fn(io::Error) -> io::Error {
    move |cause| io::Error::new(cause.kind(), format!("sandbox: {name}: {cause}"))
}
