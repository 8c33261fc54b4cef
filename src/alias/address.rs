//! Mailboxes as RFC 5321 §4.1.2 spells them, with the UTF-8 of RFC 6531 §3.3.

use super::code_points::RefusedCodePoint;
use super::domain::{Domain, check_host_name, without_final_dot};
use super::shapes::RefusedShape;
use std::borrow::Cow;
use std::fmt;

/// The longest path, angle brackets not counted: RFC 5321 §4.5.3.1.3 allows 256 with them.
pub const MAX_MAILBOX_OCTETS: usize = 254;

/// Why a text is not a mailbox. Says what is wrong, never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// No `@`, or nothing on one of its sides.
    Incomplete,
    /// The part before the `@` breaks the grammar.
    Local,
    /// The part after the `@` breaks the grammar.
    Domain,
    /// Longer than the limits of RFC 5321 §4.5.3.1.
    TooLong,
    /// Of a shape that mail servers may read as something else than a mailbox.
    Shape(RefusedShape),
    /// The part before the `@` holds a code point that is in nobody's address.
    CodePoint(RefusedCodePoint),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "an address looks like name@example.org",
            Self::Local => "the part before the @ is not valid",
            Self::Domain => "the part after the @ is not a valid domain",
            Self::TooLong => "the address is too long",
            Self::Shape(_) => "mail servers may read the address as a route or a command",
            Self::CodePoint(_) => "the part before the @ holds a character that is in nobody's address",
        })
    }
}

impl std::error::Error for AddressError {}

/// `Local-part "@" ( Domain / address-literal )`, kept as it was written.
///
/// Local parts longer than 64 octets are accepted here, because senders use them in reverse-paths;
/// [`RealAddress`] is stricter.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    text: Box<str>,
    at: usize,
}

impl Mailbox {
    /// Parses a mailbox without angle brackets.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let at = local_part_end(text)?;
        let domain = &text[at + 1..];
        if text.len() > MAX_MAILBOX_OCTETS {
            return Err(AddressError::TooLong);
        }
        if domain.starts_with('[') {
            address_literal(domain)?;
        } else {
            check_host_name(domain)?;
        }
        Ok(Self { text: text.into(), at })
    }

    /// Parses a path as another host names it, and puts it in the form in which it goes out.
    ///
    /// Forgiven as by other servers: a dot at the end of the domain, and dots anywhere in the local part, as old
    /// addresses of Japanese phones have them; RFC 5321 §4.1.2 wants such a local part quoted, and so it goes out. The
    /// domain goes out in A-labels if it came in U-labels. The local part is its owner's and stays as it is.
    ///
    /// # Errors
    /// What breaks the grammar even so; a domain that UTS 46 does not take.
    pub fn parse_path(text: &str) -> Result<Self, AddressError> {
        let at = match bare_local_part_end(text) {
            Some(at) => at,
            None => local_part_end(text)?,
        };
        let (local, domain) = (&text[..at], &text[at + 1..]);
        let local = match is_dot_string(local) || local.starts_with('"') {
            true => Cow::Borrowed(local),
            false => Cow::Owned(format!("\"{local}\"")),
        };
        let domain = match domain.is_ascii() {
            true => Cow::Borrowed(without_final_dot(domain)),
            false => Cow::Owned(Domain::parse(domain)?.into()),
        };
        Self::parse(&format!("{local}@{domain}"))
    }

    /// The part before the `@`, quotes included.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The part after the `@`, as written.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The local part without quotes, if it is one atom or several with dots, of which any may be missing.
    pub fn bare_local(&self) -> Option<Cow<'_, str>> {
        let local = self.local();
        let Some(quoted) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return Some(Cow::Borrowed(local));
        };
        let mut bare = String::with_capacity(quoted.len());
        let mut chars = quoted.chars();
        while let Some(c) = chars.next() {
            bare.push(if c == '\\' { chars.next()? } else { c });
        }
        let is_bare = !bare.is_empty() && bare.bytes().all(|b| is_atext(b) || b == b'.');
        is_bare.then_some(Cow::Owned(bare))
    }

    /// Whether its local part looks like a return path of the Sender Rewriting Scheme, ours or another's.
    pub fn is_rewritten(&self) -> bool {
        let tag = self.bare_local().and_then(|local| local.get(..5).map(str::to_ascii_uppercase));
        matches!(tag.as_deref(), Some("SRS0=" | "SRS1="))
    }

    /// The whole mailbox.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn into_text(self) -> String {
        self.text.into()
    }

    /// Whether it can travel without SMTPUTF8 (RFC 6531).
    pub fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }
}

/// Only the shape: a mailbox may be somebody's real address.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({} octets)", self.text.len())
    }
}

/// Index of the `@` that ends a syntactically valid local part.
fn local_part_end(text: &str) -> Result<usize, AddressError> {
    let bytes = text.as_bytes();
    let end = if bytes.first() == Some(&b'"') { quoted_string_end(bytes)? } else { dot_string_end(bytes)? };
    match bytes.get(end) {
        Some(b'@') if end + 1 < bytes.len() => Ok(end),
        Some(b'@') | None => Err(AddressError::Incomplete),
        Some(_) => Err(AddressError::Local),
    }
}

/// `Dot-string`: atoms separated by single dots.
fn dot_string_end(bytes: &[u8]) -> Result<usize, AddressError> {
    let end = atoms_end(bytes);
    let local = &bytes[..end];
    if local.is_empty() {
        return Err(AddressError::Incomplete);
    }
    if has_stray_dot(local) {
        return Err(AddressError::Local);
    }
    Ok(end)
}

/// Index of the `@` behind a local part of atoms and dots, of which not every dot stands between two atoms.
fn bare_local_part_end(text: &str) -> Option<usize> {
    let end = atoms_end(text.as_bytes());
    let is_local = end > 0 && text[end..].starts_with('@') && has_stray_dot(&text.as_bytes()[..end]);
    is_local.then_some(end)
}

fn atoms_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|&b| !(is_atext(b) || b == b'.')).unwrap_or(bytes.len())
}

fn has_stray_dot(local: &[u8]) -> bool {
    local.starts_with(b".") || local.ends_with(b".") || local.windows(2).any(|w| w == b"..")
}

/// Whether a local part is a `Dot-string`, which needs no quotes.
pub(super) fn is_dot_string(local: &str) -> bool {
    dot_string_end(local.as_bytes()) == Ok(local.len())
}

/// `Quoted-string`: index just after the closing quote.
fn quoted_string_end(bytes: &[u8]) -> Result<usize, AddressError> {
    let mut i = 1;
    while let Some(&b) = bytes.get(i) {
        match b {
            b'"' => return Ok(i + 1),
            b'\\' if matches!(bytes.get(i + 1), Some(32..=126)) => i += 2,
            b'\\' | 0..=31 | 127 => return Err(AddressError::Local),
            _ => i += 1,
        }
    }
    Err(AddressError::Local)
}

/// RFC 5322 §3.2.3 atext; RFC 6531 §3.3 adds everything above ASCII.
fn is_atext(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b) || b >= 0x80
}

/// `"[" IPv4 / "IPv6:" IPv6 "]"` (RFC 5321 §4.1.3).
fn address_literal(text: &str) -> Result<(), AddressError> {
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).ok_or(AddressError::Domain)?;
    let valid = match inner.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => inner[5..].parse::<std::net::Ipv6Addr>().is_ok(),
        _ => inner.parse::<std::net::Ipv4Addr>().is_ok(),
    };
    if valid { Ok(()) } else { Err(AddressError::Domain) }
}
