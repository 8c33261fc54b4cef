//! The metrics that a role records, until it reports them to the vault.

use crate::wire::metrics::{Metric, Metrics};
use std::cell::RefCell;

/// Counters and gauges of one process.
#[derive(Default)]
pub struct MetricRecorder(RefCell<Metrics>);

impl MetricRecorder {
    /// Adds one to a counter.
    pub fn increment(&self, metric: Metric) {
        self.0.borrow_mut()[metric] += 1;
    }

    /// Sets a gauge.
    pub fn set(&self, metric: Metric, value: u64) {
        self.0.borrow_mut()[metric] = value;
    }

    /// A copy of all values as they are now.
    pub fn snapshot(&self) -> Metrics {
        self.0.borrow().clone()
    }
}
