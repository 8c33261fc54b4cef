//! Reading from connections that are silent most of the time.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// Octets read at a time: many commands, or a good piece of a message.
const READ: usize = 32 * 1024;

thread_local! {
    /// Every role has one thread, and no read is under way while another begins.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into());
}

/// Lends the buffer that all connections read into.
pub fn with_buffer<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| read(buffer))
}

/// Appends to `input` what `stream` has to say; how many octets, 0 at its end. Cancel safe.
///
/// While it waits, `input` takes no more memory than what is in it.
pub async fn read(stream: &mut (impl AsyncRead + Unpin), input: &mut Vec<u8>) -> io::Result<usize> {
    std::future::poll_fn(|context| {
        with_buffer(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
            input.extend_from_slice(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        })
    })
    .await
}
