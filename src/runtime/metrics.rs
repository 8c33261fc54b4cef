//! What a role counts.

use crate::wire::metrics::{Metric, Metrics};
use std::cell::RefCell;

/// Metrics that are being counted.
#[derive(Default)]
pub struct MetricRecorder(RefCell<Metrics>);

impl MetricRecorder {
    /// One more.
    pub fn increment(&self, metric: Metric) {
        self.0.borrow_mut()[metric] += 1;
    }

    /// Of a gauge that is known as a whole.
    pub fn set(&self, metric: Metric, value: u64) {
        self.0.borrow_mut()[metric] = value;
    }

    /// All of them, now.
    pub fn snapshot(&self) -> Metrics {
        self.0.borrow().clone()
    }
}
