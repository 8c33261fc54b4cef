//! Descriptors handed over by systemd or by the monitor: `LISTEN_FDS` and `LISTEN_FDNAMES`
//! (sd_listen_fds(3)).
//!
//! Which socket is what goes by its name, never by its place.

use listenfd::ListenFd;
use nix::libc::{AF_UNIX, SOCK_SEQPACKET, SOCK_STREAM};
use nix::sys::socket::{getsockopt, sockopt::AcceptConn};
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

/// The descriptors that were handed over, each to be taken once, by name.
pub struct Inherited {
    descriptors: ListenFd,
    names: Vec<String>,
}

/// A descriptor is missing, or is not what it must be.
#[derive(Debug)]
pub struct Unusable {
    name: String,
    cause: io::Error,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "inherited descriptor \"{}\": {}", self.name, self.cause)
    }
}

impl std::error::Error for Unusable {}

impl Inherited {
    /// Takes what the environment announces. Call once, before anything opens a descriptor.
    pub fn from_env() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let descriptors = ListenFd::from_env();
        let mut names: Vec<String> = names.split(':').map(str::to_owned).collect();
        names.resize(descriptors.len(), String::new());
        Self { descriptors, names }
    }

    /// Whether nothing was handed over.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Everything that was handed over, by name; nothing but listening TCP sockets is taken.
    pub fn all_tcp_listeners(mut self) -> Result<Vec<(String, TcpListener)>, Unusable> {
        let mut all = Vec::new();
        for (at, name) in self.names.iter().enumerate() {
            let taken = take_tcp_listener(&mut self.descriptors, at);
            let listener = taken.map_err(|cause| Unusable { name: name.clone(), cause })?;
            all.extend(listener.map(|listener| (name.clone(), listener)));
        }
        Ok(all)
    }

    /// All listening TCP sockets of this name; there may be several, for IPv4 and IPv6.
    pub fn tcp_listeners(&mut self, name: &str) -> Result<Vec<TcpListener>, Unusable> {
        self.take(name, take_tcp_listener)
    }

    /// The listening Unix socket of this name.
    pub fn unix_listener(&mut self, name: &str) -> Result<UnixListener, Unusable> {
        self.take(name, ListenFd::take_unix_listener)?.pop().ok_or_else(|| Unusable::missing(name))
    }

    /// All connected Unix sockets of this name, in their order.
    pub fn unix_streams(&mut self, name: &str) -> Result<Vec<UnixStream>, Unusable> {
        self.take(name, |fds, at| fds.take_custom(at, AF_UNIX, SOCK_STREAM, "connected Unix socket"))
    }

    /// The connected Unix socket of this name.
    pub fn unix_stream(&mut self, name: &str) -> Result<UnixStream, Unusable> {
        self.unix_streams(name)?.pop().ok_or_else(|| Unusable::missing(name))
    }

    /// The end of a slot of this name.
    pub fn slot(&mut self, name: &str) -> Result<OwnedFd, Unusable> {
        let take = |fds: &mut ListenFd, at| fds.take_custom(at, AF_UNIX, SOCK_SEQPACKET, "end of a slot");
        self.take(name, take)?.pop().ok_or_else(|| Unusable::missing(name))
    }

    fn take<T>(
        &mut self,
        name: &str,
        mut take: impl FnMut(&mut ListenFd, usize) -> io::Result<Option<T>>,
    ) -> Result<Vec<T>, Unusable> {
        let mut taken = Vec::new();
        for at in (0..self.names.len()).filter(|&at| self.names[at] == name) {
            let socket = take(&mut self.descriptors, at).map_err(|cause| Unusable { name: name.to_owned(), cause })?;
            taken.extend(socket);
        }
        Ok(taken)
    }
}

/// A TCP socket that listens: one that is connected, or does not listen yet, is somebody's mistake.
fn take_tcp_listener(descriptors: &mut ListenFd, at: usize) -> io::Result<Option<TcpListener>> {
    let listener = descriptors.take_tcp_listener(at)?;
    if let Some(listener) = &listener
        && !getsockopt(listener, AcceptConn)?
    {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "does not listen (Accept=no is wanted)"));
    }
    Ok(listener)
}

impl Unusable {
    fn missing(name: &str) -> Self {
        Self { name: name.to_owned(), cause: io::Error::new(io::ErrorKind::NotFound, "not handed over") }
    }
}
