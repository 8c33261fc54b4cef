//! `[limits]`: what visitors may have.

use crate::alias::Caps;
use crate::config::section::Section;
use crate::config::values::{list, local_part, number};

/// Role addresses (RFC 2142 and custom), and those that nobody reads.
const RESERVED: [&str; 11] = [
    "abuse",
    "hostmaster",
    "mailer-daemon",
    "no-reply",
    "noc",
    "noreply",
    "postmaster",
    "root",
    "security",
    "usenet",
    "webmaster",
];

/// The values of this section.
pub(super) struct Limits {
    pub(super) caps: Caps,
    pub(super) creations_per_address: u32,
    pub(super) alive_per_address: u32,
    pub(super) emails_per_day: u32,
    pub(super) emails_per_address: u32,
    pub(super) reserved: Vec<String>,
    pub(super) creations_per_client: u32,
}

/// Reads the section.
pub(super) fn read(mut section: Section<'_, '_>) -> Limits {
    let caps = Caps {
        max_days: section.take("max_days", number(1)).unwrap_or(60),
        max_usage: section.take("max_usage", number(1)).unwrap_or(100),
    };
    let creations_per_address = section.take("creations_per_address", number(0)).unwrap_or(100);
    // An administrator who lifts the one limit means the other as well.
    let default_alive = if creations_per_address == 0 { 0 } else { 1_000 };
    Limits {
        caps,
        creations_per_address,
        alive_per_address: section.take("alive_per_address", number(0)).unwrap_or(default_alive),
        emails_per_day: section.take_renamed("emails_per_day", "letters", number(0)).unwrap_or(5_000),
        emails_per_address: section.take_renamed("emails_per_address", "letters_per_address", number(1)).unwrap_or(5),
        reserved: section.take("reserved", list(local_part)).unwrap_or_else(|| RESERVED.map(str::to_owned).to_vec()),
        creations_per_client: section.take("creations_per_client", number(0)).unwrap_or(100),
    }
}
