//! Answering at a door of questions and answers.

use super::outgoing::Outgoing;
use super::soon::Soon;
use super::{Numbered, Stream};
use crate::wire::frame;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::rc::Rc;

/// Answers everything that is asked on `stream`, in any order, until its caller closes it; `input` was read already.
///
/// # Errors
/// Of the socket, or [`frame::Hostile`] from a caller that does not keep to the protocol.
pub async fn serve<Q, A>(stream: Stream, mut input: Vec<u8>, mut answer: impl FnMut(Q) -> Soon<A>) -> io::Result<()>
where
    Q: DeserializeOwned,
    A: Serialize + 'static,
{
    let outgoing = Rc::new(Outgoing::default());
    let taken = take_requests(&input, &outgoing, &mut answer)?;
    input.drain(..taken);
    loop {
        tokio::select! {
            written = outgoing.write(&stream) => written?,
            read = stream.read(&mut input), if outgoing.has_room() => match read? {
                0 => return Ok(()),
                _ => {
                    let taken = take_requests(&input, &outgoing, &mut answer)?;
                    input.drain(..taken);
                }
            },
        }
    }
}

fn take_requests<Q, A>(
    input: &[u8],
    outgoing: &Rc<Outgoing>,
    answer: &mut impl FnMut(Q) -> Soon<A>,
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
            (Soon::Now(body), Some(_)) => {
                outgoing.add(number, body).map_err(io::Error::other)?;
                outgoing.hurry();
            }
            (Soon::Now(_), None) => {}
            (Soon::Later(body), _) => {
                let outgoing = Rc::clone(outgoing);
                tokio::task::spawn_local(async move {
                    let body = body.await;
                    // Answers are small by construction: none is too long for a frame.
                    if number.is_some() && outgoing.add(number, body).is_ok() {
                        outgoing.hurry();
                    }
                });
            }
        }
    }
    Ok(taken)
}
