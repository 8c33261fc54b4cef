//! The metrics of the whole daemon: the vault's own, and those that the other processes report.

use crate::runtime::MetricRecorder;
use crate::wire::metrics::{Metric, Metrics};
use crate::wire::vault_admin::{DaemonStatus, Process};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Instant;

pub(super) struct DaemonMetrics {
    recorder: MetricRecorder,
    /// The last report of each of the other processes, by pid.
    reported: RefCell<BTreeMap<i32, Metrics>>,
    /// All processes, the monitor first.
    processes: RefCell<Vec<Process>>,
    started: Instant,
}

impl Default for DaemonMetrics {
    fn default() -> Self {
        Self {
            recorder: MetricRecorder::default(),
            reported: RefCell::default(),
            processes: RefCell::default(),
            started: Instant::now(),
        }
    }
}

impl DaemonMetrics {
    /// Counts one more of the vault's own.
    pub(super) fn increment(&self, metric: Metric) {
        self.recorder.increment(metric);
    }

    /// Sets a gauge of the vault's own.
    pub(super) fn set(&self, metric: Metric, value: u64) {
        self.recorder.set(metric, value);
    }

    /// The vault's own.
    pub(super) fn own(&self) -> Metrics {
        self.recorder.snapshot()
    }

    /// Notes what a process reports.
    pub(super) fn report(&self, pid: i32, metrics: Metrics) {
        self.reported.borrow_mut().insert(pid, metrics);
    }

    pub(super) fn set_processes(&self, processes: Vec<Process>) {
        *self.processes.borrow_mut() = processes;
    }

    /// How the daemon is. `own` are the vault's metrics, `aliases` those in the table.
    pub(super) fn status(&self, own: Metrics, aliases: Option<u64>) -> DaemonStatus {
        let mut metrics = own;
        self.reported.borrow().values().for_each(|reported| metrics += reported);
        DaemonStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: self.started.elapsed().as_secs(),
            processes: self.processes.borrow().clone(),
            aliases,
            metrics,
        }
    }
}
