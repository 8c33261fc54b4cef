//! What the monitor and a role say to each other on the control channel.

use crate::channel::Door;
use crate::sys::identity::Identity;
use crate::sys::log::Verbosity;
use crate::sys::sandbox::{Deed, Strictness, Walls};
use crate::wire::frame;
use crate::wire::vault_admin::Process;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// The name of the control channel among the inherited descriptors.
pub const CONTROL: &str = "control";

/// What the monitor tells a role first: all it ever learns of the configuration.
#[derive(Serialize, Deserialize)]
pub struct InitMessage<Fixed, Live> {
    /// The role's settings that stay as they are.
    pub fixed: Fixed,
    /// The role's settings that a reload replaces.
    pub live: Live,
    /// How much it logs.
    pub verbosity: Verbosity,
    /// What this role will see of the file system if the daemon was started as root.
    pub runtime_dir: PathBuf,
    /// The callers at each door that this role owns, in the order of the connections it has got.
    pub callers: Vec<(Door, Vec<i32>)>,
    /// All processes but the monitor.
    pub processes: Vec<i32>,
    /// Whom to become; `None` unless the daemon was started as root.
    pub identity: Option<Identity>,
    /// What becomes of it if it breaks its promises.
    pub strictness: Strictness,
    /// What it is to try once its walls stand, and another process to try it on.
    pub probe: Option<(Deed, i32)>,
}

/// What the monitor says later. When it closes the channel, the role is to finish.
#[derive(Serialize, Deserialize)]
pub enum ControlMessage<Live> {
    /// Are you alive?
    Ping,
    /// New settings, for what begins from now on.
    Reload(Live),
    /// Log how you are.
    LogState,
    /// All are ready, with what they are and their walls, the monitor too: serve!
    AllReady(Vec<Process>),
}

/// What a role says to the monitor.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlReply {
    /// It can serve, within these walls.
    Ready(Walls),
    /// To [`ControlMessage::Ping`].
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

/// Takes the next frame out of `input`, if it is there in full.
///
/// # Errors
/// [`frame::Hostile`].
pub fn take<T: DeserializeOwned>(input: &mut Vec<u8>) -> Result<Option<T>, frame::Hostile> {
    Ok(frame::decode(input)?.map(|(value, length)| {
        input.drain(..length);
        value
    }))
}

/// One frame.
///
/// # Errors
/// What does not fit into a frame.
pub fn framed<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    frame::encode(value, &mut bytes).map_err(|_| io::Error::other("the configuration is too long for a frame"))?;
    Ok(bytes)
}
