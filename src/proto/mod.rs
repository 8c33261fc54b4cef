//! SMTP without I/O: lines, commands, message content, replies. Owns no clock.

pub mod client;
pub mod command;
pub mod content;
pub mod dot_stuffing;
pub mod header;
pub mod line;
pub mod reply;
pub mod response;
pub mod status;

#[cfg(test)]
mod tests;
