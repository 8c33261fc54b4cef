//! What must be there before the roles are: a user, directories, a lock, the administrator's door.

use crate::channel::Door;
use crate::config::Config;
use crate::runtime::Fatal;
use crate::sys::identity::{self, Identity, Nobody};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::Path;

/// What must last as long as the daemon.
pub(super) struct Preflight {
    /// Whom to become; `None` unless started as root.
    pub(super) identity: Option<Identity>,
    /// Kept for as long as the daemon lives.
    _lock: File,
}

impl Preflight {
    /// Makes what is missing, as the user who will use it; and the administrator's door.
    pub(super) fn prepare(config: &Config) -> Result<(Self, UnixListener), Fatal> {
        let identity = if identity::is_root() { Some(find(config)?) } else { None };
        for (path, key, mode) in
            [(&config.monitor.runtime_dir, "runtime_dir", 0o750), (&config.monitor.state_dir, "state_dir", 0o700)]
        {
            make(path, key, mode, identity.as_ref())?;
        }
        let open = || Ok::<_, Fatal>((lock(&config.monitor.runtime_dir)?, bind(&config.monitor.runtime_dir)?));
        let (lock, admin) = match &identity {
            Some(identity) => identity.act(open)??,
            None => open()?,
        };
        Ok((Self { identity, _lock: lock }, admin))
    }
}

fn find(config: &Config) -> Result<Identity, Fatal> {
    let (user, group) = (&config.monitor.user, &config.monitor.group);
    Identity::find(user, group)?.map_err(|nobody| {
        Fatal::Config(match nobody {
            Nobody::User => format!(
                "started as root, and the user \"{user}\" to become does not exist: make it (adduser --system --group {user}), or set user"
            ),
            Nobody::Group => format!(
                "started as root, and the group \"{group}\" to become does not exist: make it (addgroup --system {group}), or set group"
            ),
            Nobody::Root => "user must not be root: set user to one that owns nothing else".to_owned(),
        })
    })
}

/// Makes a directory that is not there; its parent must be.
fn make(path: &Path, key: &str, mode: u32, identity: Option<&Identity>) -> Result<(), Fatal> {
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

/// Makes sure that no other daemon uses the runtime directory.
fn lock(runtime_dir: &Path) -> Result<File, Fatal> {
    let unusable = |what: String| Fatal::File { path: runtime_dir.to_owned(), what };
    let file = File::create(runtime_dir.join("lock"))
        .map_err(|e| unusable(format!("cannot be written to ({e}); it must belong to the user that runs tempalias")))?;
    // Unlocked when it is closed, by whatever end this process takes.
    file.try_lock()
        .map_err(|_| unusable("is in use by another tempalias; stop it, or set another runtime_dir".to_owned()))?;
    Ok(file)
}

/// Binds the administrator's door, in place of one that an earlier life has left.
fn bind(runtime_dir: &Path) -> Result<UnixListener, Fatal> {
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
