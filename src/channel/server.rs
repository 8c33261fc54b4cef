//! The server's side of an RPC door: requests in, answers out, in any order.
//!
//! What a caller can make its server do is bounded, because a caller may have been taken over: it has so many requests
//! in flight at the same time, and leaves so many octets of answers unread, and is not read from beyond that. What it
//! sends then waits in the socket, and at last in the caller's own memory (backpressure).

use super::maybe_ready::MaybeReady;
use super::send_buffer::SendBuffer;
use super::{Numbered, Stream};
use crate::sys::read_buffer::consume;
use crate::wire::frame;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use tokio::sync::{Notify, mpsc};
use tokio_util::task::TaskTracker;

/// Requests of one caller that may be in flight at the same time.
///
/// Twice the sessions that an `smtp` process has by default, each waiting for one answer: only a store that is silent
/// brings an honest caller there, and it then waits a little longer. Each costs a task of a few hundred octets.
pub(super) const MAX_REQUESTS_IN_FLIGHT: usize = 4_096;

/// Octets of the frames of those requests, all together: they are some tens each, but a hostile caller's are 64 KiB.
const MAX_REQUEST_OCTETS_IN_FLIGHT: usize = 1 << 20;

/// Serves the callers at a role's doors in the background, until each has closed its connection.
///
/// An honest caller never breaks the protocol: one that does was taken over, and ends the server's process.
pub struct RpcServer {
    tasks: TaskTracker,
    /// Of each connection.
    send_buffers: RefCell<Vec<Rc<SendBuffer>>>,
    report: mpsc::Sender<io::Error>,
    reported: mpsc::Receiver<io::Error>,
}

impl Default for RpcServer {
    fn default() -> Self {
        // One report is enough to end the process.
        let (report, reported) = mpsc::channel(1);
        Self { tasks: TaskTracker::new(), send_buffers: RefCell::default(), report, reported }
    }
}

impl RpcServer {
    /// Answers each of these callers by `answer`, which gets the caller's pid with each request, and has no answer to a
    /// one-way request. Needs a local runtime.
    pub fn serve<Q, A>(
        &self,
        callers: Vec<(Stream, i32)>,
        answer: impl Fn(i32, Q) -> Option<MaybeReady<A>> + Clone + 'static,
    ) where
        Q: DeserializeOwned + 'static,
        A: Serialize + 'static,
    {
        for (stream, pid) in callers {
            let (answer, send_buffer) = (answer.clone(), Rc::new(SendBuffer::default()));
            self.send_buffers.borrow_mut().push(Rc::clone(&send_buffer));
            self.spawn(async move {
                let outcome = answer_all(stream, Vec::new(), &send_buffer, |request| answer(pid, request)).await;
                send_buffer.clear();
                outcome
            });
        }
    }

