//! Those a role serves, and how it takes leave of them.

use std::time::Duration;
use tokio::sync::watch;

/// How far the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Phase {
    Serving,
    /// What is under way may be finished, nothing new is begun.
    Stopping,
    /// The drain deadline has passed.
    Expired,
}

/// How long the last words may take once the drain deadline has passed.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// All sessions or connections of a role.
pub struct Drain(watch::Sender<Phase>);

impl Default for Drain {
    fn default() -> Self {
        Self(watch::Sender::new(Phase::Serving))
    }
}

impl Drain {
    /// One more; it counts until it is dropped.
    pub fn enter(&self) -> DrainGuard {
        DrainGuard(self.0.subscribe())
    }

    /// Tells all to finish, waits until they have, for `drain` at the most, then tells the rest that it is over.
    pub async fn finish(&self, drain: Duration) {
        self.0.send_replace(Phase::Stopping);
        if tokio::time::timeout(drain, self.0.closed()).await.is_err() {
            self.0.send_replace(Phase::Expired);
            // Whoever has still not gone is gone with the process.
            let _ = tokio::time::timeout(LAST_WORDS, self.0.closed()).await;
        }
    }
}

/// One session or connection.
#[derive(Clone)]
pub struct DrainGuard(watch::Receiver<Phase>);

impl DrainGuard {
    /// Completes when nothing new is to be begun. Cancel safe.
    pub async fn stopping(&mut self) {
        self.reached(Phase::Stopping).await;
    }

    /// Completes when the drain deadline has passed. Cancel safe.
    pub async fn expired(&mut self) {
        self.reached(Phase::Expired).await;
    }

    async fn reached(&mut self, phase: Phase) {
        // The sender lives as long as the role.
        let _ = self.0.wait_for(|now| *now >= phase).await;
    }
}
