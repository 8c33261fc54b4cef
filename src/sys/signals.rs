//! Signals as something to wait for, beside other things (the self-pipe technique).

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::{flag, low_level::pipe};
use std::io;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::UnixStream;

/// The signals that mean the daemon as a whole: the monitor acts on them.
pub const MONITOR_SIGNALS: [i32; 4] = [SIGHUP, SIGINT, SIGTERM, SIGUSR1];

/// Signals that are caught.
pub struct Signals {
    caught: Vec<(i32, Arc<AtomicBool>)>,
    /// Readable when one of them has come.
    wakeup: UnixStream,
}

impl Signals {
    /// Catches these from now on. Needs a runtime.
    ///
    /// # Errors
    /// Of the operating system.
    pub fn catch(signals: &[i32]) -> io::Result<Self> {
        let (wakeup, wake) = StdStream::pair()?;
        wakeup.set_nonblocking(true)?;
        let mut caught = Vec::new();
        for &signal in signals {
            let came = Arc::new(AtomicBool::new(false));
            // In this order: when the stream becomes readable, the flag is set already.
            flag::register(signal, Arc::clone(&came))?;
            pipe::register(signal, wake.try_clone()?)?;
            caught.push((signal, came));
        }
        Ok(Self { caught, wakeup: UnixStream::from_std(wakeup)? })
    }

    /// The next signal. Cancel safe.
    pub async fn next(&self) -> i32 {
        loop {
            if let Some((signal, _)) = self.caught.iter().find(|(_, came)| came.swap(false, Ordering::SeqCst)) {
                return *signal;
            }
            // Neither fails while this process holds both ends of the pair.
            let _ = self.wakeup.readable().await;
            let _ = self.wakeup.try_read(&mut [0; 64]);
        }
    }
}

/// Ignores [`MONITOR_SIGNALS`] in a role: systemd may send them to every process of the daemon, but it is the monitor
/// that tells a role when to stop.
///
/// # Errors
/// Of the operating system.
pub fn ignore_monitor_signals() -> io::Result<()> {
    for signal in MONITOR_SIGNALS {
        flag::register(signal, Arc::default())?;
    }
    Ok(())
}
