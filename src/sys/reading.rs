//! Reading from connections that are silent most of the time, and leaving nothing behind.
//!
//! 1. All connections of a process are read into one buffer; each keeps only what it has not used up yet.
//! 2. What has been copied out of that buffer is overwritten there: it may name people, and a connection that speaks
//!    next may say less.
//! 3. What a connection has used up is overwritten in its own buffer ([`consume`]), whose capacity stays.

use super::memory::wipe;
use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::Poll;
use tokio::io::{AsyncRead, ReadBuf};

/// Octets read at a time: many commands, or a good piece of a message.
pub(super) const READ_SIZE: usize = 32 * 1024;

thread_local! {
    /// Every role has one thread, and no read is under way while another begins.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_SIZE].into());
}

/// Appends to `input` what `read` reads: how many octets.
///
/// # Errors
/// Of `read`, which has not read anything then.
pub fn read_with<E>(input: &mut Vec<u8>, read: impl FnOnce(&mut [u8]) -> Result<usize, E>) -> Result<usize, E> {
    BUFFER.with_borrow_mut(|buffer| {
        let octets = read(buffer)?;
        input.extend_from_slice(&buffer[..octets]);
        wipe(&mut buffer[..octets]);
        Ok(octets)
    })
}

/// Appends to `input` what `stream` has to say; how many octets, 0 at its end. Cancel safe.
///
/// While it waits, `input` takes no more memory than what is in it.
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

/// Removes the first `octets` of `input`, which must have as many. Nothing of them is left in its memory.
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
            for length in [1, 100, READ_SIZE] {
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
            // What lies between length and capacity is seen by growing over it: nothing else writes there.
            let mut all = input.spare_capacity_mut().iter().map(|octet| octet.as_ptr());
            // SAFETY: the vector had this length, so that these octets have been written once.
            #[allow(unsafe_code)]
            let rest = unsafe { all.all(|octet| octet.read() == 0) };
            assert!(rest, "after {octets}");
        }
    }
}
