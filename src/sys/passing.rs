//! Handing descriptors from process to process (`SCM_RIGHTS`, unix(7)).
#![allow(unsafe_code)] // a received descriptor is ours because the kernel says so

use super::stream::Stream;
use nix::libc::{
    AF_UNIX, CMSG_DATA, CMSG_FIRSTHDR, CMSG_LEN, CMSG_NXTHDR, CMSG_SPACE, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_DONTWAIT,
    SCM_RIGHTS, SO_DOMAIN, SOL_SOCKET, getsockopt as getsockopt_raw, iovec, msghdr, recvmsg, socklen_t,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, getsockopt, sendmsg, socketpair, sockopt,
};
use std::cell::Cell;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tracing::warn;

/// As many descriptors as the kernel passes at once (unix(7), `SCM_RIGHTS`): where there is room for so many, those that
/// are missing were refused by our own table.
const SCM_MAX_FD: usize = 253;

/// Octets for one control message of as many.
// SAFETY: the macro computes with a number.
const CONTROL: usize = unsafe { CMSG_SPACE((SCM_MAX_FD * size_of::<RawFd>()) as u32) as usize };

/// How long no connection is taken when there was no descriptor for one: others must be closed first.
const FULL_TABLE_PAUSE: Duration = Duration::from_millis(100);

/// Both ends of a slot: connections that are put into the first come out of the second.
///
/// Several processes may hold either end: each connection comes out once, wherever somebody waits.
pub fn slot() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?)
}

/// The end of a slot that connections are put into.
pub struct SlotIn(AsyncFd<OwnedFd>);

/// The end of a slot that connections come out of.
pub struct SlotOut {
    end: AsyncFd<OwnedFd>,
    /// Whether it has been told that connections are lost for want of descriptors.
    warned: Cell<bool>,
}

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
        Ok(Self { end: register(end)?, warned: Cell::new(false) })
    }

    /// The next connection; `None` when nobody can put one in any more. Cancel safe.
    ///
    /// One that comes while this process has as many descriptors as it may have is lost: its sender reads the end of it.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`]: a packet that no honest process sends.
    pub async fn accept(&self) -> io::Result<Option<Stream>> {
        loop {
            match receive(self.end.get_ref()) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.end.readable().await?.clear_ready(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
                Ok(Packet::End) => return Ok(None),
                Ok(Packet::Truncated) => {
                    if !self.warned.replace(true) {
                        warn!("no descriptor is left for a connection that was handed over; raise LimitNOFILE=");
                    }
                    tokio::time::sleep(FULL_TABLE_PAUSE).await;
                }
                Ok(Packet::Connection(stream)) => return Stream::new(stream).map(Some),
            }
        }
    }
}

fn register(end: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // It stays as it is: whoever else holds it may block on it. All calls say MSG_DONTWAIT.
    // SAFETY: an OwnedFd keeps its descriptor open, and the same, for as long as it lives.
    unsafe { AsyncFd::register_with_interest(end, Interest::READABLE | Interest::WRITABLE) }.map_err(io::Error::from)
}

/// What came with one packet.
enum Packet {
    Connection(UnixStream),
    /// Part of what came along was lost: this process has as many descriptors as it may have.
    Truncated,
    /// Everybody who could send has gone.
    End,
}

/// Takes the next packet.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] when there is none; [`io::ErrorKind::InvalidData`] for one that no honest process
/// sends. Whatever came along with it is closed.
fn receive(end: &OwnedFd) -> io::Result<Packet> {
    let (octets, truncated, mut descriptors) = receive_descriptors(end)?;
    match (octets, descriptors.pop()) {
        (0, None) if has_hung_up(end)? => Ok(Packet::End),
        // The kernel passes on as many as it has room for in our table, which may be none.
        _ if truncated => Ok(Packet::Truncated),
        (1.., Some(only)) if descriptors.is_empty() && is_unix_stream(&only) => Ok(Packet::Connection(only.into())),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a handoff that is not one connection")),
    }
}

/// Octets of the next packet, whether descriptors that were sent with it are missing, and those that are not.
///
/// nix's `recvmsg` keeps the descriptors of a truncated message to itself, and nobody closes them.
fn receive_descriptors(end: &OwnedFd) -> io::Result<(usize, bool, Vec<OwnedFd>)> {
    let mut octet = 0_u8;
    let mut part = iovec { iov_base: (&raw mut octet).cast(), iov_len: 1 };
    let mut control = [0_u64; CONTROL.div_ceil(size_of::<u64>())];
    let flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
    let mut descriptors = Vec::new();
    // SAFETY: msghdr is made of integers and pointers, for which zero is a value. The two pointers that are set are to
    // live variables of the lengths beside them, which nothing else uses until the call has returned; `control` is
    // aligned for cmsghdr.
    let (message, octets) = unsafe {
        let mut message: msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = CONTROL;
        let octets = recvmsg(end.as_raw_fd(), &raw mut message, flags);
        (message, octets)
    };
    let octets = usize::try_from(octets).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: the kernel has filled `control` with whole headers up to `msg_controllen`, each followed by as much data
    // as it says. The descriptors were made for us, nobody else knows them, and each is taken here once.
    unsafe {
        let mut header = CMSG_FIRSTHDR(&raw const message);
        while let Some(found) = header.as_ref() {
            if (found.cmsg_level, found.cmsg_type) == (SOL_SOCKET, SCM_RIGHTS) {
                let data = CMSG_DATA(header).cast::<RawFd>();
                let count = (found.cmsg_len - CMSG_LEN(0) as usize) / size_of::<RawFd>();
                descriptors.extend((0..count).map(|at| OwnedFd::from_raw_fd(data.add(at).read_unaligned())));
            }
            header = CMSG_NXTHDR(&raw const message, header);
        }
    }
    Ok((octets, message.msg_flags & MSG_CTRUNC != 0, descriptors))
}

/// Tells the end from a packet without octets, which reads the same.
fn has_hung_up(end: &OwnedFd) -> io::Result<bool> {
    let mut polled = [PollFd::new(end.as_fd(), PollFlags::empty())];
    poll(&mut polled, PollTimeout::ZERO)?;
    Ok(polled[0].revents().is_some_and(|events| events.contains(PollFlags::POLLHUP)))
}

fn is_unix_stream(descriptor: &OwnedFd) -> bool {
    getsockopt(descriptor, sockopt::SockType) == Ok(SockType::Stream) && domain(descriptor) == Some(AF_UNIX)
}

/// The domain of a socket, which nix does not ask for; `None` of what is no socket.
fn domain(descriptor: &OwnedFd) -> Option<i32> {
    let mut domain = 0;
    let mut length = size_of_val(&domain) as socklen_t;
    // SAFETY: both pointers are to live variables, the first of the length that the second names.
    let outcome = unsafe {
        let value = (&raw mut domain).cast();
        getsockopt_raw(descriptor.as_raw_fd(), SOL_SOCKET, SO_DOMAIN, value, &raw mut length)
    };
    (outcome == 0).then_some(domain)
}

#[cfg(test)]
mod tests;
