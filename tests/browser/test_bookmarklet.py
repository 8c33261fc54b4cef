"""The bookmarklet on other people's pages: without a policy, with one that forbids, with one that forbids everything.

How it is run: Chromium runs a bookmark with a `javascript:` address as a navigation that the browser itself begins.
That is what CDP's Page.navigate does, by the same way: the code runs in the page's own world although the page's
`script-src` forbids scripts, and what it then does (fetch, pop-ups) is subject to the page's policy. To evaluate the
code, as Playwright's page.evaluate would, is not the same: it has another exemption from the policy.
"""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from fixture import DEADLINE, Daemon, Elsewhere, Smarthost, Visitor, until

NOTHING_ALLOWED = "default-src 'none'; script-src 'none'; connect-src 'none'; form-action 'none'; base-uri 'none'"
OWN_SCRIPTS_ONLY = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Elsewhere]]:
    """Other people's sites; ended with the test."""
    sites: list[Elsewhere] = []

    def serve(**headers: str) -> Elsewhere:
        sites.append(Elsewhere({name.replace("_", "-"): value for name, value in headers.items()}))
        return sites[-1]

    yield serve
    for site in sites:
        site.stop()


@pytest.fixture
def bookmark(visitor: Visitor, target: str) -> str:
    """What the tools page gives to be dragged to the bookmarks."""
    page = visitor.page
    visitor.open("/tools")
    form = page.locator("#make-token")
    form.locator("#target").fill(target)
    form.locator("#days").fill("3")
    form.locator("button.primary").click()
    expect(page.locator("a#bookmarklet")).to_be_visible()
    href = page.locator("a#bookmarklet").get_attribute("href")
    assert href
    assert href.startswith("javascript:")
    assert target.split("@")[0] not in href, "the bookmark does not hold the real address"
    return href


def run(page: Page, bookmark: str) -> None:
    """As if it were clicked in the bar of bookmarks; see above."""
    session = page.context.new_cdp_session(page)
    session.send("Page.navigate", {"url": bookmark})
    session.detach()


def alias_in(page: Page, field: str = "#mail") -> str:
    """The alias, once it has come into the field."""
    expect(page.locator(field)).to_have_value(re.compile(r"^[a-z2-9]{12}@example\.org$"), timeout=DEADLINE * 1000)
    return page.locator(field).input_value()


def listen(page: Page) -> None:
    """Notes the events at the field; CDP may do so on pages that allow no script."""
    page.evaluate("""() => {
        window.events = [];
        for (const name of ['input', 'change'])
            document.getElementById('mail').addEventListener(name, event => events.push([name, event.bubbles]));
    }""")


def what_the_page_knows(page: Page) -> str:
    return page.evaluate("""() => JSON.stringify([
        document.documentElement.outerHTML, [...document.querySelectorAll('input')].map(field => field.value),
        window.seen ?? [], document.title, location.href, document.referrer, window.name,
        {...localStorage}, {...sessionStorage}, document.cookie])""")


def text(window: Page) -> str:
    """What is to be read in a window; nothing if it closes meanwhile."""
    try:
        return window.locator("body").inner_text()
    except PlaywrightError:
        return ""


def visit(visitor: Visitor, site: Elsewhere) -> Page:
    visitor.trust(site.origin)
    visitor.page.goto(site.origin + "/")
    listen(visitor.page)
    return visitor.page


@pytest.mark.parametrize(
    ("policy", "windows"),
    [(None, 0), (NOTHING_ALLOWED, 1), (OWN_SCRIPTS_ONLY, 1)],
    ids=["no policy", "nothing allowed", "own scripts only"],
)
def test_the_alias_comes_into_the_field(
    visitor: Visitor,
    bookmark: str,
    elsewhere: Callable[..., Elsewhere],
    daemon: Daemon,
    smarthost: Smarthost,
    target: str,
    policy: str | None,
    windows: int,
) -> None:
    site = elsewhere(**({"Content_Security_Policy": policy} if policy else {}))
    page = visit(visitor, site)
    opened: list[Page] = []
    visitor.context.on("page", lambda window: opened.append(window))
    page.locator("#mail").click()
    run(page, bookmark)
    alias = alias_in(page)

    assert page.evaluate("window.events") == [["input", True], ["change", True]]
    if policy != NOTHING_ALLOWED:
        assert page.evaluate("window.noticed") == alias, "frameworks notice"
    expect(page.locator("#name")).to_have_value("")
    assert page.url == site.origin + "/", "the page is still there"
    assert len(opened) == windows
    until("the small window has closed itself", lambda: all(window.is_closed() for window in opened))

    assert daemon.mail(alias) == 250
    assert len(smarthost.wait_for(target)) == 1
    knows = what_the_page_knows(page)
    assert alias in knows
    assert target not in knows, "the real address is no business of the page"
    assert target.split("@")[0] not in knows
    for request in visitor.requests:
        assert target not in request.url
        assert "ta_" not in request.url.split("#")[0], "a token in a request line is a token in a log"


