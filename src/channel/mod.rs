//! The channels between the processes (IPC), called *doors*: connected Unix sockets that carry frames of
//! [`crate::wire`].
//!
//! 1. The monitor makes the sockets of each door before any role exists, and hands each end to the process that it
//!    belongs to. An end is a capability: a process without one cannot call, and none can make one.
//! 2. Over an RPC door, each request carries a number, and its answer the same: many tasks of the caller share one
//!    connection, and what is ready at the same time travels together.
//! 3. Over a handoff door travel connections: `smtp` sends one end of a new pair for each message that is in flight
//!    at the same time, and some `relay` receives it.
//! 4. Only the administrator's door is in the file system. Whoever its mode lets in may call, but no process of ours.

mod admin;
mod call_once;
mod client;
mod door;
mod maybe_ready;
mod send_buffer;
mod server;

pub use crate::sys::fd_passing::{HandoffReceiver, HandoffSender};
pub use crate::sys::stream::Stream;
pub use admin::AdminListener;
pub use call_once::call_once;
pub use client::{Disconnected, RpcClient};
pub use door::{Door, DoorKind};
pub use maybe_ready::MaybeReady;
pub use server::{RpcServer, serve};

use serde::{Deserialize, Serialize};

/// A request or an answer with its number; a request without one is one-way: it is not answered.
#[derive(Serialize, Deserialize)]
struct Numbered<T> {
    number: Option<u32>,
    body: T,
}

#[cfg(test)]
mod tests;
