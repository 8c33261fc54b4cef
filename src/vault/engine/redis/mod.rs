//! placeholder
use super::*;
use crate::role::Fatal;
pub(crate) struct Redis;
impl Redis {
    pub(crate) fn open(_: &crate::config::settings::Redis) -> Result<Self, Fatal> {
        Err(Fatal::Config("no redis yet".into()))
    }
}
impl Engine for Redis {
    fn now(&self) -> Step<Time> {
        unreachable!()
    }
    fn create(&self, _: Key, _: Record) -> Step<bool> {
        unreachable!()
    }
    fn admit(&self, _: Owner, _: u32) -> Step<bool> {
        unreachable!()
    }
    fn read(&self, _: Key) -> Step<Option<Record>> {
        unreachable!()
    }
    fn hold(&self, _: Key, _: Ticket, _: u64) -> Step<Hold> {
        unreachable!()
    }
    fn release(&self, _: Key, _: Ticket) -> Step<()> {
        unreachable!()
    }
    fn spend(&self, _: Key, _: Ticket) -> Step<bool> {
        unreachable!()
    }
    fn refund(&self, _: Key) -> Step<()> {
        unreachable!()
    }
    fn amend(&self, _: Key, _: Account, _: Account) -> Step<bool> {
        unreachable!()
    }
    fn remove(&self, _: Key) -> Step<bool> {
        unreachable!()
    }
    fn forget(&self, _: Owner) -> Step<u64> {
        unreachable!()
    }
    fn sweep(&self) -> Step<u64> {
        unreachable!()
    }
    fn count(&self) -> Step<Option<u64>> {
        unreachable!()
    }
}
