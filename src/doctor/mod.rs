//! `tempalias doctor`: what an administrator would look at by hand, looked at.
//!
//! 1. The configuration; without one nothing else can be looked at.
//! 2. The daemon, its ports, its store, the clock: this host.
//! 3. The names of this host and of the domains: the DNS.
//! 4. The smarthost, up to `RCPT`: no mail is sent.
//!
//! Each finding is one line, and each fault says how to cure it.

mod host;
mod names;
mod smarthost;

use crate::config::{self, Located};
use crate::runtime::{self, Fatal};
use std::fmt;
use std::path::Path;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Mail flows, but something could be better, or could not be looked at.
    Warning,
    /// Mail does not flow, or not for long.
    Fault,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What: a word.
    pub subject: &'static str,
    /// How it is.
    pub severity: Severity,
    /// What was seen and, unless it is ok, what to do.
    pub what: String,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<8} {:<10} {}", self.severity.name(), self.subject, self.what)
    }
}

fn ok(subject: &'static str, what: impl Into<String>) -> Finding {
    Finding { subject, severity: Severity::Ok, what: what.into() }
}

fn warning(subject: &'static str, what: impl Into<String>) -> Finding {
    Finding { subject, severity: Severity::Warning, what: what.into() }
}

fn fault(subject: &'static str, what: impl Into<String>) -> Finding {
    Finding { subject, severity: Severity::Fault, what: what.into() }
}

/// Looks at everything, with the configuration at `path`.
///
/// # Errors
/// Of the operating system, when it does not let us look at anything.
pub fn examine(path: &Path) -> Result<Vec<Finding>, Fatal> {
    const SUBJECT: &str = "config";
    let parsed = config::read(path);
    let mut findings: Vec<Finding> =
        parsed.faults.iter().map(|diagnostic| fault(SUBJECT, Located(path, diagnostic).to_string())).collect();
    findings.extend(parsed.warnings.iter().map(|diagnostic| warning(SUBJECT, Located(path, diagnostic).to_string())));
    let Some(config) = parsed.config else { return Ok(findings) };
    findings.push(ok(SUBJECT, format!("{} is valid", path.display())));
    runtime::block_on(async move {
        findings.extend(host::examine(&config).await);
        findings.extend(names::examine(&config).await);
        findings.extend(smarthost::examine(&config).await);
        Ok(findings)
    })
}
