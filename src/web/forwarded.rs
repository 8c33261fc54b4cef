//! What proxies write down about whom they speak for: `Forwarded` (RFC 7239) and the older `X-Forwarded-For`.
//!
//! Both are lists to which each proxy adds who connected to it, so the last element is the nearest. Anybody can
//! write the beginning of such a list: it is for the caller to say how far it is believed. No library reads
//! `Forwarded` whole; this reads it all or not at all, and a line that is not well-formed is a hop that names nobody,
//! so that nothing which a visitor put before it can be taken for the words of a proxy.

use hyper::HeaderMap;
use hyper::header::{FORWARDED, HeaderName};
use std::net::{IpAddr, SocketAddr};

pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(super) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What one proxy says of who connected to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hop {
    /// Its address, unless it is hidden or not understood.
    pub(super) node: Option<IpAddr>,
    /// Whether it came over TLS, if that is told.
    pub(super) secure: Option<bool>,
}

/// The hops of `Forwarded`, the nearest first; none if there is no such field.
pub(super) fn forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let mut hops = Vec::new();
    for line in headers.get_all(FORWARDED).iter().rev() {
        match line.to_str().ok().and_then(elements) {
            Some(elements) => hops.extend(elements.into_iter().rev()),
            None => {
                hops.push(Hop::default());
                break;
            }
        }
    }
    hops
}

/// The hops of `X-Forwarded-For`, the nearest first, with what `X-Forwarded-Proto` has for each; none if there is no
/// such field.
pub(super) fn x_forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let schemes: Vec<&str> = values(headers, X_FORWARDED_PROTO).collect();
    // Where there are fewer schemes than hops, only the outermost proxy has told, and the others have kept it.
    let scheme = |hop: usize| schemes.get(hop).or(schemes.last()).and_then(|scheme| secure(scheme));
    let hops = values(headers, X_FORWARDED_FOR).enumerate();
    hops.map(|(hop, value)| Hop { node: node(value), secure: scheme(hop) }).collect()
}

/// The elements of a list that may be spread over lines, the last first.
fn values<'a>(headers: &'a HeaderMap, name: HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
    let lines = headers.get_all(name).iter().rev();
    // What is not text is not understood, and must not make what stands before it look nearer than it is.
    let lines = lines.map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.rsplit(',')).map(str::trim).filter(|value| !value.is_empty())
}

fn secure(scheme: &str) -> Option<bool> {
    match scheme {
        _ if scheme.eq_ignore_ascii_case("https") => Some(true),
        _ if scheme.eq_ignore_ascii_case("http") => Some(false),
        _ => None,
    }
}

/// The elements of one line of `Forwarded`, in its order (RFC 7239 §4).
fn elements(line: &str) -> Option<Vec<Hop>> {
    let mut elements = Vec::new();
    let mut rest = line.trim_start_matches(WHITE);
    while !rest.is_empty() {
        // RFC 9110 §5.6.1: empty elements are passed over.
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start_matches(WHITE);
            continue;
        }
        let mut hop = Hop::default();
        let mut named = false;
        loop {
            // Pairs may be empty, too.
            rest = rest.trim_start_matches([' ', '\t', ';']);
            if rest.is_empty() || rest.starts_with(',') {
                break;
            }
            let (name, after) = token(rest)?;
            let (value, after) = value(after.strip_prefix('=')?)?;
            match name {
                // A proxy that names two has not written this.
                _ if name.eq_ignore_ascii_case("for") && named => return None,
                _ if name.eq_ignore_ascii_case("for") => (hop.node, named) = (node(&value), true),
                _ if name.eq_ignore_ascii_case("proto") => hop.secure = secure(&value),
                _ => {}
            }
            rest = after.trim_start_matches(WHITE);
            if !rest.is_empty() && !rest.starts_with([';', ',']) {
                return None;
            }
        }
        elements.push(hop);
    }
    Some(elements)
}

const WHITE: [char; 2] = [' ', '\t'];

/// A token (RFC 9110 §5.6.2), and what follows it.
fn token(text: &str) -> Option<(&str, &str)> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    let length = text.bytes().take_while(is_part).count();
    (length > 0).then(|| text.split_at(length))
}

/// A token or a quoted string without its quotes (RFC 9110 §5.6.4), and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // Some write addresses with colons and brackets outside of quotes, too.
        let length = text.find(|c| WHITE.contains(&c) || [';', ',', '"'].contains(&c)).unwrap_or(text.len());
        return (length > 0).then(|| (text[..length].to_owned(), &text[length..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(char),
        }
    }
    None
}