def test_each_press_makes_another(visitor: Visitor, bookmark: str, elsewhere: Callable[..., Elsewhere]) -> None:
    page = visit(visitor, elsewhere())
    page.locator("#mail").click()
    run(page, bookmark)
    first = alias_in(page)
    page.locator("#name").click()
    run(page, bookmark)
    assert alias_in(page, "#name") != first


@pytest.mark.parametrize("policy", [None, NOTHING_ALLOWED], ids=["no policy", "nothing allowed"])
def test_where_there_is_no_field_the_alias_is_shown(
    visitor: Visitor, bookmark: str, elsewhere: Callable[..., Elsewhere], daemon: Daemon, policy: str | None
) -> None:
    """On the page, in a dialog, or in the small window: somewhere a person can read it."""
    page = visit(visitor, elsewhere(**({"Content_Security_Policy": policy} if policy else {})))
    shown: list[str] = []
    page.on("dialog", lambda dialog: (shown.extend([dialog.message, dialog.default_value]), dialog.dismiss()))
    opened: list[Page] = []
    visitor.context.on("page", lambda window: opened.append(window))
    page.locator("#apart").click()
    run(page, bookmark)

    def alias() -> str | None:
        page.wait_for_timeout(50)
        found = re.search(r"\b[a-z2-9]{12}@example\.org\b", "\n".join([*shown, *map(text, [page, *opened])]))
        return found and found.group()

    address = until("the alias is shown", alias)
    assert address
    assert daemon.mail(address) == 250
    expect(page.locator("#mail")).to_have_value("")


def test_a_page_that_cuts_the_small_window_off(
    visitor: Visitor, bookmark: str, elsewhere: Callable[..., Elsewhere], daemon: Daemon
) -> None:
    """With such a policy the window cannot speak to the page: it shows the alias, to be copied."""
    headers = {"Content_Security_Policy": NOTHING_ALLOWED, "Cross_Origin_Opener_Policy": "same-origin"}
    page = visit(visitor, elsewhere(**headers))
    page.locator("#mail").click()
    with visitor.context.expect_page() as opening:
        run(page, bookmark)
    window = opening.value
    expect(window.locator("output#alias")).to_have_text(re.compile(r"^[a-z2-9]{12}@example\.org$"))
    expect(window.locator("button#copy")).to_be_visible()
    assert daemon.mail(window.locator("output#alias").inner_text()) == 250


def test_the_small_window_speaks_to_nobody_who_did_not_open_it_for_this(
    visitor: Visitor, elsewhere: Callable[..., Elsewhere]
) -> None:
    """A page that opens the window without a token gets no address out of it."""
    page = visit(visitor, elsewhere())
    with visitor.context.expect_page() as opening:
        page.evaluate(f"window.small = open({json.dumps(visitor.origin + '/pop')})")
    opening.value.wait_for_load_state()
    page.evaluate("small.postMessage({token: 'ta_guess'}, '*'); small.postMessage('alias', '*')")
    page.wait_for_timeout(300)
    knows = what_the_page_knows(page)
    assert "@example.org" not in knows


def test_a_revoked_bookmark_says_so(
    visitor: Visitor, bookmark: str, elsewhere: Callable[..., Elsewhere], daemon: Daemon
) -> None:
    token = re.search(r"ta_[\w.~-]+", bookmark)
    assert token
    revoked = daemon.request("DELETE", "/tokens", headers={"Authorization": f"Bearer {token.group()}"})
    assert revoked.status == 204
    page = visit(visitor, elsewhere())
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    before = page.locator("body").inner_text()
    opened: list[Page] = []
    visitor.context.on("page", lambda window: opened.append(window))
    page.locator("#mail").click()
    run(page, bookmark)

    def told() -> bool:
        page.wait_for_timeout(50)
        return bool(said or opened or page.locator("body").inner_text() != before)

    until("the person is told", told)
    expect(page.locator("#mail")).to_have_value("")
