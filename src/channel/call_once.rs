//! One call through the administrator's door, blocking: for commands, which have no runtime.

use super::Numbered;
use crate::wire::{Protocol, Rpc, frame};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long the answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects to the door at `path`, sends `request` and waits for its answer.
///
/// # Errors
/// Of the socket; [`io::ErrorKind::UnexpectedEof`] if the daemon closes the connection without an answer;
/// [`io::ErrorKind::InvalidData`] if what it sends answers another request.
pub fn call_once<P, R>(path: &Path, request: R) -> io::Result<R::Answer>
where
    P: Protocol<Request: Serialize, Answer: DeserializeOwned>,
    R: Rpc<P>,
{
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
    let mut frame = Vec::new();
    frame::encode(&Numbered { number: Some(0), body: request.into() }, &mut frame).map_err(io::Error::other)?;
    stream.write_all(&frame)?;
    let mut input = Vec::new();
    let mut block = [0; 4096];
    loop {
        if let Some((Numbered { body, .. }, _)) = frame::decode(&input).map_err(io::Error::other)? {
            return R::answer(body).ok_or_else(|| io::ErrorKind::InvalidData.into());
        }
        match stream.read(&mut block)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            octets => input.extend_from_slice(&block[..octets]),
        }
    }
}
