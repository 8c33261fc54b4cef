//! Names of aliases, and the canonical form under which every spelling of one is found.

use super::{Domain, Mailbox};
use std::fmt;

/// Base32 without letters and digits that look alike (no `0 1 l o`), lower case: 32 symbols, 5 bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The local part of a new alias: 12 symbols, 60 bits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(String);

impl Name {
    /// Symbols in a name.
    pub const LEN: usize = 12;

    /// Spells 60 of the 64 given random bits.
    pub fn from_random(bits: u64) -> Self {
        let symbol = |i: usize| ALPHABET[(bits >> (5 * i) & 31) as usize] as char;
        Self((0..Self::LEN).map(symbol).collect())
    }

    /// The twelve symbols.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address it makes in `domain`.
    pub fn at(&self, domain: &Domain) -> AliasAddress {
        AliasAddress::new(self.as_str(), domain)
    }
}

/// `name@domain` in canonical form: lower case, without a sub-address.
///
/// Whether such an alias exists, the vault alone knows.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct AliasAddress(Box<str>);

impl AliasAddress {
    fn new(local: &str, domain: &Domain) -> Self {
        Self(format!("{local}@{domain}").into())
    }

    /// The alias a recipient means, if its domain is one of `domains`.
    ///
    /// `Name+shop@Example.ORG` and `name@example.org` are the same alias (sub-addressing, RFC 5233).
    pub fn of(recipient: &Mailbox, domains: &[Domain]) -> Option<Self> {
        let domain = recipient.domain();
        let domain =
            domains.iter().find(|d| d.as_str().eq_ignore_ascii_case(domain) || d.as_str() == domain.to_lowercase())?;
        Some(Self::new(&Self::fold(recipient.local()), domain))
    }

    /// The alias with the given local part, or spelled out with its domain, as in a URL of the API.
    pub fn parse(text: &str, domains: &[Domain]) -> Option<Self> {
        match Mailbox::parse(text) {
            Ok(mailbox) => Self::of(&mailbox, domains),
            Err(_) => None,
        }
    }

    fn fold(local: &str) -> String {
        let base = match local.find('+') {
            Some(plus) if plus > 0 && !local.starts_with('"') => &local[..plus],
            _ => local,
        };
        base.to_ascii_lowercase()
    }

    /// The part before the `@`.
    pub fn name(&self) -> &str {
        self.0.split_once('@').map_or(&*self.0, |(name, _)| name)
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one of the mailboxes every mail host must have (RFC 5321 §4.5.1, RFC 2142 §4).
    pub fn is_role(&self) -> bool {
        matches!(self.name(), "postmaster" | "abuse")
    }
}

impl fmt::Display for AliasAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AliasAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AliasAddress(…)")
    }
}
