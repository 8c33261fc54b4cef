//! How many connections may be in use at the same time: a semaphore whose size a reload may change.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The permits there are, given out in the order in which they are asked for.
pub(super) struct Permits {
    semaphore: Arc<Semaphore>,
    limit: Cell<usize>,
    /// Those given out and those still there. More than `limit` until as many have come back.
    existing: Cell<usize>,
}

/// The right to use a connection, given back when dropped.
pub(super) struct Permit {
    /// Absent only while it is dropped.
    held: Option<OwnedSemaphorePermit>,
    permits: Rc<Permits>,
}

impl Permits {
    pub(super) fn new(limit: usize) -> Rc<Self> {
        let semaphore = Arc::new(Semaphore::new(limit));
        Rc::new(Self { semaphore, limit: Cell::new(limit), existing: Cell::new(limit) })
    }

    /// Changes how many there may be. Those given out stay good; too many of them are not given out again.
    pub(super) fn set_limit(&self, limit: usize) {
        self.limit.set(limit);
        let existing = self.existing.get();
        if limit > existing {
            self.semaphore.add_permits(limit - existing);
            self.existing.set(limit);
        } else {
            let taken_back = self.semaphore.forget_permits(existing - limit);
            self.existing.set(existing - taken_back);
        }
    }

    /// How many are given out.
    pub(super) fn in_use(&self) -> usize {
        self.existing.get() - self.semaphore.available_permits()
    }

    /// One permit, as soon as there is one. Cancel safe.
    pub(super) async fn acquire(self: Rc<Self>) -> Permit {
        // The semaphore is never closed, so that there is no error.
        let held = Arc::clone(&self.semaphore).acquire_owned().await.ok();
        Permit { held, permits: self }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let existing = self.permits.existing.get();
        if existing > self.permits.limit.get()
            && let Some(held) = self.held.take()
        {
            held.forget();
            self.permits.existing.set(existing - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    /// Whether another permit is there now; it is given back at once.
    async fn is_free(permits: &Rc<Permits>) -> bool {
        timeout(Duration::ZERO, Rc::clone(permits).acquire()).await.is_ok()
    }

    #[tokio::test]
    async fn the_limit_changes_while_permits_are_out() {
        let permits = Permits::new(2);
        let first = Rc::clone(&permits).acquire().await;
        let second = Rc::clone(&permits).acquire().await;
        assert!(!is_free(&permits).await);
        permits.set_limit(1);
        assert_eq!(permits.in_use(), 2);
        drop(first);
        assert_eq!(permits.in_use(), 1);
        assert!(!is_free(&permits).await, "one is still out, and one is the limit");
        permits.set_limit(3);
        let third = Rc::clone(&permits).acquire().await;
        assert!(is_free(&permits).await);
        permits.set_limit(2);
        assert!(!is_free(&permits).await);
        drop((second, third));
        assert_eq!((permits.in_use(), permits.semaphore.available_permits()), (0, 2));
    }

    #[tokio::test]
    async fn a_higher_limit_serves_those_that_wait() {
        let permits = Permits::new(1);
        let _first = Rc::clone(&permits).acquire().await;
        let more = async {
            tokio::task::yield_now().await;
            permits.set_limit(2);
        };
        let (_second, ()) = tokio::join!(Rc::clone(&permits).acquire(), more);
        assert_eq!(permits.in_use(), 2);
    }
}
