//! Resource limits (setrlimit(2)).

use super::Promise;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io;

/// Descriptors of a process that serves no clients, as are the vault and the monitor: for doors, files, the log, and
/// administrators.
const MAX_DESCRIPTORS_WITHOUT_CLIENTS: u64 = 256;

/// Allows no core files, no new processes unless threads are promised, and few descriptors to a process without
/// clients.
pub(super) fn set(promises: &[Promise]) -> io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    if !promises.contains(&Promise::Threads) {
        setrlimit(Resource::RLIMIT_NPROC, 0, 0)?;
    }
    if promises.iter().any(|promise| matches!(promise, Promise::Table | Promise::Children(_))) {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        let max = MAX_DESCRIPTORS_WITHOUT_CLIENTS.min(hard);
        setrlimit(Resource::RLIMIT_NOFILE, max, max)?;
    }
    Ok(())
}

/// Raises the limit on descriptors to the hard limit: each session takes at least one.
///
/// # Errors
/// Of setrlimit(2).
pub fn raise_descriptor_limit() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
