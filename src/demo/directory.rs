//! A directory that is gone when the demo is.

use crate::runtime::Fatal;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A new directory for this process alone, removed with all it holds when dropped.
pub(super) struct Directory(PathBuf);

impl Directory {
    /// # Errors
    /// The temporary directory cannot be used.
    pub(super) fn new() -> Result<Self, Fatal> {
        let path = std::env::temp_dir().join(format!("tempalias-demo-{}", std::process::id()));
        // Fails if somebody else has made it: a name in a shared directory can be guessed.
        // Others may pass through it: the daemon, if it becomes another user.
        match fs::DirBuilder::new().mode(0o711).create(&path) {
            Ok(()) => Ok(Self(path)),
            Err(cause) => Err(Fatal::File {
                path,
                what: format!("cannot be made ({cause}): set TMPDIR to a directory that you may write to"),
            }),
        }
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
