//! `tempalias doctor`.

use super::admin::ClientArgs;
use crate::doctor::{self, Severity};
use crate::runtime::Fatal;
use crate::sys::exit;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Prints every finding; succeeds if there is no fault.
pub(super) fn run(args: &ClientArgs) -> Result<ExitCode, Fatal> {
    let findings = doctor::examine(&args.path)?;
    if args.json {
        let all: Vec<Value> = findings
            .iter()
            .map(
                |finding| json!({ "subject": finding.subject, "state": finding.severity.name(), "what": finding.what }),
            )
            .collect();
        println!("{:#}", Value::from(all));
    } else {
        findings.iter().for_each(|finding| println!("{finding}"));
    }
    let has_fault = findings.iter().any(|finding| finding.severity == Severity::Fault);
    Ok(if has_fault { ExitCode::from(exit::UNAVAILABLE) } else { ExitCode::SUCCESS })
}
