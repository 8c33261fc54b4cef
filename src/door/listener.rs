//! The owner's side of a door.

use super::Stream;
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use tokio::net::UnixListener;
use tracing::error;

/// A door that opens to certain processes only, or to whom the socket's mode lets in.
pub struct Listener {
    socket: UnixListener,
    callers: Option<Vec<i32>>,
}

impl Listener {
    /// Takes an inherited socket; `callers` are the pids let in, `None` leaves that to the file system.
    pub fn new(socket: StdListener, callers: Option<Vec<i32>>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket: UnixListener::from_std(socket)?, callers })
    }

    /// The next connection from a process that may use this door, and its pid; 0 for one of another pid name
    /// space. Others are dropped unheard.
    pub async fn accept(&self) -> io::Result<(Stream, i32)> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            let pid = stream.peer_cred()?.pid().unwrap_or_default();
            if self.callers.as_ref().is_none_or(|callers| callers.contains(&pid)) {
                return Ok((Stream::new(stream)?, pid));
            }
            error!(pid, "a process knocked at a door that is not made for it");
        }
    }
}
