//! vault ← the administrator: counts, and the end of aliases.

use super::Desk;
use crate::alias::{AliasAddress, RealAddress};
use crate::channel::MaybeReady;
use crate::runtime::RoleHandler as _;
use crate::vault::seal::Noted;
use crate::vault::store::{Outage, Owner};
use crate::wire::vault_admin::{AdminError, Answer, Forget, GetStatus, Request, Revoke, Status};
use std::rc::Rc;

impl Desk {
    /// Answers the administrator.
    pub(in crate::vault) fn admin(self: &Rc<Self>, request: Request) -> Option<MaybeReady<Answer>> {
        let desk = Rc::clone(self);
        Some(MaybeReady::later(async move {
            match request {
                Request::GetStatus(GetStatus) => {
                    Answer::GetStatus(desk.status().await.map_err(|_| AdminError::Unavailable))
                }
                Request::Revoke(Revoke { address }) => Answer::Revoke(desk.revoke_by_name(&address).await),
                Request::Forget(Forget { address, forever }) => Answer::Forget(match RealAddress::parse(&address) {
                    Ok(address) => desk.forget(&desk.seal.owner(&address), forever).await,
                    Err(_) => Err(AdminError::NotAnAddress),
                }),
            }
        }))
    }

    async fn revoke_by_name(&self, address: &str) -> Result<u64, AdminError> {
        let alias = AliasAddress::parse(address, &self.settings().domains).ok_or(AdminError::NotAnAddress)?;
        self.removed(self.engine.remove(self.seal.key(&alias)).get().await.map(u64::from))
    }

    /// How the daemon is.
    pub(in crate::vault) async fn status(&self) -> Result<Status, Outage> {
        // Not heard as a sign of the store: it may be known without asking.
        let aliases = self.engine.alias_count().get().await?;
        let mut metrics = self.metrics();
        self.counted.borrow().values().for_each(|counted| metrics += counted);
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: self.started.elapsed().as_secs(),
            processes: self.processes.borrow().clone(),
            aliases,
            metrics,
        })
    }

    /// Everything of a person: aliases, and the tokens that would make new ones.
    async fn forget(&self, owner: &Owner, forever: bool) -> Result<u64, AdminError> {
        let marks = async {
            self.void_tokens(owner).await?;
            if forever {
                let opted_out = self.seal.mark(Noted::OptedOut, owner);
                self.written(self.engine.mark(opted_out, None).get().await)?;
            }
            Ok::<_, Outage>(())
        };
        match marks.await {
            Ok(()) => self.removed(self.engine.forget(*owner).get().await),
            Err(_) => Err(AdminError::Unavailable),
        }
    }

    fn removed(&self, outcome: Result<u64, Outage>) -> Result<u64, AdminError> {
        self.written(outcome).map_err(|_| AdminError::Unavailable)
    }
}
