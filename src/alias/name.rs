//! Names of aliases, and the canonical form under which every spelling of one is found.

use super::address::{MAX_MAILBOX_OCTETS, is_dot_string};
use super::{AddressError, Domain, Mailbox};
use std::fmt;

/// Base32 without letters and digits that look alike (no `0 1 l o`), lower case: 32 symbols, 5 bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The local part of a new alias: 12 symbols, 60 bits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(String);

impl Name {
    /// Symbols in a name.
    pub const LEN: usize = 12;

    /// Octets of a domain at the most, so that name, `@` and domain are a mailbox.
    pub const MAX_DOMAIN_OCTETS: usize = MAX_MAILBOX_OCTETS - 1 - Self::LEN;

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
/// Only the vault knows whether such an alias exists. A text that is not in canonical form does not deserialize.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AliasAddress(Box<str>);

impl AliasAddress {
    fn new(local: &str, domain: &Domain) -> Self {
        Self(format!("{local}@{domain}").into())
    }

    /// The alias a recipient means, if its domain is one of `domains`.
    ///
    /// `Name+shop@Example.ORG` and `name@example.org` are the same alias (sub-addressing, RFC 5233).
    pub fn of(recipient: &Mailbox, domains: &[Domain]) -> Option<Self> {
        let domain = domains.iter().find(|domain| domain.is(recipient.domain()))?;
        // In quotes it is the same mailbox (RFC 5321 §4.1.2).
        let local = recipient.bare_local().filter(|bare| is_dot_string(bare));
        let alias = Self::new(&Self::fold(local.as_deref().unwrap_or(recipient.local())), domain);
        // In lower case it may be longer than a mailbox can be; then it would not decode.
        (alias.0.len() <= MAX_MAILBOX_OCTETS).then_some(alias)
    }

    /// The alias with the given local part, or spelled out with its domain, as in a URL of the API.
    pub fn parse(text: &str, domains: &[Domain]) -> Option<Self> {
        match Mailbox::parse_path(text) {
            Ok(mailbox) => Self::of(&mailbox, domains),
            Err(_) => None,
        }
    }

    /// Cuts the sub-address off where what is left is a local part; `a.+x` has none.
    fn fold(local: &str) -> String {
        let base = match local.split_once('+') {
            Some((base, _)) if !base.is_empty() && !base.starts_with('"') && !base.ends_with('.') => base,
            _ => local,
        };
        base.to_ascii_lowercase()
    }

    /// The part before the `@` that ends it: a quoted local part may hold others (RFC 5321 §4.1.2).
    pub fn name(&self) -> &str {
        self.0.rsplit_once('@').map_or(&*self.0, |(name, _)| name)
    }

    /// The part after that `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling under which versions up to 0.1.0 kept an alias of a domain that was configured in U-labels, if its
    /// domain has some. Only for looking it up: it is not in canonical form.
    pub fn former(&self) -> Option<Self> {
        let domain = Domain::parse(self.domain()).ok()?;
        let unicode = domain.to_unicode();
        (unicode != domain.as_str()).then(|| Self(format!("{}@{unicode}", self.name()).into()))
    }

    /// Whether it is one of the mailboxes every mail host must have (RFC 5321 §4.5.1, RFC 2142 §4).
    pub fn is_role(&self) -> bool {
        matches!(self.name(), "postmaster" | "abuse")
    }
}

impl TryFrom<String> for AliasAddress {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        let mailbox = Mailbox::parse(&text)?;
        if Self::fold(mailbox.local()) != mailbox.local() {
            return Err(AddressError::Local);
        }
        match Domain::parse(mailbox.domain()) {
            Ok(domain) if domain.as_str() == mailbox.domain() => Ok(Self(text.into())),
            _ => Err(AddressError::Domain),
        }
    }
}

impl From<AliasAddress> for String {
    fn from(alias: AliasAddress) -> Self {
        alias.0.into()
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
