//! Content negotiation (RFC 9110 §12.5).

use crate::words::Language;
use hyper::HeaderMap;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderName, IF_NONE_MATCH};

/// Weight in thousandths.
type Weight = u16;

const FULL_WEIGHT: Weight = 1000;

/// Whether gzip is acceptable and not liked less than no coding at all (§12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for (name, weight) in elements(headers, &ACCEPT_ENCODING).filter_map(weighted) {
        let is = |other| name.eq_ignore_ascii_case(other);
        // Named twice, the first counts.
        if is("gzip") || is("x-gzip") {
            gzip.get_or_insert(weight);
        } else if is("identity") {
            identity.get_or_insert(weight);
        } else if is("*") {
            any.get_or_insert(weight);
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    // Not named, no coding is acceptable, but nothing is known of how much it is liked.
    let identity = identity.or(any).unwrap_or(1);
    gzip > 0 && gzip >= identity
}

/// Whether the client asks for HTML by name, as browsers do and programs do not.
pub(super) fn wants_html(headers: &HeaderMap) -> bool {
    elements(headers, &ACCEPT)
        .filter_map(weighted)
        .any(|(name, weight)| weight > 0 && name.eq_ignore_ascii_case("text/html"))
}

/// The language that is wanted most (§12.5.4): of those with equal weights, the one that is named first.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let mut best = (Language::default(), 0);
    for (range, weight) in elements(headers, &ACCEPT_LANGUAGE).filter_map(weighted) {
        if let Some(language) = Language::of_range(range)
            && weight > best.1
        {
            best = (language, weight);
        }
    }
    best.0
}

/// Whether the client has the representation with this entity tag (§13.1.2).
pub(super) fn has(headers: &HeaderMap, etag: &str) -> bool {
    elements(headers, &IF_NONE_MATCH).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|element| !element.is_empty())
}

/// `name;q=0.5`; other parameters are passed over, a weight that is none makes the element void.
fn weighted(element: &str) -> Option<(&str, Weight)> {
    let mut parts = element.split(';').map(str::trim);
    let name = parts.next()?;
    let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((name, q.map_or(Some(FULL_WEIGHT), weight)?))
}

/// `0`, `0.xxx`, `1`, `1.000`.
fn weight(text: &str) -> Option<Weight> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: Weight = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(FULL_WEIGHT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use hyper::header::HeaderValue;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn gzip_by_weight() {
        for (value, expected) in [
            ("gzip", true),
            ("x-gzip", true),
            ("GZip, deflate, br", true),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("gzip; q=0.001", true),
            ("*", true),
            ("*;q=0", false),
            ("gzip, *;q=0", true),
            ("identity;q=0", false),
            ("identity;q=0, gzip", true),
            ("gzip;q=0.5, identity;q=0.8", false),
            ("gzip;q=0.8, identity;q=0.5", true),
            ("gzip;q=2", false),
            ("gzip;q=x", false),
            ("br", false),
            ("", false),
            (";;,,;q=,gzip;level=9", true),
        ] {
            assert_eq!(takes_gzip(&with(ACCEPT_ENCODING, value)), expected, "{value}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn entity_tags() {
        for (value, expected) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false), ("a", false)]
        {
            assert_eq!(has(&with(IF_NONE_MATCH, value), "\"a\""), expected, "{value}");
        }
    }

    #[test]
    fn browsers_ask_for_html() {
        assert!(wants_html(&with(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")));
        assert!(!wants_html(&with(ACCEPT, "*/*")));
        assert!(!wants_html(&with(ACCEPT, "application/json, text/html;q=0")));
    }

    #[test]
    fn the_language_that_is_liked_best() {
        for (accepted, expected) in [
            ("", Language::English),
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("en-GB,en;q=0.9,de;q=0.8", Language::English),
            ("en;q=0.5, DE;q=0.7", Language::German),
            ("fr, de;q=0.1", Language::German),
            ("fr", Language::English),
            ("*", Language::English),
            ("*;q=0.5, de;q=0.6", Language::German),
            ("de;q=0", Language::English),
            ("de;q=2, en;q=0.1", Language::English),
            ("de;q=x,;;,q=,", Language::English),
            ("den", Language::English),
        ] {
            assert_eq!(language(&with(ACCEPT_LANGUAGE, accepted)), expected, "{accepted}");
        }
    }
}
