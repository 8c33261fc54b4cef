//! The topology of the daemon, as data: which roles there are, who may call whom, and what each gets.
//!
//! Spawning, sockets, doors, the sandbox, init messages and tests read this table. A new role is one row here and a
//! module of its own; a new door is one row in [`crate::channel::Door`], named here by the role that opens it and the
//! roles that call.

use crate::channel::Door;
use crate::config::Config;
use crate::config::settings::Slice;
use crate::runtime::Fatal;
use crate::runtime::control::{ControlMessage, InitMessage, ProcessInit, framed};
use crate::sys::sandbox::{Ports, Promise};
use serde::Serialize;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// One role: what its processes are for, and what they get and may do.
pub struct RoleSpec {
    /// Its name: on the command line, in the log and in `tempalias status`.
    pub name: &'static str,
    /// The doors it opens, to serve whichever role calls.
    pub opens: &'static [Door],
    /// The doors of other roles that it may call.
    pub calls: &'static [Door],
    /// What its processes may do once they are in the sandbox.
    pub promises: fn(&Config) -> Vec<Promise>,
    /// How many processes it has.
    pub processes: fn(&Config) -> usize,
    /// What it serves on listening sockets of the network.
    pub services: &'static [Service],
    /// Its slice of the configuration.
    pub settings: fn(&Config) -> &dyn RoleSettings,
    /// Its entry point: runs one of its processes until the monitor tells it to stop.
    pub run: fn() -> Result<(), Fatal>,
}

/// Something that a role serves on listening sockets of the network.
pub struct Service {
    /// The name of its sockets, and of its section in the configuration.
    pub name: &'static str,
    /// The port that it has by convention, if it has one.
    pub port: Option<u16>,
    /// The addresses that the configuration gives it.
    pub listen: fn(&Config) -> &[SocketAddr],
    /// Whether it is bound even if other sockets were handed over; else it is then not served without one.
    pub always: bool,
}

/// The slice of the configuration for one role, as the role is told it.
pub trait RoleSettings {
    /// The init message with it, as a frame.
    ///
    /// # Errors
    /// If it is too long for a frame.
    fn init(&self, process: ProcessInit) -> io::Result<Vec<u8>>;

    /// The control message that replaces the settings that a reload changes, as a frame.
    ///
    /// # Errors
    /// If it is too long for a frame.
    fn reload(&self) -> io::Result<Vec<u8>>;
}

impl<Fixed: Serialize, Live: Serialize> RoleSettings for Slice<Fixed, Live> {
    fn init(&self, process: ProcessInit) -> io::Result<Vec<u8>> {
        framed(&InitMessage { fixed: &self.fixed, live: &self.live, process }).map_err(configuration)
    }

    fn reload(&self) -> io::Result<Vec<u8>> {
        framed(&ControlMessage::Reload(&self.live)).map_err(configuration)
    }
}

/// Of these messages, only the configuration can be long.
fn configuration(cause: io::Error) -> io::Error {
    io::Error::other(format!("the configuration is {cause}"))
}

/// A row of [`ROLES`].
pub type Role = &'static RoleSpec;

/// All roles, in the order in which they are started.
pub const ROLES: &[RoleSpec] = &[
    // Keeps the table of aliases. One process: the table has one writer.
    RoleSpec {
        name: "vault",
        opens: &[Door::VaultSmtp, Door::VaultRelay, Door::VaultWeb, Door::VaultAdmin],
        calls: &[],
        promises: |config| crate::vault::promises(&config.vault.fixed.store),
        processes: |_| 1,
        services: &[],
        settings: |config| &config.vault,
        run: crate::vault::run,
    },
    // Connects to the next host.
    RoleSpec {
        name: "relay",
        opens: &[Door::RelaySmtp, Door::RelayWeb],
        calls: &[Door::VaultRelay],
        promises: |config| vec![Promise::Internet(Ports::Only(vec![config.relay.fixed.smarthost.port]))],
        processes: |config| config.monitor.processes.relay,
        services: &[],
        settings: |config| &config.relay,
        run: crate::relay::run,
    },
    // Serves port 25.
    RoleSpec {
        name: "smtp",
        opens: &[],
        calls: &[Door::VaultSmtp, Door::RelaySmtp],
        promises: |_| vec![Promise::Accept, Promise::Pairs],
        processes: |config| config.monitor.processes.smtp,
        services: &[Service {
            name: "smtp",
            port: Some(25),
            listen: |config| &config.monitor.smtp_listen,
            always: false,
        }],
        settings: |config| &config.smtp,
        run: crate::smtp::run,
    },
    // Serves port 80.
    RoleSpec {
        name: "web",
        opens: &[],
        calls: &[Door::VaultWeb, Door::RelayWeb],
        promises: |_| vec![Promise::Accept],
        processes: |config| config.monitor.processes.web,
        services: &[
            Service { name: "web", port: Some(80), listen: |config| &config.monitor.web_listen, always: false },
            Service { name: "metrics", port: None, listen: |config| &config.monitor.metrics_listen, always: true },
        ],
        settings: |config| &config.web,
        run: crate::web::run,
    },
];

