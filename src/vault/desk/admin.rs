//! vault ← the administrator: counts, and the end of aliases.

use super::Desk;
use crate::alias::{AliasAddress, RealAddress};
use crate::door::Soon;
use crate::vault::engine::Outage;
use crate::wire::admin::{Answer, Request, Stats};
use std::rc::Rc;

impl Desk {
    /// Answers the administrator.
    pub(in crate::vault) fn admin(self: &Rc<Self>, request: Request) -> Soon<Answer> {
        let desk = Rc::clone(self);
        Soon::later(async move {
            match request {
                Request::Stats => desk.stats().await,
                Request::Sweep => desk.removed(desk.engine.sweep().get().await),
                Request::Revoke { address } => match AliasAddress::parse(&address, &desk.settings.domains) {
                    Some(alias) => desk.removed(desk.engine.remove(desk.seal.key(&alias)).get().await.map(u64::from)),
                    None => Answer::Refused,
                },
                Request::Forget { address } => match RealAddress::parse(&address) {
                    Ok(address) => desk.removed(desk.engine.forget(desk.seal.owner(&address)).get().await),
                    Err(_) => Answer::Refused,
                },
            }
        })
    }

    async fn stats(&self) -> Answer {
        match self.heard(self.engine.count().get().await) {
            Ok(aliases) => {
                Answer::Stats(Stats { aliases, held: self.tickets.borrow().count() as u64, spent: self.spent.get() })
            }
            Err(_) => Answer::Unavailable,
        }
    }

    fn removed(&self, outcome: Result<u64, Outage>) -> Answer {
        self.heard(outcome).map_or(Answer::Unavailable, Answer::Removed)
    }
}
