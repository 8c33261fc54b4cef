//! The send buffer of one end of a door.

use super::{Numbered, Stream};
use crate::sys::read_buffer::consume;
use crate::wire::frame::{self, TooLong};
use serde::Serialize;
use std::cell::RefCell;
use std::io;
use tokio::sync::Notify;

/// Octets of answers that a client may leave unread; beyond that its requests are not read (backpressure).
const MAX_UNREAD_OCTETS: usize = 1 << 20;

/// Frames that wait to be written. Tasks add them; the task that owns the connection writes them.
#[derive(Default)]
pub(super) struct SendBuffer {
    bytes: RefCell<Vec<u8>>,
    flushed: Notify,
    /// Notified when there is nothing left to write.
    emptied: Notify,
}

impl SendBuffer {
    /// Adds one frame.
    ///
    /// # Errors
    /// [`TooLong`], if it does not fit into a frame.
    pub(super) fn add<T: Serialize>(&self, number: Option<u32>, body: T) -> Result<(), TooLong> {
        frame::encode(&Numbered { number, body }, &mut self.bytes.borrow_mut())
    }

    /// Wakes the writer.
    pub(super) fn flush(&self) {
        self.flushed.notify_one();
    }

    /// Whether the client has read enough of its answers to send more requests.
    pub(super) fn has_room(&self) -> bool {
        self.bytes.borrow().len() < MAX_UNREAD_OCTETS
    }

    /// Drops what was not written.
    pub(super) fn clear(&self) {
        self.bytes.borrow_mut().clear();
        self.emptied.notify_waiters();
    }

    /// Completes when there is nothing left to write. Cancel safe.
    pub(super) async fn written(&self) {
        while !self.bytes.borrow().is_empty() {
            self.emptied.notified().await;
        }
    }

    /// Waits until there is something to write and `stream` has room, and writes what it has room for.
    ///
    /// Cancel safe. It belongs in a `select!` beside reading, so that two ends that both have much to send never wait
    /// for each other.
    ///
    /// # Errors
    /// Of the connection.
    pub(super) async fn write(&self, stream: &Stream) -> io::Result<()> {
        while self.bytes.borrow().is_empty() {
            self.flushed.notified().await;
        }
        loop {
            let written = stream.try_write(&self.bytes.borrow());
            match written {
                Ok(n) => {
                    let mut bytes = self.bytes.borrow_mut();
                    if n == bytes.len() {
                        // Freed memory is overwritten (sys::zeroing_allocator); in a buffer that is kept, secrets would
                        // stay.
                        *bytes = Vec::new();
                        self.emptied.notify_waiters();
                    } else {
                        consume(&mut bytes, n);
                    }
                    return Ok(());
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => stream.writable().await?,
                Err(e) => return Err(e),
            }
        }
    }
}
