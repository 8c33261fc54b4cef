//! Why an order of aliases is not granted.

use super::address::AddressError;
use super::shapes::RefusedShape;
use serde::{Deserialize, Serialize};

/// Why an alias, a token or a change of an alias is not granted. Nothing in it names an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderError {
    /// Not a mailbox, or none on the Internet.
    Target,
    /// The target is of a shape that mail servers may read as something else than a mailbox.
    TargetShape(RefusedShape),
    /// The target holds a character that is in nobody's address.
    TargetCharacter,
    /// The target is itself an address of ours: mail would go in circles.
    TargetIsOurs,
    /// Not one of the configured domains.
    Domain,
    /// Not between 1 and the cap.
    Days {
        /// The cap.
        max: u32,
    },
    /// Not between 1 and the cap.
    MaxUsage {
        /// The cap.
        max: u32,
    },
    /// Neither days nor messages nor an end.
    NoLimit,
    /// Both days and an end.
    TwoEnds,
    /// The start is not a time that can be stored.
    ValidFrom,
    /// The end is not after now and after the start, or beyond the cap.
    ValidUntil {
        /// The cap.
        max: u32,
    },
    /// This address already got as many aliases as one address gets in a day.
    TooManyForTarget,
    /// This address already has as many aliases as one address may have.
    TooManyAlive,
    /// This address already got as many e-mails of ours as one address gets in a day.
    TooManyEmails,
    /// The target is a role address such as abuse@ (RFC 2142).
    Reserved,
    /// The owner of the target has refused all aliases.
    OptedOut,
    /// The target's mail server refuses our e-mail.
    Undeliverable,
    /// Not between 1 and the most that are made at once.
    Count {
        /// The most.
        max: u32,
    },
    /// The key that makes this order the same as an earlier one belongs to a different order.
    KeyReused,
    /// This order was answered before, and its aliases have ended.
    Ended,
}

impl From<AddressError> for OrderError {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Shape(shape) => Self::TargetShape(shape),
            AddressError::CodePoint(_) => Self::TargetCharacter,
            AddressError::Incomplete | AddressError::Local | AddressError::Domain | AddressError::TooLong => {
                Self::Target
            }
        }
    }
}
