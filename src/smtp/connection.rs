//! The client's connection with its two buffers. Both are empty, and take no memory, while the client is silent.

use crate::net::Transport;
use crate::proto::reply;
use crate::runtime::consume;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long, and for how many octets, input is read and thrown away after the last reply, so that what the client still
/// sends does not make the kernel reset the connection before the client has read the reply.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);
const LINGER_OCTETS: usize = 64 * 1024;

/// A connection to a client.
pub(super) struct Connection {
    transport: Transport,
    input: Vec<u8>,
    /// Octets of `input` that are consumed.
    consumed: usize,
    output: Vec<u8>,
    /// Octets of `output` that are written. Kept here, because a flush may be cancelled.
    written: usize,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        let transport = Transport::plain(stream);
        Self { transport, input: Vec::new(), consumed: 0, output: Vec::new(), written: 0 }
    }

    /// The address at which the client has reached us.
    pub(super) fn local_ip(&self) -> Option<IpAddr> {
        self.transport.local_ip()
    }

    /// What has come and is not consumed, and where replies are appended.
    pub(super) fn buffers(&mut self) -> (&[u8], &mut Vec<u8>) {
        (&self.input[self.consumed..], &mut self.output)
    }

    /// Marks the next `octets` of the input as consumed.
    pub(super) fn consume(&mut self, octets: usize) {
        self.consumed += octets;
    }

    /// Whether anything has come, in the kernel's buffer included, or the client has closed the connection.
    pub(super) fn has_input(&self) -> bool {
        self.transport.has_input()
    }

    /// Waits until more comes: how many octets; 0 when the client has closed the connection. Cancel safe.
    pub(super) async fn read(&mut self) -> io::Result<usize> {
        if self.consumed == self.input.len() {
            self.input = Vec::new();
        } else {
            consume(&mut self.input, self.consumed);
        }
        self.consumed = 0;
        if self.output.is_empty() {
            self.output = Vec::new();
        }
        self.transport.read(&mut self.input).await
    }

    /// Whether replies are not written yet.
    pub(super) fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Writes all replies. Cancel safe: the next flush goes on where this one was.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        while self.written < self.output.len() {
            match self.transport.write(&self.output[self.written..]).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                octets => self.written += octets,
            }
        }
        self.output.clear();
        self.written = 0;
        Ok(())
    }

    /// Writes the last replies and closes the connection; without waiting for the client if it expects that (QUIT).
    pub(super) async fn close(&mut self, expected: bool) {
        let close = async {
            self.flush().await?;
            if expected {
                return Ok(());
            }
            self.transport.shutdown().await?;
            let mut octets = 0;
            while octets < LINGER_OCTETS {
                self.input.clear();
                match self.transport.read(&mut self.input).await? {
                    0 => break,
                    n => octets += n,
                }
            }
            Ok::<(), io::Error>(())
        };
        // A client that does not read its last reply in time is not waited for.
        let _ = tokio::time::timeout(LINGER_TIMEOUT, close).await;
    }
}

/// One reply to a client for which there is no permit. Never waits.
pub(super) fn reject(stream: &TcpStream) {
    let mut output = Vec::new();
    reply::TOO_MANY_SESSIONS.write(&mut output);
    Transport::reject(stream, &output);
}
