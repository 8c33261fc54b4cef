//! Notifications: how many are sent, and how.

use super::targets::choose_domain;
use crate::alias::{OrderError, RealAddress};
use crate::vault::context::VaultContext;
use crate::vault::hashes::CounterKind;
use crate::vault::notification::compose;
use crate::vault::outbox::NotificationError;
use crate::vault::store::{Counter, Engine as _, Owner};
use crate::vault::token::{self, Capability};
use crate::wire::metrics::Metric;
use crate::wire::vault_web::RequestError;
use crate::words::{Language, Words};
use tracing::warn;

/// Sends a notification to `target`, and waits until the next host has taken it. `write` is given the site's name and
/// the link by which the target opts out; it makes subject and body.
pub(super) async fn send(
    context: &VaultContext,
    target: &RealAddress,
    owner: &Owner,
    language: Language,
    write: impl FnOnce(&Words, &str, &str) -> (String, String),
) -> Result<(), RequestError> {
    let live = context.live();
    // Here, because somebody may have taken over the process that hears visitors, or may command many of them.
    let to_all = context.hashes.counter(CounterKind::AllNotifications, &[]);
    if live.emails_per_day > 0 && !context.store.count(to_all, live.emails_per_day, 1).get().await? {
        warn!("as many e-mails were sent as may be sent in a day; see limits.emails_per_day");
        return Err(RequestError::EmailNotSent);
    }
    let to_owner = context.hashes.counter(CounterKind::Notifications, owner);
    count_one(context, to_owner, live.emails_per_address).await?;
    let opt_out = link(context, &Capability::OptOut(*owner))?;
    let domain = choose_domain(context, None)?;
    let text = write(language.words(), domain.as_str(), &opt_out);
    let now = context.store.now().get().await?;
    let message = compose(target, &domain, text, language.tag(), now).ok_or(RequestError::Unavailable)?;
    match context.outbox.send(target.clone(), message).await {
        Ok(()) => {
            context.metrics.increment(Metric::NotificationsSent);
            Ok(())
        }
        Err(error) => {
            context.metrics.increment(Metric::NotificationsFailed);
            match error {
                NotificationError::Refused => Err(OrderError::Undeliverable.into()),
                NotificationError::Deferred => {
                    // None has arrived: it does not count.
                    context.store.uncount(to_owner, 1).get().await?;
                    Err(RequestError::EmailNotSent)
                }
            }
        }
    }
}

/// Counts one more e-mail to somebody, or what causes one, unless that were more than `limit` within a day.
pub(super) async fn count_one(context: &VaultContext, counter: Counter, limit: u32) -> Result<(), RequestError> {
    if context.store.count(counter, limit, 1).get().await? { Ok(()) } else { Err(OrderError::TooManyEmails.into()) }
}

/// The address of the page that does what `capability` says.
pub(super) fn link(context: &VaultContext, capability: &Capability) -> Result<String, RequestError> {
    let spelled = token::spell(&context.seal, capability).ok_or(RequestError::Unavailable)?;
    Ok(format!("{}/confirm/{spelled}", context.live().site))
}
