//! Handing connections from process to process: descriptors in control messages (`SCM_RIGHTS`, unix(7)).
//!
//! 1. A handoff pair is made before there are processes. One role gets the sending end, another the receiving end.
//! 2. To connect, a process makes a pair of streams, keeps one and sends the other, as one packet of one octet.
//! 3. Whichever process of the other role receives the packet owns that stream.
//! 4. A packet that is not exactly one stream is hostile: its sender was taken over. All that came with it is closed.
#![allow(unsafe_code)] // descriptors are received as numbers

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

/// The most descriptors that the kernel passes at once (unix(7), `SCM_RIGHTS`). With room for so many, a control
/// message is truncated only if the descriptor table of this process is full.
const SCM_MAX_FD: usize = 253;

/// The length of a control message with that many descriptors.
// SAFETY: it is arithmetic.
const CONTROL_OCTETS: usize = unsafe { CMSG_SPACE((SCM_MAX_FD * size_of::<RawFd>()) as u32) as usize };

/// How long to wait after a connection was lost because the descriptor table is full: others must be closed first.
const RECEIVE_RETRY_AFTER: Duration = Duration::from_millis(100);

/// The sending and the receiving end of a new pair.
///
/// Several processes may hold either end: each connection is received once, by one that waits for it.
///
/// # Errors
/// Of socketpair(2).
pub fn handoff_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?)
}

/// The end of a handoff pair that connections are sent into.
pub struct HandoffSender(AsyncFd<OwnedFd>);

/// The end of a handoff pair that connections are received from.
pub struct HandoffReceiver {
    end: AsyncFd<OwnedFd>,
    /// Whether the log says that connections were lost.
    warned: Cell<bool>,
}

impl HandoffSender {
    /// Takes an inherited end. Needs a runtime.
    ///
    /// # Errors
    /// Of the runtime.
    pub fn new(end: OwnedFd) -> io::Result<Self> {
        Ok(Self(register(end)?))
    }

    /// Makes a connection to whichever process receives it. Waits while as many are on their way as the kernel keeps.
    ///
    /// # Errors
    /// Of the operating system.
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

impl HandoffReceiver {
    /// Takes an inherited end. Needs a runtime.
    ///
    /// # Errors
    /// Of the runtime.
    pub fn new(end: OwnedFd) -> io::Result<Self> {
        Ok(Self { end: register(end)?, warned: Cell::new(false) })
    }

    /// The next connection; `None` if every process has closed its sending end. Cancel safe.
    ///
    /// If the descriptor table is full, the connection is lost: its sender reads the end of the stream.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for a hostile packet; others of the operating system.
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
                    tokio::time::sleep(RECEIVE_RETRY_AFTER).await;
                }
                Ok(Packet::Connection(stream)) => return Stream::new(stream).map(Some),
            }
        }
    }
}

fn register(end: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // All calls say MSG_DONTWAIT. O_NONBLOCK would be set for the other processes as well that hold this end.
    // SAFETY: an OwnedFd keeps its descriptor open, and the same, for as long as it lives.
    unsafe { AsyncFd::register_with_interest(end, Interest::READABLE | Interest::WRITABLE) }.map_err(io::Error::from)
}

/// A packet that was received.
enum Packet {
    Connection(UnixStream),
    /// At least one descriptor was lost, because the descriptor table is full.
    Truncated,
    /// None, and none will come: every sending end is closed.
    End,
}

/// Receives the next packet. What came with it and is not returned is closed.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] if there is none; [`io::ErrorKind::InvalidData`] for a hostile one.
fn receive(end: &OwnedFd) -> io::Result<Packet> {
    let (octets, truncated, mut descriptors) = receive_descriptors(end)?;
    match (octets, descriptors.pop()) {
        (0, None) if has_hung_up(end)? => Ok(Packet::End),
        // Of several, the kernel passes on as many as the table has room for.
        _ if truncated => Ok(Packet::Truncated),
        (1.., Some(only)) if descriptors.is_empty() && is_unix_stream(&only) => Ok(Packet::Connection(only.into())),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a handoff that is not one connection")),
    }
}

/// Receives the octets of the next packet: how many, whether descriptors that came with it are lost, and the others.
///
/// Not by nix's `recvmsg`: of a truncated message it does not give the descriptors that have arrived, which would stay
/// open.
fn receive_descriptors(end: &OwnedFd) -> io::Result<(usize, bool, Vec<OwnedFd>)> {
    let mut octet = 0_u8;
    let mut part = iovec { iov_base: (&raw mut octet).cast(), iov_len: 1 };
    let mut control = [0_u64; CONTROL_OCTETS.div_ceil(size_of::<u64>())];
    let flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
    let mut descriptors = Vec::new();
    // SAFETY: msghdr is made of integers and pointers, for which zero is a value. The two pointers that are set are to
    // live variables of the lengths beside them, which nothing else uses until the call has returned. `control` has the
    // alignment of cmsghdr.
    let (message, octets) = unsafe {
        let mut message: msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = CONTROL_OCTETS;
        let octets = recvmsg(end.as_raw_fd(), &raw mut message, flags);
        (message, octets)
    };
    let octets = usize::try_from(octets).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: the kernel has filled `control` with whole headers up to `msg_controllen`, each followed by as much data
    // as it says. It has made the descriptors for this process, and each is owned here once.
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

/// Whether every sending end is closed: a packet without octets is received in the same way.
fn has_hung_up(end: &OwnedFd) -> io::Result<bool> {
    let mut polled = [PollFd::new(end.as_fd(), PollFlags::empty())];
    poll(&mut polled, PollTimeout::ZERO)?;
    Ok(polled[0].revents().is_some_and(|events| events.contains(PollFlags::POLLHUP)))
}

fn is_unix_stream(descriptor: &OwnedFd) -> bool {
    getsockopt(descriptor, sockopt::SockType) == Ok(SockType::Stream) && domain(descriptor) == Some(AF_UNIX)
}

/// The domain of a socket (`SO_DOMAIN`, which nix does not have); `None` if it is not a socket.
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
