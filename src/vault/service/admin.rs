//! The door vault ← the administrator: status, and the end of aliases.

use super::{aliases, tokens};
use crate::alias::{AliasAddress, RealAddress};
use crate::channel::MaybeReady;
use crate::runtime::RoleHandler as _;
use crate::vault::context::VaultContext;
use crate::vault::hashes::MarkKind;
use crate::vault::store::{Engine as _, StoreError};
use crate::wire::vault_admin::{AdminError, Answer, DaemonStatus, Forget, GetStatus, Request, Revoke};
use std::rc::Rc;

/// Answers the administrator.
pub(in crate::vault) fn answer(context: &Rc<VaultContext>, request: Request) -> Option<MaybeReady<Answer>> {
    let context = Rc::clone(context);
    Some(MaybeReady::later(async move {
        match request {
            Request::GetStatus(GetStatus) => Answer::GetStatus(status(&context).await.map_err(AdminError::from)),
            Request::Revoke(Revoke { address }) => Answer::Revoke(revoke(&context, &address).await),
            Request::Forget(Forget { address, forever }) => Answer::Forget(forget(&context, &address, forever).await),
        }
    }))
}

/// How the daemon is.
pub(in crate::vault) async fn status(context: &VaultContext) -> Result<DaemonStatus, StoreError> {
    let aliases = context.store.alias_count().get().await?;
    Ok(context.metrics.status(context.metrics(), aliases))
}

/// Removes an alias.
async fn revoke(context: &VaultContext, address: &str) -> Result<u64, AdminError> {
    let alias = AliasAddress::parse(address, &context.live().domains).ok_or(AdminError::NotAnAddress)?;
    let mut removed = 0;
    for key in aliases::keys(context, &alias) {
        removed += u64::from(context.store.remove(key).get().await?);
    }
    Ok(removed)
}

/// Removes all of a person: aliases, and the tokens that would make new ones.
async fn forget(context: &VaultContext, address: &str, forever: bool) -> Result<u64, AdminError> {
    // What only an older version took is forgotten, too.
    let address = RealAddress::parse_new(address).or_else(|_| RealAddress::parse_stored(address));
    let address = address.map_err(|_| AdminError::NotAnAddress)?;
    let mut forgotten = 0;
    for owner in context.hashes.owners(&address) {
        tokens::revoke_all_of(context, &owner).await?;
        if forever {
            context.store.mark(context.hashes.mark(MarkKind::OptedOut, &owner), None).get().await?;
        }
        forgotten += context.store.forget(owner).get().await?;
    }
    Ok(forgotten)
}

impl From<StoreError> for AdminError {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}
