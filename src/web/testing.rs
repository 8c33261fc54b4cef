//! What `crate::testing` shows of the web role.

use super::body;
use super::error::WebError;
use super::forwarded::{self, Hop, X_FORWARDED_FOR, X_FORWARDED_PROTO};
use super::proxy_protocol;
use crate::alias::{Caps, OrderError};
use hyper::HeaderMap;
use hyper::header::{FORWARDED, HeaderName, HeaderValue};
use std::net::IpAddr;

/// What a body asks for. A part that is refused, or whose type is the room's own, is told as `Debug` prints it.
#[derive(Debug, PartialEq, Eq)]
pub struct Body {
    /// The real address, as it was typed.
    pub target: Option<String>,
    /// How many aliases.
    pub count: String,
    /// The limits of new aliases.
    pub limits: String,
    /// What changes about an alias.
    pub change: String,
}

/// Reads a body that says it is JSON, or does not say so.
///
/// # Errors
/// It is neither JSON nor a form: what is wrong with it.
pub fn read_body(says_json: bool, octets: &[u8]) -> Result<Body, String> {
    let fields = body::parse(says_json, octets).map_err(|cause| match cause {
        WebError::BodyMalformed(what) => what,
        other => format!("not of the octets: {other:?}"),
    })?;
    let caps = Caps { max_days: 365, max_usage: 1_000_000 };
    Ok(Body {
        target: fields.text("target", OrderError::Target).ok().flatten().map(str::to_owned),
        count: format!("{:?}", fields.count()),
        limits: format!("{:?}", fields.requested_limits(caps)),
        change: format!("{:?}", fields.change(caps)),
    })
}

/// A proxy that a list names: its address, and whether it was reached over TLS.
pub type NamedHop = (Option<IpAddr>, Option<bool>);

/// The hops of these lines of `Forwarded`, the nearest first; `None` if one of them cannot stand in a header.
pub fn forwarded_hops(lines: &[&[u8]]) -> Option<Vec<NamedHop>> {
    headers(FORWARDED, lines).map(|headers| named(forwarded::forwarded(&headers)))
}

/// The hops of these lines of `X-Forwarded-For`, the nearest first, with what these of `X-Forwarded-Proto` say of each;
/// `None` if one of them cannot stand in a header.
pub fn x_forwarded_hops(lines: &[&[u8]], schemes: &[&[u8]]) -> Option<Vec<NamedHop>> {
    let mut all = headers(X_FORWARDED_FOR, lines)?;
    all.extend(headers(X_FORWARDED_PROTO, schemes)?);
    Some(named(forwarded::x_forwarded(&all)))
}

fn headers(name: HeaderName, lines: &[&[u8]]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name.clone(), HeaderValue::from_bytes(line).ok()?);
    }
    Some(headers)
}

fn named(hops: Vec<Hop>) -> Vec<NamedHop> {
    hops.into_iter().map(|hop| (hop.node, hop.secure)).collect()
}

/// What a PROXY protocol header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyHeader {
    /// Its octets; what follows is HTTP.
    pub length: usize,
    /// Who is there: the visitor, or the proxy itself.
    pub client: IpAddr,
    /// Whether the visitor speaks TLS with the proxy.
    pub secure: bool,
}

/// Octets of a PROXY protocol header at the most.
pub const MAX_PROXY_HEADER: usize = proxy_protocol::MAX_HEADER_OCTETS;

/// Reads the header that the octets of a connection with `proxy` begin with; `None` while it is not complete.
///
/// # Errors
/// No header that is allowed begins so.
pub fn read_proxy_header(octets: &[u8], proxy: IpAddr) -> Result<Option<ProxyHeader>, &'static str> {
    const BAD: &str = "not a header that is allowed";
    let Some(length) = proxy_protocol::end(octets).map_err(|_| BAD)? else { return Ok(None) };
    let info = proxy_protocol::line(&octets[..length], proxy).map_err(|_| BAD)?;
    Ok(Some(ProxyHeader { length, client: info.peer, secure: info.secure }))
}
