//! The doors, made before there is anybody to go through them.

use super::Role;
use crate::channel::Door;
use crate::config::Config;
use crate::sys::passing::slot;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};

/// Ends of doors, by who is to get them. Each end of a pair is given once, each end of a slot to all of a role.
pub(super) struct Doors {
    pairs: Vec<(Holder, Door, OwnedFd)>,
    shared: Vec<(Role, Door, OwnedFd)>,
}

/// One process of a role: which of them, from 0.
pub(super) type Holder = (Role, usize);

impl Doors {
    /// A pair for each caller at each door; what is shared, once.
    pub(super) fn make(config: &Config, admin: &UnixListener) -> io::Result<Self> {
        let mut doors =
            Self { pairs: Vec::new(), shared: vec![(Role::Vault, Door::VaultAdmin, admin.try_clone()?.into())] };
        let (mail_in, mail_out) = slot()?;
        doors.shared.push((Role::Smtp, Door::RelaySmtp, mail_in));
        doors.shared.push((Role::Relay, Door::RelaySmtp, mail_out));
        for caller in Role::ALL {
            for &door in caller.calls().iter().filter(|door| door.is_pairs()) {
                let Some(owner) = Role::owner_of(door) else { continue };
                for number in 0..caller.processes(config) {
                    let (calling, called) = UnixStream::pair()?;
                    doors.pairs.push(((caller, number), door, calling.into()));
                    let serving = serving(number, owner.processes(config));
                    doors.pairs.push(((owner, serving), door, called.into()));
                }
            }
        }
        Ok(doors)
    }

    /// The ends for one process: as a caller one of each pair, as the owner those of all whom it serves.
    pub(super) fn of(&mut self, holder: Holder) -> io::Result<Vec<(String, OwnedFd)>> {
        let mut own = Vec::new();
        for (_, door, end) in self.shared.iter().filter(|(of, ..)| *of == holder.0) {
            own.push((door.name().to_owned(), end.try_clone()?));
        }
        let for_it = |(of, ..): &mut (Holder, Door, OwnedFd)| *of == holder;
        own.extend(self.pairs.extract_if(.., for_it).map(|(_, door, end)| (door.name().to_owned(), end)));
        Ok(own)
    }
}

/// Which of the owner's processes serves the caller's process of this number: callers are spread over them.
pub(super) fn serving(caller: usize, owners: usize) -> usize {
    caller % owners.max(1)
}
