//! The administrator's door: the only listening socket among the doors.

use super::Stream;
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use tokio::net::UnixListener;
use tracing::error;

/// Accepts whoever the mode of the socket lets connect, but no process of the daemon: they have doors of their own.
pub struct AdminListener {
    socket: UnixListener,
    /// The pids of the daemon's processes.
    own_pids: Vec<i32>,
}

impl AdminListener {
    /// Takes an inherited socket; `own_pids` are those of the daemon's processes. Needs a runtime.
    ///
    /// # Errors
    /// Of the socket.
    pub fn new(socket: StdListener, own_pids: Vec<i32>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket: UnixListener::from_std(socket)?, own_pids })
    }

    /// The next connection. One of our own processes would only connect if it was taken over: its connection is
    /// closed and not read from. Cancel safe.
    ///
    /// # Errors
    /// Of accept(2), and of the new connection.
    pub async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            let stream = Stream::new(stream.into_std()?)?;
            match stream.peer()? {
                pid if self.own_pids.contains(&pid) => {
                    error!(pid, "one of the daemon's processes connected to admin.sock; closed")
                }
                _ => return Ok(stream),
            }
        }
    }
}
