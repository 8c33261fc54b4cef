//! Telling systemd how the daemon stands (sd_notify(3)), and its watchdog (sd_watchdog_enabled(3)).

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;
use tracing::warn;

/// A line to whoever started us; silent where nobody asked to be told.
pub struct Notifier(Option<UnixDatagram>);

impl Notifier {
    /// Connects to what `NOTIFY_SOCKET` names, while its path still can be reached.
    pub fn from_env() -> Self {
        let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Self(None) };
        match connect(&name) {
            Ok(socket) => Self(Some(socket)),
            Err(cause) => {
                warn!(%cause, "NOTIFY_SOCKET names nobody who listens");
                Self(None)
            }
        }
    }

    /// Sends assignments, one a line.
    pub fn tell(&self, assignments: &str) {
        if let Some(socket) = &self.0 {
            // Who does not listen any more does not want to know.
            let _ = socket.send(assignments.as_bytes());
        }
    }
}

fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address(name)?)?;
    // Who does not read what it is told must not stop us.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A path, or with `@` a name in the abstract name space.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(name),
    }
}

/// How often the watchdog wants to hear from this process at the least; `None` when there is none.
pub fn watchdog() -> Option<Duration> {
    let microseconds: u64 = env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    let ours = env::var("WATCHDOG_PID").map_or(true, |pid| pid.parse() == Ok(std::process::id()));
    (ours && microseconds > 0).then(|| Duration::from_micros(microseconds))
}

/// CLOCK_MONOTONIC in microseconds, as systemd wants it with `RELOADING=1`.
pub fn monotonic_microseconds() -> io::Result<i64> {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC)?;
    Ok(now.tv_sec() * 1_000_000 + now.tv_nsec() / 1_000)
}
