//! vault ← the administrator.

use super::metrics::Metrics;
use super::rpc::protocol;
use serde::{Deserialize, Serialize};

protocol! {
    /// What the administrator may ask of the vault. No answer holds a real address.
    #[derive(Clone, PartialEq, Eq)]
    pub VaultAdmin {
        GetStatus => Result<DaemonStatus, AdminError>,
        Revoke => Result<u64, AdminError>,
        Forget => Result<u64, AdminError>,
    }
    one_way {}
}

/// How is the daemon?
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetStatus;

/// Kill one alias. Answered by how many were removed: 0 or 1.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoke {
    /// Its address.
    pub address: String,
}

/// Kill every alias of this real address. Answered by how many were removed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forget {
    /// The real address.
    pub address: String,
    /// Whether none is to be made for it any more.
    pub forever: bool,
}

/// Why the administrator does not get what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdminError {
    /// What was given is not an address.
    NotAnAddress,
    /// The store does not answer.
    Unavailable,
}

/// How the daemon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonStatus {
    /// Of the program.
    pub version: String,
    /// Since it was started.
    pub uptime_seconds: u64,
    /// The monitor first.
    pub processes: Vec<Process>,
    /// Aliases in the table; `None` where the store cannot tell without reading it all.
    pub aliases: Option<u64>,
    /// Of all processes together.
    pub metrics: Metrics,
}

/// One of the processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// What it does.
    pub role: String,
    /// Its number.
    pub pid: i32,
    /// Its walls, in words.
    pub walls: String,
}
