//! The site over HTTP: forms that work without JavaScript, negotiation, and methods that are refused.

use crate::fixture::{Daemon, Smarthost, Store};

const BROWSER: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";

/// Head and body of an answer, as text.
fn head(daemon: &Daemon, arguments: &[&str], path: &str) -> String {
    let (_, answer) = daemon.curl(&[&["-i"], arguments].concat(), path);
    answer.split("\r\n\r\n").next().unwrap().to_lowercase()
}

/// The path of the manage page that a page links to.
fn manage_path(page: &str) -> String {
    let from = page.find("/manage/").unwrap_or_else(|| panic!("{page}"));
    page[from..].split('"').next().unwrap().to_owned()
}

#[test]
fn an_alias_for_life_by_forms_alone() {
    let smarthost = Smarthost::start();
    let daemon = Daemon::start(smarthost.address);
    let (status, page) = daemon
        .curl(&["-H", BROWSER, "-d", "target=someone%40real.example&days=3&max-usage=&domain=two.example"], "/aliases");
    assert_eq!(status, 201, "{page}");
    let manage = manage_path(&page);
    let address = manage.split('/').nth(2).unwrap().to_owned();
    assert!(address.ends_with("@two.example") && page.contains(&format!(">{address}<")), "{page}");
    let mail = || daemon.connect().mail("a@b.example", &address, b"x");
    assert!(mail().starts_with("250"));
    for _ in 0..3 {
        // Link scanners click: a GET changes nothing.
        let (status, page) = daemon.curl(&["-H", BROWSER], &manage);
        assert_eq!(status, 200);
        assert!(page.contains("Pause") && !page.contains("real.example"), "{page}");
    }
    let act = |form: &str| daemon.curl(&["-H", BROWSER, "-d", form], &manage);
    assert!(act("action=pause").1.contains("Resume"));
    assert!(mail().starts_with("550"));
    assert_eq!(act("action=resume").0, 200);
    assert!(mail().starts_with("250"));
    assert_eq!(act("action=extend&days=30").0, 200);
    let (status, page) = act("action=extend&days=1000");
    assert!(status == 400 && page.contains("from 1 to 60"), "{page}");
    assert_eq!(act("action=revoke").0, 200);
    assert!(mail().starts_with("550"));
    assert_eq!(daemon.curl(&["-H", BROWSER], &manage).0, 404);
    assert_eq!(smarthost.count(), 2);
}

#[test]
fn a_form_that_cannot_be_granted_comes_back_filled_in_and_escaped() {
    let daemon = Daemon::start(Smarthost::start().address);
    let form = "target=%3Cscript%3Ealert(1)%3C%2Fscript%3E&days=3";
    let (status, page) = daemon.curl(&["-H", BROWSER, "-d", form], "/aliases");
    assert_eq!(status, 400);
    assert!(!page.contains("<script>") && page.contains("alert(1)") && page.contains("role=\"alert\""), "{page}");
}

#[test]
fn representations() {
    let daemon = Daemon::start(Smarthost::start().address);
    let tag = |head: &str| head.lines().find_map(|l| l.strip_prefix("etag: ")).unwrap().to_owned();
    let plain = head(&daemon, &[], "/");
    let zipped = head(&daemon, &["-H", "Accept-Encoding: gzip"], "/");
    assert!(!plain.contains("content-encoding") && zipped.contains("content-encoding: gzip"));
    assert_ne!(tag(&plain), tag(&zipped), "a tag for each representation");
    for refused in ["gzip;q=0", "*;q=0", "br", "identity"] {
        assert!(!head(&daemon, &["-H", &format!("Accept-Encoding: {refused}")], "/").contains("content-encoding"));
    }
    let known = format!("If-None-Match: {}", tag(&zipped));
    assert!(head(&daemon, &["-H", &known, "-H", "Accept-Encoding: gzip"], "/").starts_with("http/1.1 304"));
    assert!(head(&daemon, &["-H", &known], "/").starts_with("http/1.1 200"), "of another representation");
    let only_head = head(&daemon, &["-I"], "/style.css");
    assert!(only_head.contains("text/css; charset=utf-8") && only_head.contains("content-length: "), "{only_head}");
    for field in [
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    ] {
        assert!(plain.contains(field), "{plain}");
    }
}

#[test]
fn what_is_not_there_and_what_cannot_be_done() {
    let daemon = Daemon::start(Smarthost::start().address);
    for path in ["/nothing", "/../etc/passwd", "/%2e%2e/etc/passwd", "/aliases//", "/manage/x", "/style.css//"] {
        assert_eq!(daemon.curl(&[], path).0, 404, "{path}");
    }
    for (method, path, allow) in [
        ("PUT", "/", "get, head"),
        ("DELETE", "/aliases", "post, options"),
        ("GET", "/aliases", "post, options"),
        ("PUT", "/aliases/x", "get, head, patch, delete, options"),
        ("POST", "/healthz", "get, head"),
    ] {
        let head = head(&daemon, &["-X", method], path);
        assert!(
            head.starts_with("http/1.1 405") && head.contains(&format!("allow: {allow}")),
            "{method} {path}: {head}"
        );
    }
    let preflight = head(&daemon, &["-X", "OPTIONS", "-H", "Origin: https://else.example"], "/aliases/x");
    assert!(
        preflight.starts_with("http/1.1 204") && preflight.contains("access-control-allow-origin: *"),
        "{preflight}"
    );
    assert!(preflight.contains("authorization"), "{preflight}");
}

