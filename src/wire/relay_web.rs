//! relay ← web: whether an address is on a block list. `web` cannot ask the DNS, and `relay` knows no visitor.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What the process at port 80 may ask of the one that speaks to the Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Is it on one of the configured lists?
    Listed {
        /// A visitor's.
        address: IpAddr,
    },
}

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// At least one list has it.
    Yes,
    /// No list has it.
    No,
    /// No list that answered has it, and one has not answered, or not in words that mean anything: no listing.
    Unknown,
}
