//! The envelope of one transaction as the next host gets it: all that it takes to begin the transaction again on
//! another connection.

use super::route::Route;
use super::uses::Uses;
use super::verdict::{NEEDS_8BITMIME, NEEDS_SMTPUTF8, OTHER_TRANSACTION};
use crate::alias::RealAddress;
use crate::proto::client::MailFrom;
use crate::proto::response::Extensions;
use crate::wire::Ticket;
use crate::wire::relay_smtp::Verdict;

/// What our trace headers add to a message, in octets, for SIZE.
const TRACE_HEADERS_OCTETS: u64 = 1024;

/// Whom the message is for.
pub(super) struct EnvelopeRecipient {
    pub(super) target: RealAddress,
    pub(super) route: Route,
    /// The reverse-path that fits this recipient: it leads back through the alias's domain.
    pub(super) reverse_path: String,
    /// To be spent before the message is delivered; an e-mail of our own has none.
    pub(super) ticket: Option<Ticket>,
    /// Whether the spend is likely to be refused.
    pub(super) scarce: bool,
}

/// MAIL and the recipients that the next host has accepted.
#[derive(Default)]
pub(super) struct Envelope {
    /// MAIL as the client said it.
    pub(super) client_mail: MailFrom,
    pub(super) mail: MailFrom,
    pub(super) recipients: Vec<EnvelopeRecipient>,
}

/// MAIL for the first `offered` recipients on a connection with these `extensions`, of what the `client` said.
pub(super) fn mail_for(client: &MailFrom, offered: &[EnvelopeRecipient], extensions: Extensions) -> MailFrom {
    let needed = client.utf8 || offered.first().is_some_and(|recipient| !recipient.reverse_path.is_ascii());
    let wanted = offered.iter().any(|recipient| !recipient.target.is_ascii());
    MailFrom {
        reverse_path: String::new(),
        size: client.size.map(|size| size.saturating_add(TRACE_HEADERS_OCTETS)),
        eight_bit: client.eight_bit,
        utf8: needed || wanted && extensions.smtp_utf8,
    }
}

/// Why the host cannot take the message from anybody to anybody, if it cannot.
pub(super) fn missing_extension(mail: &MailFrom, extensions: Extensions) -> Option<Verdict> {
    if mail.utf8 && !extensions.smtp_utf8 {
        Some(NEEDS_SMTPUTF8)
    } else if mail.eight_bit && !extensions.eight_bit_mime {
        Some(NEEDS_8BITMIME)
    } else {
        None
    }
}

impl Envelope {
    /// Whether MAIL names nobody but us: the reverse-path is null, or was rewritten to one of ours.
    pub(super) fn names_us(&self) -> bool {
        self.mail.reverse_path.is_empty() || self.mail.reverse_path != self.client_mail.reverse_path
    }

    /// The uses that are spent when the message is complete.
    pub(super) fn uses(&self) -> Uses {
        Uses::new(self.recipients.iter().filter_map(|recipient| recipient.ticket).collect())
    }

    /// Whether one of them is likely to be refused.
    pub(super) fn is_scarce(&self) -> bool {
        self.recipients.iter().any(|recipient| recipient.scarce)
    }
}

impl EnvelopeRecipient {
    /// Why this recipient cannot be named in a transaction that began with `mail` on `route`, if it cannot.
    pub(super) fn obstacle(&self, mail: &MailFrom, route: &Route, extensions: Extensions) -> Option<Verdict> {
        if self.route != *route {
            return Some(OTHER_TRANSACTION);
        }
        match (self.target.is_ascii() || mail.utf8, extensions.smtp_utf8) {
            (true, _) => None,
            (false, true) => Some(OTHER_TRANSACTION),
            (false, false) => Some(NEEDS_SMTPUTF8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::relay::Host;
    use std::rc::Rc;

    fn route(name: &str) -> Route {
        Route::Smarthost(Rc::new(Host { name: name.to_owned(), port: 25 }))
    }

    fn recipient(target: &str, reverse_path: &str, route: Route) -> EnvelopeRecipient {
        let target = RealAddress::parse_new(target).unwrap();
        EnvelopeRecipient { target, route, reverse_path: reverse_path.to_owned(), ticket: None, scarce: false }
    }

    /// Target, host; what the host has, and whether MAIL says SMTPUTF8; the verdict.
    #[test]
    fn who_can_be_named() {
        let has = |smtp_utf8| Extensions { smtp_utf8, ..Extensions::default() };
        for (target, host, smtp_utf8, utf8, expected) in [
            ("a@a.example", "one", false, false, None),
            ("a@a.example", "one", true, true, None),
            ("\u{fc}@a.example", "one", true, true, None),
            ("\u{fc}@a.example", "one", true, false, Some(OTHER_TRANSACTION)),
            ("\u{fc}@a.example", "one", false, false, Some(NEEDS_SMTPUTF8)),
            ("a@a.example", "two", false, false, Some(OTHER_TRANSACTION)),
            ("\u{fc}@a.example", "two", false, false, Some(OTHER_TRANSACTION)),
        ] {
            let mail = MailFrom { utf8, ..MailFrom::default() };
            let obstacle = recipient(target, "", route(host)).obstacle(&mail, &route("one"), has(smtp_utf8));
            assert_eq!(obstacle, expected, "{target} {host} {smtp_utf8} {utf8}");
        }
    }

    /// What the client said; reverse-path and target of the first recipient; what the host has; MAIL and its verdict.
    #[test]
    fn what_mail_says() {
        let client = |eight_bit, utf8| MailFrom { size: Some(100), eight_bit, utf8, ..MailFrom::default() };
        let (ascii, utf8) = (("s@s.example", "a@a.example"), ("s@s.example", "\u{fc}@a.example"));
        let from_utf8 = ("\u{fc}@s.example", "a@a.example");
        for (said, (reverse_path, target), eight_bit_mime, smtp_utf8, says_utf8, missing) in [
            (client(false, false), ascii, false, false, false, None),
            (client(true, false), ascii, true, false, false, None),
            (client(true, false), ascii, false, true, false, Some(NEEDS_8BITMIME)),
            (client(false, true), ascii, false, true, true, None),
            (client(false, true), ascii, false, false, true, Some(NEEDS_SMTPUTF8)),
            (client(false, false), utf8, false, true, true, None),
            (client(false, false), utf8, false, false, false, None),
            (client(false, false), from_utf8, false, true, true, None),
            (client(false, false), from_utf8, false, false, true, Some(NEEDS_SMTPUTF8)),
        ] {
            let has = Extensions { eight_bit_mime, smtp_utf8, ..Extensions::default() };
            let offered = [recipient(target, reverse_path, route("one"))];
            let mail = mail_for(&said, &offered, has);
            assert_eq!((mail.size, mail.eight_bit, mail.utf8), (Some(1124), said.eight_bit, says_utf8));
            assert_eq!(missing_extension(&mail, has), missing);
        }
        let largest = MailFrom { size: Some(u64::MAX), ..MailFrom::default() };
        assert_eq!(mail_for(&largest, &[], Extensions::default()).size, Some(u64::MAX));
    }

    #[test]
    fn uses_are_those_of_recipients_with_a_ticket() {
        let ticket = Ticket::from_random([1; 16]);
        let scarce =
            EnvelopeRecipient { ticket: Some(ticket), scarce: true, ..recipient("a@a.example", "", route("one")) };
        let recipients = vec![recipient("b@a.example", "", route("one")), scarce];
        let envelope = Envelope { recipients, ..Envelope::default() };
        assert!(envelope.uses() == Uses::new(vec![ticket]) && envelope.is_scarce());
    }
}
