//! Notifications, the e-mail that tempalias itself sends: how many, and in which form.
//!
//! A notification is plain text to which no program replies (RFC 5322, RFC 3834). It holds nothing that whoever caused
//! it could choose, except the language.

use super::targets::choose_domain;
use crate::alias::{Domain, OrderError, RealAddress, Time};
use crate::vault::context::VaultContext;
use crate::vault::hashes::CounterKind;
use crate::vault::keys::random;
use crate::vault::outbox::NotificationError;
use crate::vault::store::{Counter, Engine as _, Owner};
use crate::vault::token::{self, Capability};
use crate::wire::metrics::Metric;
use crate::wire::vault_web::RequestError;
use crate::words::{Language, Words};
use data_encoding::HEXLOWER;
use mail_builder::MessageBuilder;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;
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
    // Limited in the vault, because somebody may have taken over the process that serves visitors, or may command many.
    let to_all = context.hashes.counter(CounterKind::AllNotifications, &[]);
    if live.emails_per_day > 0 && !context.store.count(to_all, live.emails_per_day, 1).get().await? {
        warn!("as many e-mails were sent as may be sent in a day; see limits.emails_per_day");
        return Err(RequestError::EmailNotSent);
    }
    let to_owner = context.hashes.counter(CounterKind::Notifications, owner);
    count_one(context, to_owner, live.emails_per_address).await?;
    let opt_out = link(context, &Capability::opt_out(context.hashes.owners(target)))?;
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

/// Header and body of a notification to `target` from the site at `domain`; `None` without random numbers.
fn compose(
    target: &RealAddress,
    domain: &Domain,
    (subject, body): (String, String),
    language: &'static str,
    now: Time,
) -> Option<Vec<u8>> {
    let id = HEXLOWER.encode(&random::<16>().ok()?);
    let message = MessageBuilder::new()
        .from(("tempalias".to_owned(), format!("postmaster@{domain}")))
        .to(target.expose())
        .subject(subject)
        .date(i64::try_from(now).unwrap_or(i64::MAX))
        .message_id(MessageId::new(format!("{id}@{domain}")))
        // RFC 3834 §5: no vacation answers this.
        .header("Auto-Submitted", Text::new("auto-generated"))
        .header("Content-Language", Text::new(language))
        .body(part(body));
    message.write_to_vec().ok()
}

/// Not encoded if the body is ASCII: people may read the source of a message, and its links are then whole.
fn part(body: String) -> MimePart<'static> {
    if body.is_ascii() {
        MimePart::new("text/plain", body.replace('\n', "\r\n")).transfer_encoding("7bit")
    } else {
        MimePart::new("text/plain", body)
    }
}
