//! A file that can be read again after paths have lost their meaning: inside a chroot, and in a sandbox that opens
//! nothing by path.

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::path::Path;

/// A file by its name in a directory that is kept open.
pub struct ReopenableFile {
    directory: OwnedFd,
    name: OsString,
}

impl ReopenableFile {
    /// Opens the directory of `path`. The file itself is opened each time it is read, so that it may be replaced.
    ///
    /// # Errors
    /// Of open(2); [`io::ErrorKind::InvalidInput`] if the path names no file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let directory = open(directory, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        Ok(Self { directory, name })
    }

    /// Reads the file as it is now.
    ///
    /// # Errors
    /// Of openat(2) and read(2); [`io::ErrorKind::InvalidData`] if it is not UTF-8.
    pub fn read(&self) -> io::Result<String> {
        let file = openat(&self.directory, self.name.as_os_str(), OFlag::O_CLOEXEC, Mode::empty())?;
        let mut text = String::new();
        File::from(file).read_to_string(&mut text)?;
        Ok(text)
    }

    /// The directory's descriptor, for the promise to read files in it ([`super::sandbox::Promise::Reread`]).
    pub fn directory(&self) -> RawFd {
        self.directory.as_raw_fd()
    }
}
