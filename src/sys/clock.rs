//! Whether the clock is right, as far as the kernel knows.
#![allow(unsafe_code)] // nix has no wrapper for adjtimex(2)

use nix::libc::{TIME_ERROR, adjtimex, timex};

/// Whether NTP or something like it keeps the clock synchronized; `None` if the kernel does not tell.
pub fn is_synchronized() -> Option<bool> {
    // SAFETY: timex is made of integers, for which zero is a value; with no mode set the call only fills it.
    let state = unsafe {
        let mut time: timex = std::mem::zeroed();
        adjtimex(&raw mut time)
    };
    (state >= 0).then_some(state != TIME_ERROR)
}
