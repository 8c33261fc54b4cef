//! Socket activation: descriptors that systemd or the monitor hands to this process, with `LISTEN_FDS` and
//! `LISTEN_FDNAMES` (sd_listen_fds(3)).
//!
//! Each is known by its name, not by its number: systemd orders them as it likes.

use listenfd::ListenFd;
use nix::libc::{AF_UNIX, SOCK_SEQPACKET, SOCK_STREAM};
use nix::sys::socket::{getsockopt, sockopt::AcceptConn};
use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

/// The inherited descriptors, each to be taken once, by name.
pub struct Inherited {
    descriptors: ListenFd,
    names: Vec<String>,
}

/// An inherited descriptor is missing, or is not of the right kind.
#[derive(Debug)]
pub struct InheritError {
    name: String,
    cause: io::Error,
}

impl fmt::Display for InheritError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "inherited descriptor \"{}\": {}", self.name, self.cause)
    }
}

impl std::error::Error for InheritError {}

impl Inherited {
    /// Takes the descriptors that the environment names. Call once, before anything opens a descriptor.
    pub fn from_env() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let descriptors = ListenFd::from_env();
        let mut names: Vec<String> = names.split(':').map(str::to_owned).collect();
        names.resize(descriptors.len(), String::new());
        Self { descriptors, names }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All descriptors, by name, if all are listening TCP sockets.
    ///
    /// # Errors
    /// The first that is none.
    pub fn all_tcp_listeners(mut self) -> Result<Vec<(String, TcpListener)>, InheritError> {
        let mut all = Vec::new();
        for (at, name) in self.names.iter().enumerate() {
            let taken = take_tcp_listener(&mut self.descriptors, at);
            let listener = taken.map_err(|cause| InheritError { name: name.clone(), cause })?;
            all.extend(listener.map(|listener| (name.clone(), listener)));
        }
        Ok(all)
    }

    /// All listening TCP sockets of this name; there may be several, for IPv4 and IPv6.
    ///
    /// # Errors
    /// The first descriptor of this name that is none.
    pub fn tcp_listeners(&mut self, name: &str) -> Result<Vec<TcpListener>, InheritError> {
        self.take(name, take_tcp_listener)
    }

    /// The listening Unix socket of this name.
    ///
    /// # Errors
    /// That there is none.
    pub fn unix_listener(&mut self, name: &str) -> Result<UnixListener, InheritError> {
        self.take(name, ListenFd::take_unix_listener)?.pop().ok_or_else(|| InheritError::missing(name))
    }

    /// All connected Unix sockets of this name, in the order of their numbers.
    ///
    /// # Errors
    /// The first descriptor of this name that is none.
    pub fn unix_streams(&mut self, name: &str) -> Result<Vec<UnixStream>, InheritError> {
        self.take(name, |fds, at| fds.take_custom(at, AF_UNIX, SOCK_STREAM, "connected Unix socket"))
    }

    /// The connected Unix socket of this name.
    ///
    /// # Errors
    /// That there is none.
    pub fn unix_stream(&mut self, name: &str) -> Result<UnixStream, InheritError> {
        self.unix_streams(name)?.pop().ok_or_else(|| InheritError::missing(name))
    }

    /// The end of a handoff pair of this name ([`super::fd_passing`]).
    ///
    /// # Errors
    /// That there is none.
    pub fn handoff(&mut self, name: &str) -> Result<OwnedFd, InheritError> {
        let take = |fds: &mut ListenFd, at| fds.take_custom(at, AF_UNIX, SOCK_SEQPACKET, "end of a handoff pair");
        self.take(name, take)?.pop().ok_or_else(|| InheritError::missing(name))
    }

    fn take<T>(
        &mut self,
        name: &str,
        mut take: impl FnMut(&mut ListenFd, usize) -> io::Result<Option<T>>,
    ) -> Result<Vec<T>, InheritError> {
        let mut taken = Vec::new();
        for at in (0..self.names.len()).filter(|&at| self.names[at] == name) {
            let socket =
                take(&mut self.descriptors, at).map_err(|cause| InheritError { name: name.to_owned(), cause })?;
            taken.extend(socket);
        }
        Ok(taken)
    }
}

/// A TCP socket that listens. A connected one comes of `Accept=yes` in the socket unit.
fn take_tcp_listener(descriptors: &mut ListenFd, at: usize) -> io::Result<Option<TcpListener>> {
    let listener = descriptors.take_tcp_listener(at)?;
    if let Some(listener) = &listener
        && !getsockopt(listener, AcceptConn)?
    {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "does not listen (Accept=no is wanted)"));
    }
    Ok(listener)
}

impl InheritError {
    fn missing(name: &str) -> Self {
        Self { name: name.to_owned(), cause: io::Error::new(io::ErrorKind::NotFound, "not handed over") }
    }
}
