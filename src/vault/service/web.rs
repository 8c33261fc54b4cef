//! vault ← web: who asks what; and what an owner may do under the manage key.

use super::Desk;
use crate::alias::{Account, AddressError, AliasAddress, Change, OrderError};
use crate::channel::MaybeReady;
use crate::vault::seal::{hash_manage_key, same};
use crate::vault::store::{Key, Outage};
use crate::wire::vault_web::{
    AliasInfo, Amend, Answer, FollowLink, GetStatus, Inspect, InspectLink, OptOut, Ping, Request, RequestError, Revoke,
    RevokeToken,
};
use std::rc::Rc;

/// How often a change to an alias is tried again that somebody else has changed meanwhile.
pub(super) const MAX_RACES: usize = 16;

impl From<Outage> for RequestError {
    fn from(_: Outage) -> Self {
        Self::Unavailable
    }
}

impl From<OrderError> for RequestError {
    fn from(fault: OrderError) -> Self {
        Self::Rejected(fault)
    }
}

impl From<AddressError> for RequestError {
    fn from(error: AddressError) -> Self {
        Self::Rejected(error.into())
    }
}

impl From<ring::error::Unspecified> for RequestError {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::Unavailable
    }
}

impl Desk {
    /// Answers the process at port 80.
    pub(in crate::vault) fn web(self: &Rc<Self>, pid: i32, request: Request) -> Option<MaybeReady<Answer>> {
        if let Request::Metrics(metrics) = request {
            self.note(pid, metrics);
            return None;
        }
        let desk = Rc::clone(self);
        Some(MaybeReady::later(async move {
            match request {
                Request::Order(order) => Answer::Order(desk.create(order).await),
                Request::Inspect(Inspect { aid, key }) => Answer::Inspect(desk.inspect(&aid, &key).await),
                Request::Amend(Amend { aid, key, change }) => Answer::Amend(desk.change(&aid, &key, change).await),
                Request::Revoke(Revoke { aid, key }) => Answer::Revoke(desk.revoke(&aid, &key).await),
                Request::IssueToken(wanted) => Answer::IssueToken(desk.issue_token(wanted).await),
                Request::RevokeToken(RevokeToken { token }) => Answer::RevokeToken(desk.revoke_token(&token).await),
                Request::InspectLink(InspectLink { link }) => Answer::InspectLink(desk.look(&link).await),
                Request::FollowLink(FollowLink { link }) => Answer::FollowLink(desk.follow(&link).await),
                Request::OptOut(OptOut { target, language }) => Answer::OptOut(desk.opt_out(&target, language).await),
                Request::GetStatus(GetStatus) => Answer::GetStatus(desk.status().await.map_err(RequestError::from)),
                Request::Ping(Ping) => Answer::Ping(match desk.now().await {
                    Ok(_) if !desk.unwritable.get() => Ok(()),
                    _ => Err(RequestError::Unavailable),
                }),
                Request::Metrics(_) => Answer::Ping(Ok(())),
            }
        }))
    }

    async fn inspect(&self, aid: &str, key: &str) -> Result<AliasInfo, RequestError> {
        let (address, _, account) = self.owned(aid, key).await?;
        self.answer(address, account).await
    }

    async fn change(&self, aid: &str, key: &str, change: Change) -> Result<AliasInfo, RequestError> {
        for _ in 0..MAX_RACES {
            let (address, at, seen) = self.owned(aid, key).await?;
            let now = self.now().await?;
            let limits = seen.limits.changed(change, now, self.settings().caps)?;
            let new = Account { limits, paused: change.paused.unwrap_or(seen.paused), ..seen };
            // Somebody else may have changed it since: then what they made of it is changed.
            if self.written(self.engine.amend(at, seen, new).get().await)? {
                return self.answer(address, new).await;
            }
        }
        Err(RequestError::Unavailable)
    }

    async fn revoke(&self, aid: &str, key: &str) -> Result<(), RequestError> {
        let (_, at, _) = self.owned(aid, key).await?;
        self.written(self.engine.remove(at).get().await)?;
        Ok(())
    }

    async fn answer(&self, address: AliasAddress, account: Account) -> Result<AliasInfo, RequestError> {
        let now = self.now().await?;
        Ok(AliasInfo { address, account, now })
    }

    /// The alias that `aid` names, if `key` is its manage key. A name without a domain is looked for in each.
    async fn owned(&self, aid: &str, key: &str) -> Result<(AliasAddress, Key, Account), RequestError> {
        let presented = hash_manage_key(key);
        let settings = self.settings();
        let domains = &settings.domains;
        let spelled: Vec<String> = if aid.contains('@') {
            vec![aid.to_owned()]
        } else {
            domains.iter().map(|d| format!("{aid}@{d}")).collect()
        };
        for address in spelled.iter().filter_map(|s| AliasAddress::parse(s, domains)) {
            let at = self.seal.key(&address);
            let found = self.read(self.engine.read(at).get().await)?;
            if let Some(record) = found.filter(|r| same(&r.manage, &presented)) {
                return Ok((address, at, record.account));
            }
        }
        Err(RequestError::NotFound)
    }
}
