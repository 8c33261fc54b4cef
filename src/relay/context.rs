//! What all links of one process share.

use super::permits::DomainHasher;
use super::pool::Pool;
use super::route::Routes;
use crate::channel::RpcClient;
use crate::config::settings::relay::Live;
use crate::runtime::{MetricRecorder, RoleHandler};
use crate::wire::metrics::{Metric, Metrics};
use crate::wire::vault_relay::VaultRelay;
use std::rc::Rc;

/// What all links share.
pub(super) struct RelayContext {
    pub(super) vault: RpcClient<VaultRelay>,
    pub(super) routes: Routes,
    pub(super) pool: Rc<Pool>,
    pub(super) domains: DomainHasher,
    pub(super) recorder: Rc<MetricRecorder>,
}

impl RoleHandler<Live> for RelayContext {
    fn reload(&self, live: Live) {
        self.pool.reload(live);
    }

    fn metrics(&self) -> Metrics {
        self.recorder.set(Metric::RelayConnections, self.pool.in_use() as u64);
        self.recorder.snapshot()
    }
}
