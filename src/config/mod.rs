//! The configuration: what is in the file, what each role gets of it.
//!
//! 1. [`read`] parses the file with the place of every value (TOML 1.0).
//! 2. Each key is taken by name, read by its type's reader, and falls back to its default.
//! 3. Every fault is collected with its line; a key that nobody took is a fault too.

mod budgets;
mod keys;
mod section;
pub mod settings;
mod store;

use section::{Notes, Section};
use settings::{RestartKeys as _, Slice, monitor, relay, restart_settings, smtp, vault, web};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;

/// Where the package puts the configuration.
pub const DEFAULT_FILE: &str = "/etc/tempalias/tempalias.toml";

/// Where the doors are unless the configuration says otherwise.
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

/// One thing to tell the administrator about the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Line of the file, from 1; absent for what is missing from it.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub what: String,
}

/// What came of reading the file.
pub struct Outcome {
    /// The configuration, if there is no fault.
    pub config: Option<Config>,
    /// What keeps the daemon from starting.
    pub faults: Vec<Note>,
    /// What is valid but odd.
    pub warnings: Vec<Note>,
}

/// A note as `file:line: text`.
pub struct Located<'a>(pub &'a Path, pub &'a Note);

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(path, Note { line, what }) = self;
        match line {
            Some(line) => write!(f, "{}:{line}: {what}", path.display()),
            None => write!(f, "{}: {what}", path.display()),
        }
    }
}

/// Reads a configuration file.
pub fn read(path: &Path) -> Outcome {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text),
        Err(cause) => {
            let what = format!("cannot be read ({cause}); create it, or name another with --config");
            Outcome { config: None, faults: vec![Note { line: None, what }], warnings: Vec::new() }
        }
    }
}

/// Reads the text of a configuration file.
pub fn parse(text: &str) -> Outcome {
    let notes = Notes::new(text);
    let config = match Section::root(text, &notes) {
        Ok(root) => keys::take_all(root, &notes),
        Err(error) => {
            notes.fault(error.span(), error.message().to_owned());
            None
        }
    };
    let (faults, warnings) = notes.sorted();
    Outcome { config: config.filter(|_| faults.is_empty()), faults, warnings }
}

#[cfg(test)]
mod tests;
