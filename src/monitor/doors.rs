//! The sockets of the doors, made before there is a process to get them.

use super::topology::{ROLES, Role, RoleSpec};
use crate::channel::{Door, DoorKind};
use crate::config::Config;
use crate::sys::fd_passing::handoff_pair;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

/// The ends of all doors, until they are handed out.
pub(super) struct Doors {
    /// For one process each: the role, and which of its processes, from 0.
    own: Vec<((Role, usize), Door, OwnedFd)>,
    /// For every process of a role.
    shared: Vec<(Role, Door, OwnedFd)>,
}

impl Doors {
    /// Makes the sockets of each door in the table, by its kind. `admin` is the socket of the administrator's door.
    pub(super) fn make(config: &Config, admin: &UnixListener) -> io::Result<Self> {
        let mut doors = Self { own: Vec::new(), shared: Vec::new() };
        for owner in ROLES {
            for &door in owner.opens {
                match door.kind() {
                    DoorKind::Rpc => doors.add_rpc(door, owner, config)?,
                    DoorKind::Handoff => {
                        let (sender, receiver) = handoff_pair()?;
                        for caller in RoleSpec::callers_of(door) {
                            doors.shared.push((caller, door, sender.try_clone()?));
                        }
                        doors.shared.push((owner, door, receiver));
                    }
                    DoorKind::Admin => doors.shared.push((owner, door, admin.try_clone()?.into())),
                }
            }
        }
        Ok(doors)
    }

    /// One pair for each process that calls, in the order in which processes are started.
    fn add_rpc(&mut self, door: Door, owner: Role, config: &Config) -> io::Result<()> {
        for caller in RoleSpec::callers_of(door) {
            for number in 0..(caller.processes)(config) {
                let (calling, called) = UnixStream::pair()?;
                self.own.push(((caller, number), door, calling.into()));
                let server = server_of(number, (owner.processes)(config));
                self.own.push(((owner, server), door, called.into()));
            }
        }
        Ok(())
    }

    /// Takes the ends for one process: its end of each door that it calls, and those of the callers that it serves.
    pub(super) fn take(&mut self, role: Role, number: usize) -> io::Result<Vec<(String, OwnedFd)>> {
        let mut ends = Vec::new();
        for (_, door, end) in self.shared.iter().filter(|(of, ..)| *of == role) {
            ends.push((door.name().to_owned(), end.try_clone()?));
        }
        let own = self.own.extract_if(.., |(of, ..)| *of == (role, number));
        ends.extend(own.map(|(_, door, end)| (door.name().to_owned(), end)));
        Ok(ends)
    }
}

/// Which of `owners` processes serves the caller's process of this number: callers are spread evenly.
pub(super) fn server_of(caller: usize, owners: usize) -> usize {
    caller % owners.max(1)
}
