//! The configuration: what is in the file, what each role gets of it.
//!
//! 1. [`read`] parses the file with the place of every value (TOML 1.0).
//! 2. Each key is taken by name, read by its type's reader, and falls back to its default.
//! 3. Every fault is collected with its line; a key that nobody took is a fault too.

mod keys;
mod section;
pub mod settings;
mod store;

use section::{Notes, Section};
use std::ffi::OsStr;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the package puts the configuration.
pub const DEFAULT_FILE: &str = "/etc/tempalias/tempalias.toml";

/// Where the doors are unless the configuration says otherwise.
pub const DEFAULT_RUNTIME_DIR: &str = "/run/tempalias";

/// Everything the file says, sliced by role.
#[derive(Clone)]
pub struct Config {
    /// For `smtp`.
    pub smtp: settings::Smtp,
    /// For `relay`.
    pub relay: settings::Relay,
    /// For the vault.
    pub vault: settings::Vault,
    /// For `web`.
    pub web: settings::Web,
    /// SMTP addresses, bound only when no sockets are handed over.
    pub smtp_listen: Vec<SocketAddr>,
    /// HTTP addresses, likewise.
    pub web_listen: Vec<SocketAddr>,
    /// Where metrics can be had, likewise.
    pub metrics_listen: Vec<SocketAddr>,
    /// How many processes each role has.
    pub processes: Processes,
    /// Whom to become when started as root.
    pub user: String,
    /// The same.
    pub group: String,
    /// Where the table is, if it is a file.
    pub state_dir: PathBuf,
    /// Where the doors are.
    pub runtime_dir: PathBuf,
    /// How long sessions may go on after SIGTERM.
    pub drain: Duration,
}

impl Config {
    /// What differs in `new` that cannot be changed while the daemon runs, by the names of the keys.
    pub fn fixed_that_differ(&self, new: &Self) -> Vec<&'static str> {
        let fixed = [
            (
                settings::Relay { dnsbl: self.relay.dnsbl.clone(), ..new.relay.clone() } != self.relay,
                "[relay], or hostname in it,",
            ),
            (self.relay.dnsbl != new.relay.dnsbl, "dnsbl under [web]"),
            (self.vault.store != new.vault.store, "[store]"),
            (self.vault.key_file != new.vault.key_file, "key_file under [store]"),
            (self.vault.ticket_lifetime != new.vault.ticket_lifetime, "transaction_timeout under [smtp]"),
            (self.smtp_listen != new.smtp_listen, "listen under [smtp]"),
            (self.web_listen != new.web_listen, "listen under [web]"),
            (self.metrics_listen != new.metrics_listen, "listen under [metrics]"),
            (self.processes != new.processes, "processes"),
            (self.drain != new.drain, "drain"),
            (self.runtime_dir != new.runtime_dir, "runtime_dir"),
            (self.state_dir != new.state_dir, "state_dir"),
            ((&self.user, &self.group) != (&new.user, &new.group), "user or group"),
        ];
        fixed.into_iter().filter_map(|(differs, what)| differs.then_some(what)).collect()
    }

    /// This with all of `new` that can be changed while the daemon runs.
    pub fn with_changes(&self, new: Self) -> Self {
        let vault = settings::Vault {
            store: self.vault.store.clone(),
            key_file: self.vault.key_file.clone(),
            ticket_lifetime: self.vault.ticket_lifetime,
            drain: self.drain,
            ..new.vault
        };
        let smtp = settings::Smtp { transaction_timeout: self.smtp.transaction_timeout, drain: self.drain, ..new.smtp };
        let web = settings::Web { dnsbl: self.web.dnsbl, drain: self.drain, ..new.web };
        Self { smtp, web, vault, ..self.clone() }
    }

    /// This with the server key from systemd's credentials (systemd.exec(5), `LoadCredential=`), if it is among them.
    pub fn with_credentials(mut self, directory: Option<&OsStr>) -> Self {
        if let Some(key) = directory.map(|directory| Path::new(directory).join("server.key")).filter(|key| key.exists())
        {
            self.vault.key_file = key;
        }
        self
    }

    /// Where aliases live, for people.
    pub fn domains_in_words(&self) -> String {
        let names: Vec<&str> = self.smtp.domains.iter().map(|domain| domain.as_str()).collect();
        names.join(", ")
    }
}

/// Processes of each role that may have several; there is one vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Processes {
    /// Of `smtp`.
    pub smtp: usize,
    /// Of `web`.
    pub web: usize,
    /// Of `relay`.
    pub relay: usize,
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
