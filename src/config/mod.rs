//! The configuration: what is in the file, what each role gets of it.
//!
//! 1. [`read`] parses the file with the place of every value (TOML 1.0).
//! 2. Each section takes its keys by name, read by the readers of their types, with their defaults.
//! 3. Every fault is collected with its line; a key that nobody took is a fault too.
//! 4. Out of the sections each role's slice is put together: what is fixed, and what a reload changes.

mod budgets;
mod diagnostics;
mod file;
mod section;
pub mod settings;
mod values;

pub use diagnostics::{Diagnostic, Located};

use diagnostics::Diagnostics;
use section::Section;
use settings::{RestartKeys as _, Slice, monitor, relay, restart_settings, smtp, vault, web};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;

/// Where the package puts the configuration.
pub const DEFAULT_FILE: &str = "/etc/tempalias/tempalias.toml";

/// `runtime_dir`, unless the file says otherwise.
pub const DEFAULT_RUNTIME_DIR: &str = "/run/tempalias";

restart_settings! {
    /// Everything the file says, sliced by role.
    #[derive(Clone)]
    pub struct Config {
        /// For the monitor itself.
        [by_key] pub monitor: monitor::Fixed,
        /// For `smtp`.
        [by_key] pub smtp: Slice<smtp::Fixed, smtp::Live>,
        /// For `relay`.
        [by_key] pub relay: Slice<relay::Fixed, relay::Live>,
        /// For the vault.
        [by_key] pub vault: Slice<vault::Fixed, vault::Live>,
        /// For `web`.
        [by_key] pub web: Slice<web::Fixed, web::Live>,
    }
}

impl Config {
    /// The keys that have another value in `new` and take a restart, as the log names them.
    pub fn restart_keys(&self, new: &Self) -> Vec<&'static str> {
        let mut named = HashSet::new();
        // One key may be a setting of several roles.
        self.changed_keys(new).into_iter().filter(|key| named.insert(*key)).collect()
    }

    /// This with all of `new` that can be changed while the daemon runs.
    pub fn reloaded(&self, new: Self) -> Self {
        Self {
            monitor: self.monitor.clone(),
            smtp: self.smtp.reloaded(new.smtp),
            relay: self.relay.reloaded(new.relay),
            vault: self.vault.reloaded(new.vault),
            web: self.web.reloaded(new.web),
        }
    }

    /// This with the server key from systemd's credentials (systemd.exec(5), `LoadCredential=`), if it is among them.
    pub fn with_credentials(mut self, directory: Option<&OsStr>) -> Self {
        if let Some(key) = directory.map(|directory| Path::new(directory).join("server.key")).filter(|key| key.exists())
        {
            self.vault.fixed.key_file = key;
        }
        self
    }

    /// Where aliases live, for people.
    pub fn domains_in_words(&self) -> String {
        let names: Vec<&str> = self.smtp.live.domains.iter().map(|domain| domain.as_str()).collect();
        names.join(", ")
    }
}

/// What came of reading the file.
pub struct Parsed {
    /// The configuration, if there is no fault.
    pub config: Option<Config>,
    /// What keeps the daemon from starting.
    pub faults: Vec<Diagnostic>,
    /// What is valid but odd.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a configuration file.
pub fn read(path: &Path) -> Parsed {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text),
        Err(cause) => {
            let message = format!("cannot be read ({cause}); create it, or name another with --config");
            Parsed { config: None, faults: vec![Diagnostic { line: None, message }], warnings: Vec::new() }
        }
    }
}

/// Reads the text of a configuration file.
pub fn parse(text: &str) -> Parsed {
    let diagnostics = Diagnostics::new(text);
    let config = match Section::root(text, &diagnostics) {
        Ok(root) => Some(file::read(root)),
        Err(error) => {
            diagnostics.fault(error.span(), error.message().to_owned());
            None
        }
    };
    let (faults, warnings) = diagnostics.sorted();
    Parsed { config: config.filter(|_| faults.is_empty()), faults, warnings }
}

#[cfg(test)]
mod tests;
