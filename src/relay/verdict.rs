//! Verdicts: what the next host's replies come to, and our own.

use crate::net::smtp_client::ConnectionLost;
use crate::proto::status::Status;
use crate::wire::relay_smtp::{Origin, Verdict};
use tracing::info;

pub(super) const UNREACHABLE: Verdict = Verdict { code: 451, enhanced: (4, 4, 1), origin: Origin::NoNextHost };
pub(super) const CONNECTION_LOST: Verdict = Verdict { code: 451, enhanced: (4, 4, 2), origin: Origin::NoNextHost };
pub(super) const REFUSES_US: Verdict = Verdict { code: 451, enhanced: (4, 7, 0), origin: Origin::RefusesUs };
pub(super) const TOO_SLOW: Verdict = Verdict { code: 451, enhanced: (4, 4, 2), origin: Origin::TooSlow };
pub(super) const NO_VAULT: Verdict = Verdict { code: 451, enhanced: (4, 3, 0), origin: Origin::NoVault };
pub(super) const BUSY: Verdict = Verdict { code: 450, enhanced: (4, 2, 1), origin: Origin::Busy };
pub(super) const DEAD: Verdict = Verdict { code: 550, enhanced: (5, 1, 1), origin: Origin::Dead };
pub(super) const FORGED: Verdict = Verdict { code: 550, enhanced: (5, 7, 1), origin: Origin::Forged };
pub(super) const TICKET_EXPIRED: Verdict = Verdict { code: 451, enhanced: (4, 3, 0), origin: Origin::NoVault };
pub(super) const NEEDS_8BITMIME: Verdict = Verdict { code: 550, enhanced: (5, 6, 3), origin: Origin::Unsupported };
pub(super) const NEEDS_SMTPUTF8: Verdict = Verdict { code: 550, enhanced: (5, 6, 7), origin: Origin::Unsupported };
/// RFC 5321 §4.5.3.1.10: the client sends the others' copies in a transaction of their own.
pub(super) const OTHER_TRANSACTION: Verdict =
    Verdict { code: 452, enhanced: (4, 5, 3), origin: Origin::OtherTransaction };

/// Whether the host refuses this host, whoever the sender is: it wants authentication or encryption (RFC 4954 §6), which
/// is for our administrator to mend.
pub(super) fn refuses_us(status: Status) -> bool {
    matches!(status.code, 530 | 535 | 538)
}

/// The same in reply to MAIL. If nobody but us is named in the reverse-path (`names_us`), a refusal for reasons of policy
/// (RFC 3463 §3.8: X.7.x) is for us as well.
pub(super) fn refuses_mail_of_us(status: Status, names_us: bool) -> bool {
    refuses_us(status) || names_us && status.is_permanent() && status.enhanced.subject == 7
}

/// The status in reply to MAIL as a verdict.
pub(super) fn from_mail_status(status: Status, names_us: bool) -> Verdict {
    if refuses_mail_of_us(status, names_us) { REFUSES_US } else { from_status(status) }
}

/// The next host's status as a verdict. 421 speaks of its connection, which is not the client's; a
/// reply that fits nothing means that it does not speak SMTP.
pub(super) fn from_status(status: Status) -> Verdict {
    match status.code {
        421 | 300..400 => CONNECTION_LOST,
        _ if refuses_us(status) => REFUSES_US,
        code => Verdict {
            code,
            enhanced: (status.enhanced.class, status.enhanced.subject, status.enhanced.detail),
            origin: Origin::NextHost,
        },
    }
}

/// Logs why a connection to the next host was lost, at which stage of a transaction. The cause has codes, and none of
/// the host's words, which may name people.
pub(super) fn connection_lost(stage: &'static str, ConnectionLost { cause, .. }: &ConnectionLost) -> Verdict {
    info!(stage, %cause, "the connection to the next host is lost");
    CONNECTION_LOST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::status::EnhancedCode;

    #[test]
    fn codes_of_the_next_host() {
        for (code, expected) in [
            (250, (250, Origin::NextHost)),
            (354, (451, Origin::NoNextHost)),
            (421, (451, Origin::NoNextHost)),
            (450, (450, Origin::NextHost)),
            (554, (554, Origin::NextHost)),
            (530, (451, Origin::RefusesUs)),
            (535, (451, Origin::RefusesUs)),
            (538, (451, Origin::RefusesUs)),
        ] {
            let verdict = from_status(Status { code, enhanced: EnhancedCode::new((code / 100) as u8, 7, 1) });
            assert_eq!((verdict.code, verdict.origin), expected);
            let to_mail = |names_us| {
                from_mail_status(Status { code, enhanced: EnhancedCode::new((code / 100) as u8, 7, 1) }, names_us)
            };
            assert_eq!(to_mail(true), if code >= 500 { REFUSES_US } else { verdict });
            assert_eq!(to_mail(false), verdict, "it may be the sender that is refused");
            if verdict.origin == Origin::NextHost {
                assert_eq!(verdict.enhanced, ((code / 100) as u8, 7, 1));
            }
        }
    }
}
