//! What a process that has been taken over would try: for the test that proves that it cannot.

use nix::sys::ptrace;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, connect, socket};
use nix::unistd::{Pid, Uid, execv, setuid};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::net::SocketAddrV4;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

/// One thing that must not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// Connect over TCP.
    Connect(SocketAddrV4),
    /// Run a program.
    Execute(PathBuf),
    /// Listen on TCP, on any port.
    Listen,
    /// Open a file for reading.
    Open(PathBuf),
    /// Read the memory of another process of the daemon.
    Peek,
    /// Become root.
    Root,
    /// Trace another process of the daemon.
    Trace,
    /// Create a file.
    Write(PathBuf),
}

impl Deed {
    /// Parses `connect=192.0.2.1:25`, `execute=/bin/true`, `listen`, `open=/etc/passwd`, `peek`, `root`, `trace`,
    /// `write=/run/x`.
    ///
    /// # Errors
    /// What is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (verb, object) = text.split_once('=').unwrap_or((text, ""));
        Ok(match verb {
            "connect" => Self::Connect(object.parse().map_err(|_| "needs address:port".to_owned())?),
            "execute" => Self::Execute(object.into()),
            "listen" => Self::Listen,
            "open" => Self::Open(object.into()),
            "peek" => Self::Peek,
            "root" => Self::Root,
            "trace" => Self::Trace,
            "write" => Self::Write(object.into()),
            _ => return Err("is no deed".to_owned()),
        })
    }

    /// Tries it; `sibling` is another process of the daemon. May not return.
    ///
    /// # Errors
    /// The refusal that is hoped for.
    pub fn attempt(&self, sibling: i32) -> io::Result<()> {
        match self {
            Self::Connect(address) => {
                let (ip, port) = (address.ip().octets(), address.port());
                let socket = tcp_socket()?;
                Ok(connect(socket.as_raw_fd(), &SockaddrIn::new(ip[0], ip[1], ip[2], ip[3], port))?)
            }
            Self::Execute(program) => {
                let path = path(program)?;
                execv(&path, &[&path]).map(|never| match never {})?;
                Ok(())
            }
            Self::Listen => Ok(nix::sys::socket::listen(&tcp_socket()?, nix::sys::socket::Backlog::new(1)?)?),
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

fn tcp_socket() -> nix::Result<std::os::fd::OwnedFd> {
    socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)
}

fn path(program: &Path) -> io::Result<std::ffi::CString> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(std::ffi::CString::new(program.as_os_str().as_bytes())?)
}
