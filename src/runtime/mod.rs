//! The life of a role, the same for all four, on one screen:
//!
//! 1. take the inherited descriptors;
//! 2. take the orders from the monitor: a slice of the configuration, and who may use our doors;
//! 3. open what must be open (the role's own part);
//! 4. enter the sandbox;
//! 5. say Ready, and wait until all are;
//! 6. loop until the monitor closes the control channel, then finish within the drain deadline.

mod accept;
pub mod control;
mod drain;
mod fatal;
mod limits;
mod metrics;
mod start;

pub use crate::sys::exit;
pub use crate::sys::reading::read;
pub use crate::sys::resolve::{Resolver, Unanswered};
pub use crate::sys::sandbox::Promise;
pub use accept::accept_connections;
pub use drain::{Drain, DrainGuard};
pub use fatal::Fatal;
pub use limits::{ConnectionLimits, ConnectionPermit, network_of};
pub use metrics::MetricRecorder;
pub use start::{RoleHandler, ShutdownSignal, Startup};

/// Runs a process's asynchronous part on a runtime of its own: one thread, nothing shared.
///
/// The life is a task like any other: waking the runtime's root future would cost a system call each time.
pub fn block_on<T: 'static>(life: impl Future<Output = Result<T, Fatal>> + 'static) -> Result<T, Fatal> {
    let runtime = tokio::runtime::LocalRuntime::new()?;
    let life = runtime.spawn_local(life);
    runtime.block_on(life).map_err(std::io::Error::other)?
}
