//! The doors, made before there is anybody to go through them.

use super::Role;
use crate::config::Config;
use crate::door::Door;
use crate::sys::passing::slot;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

/// Ends of doors, by who is to get them. Each end of a pair is given once, each end of a slot to all of a role.
pub(super) struct Doors {
    pairs: Vec<(Role, Door, OwnedFd)>,
    shared: Vec<(Role, Door, OwnedFd)>,
}

impl Doors {
    /// A pair for each caller at each door; what is shared, once.
    pub(super) fn make(config: &Config, admin: &UnixListener) -> io::Result<Self> {
        let mut doors = Self { pairs: Vec::new(), shared: vec![(Role::Vault, Door::Admin, admin.try_clone()?.into())] };
        let (mail_in, mail_out) = slot()?;
        doors.shared.push((Role::Smtp, Door::RelaySmtp, mail_in));
        doors.shared.push((Role::Relay, Door::RelaySmtp, mail_out));
        for caller in Role::ALL {
            for &door in caller.calls().iter().filter(|door| Role::Vault.doors().contains(door)) {
                for _ in 0..caller.processes(config) {
                    let (calling, called) = UnixStream::pair()?;
                    doors.pairs.push((caller, door, calling.into()));
                    doors.pairs.push((Role::Vault, door, called.into()));
                }
            }
        }
        Ok(doors)
    }

    /// The ends for the next process of `role`: as a caller one of each pair, as the owner all of them.
    pub(super) fn of(&mut self, role: Role) -> io::Result<Vec<(String, OwnedFd)>> {
        let mut own = Vec::new();
        for (_, door, end) in self.shared.iter().filter(|(of, ..)| *of == role) {
            own.push((door.name().to_owned(), end.try_clone()?));
        }
        for door in role.doors().iter().chain(role.calls()) {
            let most = if role.doors().contains(door) { usize::MAX } else { 1 };
            let for_it = |(of, at, _): &mut (Role, Door, OwnedFd)| *of == role && at == door;
            own.extend(
                self.pairs.extract_if(.., for_it).take(most).map(|(_, door, end)| (door.name().to_owned(), end)),
            );
        }
        Ok(own)
    }
}
