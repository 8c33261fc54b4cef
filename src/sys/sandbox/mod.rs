//! The walls around a process: entered once, when all is open that it needs, and never left.
//!
//! 1. Root, if it still has it, is given up for good ([`Identity`]); capabilities are emptied.
//! 2. `no_new_privs`: no program run from here could gain rights, and none can be run anyway.
//! 3. Not dumpable, no core files: memory is not to be read by others of the same user.
//! 4. Resource limits: descriptors, processes.
//! 5. Landlock: no file and no TCP port but those promised; where the kernel has none, one warning.
//! 6. seccomp: the system calls of the promises; a few harmless ones are refused, every other one kills.
//!
//! Threads that exist already would stay outside: enter before there are any.

mod landlock;
mod limits;
mod probe;
mod report;
mod seccomp;
mod syscalls;

pub use limits::raise_descriptor_limit;
pub use probe::Deed;

use super::identity::Identity;
use nix::sys::prctl;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::path::Path;

/// What a process may still do, beside reading, writing and waiting on what it has open.
///
/// The monitor tells each role its promises; those of the monitor alone cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Promise {
    /// Take connections on the listening sockets that it has.
    Accept,
    /// Connect to the Internet, over TCP to these ports; and ask the DNS.
    Internet(Ports),
    /// Make pairs of connected sockets, to hand one end to another process.
    Pairs,
    /// Read and write the files that it has open.
    Table,
    /// Start threads.
    Threads,
    // Those of the monitor come last: serde does not count what is skipped alike on both sides.
    /// Kill and bury its own children, these.
    #[serde(skip)]
    Children(Vec<i32>),
    /// Read anew the files in this directory, which it has open.
    #[serde(skip)]
    Reread(RawFd),
}

/// TCP ports to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ports {
    /// All there are: for peers that others name.
    Any,
    /// These; none if there is none.
    Only(Vec<u16>),
}

/// What becomes of a process that breaks its promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strictness {
    /// The kernel kills it.
    #[default]
    Kill,
    /// The system call fails, and its name is written to stderr: for whoever ports this program.
    Report,
}

/// The walls as they stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walls {
    /// The version of Landlock in force; `None` on a kernel without it.
    pub landlock: Option<u8>,
    /// What seccomp does.
    pub strictness: Strictness,
    /// Whether this process can see no file but the doors.
    pub chroot: bool,
    /// Whether the bounding set of capabilities is empty too, which only root or systemd can bring about.
    pub bounded: bool,
}

impl Walls {
    /// What this kernel's Landlock does not do.
    pub fn gap(&self) -> Option<&'static str> {
        match self.landlock {
            None => {
                Some("this kernel has no Landlock: of two walls around files one is missing, and that around TCP ports")
            }
            Some(..4) => Some("this kernel's Landlock knows no TCP ports: relay may connect to any"),
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

/// Puts up the walls around this process. `root` is what it will see of the file system if it was started as
/// root.
///
/// # Errors
/// Of the first wall that does not stand. A process that gets one must end.
pub fn enter(
    promises: &[Promise],
    identity: Option<&Identity>,
    root: &Path,
    strictness: Strictness,
) -> io::Result<Walls> {
    // While paths still mean what they did.
    let ruleset = landlock::ruleset(promises).map_err(wall("landlock"))?;
    let bounded = super::identity::empty_bounding_set().map_err(wall("capabilities"))?;
    if let Some(identity) = identity {
        identity.become_for_good(root).map_err(wall("giving up root"))?;
    }
    super::identity::empty_capabilities().map_err(wall("capabilities"))?;
    prctl::set_no_new_privs()?;
    prctl::set_dumpable(false)?;
    limits::set(promises).map_err(wall("resource limits"))?;
    let landlock = landlock::restrict(ruleset).map_err(wall("landlock"))?;
    seccomp::restrict(promises, strictness).map_err(wall("seccomp"))?;
    Ok(Walls { landlock, strictness, chroot: identity.is_some(), bounded })
}

/// Names the wall that does not stand.
fn wall(name: &str) -> impl Fn(io::Error) -> io::Error {
    move |cause| io::Error::new(cause.kind(), format!("sandbox: {name}: {cause}"))
}
