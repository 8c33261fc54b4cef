//! Message content as it goes to the next host: dots at line starts doubled (RFC 5321 §4.5.2).

use memchr::memchr;

/// Stuffs a stream of content in pieces.
#[derive(Clone, Debug)]
pub struct DotStuffer {
    line_start: bool,
    after_cr: bool,
}

impl Default for DotStuffer {
    fn default() -> Self {
        Self { line_start: true, after_cr: false }
    }
}

impl DotStuffer {
    /// Appends the next piece of content to `out`.
    pub fn feed(&mut self, mut content: &[u8], out: &mut Vec<u8>) {
        while !content.is_empty() {
            if self.line_start && content[0] == b'.' {
                out.push(b'.');
            }
            let end = memchr(b'\n', content).map_or(content.len(), |lf| lf + 1);
            let (line, rest) = content.split_at(end);
            out.extend_from_slice(line);
            let before_last = if line.len() > 1 { line[line.len() - 2] == b'\r' } else { self.after_cr };
            self.line_start = line.ends_with(b"\n") && before_last;
            self.after_cr = line.ends_with(b"\r");
            content = rest;
        }
    }

    /// Appends the final dot, on a line of its own.
    pub fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.line_start { b".\r\n" } else { b"\r\n.\r\n" });
    }
}
