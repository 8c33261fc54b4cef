//! The operating system: inherited descriptors, spawning, the walls, the log. The only place for `unsafe`.

pub mod accept_error;
pub mod clock;
pub mod exit;
pub mod identity;
pub mod inherit;
pub mod lasting;
pub mod log;
pub mod memory;
pub mod notify;
pub mod passing;
pub mod reading;
pub mod resolve;
pub mod sandbox;
pub mod signals;
pub mod spawn;
pub mod stream;
