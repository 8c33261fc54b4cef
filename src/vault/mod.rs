//! The `vault` role.

use crate::config::settings;
use crate::role::{Fatal, Start};

/// Runs the role until it is told to stop.
pub fn run() -> Result<(), Fatal> {
    let _start = Start::<settings::Vault>::take("vault")?;
    Ok(())
}
