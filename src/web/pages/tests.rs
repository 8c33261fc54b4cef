//! Pages whose data comes from elsewhere, made of data.

use super::*;
use crate::alias::{AliasAddress, Domain, Limits, Mailbox};
use crate::web::api::{Made, Refusal};
use crate::wire::web::Alias;
use crate::words::Language;
use http_body_util::BodyExt;

fn html(answer: Answer) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let content = runtime.block_on(answer.into_body().collect()).unwrap().to_bytes();
    String::from_utf8(content.to_vec()).unwrap()
}

fn made() -> Made {
    let domains = [Domain::parse("example.org").unwrap()];
    let address = Mailbox::parse("k7wp3rtaxq2e@example.org").unwrap();
    let limits = Limits { not_before: None, not_after: Some(1_790_000_000), max_usage: Some(5) };
    let account = Account { limits, spent: 0, paused: false };
    let address = AliasAddress::of(&address, &domains).unwrap();
    Made {
        alias: Alias { address, account, now: 1_789_900_000 },
        key: "KEY".to_owned(),
        target: "you@example.net".to_owned(),
        days: Some(3),
    }
}

fn token(token: Option<&str>) -> TokenMade {
    TokenMade {
        token: token.map(str::to_owned),
        target: "you@example.net".to_owned(),
        days: Some(3),
        max_usage: Some(5),
        domain: "example.org".to_owned(),
        expires: Some(1_790_000_000),
        now: 1_789_900_000,
        base: "https://example.org".to_owned(),
    }
}

#[test]
fn every_page_has_what_it_promises_in_every_language() {
    let headers = HeaderMap::new();
    for language in Language::ALL {
        let at = |path: &str| Locale::new(language, path);
        let confirm = |purpose| confirm_page(purpose, &at("/confirm/x"), &headers);
        let addresses = ["k7wp3rtaxq2e@example.org".to_owned()];
        let done = |purpose| confirmed_page(purpose, &addresses, &at("/confirm/x"), &headers);
        let refusal = Refusal::Unavailable;
        for (name, answer, parts) in [
            (
                "made",
                made_page(&made(), true, "https://example.org", &at("/aliases"), &headers),
                &["id=\"alias\"", "id=\"copy\"", "id=\"manage-link\"", "id=\"limits\"", "id=\"again\""][..],
            ),
            (
                "pending",
                made_page(&made(), false, "https://example.org", &at("/aliases"), &headers),
                &["id=\"pending\"", "you@example.net", "id=\"alias\""],
            ),
            (
                "token",
                token_page(&token(Some("ta_x")), &at("/tokens"), &headers),
                &["id=\"token\"", "ta_x", "addy.io", "SimpleLogin", "https://example.org"],
            ),
            (
                "token-pending",
                token_page(&token(None), &at("/tokens"), &headers),
                &["id=\"pending\"", "you@example.net"],
            ),
            ("token-revoked", token_revoked_page(&at("/tokens/revoke"), &headers), &["<h1"]),
            (
                "opt-out-problem",
                opt_out_page("a\"b", &refusal, &at("/opt-out"), &headers),
                &["id=\"problem\"", "&#34;"],
            ),
            ("opt-out-sent", opt_out_sent_page(&at("/opt-out"), &headers), &["<h1"]),
            ("confirm-activate", confirm(Purpose::Activate), &["id=\"confirm\"", "id=\"confirm-button\""]),
            ("confirm-token", confirm(Purpose::Token), &["id=\"confirm\"", "id=\"confirm-button\""]),
            ("confirm-refuse", confirm(Purpose::Refuse), &["id=\"confirm\"", "id=\"confirm-button\""]),
            ("confirm-allow", confirm(Purpose::Allow), &["id=\"confirm\"", "id=\"confirm-button\""]),
            ("activated", done(Purpose::Activate), &["id=\"alias\"", "k7wp3rtaxq2e@example.org"]),
            ("refused", confirmed_page(Purpose::Refuse, &[], &at("/confirm/x"), &headers), &["<h1"]),
            ("allowed", confirmed_page(Purpose::Allow, &[], &at("/confirm/x"), &headers), &["<h1"]),
            ("unavailable", problem_page(&refusal, &at("/aliases"), &headers), &["<h1"]),
        ] {
            let page = html(answer);
            let start = format!("<!doctype html>\n<html lang=\"{}\">", language.tag());
            assert!(page.starts_with(&start), "{name}: {page}");
            for part in parts {
                assert!(page.contains(part), "{name} lacks {part}: {page}");
            }
            assert!(!page.contains("style=") && !page.contains(" onclick"), "{name}: {page}");
            let links = page.matches("href=\"/").count();
            let spoken = page.matches("href=\"/en/").count() + page.matches("href=\"/de/").count();
            assert_eq!(links - spoken, 2, "{name}: only icon and style speak no language: {page}");
        }
    }
}

#[test]
fn the_language_of_a_path() {
    let german = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, header::HeaderValue::from_static("de"))]);
    for (path, request, tag, here) in [
        ("/", &HeaderMap::new(), "en", "/"),
        ("/", &german, "de", "/"),
        ("/en", &german, "en", "/"),
        ("/en/", &german, "en", "/"),
        ("/de/about", &HeaderMap::new(), "de", "/about"),
        ("/deaf", &HeaderMap::new(), "en", "/deaf"),
        ("/fr/about", &german, "de", "/fr/about"),
        ("//api/v1/aliases", &HeaderMap::new(), "en", "//api/v1/aliases"),
    ] {
        let locale = Locale::of(path, request);
        assert_eq!((locale.tag(), locale.here()), (tag, here), "{path}");
    }
    let locale = Locale::new(Language::English, "/tokens/revoke");
    assert_eq!(locale.elsewhere(&Language::German), "/de/tools");
    assert_eq!(locale.link("/api"), "/en/api");
}
