//! The domain: what an address is, what an alias is, when it is alive and how its uses are counted.
//!
//! Pure functions and plain values. Nothing here performs I/O, owns a clock or draws a random number.

mod address;
mod code_points;
mod domain;
mod limits;
mod name;
mod order_error;
mod real_address;
mod shapes;
mod state;

pub use address::{AddressError, Mailbox};
pub use domain::Domain;
pub use limits::{Caps, Change, DAY, Limits, MAX_ALIASES_PER_ORDER, RequestedLimits, Time};
pub use name::{AliasAddress, Name};
pub use order_error::OrderError;
pub use real_address::RealAddress;
pub use shapes::RefusedShape;
pub use state::{AliasState, CONFIRM_WITHIN_SECONDS, Standing, USED_UP_RETENTION_SECONDS};

#[cfg(test)]
mod tests;
