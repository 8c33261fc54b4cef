//! The administrator's door.

use super::Stream;
use std::io;
use std::os::unix::net::UnixListener as StdListener;
use tokio::net::UnixListener;
use tracing::error;

/// A door that opens to whom the socket's mode lets in, but to no process of the daemon: they have doors of their own.
pub struct AdminListener {
    socket: UnixListener,
    own: Vec<i32>,
}

impl AdminListener {
    /// Takes an inherited socket; `own` are the daemon's pids.
    pub fn new(socket: StdListener, own: Vec<i32>) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket: UnixListener::from_std(socket)?, own })
    }

    /// The next connection. Those of our own processes, who could only have been taken over, are dropped unheard.
    pub async fn accept(&self) -> io::Result<Stream> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            let stream = Stream::new(stream.into_std()?)?;
            match stream.peer()? {
                pid if self.own.contains(&pid) => {
                    error!(pid, "one of our own processes knocks at the administrator's door")
                }
                _ => return Ok(stream),
            }
        }
    }
}
