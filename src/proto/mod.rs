//! SMTP without I/O: lines, commands, message content, replies, and the session as a state machine. Owns no clock.

pub mod client;
pub mod command;
pub mod content;
pub mod dot_stuffing;
pub mod header;
mod header_from;
pub mod line;
pub mod reply;
pub mod response;
pub mod session;
pub mod status;

use std::fmt;

/// Appends formatted text to octets.
fn append(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    struct Octets<'a>(&'a mut Vec<u8>);
    impl fmt::Write for Octets<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    // Only what is formatted could fail, and that is text and numbers.
    let _ = fmt::Write::write_fmt(&mut Octets(out), text);
}

#[cfg(test)]
mod tests;
