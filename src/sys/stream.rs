//! A connected Unix socket for a door (IPC between the processes).
#![allow(unsafe_code)] // AsyncFd takes a promise about the descriptor

use super::read_buffer::{READ_BUFFER_OCTETS, read_with};
use nix::libc::{EMFILE, ENFILE};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream as StdStream;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// How long to wait for room if there is no descriptor left to be woken by.
const WRITE_RETRY_AFTER: Duration = Duration::from_millis(10);

/// A Unix stream that is registered with the runtime for reading only, and for writing while there is no room.
///
/// Whoever is registered for writing is woken each time the peer has read something. On a connection of short requests
/// and answers that would be one wake-up for each, with nothing to do.
pub struct Stream(AsyncFd<StdStream>);

impl Stream {
    /// Takes a connected stream. Needs a runtime.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn new(stream: StdStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self(register(stream, Interest::READABLE)?))
    }

    /// The pid of the process that connected, as the kernel knows it (`SO_PEERCRED`); 0 if it is in another pid
    /// namespace.
    ///
    /// # Errors
    /// Of getsockopt(2).
    pub fn peer(&self) -> io::Result<i32> {
        Ok(getsockopt(self.0.get_ref(), PeerCredentials)?.pid())
    }

    /// Appends to `input` what comes from the peer: how many octets, 0 if it has closed the stream. Cancel safe.
    ///
    /// # Errors
    /// Of read(2).
    pub async fn read(&self, input: &mut Vec<u8>) -> io::Result<usize> {
        loop {
            let mut ready = self.0.readable().await?;
            match read_with(input, |buffer| self.0.get_ref().read(buffer)) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
                Ok(octets) => {
                    if octets < READ_BUFFER_OCTETS {
                        // It was not filled, so that there is no more: this saves a read that would say so.
                        ready.clear_ready();
                    }
                    return Ok(octets);
                }
            }
        }
    }

    /// Writes what there is room for, at once.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when there is no room; see [`Self::writable`].
    pub fn try_write(&self, octets: &[u8]) -> io::Result<usize> {
        self.0.get_ref().write(octets)
    }

    /// Completes when there may be room. Cancel safe.
    ///
    /// # Errors
    /// Of the operating system.
    pub async fn writable(&self) -> io::Result<()> {
        match self.0.get_ref().try_clone() {
            Ok(second) => register(second, Interest::WRITABLE)?.writable().await.map(drop),
            // The descriptor table is full. The connection is still good: the caller tries to write again.
            Err(e) if matches!(e.raw_os_error(), Some(EMFILE | ENFILE)) => {
                tokio::time::sleep(WRITE_RETRY_AFTER).await;
                Ok(())
            }
            Err(cause) => Err(cause),
        }
    }

    /// Writes all of it. Not cancel safe.
    ///
    /// # Errors
    /// Of write(2).
    pub async fn write_all(&self, mut octets: &[u8]) -> io::Result<()> {
        while !octets.is_empty() {
            match self.try_write(octets) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => octets = &octets[written..],
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.writable().await?,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

fn register(stream: StdStream, interest: Interest) -> io::Result<AsyncFd<StdStream>> {
    // SAFETY: a UnixStream owns its descriptor and keeps it open, and the same, for as long as it lives.
    unsafe { AsyncFd::register_with_interest(stream, interest) }.map_err(io::Error::from)
}
