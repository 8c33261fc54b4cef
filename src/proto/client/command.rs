//! The commands of a client that have arguments (RFC 5321 §4.1.1.2, §4.1.1.3).

use crate::alias::RealAddress;

/// MAIL with its parameters.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MailFrom {
    /// Without angle brackets; empty for the null reverse-path.
    pub reverse_path: String,
    /// SIZE, in octets (RFC 1870): named only to hosts that announce it.
    pub size: Option<u64>,
    /// BODY=8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// SMTPUTF8 (RFC 6531).
    pub utf8: bool,
}

/// Appends MAIL; `size` is left out for hosts that do not announce SIZE.
pub(super) fn write_mail(mail: &MailFrom, size: Option<u64>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"MAIL FROM:<");
    out.extend_from_slice(mail.reverse_path.as_bytes());
    out.push(b'>');
    if let Some(size) = size {
        out.extend_from_slice(format!(" SIZE={size}").as_bytes());
    }
    if mail.eight_bit {
        out.extend_from_slice(b" BODY=8BITMIME");
    }
    if mail.utf8 {
        out.extend_from_slice(b" SMTPUTF8");
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends RCPT.
pub(super) fn write_rcpt(recipient: &RealAddress, out: &mut Vec<u8>) {
    out.extend_from_slice(b"RCPT TO:<");
    out.extend_from_slice(recipient.expose().as_bytes());
    out.extend_from_slice(b">\r\n");
}
