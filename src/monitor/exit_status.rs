//! The exit status of a process, in words and as the daemon's own exit code.

use crate::sys::exit;
use signal_hook::consts::SIGSYS;
use signal_hook::low_level::signal_name;
use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process;

/// How a process has ended.
pub(super) struct ExitStatus(pub(super) process::ExitStatus);

impl ExitStatus {
    /// The exit code for the daemon, of sysexits(3).
    pub(super) fn exit_code(&self) -> u8 {
        match self.0.code() {
            Some(code) if code != 0 => u8::try_from(code).unwrap_or(exit::SOFTWARE),
            _ => exit::SOFTWARE,
        }
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.code(), self.0.signal()) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (_, Some(SIGSYS)) => {
                f.write_str("killed by SIGSYS: it tried a system call that it has not promised; see --sandbox=report")
            }
            (_, Some(signal)) => write!(f, "killed by {}", signal_name(signal).unwrap_or("an unnamed signal")),
            (None, None) => self.0.fmt(f),
        }
    }
}
