//! The control channel between the monitor and each process of a role: a pair of connected sockets.
//!
//! 1. The monitor sends one [`InitMessage`], and then [`ControlMessage`]s as they come up.
//! 2. The role answers with [`ControlReply`]s.
//! 3. When the monitor closes the channel, the role shuts down gracefully.

use super::Probe;
use crate::channel::Door;
use crate::sys::identity::Identity;
use crate::sys::log::Verbosity;
use crate::sys::read_buffer::consume;
use crate::sys::sandbox::{Promise, Strictness, Walls};
use crate::wire::frame;
use crate::wire::vault_admin::Process;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// The name of the control channel among the inherited descriptors.
pub const CONTROL: &str = "control";

/// The first message to a role: all that it ever learns of the configuration, and what it is among its like.
#[derive(Serialize, Deserialize)]
pub struct InitMessage<Fixed, Live> {
    /// The role's settings that stay as they are.
    pub fixed: Fixed,
    /// The role's settings that a reload replaces.
    pub live: Live,
    /// What every process is told, whatever its role.
    pub process: ProcessInit,
}

/// The part of an [`InitMessage`] that is the same for all roles.
#[derive(Serialize, Deserialize)]
pub struct ProcessInit {
    /// What it may do once it is in the sandbox.
    pub promises: Vec<Promise>,
    /// How much it logs.
    pub verbosity: Verbosity,
    /// The directory it changes its root to, if the daemon was started as root.
    pub runtime_dir: PathBuf,
    /// For each door that the role opens, the pids of the callers, in the order of their inherited connections.
    pub callers: Vec<(Door, Vec<i32>)>,
    /// The pids of all processes of the daemon but the monitor.
    pub pids: Vec<i32>,
    /// The user to become; `None` unless the daemon was started as root.
    pub identity: Option<Identity>,
    /// What happens if it breaks its promises.
    pub strictness: Strictness,
    /// What it is to try once it is in the sandbox; for tests.
    pub probe: Option<Probe>,
}

/// What the monitor sends after the [`InitMessage`].
#[derive(Serialize, Deserialize)]
pub enum ControlMessage<Live> {
    /// A liveness check, answered by [`ControlReply::Alive`].
    Ping,
    /// New settings, for what begins from now on.
    Reload(Live),
    /// Log your state.
    LogState,
    /// All processes are ready: begin to serve. The list is that of all processes with their sandboxes, the monitor's
    /// first.
    AllReady(Vec<Process>),
}

/// What a role sends to the monitor.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlReply {
    /// It can serve; this is its sandbox.
    Ready(Walls),
    /// The answer to [`ControlMessage::Ping`].
    Alive,
}

/// Receives one frame, blocking: for the time before there is a runtime.
pub(super) fn receive<T: DeserializeOwned>(control: &mut UnixStream) -> io::Result<T> {
    let mut bytes = Vec::new();
    let mut octet = [0];
    loop {
        if let Some((value, _)) = frame::decode(&bytes).map_err(io::Error::other)? {
            return Ok(value);
        }
        control.read_exact(&mut octet)?;
        bytes.extend_from_slice(&octet);
    }
}

/// Takes the first frame off `input`; `None` while it is not complete.
///
/// # Errors
/// [`frame::DecodeError`], if what has come is no frame of this type.
pub fn take<T: DeserializeOwned>(input: &mut Vec<u8>) -> Result<Option<T>, frame::DecodeError> {
    Ok(frame::decode(input)?.map(|(value, length)| {
        consume(input, length);
        value
    }))
}

/// `value` as one frame.
///
/// # Errors
/// Those of [`frame::encode`].
pub fn framed<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    frame::encode(value, &mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}
