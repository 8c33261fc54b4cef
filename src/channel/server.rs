//! Answering at a door of questions and answers.

use super::maybe_ready::MaybeReady;
use super::send_buffer::SendBuffer;
use super::{Numbered, Stream};
use crate::wire::frame;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::rc::Rc;

/// Answers everything that is asked on `stream`, in any order, until its caller closes it; `input` was read already.
/// `answer` has none for a notification.
///
/// # Errors
/// Of the socket, or [`frame::Hostile`] from a caller that does not keep to the protocol.
pub async fn serve<Q, A>(
    stream: Stream,
    mut input: Vec<u8>,
    mut answer: impl FnMut(Q) -> Option<MaybeReady<A>>,
) -> io::Result<()>
where
    Q: DeserializeOwned,
    A: Serialize + 'static,
{
    let send_buffer = Rc::new(SendBuffer::default());
    let taken = take_requests(&input, &send_buffer, &mut answer)?;
    input.drain(..taken);
    loop {
        tokio::select! {
            written = send_buffer.write(&stream) => written?,
            read = stream.read(&mut input), if send_buffer.has_room() => match read? {
                0 => return Ok(()),
                _ => {
                    let taken = take_requests(&input, &send_buffer, &mut answer)?;
                    input.drain(..taken);
                }
            },
        }
    }
}

fn take_requests<Q, A>(
    input: &[u8],
    send_buffer: &Rc<SendBuffer>,
    answer: &mut impl FnMut(Q) -> Option<MaybeReady<A>>,
) -> io::Result<usize>
where
    Q: DeserializeOwned,
    A: Serialize + 'static,
{
    let mut taken = 0;
    while let Some((Numbered { number, body }, length)) =
        frame::decode::<Numbered<Q>>(&input[taken..]).map_err(io::Error::other)?
    {
        taken += length;
        match (answer(body), number) {
            (Some(MaybeReady::Ready(body)), Some(_)) => {
                send_buffer.add(number, body).map_err(io::Error::other)?;
                send_buffer.flush();
            }
            (Some(MaybeReady::Future(body)), _) => {
                let send_buffer = Rc::clone(send_buffer);
                tokio::task::spawn_local(async move {
                    let body = body.await;
                    // Answers are small by construction: none is too long for a frame.
                    if number.is_some() && send_buffer.add(number, body).is_ok() {
                        send_buffer.flush();
                    }
                });
            }
            (Some(MaybeReady::Ready(_)) | None, _) => {}
        }
    }
    Ok(taken)
}
