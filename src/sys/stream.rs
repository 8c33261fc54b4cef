//! One connection through a door.
#![allow(unsafe_code)] // to register a descriptor is a promise about it

use super::reading::{READ_SIZE, read_with};
use nix::libc::{EMFILE, ENFILE};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream as StdStream;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// How long to wait for room where waiting for it takes a descriptor that is not to be had.
const FULL_TABLE_PAUSE: Duration = Duration::from_millis(10);

/// A Unix stream that waits for its peer's words, and for room only when there is none.
///
/// The kernel tells whoever listens for room each time the peer has read something. On a connection
/// of short questions and answers that is a wake-up for each, for nothing.
pub struct Stream(AsyncFd<StdStream>);

impl Stream {
    /// Takes a connected stream. Needs a runtime.
    pub fn new(stream: StdStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self(register(stream, Interest::READABLE)?))
    }

    /// The process at the other end when it was connected, as the kernel knows it; 0 in another pid name space.
    pub fn peer(&self) -> io::Result<i32> {
        Ok(getsockopt(self.0.get_ref(), PeerCredentials)?.pid())
    }

    /// Appends to `input` what the peer says; how many octets, 0 when it has gone. Cancel safe.
    pub async fn read(&self, input: &mut Vec<u8>) -> io::Result<usize> {
        loop {
            let mut ready = self.0.readable().await?;
            match read_with(input, |buffer| self.0.get_ref().read(buffer)) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
                Ok(octets) => {
                    if octets < READ_SIZE {
                        // There is no more: the next read would only be told so.
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
    pub async fn writable(&self) -> io::Result<()> {
        match self.0.get_ref().try_clone() {
            Ok(second) => register(second, Interest::WRITABLE)?.writable().await.map(drop),
            // As many descriptors are open as may be: the connection is well, and the caller tries again.
            Err(e) if matches!(e.raw_os_error(), Some(EMFILE | ENFILE)) => {
                tokio::time::sleep(FULL_TABLE_PAUSE).await;
                Ok(())
            }
            Err(cause) => Err(cause),
        }
    }

    /// Writes all of it.
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
