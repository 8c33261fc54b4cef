"""A site that asks: no alias lives before the person behind the real address has said yes, and no is for ever."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from playwright.sync_api import Page, expect

from fixture import Daemon, Email, Smarthost, Visitor


@pytest.fixture
def visitor(visitors: Callable[..., Visitor], asking: Daemon) -> Visitor:
    """Somebody at the site that asks."""
    return visitors(asking.origin)


def ask(visitor: Visitor, target: str) -> None:
    visitor.open("/")
    visitor.page.locator("#target").fill(target)
    visitor.page.locator("#days").fill("3")
    visitor.page.locator("#make-button").click()


def press(page: Page) -> None:
    page.locator("#confirm-button").click()
    expect(page.locator("#confirm-button")).to_have_count(0)


def links(email: Email) -> tuple[str, str]:
    """The one that says yes and the one that says never again, in the e-mail's order."""
    yes, never = email.links("/confirm/")
    return yes, never


def test_an_alias_lives_once_its_target_has_said_yes(
    visitor: Visitor, visitors: Callable[..., Visitor], asking: Daemon, smarthost: Smarthost, target: str
) -> None:
    ask(visitor, target)
    expect(visitor.page.locator("#pending")).to_contain_text(target)
    alias = visitor.page.locator("output#alias").inner_text()
    assert asking.mail(alias) == 550

    (email,) = smarthost.wait_for(target)
    message = email.message
    assert email.recipients == [target]
    assert email.sender == "<>", "what nobody answers has no return path"
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[^@<>\s]+@example\.org>", message["Message-ID"])
    assert abs(parsedate_to_datetime(message["Date"]) - datetime.now(UTC)) < timedelta(minutes=2)
    assert message["To"] == target
    assert message["From"]
    assert message["Subject"]
    assert message["MIME-Version"] == "1.0"

    # The person who reads the e-mail is another one than the person at the site, with another browser.
    reader = visitors(asking.origin)
    yes, _ = links(email)
    assert reader.open(yes).status == 200
    expect(reader.page.locator("#confirm")).to_be_visible()
    assert asking.mail(alias) == 550, "reading the page is not saying yes"
    press(reader.page)
    expect(reader.page.locator("main")).to_contain_text(alias)
    assert asking.mail(alias) == 250
    assert len(smarthost.wait_for(target, 2)) == 2

    # Said twice is said once.
    reader.open(yes)
    assert asking.mail(alias) == 250
    assert len(smarthost.emails(target)) == 3, "one e-mail of ours, two messages"


def test_never_again_is_for_ever_and_can_be_taken_back(
    visitor: Visitor, visitors: Callable[..., Visitor], asking: Daemon, smarthost: Smarthost, target: str
) -> None:
    ask(visitor, target)
    expect(visitor.page.locator("#pending")).to_be_visible()
    alias = visitor.page.locator("output#alias").inner_text()
    (email,) = smarthost.wait_for(target)
    yes, never = links(email)

    reader = visitors(asking.origin)
    reader.open(never)
    press(reader.page)

    ask(visitor, target)
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    expect(visitor.page.locator("output#alias")).to_have_count(0)
    assert target not in visitor.page.locator("main").inner_text()
    # Neither in other clothes, nor by the first e-mail.
    shouted = target.split("@")[0] + "@REAL.example"
    ask(visitor, shouted)
    expect(visitor.page.locator("output#alias")).to_have_count(0)
    answer = asking.request("POST", "/aliases", f'{{"target":"{target}","days":1}}')
    assert (answer.status, answer.json()["error"]) == (403, "refused")
    asking.request("POST", yes.removeprefix(asking.origin), "", {"Accept": "text/html"})
    assert asking.mail(alias) == 550
    assert len(smarthost.emails(target)) == 1, "who wants no e-mails gets none"

    # Unless he asks for one, which leads back.
    reader.open("/opt-out")
    reader.page.locator("#target").fill(target)
    reader.page.locator("#opt-out").get_by_role("button").click()
    _, again = smarthost.wait_for(target, 2)
    reader.open(again.links("/confirm/")[0])
    press(reader.page)
    ask(visitor, target)
    expect(visitor.page.locator("#pending")).to_be_visible()


def test_opting_out_without_having_been_asked(
    visitor: Visitor, daemon: Daemon, asking: Daemon, smarthost: Smarthost, target: str
) -> None:
    page = visitor.page
    visitor.open("/opt-out")
    page.locator("#target").fill(target)
    page.locator("#opt-out").get_by_role("button").click()
    expect(page.locator("#opt-out")).to_have_count(0)
    (email,) = smarthost.wait_for(target)
    (link, *_) = email.links("/confirm/")
    visitor.open(link)
    press(page)
    answer = asking.request("POST", "/aliases", f'{{"target":"{target}","days":1}}')
    assert answer.status == 403
    # That other site has another table, and has not been told.
    daemon.alias(target)
