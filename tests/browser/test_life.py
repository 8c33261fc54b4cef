"""The whole life of an alias, as people live it: by mouse, by keyboard alone, without JavaScript.

In between messages come from the Internet, and what the sender is told is what the page says.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from fixture import Daemon, Hands, Keyboard, Mouse, Smarthost, Visitor

ADDRESS = re.compile(r"^[a-z2-9]{12}@example\.org$")


def life(visitor: Visitor, hands: Hands, target: str, daemon: Daemon, smarthost: Smarthost) -> None:
    page = visitor.page
    visitor.open("/")
    hands.fill(page.get_by_label("Your real address"), target)
    hands.fill(page.locator("#days"), "3")
    hands.fill(page.locator("#max-usage"), "5")
    hands.press(page.locator("#make-button"))

    expect(page.locator("output#alias")).to_have_text(ADDRESS)
    alias = page.locator("output#alias").inner_text()
    expect(page.locator("#limits")).to_contain_text("5")
    assert daemon.mail(alias, "A first message") == 250
    (email,) = smarthost.wait_for(target)
    assert email.message["Subject"] == "A first message"
    assert email.message["To"] == alias

    hands.press(page.locator("#manage-link"))
    expect(page.locator("#pause")).to_be_visible()
    expect(page.locator("output#alias")).to_have_text(alias)
    left = page.locator("dl > div", has_text="Messages left").locator("dd")
    expect(left).to_have_text("4 of 5")
    assert target not in page.content(), "who finds the link does not find the person"
    manage = page.url

    hands.press(page.locator("#pause"))
    expect(page.locator("#resume")).to_be_visible()
    assert daemon.mail(alias) == 550
    hands.press(page.locator("#resume"))
    expect(page.locator("#pause")).to_be_visible()
    assert daemon.mail(alias) == 250

    hands.fill(page.locator("#extend-days").locator("#days"), "30")
    hands.press(button(page.locator("#extend-days")))
    expect(page.locator("dl > div", has_text="Ends").locator("dd")).to_contain_text("in 30 days")
    hands.fill(page.locator("#extend-usage").locator("#max-usage"), "20")
    hands.press(button(page.locator("#extend-usage")))
    expect(left).to_have_text("18 of 20")
    assert len(smarthost.wait_for(target, 2)) == 2

    revoke(page, hands)
    expect(page.locator("#revoke")).to_have_count(0)
    assert daemon.mail(alias) == 550
    assert visitor.open(manage).status == 404
    assert len(smarthost.emails(target)) == 2


def button(form: Locator) -> Locator:
    return form.get_by_role("button")


def revoke(page: Page, hands: Hands) -> None:
    """Killing asks again: what has to be opened first is opened."""
    if not page.locator("#revoke").is_visible():
        hands.press(page.locator("details:has(#revoke) > summary"))
    hands.press(page.locator("#revoke"))


def test_by_mouse(visitor: Visitor, target: str, daemon: Daemon, smarthost: Smarthost) -> None:
    life(visitor, Mouse(visitor.page), target, daemon, smarthost)


def test_by_keyboard_alone(visitor: Visitor, target: str, daemon: Daemon, smarthost: Smarthost) -> None:
    life(visitor, Keyboard(visitor.page), target, daemon, smarthost)


@pytest.mark.parametrize("hands", [Mouse, Keyboard])
def test_without_javascript(
    visitors: Callable[..., Visitor], hands: type, target: str, daemon: Daemon, smarthost: Smarthost
) -> None:
    visitor = visitors(java_script_enabled=False)
    life(visitor, hands(visitor.page), target, daemon, smarthost)
    assert not any(request.resource_type == "fetch" for request in visitor.requests)


def test_enter_in_the_field_is_enough(visitor: Visitor, target: str, daemon: Daemon) -> None:
    """One field, one key: the form opens with the cursor's way short and sensible limits in it."""
    page = visitor.page
    visitor.open("/")
    Keyboard(page).fill(page.locator("#target"), target)
    page.keyboard.press("Enter")
    expect(page.locator("output#alias")).to_have_text(ADDRESS)
    assert daemon.mail(page.locator("output#alias").inner_text()) == 250


def test_a_wrong_address_is_said_at_the_field(visitors: Callable[..., Visitor]) -> None:
    """The browser's own check is not what is relied on: the server's answer names the field."""
    for scripted in (True, False):
        visitor = visitors(java_script_enabled=scripted)
        page = visitor.page
        visitor.open("/")
        page.locator("#target").evaluate("field => field.form.noValidate = true")
        Mouse(page).fill(page.locator("#target"), "nobody at home")
        page.locator("#make-button").click()
        problem = page.get_by_role("alert")
        expect(problem).to_be_visible()
        expect(page.locator("#target")).to_have_attribute("aria-invalid", "true")
        sentence = re.compile(re.escape(problem.get_by_role("link").inner_text()))
        expect(page.locator("#target")).to_have_accessible_description(sentence)
        expect(page.locator("#target")).to_have_value("nobody at home")
