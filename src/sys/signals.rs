//! Signals as something to wait for, beside other things.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::{flag, low_level::pipe};
use std::io;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::UnixStream;

/// Signals that are caught.
pub struct Signals {
    caught: Vec<(i32, Arc<AtomicBool>)>,
    /// Readable when one has come.
    woken: UnixStream,
}

impl Signals {
    /// Catches these from now on. Needs a runtime.
    pub fn catch(signals: &[i32]) -> io::Result<Self> {
        let (woken, wake) = StdStream::pair()?;
        woken.set_nonblocking(true)?;
        let mut caught = Vec::new();
        for &signal in signals {
            let came = Arc::new(AtomicBool::new(false));
            // In this order: whoever is woken finds out why.
            flag::register(signal, Arc::clone(&came))?;
            pipe::register(signal, wake.try_clone()?)?;
            caught.push((signal, came));
        }
        Ok(Self { caught, woken: UnixStream::from_std(woken)? })
    }

    /// The next signal. Cancel safe.
    pub async fn next(&self) -> i32 {
        loop {
            if let Some((signal, _)) = self.caught.iter().find(|(_, came)| came.swap(false, Ordering::SeqCst)) {
                return *signal;
            }
            // Neither fails while both ends of the pair are ours.
            let _ = self.woken.readable().await;
            let _ = self.woken.try_read(&mut [0; 64]);
        }
    }
}

/// Signals are meant for the daemon, but systemd may send them to each of its processes: this one leaves them to the
/// monitor, which tells it when to stop.
pub fn leave_to_the_monitor() -> io::Result<()> {
    for signal in [SIGHUP, SIGINT, SIGTERM, SIGUSR1] {
        flag::register(signal, Arc::default())?;
    }
    Ok(())
}
