//! How the kernel schedules this process.
#![allow(unsafe_code)] // nix has no wrapper for sched_setscheduler(2)

use nix::libc::{SCHED_BATCH, sched_param, sched_setscheduler};

/// Asks for `SCHED_BATCH` (sched(7)): being woken, this process does not push aside the one that woke it.
///
/// The roles wake each other several times a message. Left to finish first what they have, they do
/// more with each turn: a fifth less time a message when there is much to do, as `benches/run` shows,
/// and no difference when there is little.
pub fn work_in_batches() {
    let parameters = sched_param { sched_priority: 0 };
    // SAFETY: the pointer is to a live sched_param, which the call only reads; 0 is this process itself.
    // Refused, nothing is lost but some speed.
    let _ = unsafe { sched_setscheduler(0, SCHED_BATCH, &raw const parameters) };
}
