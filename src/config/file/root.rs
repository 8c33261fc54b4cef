//! The keys in front of all sections.

use super::SECOND;
use crate::alias::{Domain, RealAddress};
use crate::config::DEFAULT_RUNTIME_DIR;
use crate::config::section::Section;
use crate::config::values::{absolute_path, domains, duration, host_name, real_address, text};
use std::path::PathBuf;
use std::time::Duration;

/// What they say.
pub(super) struct Root {
    /// Empty if it is missing or faulty, as are `domains`.
    pub(super) hostname: String,
    pub(super) domains: Vec<Domain>,
    pub(super) postmaster: Option<RealAddress>,
    pub(super) user: String,
    pub(super) group: String,
    pub(super) runtime_dir: PathBuf,
    pub(super) state_dir: PathBuf,
    pub(super) drain: Duration,
}

/// Reads them; `hostname` and `domains` must be there.
pub(super) fn read(file: &mut Section<'_, '_>) -> Root {
    let root = Root {
        hostname: file.require("hostname", "hostname = \"mx.example.org\"", host_name).unwrap_or_default(),
        domains: file.require("domains", "domains = [\"example.org\"]", domains).unwrap_or_default(),
        postmaster: file.take("postmaster", real_address),
        runtime_dir: file.take("runtime_dir", absolute_path).unwrap_or_else(|| DEFAULT_RUNTIME_DIR.into()),
        state_dir: file.take("state_dir", absolute_path).unwrap_or_else(|| "/var/lib/tempalias".into()),
        drain: file.take("drain", duration).unwrap_or(5 * SECOND),
        user: file.take("user", text).unwrap_or_else(|| "tempalias".to_owned()),
        group: file.take("group", text).unwrap_or_else(|| "tempalias".to_owned()),
    };
    if !file.is_set("postmaster") {
        let what = "is not set: mail to postmaster@ and abuse@ will be refused (RFC 5321 §4.5.1 asks for it)";
        file.warn("postmaster", what);
    }
    if root.postmaster.as_ref().is_some_and(|address| address.is_in(&root.domains)) {
        file.fault("postmaster", "is an address in one of our own domains: mail would go in circles");
    }
    root
}