    /// Runs `connection`, which serves one caller by a protocol of its own; its error ends the process, unless it only
    /// says that the caller is gone. Needs a local runtime.
    pub fn spawn(&self, connection: impl Future<Output = io::Result<()>> + 'static) {
        let report = self.report.clone();
        self.tasks.spawn_local(async move {
            match connection.await {
                Ok(()) => {}
                // The monitor notices that the process has ended (SIGCHLD).
                Err(cause) if matches!(cause.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {}
                // Where there is no room, another was reported before.
                Err(cause) => drop(report.try_send(cause)),
            }
        });
    }

    /// Completes when a caller was hostile, with what it did: this process must end. Cancel safe.
    pub async fn hostile(&mut self) -> io::Error {
        match self.reported.recv().await {
            Some(cause) => cause,
            // `report` is kept as long as `reported`.
            None => std::future::pending().await,
        }
    }

    /// Completes when the answers that there are so far have been written. Cancel safe.
    pub async fn answers_written(&self) {
        let send_buffers = self.send_buffers.borrow().clone();
        for send_buffer in send_buffers {
            send_buffer.written().await;
        }
    }

    /// Completes when all callers have closed their connections. Cancel safe.
    pub async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Answers every request on `stream` by `answer`, which has none to a one-way request, until the caller closes it;
/// `input` was read already.
///
/// # Errors
/// Of the socket, or [`frame::DecodeError`] from a caller that does not keep to the protocol.
pub async fn serve<Q, A>(
    stream: Stream,
    input: Vec<u8>,
    answer: impl FnMut(Q) -> Option<MaybeReady<A>>,
) -> io::Result<()>
where
    Q: DeserializeOwned,
    A: Serialize + 'static,
{
    answer_all(stream, input, &Rc::new(SendBuffer::default()), answer).await
}

async fn answer_all<Q, A>(
    stream: Stream,
    mut input: Vec<u8>,
    send_buffer: &Rc<SendBuffer>,
    mut answer: impl FnMut(Q) -> Option<MaybeReady<A>>,
) -> io::Result<()>
where
    Q: DeserializeOwned,
    A: Serialize + 'static,
{
    let in_flight = Rc::new(InFlight::default());
    loop {
        let mut taken = 0;
        while in_flight.has_room()
            && send_buffer.has_room()
            && let Some((request, octets)) = frame::decode(&input[taken..]).map_err(io::Error::other)?
        {
            taken += octets;
            take_request(request, octets, send_buffer, &in_flight, &mut answer)?;
        }
        consume(&mut input, taken);
        tokio::select! {
            written = send_buffer.write(&stream) => written?,
            () = in_flight.released.notified(), if !in_flight.has_room() => {}
            read = stream.read(&mut input), if in_flight.has_room() && send_buffer.has_room() => {
                if read? == 0 {
                    return Ok(());
                }
            }
        }
    }
}

fn take_request<Q, A: Serialize + 'static>(
    Numbered { number, body }: Numbered<Q>,
    octets: usize,
    send_buffer: &Rc<SendBuffer>,
    in_flight: &Rc<InFlight>,
    answer: &mut impl FnMut(Q) -> Option<MaybeReady<A>>,
) -> io::Result<()> {
    match (answer(body), number) {
        (Some(MaybeReady::Ready(body)), Some(_)) => {
            send_buffer.add(number, body).map_err(io::Error::other)?;
            send_buffer.flush();
        }
        (Some(MaybeReady::Future(body)), _) => {
            let (send_buffer, permit) = (Rc::clone(send_buffer), in_flight.acquire(octets));
            tokio::task::spawn_local(async move {
                let body = body.await;
                // Answers are small by construction: none is too long for a frame.
                if number.is_some() && send_buffer.add(number, body).is_ok() {
                    send_buffer.flush();
                }
                drop(permit);
            });
        }
        (Some(MaybeReady::Ready(_)) | None, _) => {}
    }
    Ok(())
}

/// The requests of one caller that are in flight.
#[derive(Default)]
struct InFlight {
    requests: Cell<usize>,
    octets: Cell<usize>,
    /// Notified when there is room again.
    released: Notify,
}

/// One request in flight, until it is dropped.
struct InFlightPermit {
    in_flight: Rc<InFlight>,
    octets: usize,
}

impl InFlight {
    fn has_room(&self) -> bool {
        self.requests.get() < MAX_REQUESTS_IN_FLIGHT && self.octets.get() < MAX_REQUEST_OCTETS_IN_FLIGHT
    }

    fn acquire(self: &Rc<Self>, octets: usize) -> InFlightPermit {
        self.requests.set(self.requests.get() + 1);
        self.octets.set(self.octets.get() + octets);
        InFlightPermit { in_flight: Rc::clone(self), octets }
    }
}

impl Drop for InFlightPermit {
    fn drop(&mut self) {
        let Self { in_flight, octets } = self;
        let had_room = in_flight.has_room();
        in_flight.requests.set(in_flight.requests.get() - 1);
        in_flight.octets.set(in_flight.octets.get() - *octets);
        if !had_room {
            in_flight.released.notify_one();
        }
    }
}
