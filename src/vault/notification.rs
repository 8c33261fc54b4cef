//! The form of notifications, the e-mail that tempalias itself sends (RFC 5322, RFC 3834): plain text, to which no
//! program replies.

use super::keys::random;
use crate::alias::{Domain, RealAddress, Time};
use data_encoding::HEXLOWER;
use mail_builder::MessageBuilder;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;

/// Header and body of a notification to `target` from the site at `domain`; `None` without random numbers.
pub(super) fn compose(
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
