//! A directory that is gone when the demo is.

use crate::sys::identity::Identity;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A new directory for this process alone, removed with all it holds when dropped.
pub(super) struct Directory(PathBuf);

impl Directory {
    /// For this user and group rather than ourselves, if they are given and known here.
    pub(super) fn new(owner: Option<(&str, &str)>) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("tempalias-demo-{}", std::process::id()));
        // Fails if somebody else has made it: a name in a shared directory can be guessed.
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        if let Some((user, group)) = owner
            && let Ok(identity) = Identity::find(user, group)?
        {
            identity.take_over(&path)?;
        }
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed stays in the temporary directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}
