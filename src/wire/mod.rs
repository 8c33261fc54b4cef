//! What the processes say to each other: one small enum of requests and one of answers for each door.
//!
//! A door is a permission. The door between `smtp` and the vault has no way to say *create*, none
//! but the administrator's has a way to say *list*. Nothing here performs I/O.

pub mod admin;
pub mod figures;
pub mod frame;
pub mod listed;
pub mod mail;
pub mod relay;
pub mod smtp;
pub mod web;

mod ticket;
pub use ticket::Ticket;

#[cfg(test)]
mod tests;
