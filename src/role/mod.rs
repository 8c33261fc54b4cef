//! The life of a role, the same for all four, on one screen:
//!
//! 1. take the inherited descriptors;
//! 2. take the orders from the monitor: a slice of the configuration, and who may use our doors;
//! 3. open what must be open (the role's own part);
//! 4. enter the sandbox;
//! 5. say Ready;
//! 6. loop until the monitor closes the control channel, then finish within the drain deadline.

mod accepting;
mod crowd;
mod fatal;
mod guests;
mod patience;

pub use crate::sys::reading::read;
pub use accepting::host;
pub use crowd::{Crowd, Place};
pub use fatal::Fatal;
pub use guests::{Guest, Guests};
pub use patience::Patience;

use crate::door::{Door, Listener};
use crate::sys::inherit::Inherited;
use crate::sys::log::{self, Verbosity};
use crate::sys::scheduling;
use crate::sys::spawn::{die_with_parent, raise_descriptor_limit};
use crate::wire::frame;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use tokio::net::TcpListener;

/// The name of the control channel among the inherited descriptors.
pub const CONTROL: &str = "control";

/// What the monitor tells a role: all it ever learns of the configuration.
#[derive(Serialize, Deserialize)]
pub struct Orders<C> {
    /// The role's slice of the configuration.
    pub config: C,
    /// How much it logs.
    pub verbosity: Verbosity,
    /// Where the doors are.
    pub runtime_dir: PathBuf,
    /// Who may come through the doors that this role owns.
    pub callers: Vec<(Door, Vec<i32>)>,
}

/// What a role tells the monitor, once.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready;

/// A role between its first instruction and its loop.
pub struct Start<C> {
    /// The role's slice of the configuration.
    pub config: C,
    inherited: Inherited,
    control: UnixStream,
    runtime_dir: PathBuf,
    callers: Vec<(Door, Vec<i32>)>,
}

impl<C: DeserializeOwned> Start<C> {
    /// Takes descriptors and orders, and starts the log.
    pub fn take(role: &'static str) -> Result<Self, Fatal> {
        die_with_parent()?;
        raise_descriptor_limit()?;
        scheduling::work_in_batches();
        let mut inherited = Inherited::from_env();
        let mut control = inherited.unix_stream(CONTROL)?;
        let Orders { config, verbosity, runtime_dir, callers } = receive(&mut control)?;
        log::start(role, verbosity);
        Ok(Self { config, inherited, control, runtime_dir, callers })
    }
}

impl<C> Start<C> {
    /// The listening TCP sockets of this name. Needs a runtime.
    pub fn listeners(&mut self, name: &str) -> Result<Vec<TcpListener>, Fatal> {
        let listeners = self.inherited.tcp_listeners(name)?;
        let take = |listener: std::net::TcpListener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        Ok(listeners.into_iter().map(take).collect::<Result<_, _>>()?)
    }

    /// A door this role owns. Needs a runtime.
    pub fn door(&mut self, door: Door) -> Result<Listener, Fatal> {
        let socket = self.inherited.unix_listener(door.name())?;
        let callers = self.callers.iter().filter(|(d, _)| *d == door).flat_map(|(_, pids)| pids.clone());
        Ok(Listener::new(socket, callers.collect())?)
    }

    /// Where a door of another role is.
    pub fn path(&self, door: Door) -> PathBuf {
        door.path(&self.runtime_dir)
    }

    /// Tells the monitor that this role can serve. What is left after this is the loop.
    pub fn ready(mut self) -> Result<Stop, Fatal> {
        send(&mut self.control, &Ready)?;
        self.control.set_nonblocking(true)?;
        Ok(Stop { control: tokio::net::UnixStream::from_std(self.control)? })
    }
}

/// Tells when to stop.
pub struct Stop {
    control: tokio::net::UnixStream,
}

impl Stop {
    /// Completes when the monitor closes the control channel, or is gone. Cancel safe.
    pub async fn requested(&self) {
        loop {
            // The monitor says nothing more: readable means closed.
            match self.control.readable().await {
                Ok(()) => match self.control.try_read(&mut [0; 16]) {
                    Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                    Ok(n) if n > 0 => {}
                    _ => return,
                },
                Err(_) => return,
            }
        }
    }
}

/// Sends one frame on a control channel, blocking.
pub fn send<T: Serialize>(control: &mut UnixStream, value: &T) -> Result<(), Fatal> {
    let mut bytes = Vec::new();
    frame::encode(value, &mut bytes).map_err(std::io::Error::other)?;
    Ok(control.write_all(&bytes)?)
}

/// Receives one frame from a control channel, blocking.
pub fn receive<T: DeserializeOwned>(control: &mut UnixStream) -> Result<T, Fatal> {
    let mut bytes = Vec::new();
    let mut octet = [0];
    loop {
        if let Some((value, _)) = frame::decode(&bytes).map_err(std::io::Error::other)? {
            return Ok(value);
        }
        control.read_exact(&mut octet)?;
        bytes.extend_from_slice(&octet);
    }
}

/// Runs a role's asynchronous part on a runtime of its own: one thread, nothing shared.
///
/// The life is a task like any other: waking the runtime's root future would cost a system call each time.
pub fn block_on(life: impl Future<Output = Result<(), Fatal>> + 'static) -> Result<(), Fatal> {
    let runtime = tokio::runtime::LocalRuntime::new()?;
    let life = runtime.spawn_local(life);
    runtime.block_on(life).map_err(std::io::Error::other)?
}
