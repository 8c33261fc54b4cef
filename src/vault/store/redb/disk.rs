//! A disk for tests.

use redb::backends::InMemoryBackend;
use redb::{Database, StorageBackend};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// A disk that counts what is read, and fails to write when it is told to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    memory: Arc<InMemoryBackend>,
    pub(crate) reads: Arc<AtomicUsize>,
    pub(crate) is_full: Arc<AtomicBool>,
}

impl Disk {
    pub(crate) fn database(&self) -> Database {
        // Without a cache each look at a page is a read.
        Database::builder().set_cache_size(0).create_with_backend(self.clone()).unwrap()
    }

    fn writable(&self) -> io::Result<&InMemoryBackend> {
        if self.is_full.load(SeqCst) { Err(io::ErrorKind::StorageFull.into()) } else { Ok(&self.memory) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.reads.fetch_add(1, SeqCst);
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.writable()?.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.writable()?.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.writable()?.write(offset, data)
    }
}
