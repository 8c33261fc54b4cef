//! The client's connection: what it has said and was not heard yet, what it is to be told.

use crate::net::Transport;
use crate::proto::reply::{self, Reply};
use nix::sys::socket::{MsgFlags, recv};
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long, and for how many octets, a client is listened to after the last word, so that its own
/// pending words do not make the kernel reset the connection before it has read ours.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_OCTETS: usize = 64 * 1024;

/// A connection with its two buffers. Both are empty, and take no memory, while the client is silent.
pub(super) struct Connection {
    transport: Transport,
    input: Vec<u8>,
    heard: usize,
    output: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { transport: Transport::plain(stream), input: Vec::new(), heard: 0, output: Vec::new() }
    }

    /// What was said and not heard yet.
    pub(super) fn pending(&self) -> &[u8] {
        &self.input[self.heard..]
    }

    /// Marks the next `octets` as heard.
    pub(super) fn consume(&mut self, octets: usize) {
        self.heard += octets;
    }

    /// Whether it has said anything, in the kernel's buffer included; or hung up.
    pub(super) fn has_spoken(&self) -> bool {
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        self.transport.as_plain().is_some_and(|stream| recv(stream.as_raw_fd(), &mut [0], flags).is_ok())
    }

    /// Waits until it says more: how many octets; 0 when it has hung up.
    pub(super) async fn listen(&mut self) -> io::Result<usize> {
        if self.heard == self.input.len() {
            self.input = Vec::new();
        } else {
            self.input.drain(..self.heard);
        }
        self.heard = 0;
        if self.output.is_empty() {
            self.output = Vec::new();
        }
        self.transport.read(&mut self.input).await
    }

    /// Adds a reply to what it is to be told.
    pub(super) fn say(&mut self, reply: &Reply) {
        reply.write(&mut self.output);
    }

    /// Adds lines of a reply as they are.
    pub(super) fn say_lines(&mut self, lines: &str) {
        self.output.extend_from_slice(lines.as_bytes());
    }

    /// Tells it.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.transport.write_all(&self.output).await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Tells it the last, and hangs up; at once if it is `agreed` that nothing more comes.
    pub(super) async fn farewell(&mut self, agreed: bool) {
        let farewell = async {
            self.flush().await?;
            if agreed {
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
        // A client that does not want to hear it is left alone.
        let _ = tokio::time::timeout(LINGER, farewell).await;
    }
}

/// One word to a client for which there is no place, at no cost.
pub(super) fn reject(stream: &TcpStream) {
    let mut word = Vec::new();
    reply::TOO_MANY_SESSIONS.write(&mut word);
    // A new connection has room for one line. If not, the client sees a closed connection.
    let _ = nix::sys::socket::send(stream.as_raw_fd(), &word, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL);
    let _ = nix::sys::socket::shutdown(stream.as_raw_fd(), nix::sys::socket::Shutdown::Write);
}
