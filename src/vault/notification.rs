//! What a letter of ours looks like (RFC 5322, RFC 3834): plain text, and nothing that answers itself.

use super::seal::Seal;
use crate::alias::{Domain, RealAddress, Time};
use data_encoding::HEXLOWER;
use mail_builder::MessageBuilder;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;

/// Header and body of a letter to `target` from the site at `domain`; `None` without random numbers.
pub(super) fn compose(
    target: &RealAddress,
    domain: &Domain,
    (subject, body): (String, String),
    language: &'static str,
    now: Time,
    seal: &Seal,
) -> Option<Vec<u8>> {
    let id = HEXLOWER.encode(&seal.random::<16>().ok()?);
    let letter = MessageBuilder::new()
        .from(("tempalias".to_owned(), format!("postmaster@{domain}")))
        .to(target.expose())
        .subject(subject)
        .date(i64::try_from(now).unwrap_or(i64::MAX))
        .message_id(MessageId::new(format!("{id}@{domain}")))
        // RFC 3834 §5: no vacation answers this.
        .header("Auto-Submitted", Text::new("auto-generated"))
        .header("Content-Language", Text::new(language))
        .body(part(body));
    letter.write_to_vec().ok()
}

/// As it is where that can travel: people may read a letter's source, and links are then whole.
fn part(body: String) -> MimePart<'static> {
    if body.is_ascii() {
        MimePart::new("text/plain", body.replace('\n', "\r\n")).transfer_encoding("7bit")
    } else {
        MimePart::new("text/plain", body)
    }
}
