//! What the owner of an alias may do with it, under its manage key.

use crate::alias::{AliasAddress, AliasState, Change};
use crate::vault::context::VaultContext;
use crate::vault::hashes::{hash_manage_key, is_same};
use crate::vault::store::{Engine as _, Key};
use crate::wire::vault_web::{AliasInfo, RequestError};

/// How often an alias is read and changed again (compare and set) if others change it meanwhile.
pub(super) const MAX_AMEND_ATTEMPTS: usize = 16;

/// How the alias stands.
pub(super) async fn inspect(context: &VaultContext, aid: &str, manage_key: &str) -> Result<AliasInfo, RequestError> {
    let Owned { address, state, .. } = find(context, aid, manage_key).await?;
    info(context, address, state).await
}

/// Changes limits, or pauses or resumes the alias.
pub(super) async fn amend(
    context: &VaultContext,
    aid: &str,
    manage_key: &str,
    change: Change,
) -> Result<AliasInfo, RequestError> {
    for _ in 0..MAX_AMEND_ATTEMPTS {
        let Owned { address, key, state: seen } = find(context, aid, manage_key).await?;
        let now = context.store.now().get().await?;
        let limits = seen.limits.changed(change, now, context.live().caps)?;
        let new = AliasState { limits, paused: change.paused.unwrap_or(seen.paused), ..seen };
        if context.store.amend(key, seen, new).get().await? {
            return info(context, address, new).await;
        }
        // Somebody else has changed it since: the change applies to what they made of it.
    }
    Err(RequestError::Unavailable)
}

/// Removes the alias.
pub(super) async fn revoke(context: &VaultContext, aid: &str, manage_key: &str) -> Result<(), RequestError> {
    let Owned { key, .. } = find(context, aid, manage_key).await?;
    context.store.remove(key).get().await?;
    Ok(())
}

/// An alias of somebody who has shown its manage key.
struct Owned {
    address: AliasAddress,
    key: Key,
    state: AliasState,
}

/// The alias that `aid` names, if `manage_key` is its own. A name without a domain is looked for in each of ours.
async fn find(context: &VaultContext, aid: &str, manage_key: &str) -> Result<Owned, RequestError> {
    let presented = hash_manage_key(manage_key);
    let live = context.live();
    let spelled: Vec<String> = if aid.contains('@') {
        vec![aid.to_owned()]
    } else {
        live.domains.iter().map(|domain| format!("{aid}@{domain}")).collect()
    };
    for address in spelled.iter().filter_map(|text| AliasAddress::parse(text, &live.domains)) {
        for key in keys(context, &address) {
            let found = context.store.read(key).get().await?;
            let Some(record) = found.filter(|record| is_same(&record.manage, &presented)) else { continue };
            return Ok(Owned { address, key, state: record.state });
        }
    }
    Err(RequestError::NotFound)
}

/// Under what an alias may be stored: today, and by an older version.
pub(super) fn keys(context: &VaultContext, address: &AliasAddress) -> Vec<Key> {
    let former = address.former();
    [Some(address), former.as_ref()].into_iter().flatten().map(|address| context.hashes.alias(address)).collect()
}

async fn info(context: &VaultContext, address: AliasAddress, state: AliasState) -> Result<AliasInfo, RequestError> {
    let now = context.store.now().get().await?;
    Ok(AliasInfo { address, state, now })
}
