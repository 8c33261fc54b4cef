//! The domain: what an address is, what an alias is, when it is alive and how its uses are counted.
//!
//! Pure functions and plain values. Nothing here performs I/O, owns a clock or draws a random number.

mod account;
mod address;
mod limits;
mod name;
mod order_error;

pub use account::{Account, CONFIRM_WITHIN, GRACE, Standing};
pub use address::{AddressError, Domain, Mailbox, RealAddress};
pub use limits::{Caps, Change, DAY, Limits, MAX_ALIASES_PER_ORDER, Time, Wish};
pub use name::{AliasAddress, Name};
pub use order_error::OrderError;

#[cfg(test)]
mod tests;
