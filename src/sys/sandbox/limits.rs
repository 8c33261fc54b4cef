//! Resource limits (setrlimit(2)).

use super::Promise;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io;

/// Descriptors of a process that no mail passes and no visitor comes to: doors, a log, and what administrators ask.
const FEW: u64 = 256;

/// No core files; no processes unless threads are promised; few descriptors for those that hear few.
pub(super) fn set(promises: &[Promise]) -> io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    if !promises.contains(&Promise::Threads) {
        setrlimit(Resource::RLIMIT_NPROC, 0, 0)?;
    }
    if promises.iter().any(|promise| matches!(promise, Promise::Table | Promise::Children(_))) {
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
        let few = FEW.min(most);
        setrlimit(Resource::RLIMIT_NOFILE, few, few)?;
    }
    Ok(())
}

/// Allows this process as many descriptors as the system lets it have: a session takes one.
pub fn raise_descriptor_limit() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
