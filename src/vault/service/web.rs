//! The door vault ← web: the requests of visitors.

use super::{admin, aliases, consent, orders, tokens};
use crate::alias::{AddressError, OrderError};
use crate::channel::MaybeReady;
use crate::vault::context::VaultContext;
use crate::vault::store::{Engine as _, StoreError};
use crate::wire::vault_web::{
    Amend, Answer, FollowLink, GetMetrics, Inspect, InspectLink, OptOut, Ping, Request, RequestError, RevokeAlias,
    RevokeToken,
};
use std::rc::Rc;

/// Answers a process of the role `web`.
pub(in crate::vault) fn answer(context: &Rc<VaultContext>, pid: i32, request: Request) -> Option<MaybeReady<Answer>> {
    if let Request::Metrics(metrics) = request {
        context.metrics.report(pid, metrics);
        return None;
    }
    let (context, guard) = (Rc::clone(context), context.requests.enter());
    Some(MaybeReady::later(async move {
        let (context, _guard) = (&*context, guard);
        match request {
            Request::Order(order) => Answer::Order(orders::place(context, order).await),
            Request::Inspect(Inspect { aid, key }) => Answer::Inspect(aliases::inspect(context, &aid, &key).await),
            Request::Amend(Amend { aid, key, change }) => {
                Answer::Amend(aliases::amend(context, &aid, &key, change).await)
            }
            Request::RevokeAlias(RevokeAlias { aid, key }) => {
                Answer::RevokeAlias(aliases::revoke(context, &aid, &key).await)
            }
            Request::IssueToken(request) => Answer::IssueToken(tokens::issue(context, request).await),
            Request::RevokeToken(RevokeToken { token }) => Answer::RevokeToken(tokens::revoke(context, &token).await),
            Request::InspectLink(InspectLink { link }) => {
                Answer::InspectLink(consent::inspect_link(context, &link).await)
            }
            Request::FollowLink(FollowLink { link }) => Answer::FollowLink(consent::follow_link(context, &link).await),
            Request::OptOut(OptOut { target, language }) => {
                Answer::OptOut(consent::send_opt_out_link(context, &target, language).await)
            }
            Request::GetMetrics(GetMetrics) => {
                Answer::GetMetrics(admin::status(context).await.map_err(RequestError::from))
            }
            Request::Ping(Ping) => Answer::Ping(ping(context).await),
            // Handled above: it is one-way.
            Request::Metrics(_) => Answer::Ping(Ok(())),
        }
    }))
}

/// Whether the store answers, and could be written to when it last was.
async fn ping(context: &VaultContext) -> Result<(), RequestError> {
    context.store.now().get().await?;
    if context.store.is_writable() { Ok(()) } else { Err(RequestError::Unavailable) }
}

impl From<StoreError> for RequestError {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

impl From<OrderError> for RequestError {
    fn from(error: OrderError) -> Self {
        Self::Rejected(error)
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
