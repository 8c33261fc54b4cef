//! What is known of a request beside its body.

use super::locale::Locale;
use super::visitor::Visitor;
use hyper::Method;
use hyper::header::{self, HeaderMap};

/// One request, as every page and every answer of the API needs it.
pub(super) struct RequestContext {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    /// Who sent it.
    pub(super) visitor: Visitor,
    /// Language and path.
    pub(super) locale: Locale,
}

impl RequestContext {
    /// How visitors call this site, without a slash at its end: `configured`, or what the request calls us. Empty if
    /// the request calls us nothing that is a host.
    pub(super) fn base_url(&self, configured: Option<&str>) -> String {
        let valid = |host: &&str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b);
            !host.is_empty() && host.len() < 256 && host.bytes().all(plain)
        };
        let scheme = if self.visitor.secure { "https" } else { "http" };
        let host = self.headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(valid);
        match (configured, host) {
            (Some(url), _) => url.to_owned(),
            (None, Some(host)) => format!("{scheme}://{host}"),
            (None, None) => String::new(),
        }
    }
}
