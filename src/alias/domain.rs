//! Domains in the one form in which they are compared, hashed and sent: A-labels in lower case (RFC 5890, UTS 46).

use super::AddressError;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::borrow::Cow;
use std::fmt;

/// RFC 5321 §4.5.3.1.2.
const MAX_DOMAIN_OCTETS: usize = 255;
/// RFC 1035 §2.3.4.
const MAX_LABEL_OCTETS: usize = 63;

/// A domain in canonical form: A-labels, lower case, no dot at its end.
///
/// `MÜLLER.example`, `müller.example` in any normalization form and `xn--mller-kva.example` are one value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(Box<str>);

impl Domain {
    /// Parses a domain name in any spelling: U-labels or A-labels, either case, a dot at its end.
    ///
    /// # Errors
    /// What is no host name in the DNS after UTS 46, non-transitional. Underscores are taken within a label.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let ascii = if is_plain(text) { Cow::Owned(text.to_ascii_lowercase()) } else { to_ascii(text)? };
        // After UTS 46, to which other scripts' full stops are dots.
        let ascii = without_final_dot(&ascii);
        check_host_name(ascii)?;
        Ok(Self(ascii.into()))
    }

    /// Whether `spelled` is this domain, in any spelling.
    pub fn is(&self, spelled: &str) -> bool {
        if spelled.is_ascii() {
            without_final_dot(spelled).eq_ignore_ascii_case(&self.0)
        } else {
            Self::parse(spelled).is_ok_and(|domain| domain == *self)
        }
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// With U-labels, to be shown to people; never to be compared or sent.
    pub fn to_unicode(&self) -> Cow<'_, str> {
        if is_plain(&self.0) {
            return Cow::Borrowed(&self.0);
        }
        let (unicode, outcome) =
            Uts46::new().to_unicode(self.0.as_bytes(), AsciiDenyList::EMPTY, Hyphens::CheckFirstLast);
        if outcome.is_ok() { unicode } else { Cow::Borrowed(&self.0) }
    }

    /// Whether it is `other`, or under it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_suffix(other.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

/// The same domain without the dot of the root.
pub(super) fn without_final_dot(text: &str) -> &str {
    text.strip_suffix('.').unwrap_or(text)
}

/// Whether a text is ASCII without anything that claims to be an A-label: then UTS 46 only puts it in lower case.
fn is_plain(text: &str) -> bool {
    let is_a_label = |label: &str| label.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"));
    text.is_ascii() && !text.split('.').any(is_a_label)
}

/// UTS 46, ToASCII: CheckHyphens is false in the middle of a label, because real names have two of them there.
fn to_ascii(text: &str) -> Result<Cow<'_, str>, AddressError> {
    // What no name of 255 octets could have been.
    if text.len() > 4 * MAX_DOMAIN_OCTETS {
        return Err(AddressError::TooLong);
    }
    Uts46::new()
        .to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::CheckFirstLast, DnsLength::Ignore)
        .map_err(|_| AddressError::Domain)
}

/// The grammar of RFC 5321 §4.1.2, with underscores; on octets beyond ASCII it only excludes controls.
pub(super) fn check_host_name(text: &str) -> Result<(), AddressError> {
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
