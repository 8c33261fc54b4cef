//! A file that can be read again when paths do not mean any more what they did.

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::path::Path;

/// A name in a directory that is kept open.
pub struct Lasting {
    directory: OwnedFd,
    name: OsString,
}

impl Lasting {
    /// Opens the directory of `path`; the file itself is opened each time it is read, so that it may be replaced.
    pub fn open(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let directory = open(directory, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        Ok(Self { directory, name })
    }

    /// What is in the file now.
    pub fn read(&self) -> io::Result<String> {
        let file = openat(&self.directory, self.name.as_os_str(), OFlag::O_CLOEXEC, Mode::empty())?;
        let mut text = String::new();
        File::from(file).read_to_string(&mut text)?;
        Ok(text)
    }

    /// For the promise to read it.
    pub fn directory(&self) -> RawFd {
        self.directory.as_raw_fd()
    }
}
