//! What the processes say to each other, one file a door, named after its ends: the owner, then its caller.
//!
//! A door is a permission. The door between `smtp` and the vault has no way to say *create*, none but the
//! administrator's has a way to say *list*. Nothing here performs I/O.

pub mod exposition;
pub mod frame;
pub mod metrics;
pub mod relay_smtp;
pub mod relay_web;
mod rpc;
mod ticket;
pub mod vault_admin;
pub mod vault_relay;
pub mod vault_smtp;
pub mod vault_web;

pub use rpc::{Protocol, Rpc};
pub use ticket::Ticket;

#[cfg(test)]
mod tests;
