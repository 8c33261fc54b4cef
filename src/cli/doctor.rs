//! `tempalias doctor`.

use super::admin::Asking;
use crate::doctor::{self, State};
use crate::runtime::Fatal;
use crate::sys::exit;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Prints every finding; succeeds if there is no fault.
pub(super) fn run(asking: &Asking) -> Result<ExitCode, Fatal> {
    let findings = doctor::examine(&asking.path)?;
    if asking.json {
        let all: Vec<Value> = findings
            .iter()
            .map(|finding| json!({ "subject": finding.subject, "state": finding.state.name(), "what": finding.what }))
            .collect();
        println!("{:#}", Value::from(all));
    } else {
        findings.iter().for_each(|finding| println!("{finding}"));
    }
    let ill = findings.iter().any(|finding| finding.state == State::Fault);
    Ok(if ill { ExitCode::from(exit::UNAVAILABLE) } else { ExitCode::SUCCESS })
}
