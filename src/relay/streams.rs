//! Messages whose content is on its way while others wait for a connection: the slowest is cut.
//!
//! 1. A message too large to be kept has its connection from its 64th KiB to its end, however slowly its client sends.
//! 2. While somebody waits and nothing is free, the slowest stream of a network that holds more connections than the
//!    waiter's is cut, without its final dot: the message does not exist for the host, and its sender reads 451.
//! 3. Slow is less than [`MIN_OCTETS`] in the last [`MEASURED_TIME`]. A stream is cut only while relay waits for its
//!    client: never while the host takes its time, and never once the message is complete.

use super::permits::Requester;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A stream's rate is taken over so long, and a younger stream is not judged.
const MEASURED_TIME: Duration = Duration::from_secs(10);

/// What a stream must carry in that time so as not to be slow: 32 KiB a second.
const MIN_OCTETS: u64 = 10 * 32 * 1024;

/// Octets are counted in spans of this length.
const SPAN: Duration = Duration::from_secs(1);

/// One message's content on its way.
pub(super) struct Stream {
    pub(super) requester: Requester,
    began: Instant,
    /// Beginnings of spans, and the octets in each; the oldest first.
    spans: RefCell<VecDeque<(Instant, u64)>>,
    awaits_client: Cell<bool>,
    is_cut: Cell<bool>,
    cut: Notify,
}

impl Stream {
    pub(super) fn new(requester: Requester) -> Rc<Self> {
        Rc::new(Self {
            requester,
            began: Instant::now(),
            spans: RefCell::default(),
            awaits_client: Cell::default(),
            is_cut: Cell::default(),
            cut: Notify::new(),
        })
    }

    /// So many octets more of the client's.
    pub(super) fn add(&self, octets: usize) {
        self.add_at(Instant::now(), octets as u64);
    }

    fn add_at(&self, now: Instant, octets: u64) {
        let mut spans = self.spans.borrow_mut();
        spans.retain(|(began, _)| now.duration_since(*began) < MEASURED_TIME);
        match spans.back_mut() {
            Some((began, sum)) if now.duration_since(*began) < SPAN => *sum += octets,
            _ => spans.push_back((now, octets)),
        }
    }

    /// The octets in the measured time, if the stream is slow.
    fn octets_if_slow(&self, now: Instant) -> Option<u64> {
        if now.duration_since(self.began) < MEASURED_TIME {
            return None;
        }
        let spans = self.spans.borrow();
        let recent = spans.iter().filter(|(began, _)| now.duration_since(*began) < MEASURED_TIME);
        Some(recent.map(|(_, octets)| octets).sum()).filter(|octets| *octets < MIN_OCTETS)
    }

    /// Waits until the stream is cut, while its client is awaited. Cancel safe.
    pub(super) async fn cut(&self) {
        struct Awaiting<'s>(&'s Cell<bool>);
        impl Drop for Awaiting<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        self.awaits_client.set(true);
        let _awaiting = Awaiting(&self.awaits_client);
        while !self.is_cut.get() {
            self.cut.notified().await;
        }
    }
}

/// Cuts the slowest of `streams` that `may_be_cut`; none while one that was cut is still there. One whose client was
/// faster, so that it is not awaited any more, ends as any other.
pub(super) fn cut_slowest(streams: &[Rc<Stream>], may_be_cut: impl Fn(&Requester) -> bool) {
    if streams.iter().any(|stream| stream.is_cut.get() && stream.awaits_client.get()) {
        return;
    }
    let now = Instant::now();
    let awaiting = streams.iter().filter(|stream| stream.awaits_client.get() && may_be_cut(&stream.requester));
    let slow = awaiting.filter_map(|stream| Some((stream.octets_if_slow(now)?, stream)));
    if let Some((_, stream)) = slow.min_by_key(|(octets, _)| *octets) {
        stream.is_cut.set(true);
        stream.cut.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::{Context, Poll, Waker};

    fn stream(domain: u64, age: Duration) -> Rc<Stream> {
        let mut stream = Stream::new(Requester { client: None, domain });
        Rc::get_mut(&mut stream).unwrap().began = Instant::now().checked_sub(age).unwrap();
        stream
    }

    /// Seconds ago and octets then, and whether that is slow after all.
    #[test]
    fn what_is_slow() {
        for (sent, slow) in [
            (&[][..], Some(0)),
            (&[(9, MIN_OCTETS - 1)], Some(MIN_OCTETS - 1)),
            (&[(9, MIN_OCTETS)], None),
            (&[(11, MIN_OCTETS), (1, 5)], Some(5)),
            (&[(9, MIN_OCTETS / 2), (5, MIN_OCTETS / 4), (1, MIN_OCTETS / 4)], None),
        ] {
            let (stream, now) = (stream(1, 2 * MEASURED_TIME), Instant::now());
            for &(seconds, octets) in sent {
                stream.add_at(now - Duration::from_secs(seconds), octets);
            }
            assert_eq!(stream.octets_if_slow(now), slow, "{sent:?}");
            assert!(stream.spans.borrow().len() <= 11);
        }
        assert_eq!(stream(1, MEASURED_TIME / 2).octets_if_slow(Instant::now()), None, "too young");
    }

    #[test]
    fn the_slowest_is_cut_while_its_client_is_awaited() {
        let streams = [1, 2, 3, 4].map(|domain| stream(domain, 2 * MEASURED_TIME));
        [500, 50, 5, 0].iter().zip(&streams).for_each(|(octets, stream)| stream.add(*octets));
        let is_cut = |stream: &Stream| stream.is_cut.get();
        cut_slowest(&streams, |_| true);
        assert!(!streams.iter().any(|stream| is_cut(stream)), "none awaits its client");
        let mut context = Context::from_waker(Waker::noop());
        let mut waits: Vec<_> = streams[..3].iter().map(|stream| Box::pin(stream.cut())).collect();
        waits.iter_mut().for_each(|wait| assert_eq!(wait.as_mut().poll(&mut context), Poll::Pending));
        cut_slowest(&streams, |requester| requester.domain != 3);
        cut_slowest(&streams, |_| true);
        assert_eq!(streams.each_ref().map(|stream| is_cut(stream)), [false, true, false, false], "one at a time");
        assert_eq!(waits[1].as_mut().poll(&mut context), Poll::Ready(()));
        drop(waits);
        assert!(!streams[0].awaits_client.get());
    }
}
