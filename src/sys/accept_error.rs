//! Why accept(2) failed, and so whether to go on, to wait, or to give up.

use nix::errno::Errno;
use std::io;

/// What an error of accept(2) is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptError {
    /// The connection that was to be accepted: it is gone, and the next one is waited for.
    Connection,
    /// A shortage of descriptors or memory, of this process or of the host: the connection waits, and others must end
    /// first.
    Shortage,
    /// The listening socket itself.
    Listener,
}

impl AcceptError {
    /// Of an error that accept(2) has returned.
    pub fn of(cause: &io::Error) -> Self {
        match cause.raw_os_error().map(Errno::from_raw) {
            // Linux passes pending errors of the new connection on (accept(2), "Error handling"); EPERM is a
            // firewall's.
            Some(
                Errno::ECONNABORTED
                | Errno::EHOSTDOWN
                | Errno::EHOSTUNREACH
                | Errno::EINTR
                | Errno::ENETDOWN
                | Errno::ENETUNREACH
                | Errno::ENONET
                | Errno::ENOPROTOOPT
                | Errno::EOPNOTSUPP
                | Errno::EPERM
                | Errno::EPROTO
                | Errno::ETIMEDOUT,
            ) => Self::Connection,
            // ENOSPC: no more descriptors can be watched (epoll_ctl(2)).
            Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM | Errno::ENOSPC) => Self::Shortage,
            _ => Self::Listener,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_shortage_is_a_shortage() {
        for (errno, expected) in [
            (Errno::ECONNABORTED, AcceptError::Connection),
            (Errno::EINTR, AcceptError::Connection),
            (Errno::ENETDOWN, AcceptError::Connection),
            (Errno::EPERM, AcceptError::Connection),
            (Errno::EPROTO, AcceptError::Connection),
            (Errno::EMFILE, AcceptError::Shortage),
            (Errno::ENFILE, AcceptError::Shortage),
            (Errno::ENOBUFS, AcceptError::Shortage),
            (Errno::ENOMEM, AcceptError::Shortage),
            (Errno::ENOSPC, AcceptError::Shortage),
            (Errno::EBADF, AcceptError::Listener),
            (Errno::EINVAL, AcceptError::Listener),
            (Errno::ENOTSOCK, AcceptError::Listener),
        ] {
            assert_eq!(AcceptError::of(&errno.into()), expected, "{errno}");
        }
        assert_eq!(AcceptError::of(&io::Error::other("no error of the kernel")), AcceptError::Listener);
    }
}
