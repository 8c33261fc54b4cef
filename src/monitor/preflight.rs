//! The preflight: what must exist before any role is spawned.
//!
//! The user to become, the runtime and state directories, a lock against a second daemon, the administrator's door.

use crate::channel::Door;
use crate::config::Config;
use crate::runtime::Fatal;
use crate::sys::identity::{self, Identity, IdentityError};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::Path;

/// What was found and made, kept as long as the daemon runs.
pub(super) struct Preflight {
    /// The user to become; `None` unless started as root.
    pub(super) identity: Option<Identity>,
    /// Unlocked when it is closed, however the process ends.
    _lock: File,
}

impl Preflight {
    /// Makes what is missing, with the privileges of the user that will use it, and binds the administrator's door.
    ///
    /// # Errors
    /// What is missing and cannot be made, with what to do about it.
    pub(super) fn prepare(config: &Config) -> Result<(Self, UnixListener), Fatal> {
        let identity = if identity::is_root() { Some(find_identity(config)?) } else { None };
        for (path, key, mode) in
            [(&config.monitor.runtime_dir, "runtime_dir", 0o750), (&config.monitor.state_dir, "state_dir", 0o700)]
        {
            make_directory(path, key, mode, identity.as_ref())?;
        }
        let open =
            || Ok::<_, Fatal>((lock(&config.monitor.runtime_dir)?, bind_admin_door(&config.monitor.runtime_dir)?));
        let (lock, admin) = match &identity {
            Some(identity) => identity.act(open)??,
            None => open()?,
        };
        Ok((Self { identity, _lock: lock }, admin))
    }
}

fn find_identity(config: &Config) -> Result<Identity, Fatal> {
    let (user, group) = (&config.monitor.user, &config.monitor.group);
    Identity::find(user, group)?.map_err(|nobody| {
        Fatal::Config(match nobody {
            IdentityError::User => format!(
                "started as root, and the user \"{user}\" to become does not exist: make it (adduser --system --group {user}), or set user"
            ),
            IdentityError::Group => format!(
                "started as root, and the group \"{group}\" to become does not exist: make it (addgroup --system {group}), or set group"
            ),
            IdentityError::Root => "user must not be root: set user to one that owns nothing else".to_owned(),
        })
    })
}

/// Makes a directory unless it exists; its parent must.
fn make_directory(path: &Path, key: &str, mode: u32, identity: Option<&Identity>) -> Result<(), Fatal> {
    if path.is_dir() {
        return Ok(());
    }
    let made = match identity {
        Some(identity) => identity.make_directory(path, mode),
        None => fs::DirBuilder::new().mode(mode).create(path),
    };
    made.map_err(|e| Fatal::File {
        path: path.to_owned(),
        what: format!("cannot be made ({e}); make it for the user that runs tempalias, or set {key}"),
    })
}

/// Locks the runtime directory, so that no other daemon uses it.
fn lock(runtime_dir: &Path) -> Result<File, Fatal> {
    let unusable = |what: String| Fatal::File { path: runtime_dir.to_owned(), what };
    let file = File::create(runtime_dir.join("lock"))
        .map_err(|e| unusable(format!("cannot be written to ({e}); it must belong to the user that runs tempalias")))?;
    file.try_lock()
        .map_err(|_| unusable("is in use by another tempalias; stop it, or set another runtime_dir".to_owned()))?;
    Ok(file)
}

/// Binds the administrator's door, in place of a socket that an earlier run has left.
fn bind_admin_door(runtime_dir: &Path) -> Result<UnixListener, Fatal> {
    let path = Door::VaultAdmin.path(runtime_dir);
    match fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    let listener = UnixListener::bind(&path)
        .map_err(|e| Fatal::File { path: path.clone(), what: format!("cannot be bound ({e}); see runtime_dir") })?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}
