//! vault ← the administrator: counts, and the end of aliases.

use super::Desk;
use crate::alias::{AliasAddress, RealAddress};
use crate::channel::MaybeReady;
use crate::runtime::RoleHandler as _;
use crate::vault::seal::Noted;
use crate::vault::store::{Outage, Owner};
use crate::wire::vault_admin::{Answer, Request, Status};
use std::rc::Rc;

impl Desk {
    /// Answers the administrator.
    pub(in crate::vault) fn admin(self: &Rc<Self>, request: Request) -> MaybeReady<Answer> {
        let desk = Rc::clone(self);
        MaybeReady::later(async move {
            match request {
                Request::Status => desk.status().await.map_or(Answer::Unavailable, Answer::Status),
                Request::Revoke { address } => match AliasAddress::parse(&address, &desk.settings().domains) {
                    Some(alias) => desk.removed(desk.engine.remove(desk.seal.key(&alias)).get().await.map(u64::from)),
                    None => Answer::Refused,
                },
                Request::Forget { address, for_ever } => match RealAddress::parse(&address) {
                    Ok(address) => desk.forget(&desk.seal.owner(&address), for_ever).await,
                    Err(_) => Answer::Refused,
                },
            }
        })
    }

    /// How the daemon is.
    pub(in crate::vault) async fn status(&self) -> Result<Status, Outage> {
        // Not heard as a sign of the store: it may be known without asking.
        let aliases = self.engine.count().get().await?;
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
    async fn forget(&self, owner: &Owner, for_ever: bool) -> Answer {
        let marks = async {
            self.void_tokens(owner).await?;
            if for_ever {
                let opted_out = self.seal.mark(Noted::OptedOut, owner);
                self.written(self.engine.mark(opted_out, None).get().await)?;
            }
            Ok::<_, Outage>(())
        };
        match marks.await {
            Ok(()) => self.removed(self.engine.forget(*owner).get().await),
            Err(_) => Answer::Unavailable,
        }
    }

    fn removed(&self, outcome: Result<u64, Outage>) -> Answer {
        self.written(outcome).map_or(Answer::Unavailable, Answer::Removed)
    }
}
