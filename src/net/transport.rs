//! One connection: plain TCP today, TLS next.

use crate::sys::read_buffer::{read, read_with};
use crate::sys::socket::{peek_readable, send_and_close};
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// A connected stream of octets, whatever protects it. All octets that go in and come out are those of the protocol
/// above it.
pub enum Transport {
    /// TCP, readable for everybody on the way.
    Plain(TcpStream),
}

impl Transport {
    /// A connection that was accepted.
    pub fn plain(stream: TcpStream) -> Self {
        // Without it, small writes wait for acknowledgements; where it cannot be set, they do.
        let _ = stream.set_nodelay(true);
        Self::Plain(stream)
    }

    /// This host's address on the connection, if the system tells.
    pub fn local_ip(&self) -> Option<IpAddr> {
        match self {
            Self::Plain(stream) => stream.local_addr().ok().map(|address| address.ip()),
        }
    }

    /// Connects to `address`.
    ///
    /// # Errors
    /// Of connect(2).
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        TcpStream::connect(address).await.map(Self::plain)
    }

    /// Appends to `input` what the peer sends: how many octets, 0 at its end. Cancel safe.
    ///
    /// # Errors
    /// Of the connection.
    pub async fn read(&mut self, input: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => read(stream, input).await,
        }
    }

    /// Writes what there is room for, and waits until there is some: how many octets. Cancel safe.
    ///
    /// # Errors
    /// Of the connection.
    pub async fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(octets).await,
        }
    }

    /// Appends to `input` what has come already, without waiting: how many octets, 0 at its end.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when nothing has come.
    pub fn try_read(&mut self, input: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => read_with(input, |buffer| stream.try_read(buffer)),
        }
    }

    /// Writes what there is room for, without waiting: how many octets.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when there is no room.
    pub fn try_write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.try_write(octets),
        }
    }

    /// Ends our direction; the peer may go on.
    ///
    /// # Errors
    /// Of the connection.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
        }
    }

    /// Whether the peer has sent anything, or has closed the connection: a look at the socket, below any protection of
    /// the octets. Nothing is read.
    pub fn has_input(&self) -> bool {
        match self {
            Self::Plain(stream) => peek_readable(stream),
        }
    }

    /// Sends octets on a connection that was just accepted, and closes it for writing. Never waits.
    pub fn reject(stream: &TcpStream, octets: &[u8]) {
        send_and_close(stream, octets);
    }
}
