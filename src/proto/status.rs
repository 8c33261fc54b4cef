//! Reply codes (RFC 5321 §4.2) with enhanced status codes (RFC 3463).

use std::fmt;

/// An enhanced status code: `class.subject.detail` (RFC 3463 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnhancedCode {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// What it is about, 0 to 999: addressing, mailbox, mail system, network, protocol, content, policy.
    pub subject: u16,
    /// 0 to 999.
    pub detail: u16,
}

impl EnhancedCode {
    /// The code `class.subject.detail`.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Self {
        Self { class, subject, detail }
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, subject, detail } = self;
        write!(f, "{class}.{subject}.{detail}")
    }
}

/// What a reply says to a program: its words are for people, and are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// 200 to 599 (RFC 5321 §4.2).
    pub code: u16,
    /// `class.0.0` where the host gave none that fits the code.
    pub enhanced: EnhancedCode,
}

impl Status {
    /// Whether it accepts (RFC 5321 §4.2.1: positive completion).
    pub fn is_positive(self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Whether it refuses what was asked, and the dialog goes on: 4xx or 5xx, but for 421, after which the host closes
    /// the connection (RFC 5321 §3.8).
    pub fn is_refusal(self) -> bool {
        (400..600).contains(&self.code) && self.code != 421
    }

    /// Whether it refuses for good: 5xx (RFC 5321 §4.2.1: permanent negative completion).
    pub fn is_permanent(self) -> bool {
        (500..600).contains(&self.code)
    }

    /// Whether it refuses for now: 4xx (RFC 5321 §4.2.1: transient negative completion), 421 among them.
    pub fn is_transient(self) -> bool {
        (400..500).contains(&self.code)
    }
}
