//! vault ← web: create, and what an owner may do under the manage key.

use super::Desk;
use crate::alias::{Account, AliasAddress, Change, Domain, Fault, Name, RealAddress, Wish};
use crate::door::Soon;
use crate::vault::engine::{Key, Outage, Record};
use crate::vault::seal::{hash_manage_key, same};
use crate::wire::figures::Figure;
use crate::wire::web::{Alias, Answer, Request};
use std::fmt::Write as _;
use std::rc::Rc;

/// Why there is no alias to answer with.
enum Miss {
    Fault(Fault),
    Unknown,
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

impl From<ring::error::Unspecified> for Miss {
    fn from(_: ring::error::Unspecified) -> Self {
        Self::Outage
    }
}

impl Desk {
    /// Answers the process at port 80.
    pub(in crate::vault) fn web(self: &Rc<Self>, pid: i32, request: Request) -> Soon<Answer> {
        let desk = Rc::clone(self);
        Soon::later(async move {
            let answer = match request {
                Request::Create { target, domain, wish } => desk.create(&target, domain.as_deref(), wish).await,
                Request::Inspect { aid, key } => desk.inspect(&aid, &key).await,
                Request::Change { aid, key, change } => desk.change(&aid, &key, change).await,
                Request::Revoke { aid, key } => desk.revoke(&aid, &key).await,
                Request::Figures(figures) => {
                    desk.note(pid, figures);
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
                Miss::Outage => Answer::Unavailable,
            })
        })
    }

    async fn create(&self, target: &str, domain: Option<&str>, wish: Wish) -> Result<Answer, Miss> {
        let settings = self.settings();
        let domains = &settings.domains;
        let target = RealAddress::parse(target).map_err(Fault::from)?;
        if target.is_in(domains) {
            return Err(Fault::TargetIsOurs.into());
        }
        let domain = chosen(domain, domains)?;
        let now = self.now().await?;
        let limits = wish.grant(now, self.settings().caps)?;
        let owner = self.seal.owner(&target);
        let most = self.settings().creations_per_address;
        if most > 0 && !self.written(self.engine.admit(owner, most).get().await)? {
            return Err(Fault::TooManyForTarget.into());
        }
        let key = spell(&self.seal.random::<16>()?);
        let account = Account { limits, spent: 0, paused: false };
        // A name that is taken is a matter of 2^-60; a second draw settles it.
        loop {
            let address = Name::from_random(u64::from_le_bytes(self.seal.random()?)).at(domain);
            let sealed = self.seal.seal(&address, &target).ok_or(Miss::Outage)?;
            let record = Record { account, manage: hash_manage_key(&key), owner, sealed };
            if self.written(self.engine.create(self.seal.key(&address), record).get().await)? {
                self.tally.count(Figure::AliasesCreated);
                return Ok(Answer::Created { alias: Alias { address, account, now }, key });
            }
        }
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

/// The domain of ours that was asked for; the first if none was.
fn chosen<'a>(wanted: Option<&str>, domains: &'a [Domain]) -> Result<&'a Domain, Fault> {
    match wanted {
        None => domains.first().ok_or(Fault::Domain),
        Some(wanted) => {
            let wanted = Domain::parse(wanted).map_err(|_| Fault::Domain)?;
            domains.iter().find(|d| **d == wanted).ok_or(Fault::Domain)
        }
    }
}

/// Octets in hexadecimal.
fn spell(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
