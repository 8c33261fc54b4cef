//! What the head of a request must say before anything is answered (RFC 9112). hyper checks its syntax, but not this.

use super::error::WebError;
use hyper::header::{HOST, HeaderMap, TRANSFER_ENCODING};
use hyper::http::uri::Authority;
use hyper::{Request, Version};

/// Refuses a request whose host is not clear (RFC 9112 §3.2), or whose body comes in a transfer coding that nobody here
/// undoes (§6.1).
pub(super) fn check<B>(request: &Request<B>) -> Result<(), WebError> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        // HTTP/1.0 knows no Host.
        (None, _) if request.version() < Version::HTTP_11 => {}
        (Some(host), None) if is_host(host.as_bytes()) => {}
        _ => return Err(WebError::BadHost),
    }
    if has_only_chunks(headers) { Ok(()) } else { Err(WebError::UnsupportedTransferCoding) }
}

/// Whether it is a host, perhaps with a port, and nothing else: no user, no path.
fn is_host(value: &[u8]) -> bool {
    Authority::try_from(value).is_ok_and(|authority| {
        let (host, whole) = (authority.host(), authority.as_str());
        let port = whole.strip_prefix(host).and_then(|rest| rest.strip_prefix(':'));
        !host.is_empty() && (whole == host || port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok()))
    })
}

fn has_only_chunks(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(version: Version, fields: &[(&str, &str)]) -> Result<(), u16> {
        let mut request = Request::new(());
        *request.version_mut() = version;
        for (name, value) in fields {
            let name = hyper::header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        check(&request).map_err(|error| error.report().status.as_u16())
    }

    #[test]
    fn one_host_that_is_one() {
        for (hosts, expected) in [
            (&["alias.example"][..], Ok(())),
            (&["alias.example:8080"], Ok(())),
            (&["192.0.2.1"], Ok(())),
            (&["[2001:db8::1]:80"], Ok(())),
            (&["localhost"], Ok(())),
            (&[], Err(400)),
            (&[""], Err(400)),
            (&[":80"], Err(400)),
            (&["a.example", "a.example"], Err(400)),
            (&["a.example", "b.example"], Err(400)),
            (&["a/b@c"], Err(400)),
            (&["user@a.example"], Err(400)),
            (&["a.example/path"], Err(400)),
            (&["a b"], Err(400)),
            (&["a.example, b.example"], Err(400)),
            (&["http://a.example"], Err(400)),
            (&["a.example:port"], Err(400)),
            (&["[2001:db8::1"], Err(400)),
        ] {
            let fields: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            assert_eq!(checked(Version::HTTP_11, &fields), expected, "{hosts:?}");
        }
        assert_eq!(checked(Version::HTTP_10, &[]), Ok(()));
        assert_eq!(checked(Version::HTTP_10, &[("host", "a"), ("host", "b")]), Err(400));
    }

    #[test]
    fn no_transfer_coding_but_chunked() {
        for (codings, expected) in [
            (&["chunked"][..], Ok(())),
            (&["Chunked "], Ok(())),
            (&["gzip, chunked"], Err(501)),
            (&["gzip"], Err(501)),
            (&["gzip", "chunked"], Err(501)),
            (&["chunked, chunked"], Err(501)),
            (&["identity"], Err(501)),
        ] {
            let mut fields: Vec<_> = codings.iter().map(|coding| ("transfer-encoding", *coding)).collect();
            fields.push(("host", "a.example"));
            assert_eq!(checked(Version::HTTP_11, &fields), expected, "{codings:?}");
        }
    }
}
