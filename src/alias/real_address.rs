//! Real addresses: targets as people type them, and as the table keeps them.

use super::address::is_dot_string;
use super::code_points::{self, nfc, nfkc};
use super::domain::without_final_dot;
use super::{AddressError, Domain, Mailbox, shapes};
use std::fmt;

/// RFC 5321 §4.5.3.1.1.
const MAX_LOCAL_PART_OCTETS: usize = 64;

/// The address an alias stands for. It prints as nothing: only [`RealAddress::expose`] shows it.
///
/// Its local part is in Unicode's form NFC and its domain in A-labels. What is ASCII stays as it was written, except for
/// a dot at its end: what was sealed or hashed of it stays the same.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RealAddress(Mailbox);

impl RealAddress {
    /// Parses an address that somebody types today: a mailbox on the Internet, within all length limits, of no
    /// [refused shape](super::RefusedShape), and of visible characters only.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_new(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Incomplete)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Incomplete);
        }
        if let Some(shape) = shapes::local_part(local) {
            return Err(AddressError::Shape(shape));
        }
        if domain.starts_with('[') {
            return Err(AddressError::Shape(super::RefusedShape::Literal));
        }
        let local = nfc(local);
        if let Some(refused) = local.chars().find_map(code_points::refusal) {
            return Err(AddressError::CodePoint(refused));
        }
        let domain = domain_to_send(domain)?;
        if !is_dot_string(&local) || local.starts_with(code_points::is_mark) {
            return Err(AddressError::Local);
        }
        if local.len() > MAX_LOCAL_PART_OCTETS {
            return Err(AddressError::TooLong);
        }
        let address = Self(Mailbox::parse(&format!("{local}@{domain}"))?);
        match shapes::domain(&domain.to_ascii_lowercase()) {
            Some(shape) => Err(AddressError::Shape(shape)),
            None => Ok(address),
        }
    }

    /// Parses an address that an older version has taken: all that it took is taken, in today's form if it has one.
    ///
    /// Whether mail may go there is for [`Self::refusal`] to say.
    ///
    /// # Errors
    /// What no version has taken.
    pub fn parse_stored(text: &str) -> Result<Self, AddressError> {
        let stored = Mailbox::parse(text.trim())?;
        if stored.local().len() > MAX_LOCAL_PART_OCTETS {
            return Err(AddressError::TooLong);
        }
        if stored.local().starts_with('"') || stored.local().chars().any(char::is_control) {
            return Err(AddressError::Local);
        }
        let Ok(domain) = domain_to_send(stored.domain()) else { return Ok(Self(stored)) };
        let today = format!("{}@{domain}", nfc(stored.local()));
        Ok(Self(Mailbox::parse(&today).unwrap_or(stored)))
    }

    /// Why no mail may go to it, if so, although it is kept: an older version took more.
    pub fn refusal(&self) -> Option<AddressError> {
        Self::parse_new(self.expose()).err()
    }

    /// The address in clear, for the one place that hands it to the next mail server.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it can travel without SMTPUTF8: only a local part may need that.
    pub fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }

    /// Its domain in lower case: equal for what goes to the same hosts.
    pub fn domain(&self) -> String {
        self.0.domain().to_lowercase()
    }

    /// Whether its domain is one of `domains`.
    pub fn is_in(&self, domains: &[Domain]) -> bool {
        domains.iter().any(|domain| domain.is(self.0.domain()))
    }

    /// Whether mail for it comes to us, or to the next host for us: at `hostname`, or in one of `domains` or under it.
    pub fn is_ours(&self, hostname: &str, domains: &[Domain]) -> bool {
        Domain::parse(self.0.domain()).is_ok_and(|own| own.is(hostname) || domains.iter().any(|d| own.is_within(d)))
    }

    /// What the spellings of one person's address have in common: lower case throughout, NFKC, A-labels, no sub-address.
    ///
    /// RFC 5321 §2.4 leaves the local part to its host. In practice no host tells upper from lower case, and what
    /// stands behind a plus is a sub-address (RFC 5233); a host that prepares user names (RFC 8265) does not tell
    /// full-width letters from others. For limits that protect a person all are folded.
    pub fn folded(&self) -> String {
        nfkc(&fold(&nfkc(self.0.local()), self.0.domain())).into_owned()
    }

    /// What versions up to 0.1.0 may have made of the same person's address in place of [`Self::folded`]: they kept the
    /// label and the normalization form that was typed. Empty for an address that is ASCII without A-labels.
    pub fn former_foldings(&self) -> Vec<String> {
        let folded = self.folded();
        let unicode = Domain::parse(self.0.domain()).map(|domain| domain.to_unicode().into_owned());
        let mut former: Vec<String> = Vec::new();
        for domain in [Ok(self.0.domain().to_owned()), unicode].into_iter().flatten() {
            let spelled = fold(self.0.local(), &domain);
            former.extend([nfc(&spelled).into_owned(), code_points::nfd(&spelled).into_owned()]);
        }
        former.sort();
        former.dedup();
        former.retain(|spelling| *spelling != folded);
        former
    }
}

fn fold(local: &str, domain: &str) -> String {
    let base = local.split('+').next().filter(|base| !base.is_empty()).unwrap_or(local);
    format!("{base}@{domain}").to_lowercase()
}

/// A domain as it is kept and sent: ASCII as it was written, all else in A-labels.
fn domain_to_send(text: &str) -> Result<String, AddressError> {
    let domain = Domain::parse(text)?;
    let written = without_final_dot(text);
    Ok(if domain.as_str().eq_ignore_ascii_case(written) { written.to_owned() } else { domain.into() })
}

impl fmt::Debug for RealAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RealAddress(hidden)")
    }
}

impl TryFrom<String> for RealAddress {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse_stored(&text)
    }
}

impl From<RealAddress> for String {
    fn from(address: RealAddress) -> Self {
        address.0.into_text()
    }
}
