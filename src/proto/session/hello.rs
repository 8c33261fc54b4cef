//! HELO and EHLO, and what the server announces.

use super::Policy;
use crate::proto::reply::write_lines;
use std::borrow::Cow;

/// How the client greeted.
pub(super) struct Hello {
    /// Its name for itself.
    pub(super) name: Box<str>,
    /// By EHLO.
    pub(super) extended: bool,
}

/// An extension that EHLO announces (RFC 5321 §2.2).
#[derive(Clone, Copy)]
enum Extension {
    /// RFC 2920.
    Pipelining,
    /// RFC 1870.
    Size,
    /// RFC 6152.
    EightBitMime,
    /// RFC 2034.
    EnhancedStatusCodes,
    /// RFC 6531.
    SmtpUtf8,
}

/// In the order in which they are announced.
const EXTENSIONS: &[Extension] = &[
    Extension::Pipelining,
    Extension::Size,
    Extension::EightBitMime,
    Extension::EnhancedStatusCodes,
    Extension::SmtpUtf8,
];

impl Extension {
    /// Keyword and parameter.
    fn line(self, policy: &Policy) -> Cow<'static, str> {
        match self {
            Self::Pipelining => "PIPELINING".into(),
            Self::Size => format!("SIZE {}", policy.max_message_size).into(),
            Self::EightBitMime => "8BITMIME".into(),
            Self::EnhancedStatusCodes => "ENHANCEDSTATUSCODES".into(),
            Self::SmtpUtf8 => "SMTPUTF8".into(),
        }
    }
}

impl Hello {
    /// Appends the reply to HELO or EHLO.
    pub(super) fn write_reply(&self, policy: &Policy, out: &mut Vec<u8>) {
        let hostname = Cow::from(&*policy.hostname);
        let extensions = if self.extended { EXTENSIONS } else { &[] };
        let extensions = extensions.iter().map(|extension| extension.line(policy));
        write_lines(250, std::iter::once(hostname).chain(extensions), out);
    }
}