/// A node's address (RFC 7239 §6): with or without a port, brackets around IPv6; `unknown` and names like `_hidden`
/// have none.
fn node(text: &str) -> Option<IpAddr> {
    // RFC 7239 §6.2: the port may be hidden, too.
    let text = text.split_once(":_").map_or(text, |(text, _)| text);
    let address = text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    let bare = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).and_then(|text| text.parse().ok());
    address.or_else(bare).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    fn headers(name: HeaderName, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        headers
    }

    /// Addresses of the hops, `-` for a hop that is not named.
    fn nodes(hops: &[Hop]) -> String {
        hops.iter().map(|hop| hop.node.map_or("-".to_owned(), |node| node.to_string())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn forwarded_in_every_form() {
        for (lines, expected) in [
            (&["for=192.0.2.43"][..], "192.0.2.43"),
            (&["For=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
            (&["for=\"[2001:db8::1]\""], "2001:db8::1"),
            (&["for=\"192.0.2.1:47011\""], "192.0.2.1"),
            (&["for=192.0.2.1:47011"], "192.0.2.1"),
            (&["for=[2001:db8::1]:80"], "2001:db8::1"),
            (&["for=\"[::ffff:192.0.2.1]\""], "192.0.2.1"),
            (&["for=\"192.0.2.1:_secret\""], "192.0.2.1"),
            (&["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60"),
            (&["by=203.0.113.43 ; proto=https; FOR=\"192.0.2.60\""], "192.0.2.60"),
            (&["for=192.0.2.43, for=198.51.100.17"], "198.51.100.17 192.0.2.43"),
            (&["for=192.0.2.43", "for=198.51.100.17,, for=203.0.113.1"], "203.0.113.1 198.51.100.17 192.0.2.43"),
            (&[";for=192.0.2.1;;"], "192.0.2.1"),
            (&["for=unknown"], "-"),
            (&["for=_gazonk"], "-"),
            (&["for=\"_SEVKISEK\", for=192.0.2.1"], "192.0.2.1 -"),
            (&["proto=https"], "-"),
            (&["for=\"a\\\"b, for=192.0.2.9\""], "-"),
            (&[""], ""),
        ] {
            assert_eq!(nodes(&forwarded(&headers(FORWARDED, lines))), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_line_that_is_not_well_formed_names_nobody() {
        for line in [
            "for=192.0.2.1 for=192.0.2.2",
            "for=\"192.0.2.1",
            "for=\"192.0.2.1\"x",
            "for=192.0.2.1;for=192.0.2.2",
            "for=",
            "for",
            "=192.0.2.1",
            "for=9.9.9.9;x=\", for=192.0.2.1",
            "for=9.9.9.9;x=\", for=\"[2001:db8::1]\"",
            "f\u{fc}r=192.0.2.1",
        ] {
            assert_eq!(nodes(&forwarded(&headers(FORWARDED, &[line]))), "-", "{line}");
            // What a nearer proxy wrote on a line of its own stands.
            assert_eq!(nodes(&forwarded(&headers(FORWARDED, &["for=9.9.9.9", line, "for=192.0.2.7"]))), "192.0.2.7 -");
        }
    }

    #[test]
    fn x_forwarded_for_in_every_form() {
        for (lines, expected) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["192.0.2.1, 2001:db8::1"], "2001:db8::1 192.0.2.1"),
            (&["192.0.2.1,,\t[2001:db8::1]:80 ,"], "2001:db8::1 192.0.2.1"),
            (&["192.0.2.1:99", "::ffff:192.0.2.2"], "192.0.2.2 192.0.2.1"),
            (&["unknown, 192.0.2.1"], "192.0.2.1 -"),
            (&["192.0.2.1, evil\u{fc}"], "-"),
            (&["192.0.2.256, 1"], "- -"),
            (&[" ,"], ""),
        ] {
            assert_eq!(nodes(&x_forwarded(&headers(X_FORWARDED_FOR, lines))), expected, "{lines:?}");
        }
    }

    #[test]
    fn schemes_of_hops() {
        let told = |hops: Vec<Hop>| hops.iter().map(|hop| hop.secure).collect::<Vec<_>>();
        let lines = ["for=192.0.2.1;proto=HTTPS, for=192.0.2.2;proto=http, for=192.0.2.3, for=192.0.2.4;proto=ftp"];
        assert_eq!(told(forwarded(&headers(FORWARDED, &lines))), [None, None, Some(false), Some(true)]);
        for (schemes, expected) in [
            ("https", [Some(true), Some(true)]),
            ("https, http", [Some(false), Some(true)]),
            ("gopher, https", [Some(true), None]),
        ] {
            let mut headers = headers(X_FORWARDED_FOR, &["192.0.2.1, 192.0.2.2"]);
            headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(schemes));
            assert_eq!(told(x_forwarded(&headers)), expected, "{schemes}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "[ -~\u{e9}\t]{0,60}", structured in "(for|proto|x|[=;,\"\\\\: \\[\\]]|1\\.2\\.3\\.4){0,30}") {
            for line in [line, structured] {
                if let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) {
                    let mut headers = HeaderMap::new();
                    headers.insert(FORWARDED, value.clone());
                    headers.insert(X_FORWARDED_FOR, value);
                    forwarded(&headers);
                    x_forwarded(&headers);
                }
            }
        }

        /// Whatever a visitor writes, the proxy that adds itself to the line is the nearest hop, or nobody is.
        #[test]
        fn what_a_visitor_writes_is_never_nearer(before in "(for|x|[=;,\"\\\\: \\[\\]]|9\\.9\\.9\\.9){0,30}") {
            for own in ["for=192.0.2.1", "for=\"[2001:db8::1]\";proto=\"http\""] {
                let line = format!("{before}, {own}");
                let hops = forwarded(&headers(FORWARDED, &[&line]));
                let nearest = hops[0].node.map(|node| node.to_string());
                prop_assert!(matches!(nearest.as_deref(), None | Some("192.0.2.1" | "2001:db8::1")), "{}", line);
            }
        }
    }
}
