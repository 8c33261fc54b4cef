//! Message content as it comes after DATA (RFC 5321 §4.5.2): dot-stuffing is removed, the final dot
//! found, and every CR, LF or NUL that is not part of a CRLF noticed.
//!
//! On a flaw it goes on to the final dot, so that the stream stays in step and nothing behind a
//! smuggled end of message is ever taken for a command.

use memchr::memchr3;

/// Where the machine stands within a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Just after CRLF, or at the very beginning.
    LineStart,
    /// A dot began the line.
    Dot,
    /// A dot and a CR began the line.
    DotCr,
    /// Within a line.
    Within,
    /// A CR within a line.
    Cr,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Content {
    state: State,
    flawed: bool,
    size: u64,
}

impl Default for Content {
    fn default() -> Self {
        Self { state: State::LineStart, flawed: false, size: 0 }
    }
}

impl Content {
    /// Whether a bare CR, bare LF or NUL has come.
    pub fn is_flawed(&self) -> bool {
        self.flawed
    }

    /// Octets of content so far, dot-stuffing not counted.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes octets off `input` and appends content to `out`: how many octets were taken, and
    /// whether the final dot was among them. Without it, all are taken.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, bool) {
        let before = out.len();
        let (taken, ended) = self.run(input, out);
        self.size += (out.len() - before) as u64;
        (taken, ended)
    }

    fn run(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, bool) {
        let mut at = 0;
        while let Some(&octet) = input.get(at) {
            match (self.state, octet) {
                (State::LineStart, b'.') => self.state = State::Dot,
                (State::Dot, b'\r') => self.state = State::DotCr,
                (State::DotCr, b'\n') => {
                    self.state = State::LineStart;
                    return (at + 1, true);
                }
                (State::Cr, b'\n') => {
                    out.extend_from_slice(b"\r\n");
                    self.state = State::LineStart;
                }
                (State::Within, b'\r') => self.state = State::Cr,
                (State::Within, b'\n' | 0) => {
                    self.flawed = true;
                    out.push(octet);
                }
                (State::Within, _) => {
                    let rest = &input[at..];
                    let run = memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
                    out.extend_from_slice(&rest[..run]);
                    at += run;
                    continue;
                }
                // The dot was stuffing: it is gone, and this octet is the line's first.
                (State::LineStart | State::Dot, _) => {
                    self.state = State::Within;
                    continue;
                }
                // The CR was bare.
                (State::Cr | State::DotCr, _) => {
                    self.flawed = true;
                    out.push(b'\r');
                    self.state = State::Within;
                    continue;
                }
            }
            at += 1;
        }
        (at, false)
    }
}
