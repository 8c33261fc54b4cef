//! relay ← web: whether an address is on a block list. `web` cannot ask the DNS, and `relay` knows no visitor.

use super::rpc::protocol;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

protocol! {
    /// What the process at port 80 may ask of the one that connects to the Internet.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub RelayWeb {
        IsListed => Listing,
    }
    one_way {}
}

/// Is it on one of the configured lists?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsListed {
    /// A visitor's.
    pub address: IpAddr,
}

/// The answer to [`IsListed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Listing {
    /// At least one list has it.
    Yes,
    /// No list has it.
    No,
    /// No list that answered has it, and one has not answered, or not in words that mean anything: no listing.
    Unknown,
}
