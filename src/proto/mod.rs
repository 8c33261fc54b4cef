//! SMTP without I/O: lines, commands, message content, replies. Owns no clock.

pub mod client;
pub mod command;
pub mod content;
pub mod header;
pub mod line;
pub mod reply;
pub mod stuff;

#[cfg(test)]
mod tests;
