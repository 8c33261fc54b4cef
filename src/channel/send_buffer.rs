//! Frames on their way out of one end of a door.

use super::{Numbered, Stream};
use crate::sys::reading::consume;
use crate::wire::frame::{self, Hostile};
use serde::Serialize;
use std::cell::RefCell;
use std::io;
use tokio::sync::Notify;

/// Octets that a peer may leave unread before it is heard again.
const MOST_UNREAD: usize = 1 << 20;

/// What waits to be written. Tasks push, the task that owns the connection writes.
#[derive(Default)]
pub(super) struct SendBuffer {
    bytes: RefCell<Vec<u8>>,
    pushed: Notify,
}

impl SendBuffer {
    /// Queues one frame.
    pub(super) fn add<T: Serialize>(&self, number: Option<u32>, body: T) -> Result<(), Hostile> {
        frame::encode(&Numbered { number, body }, &mut self.bytes.borrow_mut())
    }

    /// Wakes the writer.
    pub(super) fn flush(&self) {
        self.pushed.notify_one();
    }

    /// Whether a peer that asks more has read enough of what it was told.
    pub(super) fn has_room(&self) -> bool {
        self.bytes.borrow().len() < MOST_UNREAD
    }

    pub(super) fn clear(&self) {
        self.bytes.borrow_mut().clear();
    }

    /// Completes when there is something to write and `stream` takes it, and writes what it takes.
    ///
    /// Cancel safe; meant to stand in a `select!` beside reading, so that two ends that both have
    /// much to say never wait for each other.
    pub(super) async fn write(&self, stream: &Stream) -> io::Result<()> {
        while self.bytes.borrow().is_empty() {
            self.pushed.notified().await;
        }
        loop {
            let written = stream.try_write(&self.bytes.borrow());
            match written {
                Ok(n) => {
                    let mut bytes = self.bytes.borrow_mut();
                    if n == bytes.len() {
                        // Freed, it is overwritten; in a buffer kept for the next time it would stay.
                        *bytes = Vec::new();
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
