//! vault ← web: who asks what; and what an owner may do under the manage key.

use super::Desk;
use crate::alias::{Account, AddressError, AliasAddress, Change, Fault};
use crate::channel::MaybeReady;
use crate::vault::seal::{hash_manage_key, same};
use crate::vault::store::{Key, Outage};
use crate::wire::vault_web::{Alias, Answer, Request};
use std::rc::Rc;

/// Why what was asked for is not done.
pub(super) enum Miss {
    Fault(Fault),
    Unknown,
    NoToken,
    Unsent,
    Outage,
}

impl From<Outage> for Miss {
    fn from(_: Outage) -> Self {
        Self::Outage
    }
}

impl From<Fault> for Miss {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<AddressError> for Miss {
    fn from(error: AddressError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<ring::error::Unspecified> for Miss {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::Outage
    }
}

impl Desk {
    /// Answers the process at port 80.
    pub(in crate::vault) fn web(self: &Rc<Self>, pid: i32, request: Request) -> MaybeReady<Answer> {
        let desk = Rc::clone(self);
        MaybeReady::later(async move {
            let answer = match request {
                Request::Create(order) => desk.create(order).await,
                Request::Inspect { aid, key } => desk.inspect(&aid, &key).await,
                Request::Change { aid, key, change } => desk.change(&aid, &key, change).await,
                Request::Revoke { aid, key } => desk.revoke(&aid, &key).await,
                Request::MakeToken { target, domain, days, max_usage, language } => {
                    desk.make_token(&target, domain.as_deref(), (days, max_usage), language).await
                }
                Request::RevokeToken { token } => desk.revoke_token(&token).await,
                Request::Look { link } => desk.look(&link).await,
                Request::Follow { link } => desk.follow(&link).await,
                Request::OptOut { target, language } => desk.opt_out(&target, language).await,
                Request::Metrics(metrics) => {
                    desk.note(pid, metrics);
                    Ok(Answer::Done)
                }
                Request::Status => desk.status().await.map(Answer::Status).map_err(Miss::from),
                Request::Ping => match desk.now().await {
                    Ok(_) if !desk.unwritable.get() => Ok(Answer::Done),
                    _ => Err(Miss::Outage),
                },
            };
            answer.unwrap_or_else(|miss| match miss {
                Miss::Fault(fault) => Answer::Refused(fault),
                Miss::Unknown => Answer::No,
                Miss::NoToken => Answer::NoToken,
                Miss::Unsent => Answer::Unsent,
                Miss::Outage => Answer::Unavailable,
            })
        })
    }

    async fn inspect(&self, aid: &str, key: &str) -> Result<Answer, Miss> {
        let (address, _, account) = self.owned(aid, key).await?;
        self.answer(address, account).await
    }

    async fn change(&self, aid: &str, key: &str, change: Change) -> Result<Answer, Miss> {
        loop {
            let (address, at, seen) = self.owned(aid, key).await?;
            let now = self.now().await?;
            let limits = seen.limits.changed(change, now, self.settings().caps)?;
            let new = Account { limits, paused: change.paused.unwrap_or(seen.paused), ..seen };
            // Somebody else may have changed it since: then what they made of it is changed.
            if self.written(self.engine.amend(at, seen, new).get().await)? {
                return self.answer(address, new).await;
            }
        }
    }

    async fn revoke(&self, aid: &str, key: &str) -> Result<Answer, Miss> {
        let (_, at, _) = self.owned(aid, key).await?;
        self.written(self.engine.remove(at).get().await)?;
        Ok(Answer::Done)
    }

    async fn answer(&self, address: AliasAddress, account: Account) -> Result<Answer, Miss> {
        let now = self.now().await?;
        Ok(Answer::Alias(Alias { address, account, now }))
    }

    /// The alias that `aid` names, if `key` is its manage key. A name without a domain is looked for in each.
    async fn owned(&self, aid: &str, key: &str) -> Result<(AliasAddress, Key, Account), Miss> {
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
        Err(Miss::Unknown)
    }
}