#[test]
fn links_carry_the_configured_address() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[web]\nurl = 'https://alias.example/'");
    let (_, answer) = daemon.curl(&["-d", "{\"target\":\"a@b.example\",\"days\":1}"], "/aliases");
    assert!(answer.contains("\"manage_url\":\"https://alias.example/manage/"), "{answer}");
    let head = head(&daemon, &["-d", "{\"target\":\"a@b.example\",\"days\":1}", "-H", "Host: evil\"><x"], "/aliases");
    assert!(head.starts_with("http/1.1 201") || head.starts_with("http/1.1 400"), "{head}");
}

#[test]
fn every_page_speaks_every_language() {
    let daemon = Daemon::start(Smarthost::start().address);
    for page in ["/", "/about", "/api", "/opt-out", "/pop", "/privacy", "/tools"] {
        for tag in ["en", "de"] {
            let (status, body) = daemon.curl(&["-H", BROWSER], &format!("/{tag}{page}"));
            assert!(status == 200 && body.contains(&format!("<html lang=\"{tag}\"")), "{page}: {body}");
            assert!(body.contains("id=\"languages\"") && body.contains(&format!("href=\"/de{page}\"")), "{page}");
            let asked = head(&daemon, &["-H", &format!("Accept-Language: {tag};q=0.9, fr")], page);
            assert!(asked.contains(&format!("content-language: {tag}\r\n")), "{asked}");
            assert!(asked.contains("vary: accept-encoding, accept-language\r\n"), "{asked}");
        }
    }
    // What a path says counts more than what a browser likes.
    assert!(head(&daemon, &["-H", "Accept-Language: de"], "/en/about").contains("content-language: en"));
    assert!(head(&daemon, &["-H", "Accept-Language: fr"], "/").contains("content-language: en"));
    let (status, page) = daemon.curl(&["-H", BROWSER, "-d", "target=nobody&days=3"], "/de/aliases");
    assert!(status == 400 && page.contains("Gib eine E-Mail-Adresse") && page.contains("href=\"#target\""), "{page}");
    let (status, page) = daemon.curl(&["-H", BROWSER, "-d", "target=a%40b.example&days=3"], "/de/aliases");
    assert!(status == 201 && page.contains("Dein Alias ist bereit") && page.contains("/de/manage/"), "{page}");
}

#[test]
fn a_form_comes_back_with_the_field_at_fault() {
    let daemon = Daemon::start(Smarthost::start().address);
    for (form, field) in [
        ("target=nobody&days=3", "target"),
        ("target=a%40b.example&days=61", "days"),
        ("target=a%40b.example", "days"),
        ("target=a%40b.example&max-usage=0", "max-usage"),
        ("target=a%40b.example&days=3&domain=else.example", "domain"),
    ] {
        let (status, page) = daemon.curl(&["-H", BROWSER, "-d", form], "/aliases");
        assert_eq!(status, 400, "{form}");
        assert!(page.contains(&format!("<a href=\"#{field}\">")) && page.contains("id=\"problem\""), "{form}: {page}");
        let from = page.find(&format!("id=\"{field}\"")).unwrap_or_else(|| panic!("{form}: {page}"));
        let tag = page[from..].split('>').next().unwrap();
        assert!(tag.contains("aria-invalid=\"true\"") && tag.contains("problem\""), "{form}: {tag}");
    }
}

#[test]
fn headers_that_keep_a_browser_safe() {
    const POLICY: &str = "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; \
                          img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                          frame-ancestors 'none'\r\n";
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[web]\nurl = 'https://alias.example'");
    for path in ["/", "/api", "/style.css", "/site.js", "/manage/x@example.org/y", "/nothing"] {
        let head = head(&daemon, &["-H", BROWSER], path) + "\r\n";
        for field in [
            POLICY,
            "cross-origin-opener-policy: same-origin\r\n",
            "cross-origin-resource-policy: same-origin\r\n",
            "permissions-policy: ",
            "strict-transport-security: max-age=31536000\r\n",
            "x-content-type-options: nosniff\r\n",
            "referrer-policy: no-referrer\r\n",
        ] {
            assert!(head.contains(field), "{path} lacks {field}: {head}");
        }
        assert!(!head.contains("set-cookie"), "{head}");
    }
    assert!(head(&daemon, &[], "/pop").contains("cross-origin-opener-policy: unsafe-none"));
    let plain = Daemon::start(Smarthost::start().address);
    assert!(!head(&plain, &[], "/").contains("strict-transport-security"));
}

#[test]
fn browsers_get_pages_and_programs_get_json() {
    let daemon = Daemon::start(Smarthost::start().address);
    for (path, status) in [("/de/nothing", 404), ("/de/aliases", 405), ("/de/manage/a@example.org/b", 404)] {
        let (told, page) = daemon.curl(&["-H", BROWSER], path);
        assert!(told == status && page.contains("<html lang=\"de\">"), "{path}: {told} {page}");
    }
    for (path, status, error) in [("/nothing", 404, "no_page"), ("/aliases", 405, "not_allowed")] {
        let (told, answer) = daemon.curl(&[], path);
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((told, &answer["error"]), (status, &error.into()));
    }
}
