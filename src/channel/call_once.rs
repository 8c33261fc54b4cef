//! One question through a door, for a program that has no runtime.

use super::Numbered;
use crate::wire::{Protocol, Rpc, frame};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks through the door at `path` and waits for the answer.
///
/// # Errors
/// Of the socket; [`io::ErrorKind::UnexpectedEof`] when the door is closed in our face.
pub fn call_once<P, R>(path: &Path, request: R) -> io::Result<R::Answer>
where
    P: Protocol<Request: Serialize, Answer: DeserializeOwned>,
    R: Rpc<P>,
{
    let mut stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
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
