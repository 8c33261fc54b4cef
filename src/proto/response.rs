//! Replies of a server, as its client reads them, and the extensions that EHLO announces. Reply texts are read over and
//! forgotten: they may name people.

use super::status::{EnhancedCode, Status};
use memchr::memchr;

/// Longest reply line taken, its LF not counted. RFC 5321 §4.5.3.1.5 allows 512; some hosts send more.
const MAX_REPLY_LINE_OCTETS: usize = 4096;
/// Lines of one reply.
const MAX_REPLY_LINES: usize = 128;

/// The host does not speak SMTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseError;

/// What the host announced (RFC 5321 §4.1.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870.
    pub size: bool,
    /// RFC 6152.
    pub eight_bit_mime: bool,
    /// RFC 6531.
    pub smtp_utf8: bool,
}

/// Takes one whole reply off `input`: its status, what it announces if it answers EHLO, and how many
/// octets it took; `None` while it is not complete.
pub fn parse(input: &[u8]) -> Result<Option<(Status, Extensions, usize)>, ResponseError> {
    let mut at = 0;
    let mut extensions = Extensions::default();
    for number in 0..MAX_REPLY_LINES {
        let rest = &input[at..];
        let end = memchr(b'\n', rest);
        // Whether the line's end is there or not: a reply must not depend on the pieces in which it comes.
        if end.unwrap_or(rest.len()) > MAX_REPLY_LINE_OCTETS {
            return Err(ResponseError);
        }
        let Some(end) = end else { return Ok(None) };
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let code = code(line)?;
        let text = line.get(4..).unwrap_or_default();
        at += end + 1;
        if number > 0 {
            announce(&mut extensions, text);
        }
        match line.get(3) {
            Some(b'-') => {}
            Some(b' ') | None => return Ok(Some((Status { code, enhanced: enhanced(code, text) }, extensions, at))),
            Some(_) => return Err(ResponseError),
        }
    }
    Err(ResponseError)
}

fn code(line: &[u8]) -> Result<u16, ResponseError> {
    match line {
        [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', ..] => {
            Ok(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
        }
        _ => Err(ResponseError),
    }
}

/// RFC 2034 §4: `class.subject.detail` begins the text, and its class is that of the code.
fn enhanced(code: u16, text: &[u8]) -> EnhancedCode {
    let class = (code / 100) as u8;
    let word = text.split(|&b| b == b' ').next().unwrap_or_default();
    let parse = |word: &[u8]| {
        let mut parts = std::str::from_utf8(word).ok()?.split('.');
        let mut number =
            |most: usize| parts.next().filter(|p| (1..=most).contains(&p.len())).and_then(|p| p.parse::<u16>().ok());
        let found = (number(1)?, number(3)?, number(3)?);
        (parts.next().is_none() && found.0 == u16::from(class)).then_some(EnhancedCode::new(class, found.1, found.2))
    };
    parse(word).unwrap_or(EnhancedCode::new(class, 0, 0))
}

fn announce(extensions: &mut Extensions, text: &[u8]) {
    let keyword = text.split(|b| b.is_ascii_whitespace() || *b == b'=').next().unwrap_or_default();
    match keyword.to_ascii_uppercase().as_slice() {
        b"PIPELINING" => extensions.pipelining = true,
        b"SIZE" => extensions.size = true,
        b"8BITMIME" => extensions.eight_bit_mime = true,
        b"SMTPUTF8" => extensions.smtp_utf8 = true,
        _ => {}
    }
}
