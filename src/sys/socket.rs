//! What tokio does not do with a socket, because it waits until the socket is ready: to look and to send at once.

use nix::sys::socket::{MsgFlags, Shutdown, recv, send, shutdown};
use std::os::fd::{AsFd, AsRawFd as _};

/// Whether a read would not wait: octets have come, or the peer has closed the connection. Nothing is read
/// (`MSG_PEEK`).
pub fn peek_readable(socket: &impl AsFd) -> bool {
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    recv(socket.as_fd().as_raw_fd(), &mut [0], flags).is_ok()
}

/// Sends octets, as many as there is room for without waiting, and then ends the direction to the peer. A new
/// connection has room for a few lines. If it fails, the peer sees a closed connection.
pub fn send_and_close(socket: &impl AsFd, octets: &[u8]) {
    let socket = socket.as_fd().as_raw_fd();
    let _ = send(socket, octets, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL);
    let _ = shutdown(socket, Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    /// Both ends of a TCP connection.
    fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    fn until_readable(socket: &TcpStream) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !peek_readable(socket) {
            assert!(std::time::Instant::now() < end, "not readable");
            std::thread::yield_now();
        }
    }

    #[test]
    fn octets_and_the_end_are_seen_and_not_read() {
        let (mut client, mut server) = connection();
        assert!(!peek_readable(&server), "nothing has come");
        client.write_all(b"x").unwrap();
        until_readable(&server);
        assert!(peek_readable(&server), "it was not read");
        assert_eq!(server.read(&mut [0; 8]).unwrap(), 1);
        assert!(!peek_readable(&server));
        drop(client);
        until_readable(&server);
        assert_eq!(server.read(&mut [0; 8]).unwrap(), 0);
    }

    #[test]
    fn the_peer_reads_what_was_sent_and_then_the_end() {
        let (mut client, server) = connection();
        send_and_close(&server, b"421 busy\r\n");
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "421 busy\r\n");
    }

    #[test]
    fn a_peer_that_reads_nothing_is_not_waited_for() {
        let (client, server) = connection();
        // More than there is room for.
        send_and_close(&server, &vec![b'x'; 64 << 20]);
        drop(client);
        // And one that has gone.
        send_and_close(&server, b"x");
    }
}
