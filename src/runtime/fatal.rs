//! Errors that end a process, each told in one line that says what to do.

use crate::sys::exit;
use crate::sys::inherit::InheritError;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// An error that a process cannot start or go on with.
#[derive(Debug)]
pub enum Fatal {
    /// The operating system refused something that has no better name here.
    System(io::Error),
    /// A descriptor that should have been handed over was not.
    Descriptor(InheritError),
    /// A file or directory cannot be used.
    File {
        /// Which.
        path: PathBuf,
        /// What was wrong with it, and what to do.
        what: String,
    },
    /// The configuration, or what it points to, is wrong: no restart will help.
    Config(String),
    /// The table cannot be written to; it must be opened anew.
    Store(String),
}

impl Fatal {
    /// The exit code, of sysexits(3). By it systemd knows whether a restart may help.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::System(_) => exit::OSERR,
            Self::Descriptor(_) => exit::USAGE,
            Self::File { .. } => exit::CANTCREAT,
            Self::Config(_) => exit::CONFIG,
            Self::Store(_) => exit::IOERR,
        }
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(cause) => cause.fmt(f),
            Self::Descriptor(cause) => cause.fmt(f),
            Self::File { path, what } => write!(f, "{}: {what}", path.display()),
            Self::Config(what) => f.write_str(what),
            Self::Store(cause) => write!(f, "the table cannot be written to ({cause}); starting again to recover it"),
        }
    }
}

impl std::error::Error for Fatal {}

impl From<io::Error> for Fatal {
    fn from(cause: io::Error) -> Self {
        Self::System(cause)
    }
}

impl From<InheritError> for Fatal {
    fn from(cause: InheritError) -> Self {
        Self::Descriptor(cause)
    }
}
