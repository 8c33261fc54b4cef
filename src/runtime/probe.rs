//! The hidden `--probe` of `tempalias serve`: shows what the sandbox refuses to a process that was taken over.

use crate::sys::sandbox::Deed;
use serde::{Deserialize, Serialize};
use tracing::{error, info};

/// Something that a process tries in its sandbox. Tests read the outcome in the log.
#[derive(Serialize, Deserialize)]
pub struct Probe {
    /// What it tries.
    pub deed: Deed,
    /// The pid of another process of the daemon, for deeds that are done to one.
    pub sibling: i32,
}

impl Probe {
    /// Tries it, and logs the outcome. Does not return if the sandbox kills the process.
    pub fn run(&self) {
        let deed = &self.deed;
        match deed.attempt(self.sibling) {
            Ok(()) => error!(?deed, "probe: succeeded"),
            Err(cause) => info!(?deed, %cause, "probe: refused"),
        }
    }
}
