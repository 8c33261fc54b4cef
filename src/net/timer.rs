//! Time limits on waiting.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// One timer for all the waits of a connection, one after the other.
///
/// The timer is set again only when it would ring too late. Waits are many and hardly any runs out
/// of time, so that this costs next to nothing; a timer for each would cost a system call each.
pub struct Timer(Pin<Box<Sleep>>);

impl Timer {
    /// Its first wait will probably be limited to `usual`.
    pub fn new(usual: Duration) -> Self {
        Self(Box::pin(tokio::time::sleep(usual)))
    }

    /// The output of `work`, or `None` if it takes longer than `limit`. Without any time left, work that is ready is
    /// too late as well: a peer that never pauses would otherwise outlive every deadline.
    pub async fn timeout<F: Future>(&mut self, limit: Duration, work: F) -> Option<F::Output> {
        if limit.is_zero() {
            return None;
        }
        let until = Instant::now() + limit;
        let alarm = &mut self.0;
        if alarm.is_elapsed() || alarm.deadline() > until {
            alarm.as_mut().reset(until);
        }
        let mut work = std::pin::pin!(work);
        std::future::poll_fn(|context| {
            if let Poll::Ready(output) = work.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            while alarm.as_mut().poll(context).is_ready() {
                if Instant::now() >= until {
                    return Poll::Ready(None);
                }
                alarm.as_mut().reset(until);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_is_ready_when_no_time_is_left_is_too_late() {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            let mut timer = Timer::new(Duration::from_secs(1));
            assert_eq!(timer.timeout(Duration::ZERO, std::future::ready(())).await, None);
            assert_eq!(timer.timeout(Duration::from_secs(1), std::future::ready(())).await, Some(()));
        });
    }

    #[test]
    fn limits_hold_whatever_was_before() {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async {
            let ms = Duration::from_millis;
            let mut timer = Timer::new(ms(10));
            for (limit, work, expected) in
                [(50, 30, true), (50, 80, false), (500, 100, true), (20, 100, false), (200, 0, true), (60, 30, true)]
            {
                let outcome = timer.timeout(ms(limit), tokio::time::sleep(ms(work))).await;
                assert_eq!(outcome.is_some(), expected, "{work} ms within {limit} ms");
            }
        });
    }
}
