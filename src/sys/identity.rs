//! Privilege separation, the part of dropping privileges: which user this process is, and which it will be.
//!
//! Started as root, a process stays root until it has bound and opened what it needs. It opens and makes its files as
//! the user that it will be ([`Identity::act`]): in a directory of others, root could be led astray by a link.

use caps::{CapSet, Capability};
use nix::fcntl::{OFlag, open};
use nix::sys::prctl;
use nix::sys::stat::Mode;
use nix::unistd::{
    Gid, Group, Uid, User, fchown, getegid, geteuid, getgroups, getresgid, getresuid, setegid, seteuid, setgid,
    setgroups, setuid,
};
use privdrop::PrivDrop;
use serde::{Deserialize, Serialize};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// A user and group to become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    user: String,
    group: String,
    uid: u32,
    gid: u32,
}

/// Why there is no [`Identity`] for a user and group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityError {
    /// There is no such user.
    User,
    /// There is no such group.
    Group,
    /// The user is root.
    Root,
}

/// Whether this process is root, and so has privileges to give up.
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// The effective user ID of this process.
pub fn current_user() -> u32 {
    geteuid().as_raw()
}

impl Identity {
    /// The user ID.
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// Looks up the names.
    ///
    /// # Errors
    /// The outer one if the databases of users and groups cannot be read.
    pub fn find(user: &str, group: &str) -> io::Result<Result<Self, IdentityError>> {
        let Some(found) = User::from_name(user)? else { return Ok(Err(IdentityError::User)) };
        let Some(gid) = Group::from_name(group)? else { return Ok(Err(IdentityError::Group)) };
        if found.uid.is_root() {
            return Ok(Err(IdentityError::Root));
        }
        let (user, group) = (user.to_owned(), group.to_owned());
        Ok(Ok(Self { user, group, uid: found.uid.as_raw(), gid: gid.gid.as_raw() }))
    }

    /// Makes a directory that belongs to this user: with the user's own permissions if they suffice. If not, only root
    /// may write to the parent directory, and so root can make it there without a race.
    ///
    /// # Errors
    /// Of mkdir(2) and fchown(2).
    pub fn make_directory(&self, path: &Path, mode: u32) -> io::Result<()> {
        let make = || DirBuilder::new().mode(mode).create(path);
        match self.act(make)? {
            Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {}
            made => return made,
        }
        make()?;
        let made = open(path, OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC, Mode::empty())?;
        Ok(fchown(&made, Some(Uid::from_raw(self.uid)), Some(Gid::from_raw(self.gid)))?)
    }

    /// Does `work` as this user, and is root again afterwards.
    ///
    /// # Errors
    /// If the effective user cannot be changed, or changed back.
    pub fn act<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        // A change of the effective user clears the signal at the parent's death (prctl(2), PR_SET_PDEATHSIG).
        let death = prctl::get_pdeathsig()?;
        setgroups(&[])?;
        setegid(Gid::from_raw(self.gid))?;
        seteuid(Uid::from_raw(self.uid))?;
        let outcome = work();
        seteuid(Uid::from_raw(0))?;
        setegid(Gid::from_raw(0))?;
        prctl::set_pdeathsig(death)?;
        Ok(outcome)
    }

    /// Becomes this user for good, in a chroot at `root`, and verifies that there is no way back.
    pub(super) fn become_for_good(&self, root: &Path) -> io::Result<()> {
        // As in `act`.
        let death = prctl::get_pdeathsig()?;
        let drop = PrivDrop::default().chroot(root).user(&self.user).group(&self.group);
        drop.apply()
            .map_err(|cause| io::Error::other(format!("{cause} (user {}, group {})", self.user, self.group)))?;
        prctl::set_pdeathsig(death)?;
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        let (users, groups) = (getresuid()?, getresgid()?);
        let is_user = [users.real, users.effective, users.saved].iter().all(|id| *id == uid);
        let is_group = [groups.real, groups.effective, groups.saved].iter().all(|id| *id == gid);
        let alone = getgroups()?.iter().all(|group| *group == gid);
        let root = (Uid::from_raw(0), Gid::from_raw(0));
        let back = setuid(root.0).is_ok() || seteuid(root.0).is_ok() || setgid(root.1).is_ok();
        if !is_user || !is_group || !alone || back || geteuid() != uid || getegid() != gid {
            return Err(io::Error::other("the process could become root again"));
        }
        Ok(())
    }
}

/// Empties the bounding set of capabilities if this process may do that; whether it is empty now.
pub(super) fn empty_bounding_set() -> io::Result<bool> {
    let may = caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP).map_err(io::Error::other)?;
    if may {
        caps::clear(None, CapSet::Bounding).map_err(io::Error::other)?;
    }
    Ok(caps::read(None, CapSet::Bounding).map_err(io::Error::other)?.is_empty())
}

/// Empties the other four sets of capabilities, and verifies that they are empty.
pub(super) fn empty_capabilities() -> io::Result<()> {
    let sets = [CapSet::Ambient, CapSet::Inheritable, CapSet::Effective, CapSet::Permitted];
    let full = |set: &CapSet| caps::read(None, *set).map_or(true, |found| !found.is_empty());
    // Only sets that are not empty: a service manager that granted no capability may have forbidden capset(2) as well.
    for set in sets.iter().filter(|set| full(set)) {
        caps::clear(None, *set).map_err(io::Error::other)?;
    }
    match sets.iter().find(|set| full(set)) {
        None => Ok(()),
        Some(set) => Err(io::Error::other(format!("the {set:?} capabilities could not be emptied"))),
    }
}
