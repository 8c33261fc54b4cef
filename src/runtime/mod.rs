//! The life of a role, the same for all of them. Each role is a process with privileges of its own (privilege
//! separation), started by the monitor:
//!
//! 1. take the inherited descriptors;
//! 2. receive the init message from the monitor: a slice of the configuration, and the callers at each door;
//! 3. open what must be open (the role's own part);
//! 4. enter the sandbox;
//! 5. report Ready, and wait until all processes are;
//! 6. loop until the monitor closes the control channel, then drain: finish what is under way, within a deadline.

mod accept;
pub mod control;
mod drain;
mod fatal;
mod limits;
mod metrics;
mod probe;
mod start;

pub use crate::sys::read_buffer::consume;
pub use crate::sys::resolve::{ResolveError, Resolver};
pub use crate::sys::sandbox::{Ports, Promise};
pub use accept::{accept_connections, handle_accept_error};
pub use drain::{Drain, DrainGuard};
pub use fatal::Fatal;
pub use limits::{ConnectionLimits, ConnectionPermit, network_of};
pub use metrics::MetricRecorder;
pub use probe::Probe;
pub use start::{RoleHandler, ShutdownSignal, Startup};

/// Runs the asynchronous part of a process on a runtime of its own, with one thread.
///
/// `life` is a task like any other: waking the runtime's root future would cost a system call each time.
///
/// # Errors
/// Those of `life`, and of the operating system.
pub fn block_on<T: 'static>(life: impl Future<Output = Result<T, Fatal>> + 'static) -> Result<T, Fatal> {
    let runtime = tokio::runtime::LocalRuntime::new()?;
    let life = runtime.spawn_local(life);
    let outcome = runtime.block_on(life).map_err(std::io::Error::other);
    // A thread that still reads the table, perhaps from a disk that does not answer, must not keep the process.
    runtime.shutdown_background();
    outcome?
}
