//! How a connection to another host ends before its time.

use crate::proto::client::ClientError;
use std::fmt;
use std::io;

/// The connection is of no more use.
#[derive(Debug)]
pub struct ConnectionLost {
    /// Why.
    pub cause: ConnectionError,
    /// Whether the final dot had been flushed, and no reply to it came: then the host may have the message.
    pub dot_flushed: bool,
}

/// Why a connection is lost. Tells codes, and none of the host's words, which may name people.
#[derive(Debug)]
pub enum ConnectionError {
    /// An error of the transport; [`io::ErrorKind::TimedOut`] if the host took too long,
    /// [`io::ErrorKind::UnexpectedEof`] if it closed the connection.
    Io(io::Error),
    /// The host does not keep to SMTP, or does not want to talk to us.
    Protocol(ClientError),
}

impl From<io::Error> for ConnectionError {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

impl From<ClientError> for ConnectionError {
    fn from(cause: ClientError) -> Self {
        Self::Protocol(cause)
    }
}

/// Before there is a connection, no dot can be flushed.
impl From<io::Error> for ConnectionLost {
    fn from(cause: io::Error) -> Self {
        Self { cause: cause.into(), dot_flushed: false }
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(cause) => cause.fmt(f),
            Self::Protocol(cause) => cause.fmt(f),
        }
    }
}
