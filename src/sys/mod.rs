//! The operating system: what the other rooms need of Linux beyond std and tokio. The only room that may use `unsafe`.
//!
//! - Privilege separation: [`identity`] gives up root, [`spawn`] starts the roles, [`inherit`] takes the descriptors
//!   that were handed to a process, [`fd_passing`] hands connections on (`SCM_RIGHTS`).
//! - The [`sandbox`]: seccomp, Landlock, resource limits, by promises as in OpenBSD's pledge(2).
//! - What leaves nothing behind in memory: [`read_buffer`], [`zeroing_allocator`].
//! - The log ([`log`]), systemd ([`notify`]: sd_notify and the watchdog), [`signals`], exit codes ([`exit`]).

pub mod accept_error;
pub mod clock;
pub mod exit;
pub mod fd_passing;
pub mod identity;
pub mod inherit;
pub mod log;
pub mod notify;
pub mod read_buffer;
pub mod reopenable_file;
pub mod resolve;
pub mod sandbox;
pub mod signals;
pub mod socket;
pub mod spawn;
pub mod stream;
pub mod terminal;
pub mod zeroing_allocator;
