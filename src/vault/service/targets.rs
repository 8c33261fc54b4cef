//! For whom and where aliases are made: which targets and domains are accepted.

use crate::alias::{Domain, OrderError, RealAddress};
use crate::vault::context::VaultContext;
use crate::vault::hashes::MarkKind;
use crate::vault::store::{Engine as _, StoreError};
use crate::wire::vault_web::RequestError;

/// A real address as somebody typed it, if aliases may be made for it.
pub(super) fn parse_target(context: &VaultContext, target: &str) -> Result<RealAddress, OrderError> {
    let target = RealAddress::parse_new(target)?;
    refuse_ours(context, &target)?;
    let live = context.live();
    let folded = target.folded();
    let local = folded.rsplit_once('@').map_or("", |(local, _)| local);
    if live.reserved.iter().any(|reserved| reserved == local) {
        return Err(OrderError::Reserved);
    }
    Ok(target)
}

/// Refuses a real address to which no mail would be passed on: an older version may have taken it.
pub(super) fn refuse_undeliverable(context: &VaultContext, target: &RealAddress) -> Result<(), OrderError> {
    match target.refusal() {
        Some(refusal) => Err(refusal.into()),
        None => refuse_ours(context, target),
    }
}

fn refuse_ours(context: &VaultContext, target: &RealAddress) -> Result<(), OrderError> {
    let live = context.live();
    if target.is_ours(&live.hostname, &live.domains) { Err(OrderError::TargetIsOurs) } else { Ok(()) }
}

/// The domain of ours that was asked for; the first if none was.
pub(super) fn choose_domain(context: &VaultContext, wanted: Option<&str>) -> Result<Domain, OrderError> {
    let live = context.live();
    let found = match wanted {
        None => live.domains.first(),
        Some(wanted) => {
            // A dot at its end is for the DNS: nobody has chosen it from a list.
            let wanted = Some(wanted).filter(|wanted| !wanted.ends_with('.')).ok_or(OrderError::Domain)?;
            let wanted = Domain::parse(wanted).map_err(|_| OrderError::Domain)?;
            live.domains.iter().find(|domain| **domain == wanted)
        }
    };
    found.cloned().ok_or(OrderError::Domain)
}

/// Whether this person has opted out.
pub(super) async fn has_opted_out(context: &VaultContext, target: &RealAddress) -> Result<bool, StoreError> {
    for owner in context.hashes.owners(target) {
        if context.store.marked(context.hashes.mark(MarkKind::OptedOut, &owner)).get().await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses those who have opted out.
pub(super) async fn refuse_opted_out(context: &VaultContext, target: &RealAddress) -> Result<(), RequestError> {
    if has_opted_out(context, target).await? { Err(OrderError::OptedOut.into()) } else { Ok(()) }
}
