//! The relay's verdict in words for the client. The next host's own words may name people, and never get here.

use crate::proto::reply::{self, Reply};
use crate::proto::session::RelayResult;
use crate::proto::status::EnhancedCode;
use crate::wire::relay_smtp::{Origin, Verdict};

/// Code and enhanced code as they came, and words that fit their origin.
pub(super) fn verdict(verdict: Verdict) -> RelayResult {
    if verdict.is_positive() {
        return Ok(());
    }
    let (class, subject, detail) = verdict.enhanced;
    let temporary = verdict.code < 500;
    let text = match verdict.origin {
        Origin::NextHost if temporary => "The next host does not take it now, try again later",
        Origin::NextHost => "The next host does not take it",
        Origin::NoNextHost => "The next host does not answer, try again later",
        Origin::RefusesUs => "Mail cannot be passed on from here now, try again later",
        Origin::TooSlow => "Too slow while others wait, try again later",
        Origin::OtherTransaction => "Send this recipient's copy separately",
        Origin::Unsupported => "The next host lacks an extension that this message needs",
        Origin::Busy => return Err(reply::BUSY),
        // P4: what is dead at the next host, or at the final dot, is unknown, octet for octet.
        Origin::Dead => return Err(reply::UNKNOWN_USER),
        Origin::Forged => return Err(reply::SENDER_IS_OURS),
        Origin::NoVault => return Err(reply::LOCAL_ERROR),
    };
    Err(Reply::new(verdict.code, EnhancedCode::new(class, subject, detail), text))
}
