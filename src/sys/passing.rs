//! Handing descriptors from process to process (`SCM_RIGHTS`, unix(7)).
#![allow(unsafe_code)] // a received descriptor is ours because the kernel says so

use super::stream::Stream;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, sendmsg, socketpair,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Both ends of a slot: connections that are put into the first come out of the second.
///
/// Several processes may hold either end: each connection comes out once, wherever somebody waits.
pub fn slot() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?)
}

/// The end of a slot that connections are put into.
pub struct SlotIn(AsyncFd<OwnedFd>);

/// The end of a slot that connections come out of.
pub struct SlotOut(AsyncFd<OwnedFd>);

impl SlotIn {
    /// Takes an inherited end. Needs a runtime.
    pub fn new(end: OwnedFd) -> io::Result<Self> {
        Ok(Self(register(end)?))
    }

    /// Makes a connection to whoever waits at the other end.
    pub async fn connect(&self) -> io::Result<Stream> {
        let (ours, theirs) = UnixStream::pair()?;
        loop {
            let sent = {
                let descriptors = [theirs.as_raw_fd()];
                let rights = [ControlMessage::ScmRights(&descriptors)];
                let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
                sendmsg::<()>(self.0.get_ref().as_raw_fd(), &[IoSlice::new(b"!")], &rights, flags, None)
            };
            match sent {
                Ok(_) => return Stream::new(ours),
                Err(nix::Error::EAGAIN) => self.0.writable().await?.clear_ready(),
                Err(nix::Error::EINTR) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
    }
}

impl SlotOut {
    /// Takes an inherited end. Needs a runtime.
    pub fn new(end: OwnedFd) -> io::Result<Self> {
        Ok(Self(register(end)?))
    }

    /// The next connection; `None` when nobody can put one in any more. Cancel safe.
    pub async fn accept(&self) -> io::Result<Option<Stream>> {
        loop {
            match receive(self.0.get_ref()) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.0.readable().await?.clear_ready(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
                Ok(None) => return Ok(None),
                // A packet without a connection is a waste of both sides' time, and no more.
                Ok(Some(None)) => {}
                Ok(Some(Some(stream))) => return Stream::new(stream).map(Some),
            }
        }
    }
}

fn register(end: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // It stays as it is: whoever else holds it may block on it. All calls say MSG_DONTWAIT.
    // SAFETY: an OwnedFd keeps its descriptor open, and the same, for as long as it lives.
    unsafe { AsyncFd::register_with_interest(end, Interest::READABLE | Interest::WRITABLE) }.map_err(io::Error::from)
}

/// One packet: `None` at the end, and within it the connection that came along.
fn receive(end: &OwnedFd) -> io::Result<Option<Option<UnixStream>>> {
    let mut octet = [0];
    let mut parts = [IoSliceMut::new(&mut octet)];
    let mut space = nix::cmsg_space!([i32; 1]);
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(end.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
    let mut connection = None;
    for rights in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(descriptors) = rights {
            // SAFETY: the kernel has just made these descriptors for us, and nobody else knows them.
            connection = descriptors.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }).next_back();
        }
    }
    Ok((message.bytes > 0).then_some(connection.map(UnixStream::from)))
}
