//! Command lines. Only CRLF ends a line (RFC 5321 §2.3.8).

use memchr::{memchr, memchr2};
use std::mem;

/// Longest command line taken, CRLF not counted. RFC 5321 §4.5.3.1.4 asks for 512; the parameters of
/// extensions and the UTF-8 of RFC 6531 add to it.
pub const MAX_COMMAND_LINE_OCTETS: usize = 2048;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// Longer than [`MAX_COMMAND_LINE_OCTETS`].
    TooLong,
    /// A CR or LF of its own, or a NUL.
    Discipline,
}

/// What the input begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// A whole line without its CRLF, and how many octets it took.
    Line(Result<&'a [u8], LineError>, usize),
    /// Part of a line that was found to be bad already: this many octets can be thrown away.
    Swallow(usize),
    /// The line goes on.
    More,
}

/// Splits a stream into lines, and stays in step whatever comes.
#[derive(Default, Debug)]
pub struct Lines {
    too_long: bool,
    /// The last bad line ended with an LF alone: what comes up to the next CRLF belongs to it as well.
    after_lf: bool,
}

impl Lines {
    /// Looks at the beginning of `input`; the caller drops the octets that were taken.
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Next<'a> {
        let Some(lf) = memchr(b'\n', input) else {
            // The longest line may be there, and the CR of its end.
            if input.strip_suffix(b"\r").unwrap_or(input).len() <= MAX_COMMAND_LINE_OCTETS {
                return Next::More;
            }
            self.too_long = true;
            // The last octet may be the CR of the line's end.
            return Next::Swallow(input.len() - 1);
        };
        let too_long = mem::take(&mut self.too_long);
        let Some(line) = input[..lf].strip_suffix(b"\r") else {
            // A client that ends its lines so would wait for its CRLF as long as we do. It is told at once.
            self.after_lf = true;
            let too_long = too_long || lf > MAX_COMMAND_LINE_OCTETS;
            return Next::Line(Err(if too_long { LineError::TooLong } else { LineError::Discipline }), lf + 1);
        };
        if mem::take(&mut self.after_lf) {
            // No command hides behind an LF.
            return Next::Swallow(lf + 1);
        }
        let result = if too_long || line.len() > MAX_COMMAND_LINE_OCTETS {
            Err(LineError::TooLong)
        } else if memchr2(b'\r', b'\0', line).is_some() {
            Err(LineError::Discipline)
        } else {
            Ok(line)
        };
        Next::Line(result, lf + 1)
    }
}
