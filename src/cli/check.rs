//! `tempalias check`.

use crate::config::{self, Located};
use crate::sys::exit;
use std::path::Path;
use std::process::ExitCode;

/// Prints every fault and warning; succeeds if there is no fault.
pub(super) fn run(path: &Path) -> ExitCode {
    let parsed = config::read(path);
    for fault in &parsed.faults {
        eprintln!("fault: {}", Located(path, fault));
    }
    for warning in &parsed.warnings {
        eprintln!("warning: {}", Located(path, warning));
    }
    if parsed.config.is_none() {
        eprintln!("tempalias will not start with this configuration; see tempalias.toml(5)");
        return ExitCode::from(exit::CONFIG);
    }
    println!("{}: valid", path.display());
    ExitCode::SUCCESS
}
