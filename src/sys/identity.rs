//! Whose rights this process has.
//!
//! Started as root, it keeps them until it has bound and opened what it needs. Files it opens and makes as the
//! user that it will be ([`Identity::act`]): root's rights are never used in a directory that belongs to others.

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

/// There is no such user or group; which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nobody {
    /// The user.
    User,
    /// The group.
    Group,
    /// The user is root.
    Root,
}

/// Whether root's rights are there to be given up.
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// Who runs this process.
pub fn current_user() -> u32 {
    geteuid().as_raw()
}

impl Identity {
    /// The user's number.
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// Looks the names up.
    pub fn find(user: &str, group: &str) -> io::Result<Result<Self, Nobody>> {
        let Some(found) = User::from_name(user)? else { return Ok(Err(Nobody::User)) };
        let Some(gid) = Group::from_name(group)? else { return Ok(Err(Nobody::Group)) };
        if found.uid.is_root() {
            return Ok(Err(Nobody::Root));
        }
        let (user, group) = (user.to_owned(), group.to_owned());
        Ok(Ok(Self { user, group, uid: found.uid.as_raw(), gid: gid.gid.as_raw() }))
    }

    /// Makes a directory that belongs to this user: by its own rights where they suffice, else by root's, in a
    /// directory where only root could have put something else in its place.
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

    /// Does `work` with this user's rights, root's put aside.
    ///
    /// # Errors
    /// When rights cannot be put aside or taken up again.
    pub fn act<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        // To change it makes the kernel forget what to do when the parent dies.
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

    /// Becomes this user in the directory `root`, for good, and makes sure that there is no way back.
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
            return Err(io::Error::other("root's rights could be taken up again"));
        }
        Ok(())
    }
}

/// Whether the bounding set is empty, after it was emptied if this process may do that.
pub(super) fn empty_bounding_set() -> io::Result<bool> {
    let may = caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP).map_err(io::Error::other)?;
    if may {
        caps::clear(None, CapSet::Bounding).map_err(io::Error::other)?;
    }
    Ok(caps::read(None, CapSet::Bounding).map_err(io::Error::other)?.is_empty())
}

/// Empties the other four sets, and makes sure that they are.
pub(super) fn empty_capabilities() -> io::Result<()> {
    let sets = [CapSet::Ambient, CapSet::Inheritable, CapSet::Effective, CapSet::Permitted];
    let full = |set: &CapSet| caps::read(None, *set).map_or(true, |found| !found.is_empty());
    // Where there are none, whoever started us may not even allow the system call.
    for set in sets.iter().filter(|set| full(set)) {
        caps::clear(None, *set).map_err(io::Error::other)?;
    }
    match sets.iter().find(|set| full(set)) {
        None => Ok(()),
        Some(set) => Err(io::Error::other(format!("the {set:?} capabilities could not be emptied"))),
    }
}
