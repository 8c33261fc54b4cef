//! Pages whose data comes from elsewhere, made of data.

use super::form::new_alias_page;
use super::links::{activated_page, confirm_page, done_page, opt_out_again};
use super::*;
use crate::alias::{AliasAddress, Domain, Limits, Mailbox};
use crate::web::error::{FieldError, WebError};
use crate::web::vault_client::NewAlias;
use crate::web::visitor::{ClientAddress, Visitor};
use crate::wire::vault_web::{AliasInfo, CreatedAlias, IssuedToken, LinkPurpose};
use crate::words::Language;
use http_body_util::BodyExt;
use hyper::{HeaderMap, Method};

fn html(answer: Answer) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let content = runtime.block_on(answer.into_body().collect()).unwrap().to_bytes();
    String::from_utf8(content.to_vec()).unwrap()
}

fn created(pending: bool) -> NewAlias {
    let domains = [Domain::parse("example.org").unwrap()];
    let address = Mailbox::parse("k7wp3rtaxq2e@example.org").unwrap();
    let limits = Limits { not_before: None, not_after: Some(1_790_000_000), max_usage: Some(5) };
    let state = AliasState::new(limits, pending);
    let address = AliasAddress::of(&address, &domains).unwrap();
    let alias = AliasInfo { address, state, now: 1_789_900_000 };
    NewAlias {
        created: CreatedAlias { alias, key: "KEY".to_owned() },
        target: Some("you@example.net".to_owned()),
        days: Some(3),
    }
}

fn token(token: Option<&str>) -> IssuedToken {
    IssuedToken {
        token: token.map(str::to_owned),
        days: Some(3),
        max_usage: Some(5),
        domain: Domain::parse("example.org").unwrap(),
        until: 1_790_000_000,
        now: 1_789_900_000,
    }
}

fn request(language: Language, path: &str) -> RequestContext {
    let client = ClientAddress::Known([192, 0, 2, 1].into());
    RequestContext {
        method: Method::GET,
        headers: HeaderMap::new(),
        visitor: Visitor { client, secure: false },
        locale: Locale::new(language, path),
    }
}

#[test]
fn every_page_has_what_it_promises_in_every_language() {
    for language in Language::ALL {
        let at = |path: &str| request(language, path);
        let confirm = |purpose: &LinkPurpose| confirm_page(purpose, &at("/confirm/x"));
        let done = |purpose: &LinkPurpose| done_page(purpose, &at("/confirm/x"));
        let token_page =
            |text| token_page(token(text), Some("you@example.net"), "https://example.org".to_owned(), &at("/tokens"));
        let activated = [created(false).created.alias.address];
        let error = WebError::Unavailable;
        for (name, answer, parts) in [
            (
                "made",
                new_alias_page(&created(false), "https://example.org", &at("/aliases")),
                &["id=\"alias\"", "id=\"copy\"", "id=\"manage-link\"", "id=\"limits\"", "id=\"again\""][..],
            ),
            (
                "pending",
                new_alias_page(&created(true), "https://example.org", &at("/aliases")),
                &["id=\"pending\"", "you@example.net", "id=\"alias\""],
            ),
            (
                "token",
                token_page(Some("ta_x")),
                &["id=\"token\"", "ta_x", "addy.io", "SimpleLogin", "https://example.org"],
            ),
            ("token-pending", token_page(None), &["id=\"pending\"", "you@example.net"]),
            ("opt-out-problem", opt_out_again("a\"b", &error, &at("/opt-out")), &["id=\"problem\"", "&#34;"]),
            (
                "confirm-activate",
                confirm(&LinkPurpose::Activate(activated.to_vec())),
                &["id=\"confirm\"", "id=\"confirm-button\""],
            ),
            (
                "confirm-token",
                confirm(&LinkPurpose::HandOut { days: Some(3), max_usage: None }),
                &["id=\"confirm\"", "id=\"confirm-button\""],
            ),
            ("confirm-refuse", confirm(&LinkPurpose::OptOut), &["id=\"confirm\"", "id=\"confirm-button\""]),
            ("confirm-allow", confirm(&LinkPurpose::OptIn), &["id=\"confirm\"", "id=\"confirm-button\""]),
            ("activated", activated_page(&activated, &at("/confirm/x")), &["id=\"alias\"", "k7wp3rtaxq2e@example.org"]),
            ("refused", done(&LinkPurpose::OptOut), &["<h1"]),
            ("allowed", done(&LinkPurpose::OptIn), &["<h1"]),
            ("unavailable", problem_page(&error, &at("/aliases")), &["<h1"]),
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

/// Two errors of one field are told apart: the owner of a token once read that nothing would change.
#[test]
fn what_is_wrong_beside_a_token_is_not_that_nothing_changes() {
    let words = Language::English.words();
    let text = |error: FieldError| problem::error_text(&error.into(), words);
    assert_eq!(FieldError::LimitsBesideToken.field(), FieldError::NothingChanges.field());
    assert_eq!(text(FieldError::NothingChanges), words.problems.nothing_changes);
    assert_ne!(text(FieldError::LimitsBesideToken), words.problems.nothing_changes);
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
        let (language, rest) = Locale::asked(path, request);
        assert_eq!((language.tag(), rest), (tag, here), "{path}");
    }
    let locale = Locale::new(Language::English, "/tokens/revoke");
    assert_eq!(locale.elsewhere(&Language::German), "/de/tools");
    assert_eq!(locale.link("/api"), "/en/api");
}
