//! Mailboxes as RFC 5321 §4.1.2 spells them, with the UTF-8 of RFC 6531 §3.3.

use std::fmt;

/// The longest path, angle brackets not counted: RFC 5321 §4.5.3.1.3 allows 256 with them.
pub const MAX_MAILBOX_OCTETS: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const MAX_LOCAL_PART_OCTETS: usize = 64;
/// RFC 5321 §4.5.3.1.2.
const MAX_DOMAIN_OCTETS: usize = 255;
/// RFC 1035 §2.3.4.
const MAX_LABEL_OCTETS: usize = 63;

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
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "an address looks like name@example.org",
            Self::Local => "the part before the @ is not valid",
            Self::Domain => "the part after the @ is not a valid domain",
            Self::TooLong => "the address is too long",
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
            Domain::check(domain)?;
        }
        Ok(Self { text: text.into(), at })
    }

    /// The part before the `@`, quotes included.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// The part after the `@`, as written.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// The whole mailbox.
    pub fn as_str(&self) -> &str {
        &self.text
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
    let end = bytes.iter().position(|&b| !(is_atext(b) || b == b'.')).unwrap_or(bytes.len());
    let local = &bytes[..end];
    if local.is_empty() {
        return Err(AddressError::Incomplete);
    }
    if local.starts_with(b".") || local.ends_with(b".") || local.windows(2).any(|w| w == b"..") {
        return Err(AddressError::Local);
    }
    Ok(end)
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

/// A domain in lower case, compared without regard to case (RFC 5321 §2.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(Box<str>);

impl Domain {
    /// Parses a domain name; it is lower-cased, a U-label is kept as UTF-8.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        // Some letters take more octets in lower case.
        let text = text.to_lowercase();
        Self::check(&text)?;
        Ok(Self(text.into()))
    }

    /// The domain in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn check(text: &str) -> Result<(), AddressError> {
        if text.len() > MAX_DOMAIN_OCTETS {
            return Err(AddressError::TooLong);
        }
        let label = |l: &str| {
            !l.is_empty()
                && l.len() <= MAX_LABEL_OCTETS
                && !l.starts_with('-')
                && !l.ends_with('-')
                && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || b >= 0x80)
                && !l.chars().any(char::is_control)
        };
        if text.split('.').all(label) { Ok(()) } else { Err(AddressError::Domain) }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Domain {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0.into()
    }
}

/// The address an alias stands for. It prints as nothing: only [`RealAddress::expose`] shows it.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RealAddress(Mailbox);

impl RealAddress {
    /// Parses an address that mail is to be delivered to: a mailbox with a dotted domain, no
    /// address literal, no quoted local part, within all length limits.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let mailbox = Mailbox::parse(text.trim())?;
        if mailbox.local().len() > MAX_LOCAL_PART_OCTETS {
            return Err(AddressError::TooLong);
        }
        // Quotes and backslashes would spell one mailbox in many ways, and nobody's address needs them.
        if mailbox.local().starts_with('"') || mailbox.local().chars().any(char::is_control) {
            return Err(AddressError::Local);
        }
        // A host name without a dot is a host of ours, not of the Internet.
        let top = mailbox.domain().rsplit('.').next().unwrap_or_default();
        if !mailbox.domain().contains('.')
            || mailbox.domain().starts_with('[')
            || top.bytes().all(|b| b.is_ascii_digit())
        {
            return Err(AddressError::Domain);
        }
        Ok(Self(mailbox))
    }

    /// The address in clear, for the one place that hands it to the next mail server.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// Whether mail for it needs SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }

    /// Whether its domain is one of `domains`.
    pub fn is_in(&self, domains: &[Domain]) -> bool {
        let ours = self.0.domain().to_lowercase();
        domains.iter().any(|d| d.as_str() == ours)
    }

    /// What the spellings of one person's address have in common: lower case throughout, no sub-address.
    ///
    /// RFC 5321 §2.4 leaves the local part to its host. In practice no host tells upper from lower case, and what
    /// stands behind a plus is a sub-address (RFC 5233); for limits that protect a person both are folded.
    pub fn folded(&self) -> String {
        let (local, domain) = (self.0.local(), self.0.domain());
        let base = local.split('+').next().filter(|base| !base.is_empty()).unwrap_or(local);
        format!("{base}@{domain}").to_lowercase()
    }
}

impl fmt::Debug for RealAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RealAddress(hidden)")
    }
}

impl TryFrom<String> for RealAddress {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<RealAddress> for String {
    fn from(address: RealAddress) -> Self {
        address.0.text.into()
    }
}
