//! Reading from connections that are silent most of the time, so that idle ones take no memory and no octet that was
//! read stays where it is not needed.
//!
//! 1. All connections of a process are read into one shared buffer. Each copies what it gets to its own input, which
//!    holds only what is not consumed yet.
//! 2. What was copied is overwritten in the shared buffer: it may be a real address, and would stay until a longer read
//!    happens to cover it.
//! 3. What a connection has consumed is overwritten in its input ([`consume`]): the capacity of a `Vec` keeps what was
//!    removed from it.

use super::zeroing_allocator::wipe;
use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use tokio::io::{AsyncRead, ReadBuf};

/// Octets that are read at a time: many commands, or half of what is sent on at a time of a message.
pub(super) const READ_BUFFER_OCTETS: usize = 32 * 1024;

thread_local! {
    /// One for each thread is one for each process: a role has one thread. No read begins while another is under way.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BUFFER_OCTETS].into());
}

/// Appends to `input` what `read` puts into the buffer that it is given: how many octets.
///
/// # Errors
/// Of `read`, which must not have put anything into the buffer then.
pub fn read_with<E>(input: &mut Vec<u8>, read: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<usize, E> {
    BUFFER.with_borrow_mut(|buffer| {
        let octets = read(buffer)?;
        input.extend_from_slice(&buffer[..octets]);
        wipe(&mut buffer[..octets]);
        Ok(octets)
    })
}

/// Appends to `input` what comes from `stream`: how many octets, 0 at its end. Cancel safe.
///
/// While it waits, `input` is not grown.
///
/// # Errors
/// Of the stream.
pub async fn read(stream: &mut (impl AsyncRead + Unpin), input: &mut Vec<u8>) -> io::Result<usize> {
    std::future::poll_fn(|context| {
        let read = read_with(input, |buffer| {
            let mut buffer = ReadBuf::new(buffer);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) => Ok(buffer.filled().len()),
                Poll::Ready(Err(cause)) => Err(Poll::Ready(cause)),
                Poll::Pending => Err(Poll::Pending),
            }
        });
        match read {
            Ok(octets) => Poll::Ready(Ok(octets)),
            Err(pending_or_failed) => pending_or_failed.map(Err),
        }
    })
    .await
}

/// Removes the first `octets` of `input`, and overwrites them in its memory. Panics if there are fewer.
pub fn consume(input: &mut Vec<u8>, octets: usize) {
    let left = input.len() - octets;
    input.copy_within(octets.., 0);
    wipe(&mut input[left..]);
    input.truncate(left);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::stream::Stream;
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    fn is_wiped() -> bool {
        BUFFER.with_borrow(|buffer| buffer.iter().all(|&octet| octet == 0))
    }

    #[test]
    fn what_was_read_is_not_left_in_the_shared_buffer() {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            let (mut peer, ours) = UnixStream::pair().unwrap();
            let stream = Stream::new(ours.try_clone().unwrap()).unwrap();
            let mut second = tokio::net::UnixStream::from_std(ours).unwrap();
            for length in [1, 100, READ_BUFFER_OCTETS] {
                let said = vec![b'x'; length];
                let mut input = Vec::new();
                peer.write_all(&said).unwrap();
                stream.read(&mut input).await.unwrap();
                assert!(input == said && is_wiped(), "a door, {length}");
                input.clear();
                peer.write_all(&said).unwrap();
                read(&mut second, &mut input).await.unwrap();
                assert!(input == said && is_wiped(), "any stream, {length}");
            }
            drop(peer);
            assert_eq!(stream.read(&mut Vec::new()).await.unwrap(), 0);
            assert_eq!(read(&mut second, &mut Vec::new()).await.unwrap(), 0);
        });
    }

    #[test]
    fn what_was_consumed_is_not_left_in_the_capacity() {
        for (octets, left) in [(0, "secret, more"), (6, ", more"), (8, "more"), (12, "")] {
            let mut input = b"secret, more".to_vec();
            consume(&mut input, octets);
            assert_eq!(input, left.as_bytes());
            let mut all = input.spare_capacity_mut().iter().map(|octet| octet.as_ptr());
            // SAFETY: the vector had this length, so that these octets have been written once.
            #[allow(unsafe_code)]
            let rest = unsafe { all.all(|octet| octet.read() == 0) };
            assert!(rest, "after {octets}");
        }
    }
}
