//! Frames: a length (u16, little-endian, its own two octets not counted), then one value in the encoding of
//! [postcard](https://postcard.jamesmunns.com/wire-format).
//!
//! Decoding is total: a frame that does not decode or has octets left over is an error, and the reader ends its process
//! rather than guess.

use serde::{Deserialize, Serialize};
use std::fmt;

const HEADER_OCTETS: usize = 2;

/// The peer broke the protocol. It is one of our own processes, so it is broken or taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError;

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a frame that no honest process sends")
    }
}

impl std::error::Error for DecodeError {}

/// A value of our own does not fit into a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too long for a frame")
    }
}

impl std::error::Error for TooLong {}

/// Appends `value` as one frame to `out`.
///
/// # Errors
/// [`TooLong`] if the value does not fit into a frame; `out` is then unchanged.
pub fn encode<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), TooLong> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_OCTETS]);
    let written = postcard::to_io(value, &mut *out).is_ok();
    match u16::try_from(out.len() - start - HEADER_OCTETS) {
        Ok(body) if written => {
            out[start..start + HEADER_OCTETS].copy_from_slice(&body.to_le_bytes());
            Ok(())
        }
        _ => {
            out.truncate(start);
            Err(TooLong)
        }
    }
}

/// Takes the first frame off `input`: its value and how many octets it took, or `None` while it is not complete.
///
/// # Errors
/// [`DecodeError`], if its octets are no value of this type.
pub fn decode<'a, T: Deserialize<'a>>(input: &'a [u8]) -> Result<Option<(T, usize)>, DecodeError> {
    let Some((header, rest)) = input.split_first_chunk::<HEADER_OCTETS>() else { return Ok(None) };
    let length = usize::from(u16::from_le_bytes(*header));
    let Some(body) = rest.get(..length) else { return Ok(None) };
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(Some((value, HEADER_OCTETS + length))),
        _ => Err(DecodeError),
    }
}
