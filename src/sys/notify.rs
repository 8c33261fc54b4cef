//! Notifications to systemd (sd_notify(3)), and its watchdog (sd_watchdog_enabled(3)).
//!
//! Not by the sd-notify crate: it connects to the path in `NOTIFY_SOCKET` at each notification. After the chroot that
//! path is gone, and in the sandbox seccomp allows neither a new socket nor connect(2). So the socket is connected
//! once, before.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;
use tracing::warn;

/// A connection to the service manager; without effect if `NOTIFY_SOCKET` is not set.
pub struct Notifier(Option<UnixDatagram>);

impl Notifier {
    /// Connects to the socket that `NOTIFY_SOCKET` names. Call before the sandbox.
    pub fn from_env() -> Self {
        let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Self(None) };
        match connect(&name) {
            Ok(socket) => Self(Some(socket)),
            Err(cause) => {
                warn!(%cause, "the socket that NOTIFY_SOCKET names cannot be connected to");
                Self(None)
            }
        }
    }

    /// Sends assignments as sd_notify(3) lists them, separated by line feeds.
    pub fn notify(&self, assignments: &str) {
        if let Some(socket) = &self.0 {
            // If the service manager is gone or does not read, the daemon serves mail all the same.
            let _ = socket.send(assignments.as_bytes());
        }
    }
}

fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address(name)?)?;
    // A service manager that does not read must not block the monitor.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A path, or after `@` a name in the abstract namespace (unix(7)).
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(name),
    }
}

/// Within which time the watchdog expects each sign of life of this process; `None` if there is no watchdog for it.
pub fn watchdog() -> Option<Duration> {
    let microseconds: u64 = env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    let ours = env::var("WATCHDOG_PID").map_or(true, |pid| pid.parse() == Ok(std::process::id()));
    (ours && microseconds > 0).then(|| Duration::from_micros(microseconds))
}

/// CLOCK_MONOTONIC in microseconds, as systemd requires it beside `RELOADING=1`.
///
/// # Errors
/// Of clock_gettime(2).
pub fn monotonic_microseconds() -> io::Result<i64> {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC)?;
    Ok(now.tv_sec() * 1_000_000 + now.tv_nsec() / 1_000)
}
