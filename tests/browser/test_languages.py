"""English and German: as the browser prefers, or as the person switches; and the page says which it is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from fixture import Daemon, Mouse, Visitor

PAGES = ["/", "/about", "/privacy", "/tools", "/api", "/opt-out", "/nothing"]


@pytest.mark.parametrize(("preferred", "language"), [("en-US", "en"), ("de-AT", "de"), ("fr-FR", "en")])
def test_as_the_browser_prefers(visitors: Callable[..., Visitor], preferred: str, language: str) -> None:
    visitor = visitors(locale=preferred)
    for path in PAGES:
        response = visitor.open(path)
        assert response.headers["content-language"] == language, path
        assert "accept-language" in response.headers["vary"].lower(), path
        expect(visitor.page.locator("html")).to_have_attribute("lang", language)


def test_as_the_person_switches(visitor: Visitor, target: str) -> None:
    """A switch leads to the same page in the other language, and all ways from there stay in it."""
    page = visitor.page
    for path in PAGES[:-1]:
        visitor.open(path)
        switch = page.locator("nav#languages a[hreflang=de]")
        expect(switch).to_have_attribute("lang", "de")
        switch.click()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        assert page.url.removeprefix(visitor.origin).rstrip("/") == f"/de{path}".rstrip("/")
        english = page.locator("nav#languages a[hreflang=en]")
        english.click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    visitor.open("/")
    page.locator("nav#languages a[hreflang=de]").click()
    Mouse(page).fill(page.locator("#target"), target)
    page.locator("#make-button").click()
    expect(page.locator("output#alias")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.locator("#manage-link").click()
    expect(page.locator("#pause")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    for link in page.locator("a[href^='/']").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        assert link.startswith(("/de", "/en")), link


def test_an_explicit_language_wins(visitors: Callable[..., Visitor]) -> None:
    visitor = visitors(locale="de-DE")
    assert visitor.open("/en/").headers["content-language"] == "en"
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")


def test_both_have_all(daemon: Daemon) -> None:
    """No page in one language has words of the other left in it."""
    for path in PAGES:
        pages = [daemon.request("GET", prefix + path, headers={"Accept": "text/html"}) for prefix in ("/en", "/de")]
        english, german = (page.body.decode() for page in pages)
        assert 'lang="en"' in english, path
        assert 'lang="de"' in german, path
        # Words that no page does without.
        assert " the " in english, path
        assert " the " not in german, path
        assert {"und", "die", "der"} & set(german.split()), path
