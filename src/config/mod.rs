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
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the package puts the configuration.
pub const DEFAULT_FILE: &str = "/etc/tempalias/tempalias.toml";

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
    /// Where the doors are.
    pub runtime_dir: PathBuf,
    /// How long sessions may go on after SIGTERM.
    pub drain: Duration,
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
