//! The topology, as data: spawning, orders and tests read it.

use crate::channel::Door;
use crate::config::Config;
use crate::runtime::Fatal;

/// What the processes are that the monitor runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Keeps the table.
    Vault,
    /// Connects to the next host.
    Relay,
    /// Hears port 25.
    Smtp,
    /// Hears port 80.
    Web,
}

impl Role {
    /// In the order in which they are started.
    pub const ALL: [Self; 4] = [Self::Vault, Self::Relay, Self::Smtp, Self::Web];

    /// Its name: on the command line, in the log, and of its listening sockets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Relay => "relay",
            Self::Smtp => "smtp",
            Self::Web => "web",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The doors it opens to others.
    pub fn doors(self) -> &'static [Door] {
        match self {
            Self::Vault => &[Door::VaultSmtp, Door::VaultRelay, Door::VaultWeb, Door::VaultAdmin],
            Self::Relay => &[Door::RelaySmtp, Door::RelayWeb],
            Self::Smtp | Self::Web => &[],
        }
    }

    /// The doors of others it may go through.
    pub fn calls(self) -> &'static [Door] {
        match self {
            Self::Vault => &[],
            Self::Relay => &[Door::VaultRelay],
            Self::Smtp => &[Door::VaultSmtp, Door::RelaySmtp],
            Self::Web => &[Door::VaultWeb, Door::RelayWeb],
        }
    }

    /// Who opens a door.
    pub fn owner_of(door: Door) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.doors().contains(&door))
    }

    /// How many processes it has. The table has one keeper.
    pub fn processes(self, config: &Config) -> usize {
        match self {
            Self::Vault => 1,
            Self::Relay => config.monitor.processes.relay,
            Self::Smtp => config.monitor.processes.smtp,
            Self::Web => config.monitor.processes.web,
        }
    }

    /// Lives its life.
    pub fn run(self) -> Result<(), Fatal> {
        match self {
            Self::Vault => crate::vault::run(),
            Self::Relay => crate::relay::run(),
            Self::Smtp => crate::smtp::run(),
            Self::Web => crate::web::run(),
        }
    }
}
