//! The client's side of an RPC door: many tasks call over one connection.

use super::send_buffer::SendBuffer;
use super::{Numbered, Stream};
use crate::sys::read_buffer::consume;
use crate::wire::{Protocol, Rpc, frame};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::rc::Rc;
use tokio::sync::oneshot;
use tracing::error;

/// No answer will come: the connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnected;

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process behind the door does not answer")
    }
}

impl std::error::Error for Disconnected {}

/// Calls through the door `P`. Clones share its one connection.
pub struct RpcClient<P: Protocol> {
    shared: Rc<Shared<P::Answer>>,
}

impl<P: Protocol> Clone for RpcClient<P> {
    fn clone(&self) -> Self {
        Self { shared: Rc::clone(&self.shared) }
    }
}

struct Shared<A> {
    send_buffer: SendBuffer,
    waiting: RefCell<Waiting<A>>,
}

struct Waiting<A> {
    /// False once the connection is lost: calls then fail with [`Disconnected`], until the monitor ends all processes.
    connected: bool,
    next: u32,
    answers: HashMap<u32, oneshot::Sender<A>>,
}

impl<P: Protocol<Request: Serialize, Answer: DeserializeOwned + 'static>> RpcClient<P> {
    /// A client over this connection. Needs a local runtime: it spawns the task that owns the connection.
    pub fn new(stream: Stream) -> Self {
        let waiting = Waiting { connected: true, next: 0, answers: HashMap::new() };
        let shared = Rc::new(Shared { send_buffer: SendBuffer::default(), waiting: RefCell::new(waiting) });
        tokio::task::spawn_local(own_connection(stream, Rc::clone(&shared)));
        Self { shared }
    }

    /// Sends `request` at once and returns its answer as a future, so that several calls can be in flight.
    ///
    /// # Errors
    /// [`Disconnected`], also when what comes answers another request.
    pub fn call<R: Rpc<P>>(&self, request: R) -> impl Future<Output = Result<R::Answer, Disconnected>> + use<P, R> {
        let answer = self.send_numbered(request.into());
        async move {
            let answer = answer.ok_or(Disconnected)?.await.map_err(|_| Disconnected)?;
            R::answer(answer).ok_or(Disconnected)
        }
    }

    /// Sends a one-way request: it is not answered.
    pub fn send(&self, request: impl Into<P::Request>) {
        self.send_buffered(request);
        self.shared.send_buffer.flush();
    }

    /// Like [`Self::send`], but without waking the writer: it is sent with whatever is sent next.
    pub fn send_buffered(&self, request: impl Into<P::Request>) {
        if self.shared.waiting.borrow().connected {
            // None of our one-way requests is too long for a frame.
            let _ = self.shared.send_buffer.add(None, request.into());
        }
    }

    fn send_numbered(&self, body: P::Request) -> Option<oneshot::Receiver<P::Answer>> {
        let mut waiting = self.shared.waiting.borrow_mut();
        if !waiting.connected {
            return None;
        }
        let number = waiting.next;
        self.shared.send_buffer.add(Some(number), body).ok()?;
        self.shared.send_buffer.flush();
        waiting.next = number.wrapping_add(1);
        let (sender, receiver) = oneshot::channel();
        waiting.answers.insert(number, sender);
        Some(receiver)
    }
}

async fn own_connection<A: DeserializeOwned>(stream: Stream, shared: Rc<Shared<A>>) {
    let Err(cause) = run_connection(&stream, &shared).await;
    error!(%cause, "a door has closed");
    let mut waiting = shared.waiting.borrow_mut();
    waiting.connected = false;
    waiting.answers.clear();
    shared.send_buffer.clear();
}

/// Writes requests and hands out answers, until the connection ends.
async fn run_connection<A: DeserializeOwned>(stream: &Stream, shared: &Shared<A>) -> io::Result<Infallible> {
    let mut input = Vec::new();
    loop {
        tokio::select! {
            written = shared.send_buffer.write(stream) => written?,
            read = stream.read(&mut input) => match read? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => dispatch_answers(&mut input, shared)?,
            },
        }
    }
}

fn dispatch_answers<A: DeserializeOwned>(input: &mut Vec<u8>, shared: &Shared<A>) -> io::Result<()> {
    let mut taken = 0;
    while let Some((Numbered { number, body }, length)) =
        frame::decode::<Numbered<A>>(&input[taken..]).map_err(io::Error::other)?
    {
        taken += length;
        let waiting = number.and_then(|number| shared.waiting.borrow_mut().answers.remove(&number));
        if let Some(waiting) = waiting {
            // It fails if the task that called was cancelled; nobody wants its answer any more.
            let _ = waiting.send(body);
        }
    }
    consume(input, taken);
    Ok(())
}
