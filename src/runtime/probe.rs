//! The hidden `--probe` of `tempalias serve`: shows what the sandbox refuses to a process that was taken over.

use crate::sys::sandbox::ProbeAction;
use serde::{Deserialize, Serialize};
use tracing::{error, info};

/// Something that a process tries in its sandbox. Tests read the outcome in the log.
#[derive(Serialize, Deserialize)]
pub struct Probe {
    /// What it tries.
    pub action: ProbeAction,
    /// The pid of another process of the daemon, for actions against one.
    pub sibling: i32,
}

impl Probe {
    /// Tries it, and logs the outcome. Does not return if the sandbox kills the process.
    pub fn run(&self) {
        let action = &self.action;
        match action.attempt(self.sibling) {
            Ok(()) => error!(?action, "probe: succeeded"),
            Err(cause) => info!(?action, %cause, "probe: refused"),
        }
    }
}
