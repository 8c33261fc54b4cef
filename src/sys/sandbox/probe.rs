//! What an attacker would try in a process that was taken over. A test lets each role try it (`--probe`), to prove that
//! the sandbox does not let it.
#![allow(unsafe_code)] // socket(2) with a protocol that nix does not know

use nix::libc::{AF_INET, MSG_FASTOPEN, SOCK_CLOEXEC, SOCK_STREAM, socket};
use nix::sys::ptrace;
use nix::sys::socket::{MsgFlags, Shutdown, SockaddrIn, connect, sendto, shutdown};
use nix::unistd::{Pid, Uid, execv, setuid};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// An action that the sandbox must not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProbeAction {
    /// Connect over TCP.
    Connect(SocketAddrV4),
    /// Shut down a listening socket, which would stop every process that shares it.
    Deafen,
    /// Run a program.
    Execute(PathBuf),
    /// Connect in a call of sendto(2) (TCP Fast Open), which Landlock does not see.
    FastOpen(SocketAddrV4),
    /// Ask something through the administrator's door.
    Knock(PathBuf),
    /// Listen on TCP, on any port.
    Listen,
    /// Connect over Multipath TCP, for which Landlock has no rules.
    Multipath(SocketAddrV4),
    /// Open a file for reading.
    Open(PathBuf),
    /// Read the memory of another process of the daemon.
    Peek,
    /// Connect a socket that is connected already to somewhere else.
    Redial,
    /// Become root.
    Root,
    /// Trace another process of the daemon.
    Trace,
    /// Create a file.
    Write(PathBuf),
}

impl ProbeAction {
    /// Parses the name of an action, followed by `=` and its object if it has one: `connect=192.0.2.1:25`, `peek`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (verb, object) = text.split_once('=').unwrap_or((text, ""));
        let address = || object.parse().map_err(|_| "needs address:port".to_owned());
        Ok(match verb {
            "connect" => Self::Connect(address()?),
            "deafen" => Self::Deafen,
            "execute" => Self::Execute(object.into()),
            "fastopen" => Self::FastOpen(address()?),
            "knock" => Self::Knock(object.into()),
            "listen" => Self::Listen,
            "multipath" => Self::Multipath(address()?),
            "open" => Self::Open(object.into()),
            "peek" => Self::Peek,
            "redial" => Self::Redial,
            "root" => Self::Root,
            "trace" => Self::Trace,
            "write" => Self::Write(object.into()),
            _ => return Err("is no action".to_owned()),
        })
    }

    /// Tries it. `sibling` is the pid of another process of the daemon. Does not return if the kernel kills the
    /// process.
    ///
    /// # Errors
    /// How the sandbox refused it.
    pub fn attempt(&self, sibling: i32) -> io::Result<()> {
        match self {
            Self::Connect(address) => Ok(connect(tcp_socket(0)?.as_raw_fd(), &SockaddrIn::from(*address))?),
            // The system call counts: seccomp decides before the kernel looks whether this is a socket.
            Self::Deafen => Ok(shutdown(STDIN, Shutdown::Read)?),
            Self::FastOpen(address) => {
                let socket = tcp_socket(0)?;
                let flags = MsgFlags::from_bits_retain(MSG_FASTOPEN);
                Ok(sendto(socket.as_raw_fd(), b"x", &SockaddrIn::from(*address), flags).map(drop)?)
            }
            Self::Knock(door) => {
                let mut stream = UnixStream::connect(door)?;
                stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n")?;
                stream.read_exact(&mut [0; 8])
            }
            Self::Multipath(address) => {
                Ok(connect(tcp_socket(IPPROTO_MPTCP)?.as_raw_fd(), &SockaddrIn::from(*address))?)
            }
            Self::Redial => Ok(connect(STDIN, &SockaddrIn::new(127, 0, 0, 1, 25))?),
            Self::Execute(program) => {
                let path = path(program)?;
                execv(&path, &[&path]).map(|never| match never {})?;
                Ok(())
            }
            Self::Listen => Ok(nix::sys::socket::listen(&tcp_socket(0)?, nix::sys::socket::Backlog::new(1)?)?),
            Self::Open(file) => File::open(file).map(drop),
            Self::Peek => {
                let mut memory = File::open(format!("/proc/{sibling}/mem"))?;
                memory.seek(SeekFrom::Start(4096))?;
                memory.read(&mut [0]).map(drop)
            }
            Self::Root => Ok(setuid(Uid::from_raw(0))?),
            Self::Trace => Ok(ptrace::attach(Pid::from_raw(sibling))?),
            Self::Write(file) => File::create(file).map(drop),
        }
    }
}

/// A descriptor that every process has.
const STDIN: i32 = 0;

/// The number of Multipath TCP (RFC 8684) in Linux.
const IPPROTO_MPTCP: i32 = 262;

fn tcp_socket(protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: the call has no pointers. What it returns, if it is no error, is a new descriptor.
    unsafe {
        match socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol) {
            ..0 => Err(io::Error::last_os_error()),
            descriptor => Ok(OwnedFd::from_raw_fd(descriptor)),
        }
    }
}

fn path(program: &Path) -> io::Result<std::ffi::CString> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(std::ffi::CString::new(program.as_os_str().as_bytes())?)
}
