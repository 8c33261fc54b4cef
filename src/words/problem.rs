//! The kinds of problems that people and programs are told of.

use super::texts::{Problem, Words};

/// What went wrong, as far as its title and text depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The body of the request cannot be read.
    Malformed,
    /// A field is not valid.
    Invalid,
    /// No key or token, or not a good one.
    Unauthorized,
    /// The owner of the address has refused all aliases.
    Refused,
    /// The client is on a block list.
    Listed,
    /// The token does not allow it.
    Forbidden,
    /// No such alias, or not its key.
    NotFound,
    /// Nothing is at this path.
    NoPage,
    /// The link is not valid, or no longer.
    NoLink,
    /// The method is not allowed at this path.
    NotAllowed,
    /// The body did not arrive in time.
    Timeout,
    /// The body is too long.
    TooLarge,
    /// What an earlier request created has ended.
    Ended,
    /// The key of this request belongs to a different one.
    KeyReused,
    /// The mail server of the address does not accept our e-mail.
    Undeliverable,
    /// A rate limit.
    TooMany,
    /// The store, or an e-mail's way out, is away.
    Unavailable,
}

impl Words {
    /// Title and text of a problem, for people.
    pub fn problem(&self, kind: ProblemKind) -> &Problem {
        let problems = &self.problems;
        match kind {
            ProblemKind::Malformed => &problems.malformed,
            ProblemKind::Unauthorized => &problems.unauthorized,
            ProblemKind::Refused => &problems.refused,
            ProblemKind::Listed => &problems.listed,
            ProblemKind::Forbidden => &problems.forbidden,
            ProblemKind::NotFound => &problems.not_found,
            ProblemKind::NoPage => &problems.no_page,
            ProblemKind::NoLink => &problems.no_link,
            ProblemKind::NotAllowed => &problems.not_allowed,
            ProblemKind::Timeout => &problems.timeout,
            ProblemKind::TooLarge => &problems.too_large,
            ProblemKind::KeyReused => &problems.key_reused,
            ProblemKind::Undeliverable => &problems.undeliverable,
            ProblemKind::TooMany => &problems.too_many,
            ProblemKind::Unavailable => &problems.unavailable,
            ProblemKind::Invalid | ProblemKind::Ended => &problems.other,
        }
    }
}
