//! The owner's side of a door.

use super::Stream;
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use tokio::net::UnixListener;
use tracing::error;

/// A door that opens to certain processes only.
pub struct Listener {
    socket: UnixListener,
    callers: Vec<i32>,
}

impl Listener {
    /// Takes an inherited socket; `callers` are the pids let in.
    pub fn new(socket: StdListener, callers: Vec<i32>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket: UnixListener::from_std(socket)?, callers })
    }

    /// The next connection from a process that may use this door. Others are dropped unheard.
    pub async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            match stream.peer_cred()?.pid() {
                Some(pid) if self.callers.contains(&pid) => return Stream::new(stream),
                pid => error!(?pid, "a process knocked at a door that is not made for it"),
            }
        }
    }
}
