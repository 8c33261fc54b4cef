//! A look at the header as it passes, for loops (RFC 5321 §6.3, RFC 9228 §3).

use memchr::memchr;

/// As many `Received` fields as a message may have had before (RFC 5321 §6.3 asks for at least 100
/// to be tolerated by a host that counts nothing else; we also know our own `Delivered-To`).
const MAX_HOPS: u32 = 30;

/// How much of a line is kept: a field name and an address.
const WINDOW: usize = 320;

/// Watches the header of one message.
#[derive(Debug)]
pub struct Watch {
    line: Vec<u8>,
    over: bool,
    hops: u32,
    seen: bool,
    aliases: Vec<Box<str>>,
}

impl Watch {
    /// Looks for `Delivered-To` any of `aliases`.
    pub fn new(aliases: Vec<Box<str>>) -> Self {
        Self { line: Vec::new(), over: false, hops: 0, seen: false, aliases }
    }

    /// Whether the message goes in circles.
    pub fn is_loop(&self) -> bool {
        self.seen || self.hops > MAX_HOPS
    }

    /// Looks at the next octets of content, without dot-stuffing.
    pub fn feed(&mut self, mut content: &[u8]) {
        while !self.over && !content.is_empty() {
            let end = memchr(b'\n', content);
            let part = &content[..end.unwrap_or(content.len())];
            let room = WINDOW - self.line.len().min(WINDOW);
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let Some(end) = end else { return };
            self.end_of_line();
            content = &content[end + 1..];
        }
    }

    fn end_of_line(&mut self) {
        let line = self.line.trim_ascii_end();
        if line.is_empty() {
            self.over = true;
        } else if let Some(colon) = memchr(b':', line) {
            let (name, value) = (line[..colon].trim_ascii_end(), line[colon + 1..].trim_ascii());
            if name.eq_ignore_ascii_case(b"Received") {
                self.hops += 1;
            } else if name.eq_ignore_ascii_case(b"Delivered-To") {
                self.seen |= self.aliases.iter().any(|alias| alias.as_bytes().eq_ignore_ascii_case(value));
            }
        }
        self.line.clear();
    }
}
