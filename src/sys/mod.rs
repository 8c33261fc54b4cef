//! The operating system: inherited descriptors, spawning, the log. The only place for `unsafe`.

pub mod inherit;
pub mod log;
pub mod reading;
pub mod scheduling;
pub mod spawn;
pub mod stream;
