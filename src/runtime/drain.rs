//! Graceful shutdown: the connections of a role finish what is under way, within the drain deadline.

use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long connections may take to close after the drain deadline: enough to send a last reply.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// The connections of a role that are waited for when it shuts down.
#[derive(Default)]
pub struct Drain {
    connections: TaskTracker,
    phases: Rc<Phases>,
}

/// Cancelled one after the other. Shared, so that a guard is two pointers: a token of its own for each would also lock
/// a mutex to be cloned and dropped.
#[derive(Default)]
struct Phases {
    stopping: CancellationToken,
    expired: CancellationToken,
}

/// One connection of a [`Drain`]: it is waited for until all clones of its guard are dropped.
#[derive(Clone)]
pub struct DrainGuard {
    _connection: TaskTrackerToken,
    phases: Rc<Phases>,
}

impl Drain {
    /// Counts one more connection.
    pub fn enter(&self) -> DrainGuard {
        DrainGuard { _connection: self.connections.token(), phases: Rc::clone(&self.phases) }
    }

    /// Tells all connections to finish and waits until they have closed, at most for `drain_timeout`; then tells those
    /// that are left to close at once.
    pub async fn finish(&self, drain_timeout: Duration) {
        // A tracker that is not closed is waited for without end, even if it is empty.
        self.connections.close();
        self.phases.stopping.cancel();
        if timeout(drain_timeout, self.connections.wait()).await.is_err() {
            self.phases.expired.cancel();
            // A connection that has not closed by then ends with the process.
            let _ = timeout(CLOSE_TIMEOUT, self.connections.wait()).await;
        }
    }
}

impl DrainGuard {
    /// Completes when the role shuts down: what is under way may be finished, nothing new is begun. Cancel safe.
    pub async fn stopping(&self) {
        self.phases.stopping.cancelled().await;
    }

    /// Completes when the drain deadline has passed. Cancel safe.
    pub async fn expired(&self) {
        self.phases.expired.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::LocalRuntime::new().unwrap();
        runtime.block_on(async { timeout(Duration::from_secs(10), test).await.unwrap() });
    }

    #[test]
    fn finish_waits_for_every_guard_and_every_clone() {
        run(async {
            let drain = Drain::default();
            let (guard, started) = (drain.enter(), Instant::now());
            let clone = guard.clone();
            tokio::task::spawn_local(async move {
                guard.stopping().await;
                drop(guard);
                tokio::time::sleep(Duration::from_millis(100)).await;
                drop(clone);
            });
            drain.finish(Duration::from_secs(5)).await;
            assert!(started.elapsed() >= Duration::from_millis(100));
            assert!(started.elapsed() < Duration::from_secs(5));
        });
    }

    #[test]
    fn after_the_deadline_the_rest_is_told_and_then_left() {
        run(async {
            let drain = Drain::default();
            let (told, left) = (drain.enter(), drain.enter());
            let closed = tokio::task::spawn_local(async move { told.expired().await });
            drain.finish(Duration::from_millis(10)).await;
            closed.await.unwrap();
            drop(left);
        });
    }

    #[test]
    fn without_connections_there_is_nothing_to_wait_for() {
        run(async { Drain::default().finish(Duration::from_secs(60)).await });
    }
}