impl RoleSpec {
    /// The role of this name.
    pub fn named(name: &str) -> Option<Role> {
        ROLES.iter().find(|role| role.name == name)
    }

    /// The roles that may call at `door`, in the order of the table.
    pub fn callers_of(door: Door) -> impl Iterator<Item = Role> {
        ROLES.iter().filter(move |role| role.calls.contains(&door))
    }
}

/// Roles are told apart by their names.
impl PartialEq for RoleSpec {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for RoleSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::DoorKind;
    use std::collections::HashSet;

    #[test]
    fn names_of_roles_services_and_doors_are_unique() {
        let doors = || ROLES.iter().flat_map(|role| role.opens);
        let names: Vec<&str> = ROLES
            .iter()
            .map(|role| role.name)
            .chain(doors().map(|door| door.name()))
            .chain([crate::runtime::control::CONTROL])
            .collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
        let services: Vec<&str> = ROLES.iter().flat_map(|role| role.services).map(|service| service.name).collect();
        assert_eq!(services.iter().collect::<HashSet<_>>().len(), services.len(), "{services:?}");
    }

    #[test]
    fn each_door_is_opened_by_one_role_and_named_after_both_ends() {
        for role in ROLES {
            for door in role.calls {
                let owners: Vec<Role> = ROLES.iter().filter(|owner| owner.opens.contains(door)).collect();
                let [owner] = owners[..] else { panic!("{door:?} is opened by {owners:?}") };
                assert_eq!(door.name(), format!("{}-{}", owner.name, role.name));
                assert_ne!(door.kind(), DoorKind::Admin, "no role may administer");
            }
            for door in role.opens {
                let callers = RoleSpec::callers_of(*door).count();
                assert_eq!(callers, usize::from(door.kind() != DoorKind::Admin), "callers of {door:?}");
            }
        }
    }

    /// P6: what the Internet connects to cannot connect to the Internet, and what connects takes no connection from it.
    #[test]
    fn a_role_that_serves_the_network_does_not_connect_to_it() {
        let file =
            "hostname = 'mx.example.org'\ndomains = ['example.org']\n[relay]\nsmarthost = 'mail.example.net:587'\n";
        for store in ["", "[store]\nurl = 'redis://127.0.0.1:6379'\n"] {
            let config = crate::config::parse(&format!("{file}{store}")).config.unwrap();
            for role in ROLES {
                let promises = (role.promises)(&config);
                let connects = promises.iter().any(|promise| matches!(promise, Promise::Internet(_)));
                assert!(!connects || role.services.is_empty(), "{role:?} promises {promises:?}");
            }
        }
    }

    /// What a role is told is what the table says; what is the monitor's alone cannot be told.
    #[test]
    fn promises_come_back_from_a_frame() {
        let promises = vec![
            Promise::Accept,
            Promise::Internet(Ports::Any),
            Promise::Internet(Ports::Only(vec![25, 587])),
            Promise::Pairs,
            Promise::Table,
            Promise::Threads,
        ];
        let frame = framed(&promises).unwrap();
        assert_eq!(crate::wire::frame::decode(&frame), Ok(Some((promises, frame.len()))));
        for promise in [Promise::Children(vec![1]), Promise::Reread(3)] {
            assert!(framed(&promise).is_err(), "{promise:?}");
        }
    }

    /// A role is stopped once nobody calls it any more: where roles call in a circle, none would ever be.
    #[test]
    fn roles_do_not_call_in_a_circle() {
        let mut left: Vec<Role> = ROLES.iter().collect();
        while !left.is_empty() {
            let before = left.len();
            let called: Vec<&Door> = left.iter().flat_map(|role| role.calls).collect();
            left.retain(|role| role.opens.iter().any(|door| called.contains(&door)));
            assert!(left.len() < before, "{left:?} call each other");
        }
    }
}
