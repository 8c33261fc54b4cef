//! Readers of values, one a type. Each gives the value or what it must be instead, as the end of a sentence that begins
//! with the key.

use super::settings::relay::Host;
use super::settings::vault::ReversePath;
use crate::alias::{Domain, Name, RealAddress};
use ipnet::{IpNet, Ipv4Net};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;

/// Text in quotes.
pub(super) fn text(value: &DeValue<'_>) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("must be text in quotes, not {}", value.type_str()))
}

/// `true` or `false`.
pub(super) fn boolean(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}

/// A whole number of at least `min`.
pub(super) fn number<N: TryFrom<i64> + PartialOrd + Copy + fmt::Display>(
    min: N,
) -> impl FnOnce(&DeValue<'_>) -> Result<N, String> {
    move |value| {
        let parsed = value.as_integer().and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
        let number = parsed.and_then(|n| N::try_from(n).ok()).filter(|n| *n >= min);
        number.ok_or_else(|| format!("must be a whole number, {min} or more"))
    }
}

/// A whole number from 1 to `max`.
pub(super) fn number_up_to<N: TryFrom<i64> + PartialOrd + Copy + fmt::Display + From<u8>>(
    max: N,
) -> impl FnOnce(&DeValue<'_>) -> Result<N, String> {
    move |value| {
        let value = number(N::from(1))(value)?;
        if value <= max { Ok(value) } else { Err(format!("must be from 1 to {max}")) }
    }
}

/// `"90s"`, `"5m"`, `"1h 30m"`: jiff's friendly format.
pub(super) fn duration(value: &DeValue<'_>) -> Result<Duration, String> {
    let parsed = value.as_str().and_then(|t| t.parse::<jiff::SignedDuration>().ok());
    parsed
        .and_then(|d| Duration::try_from(d).ok())
        .ok_or_else(|| "must be a span of time in quotes, like \"30s\" or \"5m\"".to_owned())
}

/// A list of texts, each as `read` reads it.
pub(super) fn list<T>(read: impl Fn(&str) -> Result<T, String>) -> impl FnOnce(&DeValue<'_>) -> Result<Vec<T>, String> {
    move |value| {
        let wrong = || "must be a list of texts, like [\"one\", \"two\"]".to_owned();
        let items = value.as_array().ok_or_else(wrong)?;
        let read = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().ok_or_else(wrong).and_then(&read);
        items.iter().map(read).collect()
    }
}

/// The name of a host in the DNS.
pub(super) fn host_name(value: &DeValue<'_>) -> Result<String, String> {
    let name = text(value)?;
    Domain::parse(&name)
        .map(|domain| as_sent(&name, &domain))
        .map_err(|_| "must be this host's name in the DNS, like \"mx.example.org\"".to_owned())
}

/// A name as it is sent: in A-labels, but otherwise as it was written.
fn as_sent(written: &str, domain: &Domain) -> String {
    if domain.as_str().eq_ignore_ascii_case(written) { written.to_owned() } else { domain.as_str().to_owned() }
}

/// A list of domains that is not empty.
pub(super) fn domains(value: &DeValue<'_>) -> Result<Vec<Domain>, String> {
    let domain = |name: &str| {
        let domain =
            Domain::parse(name).map_err(|_| format!("holds \"{}\", which is not a domain", name.escape_debug()))?;
        match domain.as_str().len() > Name::MAX_DOMAIN_OCTETS {
            true => {
                Err(format!("holds a domain of more than {} octets: no alias fits into it", Name::MAX_DOMAIN_OCTETS))
            }
            false => Ok(domain),
        }
    };
    let domains = list(domain)(value)?;
    if domains.is_empty() { Err("must name at least one domain".to_owned()) } else { Ok(domains) }
}

/// An e-mail address.
pub(super) fn real_address(value: &DeValue<'_>) -> Result<RealAddress, String> {
    RealAddress::parse_new(&text(value)?).map_err(|_| "must be an e-mail address that is read by a person".to_owned())
}

/// The part before the `@`, compared without regard to case.
pub(super) fn local_part(text: &str) -> Result<String, String> {
    RealAddress::parse_new(&format!("{text}@example.org"))
        .map(|_| text.to_lowercase())
        .map_err(|_| format!("holds \"{}\", which is not the part of an address before the @", text.escape_debug()))
}

/// A path that begins with `/`.
pub(super) fn absolute_path(value: &DeValue<'_>) -> Result<PathBuf, String> {
    let path = PathBuf::from(text(value)?);
    if path.is_absolute() { Ok(path) } else { Err("must be an absolute path, starting with /".to_owned()) }
}

/// An IP address and a port.
pub(super) fn socket_address(address: &str) -> Result<SocketAddr, String> {
    address.parse().map_err(|_| format!("holds \"{}\"; write \"0.0.0.0:25\" or \"[::]:25\"", address.escape_debug()))
}

/// The site's own address, without a slash at its end.
pub(super) fn url(value: &DeValue<'_>) -> Result<String, String> {
    let url = text(value)?;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"'<>?#\\".contains(&b);
    let host = rest.trim_end_matches('/');
    if host.is_empty() || !rest.bytes().all(plain) {
        return Err("must be the site's address as visitors know it, like \"https://example.org\"".to_owned());
    }
    if host.contains('/') {
        return Err("must not have a path: the site lives at the root of its host".to_owned());
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// An address, or a network without bits beyond its prefix.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = text.parse().map_err(|_| {
        format!("holds \"{}\"; write an address or a network, like \"10.0.0.0/8\"", text.escape_debug())
    })?;
    if network != network.trunc() {
        return Err(format!(
            "holds \"{network}\", which has bits set beyond its prefix; write \"{}\"",
            network.trunc()
        ));
    }
    // Addresses of clients are compared in their canonical form, and an IPv4 client of an IPv6 socket is IPv4.
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(v4), Some(length)) if network.addr().is_ipv6() => {
            Ipv4Net::new(v4, length).map(IpNet::V4).map_err(|cause| cause.to_string())
        }
        _ => Ok(network),
    }
}

/// The zone of a block list.
pub(super) fn zone(text: &str) -> Result<Domain, String> {
    Domain::parse(text)
        .map_err(|_| format!("holds \"{}\"; write a zone of the DNS, like \"zen.example\"", text.escape_debug()))
}

/// `"srs"` or `"keep"`.
pub(super) fn reverse_path(value: &DeValue<'_>) -> Result<ReversePath, String> {
    match text(value)?.as_str() {
        "srs" => Ok(ReversePath::Srs),
        "keep" => Ok(ReversePath::Keep),
        _ => Err("must be \"srs\" or \"keep\"".to_owned()),
    }
}

/// `"name:port"`, `"192.0.2.1:25"`, `"[2001:db8::1]:25"`; without a port it is 25.
pub(super) fn host(value: &DeValue<'_>) -> Result<Host, String> {
    let wrong = || "must be a host and port, like \"mail.example.org:25\" or \"[2001:db8::1]:25\"".to_owned();
    let given = text(value)?;
    if let Ok(address) = given.parse::<SocketAddr>() {
        return Ok(Host { name: address.ip().to_string(), port: address.port() });
    }
    if let Ok(address) = given.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(Host { name: address.to_string(), port: 25 });
    }
    let (name, port) = match given.split_once(':') {
        Some((name, port)) => (name, port.parse().ok().filter(|p| *p > 0).ok_or_else(wrong)?),
        None => (given.as_str(), 25),
    };
    let domain = Domain::parse(name).map_err(|_| wrong())?;
    Ok(Host { name: as_sent(name, &domain), port })
}
