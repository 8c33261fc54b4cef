//! For the monitor itself. All of it takes a restart, because processes and sockets are made of it.

use super::restart_settings;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

restart_settings! {
    /// What takes a restart.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Fixed {
        /// SMTP addresses, bound only when no sockets are handed over.
        ["listen under [smtp]"] pub smtp_listen: Vec<SocketAddr>,
        /// HTTP addresses, likewise.
        ["listen under [web]"] pub web_listen: Vec<SocketAddr>,
        /// Addresses for Prometheus, likewise.
        ["listen under [metrics]"] pub metrics_listen: Vec<SocketAddr>,
        /// How many processes each role has.
        [by_key] pub processes: Processes,
        /// The user to become when started as root.
        ["user"] pub user: String,
        /// The group to become, likewise.
        ["group"] pub group: String,
        /// Directory of the table, if it is a file, and of the server key.
        ["state_dir"] pub state_dir: PathBuf,
        /// Directory of the lock and of the administrator's socket.
        ["runtime_dir"] pub runtime_dir: PathBuf,
        /// How long sessions may go on after SIGTERM.
        ["drain"] pub drain_timeout: Duration,
    }
}

restart_settings! {
    /// Processes of each role that may have several; there is one vault.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Processes {
        /// Of `smtp`.
        ["processes under [smtp]"] pub smtp: usize,
        /// Of `web`.
        ["processes under [web]"] pub web: usize,
        /// Of `relay`.
        ["processes under [relay]"] pub relay: usize,
    }
}
